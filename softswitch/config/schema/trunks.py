"""`trunks:`, `outgoing:` and `numbers:` the way to the world outside (features 2.13, 2.21)."""

import re
from typing import Annotated, Required, get_args

from pydantic import BeforeValidator, ConfigDict, PlainValidator, with_config
from typing_extensions import TypedDict

from softswitch.config import units
from softswitch.config.configuration import Encryption
from softswitch.config.problems import Wrong, quoted
from softswitch.config.schema.calendars import Name
from softswitch.config.schema.fields import SECTION, Password, Text, as_list, as_section
from softswitch.routing.outside import LEVELS, NEEDED, ZONES

KINDS = ("static",)
LATER = ("register", "accept")
ELSE = "else"
REST = "*"
"""In `numbers`: every number of ours that is not named."""

_NUMBER = re.compile(r"\+?[0-9]{3,20}").fullmatch


def kind(value: object) -> str:
    """How calls are known to come from there: `static`, by the address alone."""
    word = units.scalar(value)
    if word in LATER:
        raise Wrong(f"{quoted(word)} is not there yet", "only static: known by its address")
    return units.one_of(*KINDS)(word)


def number(value: object) -> str:
    """A number outside, in any spelling; what it means is known when the country is."""
    written = units.scalar(value)
    word = "".join(one for one in written if one not in " -./()")
    if not _NUMBER(word):
        raise Wrong(f"{quoted(written)} is no telephone number", 'write it like "+48221112233"')
    return word


def numbers(value: object) -> dict[str, str]:
    """A list, or what each is called: `{main: "+48221112233"}`."""
    if isinstance(value, dict):
        return {str(key): number(one) for key, one in value.items()}
    return {number(one): number(one) for one in as_list(value)}


def area(value: object) -> str:
    """A country, a zone or a prefix: ES, EU, "+1212"."""
    word = units.scalar(value).replace(" ", "")
    if re.fullmatch(r"\+[1-9][0-9]{0,14}", word) or word.upper() in ZONES:
        return word.upper()
    if len(word) == 2 and word.isascii() and word.isalpha() and word.isupper():
        return word
    hint = f"did you mean {word.upper()}?" if len(word) == 2 else 'such as ES, EU or "+1212"'
    raise Wrong(f"{quoted(word)} is neither a country nor a prefix", hint)


def match(value: object) -> str:
    """What a route is for: a kind of numbers, or an area."""
    word = units.scalar(value)
    if word in NEEDED:
        return word
    try:
        return area(word)
    except Wrong as wrong:
        hint = f"a country, a prefix or one of {', '.join(NEEDED)}"
        raise Wrong(f"{quoted(word)} is not known here", hint) from wrong


def digits(value: object) -> str:
    """Some digits to dial first; `none`: none."""
    word = units.scalar(value)
    if word == "none":
        return ""
    if not word.isascii() or not word.isdigit() or len(word) > 6:
        raise Wrong(f"{quoted(word)} is not a few digits")
    return word


def caller_id(value: object) -> str:
    """A number, the name of one, or `withheld`."""
    word = units.text(value)
    return word if word[:1].isalpha() else number(word)


def entrance(value: object) -> object:
    """`"+48221112233": 100` is `{to: 100}`."""
    return {"to": value} if isinstance(value, str) else as_section(value)


def our_number(value: object) -> str:
    """A number of ours, or all that are not named."""
    return REST if value == REST else number(value)


Level = Annotated[str, PlainValidator(units.one_of(*LEVELS))]
Number = Annotated[str, PlainValidator(number)]
Areas = Annotated[
    tuple[Annotated[str, PlainValidator(area)], ...],
    BeforeValidator(lambda value: [] if value == "none" else as_list(value)),
]
Names = Annotated[list[Name], BeforeValidator(as_list)]
Switch = Annotated[bool, PlainValidator(units.switch)]
Destination = Annotated[str, PlainValidator(units.destination)]


@with_config(ConfigDict(extra="forbid"))
class TrunkSection(TypedDict, total=False):
    """What is written under one trunk."""

    type: Annotated[str, PlainValidator(kind)]
    host: Required[
        Annotated[list[Annotated[str, PlainValidator(units.host)]], BeforeValidator(as_list)]
    ]
    port: Annotated[int, PlainValidator(lambda value: units.port(units.scalar(value)))]
    transport: Annotated[str, PlainValidator(units.one_of("udp", "tcp"))]
    numbers: Annotated[dict[str, str], PlainValidator(numbers)]
    to: Destination
    channels: Annotated[int, PlainValidator(units.whole_between(1, 100_000))]
    forwarded_calls: Annotated[
        str, PlainValidator(units.one_of("own", "original", "original+diversion"))
    ]
    diversion: Switch
    history_info: Switch
    number_format: Annotated[
        str, PlainValidator(units.one_of("e164+", "e164", "national", "0national"))
    ]
    identity: Annotated[str, PlainValidator(units.one_of("pai", "ppi", "rpid", "from"))]
    trust_identity: Switch
    clip_name: Switch
    domain: Annotated[str, PlainValidator(units.host)]
    username: Text
    password: Password
    codecs: Annotated[
        tuple[Annotated[str, PlainValidator(units.codec)], ...], BeforeValidator(as_list)
    ]
    encryption: Annotated[str, PlainValidator(units.one_of(*get_args(Encryption)))]


@with_config(ConfigDict(extra="forbid"))
class RouteSection(TypedDict, total=False):
    """What is written under one of the `routes`."""

    match: Annotated[tuple[Annotated[str, PlainValidator(match)], ...], BeforeValidator(as_list)]
    via: Required[Names]


@with_config(ConfigDict(extra="forbid"))
class OutgoingSection(TypedDict, total=False):
    """What is written under `outgoing`."""

    prefix: Annotated[str, PlainValidator(digits)]
    area_code: Annotated[str, PlainValidator(digits)]
    routes: list[Annotated[RouteSection, SECTION]]


@with_config(ConfigDict(extra=None))
class EntranceSection(TypedDict, total=False, extra_items=Destination):  # type: ignore[call-arg]
    """What is written under one of the `numbers`; with `by`, all other keys are states."""

    to: Destination
    by: Name


TrunksSection = dict[Name, Annotated[TrunkSection, SECTION]]
OurNumber = Annotated[str, PlainValidator(our_number)]
NumbersSection = dict[OurNumber, Annotated[EntranceSection, BeforeValidator(entrance)]]
