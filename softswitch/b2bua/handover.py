"""A caller whom a service has answered is sent on to a person: the operator, or whom he calls back.

    caller                switch                         phones
      │════ 0 ═══════════►│ application: line.connect
      │                   │ routing: whom, as for any call
      │◄═ ringback tone ══│──────────── INVITE ──────────►│
      │                   │◄──────────── 200 ─────────────│
      │◄══════════════════╪══════════════════════════════►│   joined; the application is through
      │◄═ application ════│◄── nobody takes the call ─────│   it is called back

The caller hears that it rings from us, because his phone has its 200 or early media already. What
is agreed on with him stays; what he and the phone do not share is translated. A caller in early
media (VM-5) is answered when the phone is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from softswitch.b2bua import onward, ringing
from softswitch.b2bua.call import Stage
from softswitch.routing.decision import Dial, Reject, Ring

if TYPE_CHECKING:
    from softswitch.b2bua.call import Call
    from softswitch.b2bua.line import ServiceLine
    from softswitch.mailbox.line import Connect

log = logging.getLogger(__name__)

MOST = 10
"""In one call. Who presses `0` for ever is no reason to remember ever more phones."""


def begin(call: Call, wanted: Connect, back: Callable[[], None]) -> None:
    """Ring whom the application of this call wants for its caller."""
    assert call.service is not None
    handover = call.handover = Handover(call, call.service, back)
    call.handovers += 1
    if call.handovers > MOST:
        log.warning("%s: the caller was sent on %d times: no more", call.id, MOST)
        handover.failed()
        return
    decision = call.route.transfer(wanted.target, wanted.principal, call.board.agent.now())
    call.because += f"; {decision.because}"
    log.info("%s: %s", call.id, decision.because)
    if isinstance(decision, Reject):
        handover.failed()
        return
    call.late_offer = False
    if isinstance(decision, Ring | Dial):
        handover.ring()
    onward.begin(call, decision)


class Handover:
    """From one service to whoever answers."""

    __slots__ = ("_back", "_call", "_line")

    def __init__(self, call: Call, line: ServiceLine, back: Callable[[], None]) -> None:
        self._call = call
        self._line = line
        self._back = back

    def ring(self) -> None:
        """Let the caller hear that it rings."""
        call = self._call
        if call.stage is Stage.RINGING:
            ringing.tell(call, ringing.SESSION_PROGRESS, call.caller.sdp, ())
        ringing.ring_back(call)

    def failed(self) -> None:
        """Nobody takes the call: the application goes on."""
        self._call.handover = None
        self._call.hunted = []
        self._line.take_back(self._back)

    def done(self) -> None:
        """Somebody has taken the call, a person or another service: the application is through."""
        call, line = self._call, self._line
        call.handover = call.service = None
        assert call.caller.port is not None
        call.board.media.deafen(call.caller.port)
        if call.held:
            # Whoever holds now holds somebody else, of whom hold.update tells the engine.
            call.held = False
            call.board.media.hold(call.caller.port, False)
        line.over()
        line.forget()
