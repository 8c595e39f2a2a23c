"""`users:` and `defaults:` who has a telephone, and how it behaves."""

from typing import Annotated, get_args

from pydantic import AfterValidator, BeforeValidator, ConfigDict, PlainValidator, with_config
from typing_extensions import TypedDict

from softswitch.config import units
from softswitch.config.configuration import EDITABLE
from softswitch.config.configuration import BusyScope as Scope
from softswitch.config.configuration import Encryption as Words
from softswitch.config.configuration import Fax as FaxWords
from softswitch.config.problems import Wrong
from softswitch.config.schema.fields import (
    SECTION,
    Extension,
    Password,
    Text,
    as_list,
    as_list_or_off,
    as_section,
)
from softswitch.config.schema.forward import ForwardSection
from softswitch.config.schema.mail import Recipients
from softswitch.config.schema.recordings import Record
from softswitch.config.schema.speech import Language
from softswitch.config.schema.trunks import Areas, Level, Number, caller_id
from softswitch.config.schema.voicemail import VoicemailSection

RingTime = Annotated[float, PlainValidator(units.duration_between("1s", "1h"))]
MaxCalls = Annotated[int, PlainValidator(units.whole_between(1, 10_000))]
MaxDevices = Annotated[int, PlainValidator(units.whole_between(1, 100))]
UnreachableAfter = Annotated[float, PlainValidator(units.duration_between("500ms", "32s"))]
"""A transaction gives up after 64·T1 = 32 s (RFC 3261 §17.1.1.2, timer B)."""


def _each_once(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


Encryption = Annotated[Words, PlainValidator(units.one_of(*get_args(Words)))]
Fax = Annotated[FaxWords, PlainValidator(units.one_of(*get_args(FaxWords)))]


def phone_redirect(value: object) -> bool:
    """`allow` or `deny`."""
    return units.one_of("allow", "deny")(value) == "allow"


def _preferences(codecs: tuple[str, ...]) -> tuple[str, ...]:
    """Each once, in the order of preference."""
    if not codecs:
        raise Wrong("names no codec", "leave the key out, and every codec may be used")
    return tuple(dict.fromkeys(codecs))


Editable = Annotated[
    tuple[Annotated[str, PlainValidator(units.one_of(*EDITABLE))], ...],
    BeforeValidator(as_list_or_off),
    AfterValidator(_each_once),
]
"""What users may change themselves."""

_between = units.duration_between("1s", "1h")


def dnd_repeat(value: object) -> float | None:
    """How soon somebody has to call again to be heard; `off`: nobody is."""
    return None if value == "off" else _between(value)


def caller(value: object) -> str:
    """An extension, or a number outside, which has to begin with its country."""
    word = units.scalar(value)
    return "+" + units.extension(word[1:]) if word.startswith("+") else units.extension(word)


Callers = Annotated[
    tuple[Annotated[str, PlainValidator(caller)], ...],
    BeforeValidator(as_list),
    AfterValidator(tuple),
]

Codecs = Annotated[
    tuple[Annotated[str, PlainValidator(units.codec)], ...],
    BeforeValidator(as_list),
    AfterValidator(_preferences),
]


@with_config(ConfigDict(extra="forbid"))
class DefaultsSection(TypedDict, total=False):
    """What is written under `defaults`: for every user who does not say otherwise."""

    ring_time: RingTime
    max_calls: MaxCalls
    max_devices: MaxDevices
    unreachable_after: UnreachableAfter
    codecs: Codecs
    encryption: Encryption
    language: Language
    fax: Fax
    call_waiting: Annotated[bool, PlainValidator(units.switch)]
    dnd: Annotated[bool, PlainValidator(units.switch)]
    dnd_allow: Callers
    dnd_repeat: Annotated[float | None, PlainValidator(dnd_repeat)]
    busy_scope: Annotated[Scope, PlainValidator(units.one_of(*get_args(Scope)))]
    ring_splash: Annotated[bool, PlainValidator(units.switch)]
    phone_redirect: Annotated[bool, PlainValidator(phone_redirect)]
    calls: Level
    allow: Areas
    deny: Areas
    caller_id: Annotated[str, PlainValidator(caller_id)]
    hide_number: Annotated[bool, PlainValidator(units.switch)]
    record: Record
    forward: Annotated[ForwardSection, SECTION]
    voicemail: VoicemailSection
    editable: Editable


@with_config(ConfigDict(extra="forbid"))
class UserSection(DefaultsSection, total=False):
    """What is written under one extension."""

    name: Text
    password: Password
    email: Recipients
    number: Number


def long_form(value: object) -> object:
    """`101: Jan` is `101: {name: Jan}`."""
    return {"name": value} if isinstance(value, str) else as_section(value)


UsersSection = dict[Extension, Annotated[UserSection, BeforeValidator(long_form)]]
