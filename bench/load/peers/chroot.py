"""A Debian in a folder, for programs of other releases than the machine's, and to leave it alone.

    set up     debootstrap ─► the machine's apt settings ─► apt-get install, once
    run        unshare ─► /proc, /dev, an empty /tmp, seen by the program only ─► chroot ─► program

Nothing outlives the program but what it wrote below the folder. Both need root.
"""

import os
import resource
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from bench.switch import CORE

SUITE = "sid"
"""Debian's releases since 12 have no Asterisk."""
START_TIME, END_TIME = 20.0, 5.0
"""Seconds that a peer may take."""
MOUNT_AND_ENTER = (
    'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && mount -t tmpfs tmpfs "$0/tmp"'
    ' && exec chroot "$0" "$@"'
)
SETTINGS = ("Acquire::http", "Acquire::https", "Acquire::Retries")
"""How this machine reaches its mirror."""
ANY_AGE = "Acquire::Check-Valid-Until=false"
"""A mirror that stands still is as good."""


class Peer(NamedTuple):
    """A peer that runs."""

    address: tuple[str, int]
    pids: tuple[int, ...]
    spool: Path | None = None
    """Where its voicemail messages are."""


class PeerMissing(Exception):
    """It is not set up, cannot be, or does not start."""


def default_root() -> Path:
    """Where peers live unless told otherwise."""
    return Path(tempfile.gettempdir()) / "bench-peers"


def mirror_in(targets: str) -> str:
    """The first Debian mirror among apt's index targets, a line each. Raises PeerMissing."""
    for line in targets.splitlines():
        address, _, origin = line.partition(" ")
        if origin == "Debian" and "security" not in address:
            return address
    raise PeerMissing("this machine's apt knows no Debian mirror")


def set_up(root: Path, packages: Sequence[str]) -> None:
    """Install these packages below the folder. Raises PeerMissing."""
    for program in ("debootstrap", "unshare"):
        if shutil.which(program) is None:
            raise PeerMissing(f"{program} is missing (apt install debootstrap util-linux)")
    if os.geteuid():
        raise PeerMissing("setting up a peer needs root")
    try:
        if not (root / "etc/apt/apt.conf.d/80machine").exists():
            _bootstrap(root)
        install = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", ANY_AGE]
        _do(entering(root, [*install, "update"]))
        _do(entering(root, [*install, "-y", "install", "--no-install-recommends", *packages]))
    except subprocess.CalledProcessError as error:
        raise PeerMissing(f"{error.cmd[0]} has failed, see above") from None


def entering(root: Path, command: Sequence[object]) -> list[str]:
    """The command line that runs a command within the folder."""
    enter = ["unshare", "--mount", "--propagation", "private", "sh", "-c", MOUNT_AND_ENTER]
    return [*enter, str(root), *map(str, command)]


def need(root: Path, programs: Sequence[str], peer: str) -> None:
    """Raises PeerMissing unless the programs are there."""
    if not all((root / "usr" / folder).exists() for folder in programs):
        where = "" if root == default_root() else f" --root {root}"
        raise PeerMissing(
            f"{peer} is not set up in {root}: python -m bench.load setup {peer}{where}"
        )


@contextmanager
def started(root: Path, command: Sequence[object], log: Path) -> Iterator[int]:
    """A program within the folder, on the switch's core; its process id."""
    with log.open("w") as output:
        process = subprocess.Popen(
            entering(root, command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=_prepare,
        )
    try:
        yield process.pid
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(END_TIME)
        process.kill()
        process.wait()


def wait_for(address: tuple[str, int], log: Path, question: bytes = b"") -> None:
    """Until it answers the question, or SIP. Raises PeerMissing, with what the program has said."""
    until = time.monotonic() + START_TIME
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.bind((address[0], 0))
        asking.settimeout(0.2)
        while time.monotonic() < until:
            try:
                asking.sendto(question or _options(address, asking.getsockname()), address)
                asking.recv(4096)
                return
            except OSError:  # nobody there yet
                time.sleep(0.1)
    raise PeerMissing(f"it does not answer: {log.read_text()[-2000:] or 'it said nothing'}")


def _options(to: tuple[str, int], here: tuple[str, int]) -> bytes:
    host, port = to
    return (
        f"OPTIONS sip:{host}:{port} SIP/2.0\r\nMax-Forwards: 70\r\n"
        f"Via: SIP/2.0/UDP {here[0]}:{here[1]};branch=z9hG4bKready;rport\r\n"
        f"From: <sip:1000@{host}>;tag=ready\r\nTo: <sip:{host}>\r\nCall-ID: ready\r\n"
        "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    ).encode()


def _bootstrap(root: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    listing = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(ORIGIN)"]
    mirror = mirror_in(_said([*listing, "Created-By: Packages"]))
    _do(["debootstrap", "--variant=minbase", "--include=ca-certificates", SUITE, root, mirror])
    for file in ("resolv.conf", "hosts"):
        shutil.copy(Path("/etc") / file, root / "etc" / file)
    start_nothing = root / "usr/sbin/policy-rc.d"
    start_nothing.write_text("#!/bin/sh\nexit 101\n")
    start_nothing.chmod(0o755)
    settings = _said(["apt-config", "dump", *SETTINGS])
    (root / "etc/apt/apt.conf.d/80machine").write_text(settings)


def _do(command: Sequence[object]) -> None:
    subprocess.run(list(map(str, command)), check=True)


def _said(command: Sequence[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _prepare() -> None:
    """In the child: one core, and as many open files as may be."""
    os.sched_setaffinity(0, {CORE})
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
