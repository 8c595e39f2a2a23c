"""What the transaction layer asks of its owner: the results of feeding it a message or the time.

They are values, to be performed in the order given. Whoever performs them does the I/O.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from softswitch.sip.client_transaction import ClientTransaction
    from softswitch.sip.flow import Flow
    from softswitch.sip.message import Request, Response
    from softswitch.sip.server_transaction import ServerTransaction


class Send(NamedTuple):
    """Put these bytes on the wire; tell the transaction when that fails (§17.1.4, §17.2.4)."""

    data: bytes
    flow: Flow
    transaction: ClientTransaction | ServerTransaction


class Deliver(NamedTuple):
    """A new request for the core, which accepts or refuses it."""

    request: Request
    flow: Flow


class DeliverAck(NamedTuple):
    """An ACK that ends no transaction: it acknowledges a 2xx, or nothing at all."""

    request: Request
    flow: Flow


class DeliverCancel(NamedTuple):
    """A CANCEL, and the INVITE transaction that it means; None if there is none (§9.2)."""

    request: Request
    transaction: ServerTransaction | None
    flow: Flow


class DeliverResponse(NamedTuple):
    """A response that the core has not seen, or a 2xx of an INVITE once more."""

    transaction: ClientTransaction
    response: Response


class Failed(NamedTuple):
    """No answer came in time, or the message could not be sent."""

    transaction: ClientTransaction | ServerTransaction
    why: Literal["timeout", "transport"]


class NoAck(NamedTuple):
    """The refusal of an INVITE was never acknowledged (timer H). The core may ignore it."""

    transaction: ServerTransaction


Action = Send | Deliver | DeliverAck | DeliverCancel | DeliverResponse | Failed | NoAck

make = tuple.__new__
"""`make(Send, (data, flow, transaction))` is `Send(data, flow, transaction)` in half the time: each
message makes two actions."""
