"""`language`, `timezone` and `say`: how the switch speaks, what, and by which clock."""

import functools
import hashlib
import re
from pathlib import Path
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import BeforeValidator, PlainValidator

from softswitch.config import units
from softswitch.config.configuration import LANGUAGES
from softswitch.config.problems import Wrong, quoted
from softswitch.config.schema.fields import as_list_or_off

_known_timezones = functools.cache(available_timezones)
"""They are found by looking through hundreds of files."""

Language = Annotated[str, PlainValidator(units.one_of(*LANGUAGES))]


def timezone(value: object) -> str:
    """The name of a time zone, such as Europe/Warsaw."""
    word = units.text(value)
    known = _known_timezones()
    if word in known:
        return word
    near = [name for name in known if name.lower().endswith(word.lower())] if word else []
    hint = f"did you mean {min(near)}?" if near else "write it like Europe/Warsaw"
    raise Wrong(f"{quoted(word)} is no time zone that is known here", hint)


LONGEST_TEXT = 1000
"""Characters: more than a minute of speech."""
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def words(value: object) -> str:
    """A text to be spoken; lines are joined."""
    text = " ".join(units.scalar(value).split())
    if not text or _CONTROL.search(text):
        raise Wrong("must be a text to be spoken")
    if len(text) > LONGEST_TEXT:
        raise Wrong(f"is {len(text)} characters long; {LONGEST_TEXT} at most")
    return text


def spoken_file(folder: Path, language: str, text: str) -> Path:
    """Where a text is when it has been spoken: another text is another file."""
    digest = hashlib.sha256(f"{language}\n{text}".encode()).hexdigest()
    return folder / f"{digest[:24]}.wav"


Words = Annotated[str, PlainValidator(words)]
Command = Annotated[
    list[Annotated[str, PlainValidator(units.text)]], BeforeValidator(as_list_or_off)
]
"""A program and its arguments; none: off."""
TimeZone = Annotated[str, PlainValidator(timezone)]
