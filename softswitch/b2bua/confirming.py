"""Who answers has to press 1 to take the call (features FWD-7): a mobile's mailbox answers, too.

    caller            switch                        phone
      │◄──── 180 ───────│────────── INVITE ──────────►│
      │                 │◄────────── 200 ─────────────│
      │    (ringing)    │ ═ "to take it, press one" ═►│   again and again
      │◄──── 200 ───────│◄═══════════ 1 ══════════════│   joined
      │                 │─────────── BYE ────────────►│   any other key, or no time is left

The caller hears it ringing all the while. Of several phones the first to press 1 gets the call.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from softswitch.b2bua import ending, info, turn
from softswitch.media.engine.interface import Pause
from softswitch.routing.outcomes import Outcome

if TYPE_CHECKING:
    from softswitch.b2bua.leg import Leg
    from softswitch.media.engine.interface import Played

log = logging.getLogger(__name__)

TAKE = "1"
PROMPT = ("call.press_one",)
BETWEEN = Pause(1.5)
"""Until it is said again: time to press a key, and for a mailbox to greet without our words."""


class Confirmation:
    """The question that one phone is asked."""

    __slots__ = ("_leg", "_taken")

    def __init__(self, leg: Leg, taken: Callable[[], str | None]) -> None:
        """`taken` connects the phone with the caller; it returns what is wrong with it."""
        self._leg = leg
        self._taken = taken

    def ask(self) -> None:
        """Say what to press, until that is done."""
        leg = self._leg
        call = leg.call
        board = call.board
        log.info("%s: %s answered and has to press 1", call.id, leg.device)
        assert leg.port is not None
        board.media.listen(leg.port, in_band=not info.takes_events(leg))
        words = board.speech.say(call.confirms, PROMPT) or (board.speech.tones.beep,)
        board.media.play(leg.port, (*words, BETWEEN), repeat=True, done=self._ended)

    def digit(self, digit: str) -> None:
        """A key was pressed."""
        leg = self._leg
        if digit != TAKE:
            self._over(f"pressed {digit}")
            return
        assert leg.port is not None
        leg.confirmation = None
        leg.call.board.media.hush(leg.port)
        leg.call.board.media.deafen(leg.port)
        problem = self._taken()
        if problem is not None:
            leg.confirmation = self
            turn.alarm(leg, problem)
            self._over(problem)

    def hung_up(self) -> None:
        """The phone has said BYE."""
        self._leg.confirmation = None
        turn.drop(self._leg, Outcome.NO_ANSWER)

    def failed(self, why: str) -> None:
        """It cannot be heard any more."""
        self._over(why)

    def _over(self, why: str) -> None:
        leg = self._leg
        log.info("%s: %s does not take the call: %s", leg.call.id, leg.device, why)
        ending.give_up(leg, Outcome.NO_ANSWER)
        turn.drop(leg, Outcome.NO_ANSWER)

    def _ended(self, played: Played) -> None:
        if played.ended == "failed":
            log.warning("%s: nobody can be asked: %s", self._leg.call.id, played.problem)
