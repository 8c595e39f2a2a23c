import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.formats import Format
from softswitch.media.negotiation import Policy, begins, is_private, read
from softswitch.media.sdp import SdpError, SessionDescription
from tests.media.negotiation.descriptions import (
    BROWSER,
    DESK_PHONE,
    FAX,
    SESSION,
    THEIR_DIGEST,
    THEIR_FINGERPRINT,
    audio,
    crypto,
    session,
)
from tests.support.corpora import corpora, corpus_files

OURS = b"192.0.2.7"
OFF, OPTIONAL = Policy(encryption="off"), Policy(encryption="optional")
REQUIRED, DTLS = Policy(encryption="required"), Policy(encryption="dtls")


def refusal(body: bytes, policy: Policy = OPTIONAL, *, fax: bool = False) -> SdpError:
    with pytest.raises(SdpError) as caught:
        read(body, policy, fax=fax)
    return caught.value


def test_a_desk_phones_offer_says_where_and_what() -> None:
    media = read(DESK_PHONE.encode())
    assert (media.address, media.rtp_port, media.rtcp_port) == ("192.168.1.20", 11780, 11781)
    assert media.payload_types == (9, 8, 0, 18, 101)
    assert (media.direction, media.held, media.stream.index) == ("sendrecv", False, 0)
    assert media.stream.formats[0] == Format(9, "G722", 8000)
    assert media.stream.formats[1] == Format(8, "PCMA", 8000)
    assert media.stream.formats[3] == Format(18, "G729", 8000, 1, "annexb=no")
    assert media.stream.method == ""


def test_a_browsers_offer_is_no_hold_though_it_names_zeros() -> None:
    media = read(BROWSER.encode())
    stream = media.stream
    assert (media.address, media.direction, stream.method) == ("0.0.0.0", "sendrecv", "dtls")
    assert stream.secrets.digest == THEIR_DIGEST
    assert (stream.secrets.setup, stream.secrets.ice_username) == ("actpass", "F7gI")
    assert (stream.rtcp_mux, stream.mid, stream.bundled) == (True, "0", True)
    assert stream.formats[0] == Format(111, "OPUS", 48000, 2, "minptime=10;useinbandfec=1")


def test_what_a_session_says_of_security_holds_for_its_streams() -> None:
    lines = f"a=fingerprint:{THEIR_FINGERPRINT}\r\na=setup:active\r\na=ice-lite\r\n"
    words = f"a=ice-ufrag:abcd\r\na=ice-pwd:{'p' * 22}\r\n"
    body = audio("a=setup:passive", profile="UDP/TLS/RTP/SAVP")
    secrets = read(body.replace(b"t=0 0\r\n", f"t=0 0\r\n{lines}{words}".encode())).stream.secrets
    assert (secrets.digest, secrets.setup, secrets.ice_lite) == (THEIR_DIGEST, "passive", True)
    assert (secrets.ice_username, secrets.ice_password) == ("abcd", "p" * 22)


@pytest.mark.parametrize(
    "words",
    [
        ("a=ice-ufrag:abc", f"a=ice-pwd:{'p' * 22}"),
        ("a=ice-ufrag:abcd", f"a=ice-pwd:{'p' * 21}"),
        ("a=ice-ufrag:abcd",),
        (f"a=ice-ufrag:{'u' * 257}", f"a=ice-pwd:{'p' * 22}"),
        ("a=ice-ufrag:abcd", f"a=ice-pwd:{'p' * 257}"),
        ("a=ice-ufrag:ab:cd", f"a=ice-pwd:{'p' * 22}"),
    ],
)
def test_half_a_pair_of_ice_words_or_an_unsound_one_is_none(words: tuple[str, ...]) -> None:
    assert read(audio(*words)).stream.secrets.ice_username == ""


def test_keys_are_never_shown() -> None:
    text = BROWSER.replace("UDP/TLS/RTP/SAVPF 111", "RTP/SAVPF 111") + crypto() + "\r\n"
    media = read(text.replace("m=video", f"{crypto()}\r\nm=video").encode())
    assert media.stream.secrets.cryptos
    for secret in ("AAAA", "x9cml"):
        assert secret not in repr(media)


def test_a_streams_own_connection_line_wins() -> None:
    assert read(audio("c=IN IP6 2001:db8::7")).address == "2001:db8::7"


@pytest.mark.parametrize("direction", ["sendrecv", "sendonly", "recvonly", "inactive"])
@pytest.mark.parametrize("place", ["session", "stream"])
def test_a_direction_counts_wherever_it_stands(direction: str, place: str) -> None:
    line = f"a={direction}"
    whole = SESSION.encode() + line.encode() + b"\r\nm=audio 40000 RTP/AVP 0\r\n"
    media = read(whole if place == "session" else audio(line))
    assert media.direction == direction
    assert media.held is (direction in ("sendonly", "inactive"))


def test_the_streams_direction_overrules_the_sessions() -> None:
    body = audio("a=sendrecv").replace(b"t=0 0\r\n", b"t=0 0\r\na=inactive\r\n")
    assert read(body).direction == "sendrecv"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("sendrecv", "sendonly"),
        ("sendonly", "sendonly"),
        ("recvonly", "inactive"),
        ("inactive", "inactive"),
    ],
)
@pytest.mark.parametrize("address", ["IP4 0.0.0.0", "IP6 ::", "IP6 hold.invalid"])
def test_the_old_form_of_hold_is_a_direction(written: str, meant: str, address: str) -> None:
    media = read(audio(f"c=IN {address}", f"a={written}"))
    assert (media.direction, media.held) == (meant, True)
    assert media.address in ("0.0.0.0", "::")


def test_a_host_name_is_no_address_to_send_to_and_no_hold() -> None:
    media = read(audio("c=IN IP4 phone.example.net"))
    assert (media.address, media.held) == ("0.0.0.0", False)


def test_a_stream_may_offer_its_rtcp_port_and_nothing_beyond_the_last() -> None:
    assert read(audio("a=rtcp:53020 IN IP4 126.16.64.4")).rtcp_port == 53020
    assert read(audio("a=rtcp:0")).rtcp_port == 40001
    assert read(audio().replace(b"40000", b"65535")).rtcp_port == 65535


@pytest.mark.parametrize(
    "line",
    [
        "a=ptime:4294967295",
        "a=ptime:-20",
        "a=ptime:0",
        "a=ptime:",
        "a=maxptime:241",
        "a=fmtp",
        "a=fmtp:",
        "a=fmtp: 0-15",
        "a=fmtp:0",
        "a=rtpmap:0 /8000",
        "a=rtpmap:0 PCMU",
        "a=rtpmap:0 PCMU/0",
        "a=rtpmap:0 PCMU/192001",
        "a=rtpmap:0 PCMU/8000/0",
        "a=rtpmap:0 PCMU/8000/9",
        "a=rtpmap:0 PC MU/8000",
        "a=rtpmap:99 other/8000",
        "b=AS:-1",
        "b=AS:" + "9" * 30,
        "b=",
        "a=",
        "a=unknown:thing",
        "a=group:",
        "a=group",
        "a=mid:two words",
        "a=T38MaxBitRate:99999999999",
        "k=clear:secret",
    ],
)
def test_a_line_without_sense_stays_behind(line: str) -> None:
    stream = read(audio(line)).stream
    assert (stream.common, stream.bandwidth, stream.mid, stream.texts) == ("", "", "", {})
    assert stream.formats == (Format(0, "PCMU", 8000),)


@pytest.mark.parametrize(("written", "made"), [(5, 10), (10, 10), (30, 30), (60, 60), (120, 60)])
def test_packet_times_cross_and_are_bounded_for_ourselves(written: int, made: int) -> None:
    stream = read(audio(f"a=ptime:{written}", "a=maxptime:200")).stream
    assert stream.common == f"a=ptime:{written}\r\na=maxptime:200\r\n"
    assert stream.ptime == made


def test_payload_types_that_nothing_defines_are_left_out_and_repeated_ones_once() -> None:
    media = read(audio("a=rtpmap:97 iLBC/8000", "a=rtpmap:98 ", formats="97 98 97 96 0 72"))
    assert media.payload_types == (97, 0)
    assert media.stream.texts == {97: "a=rtpmap:97 iLBC/8000\r\n"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (audio(profile="RTP/SAVP"), 488),
        (audio(crypto(key="A"), "a=crypto:x y z", profile="RTP/SAVP"), 488),
        (audio(crypto(), profile="UDP/TLS/RTP/SAVPF"), 488),
        (audio("a=fingerprint:sha-256 AA:BB", profile="UDP/TLS/RTP/SAVPF"), 488),
        (audio(profile="udptl"), 488),
        (audio().replace(b"m=audio 40000", b"m=audio 0"), 488),
        (audio().replace(b"m=audio", b"m=video"), 488),
        (SESSION.encode(), 488),
        (FAX.encode(), 488),
        (audio(formats="96 97"), 488),
        (audio("a=rtpmap:101 telephone-event/8000", formats="101 13"), 488),
        (audio(formats=""), 488),
        (audio("a=rtpmap:96", "a=rtpmap:96 ", "a=rtpmap:96 /", formats="96"), 488),
        (audio(formats="128"), 400),
        (audio(formats="4294967296"), 400),
        (audio("a=rtpmap:200 PCMU/8000", formats="0 200"), 400),
        (audio(formats="t38"), 400),
        (audio("a=rtcp:65536"), 400),
        (audio("a=rtcp:"), 400),
        (audio().replace(b"c=IN IP4 192.0.2.7\r\n", b""), 400),
        (audio("c="), 400),
        (audio("c=IN IP4 224.2.1.1/127"), 488),
        (audio("c=IN IP4 255.255.255.255"), 488),
    ],
)
def test_what_cannot_be_carried_is_refused(body: bytes, status: int) -> None:
    assert refusal(body).status == status


@pytest.mark.parametrize(
    ("body", "off", "optional", "required"),
    [
        (audio(), "", "", None),
        (audio(crypto()), "", "sdes", "sdes"),
        (audio(crypto(), profile="RTP/AVPF"), "", "sdes", "sdes"),
        (audio(crypto(), profile="RTP/SAVP"), None, "sdes", "sdes"),
        (audio(f"a=fingerprint:{THEIR_FINGERPRINT}", profile="RTP/SAVPF"), None, "dtls", "dtls"),
        (audio(f"a=fingerprint:{THEIR_FINGERPRINT}"), "", "dtls", "dtls"),
        (BROWSER.encode(), None, "dtls", "dtls"),
        (audio(crypto(), f"a=fingerprint:{THEIR_FINGERPRINT}"), "", "sdes", "sdes"),
        (audio(crypto(key="A")), "", "", None),
    ],
)
def test_what_a_user_allows_decides_how_a_stream_is_secured(
    body: bytes, off: str | None, optional: str | None, required: str | None
) -> None:
    for policy, method in ((OFF, off), (OPTIONAL, optional), (REQUIRED, required)):
        if method is None:
            assert refusal(body, policy).status == 488
        else:
            assert read(body, policy).stream.method == method


def test_dtls_is_taken_where_it_is_demanded_and_keys_stand_beside() -> None:
    both = audio(crypto(), f"a=fingerprint:{THEIR_FINGERPRINT}", profile="RTP/SAVP")
    assert read(both, OPTIONAL).stream.method == "sdes"
    assert read(both, DTLS).stream.method == "dtls"


def test_of_several_streams_the_first_that_is_allowed_is_taken() -> None:
    both = audio(crypto(), profile="RTP/SAVP") + b"m=audio 40002 RTP/AVP 8\r\n"
    assert read(both, OFF).rtp_port == 40002
    assert read(both, OPTIONAL).rtp_port == 40000
    reverse = audio() + f"m=audio 40002 RTP/SAVP 8\r\n{crypto()}\r\n".encode()
    assert read(reverse, OPTIONAL).rtp_port == 40000
    assert read(reverse, REQUIRED).rtp_port == 40002


def test_a_fax_is_read_where_one_may_come_and_audio_goes_first() -> None:
    media = read(FAX.encode(), fax=True)
    assert (media.kind, media.rtp_port, media.payload_types) == ("image", 40010, ())
    assert media.stream.common.count("a=T38") == 6
    off = FAX.replace("m=image", "m=audio 0 RTP/AVP 0\r\nm=image").encode()
    assert read(off, fax=True).stream.index == 1
    both = FAX.replace("m=image", "m=audio 40000 RTP/AVP 0\r\nm=image").encode()
    assert read(both, fax=True).kind == "audio"
    broken = FAX.replace("m=image", "m=audio 40000 RTP/SAVP 0\r\nm=image").encode()
    assert refusal(broken, fax=True).status == 488


@pytest.mark.parametrize("line", ["m=image 40010 UDPTL T38", "m=IMAGE 40010 udptl t38"])
def test_the_words_of_a_fax_may_be_in_any_case(line: str) -> None:
    assert read(FAX.replace("m=image 40010 udptl t38", line).encode(), fax=True).kind == "image"


@pytest.mark.parametrize(
    "line", ["m=image 0 udptl t38", "m=image 40010 RTP/AVP t38", "m=image 40010 udptl",
             "m=image 40010 tcp t38", "m=image 40010 udptl jpeg"],
)  # fmt: skip
def test_what_is_no_t38_over_udptl_is_refused(line: str) -> None:
    body = FAX.replace("m=image 40010 udptl t38", line).encode()
    assert refusal(body, fax=True).status == 488


@pytest.mark.parametrize(
    ("address", "private"),
    [("192.168.0.1", True), ("0.0.0.0", True), ("a.example", True), ("8.8.8.8", False)],
)
def test_an_address_that_says_little_is_private(address: str, private: bool) -> None:
    assert is_private(address) is private


def test_who_may_begin_a_handshake_is_seen_at_a_glance() -> None:
    assert begins(BROWSER.encode())
    assert begins(audio("a=ice-ufrag:abcd"))
    assert not begins(DESK_PHONE.encode())
    assert not begins(b"")


def offers_and_answers() -> Iterator[tuple[str, bytes]]:
    lines = (corpora("sdp") / "rtpengine-offers-dev.jsonl").read_text().splitlines()
    for line in lines:
        one = json.loads(line)
        yield one["name"], one["sdp"].encode("utf-8")


def test_descriptions_of_another_relay_cross_or_are_refused_with_488() -> None:
    crossed = refused = 0
    statuses = set()
    for name, body in offers_and_answers():
        callee, caller = session(), session()
        try:
            media = read(body, fax=True)
            offered = callee.offer(media)
        except SdpError as error:
            refused += 1
            statuses.add(error.status)
            continue
        crossed += 1
        again = read(offered, fax=True)
        assert again.direction == media.direction or media.kind == "image", name
        assert again.stream.common == media.stream.common, name
        answered = caller.answer(media, callee.take(again))
        answer = SessionDescription.parse(answered)
        known = media.stream.description.media
        assert [one.kind for one in answer.media] == [one.kind for one in known], name
        assert [bool(one.port) for one in answer.media].count(True) == 1
    assert crossed > 550
    assert refused < 150
    assert statuses == {488}


def test_calls_of_one_phone_differ_in_their_port_only() -> None:
    first = read(audio("a=rtpmap:0 PCMU/8000", "a=ptime:20"))
    text = audio("a=rtpmap:0 PCMU/8000", "a=ptime:20").decode()
    later = read(text.replace("o=- 1 1", "o=- 2 9").replace("40000", "50002").encode())
    assert (first.rtp_port, first.rtcp_port) == (40000, 40001)
    assert (later.rtp_port, later.rtcp_port) == (50002, 50003)
    assert later.stream is first.stream
    assert first.stream.is_usual


def test_phones_of_a_kind_share_what_they_say_and_keep_their_addresses() -> None:
    first, other = (read(audio().replace(OURS, host)) for host in (b"10.1.2.3", b"198.51.100.77"))
    assert (first.address, other.address) == ("10.1.2.3", "198.51.100.77")
    assert first.stream is other.stream


@pytest.mark.parametrize(
    ("connection", "address", "direction"),
    [
        (b"c=IN IP4 0.0.0.0", "0.0.0.0", "sendonly"),
        (b"c=IN IP4 10.1.2.3/127", "10.1.2.3", "sendrecv"),
        (b"c=IN IP6 2001:db8::7", "2001:db8::7", "sendrecv"),
        (b"c=IN IP4 phone.example", "0.0.0.0", "sendrecv"),
        (b"c=IN IP4 10.1.2.3\r\nc=IN IP4 10.4.5.6", "10.1.2.3", "sendrecv"),
    ],
)
def test_unusual_connections_are_read_as_well(
    connection: bytes, address: str, direction: str
) -> None:
    body = audio().replace(b"c=IN IP4 " + OURS, connection)
    for media in (read(body), read(body)):
        assert (media.address, media.direction) == (address, direction)


@pytest.mark.parametrize("address", [b"224.0.0.1", b"255.255.255.255", b"240.1.1.1"])
def test_no_phone_has_an_address_of_many_or_of_nobody(address: bytes) -> None:
    read(audio())
    body = audio().replace(OURS, address)
    assert [refusal(body).status for _ in range(2)] == [488, 488]


def test_the_streams_own_address_counts_and_not_the_sessions() -> None:
    assert read(audio("c=IN IP4 10.9.9.9")).address == "10.9.9.9"


@pytest.mark.parametrize(
    "line",
    [crypto(), "a=ice-ufrag:abcd", "a=ice-pwd:x", f"a=fingerprint:{THEIR_FINGERPRINT}", "a=rtcp:7"],
)
@pytest.mark.parametrize("place", ["session", "stream"])
def test_what_differs_in_every_call_is_not_remembered(line: str, place: str) -> None:
    body = audio(line)
    if place == "session":
        body = audio().replace(b"t=0 0\r\n", f"t=0 0\r\n{line}\r\n".encode())
    assert not read(body).stream.is_usual


def test_a_remembered_stream_is_refused_where_encryption_is_required() -> None:
    read(audio())
    assert refusal(audio(), REQUIRED).problem == "plain RTP, where encryption is required"
    assert refusal(audio("a=rtcp:7"), REQUIRED).problem == "plain RTP, where encryption is required"


@pytest.mark.parametrize(
    ("port", "ports"),
    [("65535", (65535, 65535)), ("040000", (40000, 40001)), ("40000/2", (40000, 40001))],
)
def test_unusual_ports_are_read_as_well(port: str, ports: tuple[int, int]) -> None:
    media = read(audio().replace(b"m=audio 40000", f"m=audio {port}".encode()))
    assert (media.rtp_port, media.rtcp_port) == ports


@pytest.mark.parametrize("hidden", ["\n?", "\rfoo", "\0", "\nm"])
def test_nothing_hides_in_an_origin_however_often_it_comes(hidden: str) -> None:
    body = audio().replace(b"o=- 1 1", f"o=- 1 1{hidden}".encode())
    read(audio())
    assert [refusal(body).status for _ in range(2)] == [400, 400]


def test_each_description_has_the_ports_of_its_own_stream() -> None:
    for port in (40000, 50000):
        own = audio(f"a=rtcp:{port + 7}").replace(b"40000", str(port).encode())
        assert (read(own).rtp_port, read(own).rtcp_port) == (port, port + 7)
        before = audio().replace(b"\r\nt=0", f"\nm=audio {port} RTP/AVP 8\nt=0".encode())
        assert read(before).rtp_port == port
        behind = audio(f"m=audio {port} RTP/AVP 8", profile="RTP/SAVP")
        assert read(behind).rtp_port == port


def test_a_long_description_is_read_as_well() -> None:
    assert read(audio(*["a=x-filler:" + 90 * "x"] * 30)).rtp_port == 40000


def test_any_number_of_keys_and_fingerprints_is_bounded() -> None:
    many = [crypto(tag=tag) for tag in range(1, 60)]
    prints = [f"a=fingerprint:{THEIR_FINGERPRINT}"] * 40
    secrets = read(audio(*many, *prints, profile="RTP/SAVP")).stream.secrets
    assert len(secrets.cryptos) == 16


def test_what_is_repeated_without_end_does_not_cross_without_end() -> None:
    lines = ["a=rtpmap:96 x/8000", "a=rtpmap:96 y/8000", "a=fmtp:96 a=1", "b=AS:1", "b=AS:2"]
    more = ["a=ptime:20", "a=ptime:30", "a=silenceSupp:off - - - -"]
    stream = read(
        audio(*[line for line in [*lines, *more] for _ in range(60)], formats="96")
    ).stream
    assert stream.texts == {96: "a=rtpmap:96 y/8000\r\n" + 4 * "a=fmtp:96 a=1\r\n"}
    assert stream.common == "a=ptime:30\r\na=silenceSupp:off - - - -\r\n"
    assert stream.bandwidth == "b=AS:2\r\n"
    fax = FAX + 60 * "a=T38FaxVersion:0\r\n"
    assert read(fax.encode(), fax=True).stream.common.count("a=T38") == 16


@given(st.sampled_from([DESK_PHONE, BROWSER]), st.integers(0, 70_000), st.integers(0, 2**64))
@settings(max_examples=50)
def test_a_port_and_an_origin_change_nothing_else(text: str, port: int, number: int) -> None:
    text = text.replace("m=audio 9 ", "m=audio 11780 ")
    body = text.replace("m=audio 11780", f"m=audio {port}").replace("17168 17168", f"{number} 1")
    if not 0 < port <= 65535:
        assert refusal(body.encode()).status in (400, 488)
        return
    media, usual = read(body.encode()), read(text.encode())
    assert media.rtp_port == port
    assert session().offer(media) == session().offer(usual)


SURVIVORS = {
    "05-sdp-fmtp-no-value.sip",
    "23-sdp-ice-component.sip",
    "25-sdp-ptime-huge.sip",
}


@pytest.mark.parametrize("name", corpus_files("cve-class", "*-sdp-*.sip"))
def test_descriptions_that_broke_others_are_read_or_refused(name: str) -> None:
    body = (corpora("cve-class") / name).read_bytes().partition(b"\r\n\r\n")[2]
    for policy in (OFF, OPTIONAL, REQUIRED):
        if name in SURVIVORS and policy is not REQUIRED:
            ours = session().offer(read(body, policy)).decode()
            assert "ptime" not in ours
            assert "candidate" not in ours
        else:
            assert refusal(body, policy).status in (400, 413, 488)


def test_ice_words_that_broke_others_are_no_ice() -> None:
    name = "24-ice-ufrag-long.sip"
    body = (corpora("cve-class") / name).read_bytes().partition(b"\r\n\r\n")[2]
    assert read(body).stream.secrets.ice_username == ""


@given(
    st.lists(
        st.sampled_from([*DESK_PHONE.splitlines(), *BROWSER.splitlines(), *FAX.splitlines()]),
        max_size=30,
    )
)
@settings(max_examples=50)
def test_any_mixture_of_lines_crosses_or_is_refused(lines: list[str]) -> None:
    try:
        media = read("\r\n".join(["v=0", *lines]).encode(), fax=True)
        offered = session().offer(media)
    except SdpError:
        return
    again = read(offered, fax=True)
    assert again.kind == media.kind
    assert again.direction == media.direction or media.kind == "image"
