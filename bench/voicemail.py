"""CPU per message, recordings at once, how soon owners know: `python -m bench.voicemail`.

The switch, all its processes, runs on core 0; phones, their sound and a mail server on core 1. Each
caller reaches a mailbox whose greeting is as good as nothing, and speaks until he hangs up. What he
says is stamped, packet by packet; afterwards every file is read, and each packet between the first
and the last of a file has to be in it, once, in its place.

CPU is the scheduler's count of all threads; "steadily" is that of the time when all are recorded.
"""

import os
import struct
import time
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

from aiosmtpd.controller import Controller

from bench import script
from bench.accounting import Processes, Usage, usage
from bench.config import FIRST
from bench.load.dialogs import Outgoing, State
from bench.load.latency import finish, hang_up_after
from bench.load.office import Office
from bench.load.sound import Sound, sound
from bench.load.target import EXTENSIONS, PHONES
from bench.load.voicemail import files
from bench.rates import DISTURBED, numbers
from bench.sipp import CORE
from bench.switch import Switch, free_port, running
from bench.table import head, line, percentile, spread
from softswitch.media import wave
from softswitch.sip.message import Request, Response

AT_ONCE = (50, 200, 1000)
RUNS = 3
SECONDS = 10.0
"""Of a message."""
SLOWEST, BEGINNING = 20.0, 5.0
"""Calls begin at this rate, or if they are many within so many seconds."""
REST = 3.0
"""Seconds in which the last files must be there."""
TOLD = 40
"""Messages whose owners are told."""
CALLERS = range(FIRST, FIRST + PHONES)
OWNERS = range(FIRST + PHONES, FIRST + EXTENSIONS)
MAX_LOSS = 0.001
FRAME = 160
STAMP = struct.Struct("=IIqI")
"""What rtp_load.c writes at the start of a payload: magic number, leg, time, number."""
MAGIC = 0x4C4F4144
MAIL_HOST = "127.0.0.1"


class Run(NamedTuple):
    """So many messages."""

    at_once: int
    done: int
    signalling: float
    """CPU ms of each."""
    workers: float
    packet_us: float
    """CPU of the workers per packet, steadily."""
    whole: int
    """Files that hold a message."""
    packets: int
    missing: int
    wrong: int
    """Twice, out of place, or somebody else's."""
    foreign: float

    @property
    def passed(self) -> bool:
        every = self.done == self.whole == self.at_once
        return every and not self.wrong and self.missing <= MAX_LOSS * self.packets


class Listening(Office):
    """Phones that note when they are told of a message."""

    def __init__(self, switch: Switch, sound: Sound | None = None) -> None:
        super().__init__(switch, sound)
        self.told: list[float] = []

    def _receive(self, phones: Any, message: Request | Response, now: float) -> list[bytes]:
        told = isinstance(message, Request) and message.method == "NOTIFY"
        if told and b"Waiting: yes" in message.body:
            self.told.append(now)
        return super()._receive(phones, message, now)


class MailServer:
    """Notes when a mail was handed over, by its message's number."""

    def __init__(self) -> None:
        self.came: list[float] = []
        self.port = free_port(MAIL_HOST)
        self._controller = Controller(self, hostname=MAIL_HOST, port=self.port)

    def __enter__(self) -> "MailServer":
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    async def handle_DATA(self, _server: object, _session: object, _envelope: object) -> str:
        """A mail is here."""
        self.came.append(time.monotonic())
        return "250 2.0.0 taken"


def examine(path: Path) -> tuple[int, int, int]:
    """Packets in a file, packets missing between its first and its last, and what is wrong."""
    data = path.read_bytes()
    layout = wave.read(data)
    if layout is None or layout.encoding != "PCMU":
        return 0, 0, 1
    stamps: list[tuple[int, int, int]] = []
    for at in range(wave.HEADER_SIZE, len(data) - FRAME + 1, FRAME):
        magic, leg, _, number = STAMP.unpack_from(data, at)
        if magic == MAGIC:
            stamps.append((at, leg, number))
    if not stamps:
        return 0, 0, 1
    at, leg, number = stamps[0]
    place = at - FRAME * number
    right = {each[2] for each in stamps if each[1] == leg and each[0] - FRAME * each[2] == place}
    wanted = stamps[-1][2] - number + 1
    return len(stamps), wanted - len(right), len(stamps) - len(right)


def measure(office: Office, switch: Switch, at_once: int, seconds: float) -> Run:
    """So many callers, who speak for so long."""
    spool = switch.state / "voicemail"
    known = set(files(spool))
    pairs = cycle(zip(CALLERS, cycle(OWNERS), strict=False))
    rate = max(SLOWEST, at_once / BEGINNING)
    calls: list[Outgoing] = []
    before, began = used(switch, office), time.monotonic()
    for number in range(at_once):
        calls.append(office.call(*next(pairs)))
        hang_up_after(office, calls, seconds)
        office.wait(began + (number + 1) / rate - time.monotonic())
    office.wait(1.0)
    steady = used(switch, office)
    office.wait(max(1.0, seconds - at_once / rate - 2.0))
    between = used(switch, office).since(steady)
    up = sum(call.state is State.UP for call in calls)
    finish(office, calls, seconds)
    office.wait(REST)
    whole = used(switch, office).since(before)
    found = [examine(path) for path in set(files(spool)) - known]
    done = sum(call.state is State.DONE for call in calls)
    packets, missing, wrong = (sum(each[field] for each in found) for field in range(3))
    return Run(
        at_once,
        done,
        1000 * whole.signalling / max(1, done),
        1000 * whole.workers / max(1, done),
        1e6 * between.workers / max(1.0, 50 * up * between.wall),
        sum(each[0] > 0 for each in found),
        packets,
        missing,
        wrong,
        whole.foreign(os.cpu_count() or 1) / whole.wall,
    )


def used(switch: Switch, office: Office) -> Usage:
    """By all processes of the switch that there are now."""
    return usage(Processes.of(switch.processes.signalling), office.helpers)


def how_soon(told: int, seconds: float) -> tuple[list[float], list[float]]:
    """From hanging up until the owner's lamp is lit, and until his mail is handed over, in ms, of
    so many messages."""
    lamps: list[float] = []
    mails: list[float] = []
    with (
        MailServer() as server,
        running(EXTENSIONS, OWNERS, f"{MAIL_HOST}:{server.port}") as switch,
        sound() as generator,
    ):
        office = Listening(switch, generator)
        try:
            office.log_in(OWNERS)
            for caller, owner in zip(cycle(CALLERS), [*OWNERS][:told], strict=False):
                message(office, f"*99{owner}", caller, seconds)
                hung_up = time.monotonic()
                lit, handed = len(office.told), len(server.came)
                office.wait(5.0, lambda n=handed: len(server.came) > n)  # type: ignore[misc]
                lamps += [1000 * (at - hung_up) for at in office.told[lit:]]
                mails += [1000 * (at - hung_up) for at in server.came[handed:]]
        finally:
            office.close()
    return lamps, mails


def message(office: Office, callee: str, caller: int, seconds: float) -> None:
    """Leave one."""
    call = office.call(caller, callee)  # type: ignore[arg-type]
    office.wait(5.0, lambda: call.state is not State.ASKING)
    office.wait(seconds)
    office.hang_up(call)


def row(name: str, runs: Sequence[Run]) -> str:
    """One line of the table."""

    def of(figure: str, digits: int = 1) -> str:
        return spread([float(getattr(each, figure)) for each in runs], digits)

    def total(figure: str) -> int:
        return sum(int(getattr(each, figure)) for each in runs)

    cells = [
        name + (" (disturbed)" if any(each.foreign > DISTURBED for each in runs) else ""),
        runs[0].at_once,
        spread([each.signalling + each.workers for each in runs], 1),
        of("signalling"),
        of("workers"),
        of("packet_us"),
        f"{total('whole')}/{total('at_once')}",
        total("packets"),
        total("missing"),
        total("wrong"),
        "yes" if all(each.passed for each in runs) else "no",
    ]
    return line(cells)


def messages(backend: str, at_once: Iterable[int], runs: int, seconds: float) -> None:
    """A line of the table for each number of callers."""
    with running(EXTENSIONS, OWNERS, backend=backend) as switch, sound() as generator:
        office = Office(switch, generator)
        try:
            measure(office, switch, 4, 2.0)  # the first needs things that are there from then on
            for callers in at_once:
                row_of = [measure(office, switch, callers, seconds) for _ in range(runs)]
                print(row(backend, row_of), flush=True)
        finally:
            office.close()


def main() -> None:
    """Print the tables."""
    parser = ArgumentParser("python -m bench.voicemail", description=__doc__)
    parser.add_argument("--at-once", type=numbers, default=AT_ONCE)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of a message")
    parser.add_argument("--told", type=int, default=TOLD, help="owners who are told")
    parser.add_argument("--backend", default="", help="only this one")
    parser.add_argument("--quick", action="store_true", help="a first look")
    options = script.parsed(parser, at_once=(20,), runs=1, seconds=4.0, told=5)
    os.sched_setaffinity(0, {CORE})
    titles = ["backend", "at once", "CPU ms each", "signalling", "media", "media µs/packet"]
    print(head([*titles, "whole files", "packets", "missing", "wrong", "loss < 0.1 %"]), flush=True)
    for backend in [options.backend] if options.backend else ["io_uring", "epoll"]:
        messages(backend, options.at_once, options.runs, options.seconds)
    lamps, mails = how_soon(options.told, min(3.0, options.seconds))
    print()
    print(head(["from hanging up until", "messages", "p50 ms", "p99 ms"]))
    for name, times in (("the lamp is lit", lamps), ("the mail is handed over", mails)):
        shares = [round(percentile(times, share)) for share in (0.5, 0.99)]
        print(line([name, len(times), *shares]))


if __name__ == "__main__":
    script.run(main)
