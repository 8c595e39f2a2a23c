"""For every test: what kind it is, and in CI the same examples each time.

A property that fails in CI must fail here too; fresh examples are for everybody's own machine.
"""

import gc
import os
from collections.abc import Iterable

import pytest
from hypothesis import is_hypothesis_test, settings

# No deadline: how long an example takes says more of the machine's other work than of ours.
settings.register_profile("own", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "own")

SELDOM = 50_000
"""Objects made and not gone, before the garbage collector looks for cycles; the usual 700 of them
cost a tenth of the time of all tests."""

gc.set_threshold(SELDOM)


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Mark properties: they try many examples each, and `make unit` leaves them to `make test`."""
    for item in items:
        if is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.property)


def pytest_collection_finish() -> None:
    """The tests themselves stay until the end: the garbage collector need not look at them.

    Of what they make, little is left when they are done, so it may look more rarely (`SELDOM`).
    """
    gc.freeze()
