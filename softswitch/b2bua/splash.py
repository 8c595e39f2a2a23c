"""One half-second ring for whoever has all calls forwarded, so that he notices them (FWD-1).

    forward.always of 101 ─┬─► the call goes on, and knows nothing of this
                           └─► every phone of 101: INVITE, 180, half a second, CANCEL

The INVITE has no description, so no port is needed. Who answers all the same, in the moment when
the CANCEL is on its way, is told that there is no sound, and hung up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from softswitch.b2bua import readiness
from softswitch.b2bua.ending import ANSWERED_ELSEWHERE
from softswitch.b2bua.strays import dialog_of_stray, ignore
from softswitch.location import target
from softswitch.sip.dialog import Dialog
from softswitch.sip.flow import bracketed
from softswitch.sip.headers import Headers
from softswitch.sip.message import Request
from softswitch.uas import ALLOW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from softswitch.b2bua.call import Call
    from softswitch.location import Binding
    from softswitch.routing.decision import Hop
    from softswitch.sip.client_transaction import ClientTransaction
    from softswitch.sip.message import Response

LENGTH = 0.5
"""Seconds of ringing."""
PATIENCE = 4.0
"""Seconds in which a phone begins to ring, or never."""
MAX_DEVICES = 10

ALWAYS = "always"
SHORT = ("Alert-Info", "<urn:alert:duration:short>")
"""RFC 7462 §8.2.5: ring shortly, whatever else the phone would do."""


def ring(call: Call, hops: Sequence[Hop]) -> None:
    """Let those hear it whose calls have just been sent on at once, and who want that."""
    for hop in hops:
        known = call.board.directory.get(hop.user) if hop.situation == ALWAYS else None
        if known is None or not known.ring_splash or known.dnd:
            continue
        if not call.board.engaged.get(hop.user, 0):  # whoever is talking is not to be disturbed
            for binding in readiness.to_ring(call, hop.user)[:MAX_DEVICES]:
                _Splash(call, binding, hop.user)


class _Splash:
    """One phone."""

    __slots__ = ("_agent", "_client", "_dialogs", "_flow", "_invite", "_rings")

    def __init__(self, call: Call, binding: Binding, user: str) -> None:
        board = call.board
        uri, routes, self._flow = target(binding)
        host, port = board.addressing.sip_address(self._flow)
        host, protocol = bracketed(host), self._flow.protocol
        transport = "" if protocol == "UDP" else f";transport={protocol.lower()}"
        self._agent = board.agent
        self._rings = False
        self._dialogs: dict[str, Dialog] = {}
        """By tag: a proxy before the phone may have made several of it."""
        items = [
            ("Max-Forwards", str(call.hops_left)),
            *(("Route", route) for route in routes),
            ("From", f"{call.identity.address(host)};tag={self._agent.token()}"),
            ("To", f"<sip:{user}@{host}>"),
            ("Call-ID", self._agent.token()),
            ("CSeq", "1 INVITE"),
            ("Contact", f"<sip:{user}@{host}:{port}{transport}>"),
            ("Allow", ALLOW),
            SHORT,
        ]
        self._invite = Request("INVITE", uri, Headers(items))
        self._client: ClientTransaction = self._agent.request(
            self._invite, self._flow, self._response, ignore
        )
        self._agent.later(PATIENCE, self._enough)

    def _response(self, response: Response) -> None:
        if 100 < response.status < 200 and not self._rings:
            self._rings = True
            self._agent.later(LENGTH, self._enough)
        elif 200 <= response.status < 300:
            self._hang_up(response)

    def _enough(self) -> None:
        """Harmless where the phone has said its last already (§9.1)."""
        self._agent.cancel(self._client, [ANSWERED_ELSEWHERE])

    def _hang_up(self, response: Response) -> None:
        """Somebody is quicker than our CANCEL; each repetition of the 2xx has its ACK."""
        found = dialog_of_stray(self._dialogs, response, self._dialog_of)
        if found is None:
            return
        dialog, is_new = found
        self._agent.send_ack(dialog.ack(1, declined(response.body)), self._flow)
        if is_new:
            bye = dialog.request("BYE", headers=[ANSWERED_ELSEWHERE])
            self._agent.request(bye, self._flow, ignore, ignore)

    def _dialog_of(self, response: Response) -> Dialog:
        return Dialog.as_uac(self._invite, response, self._flow)


def declined(offer: bytes) -> bytes:
    """The answer that wants none of the streams of an offer (RFC 3264 §6); nothing for nothing."""
    streams = [line.split() for line in offer.splitlines() if line.startswith(b"m=")]
    lines = [b" ".join((one[0], b"0", *one[2:])) for one in streams]
    if not lines:
        return b""
    head = [b"v=0", b"o=- 0 0 IN IP4 0.0.0.0", b"s=-", b"c=IN IP4 0.0.0.0", b"t=0 0"]
    return b"\r\n".join([*head, *lines, b""])
