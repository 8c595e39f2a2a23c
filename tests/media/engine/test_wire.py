"""How messages become octets, and come back as what they were."""

from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.engine import wire

plain: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=8,
)


class Tone(NamedTuple):
    port: int
    hertz: float
    is_loud: bool


class Words(NamedTuple):
    port: int
    said: tuple[str, ...]
    end: float | None


@given(port=st.integers(0, 2**32 - 1), hertz=st.floats(allow_nan=False), is_loud=st.booleans())
@settings(max_examples=50)
def test_numbers_come_back(port: int, hertz: float, is_loud: bool) -> None:
    kind, write, read = wire.numbers(Tone, "Id?")
    message = Tone(port, hertz, is_loud)
    assert kind is Tone
    assert read(write(message)) == message
    assert type(read(write(message))) is Tone


def test_numbers_take_as_little_room_as_they_can() -> None:
    _, write, _ = wire.numbers(Tone, "Id?")
    assert write(Tone(1, 440.0, True)) == bytes.fromhex("00000001 407b800000000000 01")


@given(st.lists(plain, max_size=4).map(tuple))
@settings(max_examples=20)
def test_plain_values_come_back(values: tuple[Any, ...]) -> None:
    assert wire.unpack(wire.pack(values)) == values


@given(st.builds(Words, st.integers(), st.lists(st.text()).map(tuple), st.none() | st.just(2.5)))
@settings(max_examples=25)
def test_a_message_of_plain_values_comes_back_as_its_kind(message: Words) -> None:
    _, write, read = wire.values(Words)
    assert read(write(message)) == message
    assert type(read(write(message))) is Words


def test_what_is_not_plain_is_our_bug() -> None:
    with pytest.raises(ValueError, match="unmarshallable"):
        wire.pack((Tone(1, 440.0, True),))


@pytest.mark.parametrize(
    ("value", "octets"), [("", b"\0"), ("5060", b"\x045060"), ("ä", b"\x02\xc3\xa4")]
)
def test_a_short_text_says_how_long_it_is(value: str, octets: bytes) -> None:
    assert wire.text(value) == octets


def test_a_text_is_never_longer_than_its_length_says() -> None:
    data = wire.text("x" * 300)
    assert data[0] == len(data) - 1 == 255
