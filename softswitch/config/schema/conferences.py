"""`conferences:` rooms in which callers meet (CF-1)."""

from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, PlainValidator, with_config
from typing_extensions import TypedDict

from softswitch.config import units
from softswitch.config.conference import Room
from softswitch.config.problems import Wrong, quoted
from softswitch.config.schema.fields import Extension, as_list, as_section
from softswitch.config.schema.voicemail import LONGEST_PIN, SHORTEST_PIN

MOST_NUMBERS = 1000
"""Of one range: more is a slip of the finger."""


def pin(value: object) -> str:
    """Some digits."""
    word = units.scalar(value)
    digits = word.isascii() and word.isdigit()
    if not digits or not SHORTEST_PIN <= len(word) <= LONGEST_PIN:
        problem = f"must be {SHORTEST_PIN} to {LONGEST_PIN} digits"
        raise Wrong(problem, 'a PIN is digits, such as "4711"; leave the key out for none')
    return word


def numbers(value: object) -> tuple[str, ...]:
    """`301-305`, or a list of numbers and such ranges."""
    found: list[str] = []
    for item in as_list(value):
        found += _range(units.scalar(item).replace(" ", ""))
    return tuple(dict.fromkeys(found))


def _range(word: str) -> list[str]:
    first, dash, last = word.partition("-")
    if not dash:
        return [units.number(word)]
    both = (first + last).isascii() and (first + last).isdigit()
    # Python makes no number of thousands of digits, and nobody dials so many.
    both = both and len(first) <= units.MAX_EXTENSION
    if not both or len(first) != len(last) or not 0 <= int(last) - int(first) < MOST_NUMBERS:
        raise Wrong(f"{quoted(word)} is no range of numbers", "write it like 301-305")
    return [str(number).zfill(len(first)) for number in range(int(first), int(last) + 1)]


Pin = Annotated[str, PlainValidator(pin)]


@with_config(ConfigDict(extra="forbid"))
class RoomSection(TypedDict, total=False):
    """What is written under the name of one. `record` is read, and may not be anything but off:
    conferences are not recorded."""

    number: Annotated[str, PlainValidator(units.number)]
    numbers: Annotated[tuple[str, ...], PlainValidator(numbers)]
    pin: Pin
    moderator_pin: Pin
    wait_for_moderator: Annotated[bool, PlainValidator(units.switch)]
    max: Annotated[int, PlainValidator(units.whole_between(2, 1000))]
    announce: Annotated[str, PlainValidator(units.one_of("tone", "off"))]
    record: Annotated[str, PlainValidator(units.one_of("off"))]


ConferencesSection = dict[Extension, Annotated[RoomSection, BeforeValidator(as_section)]]


def rooms(sections: dict[str, RoomSection]) -> dict[str, Room]:
    """All rooms by name; several numbers are several rooms, `open-301` and so on."""
    made = {}
    usual = Room("")
    for name, section in sections.items():
        several = section.get("numbers", ())
        named = {f"{name}-{number}": number for number in several}
        for one, number in (named or {name: section.get("number", "")}).items():
            made[one] = Room(
                one,
                number,
                section.get("pin", ""),
                section.get("moderator_pin", ""),
                section.get("wait_for_moderator", usual.wait_for_moderator),
                section.get("max", usual.max_members),
                section.get("announce", usual.announce),
            )
    return made
