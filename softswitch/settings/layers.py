"""Overrides over users: who wins, and what is said of those that lose (features 4.4).

The latest decision wins. An override remembers what the configuration said when it was made; when
that is no longer what it says, whoever wrote the configuration has spoken later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from softswitch.settings import keys
from softswitch.store.store import SettingRow

if TYPE_CHECKING:
    from softswitch.config import User

Stamp = Callable[[float], str]
"""Wall clock seconds → `2026-08-03 09:12`."""

Rows = Mapping[tuple[str, str], SettingRow]
"""What is in force, by user and key."""

NOWHERE = "default"
"""The origin of what the configuration does not say."""


class Outdated(NamedTuple):
    """An override that is over, and why."""

    row: SettingRow
    why: str


class Layers(NamedTuple):
    """What of the overrides holds."""

    rows: dict[tuple[str, str], SettingRow]
    """Those that count, and those that are kept although nothing may come of them."""
    outdated: list[Outdated]
    ignored: list[str]
    """Words about those that are kept, and do not count."""


def written(user: User, key: str) -> str:
    """What the configuration says of a setting; nothing, if it does not speak of it."""
    return keys.value(user, key) if _origin(user, key) != NOWHERE else ""


def may_change(user: User, key: str) -> bool:
    """Is it left to the user?"""
    return keys.group(key) in user.editable and key not in user.fixed


def sorted_out(users: Mapping[str, User], rows: Iterable[SettingRow]) -> Layers:
    """Which overrides count for the users of this configuration. `rows`: the oldest first."""
    layers = Layers({}, [], [])
    for row in rows:
        user = users.get(row.user)
        place = (row.user, row.key)
        before = layers.rows.get(place)
        if before is not None:
            later = f"user's {before.value} replaced by {row.value}, set by {row.source}"
            layers.outdated.append(Outdated(before, f"{row.user} {row.key}: {later}"))
        if user is None or row.key not in keys.KEYS:
            what = "no such user" if user is None else "no such setting"
            layers.ignored.append(f"{_named(row)} is ignored: {what}")
        elif written(user, row.key) != row.instead:
            layers.rows.pop(place, None)
            layers.outdated.append(Outdated(row, _spoken_later(user, row)))
            continue
        elif not may_change(user, row.key):
            layers.ignored.append(f"{_named(row)} is ignored: {_frozen(user, row.key)}")
        layers.rows[place] = row
    return layers


def counting(user: User, rows: Rows) -> dict[str, SettingRow]:
    """What counts of a user's overrides, by key."""
    found = {key: rows.get((user.extension, key)) for key in keys.KEYS if may_change(user, key)}
    return {key: row for key, row in found.items() if row is not None}


def effective(user: User, rows: Rows, stamp: Stamp) -> User:
    """The user as he is now."""
    origin = dict(user.origin)
    now = user
    for key, row in counting(user, rows).items():
        now = keys.with_value(now, key, row.value)
        origin[key] = f"{_by(row, stamp)} ({instead(user, key)})"
    return user if now is user else replace(now, origin=origin)


def everybody(users: Mapping[str, User], rows: Rows, stamp: Stamp) -> dict[str, User]:
    """All users as they are now."""
    changed = {name: effective(users[name], rows, stamp) for name, _ in rows if name in users}
    return {**users, **changed}


def instead(user: User, key: str) -> str:
    """`YAML: 11, line 70`: what a setting would be without its override."""
    origin = _origin(user, key)
    if origin == NOWHERE:
        return f"{NOWHERE}: {keys.value(user, key)}"
    return f"YAML: {keys.value(user, key)}, line {origin.rpartition(':')[2]}"


def origin_of(user: User, row: SettingRow, stamp: Stamp) -> str:
    """What `softswitch show` says of an override."""
    return f"{_by(row, stamp)}   ({instead(user, row.key)})"


def over(row: SettingRow, now: float, why: str) -> SettingRow:
    """The row as it stays in the history."""
    return row._replace(ended_at=now, ended_by=why)


def _by(row: SettingRow, stamp: Stamp) -> str:
    return f"{row.source}, {stamp(row.changed_at)}"


def _origin(user: User, key: str) -> str:
    return user.origin.get(key, NOWHERE)


def _named(row: SettingRow) -> str:
    return f"{row.user} {row.key}: {row.value}, set by {row.source},"


def _frozen(user: User, key: str) -> str:
    if key in user.fixed:
        return f"{_origin(user, key)} fixes it at {keys.value(user, key)}"
    return f"{keys.group(key)} is not editable"


def _spoken_later(user: User, row: SettingRow) -> str:
    origin = _origin(user, row.key)
    where = "the default" if origin == NOWHERE else f"{origin.rpartition('/')[2]}"
    return (
        f"{row.user} {row.key}: user's {row.value} replaced by"
        f" {keys.value(user, row.key)} from {where}"
    )
