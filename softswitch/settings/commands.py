"""What commands ask about settings: `softswitch show 101`, `reset 101 forward`, `undo 101`.

The handlers of the control socket, and what the commands do by themselves while no switch runs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from softswitch.control import CannotAnswer, Handler
from softswitch.mailbox.messages import Box
from softswitch.settings import history, keys, layers, table
from softswitch.settings.keeping import kept
from softswitch.settings.opening import open_settings, stamp

if TYPE_CHECKING:
    from softswitch.config import Config, User
    from softswitch.settings.settings import Settings
    from softswitch.store.store import SettingRow, Store

EVERYTHING = "all"
SINGLE = (keys.RING_TIME, *keys.SWITCHES)
RESETTABLE = (*SINGLE, keys.FORWARD, *keys.FORWARDS, keys.EMAIL, keys.MAIL_MODE, EVERYTHING)
AS_CONFIGURED = "as configured"

Answer = dict[str, Any]


class Commands:
    """The handlers over the settings of a running switch."""

    def __init__(
        self,
        config: Config,
        settings: Settings,
        box: Callable[[str], Box],
        past: Callable[[str], Awaitable[Sequence[SettingRow]]],
    ) -> None:
        """`box` tells what the owner of a mailbox has decided, `past` all that a user had set."""
        self._config = config
        self._settings = settings
        self._box = box
        self._past = past

    def handlers(self) -> dict[str, Handler]:
        """For a ControlServer."""
        return {
            "settings": self.show,
            "reset": self.reset,
            "undo": self.undo,
            "adopted": self.adopted,
        }

    def show(self, request: Mapping[str, Any]) -> Answer:
        """All settings of `user`. Raises CannotAnswer."""
        user = _known(self._config, request)
        rows = self._settings.rows_of(user)
        box = self._box(user)
        own_pin = box.pin_at if box.pin else None
        config = replace(self._config, users=self._settings.configured)
        lines = table.lines(config, user, rows, stamp(config.timezone), own_pin=own_pin)
        return _answer(config.users[user], lines)

    async def reset(self, request: Mapping[str, Any]) -> list[str]:
        """Forget what was set of `what` by `user`; in words. Raises CannotAnswer."""
        user = _known(self._config, request)
        what = str(request.get("what", ""))
        if what not in RESETTABLE:
            raise CannotAnswer(f"{what!r} cannot be reset; known are {', '.join(RESETTABLE)}")
        name = "" if what == EVERYTHING else what
        return await kept(partial(self._settings.reset, user, name))

    async def undo(self, request: Mapping[str, Any]) -> list[str]:
        """Take the last change of `user` back, of `key` if one is named; in words.

        Raises CannotAnswer and StoreError.
        """
        user, key = _known(self._config, request), str(request.get("key", ""))
        if key not in ("", *keys.KEYS):
            raise CannotAnswer(f"{key!r} is no such setting; known are {', '.join(keys.KEYS)}")
        found = history.last(await self._past(user), key)
        if not found:
            what = f"never changed {key}" if key else "changed nothing"
            raise CannotAnswer(f"{user} has {what}")
        await kept(partial(self._settings.change, user, history.taken_back(found), history.UNDO))
        return [self._undone(user, change) for change in found]

    def _undone(self, user: str, change: history.Change) -> str:
        known = self._settings.users[user]
        now = keys.value(known, change.key)
        frozen = "" if layers.may_change(known, change.key) else ", which is not editable"
        was = _value(change.after)
        return f"{user} {change.key}: {now} again{frozen} (was {was}: {change.by})"

    async def adopted(self, request: Mapping[str, Any]) -> list[str]:
        """The file says now at `origin` what `user` had set of `key`. Raises CannotAnswer."""
        user = _known(self._config, request)
        key, value, origin = (str(request.get(name, "")) for name in ("key", "value", "origin"))
        row = self._settings.rows_of(user).get(key)
        if row is None or row.value != value:
            raise CannotAnswer(f"{user} has changed {key} meanwhile; the file says {value}")
        await kept(partial(self._settings.adopt, user, key, origin))
        return [f"{user} {key}: {value} from {origin}"]


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


async def done_alone(
    config: Config,
    store: Store,
    wall: Callable[[], float],
    subject: str,
    request: Mapping[str, Any],
) -> list[str]:
    """What a handler would do, while no switch runs. Raises CannotAnswer and StoreError."""
    settings = await open_settings(config, store, lambda event: None, wall)
    handler = Commands(config, settings, Box, store.settings_of).handlers()[subject]
    done: list[str] = await handler(request)
    return done


def changes(user: User, found: Sequence[history.Change], when: layers.Stamp) -> Answer:
    """What became another, when and by whom, in the form of `show`."""
    lines = [
        table.Line(
            f"{when(one.at)} {one.key}",
            f"{_value(one.after)} (before: {_value(one.before)})",
            one.by,
        )
        for one in found
    ]
    return _answer(user, lines)


def _value(row: SettingRow | None) -> str:
    return AS_CONFIGURED if row is None else row.value


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
