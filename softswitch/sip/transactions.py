"""The transaction layer: which transaction does a message belong to? (RFC 3261 §17, RFC 6026.)

It is pure: messages, flows and `now` go in, actions come out. Timers that fire on the wheel hand
their actions to `perform`.

    message ──► receive ──► known? ──► its transaction ──► [actions]
                              │ no
                              ├─ request ──► Deliver ──► the core: accept, or refuse without state
                              └─ response ─► dropped (RFC 6026 §8.9)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from softswitch.sip.actions import (
    Action,
    Deliver,
    DeliverAck,
    DeliverCancel,
    DeliverResponse,
    Failed,
    NoAck,
    Send,
    make,
)
from softswitch.sip.client_transaction import (
    ClientTransaction,
    InviteClientTransaction,
    NonInviteClientTransaction,
)
from softswitch.sip.flow import Flow
from softswitch.sip.message import Request, Response
from softswitch.sip.server_transaction import (
    InviteServerTransaction,
    NonInviteServerTransaction,
    ServerTransaction,
)
from softswitch.sip.timers import TimerWheel
from softswitch.sip.validation import MAGIC_COOKIE

__all__ = [
    "MAGIC_COOKIE",
    "Action",
    "ClientTransaction",
    "Deliver",
    "DeliverAck",
    "DeliverCancel",
    "DeliverResponse",
    "Failed",
    "NoAck",
    "Send",
    "ServerTransaction",
    "TransactionLayer",
]


Key = tuple[object, ...]
"""What a server transaction is found by."""


class TransactionLayer:
    """Keeps all transactions, finds them again, and forgets them in time."""

    def __init__(self, timers: TimerWheel, perform: Callable[[list[Action]], None]) -> None:
        self.timers = timers
        self._perform = perform
        self._clients: dict[tuple[str, str], ClientTransaction] = {}
        self._servers: dict[Key, ServerTransaction] = {}
        self._instances: dict[tuple[str, str, int, str], ServerTransaction] = {}
        """Requests outside dialogs by what they share when they come by two ways (§8.2.2.2)."""
        self._by_connection: dict[int, set[ClientTransaction]] = {}
        self._delivered: tuple[Request | None, Key] = (None, ())
        """The last request that was new, and its key: nearly always it is accepted at once."""

    def __len__(self) -> int:
        """How many transactions there are."""
        return len(self._clients) + len(self._servers)

    def receive(self, message: Request | Response, flow: Flow, now: float) -> list[Action]:
        """Take a message from the network.

        Raises ParseError when a field that identifies the transaction is malformed.
        """
        if isinstance(message, Response):
            # The branch is ours alone and cannot be guessed, so neither the source nor the sent-by
            # is compared: gateways that rewrite addresses in Vias are common.
            client = self._clients.get((message.branch, message.cseq.method))
            return client.receive(message, now) if client is not None else []
        method = message.method
        if method == "ACK":
            transaction = self._servers.get(_key(message, flow, "INVITE"))
            if transaction is None or not _acknowledges(message, transaction):
                return [make(DeliverAck, (message, flow))]
            return transaction.receive_ack(message, flow, now)
        key = _key(message, flow, method)
        transaction = self._servers.get(key)
        if transaction is not None:
            return transaction.repeat()
        self._delivered = message, key
        if method == "CANCEL":
            return [DeliverCancel(message, self._cancelled_by(message, flow), flow)]
        return [make(Deliver, (message, flow))]

    def _cancelled_by(self, cancel: Request, flow: Flow) -> ServerTransaction | None:
        """The INVITE that a CANCEL means (§9.2), from the same sender only.

        The branch alone might be guessed or overheard by a third party.
        """
        invite = self._servers.get(_key(cancel, flow, "INVITE"))
        if (
            invite is not None
            and invite.call_id == cancel.call_id
            and invite.from_tag == cancel.from_tag
            and invite.cseq_number == cancel.cseq.number
            and (flow.reliable or invite.flow.remote == flow.remote)
        ):
            return invite
        return None

    def accept(self, request: Request, flow: Flow, now: float) -> ServerTransaction:
        """Keep state for a request that was delivered, until it is answered and forgotten."""
        delivered, key = self._delivered
        if delivered is not request:
            key = _key(request, flow, request.method)
        if key in self._servers:
            raise RuntimeError(f"accepted twice: {request}")
        kind = InviteServerTransaction if request.method == "INVITE" else NonInviteServerTransaction
        transaction = kind(request, key, flow, self)
        self._servers[key] = transaction
        if not transaction.has_to_tag:
            self._instances.setdefault(_instance(transaction), transaction)
        return transaction

    def find(self, request: Request, flow: Flow) -> ServerTransaction | None:
        """The transaction that a request was accepted into."""
        return self._servers.get(_key(request, flow, request.method))

    def is_merged(self, request: Request) -> bool:
        """Whether a request that was delivered has come before by another way (§8.2.2.2)."""
        if request.to_tag:
            return False
        instance = (request.call_id, request.from_tag, request.cseq.number, request.method)
        return instance in self._instances

    def request(
        self, request: Request, flow: Flow, now: float
    ) -> tuple[ClientTransaction, list[Action]]:
        """Send a request whose topmost Via has a fresh branch. ACK of a 2xx is not for here."""
        kind = InviteClientTransaction if request.method == "INVITE" else NonInviteClientTransaction
        transaction = kind(request, flow, self)
        self._clients[transaction.key] = transaction
        if flow.connection:
            self._by_connection.setdefault(flow.connection, set()).add(transaction)
        return transaction, transaction.start(now)

    def cancel(
        self,
        transaction: ClientTransaction,
        now: float,
        headers: Iterable[tuple[str, str]] = (),
    ) -> list[Action]:
        """CANCEL an INVITE as soon as that is allowed (§9.1); other methods are never cancelled."""
        if isinstance(transaction, InviteClientTransaction):
            return transaction.cancel(headers, now)
        return []

    def flow_closed(self, flow: Flow) -> list[Action]:
        """A connection is gone: nobody will answer what was asked over it."""
        actions: list[Action] = []
        for transaction in tuple(self._by_connection.get(flow.connection, ())):
            actions += transaction.transport_failed()
        return actions

    def fire(self, transaction: ClientTransaction | ServerTransaction, timer: str) -> None:
        """Called by the wheel."""
        actions = transaction.handle_timer(timer, self.timers.now)
        if actions:
            self._perform(actions)

    def forget_client(self, transaction: ClientTransaction) -> None:
        """Called by a transaction that has terminated; harmless when repeated."""
        self._clients.pop(transaction.key, None)
        connection = transaction.flow.connection
        siblings = self._by_connection.get(connection) if connection else None
        if siblings is not None:
            siblings.discard(transaction)
            if not siblings:
                del self._by_connection[connection]

    def forget_server(self, transaction: ServerTransaction) -> None:
        """Called by a transaction that has terminated."""
        self._servers.pop(transaction.key, None)
        if not transaction.has_to_tag:
            instance = _instance(transaction)
            if self._instances.get(instance) is transaction:
                del self._instances[instance]


def _key(request: Request, flow: Flow, method: str) -> Key:
    """What two requests share exactly if one repeats the other (§17.2.3).

    Besides what the RFC lists, the source address: behind many NATs there are equal sent-bys,
    and cheap random numbers make equal branches. The port may change with the NAT's mood.
    """
    branch = request.branch
    host, port = request.sent_by
    if branch.startswith(MAGIC_COOKIE) and branch != MAGIC_COOKIE:
        return (branch, host, port, method, flow.remote[0])
    # RFC 2543: no unique branch. The To tag stays out for an INVITE, because its ACK has the one
    # of the answer instead.
    return (
        request.call_id,
        request.from_tag,
        request.cseq.number,
        request.uri,
        f"{host}:{port}:{branch}",
        "" if method == "INVITE" else request.to_tag,
        method,
        flow.remote[0],
    )


def _acknowledges(ack: Request, invite: ServerTransaction) -> bool:
    """Whether an ACK without a unique branch has the To tag of the answer (§17.2.3)."""
    return len(invite.key) == _RFC_3261_KEY or not invite.to_tag or ack.to_tag == invite.to_tag


_RFC_3261_KEY = 5


def _instance(transaction: ServerTransaction) -> tuple[str, str, int, str]:
    return (
        transaction.call_id,
        transaction.from_tag,
        transaction.cseq_number,
        transaction.method,
    )
