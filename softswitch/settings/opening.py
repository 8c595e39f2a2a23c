"""Settings of this switch: loaded from the store, kept in it, and told on the bus.

Two ways in: the running switch, and a command that looks at what a switch has kept.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from softswitch.config.conference import numbered
from softswitch.config.places import Zone
from softswitch.routing.codes import Codes
from softswitch.settings import calendars
from softswitch.settings.calendars import Hours
from softswitch.settings.choosing import Chooser
from softswitch.settings.layers import Stamp
from softswitch.settings.service import Desk
from softswitch.settings.settings import Settings, World
from softswitch.settings.targets import Targets

if TYPE_CHECKING:
    from softswitch.config import Config
    from softswitch.store.store import CalendarRow, SettingRow

ID_OCTETS = 8

HISTORY = 365 * 86400.0
"""Seconds for which it can be looked up what somebody had set."""
MOST = 100
"""Changes of one user's setting that are kept from one day to the next."""


class Rows(Protocol):
    """What settings need of the store."""

    def put_settings(self, put: Sequence[SettingRow]) -> asyncio.Future[None]: ...

    async def settings(self) -> list[SettingRow]: ...

    async def drop_settings(self, before: float, most: int) -> None: ...


class Calendars(Protocol):
    """What overrides of calendars need of it."""

    def put_calendar(self, calendar: CalendarRow) -> asyncio.Future[None]: ...

    async def calendars(self) -> list[CalendarRow]: ...


async def open_settings(
    config: Config, store: Rows, publish: Callable[[object], None], wall: Callable[[], float]
) -> Settings:
    """All settings, as they were; what the configuration has changed since is over.

    Raises StoreError.
    """
    await store.drop_settings(wall() - HISTORY, MOST)
    world = World(store.put_settings, publish, wall, stamp(config.timezone), new_id)
    settings = Settings(config.users, await store.settings(), world)
    await store.put_settings([])  # after it, what the configuration has ended is in the history
    return settings


async def open_hours(
    config: Config, store: Calendars, publish: Callable[[object], None], wall: Callable[[], float]
) -> Hours:
    """The calendars with what was chosen for them. Raises StoreError."""
    later = asyncio.get_running_loop().call_later
    world = calendars.World(store.put_calendar, publish, wall, later)
    return Hours(config.calendars, await store.calendars(), world)


def desk(config: Config, settings: Settings, hours: Hours | None = None) -> Desk:
    """Where service codes are done."""
    return Desk(settings, _targets(config, settings), hours)


def chooser(config: Config, settings: Settings) -> Chooser:
    """Where forms are handed in."""
    return Chooser(settings, _targets(config, settings))


def _targets(config: Config, settings: Settings) -> Targets:
    codes, rooms = Codes(**config.feature_codes), numbered(config.conferences)
    return Targets(settings.users, codes, config.outside, rooms)


def new_id() -> str:
    """Of an override, once and for all."""
    return secrets.token_hex(ID_OCTETS)


def stamp(timezone: str | None) -> Stamp:
    """Moments as the office's clocks and calendars show them."""
    zone = Zone(timezone)
    return lambda at: zone.shown(at).strftime("%Y-%m-%d %H:%M")
