"""A stranger sends to every media port, from before the ringing to the BYE: goal G16, small.

`python -m tests.acceptance.injection` is the same in full size.
"""

from pathlib import Path

import pytest

from softswitch.media.engine.backends.probe import why_not
from softswitch.media.engine.naming import EPOLL, IO_URING
from tests.support.injection import Plan, attack, office

PLAN = Plan(calls=20, seconds=3.0, rate=500)


@pytest.mark.parametrize(
    "backend",
    [
        EPOLL,
        pytest.param(
            IO_URING, marks=pytest.mark.skipif(bool(why_not()), reason=f"NOT TESTED: {why_not()}")
        ),
    ],
)
def test_a_stranger_neither_hears_nor_is_heard(tmp_path: Path, backend: str) -> None:
    with office(tmp_path, PLAN, backend) as switch:
        outcome = attack(switch, PLAN)
    assert outcome.problems() == [], str(outcome)
