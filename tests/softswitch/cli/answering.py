"""A switch that answers on its control socket, beside a command that asks it."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from softswitch.control import SOCKET_NAME, ControlServer, Handler


@contextmanager
def answering(state: Path, handlers: Mapping[str, Handler]) -> Iterator[None]:
    """Its state is in this folder."""
    server = ControlServer(state / SOCKET_NAME, handlers)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result()
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
