"""A re-INVITE or UPDATE on its way from one leg to the other: what has to be remembered of it.

There is one at most in a call, so it blocks both legs for others. `reinvite` moves it; `ending`
closes it with the call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from softswitch.sip.message import respond

if TYPE_CHECKING:
    from collections.abc import Sequence

    from softswitch.b2bua.call import Call
    from softswitch.b2bua.leg import Leg
    from softswitch.media.negotiation import RemoteMedia
    from softswitch.sip.client_transaction import ClientTransaction
    from softswitch.sip.message import Request
    from softswitch.sip.server_transaction import ServerTransaction
    from softswitch.sip.timers import Timer


class Reoffer:
    """An offer, and where it is."""

    __slots__ = (
        "body",
        "client",
        "cseq",
        "method",
        "offer",
        "origin",
        "request",
        "target",
        "timer",
        "transaction",
        "tries",
        "waits_for_ack",
    )

    def __init__(
        self,
        origin: Leg | None,
        target: Leg,
        offer: RemoteMedia,
        *,
        method: str = "INVITE",
        request: Request | None = None,
        transaction: ServerTransaction | None = None,
    ) -> None:
        self.origin = origin
        """Whose wish it is; None when it is the switch's own."""
        self.target = target
        self.offer = offer
        self.method = method
        """Of the request to the target."""
        self.request = request
        self.transaction = transaction
        self.client: ClientTransaction | None = None
        self.body: bytes | None = None
        """Our offer to the target, the same at each try."""
        self.tries = 0
        self.timer: Timer | None = None
        self.waits_for_ack = False
        """The target still owes an ACK of its own last INVITE."""
        self.cseq = 0
        """Of the request that the target took; 0 before."""
        target.call.reoffer = self
        if transaction is not None:
            target.call.board.invites[transaction] = target.call

    @property
    def call(self) -> Call:
        """The call it belongs to."""
        return self.target.call

    @property
    def is_idle(self) -> bool:
        """Nothing is out at the target now: it waits for its turn."""
        return self.client is None and not self.cseq

    def refuse(self, status: int, headers: Sequence[tuple[str, str]] = ()) -> None:
        """Tell the origin that nothing changes."""
        if self.origin is not None and self.request is not None and self.transaction is not None:
            refusal = respond(self.request, status, to_tag=self.origin.local_tag, headers=headers)
            self.call.board.agent.respond(self.transaction, refusal)
        self._forget_request()

    def taken(self) -> tuple[Request, ServerTransaction]:
        """The origin's request, to be answered with 2xx by whoever takes it."""
        assert self.request is not None
        assert self.transaction is not None
        pair = self.request, self.transaction
        self._forget_request()
        return pair

    def acknowledge(self) -> None:
        """ACK the target's 2xx. UPDATE has none."""
        target = self.target
        if self.method == "INVITE" and target.dialog is not None:
            self.call.board.agent.send_ack(target.dialog.ack(self.cseq), target.flow)

    def abandon(self, status: int) -> None:
        """The call ends before the crossing does."""
        self.refuse(status)
        self.close()

    def stop_timer(self) -> None:
        """Nobody waits any more."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def close(self) -> None:
        """Make room for the next."""
        self.stop_timer()
        self._forget_request()
        self.call.reoffer = None

    def _forget_request(self) -> None:
        if self.transaction is not None:
            self.call.board.invites.pop(self.transaction, None)
        self.request = self.transaction = None
