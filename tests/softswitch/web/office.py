"""A portal on the loopback interface, and requests that say exactly what they say."""

from __future__ import annotations

import asyncio
import functools
import re
import ssl
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode

import uvloop

from softswitch.config import load
from softswitch.control import Handler
from softswitch.jobs.client import Jobs
from softswitch.mailbox.boxes import Boxes
from softswitch.mailbox.keeping import Told
from softswitch.mailbox.messages import Box, Message
from softswitch.mailer import Mailer
from softswitch.mailroom import Mailroom
from softswitch.media.blobs import FolderBlobs
from softswitch.settings.settings import Settings, World
from softswitch.store.store import Committed, PortalRow, SettingRow, Store, StoreError
from softswitch.tenants import Tenants
from softswitch.voicemail import rules
from softswitch.web.opening import open_portal
from tests.support.ports import free_port

NOON = 1_785_751_920.0
PASSWORD = "horse staple battery"
CONFIG = """\
network: {{web: "127.0.0.1:{port}", domains: [pbx.example.com]}}
mail: {{from: Example <vm@example.com>, server: 127.0.0.1, tls: none}}
users:
  100: {{name: Bob, password: long-enough-1, voicemail: off, email: bob@example.com}}
  101: {{name: Anna, password: long-enough-2, email: anna@example.com}}
  102: {{name: Jan, password: long-enough-3, language: pl, editable: off}}
"""


@functools.cache
def trusting() -> ssl.SSLContext:
    """TLS with whoever it is."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    return tls


class Done:
    """A write that is committed at once, or refused."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    def add_done_callback(self, fn: Callable[[Any], object], /) -> None:
        fn(self)

    def exception(self) -> Exception | None:
        return self._error


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def field(self, name: str) -> str:
        """The header field of this name; empty: there is none."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return found[0] if found else ""

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def csrf(self) -> str:
        """The token of the last form."""
        return str(re.findall(r'name="csrf" value="([^"]*)"', self.text)[-1])


class Web:
    """A portal over mailboxes in memory."""

    def __init__(self, folder: Path, text: str = CONFIG) -> None:
        self.port = free_port()
        self.folder = folder
        file = folder / "switch.yaml"
        file.write_text(text.format(port=self.port))
        self.config = load(file)
        (folder / "var").mkdir(exist_ok=True)
        self.now = NOON
        self.accounts: dict[str, PortalRow] = {}
        self.kept: list[SettingRow] = []
        self.is_full = False
        self.told: list[tuple[str, int, int]] = []
        self.links: list[tuple[str, str]] = []
        self.encoded: list[str] = []
        self.answers: dict[str, Handler] = {}
        self.settings = Settings(
            self.config.users,
            [],
            World(self._put_settings, lambda event: None, self.wall, lambda at: "now", self._id),
        )
        self._ids = iter(range(1, 1000))
        self.boxes = Boxes(
            self,
            FolderBlobs(folder / "var"),
            aside=lambda job, done: done(job()),
            new_id=self._id,
            wall=self.wall,
            told=Told(lambda *change: self.told.append(change), lambda *_: None, lambda *_: None),
            rules=rules(self.settings.users),
        )
        self.cookies: dict[str, str] = {}
        self.held: list[asyncio.StreamWriter] = []
        """Connections that are still there when the portal stops."""

    def _id(self) -> str:
        return f"{next(self._ids):016x}"

    def wall(self) -> float:
        return self.now

    # what the portal needs

    def put_messages(self, put: Sequence[Message], drop: Sequence[str]) -> Done:
        return Done()

    def put_box(self, box: Box) -> Done:
        return Done()

    def _put_settings(self, rows: Sequence[SettingRow]) -> Done:
        if self.is_full:
            return Done(OSError("the disk is full"))
        self.kept += rows
        return Done()

    async def portal(self) -> list[PortalRow]:
        return list(self.accounts.values())

    def put_portal(self, row: PortalRow) -> Committed:
        self.accounts[row.user] = row
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.is_full:
            done.set_exception(StoreError("the disk is full"))
            done.exception()
        else:
            done.set_result(None)
        return done

    async def mp3(self, path: str, kilobits: int) -> bytes:
        if "missing" in path:
            raise FileNotFoundError(path)
        self.encoded.append(path)
        return bytes(range(256)) * 400

    def tell_link(self, user: str, make: Callable[[], str]) -> None:
        if self.settings.users[user].email:
            self.links.append((user, make()))

    # what tests do

    def leave(self, mailbox: str = "101", **more: Any) -> Message:
        """A message comes."""
        draft = Message(
            "", mailbox, "100", "Bob", mailbox, "busy", self.now - 9, self.now, 7.4, **more
        )
        message = self.boxes.begin(draft)
        self.boxes.keep(message)
        return message

    def runs(self, scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """The scenario, while browsers find the portal."""

        async def main() -> None:
            async with AsyncExitStack() as stack:
                tasks = await stack.enter_async_context(asyncio.TaskGroup())
                await self.open(stack, tasks)
                await scenario()
            for writer in self.held:
                writer.close()

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main())

    async def open(self, stack: AsyncExitStack, tasks: asyncio.TaskGroup) -> None:
        mailer = cast(Mailer, self) if self.config.mail is not None else None
        room = Mailroom(
            self.boxes,
            Tenants(self.settings.users, {}),
            self.boxes.summary,
            cast(Jobs, self),
            mailer,
        )
        store, wall = cast(Store, self), self.wall
        await open_portal(self.config, store, room, self.settings, wall, self.answers, stack, tasks)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, ssl=trusting())

    async def raw(self, octets: bytes) -> bytes:
        """Whatever comes back until the connection ends."""
        reader, writer = await self.connect()
        writer.write(octets)
        try:
            async with asyncio.timeout(20):
                return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.transport.abort()
            writer.close()

    async def ask(
        self,
        method: str,
        path: str,
        form: Mapping[str, str] | bytes | None = None,
        cookies: Mapping[str, str] | None = None,
        **headers: str,
    ) -> Answer:
        """One request of a browser that keeps the cookies it gets."""
        body = form if isinstance(form, bytes) else urlencode(form or {}).encode()
        held = self.cookies if cookies is None else cookies
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {headers.pop('Host', 'pbx.example.com')}",
            "Connection: close",
            *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
        ]
        if held:
            lines.append("Cookie: " + "; ".join(f"{key}={value}" for key, value in held.items()))
        if form is not None:
            lines.append(f"Content-Length: {len(body)}")
            if "Content_Type" not in headers:
                lines.append("Content-Type: application/x-www-form-urlencoded")
        answer = await self.raw("\r\n".join([*lines, "", ""]).encode() + body)
        return self._read(answer)

    def _read(self, answer: bytes) -> Answer:
        head, _, body = answer.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        fields = [(name, value.strip()) for name, _, value in (one.partition(":") for one in lines)]
        for name, value in fields:
            if name.lower() == "set-cookie":
                key, _, word = value.partition(";")[0].partition("=")
                self.cookies[key] = word.strip('"')
        return Answer(int(first.split()[1]), fields, body)

    async def post(self, path: str, page: str, /, **fields: str) -> Answer:
        """Load a page, and send a form of it."""
        csrf = (await self.ask("GET", page)).csrf
        return await self.ask("POST", path, {"csrf": csrf, **fields})

    async def log_in(self, user: str = "101") -> Answer:
        """By a link; the page after it."""
        self.cookies.clear()
        link = await self.link(user)
        answer = await self.post(link, link, password=PASSWORD, again=PASSWORD)
        assert answer.status == 303, answer
        first = await self.ask("GET", "/")
        return await self.ask("GET", first.field("Location"))

    async def link(self, user: str) -> str:
        """As `softswitch portal` asks for it: its path."""
        link = self.answers["portal link"]({"user": user})
        assert isinstance(link, str)
        return link.removeprefix(f"https://pbx.example.com:{self.port}")
