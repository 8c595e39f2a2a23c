"""Accepting connections when the machine has no room for them."""

import asyncio
import contextlib
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from softswitch.config.configuration import CertificateFiles
from softswitch.web import certificate, door
from softswitch.web.door import Door, Guard
from tests.softswitch.web.office import trusting

pytestmark = pytest.mark.process


class Echo(asyncio.Protocol):
    """Says back what it hears, and remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)

    def pause_writing(self) -> None:
        self.told.append("pause")

    def resume_writing(self) -> None:
        self.told.append("resume")

    def eof_received(self) -> None:
        self.told.append("eof")

    def connection_lost(self, exc: Exception | None) -> None:
        self.told.append("lost")


def contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    file, _ = certificate.own(folder, [], 1.7e9)
    return certificate.context(CertificateFiles(file, file)), trusting()


def test_without_descriptors_it_waits_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(door, "RECOVERY", 0.01)
    ours, theirs = contexts(tmp_path)

    async def main() -> None:
        loop: Any = asyncio.get_running_loop()
        accept, failures = loop.sock_accept, [OSError(24, "Too many open files")]

        async def fails_once(listening: socket.socket) -> Any:
            if failures:
                raise failures.pop()
            return await accept(listening)

        loop.sock_accept = fails_once
        async with asyncio.TaskGroup() as tasks:
            opened = Door(Echo, ours, tasks)
            host, port = opened.open("127.0.0.1", 0)
            reader, writer = await asyncio.open_connection(host, port, ssl=theirs)
            writer.write(b"hello")
            assert await reader.readexactly(5) == b"hello"
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
            opened.answering(object(), begins=True)  # of nobody who is there
            await opened.close()

    asyncio.run(main())
    assert "cannot accept a connection: Too many open files" in caplog.text


def test_a_port_that_is_taken_is_an_error(tmp_path: Path) -> None:
    ours, _ = contexts(tmp_path)

    async def main() -> None:
        async with asyncio.TaskGroup() as tasks:
            opened = Door(Echo, ours, tasks)
            host, port = opened.open("127.0.0.1", 0)
            with pytest.raises(OSError, match="in use"):
                opened.open(host, port)
            await opened.close()

    asyncio.run(main())


def test_a_guard_passes_everything_on() -> None:
    async def main() -> None:
        inner = Echo()
        guard = Guard(inner, lambda: 0.0)
        guard.pause_writing()
        guard.resume_writing()
        guard.eof_received()
        guard.connection_lost(None)
        guard.connection_lost(None)
        assert inner.told == ["pause", "resume", "eof", "lost", "lost"]
        assert guard.over.done()

    asyncio.run(main())


def test_who_answers_has_longer_than_who_asks() -> None:
    async def main() -> None:
        guard = Guard(Echo(), lambda: 100.0)
        assert not guard.is_slow(100.0 + door.ASKING)
        assert guard.is_slow(101.0 + door.ASKING)
        guard.is_answering = True
        assert not guard.is_slow(100.0 + door.ANSWERING)
        assert guard.is_slow(101.0 + door.ANSWERING)

    asyncio.run(main())
