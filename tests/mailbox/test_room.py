"""How full a mailbox is (VM-8)."""

from hypothesis import given
from hypothesis import strategies as st

from softswitch.mailbox.messages import Message
from softswitch.mailbox.room import ALMOST_FULL, FULL, level, percent
from tests.mailbox.world import NOON, Settings


def messages(*seconds: float) -> list[Message]:
    return [Message("", "101", "102", "", "101", "busy", NOON, NOON, one) for one in seconds]


def test_number_or_length_counts_whichever_is_nearer_to_its_end() -> None:
    rules = Settings(max_messages=10, quota=100.0)
    assert percent(messages(), rules) == 0
    assert percent(messages(5.0), rules) == 10
    assert percent(messages(60.0, 5.0), rules) == 65
    assert percent(messages(*[1.0] * 9), rules) == 90
    assert percent(messages(99.9), rules) == 99


def test_there_are_two_levels() -> None:
    rules = Settings(max_messages=10)
    assert [level(messages(*[1.0] * count), rules) for count in (0, 8, 9, 10, 11)] == [
        0,
        0,
        ALMOST_FULL,
        FULL,
        FULL,
    ]


@given(
    st.lists(st.floats(0.0, 1e4), max_size=30),
    st.integers(1, 20),
    st.just(0.0) | st.floats(60.0, 1e4),
)
def test_one_more_message_never_makes_a_mailbox_emptier(
    lengths: list[float], most: int, quota: float
) -> None:
    rules = Settings(max_messages=most, quota=quota)
    assert percent(messages(*lengths, 1.0), rules) >= percent(messages(*lengths), rules)
