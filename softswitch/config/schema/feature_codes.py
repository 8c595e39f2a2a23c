"""`feature_codes:` what to dial to ask something of the switch itself."""

from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, PlainValidator, with_config
from typing_extensions import TypedDict

from softswitch.config import units
from softswitch.config.schema.fields import as_list_or_off

Codes = Annotated[
    tuple[Annotated[str, PlainValidator(units.number)], ...], BeforeValidator(as_list_or_off)
]


@with_config(ConfigDict(extra="forbid"))
class FeatureCodesSection(TypedDict, total=False):
    """What is written under `feature_codes`."""

    voicemail: Codes
    leave_message: Codes
    echo_test: Codes
