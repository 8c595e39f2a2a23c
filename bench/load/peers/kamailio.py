"""Kamailio as proxy and registrar with rtpengine in user space, in a chroot: their start.

No B2BUA: it tells what signalling and relay cost in C at the least.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.load.peers.chroot import Peer, need, started, wait_for
from bench.switch import HOST, RTP_PORTS, free_port

PACKAGES = ("kamailio", "kamailio-extra-modules", "rtpengine-daemon")
PROGRAMS = ("sbin/kamailio", "bin/rtpengine")
CONFIGURATION = "etc/kamailio-bench.cfg"
THREADS = 2
"""Of rtpengine: more of them share one core."""
PING = b"ready d7:command4:pinge"
"""In rtpengine's own protocol. Kamailio asks for it once, and then not again for a minute."""
SHARED_MB, PRIVATE_MB = 256, 16


@contextmanager
def running(root: Path, _extensions: range) -> Iterator[Peer]:
    """Both, ready for phones; its passwords follow from the numbers. Raises PeerMissing."""
    need(root, PROGRAMS, "kamailio")
    address, control = (HOST, free_port(HOST)), free_port(HOST)
    (root / CONFIGURATION).write_text(configuration(address, control))
    first, _, last = RTP_PORTS.partition("-")
    relay = [
        "rtpengine", "--foreground", "--log-level=1", "--log-stderr", "--table=-1",
        f"--interface={HOST}", f"--listen-ng={HOST}:{control}", f"--port-min={first}",
        f"--port-max={last}", f"--num-threads={THREADS}", "--timeout=300",
    ]  # fmt: skip
    proxy = [
        "kamailio", "-f", f"/{CONFIGURATION}", "-DD", "-E", "-Y", "/tmp",
        "-m", SHARED_MB, "-M", PRIVATE_MB,
    ]  # fmt: skip
    log = root / "kamailio.log"
    with started(root, relay, root / "rtpengine.log") as relay_pid:
        wait_for((HOST, control), root / "rtpengine.log", PING)
        with started(root, proxy, log) as proxy_pid:
            wait_for(address, log)
            yield Peer(address, (proxy_pid, relay_pid))


def configuration(address: tuple[str, int], control: int) -> str:
    """The text of kamailio.cfg; `control` is rtpengine's port."""
    host, port = address
    text = Path(__file__).with_name("kamailio.cfg").read_text()
    for mark, value in (("@HOST@", host), ("@PORT@", port), ("@CONTROL@", control)):
        text = text.replace(mark, str(value))
    return text
