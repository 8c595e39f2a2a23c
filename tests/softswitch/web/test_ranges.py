"""Parts of files (RFC 9110 §14)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softswitch.web.ranges import NOTHING, Part, asked


@pytest.mark.parametrize(
    ("field", "part"),
    [
        ("bytes=0-99", Part(0, 100)),
        ("bytes=0-0", Part(0, 1)),
        ("bytes=900-", Part(900, 1000)),
        ("bytes=900-5000", Part(900, 1000)),
        ("bytes=-100", Part(900, 1000)),
        ("bytes=-5000", Part(0, 1000)),
        (" bytes=1-2 ", Part(1, 3)),
        ("bytes=1000-", NOTHING),
        ("bytes=-0", NOTHING),
        ("", None),
        ("bytes=-", None),
        ("bytes=5-4", None),
        ("bytes=1-2,4-5", None),
        ("lines=1-2", None),
        ("bytes=a-b", None),
        ("bytes=1" + "0" * 500 + "-", None),
        ("bytes=٣-٤", None),
    ],
)
def test_what_a_player_asks_for(field: str, part: Part | None) -> None:
    assert asked(field, 1000) == part


def test_of_nothing_there_is_no_part() -> None:
    assert asked("bytes=-5", 0) == NOTHING


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_a_part_is_within_the_file(first: int, last: int, size: int) -> None:
    found = asked(f"bytes={first}-{last}", size)
    if found is not None:
        assert 0 <= found.start <= found.stop <= size
