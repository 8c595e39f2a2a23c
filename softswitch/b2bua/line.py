"""The line of mailbox/line.py over one call: what its application may do, and what it is told.

open ─► begin ─► digit … ─┬─► over       the caller is gone
                          ├─► hang_up    the application has had enough
                          └─► connect    somebody is rung for the caller (handover)
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from softswitch.b2bua import ending, info, reinvite, ringing
from softswitch.b2bua.accepted import accept_call
from softswitch.b2bua.call import Call, Stage, Verdict
from softswitch.b2bua.performing import Performing
from softswitch.b2bua.staying import answering
from softswitch.bus import CallAnswered
from softswitch.media.formats import TELEPHONE_EVENT
from softswitch.media.negotiation.ourselves import own_agreement, own_media
from softswitch.media.negotiation.stream import SENDRECV
from softswitch.media.sdp import SdpError

if TYPE_CHECKING:
    from softswitch.mailbox.line import Connect
    from softswitch.records import CallOutcome

log = logging.getLogger(__name__)


class Served(Protocol):
    """What of an Application of mailbox/line.py is called here. Its methods never raise."""

    def begin(self, line: ServiceLine) -> None:
        """The line is there."""

    def digit(self, digit: str) -> None:
        """The caller pressed a key."""

    def hung_up(self) -> None:
        """The caller is gone, or talks to somebody else."""


class ServiceLine(Performing):
    """A call that an application has."""

    __slots__ = (
        "_application",
        "_has_begun",
        "_hears_tones",
        "caller",
        "caller_name",
        "language",
        "outcome",
        "remote",
    )

    def __init__(
        self, call: Call, application: Served, name: str, outcome: CallOutcome = "answered"
    ) -> None:
        """`name` is who answers, `outcome` the word of the record if the call was answered."""
        super().__init__(call, name)
        self._application = application
        self._has_begun = False
        self._hears_tones: bool | None = None
        """How we listen for keys; None: not yet."""
        self.caller = call.identity.shown
        self.caller_name = call.identity.shown_name
        self.language = "en"
        self.remote = call.known is None
        self.outcome = outcome

    @property
    def codec(self) -> str:
        """In which the caller speaks; empty while nothing is agreed."""
        session = self._call.caller.session
        agreed = session.agreed if session is not None else None
        formats = agreed.terms.formats if agreed is not None else ()
        spoken = [one.encoding for one in formats if one.encoding != TELEPHONE_EVENT]
        return spoken[0] if spoken else ""

    # What happens to it

    def open(self) -> None:
        """Agree with the caller on what is spoken, and begin. Raises SdpError 488."""
        call = self._call
        caller = call.caller
        assert caller.session is not None
        ringing.hush(call)
        if call.stage is Stage.ANSWERED:
            call.answered_by = self.name
            call.update_hold()
            self._start()
            return
        policy = caller.session.policy
        if call.late_offer:
            self._accept(caller.describe(own_media(policy), SENDRECV), self._answered_late)
            return
        offer = caller.offer
        assert offer is not None
        agreement = own_agreement(offer, policy)
        if not caller.sdp:
            caller.sdp = caller.answer(offer, agreement, answering(offer))
        elif not caller.session.suits(agreement):
            # A device was heard before in what we cannot speak ourselves: the caller gets another
            # offer as soon as it has acknowledged.
            reinvite.plan(caller, own_media(policy))
        call.timers.append(call.board.agent.later(ringing.REPEAT_EVERY, ringing.repeat, call))
        self._start()

    def digit(self, digit: str) -> None:
        """The caller pressed a key."""
        if not self._is_over and not self._is_away:
            self._application.digit(digit)

    def update(self) -> None:
        """The caller has said something new about what is spoken, or who hears whom."""
        call = self._call
        caller = call.caller
        assert caller.port is not None
        held = caller.direction != SENDRECV
        if held != call.held:
            call.held = held
            call.board.media.hold(caller.port, held)
            if self.place is not None:
                self.place.hold(held)
        self._listen()

    def over(self) -> None:
        """The application has the call no more."""
        if self._end() and self._has_begun:
            self._application.hung_up()

    def forget(self) -> None:
        """Let the application go: it knows this line."""
        del self._application

    def _start(self) -> None:
        self._listen()
        self._has_begun = True
        self._application.begin(self)

    def _listen(self) -> None:
        """Keys come as events if the caller knows them; else they are heard in the sound."""
        caller = self._call.caller
        assert caller.port is not None
        in_band = not info.takes_events(caller)
        if in_band is not self._hears_tones:
            self._hears_tones = in_band
            self._call.board.media.listen(caller.port, in_band=in_band)

    def _answered_late(self, body: bytes) -> None:
        """The ACK brought the caller's answer to our offer."""
        call = self._call
        if call.stage is not Stage.ANSWERED:
            return
        try:
            call.caller.take(call.caller.read(body))
        except SdpError as error:
            why = f"caller's answer in the ACK cannot be used: {error}"
            ending.hang_up(call, Verdict("answered", 200, why, "switch"), [ending.INCOMPATIBLE])
            return
        self._start()
        if call.stage is Stage.ANSWERED:
            call.update_hold()

    def _accept(self, sdp: bytes, on_answer: Callable[[bytes], None] | None = None) -> None:
        """Answer the INVITE with 200."""
        call = self._call
        board = call.board
        call.stage = Stage.ANSWERED
        call.stop_timers()
        call.answered_by = self.name
        call.answered_at = board.clock.wall()
        log.info("%s: answered by %s", call.id, self.name)
        accept_call(call, sdp, [], on_answer)
        board.bus.publish(
            CallAnswered(call.id, call.identity.shown, call.callee, self.name, call.answered_at)
        )

    # What the application does, besides what it performs

    def answer(self) -> None:
        """Take the call, if that was not done before."""
        call = self._call
        if call.stage is Stage.RINGING:
            self._accept(call.caller.sdp)
            call.update_hold()

    def connect(self, wanted: Connect, back: Callable[[], None]) -> None:
        """Ring somebody else for the caller; `back` is called if nobody takes the call."""
        if not self._is_over and not self._is_away:
            self._is_away = True
            self._call.board.connect(self._call, wanted, back)

    def take_back(self, back: Callable[[], None]) -> None:
        """Nobody took the call: the application has it again, when it is called back."""
        call = self._call
        ringing.hush(call)
        if call.stage is Stage.RINGING:
            call.timers.append(call.board.agent.later(ringing.REPEAT_EVERY, ringing.repeat, call))
        self._is_away = False
        self.later(0.0, back)

    def hang_up(self) -> None:
        """End the call."""
        call = self._call
        if not self._end():
            return
        verdict = Verdict("answered", 200, f"{self.name} hung up", "switch")
        if call.stage is Stage.ANSWERED:
            ending.hang_up(call, verdict)
        else:
            unheard = verdict._replace(outcome="unavailable", status=480)
            ending.refuse(call, unheard, [ending.NORMAL_CLEARING])
