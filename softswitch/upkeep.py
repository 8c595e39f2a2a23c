"""What is done once in a while so that the state stays in order: backups, orphans, old history."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING

from softswitch.backups import Backups
from softswitch.orphans import Orphans
from softswitch.settings.opening import HISTORY, MOST
from softswitch.store import DATABASE_NAME
from softswitch.store.store import StoreError

if TYPE_CHECKING:
    from softswitch.bus import Bus
    from softswitch.clock import Clock
    from softswitch.config import Config
    from softswitch.mailbox.boxes import Boxes
    from softswitch.store.store import Store

log = logging.getLogger(__name__)

LOOK = 3600.0
"""Seconds between looks."""


async def open_upkeep(
    config: Config,
    store: Store,
    boxes: Boxes,
    bus: Bus,
    clock: Clock,
    stack: AsyncExitStack,
    tasks: asyncio.TaskGroup,
) -> Orphans:
    """Keep order until the stack is closed. Raises StoreError."""
    orphans = Orphans(config.users, store, boxes, clock.wall)
    await orphans.look()
    stack.callback(tasks.create_task(tidy(orphans, store, clock.wall)).cancel)
    moved = partial(_moved, tasks, orphans)
    clock.on_jump.append(moved)
    stack.callback(clock.on_jump.remove, moved)
    if config.backups:
        database = config.state / DATABASE_NAME
        backups = Backups(database, config.backups, wall=clock.wall, publish=bus.publish)
        stack.callback(tasks.create_task(backups.run()).cancel)
    return orphans


async def tidy(orphans: Orphans, store: Store, wall: Callable[[], float]) -> None:
    """Again and again; what the store cannot do now, it can perhaps next time."""
    while True:
        await asyncio.sleep(LOOK)
        try:
            await orphans.look()
            await store.drop_settings(wall() - HISTORY, MOST)
        except StoreError as error:
            log.error("what is over is kept for longer: %s", error)


def _moved(tasks: asyncio.TaskGroup, orphans: Orphans, jump: float) -> None:
    async def move() -> None:
        try:
            await orphans.clock_moved(jump)
        except StoreError as error:
            log.error("orphans cannot be moved along with the clock: %s", error)

    tasks.create_task(move())
