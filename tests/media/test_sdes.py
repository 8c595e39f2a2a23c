import base64
from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media import sdes
from softswitch.media.sdes import Crypto, Key, accept, answer, choose, offer, parse, read, serialize
from softswitch.media.srtp import SUITES
from tests.support.corpora import corpora

CM_80 = "AES_CM_128_HMAC_SHA1_80"
CM_32 = "AES_CM_128_HMAC_SHA1_32"
KEY = bytes(range(30))
INLINE = "inline:" + base64.b64encode(KEY).decode()


def entropy() -> Callable[[int], bytes]:
    """Different octets each time."""
    numbers = count(1)
    return lambda octets: bytes((next(numbers),)) * octets


def line(text: str) -> Crypto:
    crypto = parse(text)
    assert crypto is not None
    return crypto


def test_a_line_of_a_phone_is_read() -> None:
    assert line(f"1 {CM_80} {INLINE}") == Crypto(1, CM_80, (Key(KEY),))


def test_lifetime_and_mki_are_read_in_all_their_forms() -> None:
    assert line(f"1 {CM_80} {INLINE}|2^20|1:4").keys == (Key(KEY, 1 << 20, (1, 4)),)
    assert line(f"1 {CM_80} {INLINE}|1000000").keys == (Key(KEY, 1_000_000),)
    assert line(f"1 {CM_80} {INLINE}|1066:4").keys == (Key(KEY, None, (1066, 4)),)


def test_several_keys_and_session_parameters_are_read() -> None:
    crypto = line(f"7 {CM_80} {INLINE}|2^20|1:4;{INLINE}|2^20|2:4 KDR=1 UNENCRYPTED_SRTP")
    assert [key.mki for key in crypto.keys] == [(1, 4), (2, 4)]
    assert crypto.parameters == ("KDR=1", "UNENCRYPTED_SRTP")


def test_a_key_without_its_padding_is_read() -> None:
    octets = bytes(44)
    text = base64.b64encode(octets).decode()
    assert text.endswith("=")
    assert line(f"1 AEAD_AES_256_GCM inline:{text.rstrip('=')}").material == octets


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        f"1 {CM_80}",
        f"x {CM_80} {INLINE}",
        f"1234567890 {CM_80} {INLINE}",
        f"\u0661 {CM_80} {INLINE}",
        f"1 {CM_80} {INLINE.removeprefix('inline:')}",
        f"1 {CM_80} inline:",
        f"1 {CM_80} inline:A",
        f"1 {CM_80} inline:ab!d",
        f"1 {CM_80} {INLINE}|",
        f"1 {CM_80} {INLINE}|2^99",
        f"1 {CM_80} {INLINE}|2^",
        f"1 {CM_80} {INLINE}|0",
        f"1 {CM_80} {INLINE}|999999999999999",
        f"1 {CM_80} {INLINE}|2^20|4",
        f"1 {CM_80} {INLINE}|2^20|1:4|x",
        f"1 {CM_80} {INLINE}|1:0",
        f"1 {CM_80} {INLINE}|1:129",
        f"1 {CM_80} {INLINE}|256:1",
        f"1 {CM_80} {INLINE}|one:4",
        f"1 {CM_80} {INLINE};",
        f"1 {CM_80} {';'.join([INLINE] * 5)}",
        f"1 {'A' * 65} {INLINE}",
        f"1 {CM_80} {INLINE} {'X' * sdes.MAX_LINE}",
    ],
)
def test_a_line_that_is_not_sound_is_none(text: str) -> None:
    assert parse(text) is None


def test_the_endless_key_of_an_attack_is_no_line() -> None:
    text = (corpora("cve-class") / "26-sdp-crypto-bad-key.sip").read_text()
    lines = [row.removeprefix("a=crypto:") for row in text.splitlines() if "crypto:" in row]
    assert lines
    assert read(lines) == ()


def test_only_so_many_lines_are_looked_at() -> None:
    lines = [f"{tag} {CM_80} {INLINE}" for tag in range(1, 1000)]
    assert len(read(lines)) == sdes.MAX_LINES


def test_the_suite_that_is_best_is_chosen_and_not_the_first() -> None:
    lines = read(
        (
            f"1 AES_192_CM_HMAC_SHA1_80 inline:{base64.b64encode(bytes(38)).decode()}",
            f"2 {CM_32} {INLINE}",
            f"3 {CM_80} {INLINE}",
            f"4 F8_128_HMAC_SHA1_80 {INLINE}",
        )
    )
    chosen = choose(lines)
    assert chosen is not None
    assert chosen.tag == 3
    assert choose(lines, (CM_32,)) == lines[1]


@pytest.mark.parametrize(
    "text",
    [
        f"1 AES_192_CM_HMAC_SHA1_80 {INLINE}",
        f"1 AEAD_AES_128_GCM {INLINE}",
        f"1 {CM_80} {INLINE}|2^20|1:4",
        f"1 {CM_80} {INLINE};{INLINE}",
        f"1 {CM_80} {INLINE} UNENCRYPTED_SRTP",
        f"1 {CM_80} {INLINE} UNENCRYPTED_SRTCP",
        f"1 {CM_80} {INLINE} UNAUTHENTICATED_SRTP",
        f"1 {CM_80} {INLINE} KDR=0",
        f"1 {CM_80} {INLINE} FEC_KEY={INLINE}",
        f"1 {CM_80} {INLINE} NEW=1",
    ],
)
def test_what_cannot_be_kept_or_would_weaken_the_stream_is_not_chosen(text: str) -> None:
    assert choose(read((text,))) is None


def test_parameters_that_change_nothing_are_passed_over() -> None:
    crypto = line(f"1 {CM_80} {INLINE} WSH=64 -NEW=1 FEC_ORDER=FEC_SRTP ")
    assert crypto.usable


def test_a_name_of_the_draft_is_understood_and_repeated() -> None:
    text = base64.b64encode(bytes(46)).decode()
    crypto = line(f"1 AES_CM_256_HMAC_SHA1_80 inline:{text}")
    assert crypto.algorithm == "AES_256_CM_HMAC_SHA1_80"
    assert crypto.usable
    assert answer(crypto, entropy()).suite == "AES_CM_256_HMAC_SHA1_80"


def test_an_offer_names_each_suite_with_a_key_of_its_own() -> None:
    lines = offer(tuple(SUITES), entropy())
    assert [crypto.tag for crypto in lines] == [*range(1, len(SUITES) + 1)]
    assert [crypto.suite for crypto in lines] == [*SUITES]
    assert all(crypto.usable for crypto in lines)
    assert len({crypto.material for crypto in lines}) == len(lines)


def test_an_answer_keeps_tag_and_suite_and_is_taken_up() -> None:
    random = entropy()
    ours = offer((CM_80, CM_32), random)
    chosen = choose(ours, (CM_32,))
    assert chosen is not None
    theirs = answer(chosen, random)
    assert (theirs.tag, theirs.suite) == (2, CM_32)
    assert theirs.material != chosen.material
    assert accept(ours, (theirs,)) == (ours[1], theirs)


def test_an_answer_that_was_not_offered_is_not_taken_up() -> None:
    ours = offer((CM_80,), entropy())
    one = answer(ours[0], entropy())
    assert accept(ours, ()) is None
    assert accept(ours, (one, one)) is None
    assert accept(ours, (Crypto(2, CM_80, one.keys),)) is None
    assert accept(ours, (Crypto(1, CM_32, one.keys),)) is None
    assert accept(ours, (Crypto(1, CM_80, one.keys, ("UNENCRYPTED_SRTP",)),)) is None


def test_no_key_is_shown() -> None:
    crypto = line(f"1 {CM_80} {INLINE}")
    shown = repr(crypto) + str(crypto)
    assert INLINE[7:20] not in shown
    assert repr(KEY)[2:20] not in shown


KEYS = st.builds(
    Key,
    st.sampled_from((28, 30, 44, 46)).flatmap(lambda size: st.binary(min_size=size, max_size=size)),
    st.none() | st.integers(1, sdes.MAX_LIFETIME),
    st.none() | st.tuples(st.integers(0, 255), st.integers(1, sdes.MAX_MKI_OCTETS)),
)
LINES = st.builds(
    Crypto,
    st.integers(0, 999_999_999),
    st.sampled_from((*SUITES, "F8_128_HMAC_SHA1_80")),
    st.lists(KEYS, min_size=1, max_size=sdes.MAX_KEYS).map(tuple),
    st.lists(st.sampled_from(("KDR=24", "WSH=64", "UNENCRYPTED_SRTP")), max_size=3).map(tuple),
)


@given(LINES)
@settings(max_examples=50)
def test_what_is_written_is_read_again(crypto: Crypto) -> None:
    assert parse(serialize(crypto)) == crypto


@given(st.text(max_size=80))
@settings(max_examples=100)
def test_no_text_raises(text: str) -> None:
    parse(text)
    parse(f"1 {CM_80} inline:{text}")
    parse(f"1 {CM_80} {INLINE}|{text}")
