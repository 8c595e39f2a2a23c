"""The media of a leg: its port, what was described in offers and answers, where its packets go."""

from __future__ import annotations

import logging
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

if TYPE_CHECKING:
    from softswitch.b2bua.call import Call
    from softswitch.sip.flow import Flow
    from softswitch.sip.message import Response

log = logging.getLogger(__name__)

OPEN_PROTOCOLS = frozenset({"UDP", "TCP", "WS"})
"""Whoever is on the way can read what SIP says over these."""


class MediaSide:
    """The half of a Leg that deals with media; the other half says whose it is, and where."""

    __slots__ = (
        "direction",
        "hears_music",
        "hears_ringing",
        "holds",
        "offer",
        "port",
        "sdp",
        "session",
        "statistics",
    )

    account: str
    call: Call
    flow: Flow
    local_tag: str

    def __init__(self) -> None:
        self.offer: RemoteMedia | None = None
        """What the peer offered and has no answer to yet."""
        self.port: MediaPort | None = None
        self.session: Session | None = None
        """The leg's part in offers and answers; there from the opening of the port on."""
        self.statistics: PortStatistics | None = None
        self.sdp = b""
        """Our answer to the peer's offer, until the ACK: 18x and 2xx say the same."""
        self.direction = "sendrecv"
        self.holds = False
        """The peer has put the other side on hold."""
        self.hears_music = self.hears_ringing = False

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
        at_once = at_once or (manner is not UNSECURED and manner.begins)
        self.port = board.media.open(bind, beside=beside, at_once=at_once)
        board.ports[self.port] = self  # type: ignore[assignment]  # nothing else has this half
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
