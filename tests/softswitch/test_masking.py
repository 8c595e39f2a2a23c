import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.masking import mask, mask_all

REGISTER = b"REGISTER sip:x SIP/2.0\r\nTo: <sip:100@x>\r\n%b\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    "line",
    [
        b'Authorization: Digest username="100", response="beef"',
        b'authorization:Digest response="beef"',
        b"PROXY-AUTHORIZATION \t: Digest beef",
        b'Authorization: Digest username="100",\r\n  response="beef",\r\n\tcnonce="beef"',
        b'Authorization: Digest username="100",\n response="beef"',
        b"Authorization: beef\r\nX: y\r\nProxy-Authorization: beef",
    ],
)
def test_credentials_are_gone_and_the_rest_stays(line: bytes) -> None:
    masked = mask(REGISTER % line)
    assert b"beef" not in masked
    assert masked.startswith(b"REGISTER sip:x SIP/2.0\r\nTo: <sip:100@x>\r\n")
    assert masked.endswith(b"***\r\nContent-Length: 0\r\n\r\n")


def test_a_challenge_is_no_secret() -> None:
    challenge = b'SIP/2.0 401 Unauthorized\r\nWWW-Authenticate: Digest nonce="1"\r\n\r\n'
    assert mask(challenge) == challenge


def test_a_message_without_secrets_is_not_even_copied() -> None:
    message = REGISTER % b"X: y"
    assert mask(message) is message


def test_media_keys_are_gone() -> None:
    masked = mask(b"INVITE x SIP/2.0\r\n\r\na=crypto:1 AES inline:c2VjcmV0|2^20|1:4\r\n")
    assert masked.endswith(b"a=crypto:1 AES inline:***|2^20|1:4\r\n")


@pytest.mark.parametrize(
    "line",
    [
        b"a=crypto:1 AES inline: c2VjcmV0",
        b"a=crypto:1 AES inline:c2VjcmV0|2^20;inline:c2VjcmV0",
        b"a=key-mgmt:mikey c2VjcmV0",
        b"k=clear:a c2VjcmV0",
        b"K=base64:c2VjcmV0",
    ],
)
def test_keys_are_gone_however_they_are_written(line: bytes) -> None:
    message = b"INVITE x SIP/2.0\r\n\r\nv=0\r\n" + line + b"\r\na=mid:0\r\n"
    masked = mask(message)
    assert b"c2VjcmV0" not in masked
    assert masked.endswith(b"***\r\na=mid:0\r\n")
    assert mask_all([message]) == [masked]


def test_passwords_of_connectivity_checks_are_gone() -> None:
    message = b"INVITE x SIP/2.0\r\n\r\na=ice-ufrag:us\r\na=ice-pwd:c2VjcmV0/c2VjcmV0\r\n"
    masked = message.replace(b"c2VjcmV0/c2VjcmV0", b"***")
    assert mask(message) == masked
    assert mask_all([b"OPTIONS x SIP/2.0\r\n\r\n", message])[1] == masked


@pytest.mark.parametrize(
    ("body", "masked"),
    [
        (b"Signal=5\r\nDuration=160\r\n", b"Signal=*\r\nDuration=160\r\n"),
        (b"signal = #\r\nDuration = 160\r\n", b"signal = *\r\nDuration = 160\r\n"),
        (b"5", b"*"),
        (b"d=5\r\n", b"***\r\n"),
    ],
)
def test_digits_keyed_by_info_are_gone(body: bytes, masked: bytes) -> None:
    head = b"INFO sip:x SIP/2.0\r\nContent-Type: application/dtmf-relay\r\n\r\n"
    assert mask(head + body) == head + masked


def test_no_part_of_an_info_of_several_parts_shows_its_digits() -> None:
    head = b"INFO sip:x SIP/2.0\r\nContent-Type: multipart/mixed;boundary=x\r\n\r\n"
    masked = mask(head + b"--x\r\n\r\n7\r\n--x\r\n\r\nSignal=4\r\n--x--\r\n")
    assert b"7" not in masked
    assert b"4" not in masked


def test_digits_of_an_info_with_bare_line_feeds_are_gone() -> None:
    assert mask(b"INFO sip:x SIP/2.0\nX: 1\n\nSignal=5\n").endswith(b"\n\nSignal=*\n")


def test_the_text_of_a_message_is_gone() -> None:
    assert mask(b"MESSAGE sip:x SIP/2.0\r\nX: 1\r\n\r\nHi you").endswith(b"X: 1\r\n\r\n** ***")


def test_an_info_without_a_body_stays() -> None:
    assert mask(b"INFO sip:x SIP/2.0\r\nX: 1") == b"INFO sip:x SIP/2.0\r\nX: 1"


@pytest.mark.parametrize(
    "line",
    [
        b"Subject: authorization: beef",
        b"X-Authorization: beef",
        b"Subject: a\r\n authorization: beef",
        b"Authorizations: beef",
    ],
)
def test_what_only_looks_like_credentials_stays(line: bytes) -> None:
    assert mask(REGISTER % line) == REGISTER % line


PIECES = (
    b"INVITE ", b"INFO ", b"message ", b"Authorization: beef", b"auth", b"orization:", b"\r\n",
    b"\r\n ", b"\nk=", b"inline:key", b"in", b"line:beef|1", b"\r\n\r\n", b"Signal=5", b"Proxy-",
    b"x",
)  # fmt: skip


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=6).map(b"".join), max_size=6))
@settings(max_examples=100)
def test_all_together_are_masked_like_each_alone(messages: list[bytes]) -> None:
    assert mask_all(messages) == [mask(message) for message in messages]
