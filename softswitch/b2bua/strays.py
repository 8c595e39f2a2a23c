"""2xx that nobody wanted: every one is acknowledged, and its dialog hung up at once.

They come from a second device that answered at the same moment, from a fork behind a device, from
one that answered while our CANCEL was on its way (RFC 3261 §9.1, §13.2.2.4), or from one whose
answer we cannot use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from softswitch.b2bua.leg import Leg, State
from softswitch.sip.dialog import Dialog
from softswitch.sip.headers import Headers
from softswitch.sip.message import Request

if TYPE_CHECKING:
    from softswitch.sip.message import Response

MAX_STRAYS = 10
"""Unwanted 2xx of one INVITE that are hung up; whoever invents more of them may keep them."""


def hang_up_stray(device: Leg, response: Response, reason: tuple[str, str]) -> None:
    """ACK and, when the 2xx is new, BYE."""
    agent = device.call.board.agent
    strays = device.strays
    if strays is None:
        strays = device.strays = {}
    dialog = strays.get(response.to_tag)
    is_new = dialog is None
    if dialog is None:
        if len(strays) >= MAX_STRAYS:
            return
        dialog = strays[response.to_tag] = _dialog_of(device, response)
    body = (
        device.declining(response) if device.call.late_offer and not device.call.confirms else b""
    )
    device.acknowledge(dialog, body)
    if is_new:
        # A device that was given up is done with when it has been told so.
        ends_leg = device.state is State.CANCELLED
        agent.request(
            dialog.request("BYE", headers=[reason]),
            device.flow,
            device.bye_answered if ends_leg else _ignore,
            device.bye_failed if ends_leg else _ignore,
        )


def _dialog_of(device: Leg, response: Response) -> Dialog:
    if device.invite is not None:
        return device.dialog_by(response)
    # The INVITE is gone with the answer that won: another dialog of it tells what it said.
    sibling = device.dialog or next(iter((device.strays or {}).values()))
    items = [
        ("From", f"{sibling.local};tag={sibling.local_tag}"),
        ("To", sibling.remote),
        ("Call-ID", sibling.call_id),
        ("CSeq", "1 INVITE"),
    ]
    invite = Request("INVITE", sibling.remote_target, Headers(items))
    return Dialog.as_uac(invite, response, device.flow)


def _ignore(news: object) -> None:
    """Nobody waits for the answer to this BYE."""
