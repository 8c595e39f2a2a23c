"""The settings of all users while the switch runs: what holds, and how it changes.

A change holds at once, and is told of when the store has it; if it cannot be kept, everything is
as before. Nobody who routes a call asks here: `users` is a plain dict, in which a user is replaced
when something of his changes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from softswitch.bus import SettingChanged
from softswitch.settings import keys, layers
from softswitch.store.store import SettingRow

if TYPE_CHECKING:
    from softswitch.config import User

log = logging.getLogger(__name__)

Place = tuple[str, str]
"""User and key."""

RESET = "softswitch reset"
ADOPT = "softswitch adopt"


class Committed(Protocol):
    """Done when a write is safe; has an exception when it could not be made so."""

    def add_done_callback(self, fn: Callable[[Any], object], /) -> object: ...

    def exception(self) -> BaseException | None: ...


class World(NamedTuple):
    """What settings need of everything else."""

    put: Callable[[Sequence[SettingRow]], Committed]
    """Keeps rows in the store."""
    publish: Callable[[object], None]
    """Tells the bus."""
    wall: Callable[[], float]
    stamp: layers.Stamp
    new_id: Callable[[], str]


class Settings:
    """Made with the rows that are in force; those that are not to be any more are ended."""

    def __init__(
        self, configured: Mapping[str, User], rows: Sequence[SettingRow], world: World
    ) -> None:
        self.configured = dict(configured)
        self._world = world
        sorted_out = layers.sorted_out(configured, rows)
        self._rows = sorted_out.rows
        for words in sorted_out.ignored:
            log.warning("%s", words)
        for _, why in sorted_out.outdated:
            log.warning("%s", why)
        if sorted_out.outdated:
            now = world.wall()
            world.put([layers.over(row, now, why) for row, why in sorted_out.outdated])
        self.users = layers.everybody(configured, self._rows, world.stamp)
        """As they are now."""

    def rows_of(self, user: str) -> dict[str, SettingRow]:
        """What counts of a user's overrides, by key."""
        return layers.counting(self.configured[user], self._rows)

    def change(
        self,
        user: str,
        values: Mapping[str, str | None],
        source: str,
        done: Callable[[bool], None],
    ) -> None:
        """Set these keys of a user who may change them; `done` hears whether it is kept.

        None is what the configuration says.
        """
        known = self.configured[user]
        now = self._world.wall()
        rows: dict[Place, SettingRow | None] = {}
        for key, value in values.items():
            instead = layers.written(known, key)
            # Without a word of the configuration's, its default is no decision of anybody's.
            back = value is None or value == keys.value(known, key)
            new = SettingRow(
                self._world.new_id(), user, key, value or "", instead, source, now, 0.0, ""
            )
            rows[user, key] = None if back else new
        self._apply(rows, source, now, done)

    def reset(self, user: str, what: str, done: Callable[[bool], None]) -> list[str]:
        """Forget what was set of `forward`, `forward.busy` or, empty, everything; says what."""
        found = {
            place: row
            for place, row in self._rows.items()
            if place[0] == user and what in ("", place[1], keys.group(place[1]))
        }
        self._apply(dict.fromkeys(found), RESET, self._world.wall(), done)
        return [f"{row.user} {row.key}: {row.value}, set by {row.source}" for row in found.values()]

    def adopt(self, user: str, key: str, origin: str, done: Callable[[bool], None]) -> None:
        """The configuration says now at `origin` what the user has set."""
        known, row = self.configured[user], self._rows[user, key]
        adopted = keys.with_value(known, key, row.value)
        self.configured[user] = replace(adopted, origin={**known.origin, key: origin})
        self._apply({(user, key): None}, ADOPT, self._world.wall(), done)

    def _apply(
        self,
        rows: Mapping[Place, SettingRow | None],
        source: str,
        now: float,
        done: Callable[[bool], None],
    ) -> None:
        before = {place: self._rows.get(place) for place in rows}
        put = [layers.over(row, now, source) for row in before.values() if row is not None]
        put += [row for row in rows.values() if row is not None]
        self._hold(rows)
        if put:
            written = self._world.put(put)
            written.add_done_callback(partial(self._written, rows, before, source, done))
        else:
            done(True)

    def _written(
        self,
        rows: Mapping[Place, SettingRow | None],
        before: Mapping[Place, SettingRow | None],
        source: str,
        done: Callable[[bool], None],
        written: Committed,
    ) -> None:
        error = written.exception()
        if error is not None:
            log.error("what %s has set cannot be kept: %s", source, error)
            self._hold({one: before[one] for one in rows if self._rows.get(one) is rows[one]})
        else:
            for user, key in rows:
                self._tell(user, key, source)
        done(error is None)

    def _hold(self, rows: Mapping[Place, SettingRow | None]) -> None:
        for place, row in rows.items():
            if row is None:
                self._rows.pop(place, None)
            else:
                self._rows[place] = row
        for name in {name for name, _ in rows if name in self.configured}:
            configured = self.configured[name]
            self.users[name] = layers.effective(configured, self._rows, self._world.stamp)

    def _tell(self, user: str, key: str, source: str) -> None:
        known = self.users.get(user)
        if known is None:
            return
        value = keys.value(known, key)
        log.info("%s %s: %s, set by %s", user, key, value, source)
        self._world.publish(SettingChanged(user, key, value, source, self._world.wall()))
