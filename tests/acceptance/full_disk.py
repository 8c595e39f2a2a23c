"""A disk that is full harms nobody (goal G23): `python -m tests.acceptance.full_disk`.

The running switch keeps its state on a small disk of its own (a tmpfs in a name space of mounts).
Ten callers leave messages until nothing more is taken from recordings: each has to be told and sent
a BYE, what was said until then is kept whole, no row is without a file and no file without a row.
A call between two phones goes on without a gap, and phones register. With room again, messages are
taken without a restart. In full size the disk is then filled to the last octet, while ten more
speak, so that the database cannot be written either; `--quick` leaves that out.

Exits with 1 when the goal is missed.
"""

import os
import select
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

from bench.load.dialogs import Incoming, Outgoing, State
from bench.load.office import Office
from bench.load.sound import RTP_PORT, phone_of
from bench.switch import Switch as Target
from softswitch.mailbox.messages import NEW
from softswitch.media import wave
from softswitch.media.rtp import build
from softswitch.store import DATABASE_NAME
from tests.support.audio import write_tone
from tests.support.switch import Switch

DISK = 256 << 20
"""Octets."""
LEFT = 3.0
"""Seconds of ten messages for which there is room."""
CALLERS, OWNERS = range(1000, 1010), range(1020, 1030)
TALKER, LISTENER, LATECOMER = 1010, 1011, 1012
PER_SECOND = 8000
RESERVE = 0.05
"""Share of a disk that recordings leave free."""
FRAME = 0.02
PATIENCE = 25.0
LONGEST_GAP = 0.5
"""Seconds between two packets of the call that goes on: the machine may be busy."""
TOLD = 25
"""Packets that somebody hears who is told something: half a second."""


class Mouths(Thread):
    """All phones that speak, and their ears: one thread, a packet each every 20 ms."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._sockets: dict[int, socket.socket] = {}
        self._places: dict[int, tuple[str, int]] = {}
        self.heard: Counter[int] = Counter()
        """Packets, by leg."""
        self.gaps: dict[int, float] = {}
        self._last: dict[int, float] = {}
        self._over = Event()

    def add(self, leg: int, place: tuple[str, int], *, stamped: bool = False) -> None:
        """Its phone speaks from now on. (What the office calls.)"""
        mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        mouth.setblocking(False)
        mouth.bind((phone_of(leg), RTP_PORT))
        self._sockets[leg], self._places[leg] = mouth, place

    def remove(self, leg: int) -> None:
        """It falls silent."""
        self._places.pop(leg, None)

    def run(self) -> None:
        began, number = time.monotonic(), 0
        payload = bytes(0x10 + octet % 0x60 for octet in range(160))
        while not self._over.is_set():
            for leg, place in list(self._places.items()):
                packet = build(0, number & 0xFFFF, 160 * number & 0xFFFFFFFF, 1 + leg, payload)
                self._sockets[leg].sendto(packet, place)
            number += 1
            while (left := began + FRAME * number - time.monotonic()) > 0:
                self._listen(left)

    def _listen(self, seconds: float) -> None:
        by_socket = {known: leg for leg, known in list(self._sockets.items())}
        ready, _, _ = select.select(list(by_socket), [], [], seconds)
        now = time.monotonic()
        for one in ready:
            leg = by_socket[one]
            one.recv(2048)
            self.heard[leg] += 1
            gap = now - self._last.get(leg, now)
            self._last[leg] = now
            self.gaps[leg] = max(gap, self.gaps.get(leg, 0.0))

    def close(self) -> None:
        self._over.set()
        self.join()
        for one in self._sockets.values():
            one.close()


class Trial:
    """The switch, its small disk, and phones."""

    def __init__(self, switch: Switch, office: Office, mouths: Mouths, state: Path) -> None:
        self.switch = switch
        self.office = office
        self.mouths = mouths
        self.state = state
        self.problems: list[str] = []

    def expect(self, right: bool, what: str) -> None:
        say(f"{'fine' if right else 'MISSED'}: {what}")
        if not right:
            self.problems.append(what)

    def leave_room(self, octets: int) -> None:
        """So much is free for recordings from now on, and what they leave to others."""
        disk = os.statvfs(self.state)
        excess = disk.f_bavail * disk.f_frsize - octets
        with suppress(OSError), (self.state / "ballast").open("ab", buffering=0) as file:
            file.write(bytes(max(0, excess)))
            while not octets:  # others write, too
                file.write(bytes(4096))

    def make_room(self) -> None:
        (self.state / "ballast").unlink()

    def calls(self, callers: Sequence[int]) -> list[Outgoing]:
        """Callers who reach mailboxes, and speak."""
        begun = [self.office.call(one, two) for one, two in zip(callers, OWNERS, strict=False)]
        self.until(lambda: all(call.state is not State.ASKING for call in begun))
        return begun

    def until(self, true: Callable[[], bool]) -> bool:
        self.office.wait(PATIENCE, true)
        return true()

    def rows(self) -> dict[str, Path]:
        """Files of the messages that can be heard, by id, as the store has them."""
        with sqlite3.connect(f"file:{self.state / DATABASE_NAME}?mode=ro", uri=True) as store:
            kept = store.execute("SELECT id, mailbox FROM messages WHERE state = ?", (NEW,))
            return {name: self.folder / box / f"{name}.wav" for name, box in kept.fetchall()}

    @property
    def folder(self) -> Path:
        return self.state / "voicemail"

    def agree(self) -> bool:
        """Has each row a whole file, and each file a row?"""
        rows = self.rows()
        files = set(self.folder.rglob("*.wav"))
        return files == set(rows.values()) and all(map(is_whole, files))

    def nothing_unfinished(self) -> bool:
        return not list(self.folder.rglob("*.part"))


def is_whole(path: Path) -> bool:
    """A file whose header is right, with a second of sound in it."""
    data = path.read_bytes()
    layout = wave.read(data)
    octets = len(data) - wave.HEADER_SIZE
    return (
        layout is not None and octets >= PER_SECOND and data.startswith(wave.header(layout, octets))
    )


def recordings_fill_it(trial: Trial) -> None:
    """Ten speak until there is no room for them."""
    told = trial.mouths
    trial.leave_room(round(RESERVE * DISK + LEFT * len(CALLERS) * PER_SECOND))
    calls = trial.calls(CALLERS)
    trial.expect(all(call.state is State.UP for call in calls), "ten callers are answered")
    trial.office.wait(1.0)
    before = Counter(told.heard)
    ended = trial.until(lambda: all(call.state is State.FAILED for call in calls))
    reasons = Counter(call.why for call in calls)
    trial.expect(ended, f"the switch says goodbye to all of them ({dict(reasons)})")
    heard = [told.heard[call.leg] - before[call.leg] for call in calls]
    trial.expect(min(heard) >= TOLD, f"each was told something ({min(heard)} packets at least)")
    trial.expect(not trial.office.log_in([LATECOMER]), "a phone registers while it is full")
    trial.until(trial.agree)
    kept = len(trial.rows())
    trial.expect(trial.agree(), f"rows and files agree, {kept} messages are kept whole")
    trial.expect(kept == len(CALLERS), "what was said until then is kept")
    trial.expect(trial.nothing_unfinished(), "nothing half is left")
    alarms = trial.switch.log().count("nearly full")
    trial.expect(1 <= alarms <= len(CALLERS), f"the operator is told ({alarms} times)")


def everything_is_full(trial: Trial) -> None:
    """The database cannot be written either."""
    calls = trial.calls(CALLERS)
    trial.office.wait(2.0)
    acknowledged = set(trial.rows())
    trial.leave_room(0)
    ended = trial.until(lambda: all(call.state is State.FAILED for call in calls))
    trial.expect(ended, "with no octet left the switch says goodbye to all")
    trial.expect(acknowledged <= set(trial.rows()), "what was kept before is there")
    trial.make_room()
    trial.office.wait(2.0)


def works_again(trial: Trial) -> None:
    """With room, without a restart."""
    before = set(trial.rows())
    call = trial.calls(CALLERS[:1])[0]
    trial.office.wait(3.0)
    trial.office.hang_up(call)
    trial.until(lambda: call.state is State.DONE and bool(set(trial.rows()) - before))
    more = len(set(trial.rows()) - before)  # and what the database could not take until now
    trial.expect(more >= 1, f"with room again a message is taken ({more} rows more)")
    trial.until(trial.agree)
    trial.expect(trial.agree(), "rows and files agree")


def run(folder: Path, *, quick: bool) -> bool:
    """All of it; was it fine?"""
    state = folder / "state"
    state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", state], check=True)
    with trial_on(folder, state) as trial:
        office = trial.office
        office.log_in([LISTENER])
        call = office.call(TALKER, LISTENER)
        trial.until(lambda: call.state is State.UP)
        recordings_fill_it(trial)
        trial.make_room()
        works_again(trial)
        if not quick:
            everything_is_full(trial)
            works_again(trial)
        incoming = next(iter(office._incoming.values()))
        assert isinstance(incoming, Incoming)
        gap = trial.mouths.gaps.get(incoming.leg, PATIENCE)
        trial.expect(call.state is State.UP, "the call of two phones is still up")
        trial.expect(gap < LONGEST_GAP, f"its longest gap was {1000 * gap:.0f} ms")
        office.hang_up(call)
        trial.until(lambda: call.state is State.DONE)
    subprocess.run(["umount", "--lazy", state], check=True)
    return not trial.problems


@contextmanager
def trial_on(folder: Path, state: Path) -> Iterator[Trial]:
    """A switch, phones, and their mouths, until the block ends."""
    write_tone(folder / "greeting.wav", 440.0, 0.3)
    users = [str(number) for number in (*CALLERS, TALKER, LISTENER, LATECOMER, *OWNERS)]
    box = {"enabled": "on", "greeting": "greeting.wav", "min_message": "1s"}
    each: dict[str, dict[str, object]] = {user: {"password": f"pw{user}"} for user in users}
    for owner in OWNERS:
        each[str(owner)]["voicemail"] = box
    with Switch(folder, users=users, each=each, user={"max_calls": 20}) as switch:
        mouths = Mouths()
        mouths.start()
        target = Target(*switch.address, None, 0)  # type: ignore[arg-type]
        office = Office(target, mouths)  # type: ignore[arg-type]
        try:
            trial = Trial(switch, office, mouths, state)
            yield trial
            if trial.problems:
                say(switch.log()[-6000:])
        finally:
            office.close()
            mouths.close()


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    options = ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true")
    options.add_argument("--inside", action="store_true", help="a name space of its own")
    given = options.parse_args()
    if not given.inside:
        if shutil.which("unshare") is None:
            sys.exit("cannot run: unshare is missing (apt install util-linux)")
        root = [] if os.geteuid() == 0 else ["--map-root-user"]
        command = ["unshare", "--mount", *root, sys.executable, "-m", __spec__.name]
        os.execvp(command[0], [*command, *sys.argv[1:], "--inside"])
    with tempfile.TemporaryDirectory() as folder:
        fine = run(Path(folder), quick=given.quick)
    sys.exit(not fine)


if __name__ == "__main__":
    main()
