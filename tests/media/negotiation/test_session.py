import pytest

from softswitch.media.engine.interface import Dtls, Sdes
from softswitch.media.formats import Format
from softswitch.media.negotiation import ANYTHING, Policy, RemoteMedia, Session, read
from softswitch.media.negotiation.policy import BY_DTLS, BY_KEYS, Manner
from softswitch.media.sdp import SdpError
from tests.media.negotiation.descriptions import (
    BROWSER,
    DESK_PHONE,
    FAX,
    OUR_FINGERPRINT,
    SESSION,
    THEIR_DIGEST,
    THEIR_FINGERPRINT,
    audio,
    crypto,
    session,
    stream_of,
)

KEYS = "a=rtpmap:101 telephone-event/8000"
G711 = Policy(("PCMA", "PCMU"))


def answered(caller: Session, offer: RemoteMedia, answer: bytes) -> bytes:
    """What the caller hears when the callee, offered the caller's stream, answers so."""
    callee = session()
    callee.offer(offer)
    return caller.answer(offer, callee.take(callee.read(answer)))


def version_of(body: bytes) -> int:
    return int(body.split(b"\r\n")[1].split()[2])


def test_a_desk_phones_offer_crosses_with_our_address_and_nothing_of_its_own() -> None:
    callee = session(Policy(("G722", "PCMA", "PCMU", "G729")))
    assert callee.offer(read(DESK_PHONE.encode())).decode() == (
        "v=0\r\n"
        "o=- 5 1 IN IP4 203.0.113.1\r\n"
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


def test_our_ipv6_address_is_named_as_such() -> None:
    ours = session()
    ours._address = "2001:db8::1"
    body = ours.offer(read(audio()))
    assert b"o=- 5 1 IN IP6 2001:db8::1\r\n" in body
    assert b"c=IN IP6 2001:db8::1\r\n" in body


def test_an_answer_has_the_offers_streams_and_declines_what_we_do_not_carry() -> None:
    caller = session()
    offer = caller.read(
        (
            SESSION + "m=audio 40000 RTP/SAVP 0\r\n"
            "m=audio 40002 RTP/AVPF 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=mid:a\r\n"
            "m=video 40004 RTP/AVP 96 97\r\na=rtpmap:96 VP8/90000\r\na=mid:v\r\n"
            "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
            "m=application 0 *\r\n"
            "m=application 0 TCP\r\n"
        ).encode()
    )
    assert (offer.stream.index, offer.rtp_port) == (1, 40002)
    assert stream_of(answered(caller, offer, audio("a=recvonly", formats="8"))) == (
        "m=audio 0 RTP/SAVP 0\r\n"
        "m=audio 20000 RTP/AVPF 8\r\n"
        "a=recvonly\r\n"
        "a=mid:a\r\n"
        "m=video 0 RTP/AVP 96 97\r\na=mid:v\r\n"
        "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"
        "m=application 0 * 0\r\n"
        "m=application 0 TCP 0\r\n"
    )


def test_a_later_offer_of_ours_has_as_many_streams() -> None:
    caller = session()
    video = "m=video 40004 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"
    offer = caller.read((SESSION + video + "m=audio 40002 RTP/AVP 8\r\n").encode())
    answered(caller, offer, audio(formats="8"))
    ours = stream_of(caller.offer(read(audio(formats="8"))))
    assert ours.startswith("m=video 0 RTP/AVP 96\r\nm=audio 20000 RTP/AVP 8 ")
    fax = stream_of(caller.offer(read(FAX.encode(), fax=True)))
    assert fax.startswith("m=video 0 RTP/AVP 96\r\nm=image 20000 udptl t38\r\n")
    again = caller.read(audio(formats="8"))
    assert b"m=video" not in answered(caller, again, audio(formats="8"))


def test_what_both_leave_of_each_other_is_agreed_on() -> None:
    caller, callee = session(), session()
    offer = caller.read(audio("a=rtpmap:111 opus/48000/2", KEYS, "a=ptime:40", formats="111 0 101"))
    callee.offer(offer)
    answer = callee.read(audio("a=rtpmap:96 opus/48000/2", "a=rtpmap:97 telephone-event/8000",
                               "a=rtcp:7", formats="96 97"))  # fmt: skip
    agreement = callee.take(answer)
    assert callee.agreed is not None
    assert [known.payload_type for known in callee.agreed.terms.formats] == [96, 97]
    assert callee.agreed.terms.expected[0] == Format(111, "OPUS", 48000, 2)
    assert callee.agreed.terms.payload_types == (111, 101)
    assert callee.agreed.terms.clock_rate == 48000
    assert callee.agreed.terms.keepalive_payload_type is None
    caller.answer(offer, agreement)
    assert caller.agreed is not None
    assert caller.agreed.terms.payload_types == (111, 101)
    assert (caller.agreed.terms.expected, caller.agreed.media.stream.ptime) == ((), 40)
    assert (caller.agreed.kind, caller.encryption) == ("rtp", "")
    assert (caller.codec, session().codec) == ("OPUS", "")


@pytest.mark.parametrize(("formats", "first"), [("8 0", 8), ("0 8", 0), ("9 0", None)])
def test_silence_can_be_made_for_g711_alone(formats: str, first: int | None) -> None:
    callee = session()
    callee.offer(read(audio(formats=formats)))
    callee.take(read(audio(formats=formats)))
    assert callee.agreed is not None
    assert callee.agreed.terms.keepalive_payload_type == first


def test_a_users_codecs_hold_for_what_he_offers_as_well() -> None:
    caller = session(G711)
    offer = caller.read(audio(formats="9 0 8"))
    assert offer.codecs == ("PCMA", "PCMU")
    assert " 8 0 9 107 117 118\r\n" in stream_of(session().offer(offer))
    assert "RTP/AVP 8\r\n" in stream_of(answered(caller, offer, audio(formats="8 9")))
    with pytest.raises(SdpError) as caught:
        caller.read(audio(formats="9 18"))
    assert caught.value.status == 488


def test_versions_count_descriptions_that_differ() -> None:
    ours = session()
    first = ours.offer(read(audio()))
    assert ours.offer(read(audio())) == first
    assert version_of(ours.offer(read(audio("a=sendonly")))) == 2
    assert version_of(ours.offer(read(audio()))) == 3


def test_declining_takes_nothing() -> None:
    ours = session()
    offer = ours.read(DESK_PHONE.encode())
    assert stream_of(ours.decline(offer)) == "m=audio 0 RTP/AVP 9 8 0 18 101\r\n"
    video = audio() + b"m=video 4 RTP/AVP 96\r\n"
    assert stream_of(ours.decline(read(video))) == "m=audio 0 RTP/AVP 0\r\nm=video 0 RTP/AVP 96\r\n"


# Encryption


def test_legs_are_secured_each_in_its_own_way() -> None:
    caller, callee = session(), session(manner=BY_DTLS)
    offer = caller.read(audio(crypto(), profile="RTP/SAVP"))
    ours = stream_of(callee.offer(offer))
    assert ours.startswith("m=audio 20000 UDP/TLS/RTP/SAVP 0 8 ")
    assert f"a=fingerprint:sha-256 {OUR_FINGERPRINT}\r\n" in ours
    assert "crypto" not in ours
    answer = callee.read(
        audio(f"a=fingerprint:{THEIR_FINGERPRINT}", "a=setup:active", "a=rtcp-mux",
              profile="UDP/TLS/RTP/SAVP")
    )  # fmt: skip
    told = stream_of(caller.answer(offer, callee.take(answer)))
    assert told.startswith("m=audio 20000 RTP/SAVP 0\r\n")
    assert told.count("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:") == 1
    assert "fingerprint" not in told
    assert (caller.encryption, callee.encryption) == ("sdes", "dtls")
    assert caller.agreed is not None
    assert callee.agreed is not None
    assert isinstance(caller.agreed.security, Sdes)
    assert callee.agreed.security == Dtls(False, THEIR_DIGEST)
    assert (caller.agreed.rtcp_mux, callee.agreed.rtcp_mux) == (False, True)


def test_keys_that_are_a_wish_are_granted_under_the_same_profile() -> None:
    caller = session()
    offer = caller.read(audio(crypto()))
    assert stream_of(answered(caller, offer, audio())).startswith("m=audio 20000 RTP/AVP 0\r\n")
    assert caller.encryption == "sdes"


def test_where_encryption_is_off_keys_are_not_answered() -> None:
    caller = session(Policy(encryption="off"))
    offer = caller.read(audio(crypto()))
    assert b"crypto" not in answered(caller, offer, audio())
    assert caller.encryption == ""


@pytest.mark.parametrize("body", [audio(), audio("a=rtcp:7"), FAX.encode()])
def test_what_is_encrypted_stays_so(body: bytes) -> None:
    caller = session()
    offer = caller.read(audio(crypto(), profile="RTP/SAVP"))
    answered(caller, offer, audio())
    with pytest.raises(SdpError) as caught:
        caller.read(body)
    assert caught.value.status == 488
    assert caller.encryption == "sdes"
    assert caller.offer(read(audio())).count(b"a=crypto") == 1
    with pytest.raises(SdpError):
        caller.take(read(audio()))
    with pytest.raises(SdpError):
        caller.offer(read(FAX.encode(), fax=True))


def test_an_encrypted_leg_may_change_its_way() -> None:
    caller = session()
    answered(caller, caller.read(audio(crypto(), profile="RTP/SAVP")), audio())
    answered(caller, caller.read(BROWSER.encode()), audio())
    assert caller.encryption == "dtls"


def test_a_plain_leg_may_become_encrypted() -> None:
    caller = session()
    answered(caller, caller.read(audio()), audio())
    answered(caller, caller.read(audio(crypto(), profile="RTP/SAVP")), audio())
    assert caller.encryption == "sdes"


def test_a_browser_gets_all_it_wants() -> None:
    caller = session()
    offer = caller.read(BROWSER.encode())
    lines = stream_of(answered(caller, offer, audio(KEYS, formats="0 101"))).split("\r\n")
    assert caller.agreed is not None
    ice = caller.agreed.ice
    assert ice is not None
    assert lines == [
        "a=ice-lite",
        "a=group:BUNDLE 0",
        "m=audio 20000 UDP/TLS/RTP/SAVPF 0 126",
        "a=rtpmap:126 telephone-event/8000",
        "a=sendrecv",
        "a=setup:passive",
        f"a=fingerprint:sha-256 {OUR_FINGERPRINT}",
        "a=rtcp-mux",
        "a=mid:0",
        f"a=ice-ufrag:{ice.local_username}",
        f"a=ice-pwd:{ice.local_password}",
        "a=candidate:1 1 udp 2130706431 203.0.113.1 20000 typ host",
        "a=end-of-candidates",
        "m=video 0 UDP/TLS/RTP/SAVPF 96",
        "a=mid:1",
        "",
    ]


def test_a_browser_is_called_with_all_it_wants() -> None:
    callee = session(manner=Manner("dtls", "UDP/TLS/RTP/SAVPF", ice=True))
    ours = stream_of(callee.offer(read(audio())))
    assert ours.startswith("a=ice-lite\r\na=group:BUNDLE 0\r\nm=audio 20000 UDP/TLS/RTP/SAVPF 0 ")
    for line in ("a=setup:actpass", "a=rtcp-mux", "a=mid:0", "a=end-of-candidates"):
        assert f"{line}\r\n" in ours
    answer = BROWSER.replace("actpass", "active").replace(" 111 63 0 110 126", " 0")
    callee.take(callee.read(answer.encode()))
    assert callee.agreed is not None
    assert callee.agreed.rtcp_mux
    assert callee.agreed.ice is not None


def test_an_answer_without_the_keys_that_were_offered_is_refused() -> None:
    callee = session(manner=BY_KEYS)
    callee.offer(read(audio()))
    with pytest.raises(SdpError):
        callee.take(callee.read(audio()))


# Fax


def in_a_call(policy: Policy = ANYTHING) -> Session:
    ours = session(policy)
    offer = ours.read(audio())
    answered(ours, offer, audio())
    return ours


def test_a_fax_takes_the_place_of_audio_and_gives_it_back() -> None:
    caller, callee = in_a_call(), in_a_call()
    fax = caller.read(FAX.encode())
    ours = stream_of(callee.offer(fax))
    assert ours.startswith("m=image 20000 udptl t38\r\na=T38FaxVersion:0\r\n")
    agreement = callee.take(callee.read(FAX.replace("14400", "9600").encode()))
    told = stream_of(caller.answer(fax, agreement))
    assert told.startswith("m=image 20000 udptl t38\r\n")
    assert "a=T38MaxBitRate:9600\r\n" in told
    assert caller.agreed is not None
    assert (caller.agreed.kind, caller.agreed.terms.payload_types) == ("udptl", ())
    assert caller.agreed.terms.keepalive_payload_type is None
    assert caller.codec == "T38"
    sound = caller.read(audio())
    assert stream_of(callee.offer(sound)).startswith("m=audio 20000 RTP/AVP 0 ")


def test_audio_that_is_switched_off_beside_a_fax_keeps_its_place() -> None:
    caller, callee = in_a_call(), in_a_call()
    fax = caller.read(FAX.replace("m=image", "m=audio 0 RTP/AVP 0\r\nm=image").encode())
    callee.offer(fax)
    told = stream_of(caller.answer(fax, callee.take(callee.read(FAX.encode()))))
    assert told.startswith("m=audio 0 RTP/AVP 0\r\nm=image 20000 udptl t38\r\n")
    back = stream_of(caller.offer(read(audio())))
    assert back.startswith("m=audio 20000 RTP/AVP 0 ")
    assert back.endswith("m=image 0 udptl t38\r\n")


def test_a_refresh_during_a_fax_says_the_same_with_the_same_version() -> None:
    caller, callee = in_a_call(), in_a_call()
    bodies = set()
    for _ in range(2):
        fax = caller.read(FAX.encode())
        offer = callee.offer(fax)
        bodies.add((offer, caller.answer(fax, callee.take(callee.read(FAX.encode())))))
    assert len(bodies) == 1


@pytest.mark.parametrize("word", ["passthrough", "off"])
def test_a_fax_needs_both_users_to_allow_it(word: str) -> None:
    policy = Policy(fax="off") if word == "off" else Policy(fax="passthrough")
    with pytest.raises(SdpError) as caught:
        in_a_call(policy).read(FAX.encode())
    assert caught.value.status == 488
    with pytest.raises(SdpError):
        in_a_call(policy).offer(in_a_call().read(FAX.encode()))


def test_a_call_does_not_begin_as_a_fax() -> None:
    with pytest.raises(SdpError):
        session().read(FAX.encode())
    both = FAX.replace("m=image", "m=audio 40000 RTP/AVP 0\r\nm=image").encode()
    caller = session()
    told = stream_of(answered(caller, caller.read(both), audio()))
    assert told == ("m=audio 20000 RTP/AVP 0\r\na=sendrecv\r\nm=image 0 udptl t38\r\n")


# What goes on


@pytest.mark.parametrize(
    ("body", "continues"),
    [
        (audio(formats="8 0"), True),
        (audio(formats="8 0").replace(b"40000", b"41000"), True),
        (audio(formats="0"), True),
        (audio(formats="8"), False),
        (audio("a=recvonly", formats="8 0"), True),
        (audio("a=sendonly", formats="9"), True),
        (audio("a=ptime:30", formats="8 0"), False),
        (FAX.encode(), False),
    ],
)
def test_an_offer_that_changes_only_where_the_peer_is_goes_on(body: bytes, continues: bool) -> None:
    caller = session()
    offer = caller.read(audio(formats="8 0"))
    assert not caller.continues(offer)
    answered(caller, offer, audio(formats="0"))
    assert caller.continues(caller.read(body)) is continues
    assert caller.agreement.terms.payload_types == (0,)
    assert caller.source.payload_types == (0,)


def test_the_end_of_a_hold_goes_on_whatever_its_codecs_are() -> None:
    caller = session()
    answered(caller, caller.read(audio("a=sendonly", formats="8 0")), audio(formats="0"))
    assert caller.continues(caller.read(audio(formats="9 0")))


def test_a_direction_may_be_told_instead_of_passed_on() -> None:
    caller, callee = session(), session()
    offer = caller.read(audio("a=sendonly"))
    assert callee.offer(offer, "sendrecv").endswith(b"a=sendrecv\r\n")
    agreement = callee.take(callee.read(audio()))
    assert not agreement.is_held
    assert caller.answer(offer, agreement, "recvonly").endswith(b"a=recvonly\r\n")


# Early answers


@pytest.mark.parametrize(
    ("offered", "early", "final", "suits"),
    [
        ("8 0", "8", "8", True),
        ("8 0", "8", "0", False),
        ("8 18", "8", "9", True),
        ("8 18", "18", "8", False),
    ],
)
def test_an_early_answer_holds_until_another_would_be_better(
    offered: str, early: str, final: str, suits: bool
) -> None:
    caller, callee = session(), session()
    offer = caller.read(audio(formats=offered))
    callee.offer(offer)
    caller.answer(offer, callee.take(callee.read(audio(formats=early))))
    assert caller.suits(callee.take(callee.read(audio(formats=final)))) is suits
