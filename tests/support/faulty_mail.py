"""A mail server that fails in every way that mail servers do, and remembers what it has taken."""

from __future__ import annotations

import asyncio
import enum
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

HOST = "127.0.0.1"


class Fault(enum.Enum):
    """What a connection meets with."""

    NONE = enum.auto()
    REFUSED = enum.auto()
    """It is closed at once."""
    BUSY = enum.auto()
    """421 instead of a greeting."""
    SILENT = enum.auto()
    """No greeting, ever."""
    NO_SENDER = enum.auto()
    """451 to MAIL."""
    GREYLISTED = enum.auto()
    """450 to RCPT, as whoever is new gets it."""
    NO_MAILBOX = enum.auto()
    """550 to RCPT."""
    CLOSED_IN_DATA = enum.auto()
    """Gone while the mail is sent."""
    SILENT_IN_DATA = enum.auto()
    """No answer to the mail, which is thrown away."""
    LATER = enum.auto()
    """451 to the mail."""
    NEVER = enum.auto()
    """554 to the mail."""
    BAD_TLS = enum.auto()
    """STARTTLS is offered, and what follows is no TLS."""


BROKEN = tuple(fault for fault in Fault if fault not in (Fault.NONE, Fault.BAD_TLS))


class FaultyServer:
    """Asks for each connection what it shall meet with."""

    def __init__(self, fault: Callable[[], Fault]) -> None:
        self._fault = fault
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.met: Counter[Fault] = Counter()
        self.taken: Counter[str] = Counter()
        """Mails that a 250 was said for, by Message-ID."""
        self.on_taken: Callable[[], None] = lambda: None
        """Called when a mail is here, before the 250 is said."""

    async def __aenter__(self) -> FaultyServer:
        self._server = await asyncio.start_server(self._serve, HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._connections):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        fault = self._fault()
        self.met[fault] += 1
        try:
            await self._talk(reader, writer, fault)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the other side has given up
        finally:
            self._connections.discard(writer)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: Fault
    ) -> None:
        if fault is Fault.REFUSED:
            writer.transport.abort()
            return
        if fault is Fault.BUSY:
            await _say(writer, "421 4.3.2 too busy")
            return
        if fault is Fault.SILENT:
            await reader.read()
            return
        await _say(writer, "220 mail.example ESMTP")
        while line := (await reader.readline()).decode().strip():
            verb = line.split(" ")[0].partition(":")[0].upper()
            if verb == "QUIT":
                await _say(writer, "221 2.0.0 bye")
                return
            if verb == "DATA":
                if not await self._take(reader, writer, fault):
                    return
            elif verb == "STARTTLS":
                await _say(writer, "220 2.0.0 go on")
                await _say(writer, "this is no handshake")
                return
            else:
                await _say(writer, _answer(verb, fault))

    async def _take(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: Fault
    ) -> bool:
        """The mail; False when nothing follows."""
        await _say(writer, "354 go on")
        if fault is Fault.CLOSED_IN_DATA:
            await reader.read(100)
            writer.transport.abort()
            return False
        mail = (await reader.readuntil(b"\r\n.\r\n")).decode("ascii", "replace")
        if fault is Fault.SILENT_IN_DATA:
            await reader.read()
            return False
        if fault in (Fault.LATER, Fault.NEVER):
            await _say(writer, "451 4.3.0 later" if fault is Fault.LATER else "554 5.6.0 never")
            return True
        head = mail.partition("\r\n\r\n")[0]
        name = next(
            line.partition(":")[2].strip()
            for line in head.replace("\r\n ", " ").split("\r\n")
            if line.lower().startswith("message-id:")
        )
        self.taken[name] += 1
        self.on_taken()
        await _say(writer, "250 2.0.0 taken")
        return True


def _answer(verb: str, fault: Fault) -> str:
    if verb == "EHLO":
        return "250-mail.example\r\n250 STARTTLS" if fault is Fault.BAD_TLS else "250 mail.example"
    if verb == "MAIL" and fault is Fault.NO_SENDER:
        return "451 4.3.0 not now"
    if verb == "RCPT" and fault is Fault.GREYLISTED:
        return "450 4.2.0 come back in a minute"
    if verb == "RCPT" and fault is Fault.NO_MAILBOX:
        return "550 5.1.1 nobody of that name"
    return "250 2.0.0 fine"


async def _say(writer: asyncio.StreamWriter, line: str) -> None:
    writer.write(f"{line}\r\n".encode())
    await writer.drain()
