"""One side of a call: a dialog of our own, what was described in it, and a media port.

    caller ── INVITE ──► caller's leg   │   devices' legs ── INVITE ──► phone
              dialog as UAS, port       │      dialog as UAC, port   ──► phone

A leg says and hears; what that means for the call is decided by the verbs around it (hunt, ringing,
answering, midcall, ending).
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from zlib import crc32

from softswitch.media.engine.interface import MediaPort, PortStatistics, Remote
from softswitch.media.negotiation import RemoteMedia, answer_for, carry, is_private, read
from softswitch.media.sdp import SdpError
from softswitch.sip.dialog import Dialog
from softswitch.sip.flow import Flow, bracketed

if TYPE_CHECKING:
    from softswitch.b2bua.accepted import Accepted
    from softswitch.b2bua.call import Call
    from softswitch.b2bua.crossing import Fields
    from softswitch.b2bua.switchboard import DialogKey
    from softswitch.records import Side
    from softswitch.routing.outcomes import Outcome
    from softswitch.sip.client_transaction import ClientTransaction
    from softswitch.sip.message import Request, Response
    from softswitch.sip.server_transaction import ServerTransaction

MAX_DIALOGS = 10
"""Early dialogs of one device: a proxy that forks makes some. Whoever makes more gets no state."""


class State(enum.Enum):
    """Where the dialog of a leg is; RFC 5407 §2 draws the same from the side of a phone."""

    CALLING = enum.auto()
    """Our INVITE is out and nothing was heard."""
    PROCEEDING = enum.auto()
    """A first answer was heard; the caller's leg begins here."""
    RINGING = enum.auto()
    CANCELLED = enum.auto()
    """We gave it up. Its final response is still to come: a 2xx is acknowledged and hung up."""
    UP = enum.auto()
    """The INVITE was answered with 2xx."""
    ENDING = enum.auto()
    """BYE was said, or has to wait for the ACK."""
    OVER = enum.auto()


RINGABLE = frozenset({State.CALLING, State.PROCEEDING, State.RINGING})


class Leg:
    """One side of a call. `call` and the board behind it are all it knows of the others."""

    __slots__ = (
        "accepted",
        "ack_body",
        "advertised",
        "call",
        "client",
        "device",
        "dialog",
        "direction",
        "farewell",
        "flow",
        "invite",
        "keys",
        "local_tag",
        "offer",
        "outcome",
        "port",
        "result",
        "sdp",
        "server",
        "session_id",
        "side",
        "sip_call_id",
        "state",
        "statistics",
        "strays",
        "takes_update",
        "told",
        "user",
        "version",
    )

    def __init__(
        self, call: Call, side: Side, flow: Flow, *, sip_call_id: str, user: str, device: str
    ) -> None:
        board = call.board
        self.call = call
        self.side: Side = side
        self.flow = flow
        self.sip_call_id = sip_call_id
        self.user = user
        """Of our Contact: whom this peer believes to talk to."""
        self.device = device
        self.local_tag = board.agent.token()
        self.state = State.CALLING
        self.result = ""
        """For the record: what became of the leg, in a word."""
        self.outcome: Outcome | None = None
        """Of a device that was rung: its part in the user's outcome, once it is known."""
        self.invite: Request | None = None
        """The INVITE, theirs or ours, until it has its final answer."""
        self.server: ServerTransaction | None = None
        self.client: ClientTransaction | None = None
        self.dialog: Dialog | None = None
        self.keys: list[DialogKey] = []
        self.strays: dict[str, Dialog] | None = None
        """Dialogs of 2xx that nobody wanted, by their tag: acknowledged and hung up."""
        self.accepted: Accepted | None = None
        """Our 2xx, while its ACK is missing."""
        self.ack_body: bytes | None = None
        """Body of our ACK; None while it cannot be sent: the answer is still to come."""
        self.offer: RemoteMedia | None = None
        """What the peer offered and has no answer to yet."""
        self.farewell: Fields | None = None
        """Header fields of a BYE that waits."""
        self.takes_update = False
        self.port: MediaPort | None = None
        self.advertised = ""
        self.statistics: PortStatistics | None = None
        self.sdp = b""
        """Our answer to the peer's offer, until the ACK: 18x and 2xx say the same."""
        self.told: tuple[int, ...] = ()
        """Payload types of that answer."""
        self.session_id = crc32(self.local_tag.encode())
        """Of our o= lines; it tells the sessions of one peer apart (RFC 8866 §5.2)."""
        self.version = 0
        self.direction = "sendrecv"
        call.unfinished += 1
        board.tracer.begin(call.id, sip_call_id)
        self._join_connection()

    @property
    def other(self) -> Leg | None:
        """The leg that this one talks to; None while nobody has answered."""
        call = self.call
        return call.answerer if self is call.caller else call.caller

    # Dialog

    @property
    def contact(self) -> str:
        """The value of our Contact towards this peer."""
        host, port = self.call.board.addressing.sip_address(self.flow)
        protocol = self.flow.protocol
        transport = "" if protocol == "UDP" else f";transport={protocol.lower()}"
        return f"<sip:{self.user}@{bracketed(host)}:{port}{transport}>"

    def adopt(self, dialog: Dialog) -> None:
        """Requests of this dialog are for this leg from now on."""
        self.dialog = dialog
        key = dialog.key
        self.keys.append(key)
        self.call.board.legs[key] = self

    def dialog_by(self, response: Response) -> Dialog:
        """The dialog that a response to our INVITE makes."""
        assert self.invite is not None
        dialog = Dialog.as_uac(self.invite, response, self.flow)
        early = self.dialog
        if early is not None and early.remote_tag == dialog.remote_tag:
            # The 2xx says everything anew but the numbers that were used (§13.2.2.4).
            dialog.local_cseq, dialog.remote_cseq = early.local_cseq, early.remote_cseq
        return dialog

    def confirm(self, response: Response) -> None:
        """The device has answered: its early dialog is one now, or another begins."""
        early = self.dialog
        if early is not None and early.remote_tag == response.to_tag:
            early.confirm(response)
        else:
            self.adopt(self.dialog_by(response))

    def send(
        self,
        method: str,
        on_response: Callable[[Response], None],
        on_failure: Callable[[str], None],
        *,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        content_type: str = "application/sdp",
    ) -> ClientTransaction:
        """A request within the dialog."""
        assert self.dialog is not None
        request = self.dialog.request(method, headers=headers, body=body, content_type=content_type)
        return self.call.board.agent.request(request, self.flow, on_response, on_failure)

    def move(self, flow: Flow) -> None:
        """The peer lives on another connection from now on."""
        assert self.dialog is not None
        self._leave_connection()
        self.flow = self.dialog.flow = flow
        self._join_connection()

    def bye_answered(self, response: Response) -> None:
        """Any final answer to our BYE will do, also 401: there is nothing left to end (§15.1.1)."""
        if response.is_final:
            self.over()

    def bye_failed(self, why: str) -> None:
        """The peer is gone, or its network: the dialog is over all the same."""
        self.over()

    def over(self) -> None:
        """Nothing more will be said or heard in the leg's dialogs."""
        if self.state is State.OVER:
            return
        self.state = State.OVER
        if self.accepted is not None:
            self.accepted.stop()
        board = self.call.board
        for key in self.keys:
            board.legs.pop(key, None)
        self._leave_connection()
        self.invite = self.client = self.server = self.offer = None
        self.call.leg_is_over()

    def _join_connection(self) -> None:
        connection = self.flow.connection
        if connection:
            self.call.board.connections.setdefault(connection, set()).add(self)

    def _leave_connection(self) -> None:
        connection = self.flow.connection
        legs = self.call.board.connections.get(connection) if connection else None
        if legs is not None:
            legs.discard(self)
            if not legs:
                del self.call.board.connections[connection]

    # Media

    def open_port(self, beside: MediaPort | None = None) -> None:
        """Lend the leg a port pair, on the worker of the other leg. Raises NoPorts."""
        board = self.call.board
        bind, self.advertised = board.addressing.media_address(self.flow)
        self.port = board.media.open(bind, beside=beside)
        board.ports[self.port] = self

    def close_port(self) -> None:
        """Give the port pair back, on every path through here; its counters follow later."""
        port = self.port
        if port is not None:
            self.port = None
            board = self.call.board
            del board.ports[port]
            self.call.closing += 1
            board.media.close(port, self._port_closed)

    def _port_closed(self, statistics: PortStatistics | None) -> None:
        self.statistics = statistics
        self.call.port_is_closed()

    def hear(self, media: RemoteMedia) -> None:
        """Send to where the peer says it listens, and take its packets from there."""
        assert self.port is not None
        self.direction = media.direction
        source = self.flow.remote_host
        remote = Remote(
            address=media.address,
            rtp_port=media.rtp_port,
            rtcp_port=media.rtcp_port,
            payload_types=media.payload_types,
            signalling_address=source,
            nat=media.address != source and is_private(media.address),
            keepalive_payload_type=media.keepalive_payload_type,
        )
        self.call.board.media.set_remote(self.port, remote)

    def describe(self, media: RemoteMedia) -> bytes:
        """The other side's stream as an offer of ours to this peer."""
        assert self.port is not None
        self.version += 1
        return carry(
            media,
            address=self.advertised,
            rtp_port=self.port.rtp_port,
            session_id=self.session_id,
            version=self.version,
        )

    def answer(self, offer: RemoteMedia, answer: RemoteMedia) -> bytes:
        """The other side's answer as ours to this peer's offer."""
        return self._answer(offer, answer, self.port.rtp_port if self.port is not None else 0)

    def decline(self, offer: RemoteMedia) -> bytes:
        """An answer that takes none of the offered streams (RFC 3264 §6)."""
        return self._answer(offer, offer, 0)

    def declining(self, response: Response) -> bytes:
        """The same for the offer in a 2xx; b"" where there is none that could be read."""
        try:
            return self.decline(read(response.body))
        except SdpError:
            return b""

    def _answer(self, offer: RemoteMedia, answer: RemoteMedia, rtp_port: int) -> bytes:
        self.version += 1
        return answer_for(
            offer,
            answer,
            address=self.advertised,
            rtp_port=rtp_port,
            session_id=self.session_id,
            version=self.version,
        )
