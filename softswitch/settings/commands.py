"""What commands ask about settings: `softswitch show 101` and `softswitch reset 101 forward`.

The handlers of the control socket, and what the commands do by themselves while no switch runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from softswitch.control import CannotAnswer, Handler
from softswitch.mailbox.messages import Box
from softswitch.settings import keys, layers, table
from softswitch.settings.opening import open_settings, stamp

if TYPE_CHECKING:
    from softswitch.config import Config, User
    from softswitch.settings.settings import Settings
    from softswitch.store.store import SettingRow, Store

EVERYTHING = "all"
SINGLE = (keys.RING_TIME, keys.CALL_WAITING, keys.DND)
RESETTABLE = (*SINGLE, keys.FORWARD, *keys.FORWARDS, keys.EMAIL, keys.MAIL_MODE, EVERYTHING)
CANNOT_KEEP = "the store cannot keep it; the log says why"

Answer = dict[str, Any]


class Commands:
    """The handlers over the settings of a running switch."""

    def __init__(self, config: Config, settings: Settings, box: Callable[[str], Box]) -> None:
        """`box` tells what the owner of a mailbox has decided."""
        self._config = config
        self._settings = settings
        self._box = box

    def handlers(self) -> dict[str, Handler]:
        """For a ControlServer."""
        return {"settings": self.show, "reset": self.reset}

    def show(self, request: Mapping[str, Any]) -> Answer:
        """All settings of `user`. Raises CannotAnswer."""
        user = _known(self._config, request)
        rows = self._settings.rows_of(user)
        box = self._box(user)
        own_pin = box.pin_at if box.pin else None
        lines = table.lines(self._config, user, rows, stamp(self._config.timezone), own_pin=own_pin)
        return _answer(self._config.users[user], lines)

    async def reset(self, request: Mapping[str, Any]) -> list[str]:
        """Forget what was set of `what` by `user`; in words. Raises CannotAnswer."""
        user = _known(self._config, request)
        what = str(request.get("what", ""))
        if what not in RESETTABLE:
            raise CannotAnswer(f"{what!r} cannot be reset; known are {', '.join(RESETTABLE)}")
        kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        found = self._settings.reset(user, "" if what == EVERYTHING else what, kept.set_result)
        if not await kept:
            raise CannotAnswer(CANNOT_KEEP)
        return found


async def show_kept(config: Config, store: Store | None, user: str) -> Answer:
    """What a switch that does not run has kept; no store: nothing yet.

    Raises CannotAnswer and StoreError.
    """
    known = config.users[_known(config, {"user": user})]
    rows = await store.settings() if store is not None else []
    counting = layers.counting(known, layers.sorted_out(config.users, rows).rows)
    boxes = await store.mailboxes() if store is not None else []
    chosen = [box.pin_at for box in boxes if box.mailbox == user and box.pin]
    own_pin = chosen[0] if chosen and known.voicemail.editable else None
    lines = table.lines(config, user, counting, stamp(config.timezone), own_pin=own_pin)
    return _answer(known, lines)


async def reset_kept(
    config: Config, store: Store, wall: Callable[[], float], request: Mapping[str, Any]
) -> list[str]:
    """The same as `Commands.reset`, while no switch runs. Raises CannotAnswer and StoreError."""
    settings = await open_settings(config, store, lambda event: None, wall)
    return await Commands(config, settings, Box).reset(request)


def history(user: User, rows: Sequence[SettingRow], when: layers.Stamp) -> Answer:
    """What a user had set, and what became of it, in the form of `show`."""
    lines = [
        table.Line(
            row.key,
            row.value,
            f"{row.source}, {when(row.changed_at)}, until {when(row.ended_at)}: {row.ended_by}",
        )
        for row in rows
    ]
    return _answer(user, lines)


def _known(config: Config, request: Mapping[str, Any]) -> str:
    user = str(request.get("user", ""))
    if user not in config.users:
        raise CannotAnswer(f"no user has the number {user}")
    return user


def _answer(user: User, lines: Sequence[table.Line]) -> Answer:
    return {
        "user": user.extension,
        "name": user.name,
        "settings": [line._asdict() for line in lines],
    }
