"""`language`, `timezone` and `prompts`: how the switch speaks, and by which clock."""

from typing import Annotated
from zoneinfo import available_timezones

from pydantic import PlainValidator

from softswitch.config import units
from softswitch.config.configuration import LANGUAGES
from softswitch.config.problems import Wrong, quoted

Language = Annotated[str, PlainValidator(units.one_of(*LANGUAGES))]


def timezone(value: object) -> str:
    """The name of a time zone, such as Europe/Warsaw."""
    word = units.text(value)
    known = available_timezones()
    if word in known:
        return word
    near = [name for name in known if name.lower().endswith(word.lower())] if word else []
    hint = f"did you mean {min(near)}?" if near else "write it like Europe/Warsaw"
    raise Wrong(f"{quoted(word)} is no time zone that is known here", hint)


TimeZone = Annotated[str, PlainValidator(timezone)]
