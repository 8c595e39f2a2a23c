"""What a call costs the signalling core: `python -m bench.signalling` prints one table.

The real user agent, UAS, authenticator and calls, without sockets, traces, store and media: an
authenticated call of two legs, 8 messages in and 7 out. Many calls go through each step together,
so that what the phones do between two steps is not counted, and the clock moves on with each call
as at 100 calls a second, so that as many transactions linger as there would.

    python -m bench.signalling               µs of CPU for each message in, and for the call
    python -m bench.signalling --profile 30  and where they went, by function
"""

import argparse
import cProfile
import gc
import os
import pstats
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from types import SimpleNamespace
from typing import Any, cast

from bench.table import head, line, spread
from softswitch.app import GARBAGE_THRESHOLDS
from softswitch.auth import Authenticator
from softswitch.b2bua.calls import Calls
from softswitch.bans import Bans
from softswitch.bus import Bus, CallEnded
from softswitch.config import User
from softswitch.location import Binding, Location
from softswitch.media.engine.interface import MediaPort, PortStatistics, Remote
from softswitch.sip.digest import MD5, Challenge, Credentials, ha1, response_of
from softswitch.sip.flow import Flow
from softswitch.uas import Uas
from softswitch.user_agent import TRYING_AFTER, UserAgent

SWITCH = ("127.0.0.1", 5060)
CALLERS, CALLEES = range(1000, 1100), range(1100, 1150)
REALM = "softswitch"
SECONDS_PER_CALL = 0.01
BATCH = 100
WARM_UP = 34
"""Batches: longer than any transaction lingers, so that as many end as begin."""

SDP = (
    "v=0\r\no=- 4711 {n} IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\n"
    "m=audio {rtp} RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\na=sendrecv\r\n"
)

INVITE = (
    "INVITE sip:{callee}@127.0.0.1:5060 SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.2:{port};branch=z9hG4bK-4711-{n}-{step};rport\r\n"
    "Max-Forwards: 70\r\n"
    "From: <sip:{caller}@127.0.0.1>;tag=c4711-{n}\r\n"
    "To: <sip:{callee}@127.0.0.1>\r\n"
    "Call-ID: {n}-4711@127.0.0.2\r\n"
    "CSeq: {number} INVITE\r\n"
    "Contact: <sip:{caller}@127.0.0.2:{port}>\r\n"
    "{login}"
    "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS\r\n"
    "User-Agent: Bench\r\n"
    "Content-Type: application/sdp\r\n"
)

IN_DIALOG = (
    "{method} {target} SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.2:{port};branch=z9hG4bK-4711-{n}-{step};rport\r\n"
    "Max-Forwards: 70\r\n"
    "From: <sip:{caller}@127.0.0.1>;tag=c4711-{n}\r\n"
    "To: {to}\r\n"
    "Call-ID: {n}-4711@127.0.0.2\r\n"
    "CSeq: {number} {method}\r\n"
)


class Outbox:
    """A transport that keeps what is sent, by the port it goes to."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, Flow]] = []

    def send(self, data: bytes, flow: Flow) -> bool:
        self.sent.append((data, flow))
        return True

    def flow_to(self, host: str, port: int, protocol: str) -> Flow | None:
        return None

    def trust(self, flow: Flow) -> None:
        """Everything is UDP."""


class Silence:
    """A media engine that does nothing."""

    fingerprint = ""

    def __init__(self) -> None:
        self._numbers = count(1)

    def open(
        self, address: str, *, beside: MediaPort | None = None, at_once: bool = False
    ) -> MediaPort:
        number = next(self._numbers)
        return MediaPort(number, 1, address, 20_000 + 2 * (number % 10_000))

    def set_remote(self, port: MediaPort, remote: Remote) -> None: ...

    def join(self, one: MediaPort, other: MediaPort) -> None: ...

    def hold(self, port: MediaPort, held: bool) -> None: ...

    def close(self, port: MediaPort, done: Callable[[PortStatistics | None], None]) -> None:
        done(PortStatistics(50, 8000, 1, 49, 0.001))


class Addresses:
    """One address for everything."""

    def sip_address(self, flow: Flow) -> tuple[str, int]:
        return SWITCH

    def media_address(self, flow: Flow) -> tuple[str, str]:
        return SWITCH[0], SWITCH[0]

    def is_ours(self, host: str, port: int | None) -> bool:
        return host == SWITCH[0]


class Switch:
    """The core, with a clock and a timer that are moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.outbox = Outbox()
        self.records = 0
        self._tick: tuple[float, Callable[[], None]] | None = None
        self._tokens = count(1)
        bus, addressing, location = Bus(), Addresses(), Location()
        bus.subscribe(CallEnded, self._count)
        self.agent = UserAgent(
            transports=self.outbox,
            addressing=addressing,
            clock=lambda: self.now,
            token=lambda: f"{next(self._tokens) * 0x9E3779B97F4A7C15 & (1 << 64) - 1:016x}",
            call_at=cast("Any", self._call_at),
            trying_after=TRYING_AFTER,
        )
        users = {str(n): User(str(n), password=f"pw{n}") for n in (*CALLERS, *CALLEES)}
        calls = Calls(
            agent=self.agent,
            location=location,
            directory=users,
            media=cast("Any", Silence()),
            addressing=addressing,
            bus=bus,
            tracer=cast("Any", SimpleNamespace(begin=_ignore, end=_ignore)),
            clock=SimpleNamespace(wall=self.wall),
            sleep=cast("Any", None),
            entropy=os.urandom,
        )
        for number in CALLEES:
            location.replace(str(number), (_binding(number),))
        authenticator = Authenticator(
            {number: user.password for number, user in users.items()},
            realm=REALM,
            nonce_key=b"key",
            wall=self.wall,
            bans=Bans(lambda: self.now, lambda host: True),
            is_ours=addressing.is_ours,
        )
        nobody = cast("Any", None)
        uas = Uas(self.agent, authenticator, nobody, calls, nobody, addressing=addressing)
        self.agent.on_request = uas.receive
        self.agent.on_ack = calls.ack
        self.agent.on_cancel = calls.cancel

    def wall(self) -> float:
        return 1_000_000.0 + self.now

    def _call_at(self, when: float, callback: Callable[[], None]) -> SimpleNamespace:
        self._tick = (when, callback)
        return SimpleNamespace(cancel=_ignore)

    def advance(self, seconds: float) -> None:
        """Let time pass, and timers fire."""
        until = self.now + seconds
        while self._tick is not None and self._tick[0] <= until:
            self.now, tick = self._tick
            self._tick = None
            tick()
        self.now = until

    def _count(self, event: CallEnded) -> None:
        self.records += event.record.outcome == "answered"


def _ignore(*args: object) -> None:
    """Traces and timers' handles are not measured."""


def _binding(number: int) -> Binding:
    return Binding(
        id=number,
        user=str(number),
        contact=f"sip:{number}@127.0.0.2:{number + 20_000}",
        flow=Flow("UDP", SWITCH, ("127.0.0.2", number + 20_000)),
        path=(),
        call_id="r",
        cseq=1,
        q=1.0,
        expires_at=1e12,
        user_agent="Bench",
        instance="",
        reg_id=0,
        registered_at=1.0,
        refreshed_at=1.0,
    )


@dataclass(slots=True)
class Caller:
    """One call, as the phones see it."""

    n: int
    caller: int
    callee: int
    to: str = ""
    target: str = ""
    login: str = ""
    invite: bytes = b""
    """That the called phone got."""
    bye: bytes = b""

    @property
    def flow(self) -> Flow:
        return Flow("UDP", SWITCH, ("127.0.0.2", self.caller + 20_000))

    @property
    def far_flow(self) -> Flow:
        return Flow("UDP", SWITCH, ("127.0.0.2", self.callee + 20_000))

    def hear(self, data: bytes) -> None:
        """Keep what later messages depend on."""
        start = data[:11]
        if start == b"SIP/2.0 401":
            self.to = _field(data, "To")
            challenge = Challenge.parse(_field(data, "WWW-Authenticate"))
            self.login = _log_in(self.caller, self.callee, challenge)
        elif start == b"SIP/2.0 200" and b" INVITE\r\n" in data:
            self.to = _field(data, "To")
            self.target = _field(data, "Contact").strip("<>")
        elif data.startswith(b"INVITE"):
            self.invite = data
        elif data.startswith(b"BYE"):
            self.bye = data

    def write(self, template: str, step: int, body: str = "", **more: object) -> bytes:
        """A message of the calling phone."""
        text = template.format(
            n=self.n,
            caller=self.caller,
            callee=self.callee,
            port=self.caller + 20_000,
            step=step,
            to=self.to,
            **more,
        )
        return f"{text}Content-Length: {len(body)}\r\n\r\n{body}".encode()

    def say_invite(self, number: int) -> bytes:
        body = SDP.format(n=self.n, rtp=30_000 + self.n % 10_000 * 2)
        return self.write(INVITE, number, body, number=number, login=self.login)

    def say(self, method: str, number: int, step: int) -> bytes:
        target = self.target or f"sip:{self.callee}@127.0.0.1:5060"
        return self.write(IN_DIALOG, step, method=method, number=number, target=target)

    def respond(self, request: bytes, status: str, body: str = "") -> bytes:
        """An answer of the called phone."""
        lines = [f"SIP/2.0 {status}"]
        lines += [f"{name}: {_field(request, name)}" for name in ("Via", "From")]
        to = _field(request, "To")
        lines.append(f"To: {to}" if ";tag=" in to else f"To: {to};tag=s4712-{self.n}")
        lines += [f"{name}: {_field(request, name)}" for name in ("Call-ID", "CSeq")]
        lines.append(f"Contact: <sip:{self.callee}@127.0.0.2:{self.callee + 20_000}>")
        if body:
            lines.append("Content-Type: application/sdp")
        lines += [f"Content-Length: {len(body)}", "", body]
        return "\r\n".join(lines).encode()


def _field(data: bytes, name: str) -> str:
    return data.partition(f"\r\n{name}: ".encode())[2].partition(b"\r\n")[0].decode()


def _log_in(caller: int, callee: int, challenge: Challenge) -> str:
    credentials = Credentials(
        username=str(caller),
        realm=REALM,
        nonce=challenge.nonce,
        uri=f"sip:{callee}@127.0.0.1:5060",
        response="",
        qop="auth",
        nc="00000001",
        cnonce="6b8b4567",
    )
    credentials.response = response_of(
        credentials, ha1(str(caller), REALM, f"pw{caller}", MD5), "INVITE"
    )
    return f"Authorization: {credentials}\r\n"


def _answer(call: Caller) -> bytes:
    return call.respond(call.invite, "200 OK", SDP.format(n=call.n, rtp=40_000))


Step = tuple[str, Callable[[Caller], bytes], bool]

STEPS: tuple[Step, ...] = (
    ("INVITE → 401", lambda call: call.say_invite(1), False),
    ("ACK of the 401", lambda call: call.say("ACK", 1, 1), False),
    ("INVITE with digest → INVITE", lambda call: call.say_invite(2), False),
    ("180 → 180", lambda call: call.respond(call.invite, "180 Ringing"), True),
    ("200 → ACK, 200", _answer, True),
    ("ACK", lambda call: call.say("ACK", 2, 4), False),
    ("BYE → 200, BYE", lambda call: call.say("BYE", 3, 5), False),
    ("200", lambda call: call.respond(call.bye, "200 OK"), True),
)
"""What is sent, how it is made, and whether the called phone sends it."""


class Load:
    """Makes calls through a switch, and adds up what they cost."""

    def __init__(self) -> None:
        self.switch = Switch()
        self.calls = 0

    def run(self, batches: int, profile: cProfile.Profile | None = None) -> list[float]:
        """Seconds of CPU that each step of a call took, and its timers, on average."""
        before, calls = self.switch.records, batches * BATCH
        spent = [0.0] * (len(STEPS) + 1)
        for _ in range(batches):
            self._batch(spent, profile)
        if self.switch.records - before != calls:
            raise SystemExit(f"{self.switch.records - before} of {calls} calls were answered")
        return [seconds / calls for seconds in spent]

    def _batch(self, spent: list[float], profile: cProfile.Profile | None) -> None:
        first = self.calls
        self.calls += BATCH
        calls = [
            Caller(n, CALLERS[n % len(CALLERS)], CALLEES[n % len(CALLEES)])
            for n in range(first, self.calls)
        ]
        for index, (_, make, far) in enumerate(STEPS):
            messages = [(make(call), call.far_flow if far else call.flow) for call in calls]
            spent[index] += measured(self._deliver, messages, profile)
            self._hand_out(calls)
        spent[-1] += measured(self.switch.advance, BATCH * SECONDS_PER_CALL, profile)

    def _deliver(self, messages: Sequence[tuple[bytes, Flow]]) -> None:
        receive = self.switch.agent.receive
        for data, flow in messages:
            receive(data, flow)

    def _hand_out(self, calls: Sequence[Caller]) -> None:
        """Each phone gets what was sent to it: step by step, in the order of calls."""
        sent = self.switch.outbox.sent
        each = len(sent) // len(calls)
        for index, (data, _) in enumerate(sent):
            calls[index // each].hear(data)
        sent.clear()


def measured(
    work: Callable[[Any], None], argument: object, profile: cProfile.Profile | None
) -> float:
    """Seconds of CPU that it took."""
    if profile is not None:
        profile.enable()
    start = time.process_time()
    work(argument)
    seconds = time.process_time() - start
    if profile is not None:
        profile.disable()
    return seconds


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--calls", type=int, default=1000, help="in each round")
    parser.add_argument("--profile", type=int, default=0, help="functions to list")
    options = parser.parse_args()
    load = Load()
    load.run(WARM_UP)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    batches = options.calls // BATCH
    rounds = [[s * 1e6 for s in load.run(batches)] for _ in range(options.rounds)]
    print(head(["µs of CPU (least-median-most)", f"{options.rounds} rounds"]))
    for name, values in zip([step[0] for step in STEPS], zip(*rounds, strict=True), strict=False):
        print(line([name, spread(values, 1)]))
    print(line(["timers", spread([each[-1] for each in rounds], 1)]))
    print(line(["**call**", spread([sum(each) for each in rounds], 1)]))
    if options.profile:
        profile = cProfile.Profile()
        load.run(batches, profile)
        pstats.Stats(profile).sort_stats("tottime").print_stats(options.profile)


if __name__ == "__main__":
    main()
