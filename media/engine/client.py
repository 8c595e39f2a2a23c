"""The media engine as signalling holds it: workers, started and watched, and their ports.

open, set_remote, join …  ──► WorkerEngine ──► one channel per worker
RtpTimeout, PortsLost     ◄──     │
                                  └─ a dead worker: its ports are lost, a new one takes its
                                     share of the range; other workers never notice
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import TypeVar

from softswitch.media.certificate import Certificate
from softswitch.media.engine import control, performances, stage_messages
from softswitch.media.engine.interface import (
    MediaEvent,
    MediaPort,
    NoPorts,
    PortsLost,
    PortStatistics,
    Quality,
    Remote,
    RtpTimeout,
    SecurityFailed,
)
from softswitch.media.engine.naming import AUTO
from softswitch.media.engine.ports import PortPool, shares
from softswitch.media.engine.process import WorkerProcess
from softswitch.media.engine.remotes import canonical

log = logging.getLogger(__name__)

RESTART_PAUSE = 0.5
"""Seconds before a worker that died young is replaced, so that a broken one does not spin."""
YOUNG = 1.0
CERTIFICATE_SINCE = timedelta(days=1)
"""A phone's clock may be behind."""
CERTIFICATE_LASTS = timedelta(days=3650)
"""Longer than we run: a new one is made at each start."""

T = TypeVar("T")
Done = Callable[[PortStatistics | None], None]

SOON = (stage_messages.Play, stage_messages.Record)
"""What somebody waits for who hears or speaks already. When something ends, its time is told."""


class _Worker:
    """One process and what it has lent. Numbers of ports are its own."""

    def __init__(
        self,
        serial: int,
        share: range,
        addresses: int,
        on_message: "Callable[[_Worker, control.Message], None]",
        ready: asyncio.Future[None],
        backend: str,
    ) -> None:
        self.serial = serial
        self.share = share
        self.ready = ready
        """Set when the first worker of this share has lent something of every address."""
        self.process = WorkerProcess(partial(on_message, self), backend)
        self.pools = [PortPool() for _ in range(addresses)]
        self.missing = set(range(addresses))
        """Addresses whose first block is still to come."""
        self.open: dict[int, MediaPort] = {}
        self.joined: set[int] = set()
        """Numbers of ports that somebody may be talking through."""
        self.recorded: set[int] = set()
        """Numbers of ports whose remotes are, or have been."""
        self.closing: dict[int, tuple[MediaPort, int, Done]] = {}
        """By number: the port, the index of its address, and who waits for its statistics."""


class WorkerEngine(performances.Performances):
    """A MediaEngine whose packets are moved by worker processes."""

    def __init__(
        self,
        addresses: Sequence[str],
        ports: range,
        workers: int,
        rtp_timeout: float,
        held_timeout: float = 300.0,
        backend: str = AUTO,
    ) -> None:
        """Bind pairs of `ports` on each address; times in seconds; `backend` as in `choice.py`."""
        super().__init__(self._send)
        self.on_event: Callable[[MediaEvent], None] = _ignore
        now = datetime.now(UTC)
        self._certificate = Certificate.make(now - CERTIFICATE_SINCE, now + CERTIFICATE_LASTS)
        self.fingerprint = self._certificate.fingerprint
        names = [canonical(address) or address for address in addresses]
        self._addresses = list(dict.fromkeys(names))
        self._shares = shares(ports, workers)
        self._timeouts = (rtp_timeout, held_timeout)
        self._backend = backend
        self._serials = count(1)
        self._workers: dict[int, _Worker] = {}
        """By serial number, those that can be used."""
        self._tasks: asyncio.TaskGroup | None = None
        self._keepers: list[asyncio.Task[None]] = []

    @property
    def worker_pids(self) -> tuple[int, ...]:
        """The process ids of the workers that are up, for whoever measures or watches them."""
        return tuple(worker.process.pid for worker in self._workers.values())

    async def start(self) -> None:
        """Start the workers; return when each has lent its first ports. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._tasks = await asyncio.TaskGroup().__aenter__()
        started = [loop.create_future() for _ in self._shares]
        for share, ready in zip(self._shares, started, strict=True):
            self._keepers.append(self._tasks.create_task(self._keep(share, ready)))
        try:
            await asyncio.gather(*started)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop the workers. Open ports are gone, without an event."""
        for keeper in self._keepers:
            keeper.cancel()
        self._keepers.clear()
        tasks, self._tasks = self._tasks, None
        if tasks is not None:
            await tasks.__aexit__(None, None, None)

    def open(
        self, address: str, *, beside: MediaPort | None = None, at_once: bool = False
    ) -> MediaPort:
        """A free pair bound to `address`, or to the wildcard of its family. Raises NoPorts."""
        index = self._index(address)
        if beside is None:
            candidates = list(self._workers.values())
            if len(candidates) > 1:
                candidates.sort(key=lambda worker: len(worker.open))
        else:
            candidates = [self._workers[beside.worker]] if beside.worker in self._workers else []
        for worker in candidates:
            pair = worker.pools[index].take()
            self._stock_up(worker, index)
            if pair is not None:
                number, rtp_port = pair
                port = MediaPort(number, worker.serial, self._addresses[index], rtp_port)
                worker.open[number] = port
                worker.process.send(control.Open(number, at_once), urgent=at_once)
                return port
        raise NoPorts(f"no RTP port is free on {address}")

    def set_remote(self, port: MediaPort, remote: Remote) -> None:
        """After every offer and answer. Unlocks the latch, and starts the RTP time-out anew."""
        self._send(port, control.SetRemote(port.id, remote))

    def join(self, one: MediaPort, other: MediaPort) -> None:
        """Packets of each go to the other from now on; earlier joins of both end."""
        worker = self._worker_of(one)
        if worker is not None and worker.open.get(other.id) is other:
            worker.joined |= {one.id, other.id}
            worker.process.send(control.Join(one.id, other.id))

    def flush(self) -> None:
        """Let the workers know what is urgent. Before phones hear that they are connected: a packet
        that comes before its ports are joined is lost."""
        for worker in self._workers.values():
            if worker.process.flushing:
                worker.process.flush()

    def part(self, port: MediaPort) -> None:
        """Packets of the port and of the one it was joined to go nowhere."""
        self._send(port, control.Part(port.id))

    def hold(self, port: MediaPort, held: bool) -> None:
        """A held port may be silent for longer before it times out."""
        self._send(port, control.Hold(port.id, held))

    def close(self, port: MediaPort, done: Done) -> None:
        """Give the pair back. `done` is called once; at once and with None when it is gone."""
        worker = self._worker_of(port)
        if worker is None:
            done(None)
            return
        del worker.open[port.id]
        worker.joined.discard(port.id)
        if port.id in worker.recorded:
            worker.recorded.discard(port.id)
            now = asyncio.get_running_loop().time()
            worker.process.send(stage_messages.Finish(port.id, now, closed=True), urgent=False)
        worker.closing[port.id] = (port, self._addresses.index(port.address), done)
        worker.process.send(control.Close(port.id), urgent=False)

    def _index(self, address: str) -> int:
        wildcard = "::" if ":" in address else "0.0.0.0"
        for name in (address, wildcard):
            if name in self._addresses:
                return self._addresses.index(name)
        raise NoPorts(f"{address} is not one of our media addresses")

    def _worker_of(self, port: MediaPort) -> _Worker | None:
        """None when the port is closed, or its worker dead."""
        worker = self._workers.get(port.worker)
        return worker if worker is not None and worker.open.get(port.id) is port else None

    def _send(self, port: MediaPort, message: control.Message) -> bool:
        worker = self._worker_of(port)
        if worker is None:
            return False
        # Nothing is heard on a port before it is joined: until then there is no hurry.
        urgent = port.id in worker.joined or isinstance(message, SOON)
        if isinstance(message, stage_messages.Record) or (
            isinstance(message, stage_messages.Play) and message.then is not None
        ):
            worker.recorded.add(port.id)
        elif isinstance(message, stage_messages.Finish):
            message = message._replace(at=asyncio.get_running_loop().time())
        worker.process.send(message, urgent=urgent)
        return True

    def _stock_up(self, worker: _Worker, index: int) -> None:
        pairs = worker.pools[index].wanted()
        if pairs:
            worker.process.send(control.Lend(index, pairs))

    # a worker's life

    async def _keep(self, share: range, ready: asyncio.Future[None]) -> None:
        """Run a worker on this share of the ports; another, whenever it ends."""
        clock = asyncio.get_running_loop().time
        while True:
            begun = clock()
            worker = _Worker(
                next(self._serials),
                share,
                len(self._addresses),
                self._receive,
                ready,
                self._backend,
            )
            try:
                reason = await self._live(worker)
                self._bury(worker, reason)
                worker.process.kill()
            finally:
                self._forget(worker)
                await worker.process.stop()
            if not ready.done():
                ready.set_exception(OSError(f"media worker: {reason}"))
            if clock() - begun < YOUNG:
                await asyncio.sleep(RESTART_PAUSE)

    async def _live(self, worker: _Worker) -> str:
        """Returns why the worker ended."""
        try:
            await worker.process.start()
        except OSError as error:
            return f"cannot start: {error}"
        addresses = tuple(self._addresses)
        share = worker.share
        settings = control.Configure(
            share.start, share.stop, *self._timeouts, addresses, self._certificate.pem
        )
        worker.process.send(settings)
        self._workers[worker.serial] = worker
        for index in range(len(addresses)):
            self._stock_up(worker, index)
        return await worker.process.watch()

    def _bury(self, worker: _Worker, reason: str) -> None:
        lost = tuple(worker.open.values())
        log.warning(
            "media worker %d (ports %d-%d) %s: %d ports lost",
            worker.process.pid,
            worker.share.start,
            worker.share.stop - 1,
            reason,
            len(lost),
        )
        self._forget(worker)
        if lost:
            _call(self.on_event, PortsLost(lost, f"media worker {reason}"))

    def _forget(self, worker: _Worker) -> None:
        """Use it no more; whoever waits for it is told."""
        self._workers.pop(worker.serial, None)
        for ended in self.lost(worker.serial):
            _call(self.ended, ended)
        while worker.closing:
            _, (_, _, done) = worker.closing.popitem()
            _call(done, None)

    def _receive(self, worker: _Worker, message: control.Message) -> None:
        match message:
            case control.Closed(number, statistics):
                port, index, done = worker.closing.pop(number)
                worker.pools[index].give(number, port.rtp_port)
                _call(done, statistics)
            case control.TimedOut(number):
                self._notify(worker, number, RtpTimeout)
            case control.Insecure(number, why):
                self._notify(worker, number, lambda port: SecurityFailed(port, why))
            case control.Qualities(ports):
                for number, statistics in ports:
                    self._notify(worker, number, partial(Quality, statistics=statistics))
            case stage_messages.Digit() | stage_messages.Talks():
                self._notify(worker, message.port, partial(performances.event, message=message))
            case stage_messages.Ended():
                _call(self.ended, message)
            case control.Lent():
                self._stock(worker, message)
            case control.Notice() | control.Trouble():
                level = logging.INFO if isinstance(message, control.Notice) else logging.WARNING
                log.log(level, "media worker %d: %s", worker.process.pid, message.text)

    def _notify(
        self, worker: _Worker, number: int, event: Callable[[MediaPort], MediaEvent]
    ) -> None:
        port = worker.open.get(number)
        if port is not None:  # else it was closed meanwhile
            _call(self.on_event, event(port))

    def _stock(self, worker: _Worker, lent: control.Lent) -> None:
        pool = worker.pools[lent.address]
        pool.lent(lent.pairs, exhausted=lent.exhausted)
        worker.missing.discard(lent.address)
        self._stock_up(worker, lent.address)
        if worker.ready.done():
            return
        if not lent.pairs:
            share, address = worker.share, self._addresses[lent.address]
            problem = f"no RTP port of {share.start}-{share.stop - 1} is free on {address}"
            worker.ready.set_exception(OSError(problem))
        elif not worker.missing:
            worker.ready.set_result(None)


def _call(callback: Callable[[T], None], argument: T) -> None:
    """A mistake in a callback is ours, and no reason for other ports to hear nothing."""
    try:
        callback(argument)
    except Exception:
        log.exception("media callback failed")


def _ignore(_event: MediaEvent) -> None:
    """Until signalling sets `on_event`."""
