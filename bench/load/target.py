"""The switch under load: ours, a peer that is started for it, or one that runs already.

Its extensions are 1000 to 1199 with the password `pw` and the number. The first 150 are phones; the
others never register, so that calls to them reach voicemail, where there is any.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from bench.accounting import PROC, Processes
from bench.config import FIRST
from bench.load.peers import asterisk, kamailio
from bench.load.peers.chroot import Peer
from bench.switch import CORE, Switch, running

EXTENSIONS, PHONES = 200, 150
PEERS: dict[str, Callable[[Path, range], AbstractContextManager[Peer]]] = {
    "asterisk": asterisk.running,
    "kamailio": kamailio.running,
}
OURS = "ours"


class Target(NamedTuple):
    """What is measured."""

    name: str
    switch: Switch
    """Its extensions are those that have phones."""
    spool: Path | None = None
    """Where a voicemail message becomes a WAV file."""

    @property
    def phones(self) -> range:
        """The extensions that register."""
        return range(FIRST, FIRST + PHONES)

    @property
    def callers(self) -> range:
        """The half of them that calls the other half."""
        return range(FIRST, FIRST + PHONES // 2)

    @property
    def callees(self) -> range:
        """The half that is called."""
        return range(FIRST + PHONES // 2, FIRST + PHONES)

    @property
    def absent(self) -> range:
        """Those that never register."""
        return range(FIRST + PHONES, FIRST + EXTENSIONS)


class NoTarget(Exception):
    """There is no such switch."""


@contextmanager
def target_of(name: str, pids: Sequence[int], root: Path, spool: Path | None) -> Iterator[Target]:
    """The switch, started if need be. Raises NoTarget, PeerMissing and DidNotStart."""
    if name == OURS:
        absent = range(FIRST + PHONES, FIRST + EXTENSIONS)
        with running(EXTENSIONS, absent) as switch:
            own = switch.state / "voicemail"
            yield Target(OURS, switch._replace(extensions=PHONES), spool or own)
    elif name in PEERS:
        with PEERS[name](root, range(FIRST, FIRST + EXTENSIONS)) as peer:
            host, port = peer.address
            yield Target(name, Switch(host, port, together(peer.pids), PHONES), peer.spool)
    else:
        host, port = address_in(name)
        if not pids:
            raise NoTarget("a switch that runs already needs --pid, for its CPU and memory")
        processes = together(pids)
        pin(processes)
        yield Target(name, Switch(host, port, processes, PHONES), spool)


def address_in(text: str) -> tuple[str, int]:
    """Of 127.0.0.1:5060. Raises NoTarget."""
    host, colon, port = text.rpartition(":")
    if not (colon and host and port.isdecimal()):
        known = ", ".join([OURS, *PEERS])
        raise NoTarget(f"{text} is neither {known} nor an address such as 127.0.0.1:5060")
    return host, int(port)


def together(pids: Sequence[int]) -> Processes:
    """Several processes and what they have started, as one switch. Raises NoTarget."""
    gone = [pid for pid in pids if not (PROC / str(pid)).exists()]
    if gone:
        raise NoTarget(f"there is no process {gone[0]}")
    first, *others = [Processes.of(pid) for pid in pids]
    more = [pid for one in others for pid in (one.signalling, *one.workers)]
    all_of_them = dict.fromkeys([first.signalling, *first.workers, *more])
    return Processes(first.signalling, tuple(all_of_them)[1:])


def pin(processes: Processes) -> None:
    """Give all threads of the switch one core, as the others have."""
    for pid in (processes.signalling, *processes.workers):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            for thread in (PROC / str(pid) / "task").iterdir():
                os.sched_setaffinity(int(thread.name), {CORE})
