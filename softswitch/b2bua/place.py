"""A caller's place in a conference room, which is on one media worker whoever comes.

    worker 1   caller A ══ port ──► room ◄── port ══ caller B
                                     ▲
                                    far
                                     ║ RTP over the loopback interface
                                    near
    worker 2   caller C ══ port ◄─ joined

Calls that dial a room get a port beside the others (service.neighbour). Those that are sent there
later have one already, so that a few of them need the bridge.
"""

from __future__ import annotations

import logging
from ipaddress import ip_address
from typing import TYPE_CHECKING

from softswitch.media.engine.interface import MediaPort, Remote

if TYPE_CHECKING:
    from softswitch.b2bua.call import Call
    from softswitch.media.engine.interface import PortStatistics
    from softswitch.media.negotiation.session import Agreed

log = logging.getLogger(__name__)

LOOPBACK = {4: "127.0.0.1", 6: "::1"}
"""Where ports are reached that are bound to every address, by family."""


def home(call: Call, name: str) -> MediaPort | None:
    """A port of somebody else whom the service of that name has mixed; None: it is the first."""
    for other in call.board.calls.values():
        line = other.service
        if line is not None and line.name == name and other is not call and line.place is not None:
            return line.place.port
    return None


class Place:
    """There from the moment that the caller may be heard."""

    __slots__ = ("_bridge", "_call", "_is_out", "_muted", "_room", "port")

    def __init__(self, call: Call, room: str, beside: MediaPort | None) -> None:
        """`beside` is a port that is in the room. Raises NoPorts."""
        own = call.caller.port
        assert own is not None
        self._call = call
        self._room = room
        self._muted = False
        self._is_out = call.held
        self._bridge: tuple[MediaPort, ...] = ()
        self.port = own
        """The one that is mixed."""
        if beside is not None and beside.worker != own.worker:
            self.port = self._build(own, beside)

    def mix(self, *, muted: bool) -> None:
        """Hear all others, and be heard by them unless muted."""
        self._muted = muted
        if not self._is_out:
            self._call.board.media.mix(self.port, self._room, muted=muted)

    def hold(self, held: bool) -> None:
        """Who holds hears no room, and what he plays meanwhile is not for it."""
        self._is_out = held
        if held:
            self._call.board.media.leave(self.port)
        else:
            self.mix(muted=self._muted)

    def leave(self) -> None:
        """Give the place up."""
        board = self._call.board
        if self._call.caller.port is not None:
            board.media.leave(self.port)
            if len(self._bridge) > 1:
                board.media.part(self._call.caller.port)
        for port in self._bridge:
            del board.ports[port]
            board.media.close(port, _closed)
        self._bridge = ()

    def _build(self, own: MediaPort, beside: MediaPort) -> MediaPort:
        """A way to the worker that has the room; returns its far end. Raises NoPorts."""
        call = self._call
        board, caller = call.board, call.caller
        log.info("%s: the room is on another media worker: two more ports", call.id)
        bind, _ = board.addressing.media_address(caller.flow)
        near = board.media.open(bind, beside=own)
        self._bridge = (near,)
        board.ports[near] = caller  # if its worker dies, the call ends
        try:
            far = board.media.open(bind, beside=beside)
        except BaseException:
            self.leave()
            raise
        self._bridge = (near, far)
        board.ports[far] = caller
        assert caller.session is not None
        agreed = caller.session.agreed
        assert agreed is not None
        board.media.set_remote(near, _at(bind, far, agreed))
        board.media.set_remote(far, _at(bind, near, agreed))
        board.media.join(own, near)
        return far


def _at(bind: str, port: MediaPort, agreed: Agreed) -> Remote:
    """A port of ours as the remote of another one: it speaks what the caller does."""
    address = ip_address(bind)
    host = LOOPBACK[address.version] if address.is_unspecified else bind
    terms = agreed.terms
    return Remote(
        host,
        port.rtp_port,
        port.rtp_port + 1,
        terms.payload_types,
        host,
        False,
        None,
        terms.clock_rate,
        terms.formats,
    )


def _closed(_statistics: PortStatistics | None) -> None:
    """What went over a bridge is counted at its ends."""
