"""The event package `dialog` (RFC 4235): lamps of colleagues and of service codes (features 2.23).

    PartyMoved, CallAnswered ─► whose? is it watched? ─┐ a moment later, all together
                                                       ├─► different from what was told? ─► NOTIFY
    SettingChanged ──────────► whose key, whose DND? ──┘

What happens in calls is listened to only while somebody watches a user. The state itself is asked
of the calls when it is needed: an event says no more than that it may be another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from softswitch.b2bua.parties import CONFIRMED, INITIATOR, Party
from softswitch.bus import CalendarChanged, CallAnswered, PartyMoved, SettingChanged
from softswitch.events import dialog_info
from softswitch.events.code_lamps import BETWEEN
from softswitch.settings import keys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Set

    from softswitch.bus import Bus
    from softswitch.config import User
    from softswitch.events.code_lamps import CodeLamps
    from softswitch.sip.flow import Flow

NAME = "dialog"

NOT_FOUND = 404

SETTLE = 0.02
"""Seconds from the first change to the look at it: dialled and ringing are one change then, and
whatever is happening to a call has happened."""

PERSON = "person"

Parties = tuple[Party, ...]


class Look(NamedTuple):
    """What offices want differently."""

    dnd_is_busy: bool = False
    """Who does not want to be disturbed looks as if talking (DND-1)."""
    dialling_is_talking: bool = False
    """So does who dials (BLF-6): phones that blink for whatever is early, whoever began it, would
    offer to take a call that is none."""
    says_with_whom: bool = True
    """Whoever watches learns with whom (BLF-1)."""

    def of(self, party: Party) -> Party:
        """As it is shown."""
        if self.dialling_is_talking and party.direction == INITIATOR:
            party = party._replace(state=CONFIRMED)
        return party if self.says_with_whom else party._replace(number="", name="")


DEFAULT_LOOK = Look()


class BusyLamps:
    """The package."""

    name = NAME
    content_type = dialog_info.CONTENT_TYPE
    most = 300
    """Five devices of a user, with sixty keys each."""
    pause = 0.2
    patience = 1
    """A way that is broken for half a minute must not leave lamps wrong for an hour (BLF-2)."""

    def __init__(
        self,
        *,
        parties: Callable[[Set[str]], Mapping[str, Parties]],
        directory: Mapping[str, User],
        codes: CodeLamps,
        bus: Bus,
        later: Callable[[float, Callable[[], None]], object],
        look: Look = DEFAULT_LOOK,
    ) -> None:
        """`parties` tells what users do, `later` calls in so many seconds."""
        self.tell: Callable[[str], None] = lambda resource: None
        """Hears which resource looks different now."""
        self._parties = parties
        self._directory = directory
        self._codes = codes
        self._bus = bus
        self._later = later
        self._look = look
        self._shown: dict[str, Parties] = {}
        """The users who are watched, and what was last seen of them."""
        self._moved: set[str] = set()
        self._unsubscribe: list[Callable[[], None]] = []
        bus.subscribe(SettingChanged, self._setting_changed)
        bus.subscribe(CalendarChanged, self._calendar_changed)

    # what the notifier asks

    def resource(self, number: str, user: str) -> str | int:
        """Everybody may watch every user, and what there are codes for."""
        known = self._directory.get(number)
        if known is not None and known.kind == PERSON:
            return number
        return self._codes.resource(number, user) or NOT_FOUND

    def watched(self, resource: str, is_watched: bool) -> None:
        """Listen to calls while there is somebody to watch."""
        if BETWEEN in resource:
            return
        if not is_watched:
            del self._shown[resource]
        else:
            self._shown[resource] = self._seen({resource})[resource]
        if self._shown and not self._unsubscribe:
            self._unsubscribe = [
                self._bus.subscribe(PartyMoved, self._party_moved),
                self._bus.subscribe(CallAnswered, self._answered),
            ]
        elif not self._shown:
            for unsubscribe in self._unsubscribe:
                unsubscribe()
            self._unsubscribe = []

    def body(self, resource: str, flow: Flow, entity: str, version: int) -> bytes:
        """A document of RFC 4235."""
        if BETWEEN in resource:
            number = resource
            lit = self._codes.is_lit(resource)
            parties: Parties = (Party(resource, CONFIRMED),) if lit else ()
        else:
            number = resource
            seen = self._shown.get(resource)
            parties = self._seen({resource})[resource] if seen is None else seen
        return dialog_info.document(parties, number, entity, version)

    # what happens

    def _party_moved(self, event: PartyMoved) -> None:
        self._look_at(event.user)

    def _answered(self, event: CallAnswered) -> None:
        self._look_at(event.caller)
        self._look_at(event.answered_by)

    def _setting_changed(self, event: SettingChanged) -> None:
        for resource in self._codes.affected(event.user, event.key):
            self.tell(resource)
        if event.key == keys.DND:
            self._look_at(event.user)

    def _calendar_changed(self, event: CalendarChanged) -> None:
        for resource in self._codes.of_calendar(event.name):
            self.tell(resource)

    def _look_at(self, user: str) -> None:
        if user not in self._shown:
            return
        if not self._moved:
            self._later(SETTLE, self._look_again)
        self._moved.add(user)

    def _look_again(self) -> None:
        moved = self._moved & self._shown.keys()
        self._moved.clear()
        for user, parties in self._seen(moved).items():
            if parties != self._shown[user]:
                self._shown[user] = parties
                self.tell(user)

    def _seen(self, users: Set[str]) -> dict[str, Parties]:
        found = self._parties(users)
        if self._look != DEFAULT_LOOK:
            found = {user: tuple(map(self._look.of, some)) for user, some in found.items()}
        return {user: found.get(user) or self._idle(user) for user in users}

    def _idle(self, user: str) -> Parties:
        if self._look.dnd_is_busy and user in self._directory and self._directory[user].dnd:
            return (Party(f"{user}-{keys.DND}", CONFIRMED),)
        return ()
