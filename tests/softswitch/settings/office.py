"""Settings of an office without a disk: what is kept is a list, and it can refuse to be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from softswitch.config import User
from softswitch.routing.codes import NO_CODES, Codes
from softswitch.routing.outside import Outside
from softswitch.settings.service import Desk
from softswitch.settings.settings import Settings, World
from softswitch.settings.targets import Targets
from softswitch.store.store import SettingRow

NOON = 1_785_751_920.0
"""3 August 2026, 10:12 UTC."""


def stamp(at: float) -> str:
    """Two moments are all that tests need."""
    return "2026-08-03 09:12" if at == NOON else f"{at - NOON:+g} s"


class Write:
    """What a store gives back."""

    def __init__(self, error: Exception | None) -> None:
        self._error = error

    def add_done_callback(self, fn: Callable[[Any], object], /) -> None:
        fn(self)

    def exception(self) -> BaseException | None:
        return self._error


class Office:
    """The settings of some users, and everything around them."""

    def __init__(
        self,
        users: Mapping[str, User],
        rows: Sequence[SettingRow] = (),
        wall: Callable[[], float] | None = None,
    ) -> None:
        self.now = NOON
        self.kept = {row.id: row for row in rows}
        self.events: list[object] = []
        self.is_full = False
        ids = count(1 + len(rows))
        world = World(
            self._put,
            self.events.append,
            wall or (lambda: self.now),
            stamp,
            lambda: f"s{next(ids)}",
        )
        self.settings = Settings(users, rows, world)

    def _put(self, rows: Sequence[SettingRow]) -> Write:
        if self.is_full:
            return Write(OSError("the disk is full"))
        self.kept |= {row.id: row for row in rows}
        return Write(None)

    async def settings_of(self, user: str) -> list[SettingRow]:
        """As the store tells of them."""
        return [row for row in self.kept.values() if row.user == user]

    @property
    def in_force(self) -> dict[str, str]:
        """What the store would give to another switch: `101 dnd` → its value."""
        rows = self.kept.values()
        return {f"{row.user} {row.key}": row.value for row in rows if not row.ended_at}

    def change(self, user: str, **values: str) -> None:
        """By phone; `forward_busy` is `forward.busy`."""
        named = {key.replace("forward_", "forward."): value for key, value in values.items()}
        self.settings.change(user, named, f"phone *0 by {user}", lambda fine: None)

    def again(self, users: Mapping[str, User] | None = None) -> Office:
        """The switch, started again, perhaps with another configuration."""
        rows = [row for row in self.kept.values() if not row.ended_at]
        other = Office(self.settings.configured if users is None else users, rows)
        other.kept = {**self.kept, **other.kept}
        return other

    def desk(self, codes: Codes = NO_CODES, outside: Outside | None = None) -> Desk:
        """Where service codes are done."""
        return Desk(self.settings, Targets(self.settings.users, codes, outside))


def user(extension: str = "101", **other: Any) -> User:
    """With a line for whatever is not the default."""
    plain = User(extension)
    origin = {key: f"conf/softswitch.yaml:{line}" for line, key in enumerate(other, 10)}
    forward = other.get("forward")
    if forward is not None:
        origin |= {f"forward.{name}": "conf/softswitch.yaml:70" for name in forward.rules}
    origin |= other.pop("origin", {})
    return replace(plain, origin=origin, **other)
