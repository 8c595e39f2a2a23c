"""Bodies of INFO that say digits."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.dtmf.digits import DIGITS, FLASH
from softswitch.media.dtmf.info import LONGEST, PLAIN, RELAY, Signal, parse, relay


@pytest.mark.parametrize(
    ("body", "signal"),
    [
        (b"Signal=5\r\nDuration=160\r\n", Signal("5", 0.16)),
        (b"Signal= 5\r\nDuration= 160\r\n", Signal("5", 0.16)),
        (b"Signal=5\nDuration=160", Signal("5", 0.16)),
        (b"signal = * \r\nDURATION = 250\r\n", Signal("*", 0.25)),
        (b"Duration=160\r\nSignal=#\r\n", Signal("#", 0.16)),
        (b"Signal=a\r\n", Signal("A", 0.1)),
        (b"Signal=10\r\nDuration=100\r\n", Signal("*", 0.1)),
        (b"Signal=11", Signal("#", 0.1)),
        (b"Signal=12", Signal("A", 0.1)),
        (b"Signal=15", Signal("D", 0.1)),
        (b"Signal=16", Signal(FLASH, 0.1)),
        (b"Signal=flash", Signal(FLASH, 0.1)),
        (b"Signal=hf", Signal(FLASH, 0.1)),
        (b'Signal="7"\r\n', Signal("7", 0.1)),
        (b"Signal=7\r\nDuration=0\r\n", Signal("7", 0.1)),
        (b"Signal=7\r\nDuration=-5\r\n", Signal("7", 0.1)),
        (b"Signal=7\r\nDuration=\xb2\r\n", Signal("7", 0.1)),
        (b"Signal=7\r\nDuration=99999999999999999999\r\n", Signal("7", LONGEST)),
        (b"Signal=7\r\nExtra=1\r\nnoise\r\n", Signal("7", 0.1)),
    ],
)
def test_a_relay_body_is_read_as_phones_write_it(body: bytes, signal: Signal) -> None:
    assert parse(RELAY, body) == signal


@pytest.mark.parametrize(
    ("body", "signal"),
    [
        (b"5", Signal("5", 0.1)),
        (b" 5 \r\n", Signal("5", 0.1)),
        (b"*", Signal("*", 0.1)),
        (b"11", Signal("#", 0.1)),
        (b"d\r\nanything", Signal("D", 0.1)),
        (b"Signal=3\r\nDuration=200\r\n", Signal("3", 0.2)),
    ],
)
def test_a_plain_body_is_the_digit_itself(body: bytes, signal: Signal) -> None:
    assert parse(PLAIN, body) == signal


def test_parameters_and_case_of_the_type_do_not_matter() -> None:
    assert parse("Application/DTMF-Relay ; x=1", b"Signal=5") == Signal("5", 0.1)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (RELAY, b""),
        (RELAY, b"5"),
        (RELAY, b"Signal=\r\nDuration=160\r\n"),
        (RELAY, b"Signal=55\r\n"),
        (RELAY, b"Signal=17\r\n"),
        (RELAY, b"Signal=09\r\n"),
        (RELAY, b"Signal=x\r\n"),
        (RELAY, b"Signal=\xb2\xb3\r\n"),
        (RELAY, b"Signal=\xef\xbc\x95\r\n"),
        (RELAY, b"Signal=123\r\n"),
        (RELAY, b"\x00" * 200),
        (RELAY, b"Signal=5\r\n" + b"x" * 300),
        (PLAIN, b""),
        (PLAIN, b"1234"),
        ("application/sdp", b"Signal=5"),
        ("", b"Signal=5"),
    ],
)
def test_what_says_no_digit_is_none(content_type: str, body: bytes) -> None:
    assert parse(content_type, body) is None


@pytest.mark.parametrize("digit", DIGITS + FLASH)
def test_what_is_made_can_be_read(digit: str) -> None:
    assert parse(*relay(digit, 0.16)) == Signal(digit, 0.16)


def test_a_flash_is_said_as_its_code() -> None:
    assert relay(FLASH, 0.1) == (RELAY, b"Signal=16\r\nDuration=100\r\n")


@pytest.mark.parametrize(("duration", "said"), [(0.0, 1), (1e9, 10_000), (0.1234, 123)])
def test_durations_are_bounded_milliseconds(duration: float, said: int) -> None:
    assert relay("1", duration)[1] == f"Signal=1\r\nDuration={said}\r\n".encode()


@settings(max_examples=50, deadline=None)
@given(st.sampled_from([RELAY, PLAIN]), st.binary(max_size=300))
def test_no_body_raises(content_type: str, body: bytes) -> None:
    signal = parse(content_type, body)
    assert signal is None or (signal.digit in DIGITS + FLASH and 0 < signal.duration <= LONGEST)
