"""Several pytest side by side, each with the files that no other has begun: a plugin.

`-p tests.support.sharing --shared=FOLDER` runs a file's tests only if it was the first to make the
file's name in that folder. All of them look at the same files in the same order, so that together
they run every test once. tests/support/side_by_side.py starts them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shared", type=Path, required=True, help="where begun files are written")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    """As pytest's own loop, over our files. `nextitem` is what tears down a module in time."""
    if session.testsfailed:
        raise session.Interrupted(f"{session.testsfailed} errors during collection")
    items = _ours(session.items, session.config.getoption("--shared"))
    item = next(items, None)
    while item is not None:
        following = next(items, None)
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
        item = following
    return True


def _ours(items: list[pytest.Item], begun: Path) -> Iterator[pytest.Item]:
    mine: dict[Path, bool] = {}
    for item in items:
        if item.path not in mine:
            mine[item.path] = _is_first(item.path, begun)
        if mine[item.path]:
            yield item


def _is_first(path: Path, begun: Path) -> bool:
    try:
        (begun / str(path).replace("/", "+")).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
