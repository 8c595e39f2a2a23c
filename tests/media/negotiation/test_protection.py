import pytest

from softswitch.media import sdes
from softswitch.media.engine.interface import Dtls, Sdes
from softswitch.media.negotiation import Manner, Vault, read
from softswitch.media.negotiation.policy import BY_DTLS, BY_KEYS, UNSECURED
from softswitch.media.negotiation.protection import Protection
from softswitch.media.negotiation.stream import Stream
from softswitch.media.sdp import SdpError
from tests.media.negotiation.descriptions import (
    BROWSER,
    OUR_FINGERPRINT,
    THEIR_DIGEST,
    THEIR_FINGERPRINT,
    Entropy,
    audio,
    crypto,
)

SUITE = "AES_CM_128_HMAC_SHA1_80"
OPTIMISTIC = Manner("sdes", "RTP/AVP")
ICE = (f"a=ice-ufrag:{'u' * 4}", f"a=ice-pwd:{'p' * 22}")


def protection(manner: Manner = UNSECURED, fingerprint: str = OUR_FINGERPRINT) -> Protection:
    return Protection(Vault(fingerprint, Entropy()), manner)


def keyed(*lines: str, profile: str = "RTP/SAVP") -> Stream:
    return read(audio(*lines, profile=profile)).stream


def dtls(setup: str = "", fingerprint: str = THEIR_FINGERPRINT, *lines: str) -> Stream:
    roles = [f"a=setup:{setup}"] if setup else []
    profile = "UDP/TLS/RTP/SAVP"
    return read(audio(f"a=fingerprint:{fingerprint}", *roles, *lines, profile=profile)).stream


def suites(lines: str) -> list[str]:
    return [line.split()[1] for line in lines.splitlines() if line.startswith("a=crypto")]


def test_an_offer_with_a_key_is_answered_with_one_of_ours_under_its_tag() -> None:  # RTP-7
    ours = protection()
    line = ours.answer(keyed(crypto("AES_CM_128_HMAC_SHA1_32"), crypto(SUITE, tag=7)))
    assert line.startswith(f"a=crypto:7 {SUITE} inline:")
    security = ours.security
    assert isinstance(security, Sdes)
    assert security.suite == SUITE
    assert security.receive_key == bytes(30)
    answered = sdes.parse(line.strip().partition(":")[2])
    assert answered is not None
    assert answered.material == security.send_key


def test_our_offer_has_the_suites_that_the_phone_has_offered_itself() -> None:
    ours = protection(OPTIMISTIC._replace(suites=("AES_CM_128_HMAC_SHA1_32",)))
    assert suites(ours.offer()) == ["AES_CM_128_HMAC_SHA1_32"]


def test_our_key_stays_while_the_suite_does() -> None:  # RTP-7
    ours = protection()
    first = ours.answer(keyed(crypto(SUITE)))
    assert ours.answer(keyed(crypto(SUITE, key="B" * 40))) == first
    assert isinstance(ours.security, Sdes)
    assert ours.security.receive_key != bytes(30)
    other = ours.answer(keyed(crypto("AES_CM_128_HMAC_SHA1_32")))
    assert other.split("inline:")[1] != first.split("inline:")[1]


def test_our_offer_has_a_key_for_each_suite_and_repeats_them() -> None:
    ours = protection(BY_KEYS)
    lines = ours.offer()
    assert suites(lines) == ["AEAD_AES_128_GCM", SUITE, "AES_CM_128_HMAC_SHA1_32"]
    assert len({line.split("inline:")[1] for line in lines.splitlines()}) == 3
    assert ours.offer() == lines
    ours.take(keyed(crypto(SUITE, tag=2)))
    assert isinstance(ours.security, Sdes)
    assert ours.security.suite == SUITE
    again = ours.offer()
    assert suites(again) == [SUITE]
    assert again.split("inline:")[1] in lines
    ours.take(keyed(crypto(SUITE, key="B" * 40)))
    assert ours.security.receive_key != bytes(30)


@pytest.mark.parametrize(
    "answer",
    [
        keyed(crypto(SUITE, tag=9)),
        keyed(crypto("AES_CM_128_HMAC_SHA1_32", tag=2)),
        keyed(crypto(SUITE, tag=2), crypto(SUITE, tag=3)),
        keyed(profile="RTP/AVP"),
        dtls("active"),
    ],
)
def test_an_answer_that_does_not_fit_our_keys_is_refused(answer: Stream) -> None:
    ours = protection(BY_KEYS)
    ours.offer()
    with pytest.raises(SdpError) as caught:
        ours.take(answer)
    assert caught.value.status == 488
    assert ours.security is None


def test_keys_that_are_a_wish_may_be_passed_over_until_they_are_in_use() -> None:  # RTP-7
    ours = protection(OPTIMISTIC)
    ours.offer()
    ours.take(keyed(profile="RTP/AVP"))
    assert ours.security is None
    ours.take(keyed(crypto(SUITE, tag=2), profile="RTP/AVP"))
    assert ours.security is not None
    with pytest.raises(SdpError):
        ours.take(keyed(profile="RTP/AVP"))


@pytest.mark.parametrize(
    "line",
    [crypto("NULL_HMAC_SHA1_80", tag=2), f"{crypto(SUITE, tag=2)} UNENCRYPTED_SRTP"],
)
def test_keys_that_do_not_encrypt_are_no_plain_answer_to_a_wish(line: str) -> None:
    ours = protection(OPTIMISTIC)
    ours.offer()
    with pytest.raises(SdpError) as caught:
        ours.take(keyed(line, profile="RTP/AVP"))
    assert caught.value.status == 488


@pytest.mark.parametrize(
    ("offered", "answered", "active"),
    [("actpass", "passive", False), ("active", "passive", False), ("passive", "active", True)],
)
def test_who_begins_dtls_is_said_in_the_answer(offered: str, answered: str, active: bool) -> None:
    ours = protection()
    lines = ours.answer(dtls(offered))
    assert f"a=setup:{answered}\r\n" in lines
    assert f"a=fingerprint:sha-256 {OUR_FINGERPRINT}\r\n" in lines
    assert ours.security == Dtls(active, THEIR_DIGEST)


def test_roles_stay_while_the_association_does() -> None:
    ours = protection()
    ours.answer(dtls("passive"))
    assert "a=setup:active" in ours.answer(dtls("actpass"))
    other = THEIR_FINGERPRINT.replace("00:01", "FF:01")
    assert "a=setup:passive" in ours.answer(dtls("actpass", other))
    assert "a=setup:passive" in ours.answer(dtls("actpass"))


def test_roles_are_chosen_anew_after_our_own_offer_was_answered() -> None:
    ours = protection(BY_DTLS)
    assert "a=setup:actpass" in ours.offer()
    ours.take(dtls("passive"))
    assert ours.security == Dtls(True, THEIR_DIGEST)
    assert "a=setup:active" in ours.answer(dtls("actpass"))


@pytest.mark.parametrize("setup", ["holdconn", "sideways"])
def test_an_offer_that_names_no_beginner_is_refused(setup: str) -> None:
    with pytest.raises(SdpError):
        protection().answer(dtls(setup))


@pytest.mark.parametrize(("setup", "active"), [("active", False), ("passive", True)])
def test_an_answer_says_who_begins(setup: str, active: bool) -> None:
    ours = protection(BY_DTLS)
    assert "a=rtcp-mux\r\n" in ours.offer()
    ours.take(dtls(setup, THEIR_FINGERPRINT, "a=rtcp-mux"))
    assert (ours.security, ours.rtcp_mux) == (Dtls(active, THEIR_DIGEST), True)


def test_an_answer_may_not_leave_it_open_who_begins() -> None:
    ours = protection(BY_DTLS)
    ours.offer()
    with pytest.raises(SdpError):
        ours.take(dtls("actpass"))


def test_without_a_certificate_there_is_no_dtls() -> None:
    with pytest.raises(SdpError):
        protection(fingerprint="").answer(dtls("actpass"))


def test_a_browser_is_answered_as_the_lite_side() -> None:
    ours = protection()
    lines = ours.answer(read(BROWSER.encode()).stream)
    assert lines.endswith("a=rtcp-mux\r\n")
    assert ours.ice is not None
    assert ours.ice.remote_username == "F7gI"
    words = ours.ice_lines("203.0.113.1", 20000).split("\r\n")
    assert words[0] == f"a=ice-ufrag:{ours.ice.local_username}"
    assert words[1] == f"a=ice-pwd:{ours.ice.local_password}"
    assert len(ours.ice.local_username) >= 4
    assert len(ours.ice.local_password) >= 22
    assert words[2:] == [
        "a=candidate:1 1 udp 2130706431 203.0.113.1 20000 typ host", "a=end-of-candidates", "",
    ]  # fmt: skip


def test_rtcp_has_a_candidate_of_its_own_where_it_has_a_port() -> None:
    ours = protection()
    assert ours.answer(keyed(*ICE, profile="RTP/AVP")) == ""
    lines = ours.ice_lines("203.0.113.1", 20000)
    assert "a=candidate:1 2 udp 2130706430 203.0.113.1 20001 typ host\r\n" in lines
    assert ours.security is None


def test_new_words_of_theirs_get_new_words_of_ours() -> None:
    ours = protection()
    ours.answer(keyed(*ICE, profile="RTP/AVP"))
    first = ours.ice
    ours.answer(keyed(*ICE, profile="RTP/AVP"))
    assert ours.ice == first
    ours.answer(keyed("a=ice-ufrag:zzzz", ICE[1], profile="RTP/AVP"))
    assert ours.ice is not None
    assert first is not None
    assert ours.ice.local_password != first.local_password
    ours.answer(keyed(profile="RTP/AVP"))
    assert ours.ice_lines("203.0.113.1", 20000) == ""


def test_two_lite_sides_speak_no_ice() -> None:
    text = BROWSER.replace("a=msid", "a=ice-lite\r\na=msid")
    ours = protection()
    ours.answer(read(text.encode()).stream)
    assert ours.ice is None


def test_a_browser_is_called_with_ice_and_learned_from_its_answer() -> None:
    ours = protection(Manner("dtls", "UDP/TLS/RTP/SAVPF", ice=True))
    ours.offer()
    first = ours.ice
    assert first is not None
    assert ours.ice_lines("203.0.113.1", 20000).count("a=candidate") == 1
    ours.offer()
    assert ours.ice == first
    ours.take(read(BROWSER.replace("actpass", "active").encode()).stream)
    assert ours.ice == first._replace(remote_username="F7gI")
    ours.take(dtls("active"))
    assert ours.ice is None


def test_an_answer_from_a_side_without_ice_is_fine() -> None:
    ours = protection(BY_DTLS)
    ours.offer()
    ours.take(read(BROWSER.replace("actpass", "active").encode()).stream)
    assert ours.ice is None


def test_plain_media_with_ice_is_offered_without_keys() -> None:
    ours = protection(Manner("", "RTP/AVP", ice=True))
    assert ours.offer() == ""
    ours.take(keyed(*ICE, profile="RTP/AVP"))
    assert (ours.security, ours.rtcp_mux) == (None, False)
    assert ours.ice_lines("203.0.113.1", 20000).count("a=candidate") == 2


def test_an_offer_without_a_usable_key_is_refused() -> None:
    """Whoever reads it says so first; here nothing may slip through either."""
    stream = keyed(crypto("AES_CM_128_HMAC_SHA1_80"))
    stream.secrets = type(stream.secrets)()
    with pytest.raises(SdpError):
        protection().answer(stream)
