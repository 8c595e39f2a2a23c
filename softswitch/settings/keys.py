"""The settings that users may change, as text: how one is read of a User, and put into one.

ring_time               25s
call_waiting            on
hide_number             off
forward.busy            102     +48600100100     voicemail     off
email                   anna@example.com, jan@example.com     off
voicemail.on_message    both
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from softswitch.config.configuration import Forward
from softswitch.config.schema.forward import SITUATIONS

if TYPE_CHECKING:
    from softswitch.config import User

ON, OFF = "on", "off"
DND, CALL_WAITING, RING_TIME = "dnd", "call_waiting", "ring_time"
HIDE_NUMBER = "hide_number"
SWITCHES = (CALL_WAITING, DND, HIDE_NUMBER)
"""What is on or off."""
FORWARD = "forward"
EMAIL, MAIL_MODE = "email", "voicemail.on_message"
BETWEEN = ", "
"""Of several addresses."""

FORWARDS = tuple(f"{FORWARD}.{situation}" for situation in SITUATIONS)
KEYS = (RING_TIME, *SWITCHES, *FORWARDS, EMAIL, MAIL_MODE)

SHORTEST_RING, LONGEST_RING = 5, 600
"""Seconds that a user may choose."""


def group(key: str) -> str:
    """What `editable:` calls it: all forwards are one."""
    return key.partition(".")[0]


def value(user: User, key: str) -> str:
    """What a setting is at the moment."""
    if key == RING_TIME:
        return duration(user.ring_time)
    if key in SWITCHES:
        return switch(getattr(user, key))
    if key == EMAIL:
        return emails(user)
    if key == MAIL_MODE:
        return user.voicemail.on_message
    rule = user.forward.rules.get(key.partition(".")[2])
    return OFF if rule is None else forward(rule)


def with_value(user: User, key: str, value: str) -> User:
    """The user with another value, one that was set by phone or in the portal."""
    if key == RING_TIME:
        return replace(user, ring_time=float(value.removesuffix("s")))
    if key in SWITCHES:
        switched: dict[str, Any] = {key: value == ON}
        return replace(user, **switched)
    if key == EMAIL:
        return _with_emails(user, () if value == OFF else tuple(value.split(BETWEEN)))
    if key == MAIL_MODE:
        return replace(user, voicemail=replace(user.voicemail, on_message=value))
    situation = key.partition(".")[2]
    rules = {name: rule for name, rule in user.forward.rules.items() if name != situation}
    if value != OFF:
        rules[situation] = Forward(value)
    return replace(user, forward=replace(user.forward, rules=rules))


def _with_emails(user: User, addresses: tuple[str, ...]) -> User:
    """Whoever stays gets mails at the same times as before."""
    kept = {one: when for one, when in user.mail_when.items() if one in addresses}
    return replace(user, email=addresses, mail_when=kept)


def switch(value: bool) -> str:
    """`on` or `off`."""
    return ON if value else OFF


def duration(seconds: float) -> str:
    """`25s`."""
    return f"{seconds:g}s"


def emails(user: User) -> str:
    """`anna@example.com, it@example.com (when office.open)`."""
    shown = [
        f"{one} (when {user.mail_when[one]})" if one in user.mail_when else one
        for one in user.email
    ]
    return BETWEEN.join(shown) or OFF


def forward(rule: Forward) -> str:
    """`102`, or `102 (external, when office.closed)`."""
    conditions = [] if rule.callers == "any" else [rule.callers]
    conditions += [f"when {rule.when}"] if rule.when else []
    conditions += ["confirm"] if rule.confirm else []
    return f"{rule.to} ({', '.join(conditions)})" if conditions else rule.to
