"""Changes that are true only when the store has them, for whoever waits for that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from softswitch.control import CannotAnswer

T = TypeVar("T")


async def kept(change: Callable[[Callable[[bool], None]], T]) -> T:
    """What `change` returns, once the store has what it does.

    `change` is given who is to hear whether it has. Raises CannotAnswer when it cannot be kept.
    """
    heard: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    result = change(heard.set_result)
    if not await heard:
        raise CannotAnswer("the store cannot keep it; the log says why")
    return result
