"""2xx that nobody wanted: every one is acknowledged, and its dialog hung up at once.

They come from a second device that answered at the same moment, from a fork behind a device, from
one that answered while our CANCEL was on its way (RFC 3261 §9.1, §13.2.2.4), or from one whose
answer we cannot use.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from softswitch.b2bua.leg import Leg, State
from softswitch.sip.dialog import Dialog
from softswitch.sip.headers import Headers
from softswitch.sip.message import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from softswitch.sip.message import Response

MAX_STRAYS = 10
"""Unwanted 2xx of one INVITE that are hung up; whoever invents more of them may keep them."""


def hang_up_stray(device: Leg, response: Response, reason: tuple[str, str]) -> None:
    """ACK and, when the 2xx is new, BYE."""
    agent = device.call.board.agent
    if device.strays is None:
        device.strays = {}
    found = dialog_of_stray(device.strays, response, partial(_dialog_of, device))
    if found is None:
        return
    dialog, is_new = found
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
            device.bye_answered if ends_leg else ignore,
            device.bye_failed if ends_leg else ignore,
        )


def dialog_of_stray(
    known: dict[str, Dialog], response: Response, form: Callable[[Response], Dialog]
) -> tuple[Dialog, bool] | None:
    """The dialog of an unwanted 2xx, and whether it is new: then it is kept among the `known`, by
    tag. None: its INVITE has had too many."""
    dialog = known.get(response.to_tag)
    if dialog is not None:
        return dialog, False
    if len(known) >= MAX_STRAYS:
        return None
    dialog = known[response.to_tag] = form(response)
    return dialog, True


def ignore(news: object) -> None:
    """Nobody waits for what becomes of it."""


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
