import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.dtls_sdp import (
    DIGESTS,
    Fingerprint,
    answer_setup,
    begins,
    fingerprint_text,
    parse_fingerprint,
    parse_tls_id,
    strongest,
)

DIGEST = hashlib.sha256(b"certificate").digest()


def line(name: str, digest: bytes) -> str:
    return f"{name} {fingerprint_text(digest)}"


def test_a_fingerprint_is_read_whatever_its_case() -> None:
    assert parse_fingerprint(line("sha-256", DIGEST)) == Fingerprint("sha-256", DIGEST)
    assert parse_fingerprint(line("SHA-256", DIGEST).lower()) == Fingerprint("sha-256", DIGEST)


def test_a_hash_that_nobody_knows_is_read_and_not_compared() -> None:
    assert parse_fingerprint("sha-999 AB:CD") == Fingerprint("sha-999", b"\xab\xcd")
    assert strongest(("sha-999 AB:CD", line("md5", bytes(16)))) is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "sha-256",
        "sha-256 ",
        "sha-256 AB",
        "sha-256 " + "AB:" * 32,
        "sha-256 " + ":".join(["GG"] * 32),
        "sha-256 " + ":".join(["AB"] * 33),
        "sha-256 " + ":".join(["AB"] * 5000),
        "a-hash-with-a-very-long-name AB:CD",
    ],
)
def test_a_fingerprint_that_is_not_sound_is_none(value: str) -> None:
    assert parse_fingerprint(value) is None


def test_the_strongest_fingerprint_is_compared() -> None:
    lines = [line(name, bytes(octets)) for name, octets in DIGESTS.items()]
    assert strongest(lines) == Fingerprint("sha-512", bytes(64))
    assert strongest(lines[:2]) == Fingerprint("sha-256", bytes(32))
    assert strongest([]) is None


def test_only_so_many_fingerprints_are_looked_at() -> None:
    assert strongest(["nonsense"] * 1000 + [line("sha-256", DIGEST)]) is None


@given(st.sampled_from(sorted(DIGESTS)), st.binary(min_size=64, max_size=64))
@settings(max_examples=50)
def test_what_is_written_is_read_again(name: str, octets: bytes) -> None:
    digest = octets[: DIGESTS[name]]
    assert parse_fingerprint(line(name, digest)) == Fingerprint(name, digest)


@pytest.mark.parametrize(
    ("offered", "answered"),
    [
        ("actpass", "passive"),
        ("active", "passive"),
        (None, "passive"),
        ("passive", "active"),
        ("holdconn", None),
        ("", None),
    ],
)
def test_whoever_leaves_us_the_choice_begins(offered: str | None, answered: str | None) -> None:
    assert answer_setup(offered) == answered


def test_a_later_offer_changes_no_roles() -> None:
    assert answer_setup("actpass", "active") == "active"
    assert answer_setup("actpass", "passive") == "passive"
    assert answer_setup("active", "active") == "passive"


@pytest.mark.parametrize(
    ("answered", "we_begin"),
    [("passive", True), (None, True), ("active", False), ("actpass", None), ("holdconn", None)],
)
def test_an_answer_settles_who_begins(answered: str | None, we_begin: bool | None) -> None:
    assert begins(answered) is we_begin


def test_the_name_of_an_association_is_read() -> None:
    name = "abc3de65cddef001be82"
    assert parse_tls_id(f" {name}") == name
    assert parse_tls_id("short") is None
    assert parse_tls_id("x" * 256) is None
    assert parse_tls_id("with space 0123456789") is None
