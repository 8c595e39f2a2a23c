import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.negotiation import RemoteMedia, answer_for, carry, is_private, read
from softswitch.media.sdp import SdpError, SessionDescription
from tests.support.corpora import corpora, corpus_files

SESSION = "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"

DESK_PHONE = (
    "v=0\r\n"
    "o=100 17168 17168 IN IP4 192.168.1.20\r\n"
    "s=Talk\r\n"
    "i=secret notes\r\n"
    "c=IN IP4 192.168.1.20\r\n"
    "b=CT:120\r\n"
    "t=0 0\r\n"
    "a=rtcp-xr:rcvr-rtt=all:10000\r\n"
    "m=audio 11780 RTP/AVP 9 8 0 18 101\r\n"
    "b=AS:80\r\n"
    "a=rtpmap:9 G722/8000\r\n"
    "a=rtpmap:18 G729/8000\r\n"
    "a=fmtp:18 annexb=no\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n"
    "a=fmtp:101 0-15\r\n"
    "a=ptime:20\r\n"
    "a=maxptime:120\r\n"
    "a=silenceSupp:off - - - -\r\n"
    "a=sendrecv\r\n"
)

BROWSER = (
    SESSION
    + "a=group:BUNDLE 0 1\r\n"
    + "a=msid-semantic: WMS *\r\n"
    + "m=audio 40000 RTP/AVPF 111 0 101\r\n"
    + "a=rtcp:40007 IN IP4 192.0.2.7\r\n"
    + "a=ice-ufrag:F7gI\r\na=ice-pwd:x9cml/YzichV2+XlhiMu8g\r\n"
    + "a=candidate:1 1 UDP 2130706431 10.0.0.7 40000 typ host\r\n"
    + "a=fingerprint:sha-256 AA:BB\r\na=setup:actpass\r\na=mid:0\r\n"
    + "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
    + "a=rtcp-mux\r\na=rtcp-fb:111 transport-cc\r\na=ssrc:1 cname:x\r\n"
    + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA\r\n"
    + "a=rtpmap:111 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n"
)


def audio(*lines: str, formats: str = "0", profile: str = "RTP/AVP") -> bytes:
    """A description with one audio stream and these lines behind its m-line."""
    text = "".join(f"{line}\r\n" for line in lines)
    return f"{SESSION}m=audio 40000 {profile} {formats}\r\n{text}".encode("latin-1")


def offered(media: RemoteMedia) -> bytes:
    return carry(media, address="203.0.113.1", rtp_port=20000, session_id=5, version=7)


def answered(offer: RemoteMedia, answer: RemoteMedia) -> bytes:
    return answer_for(offer, answer, address="203.0.113.1", rtp_port=20002, session_id=5, version=7)


def refusal(body: bytes) -> SdpError:
    with pytest.raises(SdpError) as caught:
        read(body)
    return caught.value


def test_a_desk_phones_offer_says_where_and_what() -> None:
    media = read(DESK_PHONE.encode())
    assert (media.address, media.rtp_port, media.rtcp_port) == ("192.168.1.20", 11780, 11781)
    assert media.payload_types == (9, 8, 0, 18, 101)
    assert (media.direction, media.held, media.index) == ("sendrecv", False, 0)


def test_a_desk_phones_offer_crosses_with_our_address_and_nothing_of_its_own() -> None:
    assert offered(read(DESK_PHONE.encode())).decode() == (
        "v=0\r\n"
        "o=- 5 7 IN IP4 203.0.113.1\r\n"
        "s=-\r\n"
        "c=IN IP4 203.0.113.1\r\n"
        "t=0 0\r\n"
        "m=audio 20000 RTP/AVP 9 8 0 18 101\r\n"
        "b=CT:120\r\n"
        "b=AS:80\r\n"
        "a=rtpmap:9 G722/8000\r\n"
        "a=rtpmap:18 G729/8000\r\n"
        "a=fmtp:18 annexb=no\r\n"
        "a=rtpmap:101 telephone-event/8000\r\n"
        "a=fmtp:101 0-15\r\n"
        "a=ptime:20\r\n"
        "a=maxptime:120\r\n"
        "a=silenceSupp:off - - - -\r\n"
        "a=sendrecv\r\n"
    )


def test_what_belongs_to_the_path_does_not_cross() -> None:
    media = read(BROWSER.encode())
    assert (media.rtp_port, media.rtcp_port) == (40000, 40007)
    assert offered(media).decode().partition("m=")[2] == (
        "audio 20000 RTP/AVP 111 0 101\r\n"
        "a=rtpmap:111 opus/48000/2\r\n"
        "a=rtpmap:101 telephone-event/8000\r\n"
        "a=sendrecv\r\n"
    )


def test_our_ipv6_address_is_named_as_such() -> None:
    ours = carry(read(audio()), address="2001:db8::1", rtp_port=20000, session_id=1, version=1)
    assert b"o=- 1 1 IN IP6 2001:db8::1\r\n" in ours
    assert b"c=IN IP6 2001:db8::1\r\n" in ours


def test_a_streams_own_connection_line_wins() -> None:
    assert read(audio("c=IN IP6 2001:db8::7")).address == "2001:db8::7"


def test_an_answer_has_the_offers_streams_and_declines_what_we_do_not_carry() -> None:
    offer = read(
        (
            SESSION + "m=audio 40000 RTP/SAVP 0\r\n"
            "m=audio 40002 RTP/AVPF 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
            "m=video 40004 RTP/AVP 96 97\r\na=rtpmap:96 VP8/90000\r\n"
            "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
            "m=application 0 *\r\n"
        ).encode()
    )
    assert (offer.index, offer.rtp_port) == (1, 40002)
    answer = read(audio("a=recvonly", formats="8"))
    assert answered(offer, answer).decode().partition("t=0 0\r\n")[2] == (
        "m=audio 0 RTP/SAVP 0\r\n"
        "m=audio 20002 RTP/AVPF 8\r\n"
        "a=recvonly\r\n"
        "m=video 0 RTP/AVP 96 97\r\n"
        "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"
        "m=application 0 * 0\r\n"
    )


def test_an_answer_to_one_stream_is_one_stream() -> None:
    offer = read(DESK_PHONE.encode())
    answer = read(audio("a=rtpmap:0 PCMU/8000"))
    assert answered(offer, answer).decode().partition("t=0 0\r\n")[2] == (
        "m=audio 20002 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n"
    )


@pytest.mark.parametrize("direction", ["sendrecv", "sendonly", "recvonly", "inactive"])
@pytest.mark.parametrize("place", ["session", "stream"])
def test_a_direction_crosses_from_wherever_it_stands(direction: str, place: str) -> None:
    line = f"a={direction}"
    session = SESSION.encode() + line.encode() + b"\r\nm=audio 40000 RTP/AVP 0\r\n"
    media = read(session if place == "session" else audio(line))
    assert media.direction == direction
    assert media.held is (direction in ("sendonly", "inactive"))
    assert offered(media).endswith(f"{line}\r\n".encode())


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
def test_the_old_form_of_hold_crosses_as_a_direction(
    written: str, meant: str, address: str
) -> None:
    media = read(audio(f"c=IN {address}", f"a={written}"))
    assert (media.direction, media.held) == (meant, True)
    assert media.address in ("0.0.0.0", "::")
    ours = offered(media).decode()
    assert ours.endswith(f"a={meant}\r\n")
    assert ours.count("c=IN IP4 203.0.113.1") == 1


def test_a_host_name_is_no_address_to_send_to_and_no_hold() -> None:
    media = read(audio("c=IN IP4 phone.example.net"))
    assert (media.address, media.held) == ("0.0.0.0", False)


def test_a_stream_may_offer_its_rtcp_port_and_nothing_beyond_the_last() -> None:
    assert read(audio("a=rtcp:53020 IN IP4 126.16.64.4")).rtcp_port == 53020
    assert read(audio("a=rtcp:0")).rtcp_port == 40001
    assert read(audio().replace(b"40000", b"65535")).rtcp_port == 65535


def test_silence_can_be_made_for_g711_alone() -> None:
    assert read(audio(formats="8 0")).keepalive_payload_type == 8
    assert read(audio(formats="0 8")).keepalive_payload_type == 0
    assert read(audio(formats="9 0")).keepalive_payload_type is None


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
        "a=rtpmap:99 other/8000",
        "b=AS:-1",
        "b=AS:" + "9" * 30,
        "b=",
        "a=",
        "a=unknown:thing",
        "k=clear:secret",
    ],
)
def test_a_line_without_sense_stays_behind(line: str) -> None:
    media = read(audio(line))
    assert (media.carried, media.bandwidth) == ("", "")


def test_payload_types_that_nothing_defines_are_left_out() -> None:
    media = read(audio("a=rtpmap:97 iLBC/8000", "a=rtpmap:98 ", formats="97 98 96 0 72"))
    assert media.payload_types == (97, 0)
    assert b"RTP/AVP 97 0\r\n" in offered(media)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (audio(profile="RTP/SAVP"), 488),
        (audio(profile="RTP/SAVPF"), 488),
        (audio(profile="UDP/TLS/RTP/SAVPF"), 488),
        (audio(profile="udptl"), 488),
        (audio().replace(b"m=audio 40000", b"m=audio 0"), 488),
        (audio().replace(b"m=audio", b"m=video"), 488),
        (SESSION.encode(), 488),
        (audio(formats="96 97"), 488),
        (audio(formats=""), 488),
        (audio("a=rtpmap:96", "a=rtpmap:96 ", "a=rtpmap:96 /", formats="96"), 488),
        (audio(formats="128"), 400),
        (audio(formats="4294967296"), 400),
        (audio(formats="t38"), 400),
        (audio("a=rtcp:65536"), 400),
        (audio("a=rtcp:"), 400),
        (audio().replace(b"c=IN IP4 192.0.2.7\r\n", b""), 400),
        (audio("c="), 400),
        (audio("c=IN IP4 224.2.1.1/127"), 488),
        (audio("c=IN IP4 255.255.255.255"), 488),
    ],
)
def test_what_cannot_be_relayed_is_refused(body: bytes, status: int) -> None:
    assert refusal(body).status == status


def test_the_refusal_tells_encryption_from_absence() -> None:
    assert refusal(audio(profile="RTP/SAVP")).problem == "audio only with a profile we cannot relay"
    assert refusal(SESSION.encode()).problem == "no audio stream"


@pytest.mark.parametrize(
    ("address", "private"),
    [("192.168.0.1", True), ("0.0.0.0", True), ("a.example", True), ("8.8.8.8", False)],
)
def test_an_address_that_says_little_is_private(address: str, private: bool) -> None:
    assert is_private(address) is private


def offers_and_answers() -> Iterator[tuple[str, bytes]]:
    lines = (corpora("sdp") / "rtpengine-offers-dev.jsonl").read_text().splitlines()
    for line in lines:
        one = json.loads(line)
        yield one["name"], one["sdp"].encode("utf-8")


def test_descriptions_of_another_relay_cross_or_are_refused_with_488() -> None:
    crossed = refused = 0
    statuses = set()
    for name, body in offers_and_answers():
        try:
            media = read(body)
        except SdpError as error:
            refused += 1
            statuses.add(error.status)
            continue
        crossed += 1
        again = read(offered(media))
        assert again.payload_types == media.payload_types, name
        assert again.direction == media.direction, name
        assert again.carried == media.carried, name
        answer = SessionDescription.parse(answered(media, again))
        assert [one.kind for one in answer.media] == [one.kind for one in media.description.media]
    assert crossed > 550
    assert refused < 150
    assert statuses == {488}


def test_calls_of_one_phone_differ_in_their_port_and_origin_only() -> None:
    first = read(audio("a=rtpmap:0 PCMU/8000", "a=ptime:20"))
    text = audio("a=rtpmap:0 PCMU/8000", "a=ptime:20").decode()
    later = read(text.replace("o=- 1 1", "o=- 2 9").replace("40000", "50002").encode())
    assert (first.rtp_port, first.rtcp_port) == (40000, 40001)
    assert (later.rtp_port, later.rtcp_port) == (50002, 50003)
    assert replace(later, rtp_port=40000, rtcp_port=40001) == first


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


@given(st.sampled_from([DESK_PHONE, BROWSER]), st.integers(0, 70_000), st.integers(0, 2**64))
@settings(max_examples=50)
def test_a_port_and_an_origin_change_nothing_else(text: str, port: int, session: int) -> None:
    text = text.replace("m=audio 40000", "m=audio 11780")
    body = text.replace("m=audio 11780", f"m=audio {port}").replace("17168 17168", f"{session} 1")
    if not 0 < port <= 65535:
        assert refusal(body.encode()).status in (400, 488)
        return
    media, usual = read(body.encode()), read(text.encode())
    assert media.rtp_port == port
    assert offered(media) == offered(usual)
    assert answered(media, usual) == answered(usual, usual)


SURVIVORS = {
    "05-sdp-fmtp-no-value.sip",
    "23-sdp-ice-component.sip",
    "25-sdp-ptime-huge.sip",
}


@pytest.mark.parametrize("name", corpus_files("cve-class", "*-sdp-*.sip"))
def test_descriptions_that_broke_others_are_read_or_refused(name: str) -> None:
    body = (corpora("cve-class") / name).read_bytes().partition(b"\r\n\r\n")[2]
    if name in SURVIVORS:
        ours = offered(read(body)).decode()
        assert "ptime" not in ours
        assert "candidate" not in ours
    else:
        assert refusal(body).status in (400, 413, 488)


@given(st.lists(st.sampled_from([*DESK_PHONE.splitlines(), *BROWSER.splitlines()]), max_size=30))
@settings(max_examples=50)
def test_any_mixture_of_lines_crosses_or_is_refused(lines: list[str]) -> None:
    try:
        media = read("\r\n".join(["v=0", *lines]).encode())
    except SdpError:
        return
    again = read(offered(media))
    assert (again.payload_types, again.direction) == (media.payload_types, media.direction)
