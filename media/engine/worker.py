"""The media worker: a process of one thread that owns every RTP socket of its share of the ports.

    signalling ── control channel ──► Worker ──► legs, departments
    phones ◄───── RTP, RTCP ────────► backend ─┘

It starts no sooner than signalling wants it and ends when the control channel closes, however
signalling may have died. It waits for packets, messages, its own tick and what its departments have
to do (guards, stages, keys) in one place (`Backend.serve`); nothing else blocks.
"""

import gc
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

from softswitch.media.engine import control
from softswitch.media.engine.backends.choice import choose
from softswitch.media.engine.backends.interface import Backend
from softswitch.media.engine.departments import RESPONSIBLE, Departments
from softswitch.media.engine.files import Lane, Thread
from softswitch.media.engine.interface import Remote
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.outgoing import OutgoingStream
from softswitch.media.engine.patience import Patience
from softswitch.media.engine.precedence import take_precedence
from softswitch.media.engine.remotes import canonical, learnable
from softswitch.media.engine.secrecy import keep_memory_private
from softswitch.media.engine.sockets import OUT_OF_SOCKETS, SocketPair, family, is_ours

TICK = 0.5
"""Seconds between looks at legs; also how exact the RTP time-out is."""
HEARTBEAT = 1.0
"""Seconds between signs of life, to the next tick: whatever else is said is one too."""
COMPANY = 0.1
"""Seconds that it waits for others to be told that a port is closed: signalling has to wake up, and
nobody waits."""
LOOKS = 8
"""Legs that are looked at in one go. A report costs some 70 µs, and packets wait meanwhile."""
BETWEEN_LOOKS = 0.001
"""Seconds: with eight looks each, 4,000 legs have had theirs within a tick."""
NEVER = float("inf")
GARBAGE = (10_000, 10, 100)
"""Objects more than were freed until Python looks for those that only name each other, and how
often until it looks at older ones too. To look at all takes 7 ms with 600 legs, while packets wait,
and finds nothing: a leg that has ended leaves none. A batch of packets with keys makes lists by the
hundred, so that with Python's own numbers all were looked at every few seconds."""
WILDCARDS = ("0.0.0.0", "::")
MAX_NAMED = 20
"""Ports that one complaint names: the rest of a range that somebody else has is only counted."""


def ahead() -> float:
    """How far the monotonic clock is before the wall clock, by which the kernel stamps packets."""
    return time.monotonic() - time.clock_gettime(time.CLOCK_REALTIME)


class Worker:
    """Does what the messages say. `run` returns when the channel is closed."""

    def __init__(
        self,
        channel: socket.socket,
        backend: Backend,
        entropy: Callable[[int], bytes] = os.urandom,
        lane: Callable[[str], Lane] = Thread,
        greeting: control.Message | None = None,
        ahead: Callable[[], float] = ahead,
    ) -> None:
        """`lane` makes what works on files: a thread, by its name. The greeting is said first.
        `ahead` tells how far the backend's clock is before that of the kernel's stamps."""
        self._channel = channel
        self._backend = backend
        self._entropy = entropy
        self._running = True
        self._next_tick = self._due = backend.now
        self._next_look = NEVER
        self._unseen: list[Leg] = []
        """Legs at which it is time to look."""
        self._outbox: list[bytes] = [] if greeting is None else [control.encode(greeting)]
        self._said_at = backend.now
        """When signalling was told something last."""
        self._leave_at = 0.0 if self._outbox else NEVER
        """When what is in the outbox leaves, if nothing urgent is said before."""
        self._settings = control.Configure(0, 0, 0.0, 0.0, ())
        self._next_ports: list[int] = []
        """By address: the port of the pair that is bound next."""
        self._pairs: list[SocketPair] = []
        """By number."""
        self._addresses: list[str] = []
        """By number of the pair: what it is bound to."""
        self._owned: set[tuple[str, int]] = set()
        """Address and RTP port of every pair."""
        self._legs: dict[int, Leg] = {}
        self._handlers: dict[type, Callable[[Any], None]] = {
            control.Configure: self._configure,
            control.Lend: self._lend,
            control.Open: self._open,
            control.SetRemote: self._set_remote,
            control.Join: self._join,
            control.Part: self._part,
            control.Hold: self._hold,
            control.Close: self._close,
        }
        patience = Patience(backend, self._clock, ahead)
        self._departments = Departments(
            self._legs, self._say, self._clock, lane, patience, self._mention
        )
        self._handlers |= dict.fromkeys(RESPONSIBLE, self._departments.hand_on)
        backend.watch(channel.fileno(), self._read)

    def run(self) -> None:
        """Serve until signalling is gone."""
        while self._running:
            self.serve()

    def serve(self, at_most: float = TICK) -> None:
        """Wait for a batch of packets or messages, so long and not beyond what is due next."""
        backend = self._backend
        backend.serve(min(at_most, max(0.0, self._due - backend.now)))
        now = backend.now
        if self._departments.busy and (self._due <= now or self._next_due() <= now):
            self._departments.tick(now)
            self._next_due()
        if self._next_tick <= now:
            self._tick(now)
            self._next_due()
        if self._next_look <= now:
            self._look(now)
            self._next_due()
        if self._leave_at <= now:
            self._flush()
            self._next_due()

    def _next_due(self) -> float:
        """When the first department, the tick, a leg or the outbox has something to do."""
        due = min(self._next_tick, self._next_look, self._leave_at)
        self._due = min(self._departments.next_deadline, due)
        return self._due

    def close(self) -> None:
        """Give every port back to the machine."""
        for number in list(self._legs):
            self._end(number)
        self._departments.close()
        self._backend.end()
        for pair in self._pairs:
            pair.close()
        self._running = False

    # the channel

    def _read(self) -> bool:
        """Do what signalling says; False when it said nothing."""
        heard = False
        handlers = self._handlers
        try:
            while datagram := self._channel.recv(control.MAX_DATAGRAM):
                heard = True
                for message in control.decode(datagram):
                    handlers[type(message)](message)
        except BlockingIOError:
            return heard
        except ConnectionError:
            pass
        self._running = False
        return heard

    def _say(self, message: control.Message) -> None:
        self._outbox.append(control.encode(message))
        self._leave_at = 0.0

    def _mention(self, message: control.Message, within: float = HEARTBEAT) -> None:
        """With what is said next, or in so many seconds."""
        self._outbox.append(control.encode(message))
        self._leave_at = min(self._leave_at, self._backend.now + within)
        self._due = min(self._due, self._leave_at)

    def _flush(self) -> None:
        waiting = control.datagrams(self._outbox)
        try:
            while waiting:
                self._channel.send(waiting[0])
                del waiting[0]
        except BlockingIOError:
            pass  # signalling is busy; what it misses is sent with what is said next
        except OSError:
            self._running = False
        now = self._backend.now
        self._outbox, self._said_at = waiting, now
        self._leave_at = now + COMPANY if waiting else NEVER

    def _clock(self) -> float:
        return self._backend.now

    def _tick(self, now: float) -> None:
        self._next_tick = now + TICK
        self._unseen = [leg for leg in self._legs.values() if leg.look_at <= now]
        self._next_look = now if self._unseen else NEVER
        if now - self._said_at >= HEARTBEAT - TICK / 2:
            if self._outbox:
                self._leave_at = 0.0
            else:
                self._say(control.Alive(len(self._legs)))

    def _look(self, now: float) -> None:
        """At a few legs; at the next few a moment later, so that packets need not wait for all."""
        limits = (self._settings.rtp_timeout, self._settings.held_timeout)
        unseen, seen = self._unseen, []
        for leg in unseen[-LOOKS:]:
            if self._legs.get(leg.id) is not leg:
                continue  # closed meanwhile
            if leg.look(now, *limits):
                self._say(control.TimedOut(leg.id))
            figures = leg.quality(now)
            if figures is not None:
                seen.append((leg.id, figures))
        del unseen[-LOOKS:]
        self._next_look = now + BETWEEN_LOOKS if unseen else NEVER
        for first in range(0, len(seen), control.QUALITIES):
            self._say(control.Qualities(tuple(seen[first : first + control.QUALITIES])))

    # lending pairs

    def _configure(self, message: control.Configure) -> None:
        self._settings = message
        self._departments.certify(message.certificate)
        self._next_ports = [message.first_port] * len(message.addresses)

    def _lend(self, message: control.Lend) -> None:
        pairs: list[tuple[int, int]] = []
        taken: list[str] = []
        address = self._settings.addresses[message.address]
        exhausted = False
        while len(pairs) < message.pairs and not exhausted:
            port = self._next_ports[message.address]
            full = len(self._pairs) >= self._backend.capacity
            if full or port >= self._settings.stop_port:
                exhausted = True
                break
            self._next_ports[message.address] = port + 2
            try:
                pairs.append((self._bind(address, port), port))
            except OSError as error:
                exhausted = error.errno in OUT_OF_SOCKETS
                taken.append(f"{port} ({error.strerror})")
        if taken:
            more = f" and {len(taken) - MAX_NAMED} more" if len(taken) > MAX_NAMED else ""
            named = ", ".join(taken[:MAX_NAMED]) + more
            self._say(control.Trouble(f"RTP ports of {address} left out: {named}"))
        self._say(control.Lent(message.address, exhausted, tuple(pairs)))

    def _bind(self, address: str, port: int) -> int:
        self._pairs.append(SocketPair(address, port))
        self._addresses.append(address)
        self._owned.add((address, port))
        return len(self._pairs) - 1

    # ports

    def _open(self, message: control.Open) -> None:
        random = self._entropy(10)
        outgoing = OutgoingStream(
            ssrc=int.from_bytes(random[:4], "big"),
            # The first half only: were the first packets lost, an early wrap would leave the remote
            # with another rollover counter than ours (RFC 3711 §3.3.1).
            sequence=int.from_bytes(random[4:6], "big") & 0x7FFF,
            timestamp=int.from_bytes(random[6:], "big"),
        )
        leg = self._legs[message.port] = Leg(message.port, outgoing, self._backend)
        leg.on_hush = self._departments.hush
        self._backend.open(leg, self._pairs[message.port], begun=message.begun)

    def _set_remote(self, message: control.SetRemote) -> None:
        leg, remote, now = self._legs[message.port], message.remote, self._backend.now
        address = self._reachable(message.port, remote)
        self._backend.unlock(leg)
        self._departments.unlock(leg)
        leg.set_remote(remote, address, learnable(remote), now)
        self._departments.renewed(leg)
        leg.begin(now)

    def _reachable(self, number: int, remote: Remote) -> str | None:
        """The SDP's address, when our socket can send to it, and not to one of our own ports:
        two such legs would pass a packet round for ever."""
        address, own = canonical(remote.address), self._addresses[number]
        if address is None or family(address) != family(own):
            return None
        for port in (remote.rtp_port & ~1, remote.rtcp_port & ~1):
            if (address, port) in self._owned:
                return None
            if own in WILDCARDS and (own, port) in self._owned and is_ours(address):
                return None
        return address

    def _join(self, message: control.Join) -> None:
        one, other = self._legs[message.one], self._legs[message.other]
        now = self._backend.now
        if one.peer is other:
            one.restart_time_out(now)
            other.restart_time_out(now)
            return
        self._end_join(one)
        self._end_join(other)
        self._departments.catch_up(one)
        self._departments.catch_up(other)
        for leg, peer in ((one, other), (other, one)):
            leg.join(peer, now)
            self._backend.route(leg, peer)
        self._departments.renewed(one)
        self._departments.renewed(other)

    def _part(self, message: control.Part) -> None:
        self._end_join(self._legs[message.port])

    def _end_join(self, leg: Leg) -> None:
        peer = leg.peer
        if peer is None:
            return
        for side in (leg, peer):
            side.part()
            self._backend.route(side, None)
        self._departments.renewed(leg)
        self._departments.renewed(peer)

    def _hold(self, message: control.Hold) -> None:
        self._legs[message.port].hold(message.held, self._backend.now)

    def _close(self, message: control.Close) -> None:
        leg = self._legs[message.port]
        self._departments.catch_up(leg)
        statistics = leg.statistics()
        self._end(message.port)
        self._mention(control.Closed(message.port, statistics), COMPANY)

    def _end(self, number: int) -> None:
        leg = self._legs.pop(number)
        self._end_join(leg)
        self._departments.ended(leg)
        self._backend.close(leg)


def raise_file_limit() -> None:
    """A call up needs six sockets: take what the machine grants."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main() -> None:
    """`python -m softswitch.media.engine.worker DESCRIPTOR [BACKEND]`"""
    # Ctrl-C and a service manager's TERM reach the whole group: calls end when signalling says so
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise_file_limit()
    keep_memory_private()
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        channel.setblocking(False)
        backend, text, disappointing = choose(*sys.argv[2:])
        gc.freeze()  # what is there now stays: no need to look at it again while packets wait
        gc.set_threshold(*GARBAGE)
        say = control.Trouble if disappointing else control.Notice
        first = ", ahead of other programs" if take_precedence() else ""
        worker = Worker(channel, backend, greeting=say(f"relays with {text}{first}"))
        worker.run()
        worker.close()


if __name__ == "__main__":
    main()
