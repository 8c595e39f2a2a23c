"""The threads that wait for disks."""

import threading

from softswitch.media.engine import files
from softswitch.media.engine.files import Thread, breathe


def wait(lane: Thread) -> None:
    """Until everything that was asked for has been told."""
    finished = threading.Event()
    lane.submit(finished.set, lambda _: None)
    assert finished.wait(5.0)
    while lane.waited_for:
        lane.collect()


def test_jobs_are_done_in_order_by_one_other_thread() -> None:
    lane = Thread("test")
    told: list[object] = []
    done: list[tuple[int, str]] = []

    def job(number: int) -> int:
        done.append((number, threading.current_thread().name))
        return number

    for number in range(3):
        lane.post(lambda number=number: job(number))  # type: ignore[misc]
        lane.submit(lambda number=number: job(10 + number), told.append)  # type: ignore[misc]
    wait(lane)
    assert told == [10, 11, 12]
    assert done == [(number, "test") for number in (0, 10, 1, 11, 2, 12)]
    lane.close()


def test_nothing_is_told_but_in_collect() -> None:
    lane = Thread("test")
    told: list[object] = []
    finished = threading.Event()
    lane.submit(lambda: "result", told.append)
    lane.submit(finished.set, lambda _: None)
    assert finished.wait(5.0)
    assert told == []
    assert lane.waited_for
    wait(lane)
    assert told == ["result"]
    assert not lane.waited_for
    lane.close()


def test_what_goes_wrong_is_told_and_the_thread_lives() -> None:
    lane = Thread("test")
    told: list[object] = []
    lane.post(lambda: 1 // 0)
    lane.submit(lambda: 1 // 0, told.append)
    lane.submit(lambda: "fine", told.append)
    wait(lane)
    error, fine = told
    assert isinstance(error, ZeroDivisionError)
    assert fine == "fine"
    lane.close()


def test_what_goes_wrong_with_a_posted_job_is_complained_of_once() -> None:
    lane = Thread("recordings")
    complaints: list[str] = []
    lane.complain = complaints.append

    def fails() -> None:
        raise ValueError("no such\nlayout")

    lane.post(fails)
    lane.submit(fails, lambda _: None)  # whoever waits for this hears of it
    lane.post(lambda: 1 // 0)
    wait(lane)
    lane.post(fails)
    wait(lane)
    assert complaints == ["recordings: ValueError: no such layout"]
    lane.close()


def test_closing_waits_for_what_was_asked_for() -> None:
    lane = Thread("test")
    done: list[int] = []
    for number in range(100):
        lane.post(lambda number=number: done.append(number))  # type: ignore[misc]
    lane.close()
    assert done == list(range(100))


def test_a_thread_without_jobs_never_starts() -> None:
    lane = Thread("nothing")
    lane.collect()
    lane.close()
    assert "nothing" not in [thread.name for thread in threading.enumerate()]
    assert not lane.waited_for


def test_a_breath_is_short() -> None:
    assert files.BREATH < 0.001
    breathe()
