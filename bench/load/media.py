"""Sound through the switch: CPU per call, loss, delay and jitter at so many calls, and the most.

The calls of one number stay up while it is measured, and more are added for the next.
"""

from collections.abc import Iterator
from functools import partial
from itertools import cycle
from typing import Any

from bench.load.most import most
from bench.load.office import Office, office_of
from bench.load.plan import Plan
from bench.load.sound import Sound, sound
from bench.load.target import Target
from bench.load.window import Row, Stopwatch, Window, undisturbed
from bench.phones import LoadFailed
from bench.rates import FIRST_GUESS
from bench.search import Trial

SETUP_RATE, GOODBYE_RATE = 40.0, 80.0
PACKETS_PER_SECOND = 50
MIN_SENT, MAX_LATE_US = 0.98, 20_000
"""Share of its packets that a load must have sent, and how late (p99), for a window to count."""
SETTLE = 2.0
"""Seconds until the sound of new calls has found its way."""


class Stage:
    """Calls with sound, as many as are wanted."""

    def __init__(self, target: Target, plan: Plan, office: Office, sound: Sound) -> None:
        self._target, self._plan = target, plan
        self._office, self._sound = office, sound
        self._pairs = cycle(zip(target.callers, target.callees, strict=True))

    def bring_up(self, calls: int) -> None:
        """So many calls, no more and no fewer."""
        missing = calls - len(self._office.up)
        if missing > 0:
            self._office.call_in_turn(self._pairs, missing, SETUP_RATE)
        elif missing < 0:
            self._office.hang_up_some(-missing, GOODBYE_RATE)
        self._office.wait(SETTLE)

    def trial(self, calls: float) -> Row:
        """One window with so many calls, whatever there were before."""
        self.bring_up(round(calls))
        return self.run(round(calls))

    def run(self, calls: int) -> Row:
        """One window. Raises LoadFailed when no call is up, SoundFailed."""
        up = len(self._office.up)
        if not up:
            raise LoadFailed(f"no call is up: {', '.join(self._office.failures[:2])}")
        processes = self._target.switch.processes
        watches: list[Stopwatch] = []
        windows: list[Window] = []
        heard = self._sound.measure(
            self._plan.seconds,
            self._office.wait,
            lambda: watches.append(Stopwatch(processes, [self._sound.pid])),
            lambda: windows.append(watches[0].stop()),
        )
        return row(calls, up, heard, windows[0], self._plan)


def measure(target: Target, plan: Plan) -> Iterator[Row]:
    """Rows of all numbers of calls, those of the search for the most included."""
    with sound() as generator, office_of(target.switch, generator) as office:
        office.log_in(target.phones, remove=True)
        office.log_in(target.callees)
        stage = Stage(target, plan, office, generator)
        known: list[Trial] = []
        share = 0.0
        for calls in plan.media_calls:
            stage.bring_up(calls)
            for done in undisturbed(partial(stage.run, calls), plan.runs, plan.retries):
                share = done["core_share"] / calls
                known.append(Trial(calls, done["passed"]))
                yield done
        if plan.search_seconds:
            guess = FIRST_GUESS / share
            yield from most("media", stage.trial, plan.search_seconds, guess, known)
        office.hang_up_some(len(office.up), GOODBYE_RATE)


def row(calls: int, up: int, heard: dict[str, Any], window: Window, plan: Plan) -> Row:
    """The figures of one window; `heard` are rtp_load.c's."""
    lost = heard["sent"] - heard["heard"]
    loss = lost / max(1, heard["sent"])
    late = behind(heard, window.used.wall)
    passed = (
        not late
        and up == calls
        and plan.media_passed(
            loss=loss,
            delay_p99_ms=heard["delay_p99_us"] / 1000,
            silent=2 * up - heard["streams"] + heard["silent"],
            wrong=heard["misrouted"],
        )
    )
    return {
        "test": "media",
        "load": calls,
        "up": up,
        "loss_percent": round(100 * loss, 4),
        "cpu_s_per_call_minute": round(60 * window.cpu / window.used.wall / up, 5),
        "cpu_us_per_packet": round(1e6 * window.cpu / max(1, heard["heard"]), 3),
        **heard,
        "passed": passed,
        **window.row(plan.max_foreign),
        "disturbed": late or window.foreign > plan.max_foreign,
    }


def behind(heard: dict[str, Any], seconds: float) -> bool:
    """Whether the load itself was too late, or did not even send what it should have: such a
    window says nothing about the switch."""
    due = heard["streams"] * PACKETS_PER_SECOND * seconds
    return bool(heard["sent"] < MIN_SENT * due or heard["late_p99_us"] > MAX_LATE_US)
