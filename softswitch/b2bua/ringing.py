"""18x of the devices, as the caller hears them; and early media (RFC 3960, features SIP-4, SIP-5).

With one device, what it says crosses: 183 or 180 with an SDP is answered to the caller once, and
the two ports are joined, so that the caller hears announcements and the far end's own ringing. Of
several early dialogs the one that described its media last is heard; the caller's answer, once
given, stays the same until the call is answered. 180 after 183 crosses as 180.

With several devices nobody could say which of them to listen to. Then the first 18x of any makes
one 180 without SDP, and the caller's phone plays the ringing tone. So it is where a call is
forwarded for a time: an announcement there is not the last word (FWD-11).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from softswitch.b2bua import info
from softswitch.b2bua.crossing import PROGRESS, cross
from softswitch.b2bua.leg import Leg, State
from softswitch.bus import CallRinging
from softswitch.media.sdp import SdpError
from softswitch.sip.message import respond

if TYPE_CHECKING:
    from softswitch.b2bua.call import Call
    from softswitch.media.engine.interface import Played
    from softswitch.sip.message import Response

log = logging.getLogger(__name__)

RINGING = 180
FORWARDED = 181
SESSION_PROGRESS = 183
CROSSING = frozenset({180, 181, 182, 183})
"""The others (199, and what may be invented) are no news for a phone."""

CALL_WAITING = ("Alert-Info", "<urn:alert:service:call-waiting>")
"""Phones play another tone then (RFC 7462 §8.2.1)."""

MORE_THAN_ONE = 2
"""Calls: this one, and the other."""

NOTHING_SAID = (100, False)

REPEAT_EVERY = 60.0
"""Seconds."""

SDP = "application/sdp"


def progress(device: Leg, response: Response) -> None:
    """A device rings, or says something before it is answered."""
    call = device.call
    if device.state is not State.RINGING:
        device.state = State.RINGING
        call.moved(device.account)
    if call.ringing_at is None:
        _first_ring(call)
    if call.handover is not None:
        return  # the caller hears a tone of ours
    if len(call.hunted) > 1 or call.route.comes_back or call.confirms:
        tell(call, RINGING, b"", _fields(device, response))
        return
    if response.status in CROSSING:
        body = _early_media(device, response)
        tell(call, response.status, body, _fields(device, response))


def _fields(device: Leg, response: Response) -> Sequence[tuple[str, str]]:
    """What the device says of its ringing, or else that its user has another call (CW-1): a
    colleague may know that, a caller from outside not."""
    call = device.call
    fields = cross(response.headers, PROGRESS)
    if call.known is None or call.board.engaged.get(device.account, 0) < MORE_THAN_ONE:
        return fields
    has_said = any(name == CALL_WAITING[0] for name, _ in fields)
    return fields if has_said else [*fields, CALL_WAITING]


def _first_ring(call: Call) -> None:
    call.ringing_at = call.board.clock.wall()
    log.info("%s: %s is ringing", call.id, call.turn)
    bus = call.board.bus
    if bus.hears(CallRinging):
        bus.publish(CallRinging(call.id, call.identity.shown, call.turn, call.ringing_at))


def forwarded(call: Call) -> None:
    """The call goes on to somebody else. A caller who has heard nothing yet is told so (§21.1.3);
    who hears it ringing goes on to hear that (FWD-11): from us, if early media has begun."""
    if call.handover is not None:
        return
    if call.progress == NOTHING_SAID:
        tell(call, FORWARDED, b"", ())
    elif call.caller.sdp:
        ring_back(call)


def ring_back(call: Call) -> None:
    """Let the caller hear the tone that phones make of 180: his has stopped that."""
    caller = call.caller
    assert caller.port is not None
    caller.hears_ringing = True
    sounds = (call.board.speech.tones.ringback,)
    call.board.media.play(caller.port, sounds, repeat=True, done=_rung)


def hush(call: Call) -> None:
    """Enough of that."""
    caller = call.caller
    if caller.hears_ringing:
        caller.hears_ringing = False
        assert caller.port is not None
        call.board.media.hush(caller.port)


def _rung(played: Played) -> None:
    """What has to be heard now is heard; or the caller speaks nothing that we could speak."""


def _early_media(device: Leg, response: Response) -> bytes:
    """Let the caller hear the device, and return the SDP for the caller; b"" for none."""
    call = device.call
    caller = call.caller
    if not response.body or response.content_type != SDP or caller.offer is None:
        # Without an offer of ours it is an offer, and there is no answer to one in a plain 18x.
        return b""
    try:
        agreement = device.take(device.read(response.body))
        if not caller.sdp:
            allowed = response.headers.get("Allow") or ""
            agreement = info.agreed_with(device, agreement, allowed)
            caller.sdp = caller.answer(caller.offer, agreement)
        assert caller.port is not None
        assert device.port is not None
        hush(call)
        call.board.media.join(caller.port, device.port)
    except SdpError as error:
        log.debug("%s: early media that cannot be used: %s", call.id, error)
        return b""
    return caller.sdp


def tell(call: Call, status: int, body: bytes, fields: Iterable[tuple[str, str]]) -> None:
    """Let the caller hear a provisional response, if it is news."""
    news = (status, bool(body))
    if news == call.progress:
        return
    call.progress = news
    caller = call.caller
    assert caller.invite is not None
    assert caller.server is not None
    caller.state = State.RINGING
    answer = respond(
        caller.invite,
        status,
        to_tag=caller.local_tag,
        headers=[("Contact", caller.contact), *fields],
        body=body,
    )
    call.last_progress = answer
    call.board.agent.respond(caller.server, answer)


def repeat(call: Call) -> None:
    """Say again that it is still ringing, lest a proxy before the caller gives up (§13.3.1.1)."""
    call.timers.append(call.board.agent.later(REPEAT_EVERY, repeat, call))
    if call.last_progress is not None and call.caller.server is not None:
        call.board.agent.respond(call.caller.server, call.last_progress)
