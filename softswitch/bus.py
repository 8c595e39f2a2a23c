"""What happened, told to whoever wants to know.

Registrar and calls publish; message waiting, lamps, pages, webhooks and logs subscribe. Neither
knows the other, and nothing that a listener does can hurt a call: its exceptions are logged, and
it runs to its end before `publish` returns, so it must not wait for anything.

Times in events are wall clock seconds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from softswitch.location import Binding
    from softswitch.records import CallRecord

log = logging.getLogger(__name__)

E = TypeVar("E")


class Registered(NamedTuple):
    """A device said where it is."""

    binding: Binding
    refreshed: bool
    """Whether it was registered before."""


@dataclass(frozen=True, slots=True)
class Unregistered:
    """A binding is gone: `removed` by the device, `expired`, `replaced` by another device of its
    user, or `disconnected` with its TCP connection."""

    binding: Binding
    why: str


@dataclass(frozen=True, slots=True)
class DeviceReachable:
    """A device that did not answer answers again."""

    binding: Binding


@dataclass(frozen=True, slots=True)
class DeviceUnreachable:
    """A device does not answer any more, although it is registered."""

    binding: Binding


class MailboxChanged(NamedTuple):
    """Messages came, were heard or are gone. What it says is committed."""

    mailbox: str
    new: int
    old: int


class MailboxFilling(NamedTuple):
    """A mailbox is almost full, or full."""

    mailbox: str
    percent: int


class MailboxLocked(NamedTuple):
    """Somebody has typed so many wrong PINs that only the owner's own phone gets in for a while."""

    mailbox: str
    until: float


class SettingChanged(NamedTuple):
    """A user has changed a setting, a PIN or a greeting, or it was reset. What it says is
    committed."""

    user: str
    key: str
    """Such as forward.busy, voicemail.pin, voicemail.greeting.busy."""
    value: str
    """What holds now; `off` for a forward that is none."""
    source: str
    """Such as `phone *92 by 101`."""
    at: float


class CalendarChanged(NamedTuple):
    """Somebody has chosen that a calendar is open or closed, or that its hours count again."""

    name: str
    state: str
    """Empty: as its hours say."""
    source: str
    at: float


class BackupFailed(NamedTuple):
    """There is no backup of the database today. Published once, until there is one again."""

    why: str
    at: float


class PartyMoved(NamedTuple):
    """What a user does in calls may be another: dials, rings, is in one call less. Published only
    while somebody listens."""

    user: str


class CallArrived(NamedTuple):
    """Somebody dials."""

    call_id: str
    caller: str
    callee: str
    """The number as dialled."""
    at: float


class CallRinging(NamedTuple):
    """The first device of the called user rings."""

    call_id: str
    caller: str
    callee: str
    at: float


class CallAnswered(NamedTuple):
    """Somebody picked up."""

    call_id: str
    caller: str
    callee: str
    answered_by: str
    at: float


class CallEnded(NamedTuple):
    """A call is over, answered or not."""

    record: CallRecord


class Bus:
    """Carries events to those who subscribed to their kind, in the order of subscription."""

    def __init__(self) -> None:
        self._listeners: dict[type, tuple[Callable[[Any], None], ...]] = {}
        self.hears: Callable[[type], bool] = self._listeners.__contains__
        """Whether anybody listens to events of this kind: else there need not be any."""

    def subscribe(self, kind: type[E], callback: Callable[[E], None]) -> Callable[[], None]:
        """Hear every event of exactly this kind, until the function that is returned is called."""
        self._listeners[kind] = (*self._listeners.get(kind, ()), callback)

        def unsubscribe() -> None:
            # Equality, not identity: a bound method is a new object each time it is looked up.
            left = list(self._listeners.pop(kind, ()))
            if callback in left:
                left.remove(callback)
            if left:
                self._listeners[kind] = tuple(left)

        return unsubscribe

    def publish(self, event: object) -> None:
        """Tell all who subscribed. Never raises."""
        for listener in self._listeners.get(type(event), ()):
            try:
                listener(event)
            except Exception:
                log.exception("a listener failed on %s", type(event).__name__)
