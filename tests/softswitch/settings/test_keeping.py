"""A change is true when the store has it, and not before."""

import asyncio
from collections.abc import Callable

import pytest

from softswitch.control import CannotAnswer
from softswitch.settings.keeping import kept

Hearing = Callable[[bool], None]


def test_what_a_change_returns_comes_once_the_store_has_it() -> None:
    async def wait() -> None:
        hearing: list[Hearing] = []

        def change(done: Hearing) -> str:
            hearing.append(done)
            return "forward: off"

        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(kept(change))
            await asyncio.sleep(0)
            assert not waiting.done()
            hearing[0](True)
        assert waiting.result() == "forward: off"

    asyncio.run(wait())


def test_a_change_that_is_kept_at_once_is_not_waited_for() -> None:
    assert asyncio.run(kept(lambda done: done(True))) is None


def test_a_change_that_cannot_be_kept_is_said_to_be_none() -> None:
    with pytest.raises(CannotAnswer, match="the store cannot keep it; the log says why"):
        asyncio.run(kept(lambda done: done(False)))


def test_a_change_that_is_refused_is_refused_with_its_own_reason() -> None:
    def change(done: Hearing) -> None:
        raise CannotAnswer("no user has the number 999")

    with pytest.raises(CannotAnswer, match="999"):
        asyncio.run(kept(change))
