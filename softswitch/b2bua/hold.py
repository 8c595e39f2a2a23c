"""Hold: who holds is heard and hears nothing, and the other side hears music (HO-1 to HO-3).

    holder                switch                  held
      │── INVITE sendonly ─►│                       │
      │◄── 200 recvonly ──  │ ═════ music ═════════►│     knows nothing of it
      │── INVITE sendrecv ─►│                       │
      │◄── 200 sendrecv ──  │                       │
      │◄════════════════════╪══════════════════════►│

Whether the holder means `sendonly`, `inactive` or c=0.0.0.0 is all the same. When both hold,
nobody hears music; they may resume in any order.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from softswitch.media.engine.interface import Clip
from softswitch.media.negotiation.stream import SENDRECV

if TYPE_CHECKING:
    from softswitch.b2bua.call import Call
    from softswitch.b2bua.leg import Leg
    from softswitch.media.engine.interface import Played

log = logging.getLogger(__name__)


def update(call: Call) -> None:
    """Let the media of a call that is up follow what its two sides have said."""
    caller, answerer = call.caller, call.answerer
    assert answerer is not None
    held = caller.direction != SENDRECV or answerer.direction != SENDRECV
    if held != call.held:
        _allow_silence(call, held)
    parted = caller.holds or answerer.holds
    if parted != call.parted:
        _part(call, answerer, parted)
    if call.board.music:
        _entertain(caller, answerer.holds and not caller.holds)
        _entertain(answerer, caller.holds and not answerer.holds)


def _allow_silence(call: Call, held: bool) -> None:
    """On both ports a held call may be silent for longer: who listens need not talk."""
    call.held = held
    for leg in (call.caller, call.answerer):
        assert leg is not None
        assert leg.port is not None
        call.board.media.hold(leg.port, held)


def _part(call: Call, answerer: Leg, parted: bool) -> None:
    """Nothing goes to who holds, and what he plays himself goes nowhere."""
    call.parted = parted
    media = call.board.media
    assert call.caller.port is not None
    assert answerer.port is not None
    if parted:
        media.part(call.caller.port)
    else:
        media.join(call.caller.port, answerer.port)


def _entertain(leg: Leg, held: bool) -> None:
    board = leg.call.board
    if held == leg.hears_music:
        return
    leg.hears_music = held
    assert leg.port is not None
    if held:
        board.media.play(leg.port, (Clip(board.music),), repeat=True, done=_ended)
    else:
        board.media.hush(leg.port)


def _ended(played: Played) -> None:
    if played.ended == "failed":
        log.warning("music on hold: %s", played.problem)
