"""All settings of a user with their values and origins, as `softswitch show 101` prints them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, NamedTuple

from softswitch.config.messaging import Greeting
from softswitch.settings import keys, layers
from softswitch.store.store import SettingRow

if TYPE_CHECKING:
    from softswitch.config import Config, User

SECRET = "****"
NOTHING = "-"
HIDDEN = ("extension", "name", "origin", "fixed")
OWN_PIN = "changed by owner"
DURATIONS = (("d", 86400.0), ("h", 3600.0), ("m", 60.0))


class Line(NamedTuple):
    """One setting."""

    key: str
    value: str
    origin: str


def lines(
    config: Config,
    user: str,
    rows: Mapping[str, SettingRow],
    stamp: layers.Stamp,
    *,
    own_pin: float | None,
) -> list[Line]:
    """The settings of a user. `rows`: the overrides that count; `own_pin`: when the owner of the
    mailbox has chosen one, 0 if nobody remembers, None if he has not."""
    known = config.users[user]
    found = []
    for key, value in _values(known):
        row = rows.get(key)
        if row is not None:
            found.append(Line(key, row.value, layers.origin_of(known, row, stamp)))
        elif key == "voicemail.pin" and own_pin is not None:
            day = stamp(own_pin).partition(" ")[0] if own_pin else ""
            found.append(Line(key, value, f"{OWN_PIN} {day}".rstrip()))
        else:
            found.append(Line(key, value, _where(config, known, key)))
    return found


def _where(config: Config, user: User, key: str) -> str:
    """`default`, `softswitch.yaml:70`, `defaults (softswitch.yaml:48)`."""
    place = user.origin.get(key, layers.NOWHERE)
    short = place.rpartition("/")[2]
    fixed = ", fixed" if key in user.fixed else ""
    if place != layers.NOWHERE and config.defaults.get(key) == place:
        return f"defaults ({short}){fixed}"
    return f"{short}{fixed}"


def _values(user: User) -> Iterator[tuple[str, str]]:
    for field in fields(user):
        name, value = field.name, getattr(user, field.name)
        if name in HIDDEN:
            continue
        if name == keys.FORWARD:
            yield from ((key, keys.value(user, key)) for key in keys.FORWARDS)
            for rest in ("return_after", "return_to", "follow_target"):
                yield f"{name}.{rest}", text(getattr(value, rest))
        elif name == "voicemail":
            for inner in fields(value):
                shown = text(getattr(value, inner.name))
                if inner.name != "editable":
                    yield f"{name}.{inner.name}", SECRET if inner.name == "pin" else shown
        else:
            yield name, SECRET if name == "password" else text(value)


def text(value: Any) -> str:
    """A value as it would be written."""
    if isinstance(value, bool):
        return keys.switch(value)
    if isinstance(value, float):
        return duration(value)
    if isinstance(value, Greeting):
        return value.say or str(value.file)
    if isinstance(value, tuple | list):
        return ", ".join(map(text, value)) or NOTHING
    return NOTHING if value in (None, "") else str(value)


def duration(seconds: float) -> str:
    """`3m`, `90s`: in the largest unit of which there is a whole number."""
    for unit, length in DURATIONS:
        if seconds >= length and not seconds % length:
            return f"{seconds / length:g}{unit}"
    return keys.duration(seconds)
