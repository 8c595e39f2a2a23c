from typing import get_args

import pytest

from softswitch.media.negotiation import UNSECURED, Manner, Policy, manner_of, manner_towards, read
from softswitch.media.negotiation.policy import BY_DTLS, BY_KEYS, OFFERED_SUITES, Encryption
from tests.media.negotiation.descriptions import BROWSER, audio, crypto

SUITE = "AES_CM_128_HMAC_SHA1_80"
SHORT, LONG = "A" * 40, "A" * 59 + "="
"""30 octets, and 44."""
OPTIMISTIC = Manner("sdes", "RTP/AVP", suites=(SUITE,))
WEB = Manner("dtls", "UDP/TLS/RTP/SAVPF", ice=True)
WITH_ICE = Manner("", "RTP/AVP", ice=True)


def test_a_phone_shows_its_manner_by_what_it_offers() -> None:
    assert manner_of(read(audio()).stream) is UNSECURED
    assert manner_of(read(audio(crypto())).stream) == OPTIMISTIC
    assert manner_of(read(BROWSER.encode()).stream) == WEB
    lite = read(BROWSER.replace("a=msid", "a=ice-lite\r\na=msid").encode()).stream
    assert manner_of(lite) == WEB._replace(ice=False)


@pytest.mark.parametrize(
    ("offered", "suites"),
    [
        (("AES_CM_128_HMAC_SHA1_32", SUITE), (SUITE, "AES_CM_128_HMAC_SHA1_32")),
        (("AEAD_AES_256_GCM", SUITE), (SUITE,)),
        (("AEAD_AES_256_GCM",), OFFERED_SUITES),
        (("NULL_HMAC_SHA1_80",), OFFERED_SUITES),
    ],
)
def test_a_phone_is_offered_keys_for_the_suites_that_it_has_keys_for(
    offered: tuple[str, ...], suites: tuple[str, ...]
) -> None:
    key = {suite: LONG if "256" in suite else SHORT for suite in offered}
    lines = [crypto(suite, tag=tag, key=key[suite]) for tag, suite in enumerate(offered, 1)]
    assert manner_of(read(audio(*lines)).stream).suites == suites


@pytest.mark.parametrize(
    ("encryption", "last", "manner"),
    [
        ("off", BY_KEYS, UNSECURED),
        ("optional", UNSECURED, UNSECURED),
        ("optional", OPTIMISTIC, OPTIMISTIC),
        ("optional", WEB, WEB),
        ("optional", WITH_ICE, WITH_ICE),
        ("sdes", UNSECURED, BY_KEYS),
        ("sdes", OPTIMISTIC, OPTIMISTIC),
        ("sdes", WEB, BY_KEYS),
        ("sdes", WITH_ICE, BY_KEYS),
        ("dtls", UNSECURED, BY_DTLS),
        ("dtls", WEB, WEB),
        ("dtls", WITH_ICE, WEB),
        ("dtls", BY_KEYS, BY_DTLS),
        ("required", UNSECURED, BY_KEYS),
        ("required", WEB, WEB),
        ("required", BY_KEYS, BY_KEYS),
    ],
)
def test_a_phone_is_called_in_its_own_manner_where_the_user_allows_it(
    encryption: Encryption, last: Manner, manner: Manner
) -> None:
    assert manner_towards(Policy(encryption=encryption), last) == manner


def test_whoever_shakes_hands_or_checks_may_begin_before_its_answer_is_read() -> None:
    assert [manner.begins for manner in (UNSECURED, BY_KEYS, BY_DTLS, WEB)] == [0, 0, 1, 1]


def test_every_word_for_encryption_says_whether_plain_media_will_do() -> None:
    plain = {word for word in get_args(Encryption) if not Policy(encryption=word).must_encrypt}
    assert plain == {"off", "optional"}
    assert [word for word in get_args(Encryption) if not Policy(encryption=word).may_encrypt] == [
        "off"
    ]


def test_a_fax_machine_without_t38_may_use_g711_alone() -> None:
    assert Policy(("G722", "PCMU"), fax="passthrough").usable_codecs == ("PCMU",)
    assert Policy(("G722",), fax="passthrough").usable_codecs == ("PCMA", "PCMU")
    assert Policy(("G722",)).usable_codecs == ("G722",)
