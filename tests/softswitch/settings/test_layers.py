"""Who wins, whatever happens in which order (features 4.4); the cases are in test_settings.py."""

from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.config import User
from softswitch.settings import keys, layers
from softswitch.store.store import SettingRow
from tests.softswitch.settings.office import NOON, Office, stamp, user

SECONDS = st.sampled_from((20.0, 25.0, 30.0))
DECISIONS = st.lists(
    st.one_of(
        st.tuples(st.just("phone"), SECONDS),
        st.tuples(st.just("file"), st.none() | SECONDS),
        st.tuples(st.just("restart"), st.none()),
    ),
    max_size=12,
)


def configured(seconds: float | None) -> dict[str, User]:
    return {"101": user() if seconds is None else user(ring_time=seconds)}


@settings(max_examples=100, deadline=None)
@given(DECISIONS)
def test_the_latest_decision_wins(decisions: list[tuple[str, float | None]]) -> None:
    office = Office(configured(None))
    in_file: float | None = None
    latest = 30.0
    for who, seconds in decisions:
        if who == "phone" and seconds is not None:
            office.change("101", ring_time=f"{seconds:g}s")
            latest = seconds
        elif who == "file":
            if seconds != in_file:
                latest = 30.0 if seconds is None else seconds
            in_file = seconds
            office = office.again(configured(in_file))
        else:
            office = office.again()
        assert office.settings.users["101"].ring_time == latest
        assert len(office.in_force) <= 1


def test_whoever_has_changed_nothing_is_the_configured_user_himself() -> None:
    users = {"101": user(), "102": user("102")}
    row = SettingRow("a", "101", "dnd", "on", "", "phone *78 by 101", NOON, 0.0, "")
    rows = layers.sorted_out(users, [row]).rows
    now = layers.everybody(users, rows, stamp)
    assert now["102"] is users["102"]
    assert keys.value(now["101"], keys.DND) == keys.ON
    assert layers.effective(users["102"], rows, stamp) is users["102"]
