"""Playing and recording with real workers, sockets, threads and disks."""

import asyncio
import os
import resource
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import soundfile

from softswitch.media import wave
from softswitch.media.codecs.g711 import MU_LAW
from softswitch.media.engine.client import WorkerEngine
from softswitch.media.engine.interface import Clip, MediaPort, Played, Recorded, Remote
from softswitch.media.engine.recordings import UNFINISHED, recover
from softswitch.media.formats import STATIC
from softswitch.media.rtp import build, parse
from tests.media.engine.driver import HOST, port_range
from tests.support.audio import known_sound

pytestmark = pytest.mark.process

SECONDS = 0.3
SOUND = MU_LAW.encode(known_sound(SECONDS, seed=8)).tobytes()


class Phone:
    """One socket that counts its packets."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((HOST, 0))
        self.socket.setblocking(False)
        self._number = 0

    @property
    def remote(self) -> Remote:
        port = self.socket.getsockname()[1]
        return Remote(HOST, port, 0, (0,), HOST, False, None, formats=(STATIC[0],), rtcp=False)

    def say(self, port: MediaPort, payload: bytes) -> None:
        packet = build(0, self._number & 0xFFFF, 160 * self._number & 0xFFFFFFFF, 7, payload)
        self._number += 1
        self.socket.sendto(packet, (HOST, port.rtp_port))

    def heard(self) -> list[bytes]:
        payloads: list[bytes] = []
        while True:
            try:
                packet = self.socket.recv(2048)
            except BlockingIOError:
                return payloads
            header = parse(packet, len(packet))
            assert header is not None
            payloads.append(packet[header.payload_at :])


@pytest.fixture
def phone() -> Iterator[Phone]:
    it = Phone()
    yield it
    it.socket.close()


def with_a_port(test: Callable[[WorkerEngine, MediaPort], Awaitable[None]], phone: Phone) -> None:
    """Run a test with an engine and a port for the phone."""

    async def main() -> None:
        engine = WorkerEngine([HOST], range(*port_range(4)), 1, 60.0)
        await engine.start()
        try:
            port = engine.open(HOST)
            engine.set_remote(port, phone.remote)
            async with asyncio.timeout(10.0):
                await test(engine, port)
        finally:
            await engine.stop()

    asyncio.run(main())


async def until(condition: Callable[[], object]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never happened")


def has_sound(path: str) -> bool:
    return os.path.exists(path) and os.path.getsize(path) > wave.HEADER_SIZE


def test_a_clip_is_heard_and_what_is_said_meanwhile_is_recorded(
    phone: Phone, tmp_path: Path
) -> None:
    soundfile.write(tmp_path / "hello.wav", known_sound(SECONDS, seed=8), 8000)
    message = tmp_path / "message.wav"

    async def test(engine: WorkerEngine, port: MediaPort) -> None:
        played: list[Played] = []
        recorded: list[Recorded] = []
        engine.record(port, str(message), limit=60.0, silence=None, done=recorded.append)
        engine.play(port, [Clip(str(tmp_path / "hello.wav"))], done=played.append)
        heard: list[bytes] = []
        while not played:
            phone.say(port, bytes((len(heard) + 1,)) * 160)
            await asyncio.sleep(0.02)
            heard += phone.heard()
        engine.finish(port)
        await until(lambda: recorded)
        assert played == [Played("played")]
        assert SOUND in b"".join(heard + phone.heard())
        assert recorded[0].ended == "finished"
        assert abs(recorded[0].seconds - SECONDS) < 1.0

    with_a_port(test, phone)
    data = message.read_bytes()
    assert wave.read(data) is not None
    numbers = [data[at] for at in range(58 + 80, len(data), 160) if data[at] < 200]
    assert numbers == sorted(numbers)
    assert len(numbers) >= 0.3 * SECONDS / 0.02


def test_a_worker_that_is_killed_leaves_a_recording_that_can_be_recovered(
    phone: Phone, tmp_path: Path
) -> None:
    message = tmp_path / "message.wav"

    async def test(engine: WorkerEngine, port: MediaPort) -> None:
        recorded: list[Recorded] = []
        engine.record(port, str(message), limit=60.0, silence=None, done=recorded.append)
        while not has_sound(f"{message}{UNFINISHED}"):
            phone.say(port, b"\x2a" * 160)
            await asyncio.sleep(0.02)
        os.kill(engine.worker_pids[0], signal.SIGKILL)
        await until(lambda: recorded)
        assert recorded == [Recorded(0.0, "closed")]

    with_a_port(test, phone)
    assert not message.exists()
    assert recover(Path(str(message) + UNFINISHED)) == message
    sound, rate = soundfile.read(message, dtype="int16")
    assert rate == 8000
    assert len(sound) >= 4000
    assert (sound == MU_LAW.samples_of(b"\x2a")[0]).sum() > 2000


def test_when_signalling_goes_the_worker_finishes_its_files(phone: Phone, tmp_path: Path) -> None:
    message = tmp_path / "message.wav"

    async def test(engine: WorkerEngine, port: MediaPort) -> None:
        engine.record(port, str(message), limit=60.0, silence=None, done=lambda _: None)
        for _ in range(30):
            phone.say(port, b"\x2a" * 160)
            await asyncio.sleep(0.02)
        await engine.stop()

    with_a_port(test, phone)
    assert soundfile.info(message).duration >= 0.5
    assert not Path(str(message) + UNFINISHED).exists()


def test_a_full_disk_ends_the_recording_and_the_call_goes_on(phone: Phone, tmp_path: Path) -> None:
    message = tmp_path / "message.wav"

    async def test(engine: WorkerEngine, port: MediaPort) -> None:
        recorded: list[Recorded] = []
        resource.prlimit(engine.worker_pids[0], resource.RLIMIT_FSIZE, (9000, 9000))
        engine.record(port, str(message), limit=60.0, silence=None, done=recorded.append)
        while not recorded:
            phone.say(port, b"\x2a" * 160)
            await asyncio.sleep(0.01)
        assert recorded[0].ended == "failed"
        assert recorded[0].problem == "message.wav: File too large"
        soundfile.write(tmp_path / "sorry.wav", known_sound(SECONDS, seed=8), 8000)
        played: list[Played] = []
        engine.play(port, [Clip(str(tmp_path / "sorry.wav"))], done=played.append)
        await until(lambda: played)
        assert played == [Played("played")]

    with_a_port(test, phone)
    data = message.read_bytes()
    assert wave.read(data) is not None
    assert len(data) <= 9000
