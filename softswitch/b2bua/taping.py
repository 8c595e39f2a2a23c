"""Recording a call while two talk (REC-1, REC-2): whose calls, and `*1` for those who may.

    joined ──► always, inbound, outbound ─► recorded from the first word to the last
          └──► on_demand ──► whoever may is listened to ── *1 ─► a tone, recorded ── *1 ─► a tone

A recording is one file through hold. Nothing of it touches the call: what goes wrong is in the log.
Calls of nobody who has `record` are not looked at twice.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from softswitch.b2bua import info
from softswitch.media.engine.interface import Tones

if TYPE_CHECKING:
    from softswitch.b2bua.call import Call
    from softswitch.b2bua.leg import Leg
    from softswitch.media.engine.interface import Played, Recorded

log = logging.getLogger(__name__)

OFF, ON_DEMAND, ALWAYS = "off", "on_demand", "always"
BY_SIDE = {"caller": "outbound", "callee": "inbound"}
"""What of a user's calls is recorded when he is on that side."""

FIRST_KEY, SECOND_KEY = "*1"
NEXT_KEY = 3.0
"""Seconds from the first key to the second."""

BEGINS = Tones((((1400.0,), 0.3),))
ENDS = Tones((((1400.0,), 0.1), ((), 0.1), ((1400.0,), 0.1)))


class Take(NamedTuple):
    """A recording that begins."""

    id: str
    call_id: str
    caller: str
    callee: str
    """Who answered."""
    began_at: float
    """Wall clock seconds."""


class Recorder(Protocol):
    """Who keeps recordings."""

    def path(self, take: Take) -> str:
        """The file to write."""

    def recorded(self, take: Take, what: Recorded) -> None:
        """It is over, and what is there of it is on the disk."""


def begin(call: Call, recorder: Recorder) -> None:
    """Two have been joined."""
    if call.taping is not None:
        call.taping.stop()
    rules = [(leg, _rule(leg)) for leg in (call.caller, call.answerer) if leg is not None]
    if any(rule in (ALWAYS, BY_SIDE[leg.side]) for leg, rule in rules):
        call.taping = Taping(call, recorder)
        call.taping.start()
        return
    asked = [leg for leg, rule in rules if rule == ON_DEMAND]
    if asked:
        call.taping = Taping(call, recorder, asked)


def _rule(leg: Leg) -> str:
    """What holds for calls of whoever is there; nothing does for people outside."""
    if leg.trunk is not None:
        return OFF
    known = leg.call.known if leg.side == "caller" else leg.call.board.directory.get(leg.party)
    return OFF if known is None else known.record


class Taping:
    """Of one call."""

    __slots__ = ("_asked", "_call", "_first_at", "_is_running", "_recorder", "_takes")

    def __init__(self, call: Call, recorder: Recorder, asked: list[Leg] | None = None) -> None:
        """`asked`: those who may begin and end it by keys."""
        self._call = call
        self._recorder = recorder
        self._asked = asked or []
        self._first_at = dict.fromkeys(self._asked, -NEXT_KEY)
        """When each of them pressed the first key last."""
        self._is_running = False
        self._takes = 0
        for leg in self._asked:
            assert leg.port is not None
            call.board.media.listen(leg.port, in_band=not info.takes_events(leg))

    def digit(self, leg: Leg, digit: str) -> None:
        """Somebody who talks has pressed a key, which the other one hears as well."""
        if leg not in self._first_at:
            return
        now = self._call.board.agent.now()
        soon = now - self._first_at[leg] <= NEXT_KEY
        self._first_at[leg] = now if digit == FIRST_KEY else -NEXT_KEY
        if digit == SECOND_KEY and soon:
            self._toggle(leg)

    def _toggle(self, leg: Leg) -> None:
        if self._is_running:
            self.stop()
        else:
            self.start()
        log.info(
            "%s: recording %s by %s",
            self._call.id,
            "begun" if self._is_running else "ended",
            leg.party,
        )
        for one in (self._call.caller, self._call.answerer):
            if one is not None and one.port is not None and not one.hears_music:
                tone = BEGINS if self._is_running else ENDS
                self._call.board.media.play(one.port, (tone,), done=_played)

    def start(self) -> None:
        """Record from now on."""
        call = self._call
        caller, answerer = call.caller, call.answerer
        assert answerer is not None
        assert caller.port is not None
        assert answerer.port is not None
        self._is_running = True
        self._takes += 1
        number = f"{call.id}-{self._takes}" if self._takes > 1 else call.id
        wall = call.board.clock.wall()
        take = Take(number, call.id, call.identity.recorded, answerer.party, wall)
        path = self._recorder.path(take)
        done = partial(self._recorded, take)
        call.board.media.record_call(caller.port, answerer.port, path, done)

    def stop(self) -> None:
        """Record no more."""
        port = self._call.caller.port
        if self._is_running and port is not None:
            self._call.board.media.finish_call(port)
        self._is_running = False

    def _recorded(self, take: Take, what: Recorded) -> None:
        """It may be over because the call is, because somebody wanted it, or by a fault."""
        if what.ended == "failed":
            log.error("%s: the recording has failed: %s", take.call_id, what.problem)
            self._is_running = False
        self._recorder.recorded(take, what)


def _played(played: Played) -> None:
    """A tone that nobody could hear changes nothing."""
