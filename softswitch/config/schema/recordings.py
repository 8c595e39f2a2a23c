"""`record:` of users, and `recordings:` what becomes of recorded calls (REC-1, REC-2)."""

from typing import Annotated

from pydantic import ConfigDict, PlainValidator, with_config
from typing_extensions import TypedDict

from softswitch.config import units

OFF, ON_DEMAND, INBOUND, OUTBOUND, ALWAYS = WHEN = (
    "off",
    "on_demand",
    "inbound",
    "outbound",
    "always",
)

Record = Annotated[str, PlainValidator(units.one_of(*WHEN))]


@with_config(ConfigDict(extra="forbid"))
class RecordingsSection(TypedDict, total=False):
    """What is written under `recordings`."""

    keep: Annotated[float, PlainValidator(units.duration_between("1h", "3650d"))]
    format: Annotated[str, PlainValidator(units.one_of("wav"))]
