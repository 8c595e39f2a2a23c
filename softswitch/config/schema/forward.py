"""`forward:` of a user or of `defaults`: where calls go on to, and how they come back."""

import re
from typing import Annotated, Any, Required

from pydantic import BeforeValidator, ConfigDict, PlainValidator, with_config
from typing_extensions import TypedDict

from softswitch.config import units
from softswitch.config.configuration import Forward, Forwarding
from softswitch.config.problems import Wrong
from softswitch.config.schema.fields import as_list, as_section

OFF = "off"
HANG_UP = "hangup"
SITUATIONS = ("always", "dnd", "busy", "no_answer", "unavailable", "rejected")

Callers = Annotated[str, PlainValidator(units.one_of("any", "internal", "external"))]
_STATE = re.compile(r"(?:[A-Za-z][\w-]*\.)?[A-Za-z][\w-]*").fullmatch
_between = units.duration_between("1s", "1h")


def return_after(value: object) -> float | None:
    """How long a target may ring; `off`: for as long as its own user says."""
    return None if value == OFF else _between(value)


def return_to(value: object) -> str | None:
    """Who gets the call back; `hangup`: nobody."""
    return None if value == HANG_UP else units.destination(value)


def rule(value: object) -> object:
    """`busy: 102` is `busy: {to: 102}`, and `busy: off` takes back what `defaults` says."""
    if isinstance(value, str):
        return {"to": "" if value == OFF else units.destination(value)}
    return as_section(value)


def target(value: object) -> str:
    """What `to` says; empty when the forward is off."""
    return "" if value == "" else units.destination(value)


def when(value: object) -> str:
    """States of a calendar, one or a list of them: `closed`, `office.lunch`."""
    words = [units.text(one) for one in as_list(value)]
    if not words or not all(_STATE(word) for word in words):
        raise Wrong("names no state of a calendar", "such as closed, or office.closed")
    return ", ".join(words)


@with_config(ConfigDict(extra="forbid"))
class RuleSection(TypedDict, total=False):
    """What is written under one situation."""

    to: Required[Annotated[str, PlainValidator(target)]]
    callers: Callers
    when: Annotated[str, PlainValidator(when)]
    confirm: Annotated[bool, PlainValidator(units.switch)]


Rule = Annotated[RuleSection, BeforeValidator(rule)]


@with_config(ConfigDict(extra="forbid"))
class ForwardSection(TypedDict, total=False):
    """What is written under `forward`."""

    always: Rule
    dnd: Rule
    busy: Rule
    no_answer: Rule
    unavailable: Rule
    rejected: Rule
    return_after: Annotated[float | None, PlainValidator(return_after)]
    return_to: Annotated[str | None, PlainValidator(return_to)]
    follow_target: Annotated[bool, PlainValidator(units.switch)]


def forwarding(below: ForwardSection, own: ForwardSection) -> Forwarding:
    """A user's forwards: what `defaults` says, key by key replaced by the user's own."""
    merged: ForwardSection = {**below, **own}
    written: dict[str, Any] = {name: merged.get(name) for name in SITUATIONS}
    rules = {
        name: Forward(
            section["to"],
            section.get("callers", "any"),
            section.get("when"),
            section.get("confirm"),
        )
        for name, section in written.items()
        if section and section["to"]
    }
    built = Forwarding()
    return Forwarding(
        rules,
        merged.get("return_after", built.return_after),
        merged.get("return_to", built.return_to),
        merged.get("follow_target", built.follow_target),
    )
