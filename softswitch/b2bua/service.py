"""A call that the switch itself answers: the caller's leg, and an application in place of a phone.

    caller                 switch
      │────── INVITE ──────►│ application.begin(line)
      │◄─ 183, if it plays ─│ line.play             early media (RFC 3960 §3.2)
      │◄─────── 200 ────────│ line.answer
      │════ keys ══════════►│ application.digit     events, tones, INFO
      │─────── BYE ────────►│ application.hung_up

Without an offer in the INVITE there is no early media: the call is answered at once, and the
application begins when the ACK has said where its words shall go.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from softswitch.b2bua import ending, reinvite, ringing
from softswitch.b2bua.accepted import accept
from softswitch.b2bua.call import Call, Stage, Verdict
from softswitch.b2bua.staying import answering
from softswitch.bus import CallAnswered
from softswitch.media.formats import TELEPHONE_EVENT
from softswitch.media.negotiation.ourselves import own_agreement, own_media
from softswitch.media.negotiation.stream import SENDRECV
from softswitch.media.sdp import SdpError
from softswitch.routing.decision import Retrieve, Service, Voicemail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from softswitch.mailbox.line import Connect
    from softswitch.media.engine.interface import Played, Recorded, Sound
    from softswitch.records import CallOutcome

log = logging.getLogger(__name__)

FINISHED = "played"
"""How sounds end that nobody stopped."""
LOST = "closed"
"""The port or its worker is gone: the call ends, and that will be said."""


class Served(Protocol):
    """What of an Application of mailbox/line.py is called here. Its methods never raise."""

    def begin(self, line: ServiceLine) -> None:
        """The line is there."""

    def digit(self, digit: str) -> None:
        """The caller pressed a key."""

    def hung_up(self) -> None:
        """The caller is gone."""


class Visit(NamedTuple):
    """A call for an application: why it came here, and whose it is."""

    decision: Service
    call_id: str
    caller: str
    dialled: str
    arrived_at: float
    """Wall clock seconds."""


Applications = Callable[[Visit], Served]
"""Makes the application for a call."""


def begin(call: Call, decision: Service) -> None:
    """Let an application have the call; refuse it when the caller's codecs cannot be spoken."""
    board = call.board
    call.hunted = []
    assert board.applications is not None
    visit = Visit(decision, call.id, call.caller_user, call.callee, call.arrived_at)
    line = call.service = ServiceLine(call, board.applications(visit), decision)
    try:
        line.open()
    except SdpError as error:
        verdict = Verdict("failed", error.status, f"the caller's offer: {error}", "switch")
        ending.refuse(call, verdict, [ending.INCOMPATIBLE])


def _name(decision: Service) -> str:
    """Who answered, for the record."""
    if isinstance(decision, Voicemail):
        return f"voicemail {decision.user}"
    return "voicemail" if isinstance(decision, Retrieve) else "echo test"


class ServiceLine:
    """The line of mailbox/line.py over one call."""

    __slots__ = (
        "_application",
        "_call",
        "_cancels",
        "_has_begun",
        "_is_over",
        "caller",
        "caller_name",
        "language",
        "name",
        "outcome",
        "remote",
    )

    def __init__(self, call: Call, application: Served, decision: Service) -> None:
        self._call = call
        self._application = application
        self._has_begun = False
        self._is_over = False
        self._cancels: set[Callable[[], None]] = set()
        """Of what is to be called later."""
        user = call.board.directory.get(call.caller_user)
        self.caller = call.caller_user
        self.caller_name = user.name if user is not None else ""
        self.language = "en"
        self.remote = user is None
        self.name = _name(decision)
        self.outcome: CallOutcome = "voicemail" if isinstance(decision, Voicemail) else "answered"
        """The word of the record when the call was answered."""

    # What happens to it

    def open(self) -> None:
        """Agree with the caller on what is spoken, and begin. Raises SdpError 488."""
        call = self._call
        caller = call.caller
        assert caller.session is not None
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
        if not self._is_over:
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
        self._listen()

    def over(self) -> None:
        """The call has ended."""
        if self._end() and self._has_begun:
            self._application.hung_up()

    def forget(self) -> None:
        """Let the application go: it knows this line."""
        del self._application

    def _end(self) -> bool:
        """Nothing is called back any more. False: so it was already."""
        if self._is_over:
            return False
        self._is_over = True
        for cancel in tuple(self._cancels):
            cancel()
        return True

    def _start(self) -> None:
        self._listen()
        self._has_begun = True
        self._application.begin(self)

    def _listen(self) -> None:
        """Keys come as events if the caller knows them; else they are heard in the sound."""
        caller = self._call.caller
        assert caller.session is not None
        assert caller.port is not None
        agreed = caller.session.agreed
        formats = agreed.terms.formats if agreed is not None else ()
        events = any(one.encoding == TELEPHONE_EVENT for one in formats)
        self._call.board.media.listen(caller.port, in_band=not events)

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
        board, caller = call.board, call.caller
        call.stage = Stage.ANSWERED
        call.stop_timers()
        call.answered_by = self.name
        call.answered_at = board.clock.wall()
        log.info("%s: answered by %s", call.id, self.name)
        assert caller.invite is not None
        assert caller.server is not None
        assert caller.dialog is not None
        caller.dialog.early = False
        board.invites.pop(caller.server, None)
        accept(caller, caller.invite, caller.server, sdp, [], on_answer)
        caller.invite = caller.server = caller.offer = None
        caller.sdp = b""
        board.bus.publish(
            CallAnswered(call.id, call.caller_user, call.callee, self.name, call.answered_at)
        )

    # What the application does

    def wall(self) -> float:
        """Seconds since 1970."""
        return self._call.board.clock.wall()

    def answer(self) -> None:
        """Take the call, if that was not done before."""
        call = self._call
        if call.stage is Stage.RINGING:
            self._accept(call.caller.sdp)
            call.update_hold()

    def play(self, sounds: Sequence[Sound], done: Callable[[bool], None]) -> None:
        """Let the caller hear this, and nothing else."""
        call = self._call
        if self._is_over:
            return
        if call.stage is Stage.RINGING:
            ringing.tell(call, ringing.SESSION_PROGRESS, call.caller.sdp, ())
        assert call.caller.port is not None
        call.board.media.play(call.caller.port, sounds, done=partial(self._played, done))

    def _played(self, done: Callable[[bool], None], played: Played) -> None:
        if played.ended == "failed":
            log.warning("%s: %s cannot play: %s", self._call.id, self.name, played.problem)
        if not self._is_over and played.ended != LOST:
            done(played.ended == FINISHED)

    def hush(self) -> None:
        """Play no more."""
        if not self._is_over:
            assert self._call.caller.port is not None
            self._call.board.media.hush(self._call.caller.port)

    def record(
        self, path: str, *, limit: float, silence: float, done: Callable[[Recorded], None]
    ) -> None:
        """Write what the caller says into a file."""
        call = self._call
        if self._is_over:
            return
        assert call.caller.port is not None
        # A worker that has just died says so at once: nobody is told from within this method.
        later = call.board.agent.later

        def recorded(what: Recorded) -> None:
            later(0.0, done, what)

        call.board.media.record(call.caller.port, path, limit=limit, silence=silence, done=recorded)

    def finish(self) -> None:
        """End the recording."""
        if not self._is_over:
            assert self._call.caller.port is not None
            self._call.board.media.finish(self._call.caller.port)

    def echo(self) -> None:
        """Let the caller hear what he says."""
        port = self._call.caller.port
        assert port is not None
        self._call.board.media.join(port, port)

    def connect(self, wanted: Connect, back: Callable[[], None]) -> None:
        """Nobody can be rung from here: the caller is handed back."""
        self.later(0.0, back)

    def later(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back in a while, unless the call ends before."""
        if self._is_over:
            return _nothing

        def due() -> None:
            self._cancels.discard(timer.cancel)
            callback()

        def cancel() -> None:
            self._cancels.discard(timer.cancel)
            timer.cancel()

        timer = self._call.board.agent.later(seconds, due)
        self._cancels.add(timer.cancel)
        return cancel

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


def _nothing() -> None:
    """There is nothing to prevent."""
