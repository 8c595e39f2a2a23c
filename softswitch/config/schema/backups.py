"""`backups:` how many daily copies of the database are kept."""

from typing import Annotated

from pydantic import PlainValidator

from softswitch.config import units

_whole = units.whole_between(1, 366)


def backups(value: object) -> int:
    """A number of days; `off` is none."""
    return 0 if value == "off" else _whole(value)


Backups = Annotated[int, PlainValidator(backups)]
