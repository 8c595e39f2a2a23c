"""`log:` how much is told, and how long it is kept."""

from typing import Annotated

from pydantic import ConfigDict, PlainValidator, with_config
from typing_extensions import TypedDict

from softswitch.config import units

Level = Annotated[str, PlainValidator(units.one_of("debug", "info", "warning", "error"))]
KeepTraces = Annotated[float, PlainValidator(units.duration_between("1m", "3650d"))]


@with_config(ConfigDict(extra="forbid"))
class LogSection(TypedDict, total=False):
    """What is written under `log`."""

    level: Level
    keep_traces: KeepTraces
