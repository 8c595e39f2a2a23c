"""One side of a call: a dialog of our own, what was described in it, and a media port.

    caller ── INVITE ──► caller's leg   │   devices' legs ── INVITE ──► phone
              dialog as UAS, port       │      dialog as UAC, port   ──► phone

A leg says and hears; what that means for the call is decided by the verbs around it (hunt, ringing,
answering, midcall, ending).
"""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from zlib import crc32

from softswitch.media.engine.interface import MediaPort, PortStatistics, Remote
from softswitch.media.negotiation import (
    UNSECURED,
    Agreement,
    Manner,
    RemoteMedia,
    Session,
    is_private,
    read,
)
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

log = logging.getLogger(__name__)

OPEN_PROTOCOLS = frozenset({"UDP", "TCP", "WS"})
"""Whoever is on the way can read what SIP says over these."""

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
        "account",
        "ack_body",
        "call",
        "client",
        "device",
        "dialog",
        "direction",
        "farewell",
        "flow",
        "hears_music",
        "holds",
        "invite",
        "keys",
        "local_tag",
        "offer",
        "outcome",
        "port",
        "result",
        "sdp",
        "server",
        "session",
        "side",
        "sip_call_id",
        "state",
        "statistics",
        "strays",
        "takes_info",
        "takes_update",
        "user",
    )

    def __init__(
        self,
        call: Call,
        side: Side,
        flow: Flow,
        *,
        sip_call_id: str,
        account: str,
        user: str,
        device: str,
    ) -> None:
        board = call.board
        self.call = call
        self.side: Side = side
        self.flow = flow
        self.sip_call_id = sip_call_id
        self.account = account
        """The user whose phone this is."""
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
        self.takes_info = self.takes_update = False
        """What the peer's Allow names."""
        self.port: MediaPort | None = None
        self.session: Session | None = None
        """The leg's part in offers and answers; there from the opening of the port on."""
        self.statistics: PortStatistics | None = None
        self.sdp = b""
        """Our answer to the peer's offer, until the ACK: 18x and 2xx say the same."""
        self.direction = "sendrecv"
        self.holds = False
        """The peer has put the other side on hold."""
        self.hears_music = False
        call.unfinished += 1
        board.tracer.begin(call.id, sip_call_id)
        self._join_connection()

    @property
    def other(self) -> Leg | None:
        """The leg that this one talks to; None while nobody has answered."""
        call = self.call
        return call.answerer if self is call.caller else call.caller

    # Dialog

    def see_allowed(self, methods: str) -> None:
        """The value of the peer's Allow."""
        self.takes_info, self.takes_update = "INFO" in methods, "UPDATE" in methods

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

    def open_port(
        self,
        beside: MediaPort | None = None,
        manner: Manner = UNSECURED,
        *,
        at_once: bool = False,
    ) -> None:
        """Lend the leg a port pair, on the worker of the other leg. Raises NoPorts.

        `at_once`: the peer may speak as soon as it knows the port, and wants to be heard.
        """
        board = self.call.board
        bind, advertised = board.addressing.media_address(self.flow)
        self.port = board.media.open(bind, beside=beside, at_once=at_once or manner.begins)
        board.ports[self.port] = self
        self.session = Session(
            board.policy(self.account),
            address=advertised,
            rtp_port=self.port.rtp_port,
            session_id=crc32(self.local_tag.encode()),
            vault=board.vault,
            manner=manner,
        )

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

    @property
    def codec(self) -> str:
        """What was agreed on last."""
        return self.session.codec if self.session is not None else ""

    @property
    def encryption(self) -> str:
        """`sdes`, `dtls`, or "" for plain RTP."""
        return self.session.encryption if self.session is not None else ""

    def read(self, body: bytes) -> RemoteMedia:
        """What the peer describes. Raises SdpError with the status to answer."""
        assert self.session is not None
        return self.session.read(body)

    def describe(self, media: RemoteMedia, direction: str = "") -> bytes:
        """The other side's stream as an offer of ours to this peer. Raises SdpError."""
        assert self.session is not None
        return self.session.offer(media, direction)

    def take(self, answer: RemoteMedia) -> Agreement:
        """The peer's answer to our offer: its media flows from now on. Raises SdpError."""
        assert self.session is not None
        agreement = self.session.take(answer)
        self._agree()
        return agreement

    def answer(self, offer: RemoteMedia, other: Agreement, direction: str = "") -> bytes:
        """Our answer to the peer's offer, when the other side has agreed on that: its media flows
        from now on. Raises SdpError."""
        assert self.session is not None
        body = self.session.answer(offer, other, direction)
        self._agree()
        return body

    def decline(self, offer: RemoteMedia) -> bytes:
        """An answer that takes none of the offered streams (RFC 3264 §6)."""
        return self.session.decline(offer) if self.session is not None else b""

    def declining(self, response: Response) -> bytes:
        """The same for the offer in a 2xx; b"" where there is none that could be read."""
        try:
            return self.decline(read(response.body))
        except SdpError:
            return b""

    def _agree(self) -> None:
        """Send to where the peer says it listens, and take its packets from there."""
        session, port = self.session, self.port
        assert session is not None
        assert port is not None
        agreed = session.agreed
        assert agreed is not None
        media, terms = agreed.media, agreed.terms
        self.direction = media.direction
        source = self.flow.remote_host
        address = media.address
        remote = Remote(
            address,
            media.rtp_port,
            media.rtp_port if agreed.rtcp_mux else media.rtcp_port,
            terms.payload_types,
            source,
            address != source and is_private(address),
            terms.keepalive_payload_type,
            terms.clock_rate,
            terms.formats,
            terms.expected,
            media.stream.ptime,
            agreed.security,
            agreed.ice,
            agreed.rtcp_mux,
            agreed.kind,
        )
        self.call.board.media.set_remote(port, remote)
        if session.encryption == "sdes":
            self._warn_of_open_keys()

    def _warn_of_open_keys(self) -> None:
        board = self.call.board
        if self.flow.protocol in OPEN_PROTOCOLS and self.account not in board.warned:
            board.warned.add(self.account)
            log.warning(
                "%s: keys for %s's sound travel in SIP over %s, which is not encrypted: whoever can"
                " read one can hear the other",
                self.call.id,
                self.account,
                self.flow.protocol,
            )
