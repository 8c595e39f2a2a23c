"""What every end-to-end test here has: the mark, and one switch for its module."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.switch import Switch

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.interop)


@pytest.fixture(scope="module")
def switch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switch]:
    """The switch of this module: started once, and looked over when it stops."""
    with Switch(tmp_path_factory.mktemp("switch")) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_traceback(request: pytest.FixtureRequest) -> Iterator[None]:
    """The test after which a traceback is in the log is the one that fails."""
    running = request.getfixturevalue("switch") if "switch" in request.fixturenames else None
    yield
    if isinstance(running, Switch):
        running.check_log()
