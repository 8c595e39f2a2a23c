"""The whole switch in the test's own process, on free loopback ports, with real time."""

import asyncio
import gc
import os
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path

from softswitch.app import App
from softswitch.config import Config, load
from tests.support.ports import free_port, free_ports

MEDIA_PORTS = 40
PASSWORD = "correct-horse-battery"

YAML = """\
network:
  sip: {{udp: "127.0.0.1:{port}", tcp: "127.0.0.1:{port}"}}
  rtp: {first}-{last}
users:
  100: {{name: Anna, password: {password}}}
  101: {{name: Bob, password: {password}, ring_time: 20s}}
"""


def written(folder: Path, text: str = YAML, *, port: int | None = None) -> Path:
    """A configuration file with free ports."""
    media = free_ports(MEDIA_PORTS)
    path = folder / "office.yaml"
    port = free_port() if port is None else port
    path.write_text(text.format(port=port, first=media[0], last=media[-1], password=PASSWORD))
    return path


def interrupt() -> None:
    """Ctrl-C."""
    os.kill(os.getpid(), signal.SIGINT)


@asynccontextmanager
async def running(path: Path) -> AsyncIterator[Config]:
    """A switch that is ready; ended by Ctrl-C."""
    config = load(path)
    ready = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(App(config).run(lambda config, servers: ready.set()))
        await ready.wait()
        try:
            yield config
        finally:
            interrupt()


def run(test: Coroutine[None, None, None]) -> None:
    """Like asyncio.run; what the switch does to the garbage collector is undone."""
    thresholds = gc.get_threshold()
    try:
        asyncio.run(test)
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)
