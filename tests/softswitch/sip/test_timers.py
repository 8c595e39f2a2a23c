"""The timer wheel."""

import gc
import weakref

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.sip.timers import TICKS_PER_SECOND, TimerWheel


def test_a_timer_fires_at_its_time_and_not_before() -> None:
    wheel, fired = TimerWheel(), list[str]()
    wheel.add(0.5, fired.append, "A")
    wheel.advance(0.49)
    assert fired == []
    wheel.advance(0.5)
    wheel.advance(9.0)
    assert fired == ["A"]


def test_an_empty_wheel_has_no_deadline() -> None:
    wheel = TimerWheel()
    assert wheel.next_deadline is None
    wheel.add(0.5, print)
    assert wheel.next_deadline == 0.5
    wheel.add(32.0, print)
    assert wheel.next_deadline == 0.5


def test_timers_fire_in_the_order_of_their_ticks() -> None:
    wheel, fired = TimerWheel(), list[float]()
    for when in (4.0, 0.5, 2.0, 0.5):
        wheel.add(when, fired.append, when)
    wheel.advance(100.0)
    assert fired == [0.5, 0.5, 2.0, 4.0]


def test_a_cancelled_timer_does_not_fire() -> None:
    wheel, fired = TimerWheel(), list[str]()
    timer = wheel.add(0.5, fired.append, "A")
    timer.cancel()
    timer.cancel()
    wheel.advance(1.0)
    assert fired == []


def test_a_timer_of_the_same_tick_can_still_be_cancelled_while_the_tick_runs() -> None:
    wheel, fired = TimerWheel(), list[str]()
    wheel.add(0.5, lambda: second.cancel())
    second = wheel.add(0.5, fired.append, "second")
    wheel.advance(0.5)
    assert fired == []


class Held:
    """Something that a weak reference can watch."""

    def heard(self) -> None:
        """Be called."""


def test_a_cancelled_timer_lets_go_of_what_it_would_have_called() -> None:
    wheel, held = TimerWheel(), Held()
    watch = weakref.ref(held)
    wheel.add(32.0, held.heard).cancel()
    del held
    gc.collect()
    assert watch() is None


def test_a_fired_timer_lets_go_of_what_it_called() -> None:
    wheel, held = TimerWheel(), Held()
    watch = weakref.ref(held)
    timer = wheel.add(0.5, held.heard)
    wheel.advance(0.5)
    del held
    gc.collect()
    assert watch() is None
    timer.cancel()


def test_a_timer_that_sets_itself_again_waits_for_the_next_tick() -> None:
    wheel, times = TimerWheel(), list[float]()

    def again() -> None:
        times.append(wheel.now)
        wheel.add(wheel.now, again)

    wheel.add(1.0, again)
    wheel.advance(1.0)
    assert times == [1.0]
    assert wheel.next_deadline == 1.0 + 1 / TICKS_PER_SECOND


def test_what_is_set_for_the_past_fires_at_the_next_tick() -> None:
    wheel, fired = TimerWheel(), list[str]()
    wheel.advance(10.0)
    wheel.add(3.0, fired.append, "late")
    wheel.advance(10.0)
    assert fired == []
    wheel.advance(10.02)
    assert fired == ["late"]


def test_the_owner_is_woken_only_for_a_new_first_deadline() -> None:
    woken: list[float] = []
    wheel = TimerWheel(woken.append)
    for when in (4.0, 8.0, 0.5, 0.5, 2.0):
        wheel.add(when, print)
    assert woken == [4.0, 0.5]


def test_an_exception_costs_no_other_timer() -> None:
    wheel, fired = TimerWheel(), list[str]()
    wheel.add(0.5, lambda: 1 / 0)
    wheel.add(0.5, fired.append, "after")
    wheel.add(0.6, fired.append, "later")
    with pytest.raises(ZeroDivisionError):
        wheel.advance(1.0)
    assert wheel.next_deadline == 1.0
    wheel.advance(1.0)
    assert fired == ["after", "later"]


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.floats(0, 100), st.booleans()), max_size=30),
    st.lists(st.floats(0, 120), max_size=10).map(sorted),
)
def test_each_timer_fires_once_and_at_most_a_tick_late(
    timers: list[tuple[float, bool]], moments: list[float]
) -> None:
    wheel = TimerWheel()
    fired: list[tuple[int, float]] = []
    for number, (when, cancelled) in enumerate(timers):
        timer = wheel.add(when, lambda number: fired.append((number, wheel.now)), number)
        if cancelled:
            timer.cancel()
    for now in [*moments, 200.0]:
        wheel.advance(now)
    assert sorted(n for n, _ in fired) == [n for n, (_, gone) in enumerate(timers) if not gone]
    for number, now in fired:
        when = timers[number][0]
        earlier = [moment for moment in moments if moment < now]
        assert when <= now
        assert all(moment < when + 1 / TICKS_PER_SECOND for moment in earlier)


def test_timers_without_hurry_fire_together_and_never_early() -> None:
    wheel = TimerWheel()
    fired: list[str] = []
    for when in (5.0, 5.01, 5.2, 5.25):
        wheel.add_about(when, fired.append, str(when))
    assert wheel.next_deadline == 5.0
    wheel.advance(5.0)
    assert fired == ["5.0"]
    assert wheel.next_deadline == 5.25
    wheel.advance(5.24)
    assert fired == ["5.0"]
    wheel.advance(5.25)
    assert fired == ["5.0", "5.01", "5.2", "5.25"]


def test_nobody_is_woken_for_timers_that_were_cancelled() -> None:
    wheel = TimerWheel()
    early = wheel.add(1.0, lambda: None)
    wheel.add(2.0, lambda: None)
    assert wheel.next_deadline == 1.0
    early.cancel()
    assert wheel.next_deadline == 2.0
    again = wheel.add(1.0, lambda: None)
    assert wheel.next_deadline == 1.0
    again.cancel()
    wheel.advance(2.0)
    assert wheel.next_deadline is None
