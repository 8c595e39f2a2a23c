"""The departments of a worker, each opened by the first word or leg that needs it.

    guards      keys, handshakes, ICE            players     sounds, and files of them
    recorders   files of what is said            rooms       conferences
    listeners   keys pressed                     diallers    keys that we press
    noises      what silence sounds like

Most workers need few of them, and what they bring along is most of a worker: OpenSSL, readers of
audio files, tables. Without, it starts in half the time, so a dead one is replaced sooner, and
takes half the memory.
"""

from collections.abc import Callable, Mapping
from typing import Any

from softswitch.media.engine import stage_messages as words
from softswitch.media.engine.department import Department, Say
from softswitch.media.engine.files import Lane
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.patience import Patience

_NEVER = float("inf")
GUARDS, PLAYERS, RECORDERS, ROOMS, LISTENERS, DIALLERS, NOISES = range(7)
"""In the order in which they do what is due."""

RESPONSIBLE: dict[type[Any], int] = {
    words.Play: PLAYERS,
    words.Hush: PLAYERS,
    words.Record: RECORDERS,
    words.Finish: RECORDERS,
    words.RecordCall: RECORDERS,
    words.FinishCall: RECORDERS,
    words.Mix: ROOMS,
    words.Leave: ROOMS,
    words.Listen: LISTENERS,
    words.Deafen: LISTENERS,
    words.SendDigits: DIALLERS,
}
"""Who does what signalling says."""


class Departments:
    """Of one worker. Imports stand where a department is opened: that is what they are for."""

    def __init__(
        self,
        legs: Mapping[int, Leg],
        say: Say,
        clock: Callable[[], float],
        lane: Callable[[str], Lane],
        patience: Patience,
        mention: Say | None = None,
    ) -> None:
        """`lane` makes what works on files, by its name; `mention` says what nobody waits for."""
        self._mention = mention
        self._patience = patience
        self._legs = legs
        self._say = say
        self._clock = clock
        self._lane = lane
        self._certificate = b""
        self._opened: dict[int, Any] = {}
        self._in_order: tuple[Department, ...] = ()
        self._openers: tuple[Callable[[], Department], ...] = (
            self._open_guards,
            self._open_players,
            self._open_recorders,
            self._open_rooms,
            self._open_listeners,
            self._open_diallers,
            self._open_noises,
        )
        self._attended: set[Leg] = set()
        """Legs that some department has heard of."""
        self.busy = False
        """Whether any of them may want a turn."""

    def of(self, number: int) -> Any:
        """A department, opened if need be."""
        department = self._opened.get(number)
        if department is None:
            department = self._opened[number] = self._openers[number]()
            self._in_order = tuple(self._opened[known] for known in sorted(self._opened))
        return department

    def certify(self, pem: bytes) -> None:
        """What is shown in handshakes."""
        self._certificate = pem
        if GUARDS in self._opened:
            self._opened[GUARDS].certify(pem)

    def hand_on(self, message: Any) -> None:
        """What signalling says to one of them; it begins with a port."""
        kind, leg = type(message), self._legs.get(message[0])
        if leg is not None:
            self._patience.catch_up(leg)
        self.of(RESPONSIBLE[kind]).handlers[kind](message)
        if leg is not None:
            self._attended.add(leg)
            self._patience.consider(leg)
        self.busy = True

    def hush(self, leg: Leg, description: bytes, now: float) -> None:
        """A remote has described its silence to a peer that does not know of such."""
        self.of(NOISES).hush(leg, description, now)
        self._attended.add(leg)
        self.busy = True

    @property
    def next_deadline(self) -> float:
        """When the first of them has something to do. While they wait for nothing, and attend to
        nobody, there is no need to ask again: nobody is `busy`."""
        due = self._patience.next_deadline
        for department in self._in_order:
            deadline = department.next_deadline
            if deadline < due:
                due = deadline
        self.busy = due < _NEVER or bool(self._attended)
        return due

    def tick(self, now: float) -> None:
        """Do what is due."""
        if self._patience.next_deadline <= now:
            self._patience.tick(now)
        for department in self._in_order:
            if department.next_deadline <= now:
                department.tick(now)

    def catch_up(self, leg: Leg) -> None:
        """All that has come for a leg up to now is to be counted, and told to whom it is for."""
        self._patience.catch_up(leg)

    def unlock(self, leg: Leg) -> None:
        """The leg's remote is about to be set."""
        self._patience.unlock(leg)

    def renewed(self, leg: Leg) -> None:
        """The leg's remote was set, or the leg was joined or parted."""
        if leg in self._patience:
            self._patience.consider(leg)
        if not leg.attended:
            return
        remote = leg.remote
        if remote is not None and (remote.security or remote.ice) is not None:
            self.of(GUARDS)
        self._attended.add(leg)
        self.busy = True
        for department in self._in_order:
            department.renewed(leg)

    def ended(self, leg: Leg) -> None:
        """The leg is about to be closed."""
        self._patience.end(leg)
        if leg in self._attended or leg.attended:
            self._attended.discard(leg)
            for department in self._in_order:
                department.ended(leg)

    def close(self) -> None:
        """The worker ends."""
        for department in self._in_order:
            department.close()

    def _open_guards(self) -> Department:
        from softswitch.media.engine.guards import Guards

        guards = Guards(self._legs, self._say, self._clock)
        guards.certify(self._certificate)
        return guards

    def _open_players(self) -> Department:
        from softswitch.media.engine.playing import Players

        lane = self._lane("sounds")
        return Players(self._legs, self._say, self._clock, lane, self.hand_on, self._mention)

    def _open_recorders(self) -> Department:
        from softswitch.media.engine.recording import Recorders

        lane = self._lane("recordings")
        return Recorders(self._legs, self._say, self._clock, lane, self._patience.catch_up)

    def _open_rooms(self) -> Department:
        from softswitch.media.engine.rooms import Rooms

        return Rooms(self._legs, self._say, self._clock)

    def _open_listeners(self) -> Department:
        from softswitch.media.engine.listening import Listeners

        cut = self.of(RECORDERS).cut
        return Listeners(self._legs, self._say, self._clock, cut)

    def _open_diallers(self) -> Department:
        from softswitch.media.engine.dialling import Diallers

        return Diallers(self._legs, self._say, self._clock)

    def _open_noises(self) -> Department:
        from softswitch.media.engine.noises import Noises

        return Noises(self._legs, self._say, self._clock)
