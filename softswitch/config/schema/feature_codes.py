"""`feature_codes:` what to dial to ask something of the switch itself."""

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, PlainValidator, with_config
from typing_extensions import TypedDict

from softswitch.config import presets, units
from softswitch.config.presets import Dialled
from softswitch.config.schema.fields import as_list_or_off

Codes = Annotated[
    tuple[Annotated[str, PlainValidator(units.number)], ...], BeforeValidator(as_list_or_off)
]
Presets = Annotated[
    tuple[Annotated[str, PlainValidator(units.one_of(*presets.PRESETS))], ...],
    BeforeValidator(as_list_or_off),
]


@with_config(ConfigDict(extra="forbid"))
class FeatureCodesSection(TypedDict, total=False):
    """What is written under `feature_codes`."""

    preset: Presets
    voicemail: Codes
    leave_message: Codes
    echo_test: Codes
    clock: Codes
    my_number: Codes
    calendar: Codes
    forward_always_on: Codes
    forward_always_off: Codes
    forward_always_ask: Codes
    forward_busy_on: Codes
    forward_busy_off: Codes
    forward_busy_ask: Codes
    forward_no_answer_on: Codes
    forward_no_answer_off: Codes
    forward_no_answer_ask: Codes
    forward_unavailable_on: Codes
    forward_unavailable_off: Codes
    forward_unavailable_ask: Codes
    forward_unanswered_on: Codes
    forward_unanswered_off: Codes
    forward_off: Codes
    forward_conditional_off: Codes
    ring_time: Codes
    dnd_on: Codes
    dnd_off: Codes
    dnd_toggle: Codes
    dnd_ask: Codes
    call_waiting_on: Codes
    call_waiting_off: Codes
    call_waiting_ask: Codes
    hide_number_on: Codes
    hide_number_off: Codes
    hide_number_ask: Codes


def feature_codes(section: FeatureCodesSection) -> Dialled:
    """What is dialled for each function."""
    written: dict[str, Any] = dict(section)
    names = written.pop("preset", presets.DEFAULT_PRESETS)
    return presets.feature_codes(dict.fromkeys(names), written)
