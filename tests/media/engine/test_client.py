"""The engine as signalling uses it, with real workers."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from softswitch.media.dtls import Association
from softswitch.media.engine import client, control, process, stage_messages
from softswitch.media.engine.client import WorkerEngine
from softswitch.media.engine.interface import (
    Dtls,
    MediaEvent,
    MediaPort,
    NoPorts,
    Played,
    PortsLost,
    PortStatistics,
    Quality,
    Remote,
    RtpTimeout,
    SecurityFailed,
    Talking,
)
from softswitch.media.engine.process import PATIENCE
from softswitch.media.rtp import build
from tests.media.engine.driver import HOST, port_range
from tests.support.dtls_peers import digest, endpoint

pytestmark = pytest.mark.process

NOWHERE = Remote("0.0.0.0", 0, 0, (0,), HOST, False, None)


@asynccontextmanager
async def engine(
    pairs: int = 8, workers: int = 1, rtp_timeout: float = 60.0, address: str = HOST
) -> AsyncIterator[tuple[WorkerEngine, list[MediaEvent]]]:
    it = WorkerEngine([address], range(*port_range(pairs)), workers, rtp_timeout)
    events: list[MediaEvent] = []
    it.on_event = events.append
    await it.start()
    try:
        yield it, events
    finally:
        await it.stop()


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(10.0):
            await test()

    asyncio.run(limited())


async def closed(it: WorkerEngine, port: MediaPort) -> PortStatistics | None:
    done: asyncio.Future[PortStatistics | None] = asyncio.get_running_loop().create_future()
    it.close(port, done.set_result)
    return await done


async def until(condition: Callable[[], Any]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never happened")


def test_a_call_is_relayed_and_its_statistics_come_back() -> None:
    async def test() -> None:
        loop = asyncio.get_running_loop()
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as anna,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as jan,
        ):
            async with engine() as (it, _):
                one = it.open(HOST)
                other = it.open(HOST, beside=one)
                for port, phone in ((one, anna), (other, jan)):
                    phone.bind((HOST, 0))
                    phone.setblocking(False)
                    number = phone.getsockname()[1]
                    it.set_remote(port, Remote(HOST, number, number + 1, (0,), HOST, False, 0))
                assert len(await loop.sock_recv(anna, 2000)) == 172
                it.join(one, other)
                it.hold(one, False)
                assert len(await loop.sock_recv(jan, 2000)) == 172
                await closed(it, it.open(HOST))  # by now the worker has heard the rest too
                anna.sendto(build(0, 1, 2, 3, b"voice"), (HOST, one.rtp_port))
                assert (await loop.sock_recv(jan, 2000))[12:] == b"voice"
                it.part(one)
                seen = await closed(it, one)
                assert seen is not None
                assert seen[:6] == (1, 5, 0, 1, 0.0, 0)
                assert seen.mos_received is not None
                assert await closed(it, one) is None

    run(test)


def test_a_phone_that_is_quicker_than_its_description_shakes_hands_with_who_was_announced() -> None:
    async def test() -> None:
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.bind((HOST, 0))
            phone.setblocking(False)
            number = phone.getsockname()[1]
            async with engine() as (it, events):
                port = it.open(HOST, at_once=True)
                await asyncio.sleep(PATIENCE / 2)
                announced = bytes.fromhex(it.fingerprint.replace(":", ""))
                peer = Association(endpoint("phone"), True, announced)
                phone.sendto(peer.start(0.0)[0], (HOST, port.rtp_port))
                keys = Dtls(False, digest("phone"))
                plain = Remote(HOST, number, number + 1, (0,), HOST, False, None)
                it.set_remote(port, plain._replace(security=keys))
                while peer.keys is None:
                    for data in peer.receive(await loop.sock_recv(phone, 2000), 0.0):
                        phone.sendto(data, (HOST, port.rtp_port))
                assert peer.failed == ""
                assert events == []

    run(test)


def test_a_stop_forgets_nobody_who_waits_for_statistics() -> None:
    async def test() -> None:
        heard: list[PortStatistics | None] = []
        async with engine() as (it, events):
            open_still = it.open(HOST)
            it.close(it.open(HOST), heard.append)
        assert heard == [None]
        it.close(open_still, heard.append)
        assert heard == [None, None]
        assert events == []
        await it.stop()

    run(test)


def test_ports_never_run_out_and_run_out_cleanly() -> None:
    async def test() -> None:
        async with engine(pairs=4) as (it, _):
            for _ in range(20):
                ports = [it.open(HOST) for _ in range(4)]
                with pytest.raises(NoPorts):
                    it.open(HOST)
                await asyncio.gather(*(closed(it, port) for port in ports))
            assert len({port.rtp_port for port in ports}) == 4

    run(test)


def test_blocks_are_lent_as_they_are_used() -> None:
    async def test() -> None:
        loop_turns = 0
        async with engine(pairs=150) as (it, _):
            ports: list[MediaPort] = []
            while len(ports) < 150:
                try:
                    ports.append(it.open(HOST))
                except NoPorts:
                    loop_turns += 1
                    await asyncio.sleep(0.005)
            assert len({port.rtp_port for port in ports}) == 150
            assert loop_turns < 100

    run(test)


def test_both_legs_of_a_call_are_on_one_worker_and_calls_are_spread() -> None:
    async def test() -> None:
        async with engine(workers=2) as (it, _):
            assert len(it.worker_pids) == 2
            one, two = it.open(HOST), it.open(HOST)
            assert one.worker != two.worker
            assert it.open(HOST, beside=one).worker == one.worker
            it.join(one, two)
            with pytest.raises(NoPorts):
                it.open(HOST, beside=MediaPort(0, 99, HOST, 1))

    run(test)


def test_joins_wait_for_each_other_until_signalling_is_about_to_speak() -> None:
    async def test() -> None:
        async with engine() as (it, _):
            [worker] = it._workers.values()
            for _ in range(2):
                one = it.open(HOST)
                it.join(one, it.open(HOST, beside=one))
            assert len(worker.process._queue) >= 6
            it.flush()
            assert not worker.process._queue
            it.flush()

    run(test)


def test_a_wildcard_serves_every_address_of_its_family() -> None:
    async def test() -> None:
        async with engine(address="0.0.0.0") as (it, _):
            port = it.open("127.0.0.9")
            assert port.address == "0.0.0.0"
            await closed(it, port)
            with pytest.raises(NoPorts):
                it.open("::1")

    run(test)


def test_a_killed_worker_loses_its_ports_and_no_others_and_is_replaced_within_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client, "YOUNG", 0.0)

    async def test() -> None:
        async with engine(workers=2) as (it, events):
            kept, lost = it.open(HOST), it.open(HOST)
            assert kept.worker != lost.worker
            closing = it.open(HOST, beside=lost)
            unheard: list[PortStatistics | None] = []
            victim = it.worker_pids[1 if lost.worker > kept.worker else 0]
            os.kill(victim, signal.SIGSTOP)
            it.close(closing, unheard.append)
            os.kill(victim, signal.SIGKILL)
            async with asyncio.timeout(1.0):
                await until(lambda: events)
                assert events == [PortsLost((lost,), "media worker died")]
                assert unheard == [None]
                await until(lambda: len(it.worker_pids) == 2)
                found: list[MediaPort] = []
                while not any(port.rtp_port == lost.rtp_port for port in found):
                    try:
                        found.append(it.open(HOST))
                    except NoPorts:
                        await asyncio.sleep(0.005)
            assert await closed(it, kept) is not None
            it.set_remote(lost, NOWHERE)
            assert await closed(it, lost) is None

    run(test)


def test_a_hung_worker_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "LOOK_EVERY", 0.04)
    monkeypatch.setattr(process, "SLOW_START", 200)
    monkeypatch.setattr(client, "RESTART_PAUSE", 0.0)

    async def test() -> None:
        async with engine() as (it, events):
            port = it.open(HOST)
            (first,) = it.worker_pids
            os.kill(first, signal.SIGSTOP)
            await until(lambda: events)
            assert isinstance(events[0], PortsLost)
            assert events[0].ports == (port,)
            await until(lambda: it.worker_pids not in ((), (first,)))

    run(test)


def test_silence_becomes_an_event() -> None:
    async def test() -> None:
        async with engine(rtp_timeout=0.0) as (it, events):
            port, held = it.open(HOST), it.open(HOST)
            it.hold(held, True)
            it.set_remote(port, NOWHERE)
            await until(lambda: events)
            assert events == [RtpTimeout(port)]
            worker = it._workers[port.worker]
            it._receive(worker, control.TimedOut(99))  # closed meanwhile
            it._receive(worker, control.Alive(1))
            assert len(events) == 1

    run(test)


def test_what_workers_notice_becomes_events_of_ports_that_are_open() -> None:
    async def test() -> None:
        async with engine() as (it, events):
            port = it.open(HOST)
            worker = it._workers[port.worker]
            figures = PortStatistics(50, 8000)
            told: list[Played] = []
            it.play(port, [], repeat=True, done=told.append)
            for number in (port.id, 99):
                it._receive(worker, control.Insecure(number, "no keys"))
                it._receive(worker, control.Qualities(((number, figures),)))
                it._receive(worker, stage_messages.Talks(number, True))
            it._receive(worker, stage_messages.Ended(1, ("stopped",)))
            assert events == [
                SecurityFailed(port, "no keys"),
                Quality(port, figures),
                Talking(port, True),
            ]
            assert told == [Played("stopped")]
            it.play(port, [], repeat=True, done=told.append)
        assert told[1:] == [Played("closed")]

    run(test)


def test_every_address_has_ports_once_the_engine_has_started() -> None:
    async def test() -> None:
        it = WorkerEngine([HOST, "::1", HOST], range(*port_range()), 1, 60.0)
        await it.start()
        four, six = it.open(HOST), it.open("::1")
        assert (four.address, six.address) == (HOST, "::1")
        assert four.rtp_port == six.rtp_port
        await it.stop()

    run(test)


def test_a_callback_that_fails_is_logged_and_others_are_called(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(_: PortStatistics | None) -> None:
        raise RuntimeError("oh")

    async def test() -> None:
        async with engine() as (it, _):
            one, other = it.open(HOST), it.open(HOST)
            it.close(one, fail)
            assert await closed(it, other) is not None
            assert "media callback failed" in caplog.text

    run(test)


def test_an_event_that_nobody_waits_for_is_dropped() -> None:
    WorkerEngine([HOST], range(0), 1, 60.0).on_event(RtpTimeout(MediaPort(0, 0, HOST, 0)))


def test_ports_of_other_programs_are_left_out_with_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def test() -> None:
        first, stop = port_range()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind((HOST, first))
            it = WorkerEngine([HOST], range(first, stop), 1, 60.0)
            await it.start()
            assert it.open(HOST).rtp_port == first + 2
            await it.stop()
        assert str(first) in caplog.text

    run(test)


def test_an_address_that_is_not_ours_stops_the_start() -> None:
    async def test() -> None:
        with pytest.raises(OSError, match=r"no RTP port of \d+-\d+ is free on 192\.0\.2\.1"):
            async with engine(address="192.0.2.1"):
                pass

    run(test)


def test_a_machine_that_refuses_processes_stops_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def refuse(_: object) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(process.WorkerProcess, "start", refuse)

    async def test() -> None:
        it = WorkerEngine([HOST], range(*port_range()), 1, 60.0)
        with pytest.raises(OSError, match="cannot start: no more processes"):
            await it.start()

    run(test)


def test_a_worker_that_dies_young_is_replaced_after_a_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client, "RESTART_PAUSE", 0.01)

    async def test() -> None:
        async with engine() as (it, _):
            (first,) = it.worker_pids
            os.kill(first, signal.SIGKILL)
            await until(lambda: it.worker_pids not in ((), (first,)))

    run(test)
