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

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from softswitch.b2bua import ending
from softswitch.b2bua.call import Verdict
from softswitch.b2bua.line import Served, ServiceLine
from softswitch.b2bua.place import home
from softswitch.media.sdp import SdpError
from softswitch.routing.decision import Conference, Feature, Retrieve, Voicemail

if TYPE_CHECKING:
    from softswitch.b2bua.call import Call
    from softswitch.media.engine.interface import MediaPort
    from softswitch.records import CallOutcome
    from softswitch.routing.decision import Service


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
    if call.handover is not None:
        call.handover.done()
    visit = Visit(decision, call.id, call.identity.shown, call.callee, call.arrived_at)
    outcome: CallOutcome = "voicemail" if isinstance(decision, Voicemail) else "answered"
    line = call.service = ServiceLine(call, board.applications(visit), _name(decision), outcome)
    try:
        line.open()
    except SdpError as error:
        verdict = Verdict("failed", error.status, f"the caller's offer: {error}", "switch")
        ending.refuse(call, verdict, [ending.INCOMPATIBLE])


def room_name(room: str) -> str:
    """Who answers where callers meet."""
    return f"conference {room}"


def neighbour(call: Call, decision: Conference) -> MediaPort | None:
    """A port of somebody in the room that the call goes to: all of a room are best on one worker.
    None: it is the first."""
    name = room_name(decision.room)
    mixed = home(call, name)
    if mixed is not None:
        return mixed
    for other in call.board.calls.values():
        if other.service is not None and other.service.name == name and other is not call:
            return other.caller.port
    return None


def _name(decision: Service) -> str:
    """Who answered, for the record."""
    if isinstance(decision, Voicemail):
        return f"voicemail {decision.user}"
    if isinstance(decision, Feature):
        return f"code {decision.function}"
    if isinstance(decision, Conference):
        return room_name(decision.room)
    return "voicemail" if isinstance(decision, Retrieve) else "echo test"
