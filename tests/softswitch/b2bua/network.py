"""A world on virtual time: the real switch core, an in-memory network, and a media engine of air.

Loss, delay and reordering are data: a list of rules, each of which looks at the messages that pass.
Nothing here sleeps: `run` moves the clock from event to event.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from softswitch.b2bua.calls import Calls
from softswitch.bus import Bus, CallAnswered, CallArrived, CallEnded, CallRinging
from softswitch.config import User
from softswitch.config.messaging import Voicemail
from softswitch.location import Binding, Location
from softswitch.media.engine.interface import (
    MediaEvent,
    MediaPort,
    NoPorts,
    PortStatistics,
    Remote,
)
from softswitch.media.engine.performances import Performances
from softswitch.media.engine.stage_messages import Message
from softswitch.records import CallRecord
from softswitch.sip.flow import Flow
from softswitch.sip.message import Request, Response
from softswitch.sip.parser import parse_datagram
from softswitch.trunks import Trunks
from softswitch.user_agent import UserAgent

if TYPE_CHECKING:
    import asyncio

    from softswitch.config.configuration import Trunk
    from softswitch.routing.outside import Outside
    from tests.softswitch.b2bua.phones import Phone

SWITCH = ("192.0.2.1", 5060)
DELAY = 0.005
SETTLE = 0.1
"""Seconds in which everything that is under way arrives, and no retransmission is due."""

NOWHERE = -1
"""The number of a connection that cannot be opened."""

MUSIC = "/music.ogg"
STATISTICS = PortStatistics(50, 8000, 1, 49, 0.001, round_trip=0.02, mos_received=4.4, mos_sent=4.3)
"""Of every port, when it is closed."""

NONE = Voicemail(enabled=False)
"""Callers who are not answered hear so, unless a test is about mailboxes."""

EPOCH = 1_000_000.0
"""The wall clock when the world begins."""


@dataclass(eq=False)
class Packet:
    """One message on the wire."""

    at: float
    phone: str
    """The extension at the other end."""
    up: bool
    """From the phone to the switch."""
    data: bytes
    reliable: bool = False

    @property
    def message(self) -> Request | Response:
        return parse_datagram(self.data)

    @property
    def kind(self) -> str:
        """`INVITE`, `200 INVITE`."""
        start = self.data.partition(b"\r\n")[0].decode().split(" ")
        return start[0] if not start[0].startswith("SIP/") else f"{start[1]} {self._cseq_method}"

    @property
    def _cseq_method(self) -> str:
        return self.data.partition(b"\r\nCSeq: ")[2].partition(b"\r\n")[0].split()[1].decode()

    def __str__(self) -> str:
        way = f"{self.phone} > " if self.up else f"{self.phone} < "
        return way + self.kind


Rule = Callable[[Packet], float | None]
"""The delay of a packet in seconds; None loses it."""


class Network:
    """Carries packets between the switch and the phones."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.phones: dict[tuple[str, int], Phone] = {}
        self.log: list[Packet] = []
        self.rules: list[Rule] = []
        self.closed: set[int] = {NOWHERE}
        self.keep_log = True
        self.doubles = False
        """Whether every packet arrives twice."""
        self.complaints: list[str] = []
        self._vias: set[str] = set()
        self._numbers: dict[tuple[str, str], int] = {}

    def to_switch(self, phone: Phone, data: bytes, flow: Flow) -> None:
        agent = self.world.agent
        packet = Packet(self.world.now, phone.extension, True, data, flow.reliable)
        self._carry(packet, agent.receive, data, flow)

    def send(self, data: bytes, flow: Flow) -> bool:
        """The switch's transport."""
        if flow.connection in self.closed:
            return False
        self._watch(data)
        phone = self.phones.get(flow.remote)
        if phone is None:
            return flow.protocol == "UDP"  # datagrams to nowhere are lost without a word
        packet = Packet(self.world.now, phone.extension, False, data, flow.reliable)
        self._carry(packet, phone.receive, data)
        return True

    def _watch(self, data: bytes) -> None:
        """Numbers of our requests rise in each dialog, in the order in which they are sent."""
        head = data.partition(b"\r\n\r\n")[0].decode()
        if head.startswith(("SIP/", "ACK", "CANCEL")):
            return
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
        if fields["Via"] in self._vias:
            return
        self._vias.add(fields["Via"])
        dialog = (fields["Call-ID"], fields["To"].partition(";tag=")[2])
        number = int(fields["CSeq"].split()[0])
        last = self._numbers.get(dialog, self._numbers.get((dialog[0], ""), 0))
        if number <= last:
            self.complaints.append(f"CSeq {number} after {last} in {dialog}")
        self._numbers[dialog] = number

    def flow_to(self, host: str, port: int, protocol: str) -> Flow | None:
        """Over TCP only where somebody listens."""
        connection = 0
        if protocol == "TCP":
            phone = self.phones.get((host, port))
            connection = phone.connection if phone is not None else NOWHERE
        return Flow(protocol, ("0.0.0.0", SWITCH[1]), (host, port), connection)

    def trust(self, flow: Flow) -> None:
        """Nobody logs in here."""

    def _carry(self, packet: Packet, deliver: Callable[..., object], *args: object) -> None:
        if self.keep_log:
            self.log.append(packet)
        delay: float | None = DELAY
        for rule in self.rules:
            delay = rule(packet)
            if delay != DELAY:
                break
        if delay is not None:
            self.world.later(delay, deliver, *args)
            if self.doubles:
                self.world.later(delay + DELAY / 2, deliver, *args)

    def lose(self, what: str, times: int = 1) -> None:
        """Lose the next packets that look so: `100 > INVITE`, `101 < 200 INVITE`."""
        left = [times]

        def rule(packet: Packet) -> float | None:
            if left[0] and str(packet) == what:
                left[0] -= 1
                return None
            return DELAY

        self.rules.append(rule)

    def delay(self, what: str, seconds: float, times: int = 1) -> None:
        """Let the next packets that look so travel for so long."""
        left = [times]

        def rule(packet: Packet) -> float | None:
            if left[0] and str(packet) == what:
                left[0] -= 1
                return seconds
            return DELAY

        self.rules.append(rule)

    def seen(self, what: str) -> list[Packet]:
        """The packets that look so, lost ones included."""
        return [packet for packet in self.log if str(packet) == what]


@dataclass(eq=False)
class Air:
    """What the fake engine knows of a port."""

    remotes: list[Remote] = field(default_factory=list)
    joined: MediaPort | None = None
    held: bool = False


class FakeMedia(Performances):
    """A media engine without packets. It complains about misuse at once."""

    on_event: Callable[[MediaEvent], None]
    fingerprint = ":".join(["AB"] * 32)

    def __init__(self, world: World, ports: int = 10_000) -> None:
        super().__init__(self._perform)
        self.performed: list[Message] = []
        self.world = world
        self.free = ports
        self.open_ports: dict[MediaPort, Air] = {}
        self.closed: dict[MediaPort, Air] = {}
        self.slow = 0.002
        self.worker_is_dead = False
        self.statistics = STATISTICS
        self._numbers = count(1)

    def open(
        self, address: str, *, beside: MediaPort | None = None, at_once: bool = False
    ) -> MediaPort:
        if not self.free:
            raise NoPorts
        self.free -= 1
        number = next(self._numbers)
        port = MediaPort(number, 1, address, 20000 + 2 * (number % 10_000))
        self.open_ports[port] = Air()
        return port

    def set_remote(self, port: MediaPort, remote: Remote) -> None:
        self.open_ports[port].remotes.append(remote)

    def join(self, one: MediaPort, other: MediaPort) -> None:
        self.open_ports[one].joined = other
        self.open_ports[other].joined = one

    def part(self, port: MediaPort) -> None:
        other = self.open_ports[port].joined
        assert other is not None
        self.open_ports[port].joined = self.open_ports[other].joined = None

    def hold(self, port: MediaPort, held: bool) -> None:
        self.open_ports[port].held = held

    def _perform(self, port: MediaPort, message: Message) -> bool:
        self.performed.append(message)
        return port in self.open_ports

    def close(self, port: MediaPort, done: Callable[[PortStatistics | None], None]) -> None:
        self.closed[port] = self.open_ports.pop(port)  # KeyError: closed twice
        self.free += 1
        statistics = None if self.worker_is_dead else self.statistics
        if self.slow:
            self.world.later(self.slow, done, statistics)
        else:
            done(statistics)

    async def start(self) -> None:
        """Always there."""

    async def stop(self) -> None:
        """Never gone."""


class FakeTracer:
    """Remembers which dialogs belong to which call, and which calls ended."""

    def __init__(self) -> None:
        self.legs: dict[str, list[str]] = {}
        self.ended: list[str] = []

    def begin(self, call_id: str, sip_call_id: str) -> None:
        self.legs.setdefault(call_id, []).append(sip_call_id)

    def end(self, call_id: str) -> None:
        self.ended.append(call_id)


class Addresses:
    """One address for everything."""

    def sip_address(self, flow: Flow) -> tuple[str, int]:
        return SWITCH

    def media_address(self, flow: Flow) -> tuple[str, str]:
        return "0.0.0.0", SWITCH[0]


@dataclass
class Handle:
    """What a loop's call_at returns."""

    callback: Callable[[], None] | None

    def cancel(self) -> None:
        self.callback = None


class World:
    """The switch, its users, their phones, and time."""

    def __init__(
        self,
        *extensions: str,
        ports: int = 10_000,
        trunks: tuple[Trunk, ...] = (),
        outside: Outside | None = None,
        **settings: float,
    ) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[..., object], tuple[Any, ...]]] = []
        self._serial = count()
        self._tokens = count(1)
        self._connections = count(1)
        self.network = Network(self)
        self.media = FakeMedia(self, ports)
        self.tracer = FakeTracer()
        self.location = Location()
        self.bus = Bus()
        self.news: list[object] = []
        self.records: list[CallRecord] = []
        for kind in (CallArrived, CallRinging, CallAnswered):
            self.bus.subscribe(kind, self.news.append)
        self.bus.subscribe(CallEnded, lambda event: self.records.append(event.record))
        plain = cast("Any", settings)
        self.users = {
            extension: User(extension, f"User {extension}", **{"voicemail": NONE, **plain})
            for extension in extensions or ("100", "101", "102")
        }
        self.agent = UserAgent(
            transports=self.network,
            addressing=Addresses(),
            clock=lambda: self.now,
            token=self.token,
            call_at=self._call_at,
        )
        self.trunks = Trunks({trunk.name: trunk for trunk in trunks}, self.bus)
        for trunk in self.trunks:
            self.trunks.found(trunk, [(host, host) for host in trunk.settings.hosts])
        self.calls = Calls(
            agent=self.agent,
            location=self.location,
            directory=self.users,
            media=self.media,
            addressing=Addresses(),
            bus=self.bus,
            tracer=cast("Any", self.tracer),
            clock=SimpleNamespace(wall=self.wall),
            sleep=self._sleep,
            entropy=self._octets,
            music=MUSIC,
            outside=outside,
            trunks=self.trunks,
        )
        self.media.on_event = self.calls.media_event
        self.agent.on_request = self._request
        self.agent.on_ack = self.calls.ack
        self.agent.on_cancel = self.calls.cancel
        self.agent.on_flow_closed = self.calls.flow_closed

    def wall(self) -> float:
        return EPOCH + self.now

    def number(self) -> int:
        return next(self._connections)

    def token(self) -> str:
        return f"{next(self._tokens) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF:016x}"

    def _octets(self, count: int) -> bytes:
        """As random as a test likes it: no two are the same."""
        return (next(self._tokens).to_bytes(8) * (count // 8 + 1))[:count]

    def _request(self, request: Request, flow: Flow) -> None:
        """What the UAS does for requests that are in order, without asking for passwords."""
        if request.to_tag:
            self.calls.in_dialog(request, flow)
        elif (trunk := self.trunks.of(request, flow)) is not None:
            self.calls.invite_from(request, self.agent.accept(request, flow), flow, trunk)
        else:
            user = self.network.phones[flow.remote].extension
            self.calls.invite(request, self.agent.accept(request, flow), flow, user)

    def register(self, phone: Phone, flow: Flow, contact: str, path: tuple[str, ...] = ()) -> None:
        binding = Binding(
            id=next(self._serial),
            user=phone.extension,
            contact=contact,
            flow=flow,
            path=path,
            call_id="r",
            cseq=1,
            q=1.0,
            expires_at=EPOCH + 1e9,
            user_agent="test",
            instance="",
            reg_id=0,
            registered_at=EPOCH,
            refreshed_at=EPOCH,
        )
        self.location.replace(phone.extension, (*self.location.of(phone.extension), binding))

    # Time

    def later(self, delay: float, callback: Callable[..., object], *args: Any) -> None:
        event = (self.now + delay, next(self._serial), callback, args)
        heapq.heappush(self._events, event)

    def _call_at(self, when: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        handle = Handle(callback)
        heapq.heappush(self._events, (when, next(self._serial), self._fire, (handle,)))
        return cast("asyncio.TimerHandle", handle)

    def _fire(self, handle: Handle) -> None:
        if handle.callback is not None:
            handle.callback()

    async def _sleep(self, seconds: float) -> None:
        self.run(seconds)

    def run(self, seconds: float = SETTLE) -> None:
        """Let time pass."""
        until = self.now + seconds
        events = self._events
        while events and events[0][0] <= until:
            when, _, callback, args = heapq.heappop(events)
            self.now = max(self.now, when)
            callback(*args)
        self.now = until

    def run_out(self, seconds: float = 200.0) -> None:
        """Let time pass until nothing is left that could happen; check that nothing is kept."""
        self.run(seconds)
        assert len(self.calls) == 0
        assert self.calls.lingering == 0
        assert not self.media.open_ports
        assert len(self.agent._transactions) == 0
        board = self.calls._board
        kept = (board.legs, board.invites, board.ports, board.connections, board.engaged)
        assert not any(kept), kept
        assert not any(trunk.calls for trunk in self.trunks)
        assert sorted(self.tracer.ended) == sorted(self.tracer.legs)
        assert len(self.records) == len({record.call_id for record in self.records})
        assert len(self.records) == len(self.tracer.legs)
        assert not [timer for timer in self._pending_timers() if timer.callback is not None]

    def _pending_timers(self) -> Iterator[Any]:
        for bucket in self.agent._wheel._buckets.values():
            yield from bucket

    @property
    def record(self) -> CallRecord:
        """Of the call that ended last."""
        return self.records[-1]

    @property
    def airs(self) -> list[Air]:
        """The ports that are open, the caller's first."""
        return list(self.media.open_ports.values())
