"""Rooms as they are written (CF-1)."""

import pytest

from softswitch.config.conference import Room, numbered
from softswitch.config.problems import Wrong
from softswitch.config.schema.conferences import MOST_NUMBERS, numbers, pin, rooms


def test_numbers_are_single_ones_and_ranges_each_once() -> None:
    assert numbers("301 - 303") == ("301", "302", "303")
    assert numbers(["08-10", "300", "9", "300"]) == ("08", "09", "10", "300", "9")
    assert len(numbers("1000-1999")) == MOST_NUMBERS


@pytest.mark.parametrize(
    "word",
    [
        "305-301",
        "9-10",
        "1000-2000",
        "301-",
        "-301",
        "1-2-3",
        "٣-٤",
        "a-b",
        "x",
        f"{'1' * 5000}-{'2' * 5000}",
    ],
)
def test_what_is_no_range_of_numbers_is_told(word: str) -> None:
    with pytest.raises(Wrong):
        numbers(word)


def test_a_pin_is_some_digits_and_keeps_its_zeros() -> None:
    assert pin("0471") == "0471"


@pytest.mark.parametrize("word", ["", "47", "47a1", "٤٧١١", "1" * 5000])
def test_anything_else_is_no_pin_and_is_not_repeated(word: str) -> None:
    with pytest.raises(Wrong, match="must be 3 to 12 digits") as wrong:
        pin(word)
    assert not word or word not in str(wrong.value)


def test_several_numbers_are_several_rooms() -> None:
    made = rooms(
        {
            "board": {"number": "300", "pin": "4711", "moderator_pin": "9922"},
            "open": {"numbers": ("301", "302"), "max": 12, "announce": "off"},
            "hall": {"wait_for_moderator": True},
        }
    )
    assert made == {
        "board": Room("board", "300", "4711", "9922"),
        "open-301": Room("open-301", "301", max_members=12, announce="off"),
        "open-302": Room("open-302", "302", max_members=12, announce="off"),
        "hall": Room("hall", wait_for_moderator=True),
    }
    assert numbered(made) == {"300": "board", "301": "open-301", "302": "open-302"}
