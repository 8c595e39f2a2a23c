"""Mails survive every fault of a mail server (goal G24): `python -m tests.acceptance.mail_faults`.

A thousand messages are left while the mail server refuses, is busy, hangs, answers 4xx and 5xx,
does greylisting, breaks off within DATA, and offers a TLS that is none; now and then the switch is
killed (its mailer is thrown away, and another begins with what the store has). Time between two
attempts is skipped, nothing else is made up: the store, the files and the sockets are real.

Each mail has to arrive in the end, and one that a 250 was read for never twice; where the switch
died between the 250 and its own note of it, the second one has the same Message-ID. Meanwhile the
event loop that calls run on has to turn: its lag is told.

`python -m tests.acceptance.mail_faults 100` leaves fewer messages. Exits with 1 when it fails.
"""

import asyncio
import logging
import random
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import cast
from unittest import mock

from softswitch import smtp
from softswitch.bus import Bus
from softswitch.config import Config, User
from softswitch.config.configuration import Log, Network
from softswitch.config.messaging import Mail, Voicemail
from softswitch.letters import Encoder
from softswitch.mailbox.boxes import Boxes
from softswitch.mailbox.messages import Message
from softswitch.mailboxes import open_mailboxes
from softswitch.mailer import Mailer, open_mailer
from softswitch.media.blobs import FolderBlobs
from softswitch.outbox import GIVEN_UP
from softswitch.store import DATABASE_NAME
from softswitch.store.sqlite import open_store
from softswitch.voicemail import rules
from tests.acceptance.mailboxes import record
from tests.support.faulty_mail import BROKEN, HOST, Fault, FaultyServer

NOON = 1_800_000_000.0
OWNER = "101"
PATIENCE = 0.2
"""Seconds that the switch waits for an answer here; else it is half a minute."""
WELL, ILL = (1, 12), (1, 3)
"""Connections until the next fault, and so many it lasts."""
KILLS = 0.02
"""Share of the mails after which the switch dies before it has noted them."""
BATCH = 50
"""Messages between two rounds."""
LAG, LOOK = 0.005, 0.002
"""Seconds that the loop may lag, half of the time at least, and between two looks at it."""


@dataclass
class Told:
    """What happened."""

    messages: int
    taken: int = 0
    lost: int = 0
    doubled: int = 0
    deaths: int = 0
    faults: str = ""
    lags: list[float] = field(default_factory=list)

    @property
    def lag(self) -> float:
        """Seconds; half of the looks found less."""
        return sorted(self.lags)[len(self.lags) // 2]

    def __str__(self) -> str:
        worst = sorted(self.lags)[int(0.99 * len(self.lags))]
        return (
            f"{self.messages} messages, {self.taken} mails taken, {self.lost} lost, "
            f"{self.doubled} twice where the switch died {self.deaths} times; "
            f"faults: {self.faults}; lag p50 {1000 * self.lag:.1f} ms, p99 {1000 * worst:.1f} ms"
        )

    @property
    def fine(self) -> bool:
        return not self.lost and self.doubled <= self.deaths and self.lag < LAG


class World:
    """The switch as far as mails go, over its deaths."""

    def __init__(self, state: Path, port: int, tls: str = "none") -> None:
        self.state = state
        self.now = NOON
        self.mail = Mail("vm@example.com", HOST, port, tls=tls)
        settings = Voicemail(enabled=True, on_message="both", attach="wav", max_messages=10_000)
        self.users = {OWNER: User(OWNER, voicemail=settings, email=("anna@example.com",))}
        self.boxes: Boxes
        self.mailer: Mailer
        self.is_idle = True
        """Whether no mail waits; as of the last look."""
        self.given_up = 0
        self.messages = 0
        """Left so far."""

    @asynccontextmanager
    async def alive(self) -> AsyncIterator[None]:
        """From a start until its death."""
        bus = Bus()
        async with open_store(self.state / DATABASE_NAME) as store:
            self.boxes = await open_mailboxes(
                store, bus, FolderBlobs(self.state), wall=lambda: self.now, rules=rules(self.users)
            )
            config = Config(
                self.state / "a.yaml", Network(), self.state, self.users, Log(), mail=self.mail
            )
            mailer = await open_mailer(
                config, store, self.boxes, bus, lambda: self.now, cast(Encoder, None)
            )
            assert mailer is not None
            self.mailer = mailer
            self._look()
            yield
            self._look()

    async def leave(self) -> None:
        """A message is recorded and kept."""
        draft = Message("", OWNER, "102", "", OWNER, "busy", self.now, self.now, 3.0)
        message = self.boxes.begin(draft)
        await asyncio.to_thread(record, self.boxes.path(message))
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.boxes.keep(message, done=done.set_result)
        assert await done
        self.messages += 1
        self._look()

    async def attempt(self) -> None:
        """All that is due, then time goes by until something is due again."""
        try:
            await self.mailer._round()
        finally:
            self._look()
        next_at = self.mailer._outbox.next_at()
        if next_at is not None:
            self.now = max(self.now + 0.001, next_at)

    def _look(self) -> None:
        outbox = self.mailer._outbox
        self.is_idle = outbox.next_at() is None
        self.given_up = sum(row.state == GIVEN_UP for row in outbox._rows.values())


async def watch(lags: list[float]) -> None:
    """How late the loop turns."""
    loop = asyncio.get_running_loop()
    while True:
        before = loop.time()
        await asyncio.sleep(LOOK)
        lags.append(loop.time() - before - LOOK)


def weather(chance: random.Random) -> Iterator[Fault]:
    """What one connection after the other meets with: well times, then a few of the same fault."""
    kinds: list[Fault] = []
    while True:
        yield from [Fault.NONE] * chance.randint(*WELL)
        kinds = kinds or chance.sample(BROKEN, len(BROKEN))
        yield from [kinds.pop()] * chance.randint(*ILL)


async def run(messages: int, seed: int) -> Told:
    """Leave so many messages, and see what becomes of their mails."""
    chance = random.Random(seed)
    faults = weather(chance)
    told = Told(messages)
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(smtp, "TIMEOUT", PATIENCE):
        async with FaultyServer(lambda: next(faults)) as server, asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(watch(told.lags))
            world = World(Path(folder), server.port)
            await distrusts(world)
            left = messages
            while left or not world.is_idle:
                async with world.alive():
                    left = await _live(world, server, tasks, chance, left)
                told.deaths += not world.is_idle
            told.lost = world.given_up + world.messages - len(server.taken)
            told.messages = world.messages
            watching.cancel()
    told.taken = sum(server.taken.values())
    told.doubled = told.taken - len(server.taken)
    kinds = {fault: count for fault, count in server.met.items() if fault is not Fault.NONE}
    told.faults = ", ".join(f"{kind.name.lower()} {count}" for kind, count in kinds.items())
    return told


async def _live(
    world: World, server: FaultyServer, tasks: asyncio.TaskGroup, chance: random.Random, left: int
) -> int:
    """Until everything is sent, or the switch dies; how many messages are still to come."""
    while left or not world.is_idle:
        for _ in range(min(BATCH, left)):
            await world.leave()
            left -= 1
        attempt = tasks.create_task(world.attempt())
        server.on_taken = partial(_may_die, attempt, chance)
        with suppress(asyncio.CancelledError):
            await attempt
        if attempt.cancelled():
            break
    return left


def _may_die(attempt: asyncio.Task[None], chance: random.Random) -> None:
    if chance.random() < KILLS:
        attempt.cancel()


async def distrusts(world: World) -> None:
    """Nothing is sent in clear to a server that does not offer TLS, or whose TLS is none."""
    plain, world.mail = world.mail, replace(world.mail, tls="starttls")
    for fault in (Fault.NONE, Fault.BAD_TLS):
        async with FaultyServer(lambda fault=fault: fault) as server:  # type: ignore[misc]
            world.mail = replace(world.mail, port=server.port)
            async with world.alive():
                await world.leave()
                await world.attempt()
                assert not server.taken, fault
                assert not world.is_idle
    world.mail = plain


def main(messages: int = 1000) -> int:
    logging.basicConfig(level=logging.CRITICAL)
    seed = random.randrange(1 << 32)
    told = asyncio.run(run(messages, seed))
    sys.stdout.write(f"{told} (seed {seed})\n")
    return not told.fine


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
