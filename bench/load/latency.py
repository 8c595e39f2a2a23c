"""Set-up latency under a light load: from the first INVITE to the 200, the challenge included.

SIPp's clock has steps of 4 ms; this one is the monotonic clock's, in microseconds.
"""

import time
from collections.abc import Iterator
from itertools import cycle

from bench.load.dialogs import Outgoing, State
from bench.load.office import Office, office_of
from bench.load.plan import Plan
from bench.load.target import Target
from bench.load.window import Row, Stopwatch, settle, undisturbed
from bench.table import percentile

TALK = 0.2
"""Seconds until a call is hung up."""
CLEAR_TIME = 20.0


def measure(target: Target, plan: Plan) -> Iterator[Row]:
    """A row for each window."""
    with office_of(target.switch) as office:
        office.log_in(target.phones, remove=True)
        office.log_in(target.callees)
        yield from undisturbed(lambda: _window(office, target, plan), plan.runs, plan.retries)


def row_of(calls: list[Outgoing], rate: float) -> Row:
    """The figures, µs."""
    times = [1e6 * (call.answered_at - call.began) for call in calls if call.answered_at]
    return {
        "test": "latency",
        "load": rate,
        "wanted": len(calls),
        "failed": sum(call.state is not State.DONE for call in calls),
        "p50_us": round(percentile(times, 0.5)),
        "p90_us": round(percentile(times, 0.9)),
        "p99_us": round(percentile(times, 0.99)),
        "max_us": round(max(times, default=0.0)),
    }


def _window(office: Office, target: Target, plan: Plan) -> Row:
    settle(target.switch.processes, CLEAR_TIME)
    pairs = cycle(zip(target.callers, target.callees, strict=True))
    watch = Stopwatch(target.switch.processes)
    repeated = office.repeated
    calls: list[Outgoing] = []
    began = time.monotonic()
    for number in range(round(plan.setups * plan.seconds)):
        calls.append(office.call(*next(pairs)))
        hang_up_after(office, calls, TALK)
        office.wait(began + (number + 1) / plan.setups - time.monotonic())
    finish(office, calls, TALK)
    window = watch.stop()
    done = sum(call.state is State.DONE for call in calls)
    return {
        **row_of(calls, plan.setups),
        "repeated": office.repeated - repeated,
        "cpu_ms_each": round(1000 * window.cpu / max(1, done), 4),
        **window.row(plan.max_foreign),
    }


def hang_up_after(office: Office, calls: list[Outgoing], seconds: float) -> None:
    """End the calls that have been up for so long."""
    now = time.monotonic()
    for call in calls:
        if call.state is State.UP and now - call.answered_at >= seconds:
            office.hang_up(call)


def finish(office: Office, calls: list[Outgoing], seconds: float, patience: float = 10.0) -> None:
    """Until all calls have been up for so long and have ended."""
    going = (State.ASKING, State.UP, State.ENDING)

    def ended() -> bool:
        hang_up_after(office, calls, seconds)
        return not any(call.state in going for call in calls)

    office.wait(seconds + patience, ended)
