"""Registrations and calls without media, made by SIPp: at fixed rates, and the highest rate.

A call is INVITE, 401 or 407, ACK, INVITE with the answer, 180, 200, ACK, half a second, BYE, 200.
"""

from collections.abc import Iterator
from functools import partial
from statistics import median
from typing import NamedTuple

from bench.calls import CALL
from bench.load.most import most
from bench.load.office import office_of
from bench.load.plan import Plan
from bench.load.target import Target
from bench.load.window import Row, Stopwatch, Window, settle, undisturbed
from bench.phones import Load, Phones, phones_of
from bench.rates import FIRST_GUESS
from bench.registrations import REGISTRATION
from bench.search import Trial
from bench.table import percentile

UNITS = {"register": REGISTRATION, "calls": CALL}
CLEAR_TIME = 60.0
"""Seconds at most that a switch may take to finish what a run has left."""


class Trying(NamedTuple):
    """What all runs of one kind have in common."""

    name: str
    target: Target
    plan: Plan
    phones: Phones

    def run(self, rate: float) -> Row:
        """One window at this rate."""
        settle(self.target.switch.processes, CLEAR_TIME)
        unit, wanted = UNITS[self.name], round(rate * self.plan.seconds)
        watch = Stopwatch(self.target.switch.processes)
        load = unit.generate(self.phones, wanted, rate)
        return row(self.name, rate, load, watch.stop(), self.plan)


def measure(name: str, target: Target, plan: Plan) -> Iterator[Row]:
    """Rows of registrations or calls, those of the search for the highest rate included."""
    remove_contacts(target)
    with phones_of(target.switch) as phones:
        phones.register_new(0, target.switch.extensions)
        trying = Trying(name, target, plan, phones)
        known: list[Trial] = []
        each: list[float] = []
        for rate in plan.registrations if name == "register" else plan.calls:
            runs = undisturbed(partial(trying.run, rate), plan.runs, plan.retries)
            each = []
            for done in runs:
                each.append(done["cpu_ms_each"])
                known.append(Trial(rate, done["passed"]))
                yield done
        if plan.search_seconds:
            guess = FIRST_GUESS * 1000 / median(each)
            yield from most(name, trying.run, plan.search_seconds, guess, known)


def remove_contacts(target: Target) -> None:
    """Phones of earlier measurements are gone: calls must not fork to them."""
    with office_of(target.switch) as office:
        office.log_in(target.phones, remove=True)


def row(name: str, rate: float, load: Load, window: Window, plan: Plan) -> Row:
    """The figures of one window."""
    tail = UNITS[name].tail
    p99 = percentile(load.times, 0.99)
    sending = (window.used.wall - tail) * rate / load.wanted
    return {
        "test": name,
        "load": rate,
        "wanted": load.wanted,
        "succeeded": load.succeeded,
        "failed": load.wanted - load.succeeded,
        "repeated": load.retransmissions,
        "achieved": round(load.succeeded / load.wanted * rate / max(1.0, sending), 1),
        "p50_ms": percentile(load.times, 0.5),
        "p99_ms": p99,
        "cpu_ms_each": round(1000 * window.cpu / max(1, load.succeeded), 4),
        "passed": plan.rate_passed(load.wanted, load.succeeded, sending, p99),
        **window.row(plan.max_foreign),
    }
