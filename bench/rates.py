"""What calls and registrations have in common: a load at fixed rates, and the search for the most.

A run is one window: the load begins, all its calls end, and then the switch's CPU in the meantime
is divided by the calls that succeeded.
"""

import os
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from statistics import median
from typing import NamedTuple

from bench.accounting import Usage, usage, wait_until_quiet
from bench.phones import Load, Phones, phones_of
from bench.search import Trial, best_of, next_rate
from bench.switch import Switch, running
from bench.table import head, line, percentile, spread

DISTURBED = 0.05
"""Share of a core that others may have without a remark."""
MAX_FAILED = 0.001
MAX_REPEATED = 0.01
"""Of a rate that counts as sustained: failures and retransmissions per call. A retransmission says
that an answer took 500 ms."""
MAX_LATE = 0.05
"""The load may take so much longer to send than it should."""
SETTLED = 34.0
"""Seconds that calls have been up when others begin: their transactions are forgotten by then
(RFC 3261 §17), and workers look at them as rarely as at older ones. After a minute they end."""
QUIET_TIME = 4.0
"""Seconds at most that the switch is given to finish what a run has left."""
FIRST_GUESS = 0.85
"""Of the rate at which a core would be full, by the CPU per call."""

Generate = Callable[[Phones, int, float], Load]


class Unit(NamedTuple):
    """What is measured."""

    name: str
    generate: Generate
    """Begin so many at a rate."""
    tail: float
    """Seconds that a run takes longer than its load is sent, at best."""


class Run(NamedTuple):
    """One window."""

    rate: float
    load: Load
    used: Usage
    cores: int
    tail: float

    @property
    def cpu_ms(self) -> float:
        """Per call, of all processes of the switch."""
        return 1000 * (self.used.signalling + self.used.workers) / max(1, self.load.succeeded)

    @property
    def workers_ms(self) -> float:
        """The media workers' part of it."""
        return 1000 * self.used.workers / max(1, self.load.succeeded)

    @property
    def foreign(self) -> float:
        """Share of a core that others had."""
        return self.used.foreign(self.cores) / self.used.wall

    @property
    def disturbed(self) -> bool:
        return self.foreign > DISTURBED

    @property
    def failed(self) -> int:
        return self.load.wanted - self.load.succeeded

    @property
    def sustained(self) -> bool:
        """Whether the switch kept up: nearly nothing failed, was repeated, or came late."""
        wanted = self.load.wanted
        sending = self.used.wall - self.tail
        return (
            self.failed <= MAX_FAILED * wanted
            and self.load.retransmissions <= MAX_REPEATED * wanted
            and sending <= (1 + MAX_LATE) * wanted / self.rate
        )


class Bench:
    """Measures one unit of work."""

    def __init__(self, unit: Unit, options: Namespace) -> None:
        self._unit = unit
        self._options = options

    def run(self, switch: Switch, phones: Phones, rate: float) -> Run:
        """One window at this rate."""
        wait_until_quiet(switch.processes, most=QUIET_TIME)
        before = usage(switch.processes)
        load = self._unit.generate(phones, round(rate * self._options.seconds), rate)
        used = usage(switch.processes).since(before)
        return Run(rate, load, used, os.cpu_count() or 1, self._unit.tail)

    def fixed(self, extensions: int, rates: Sequence[float], *, calls_up: int = 0) -> list[Run]:
        """Print a row for each rate; the runs of the last one. The rates take turns, so that what
        disturbs the machine for a while does not hit one rate only."""
        runs: dict[float, list[Run]] = {rate: [] for rate in rates}
        with running(extensions) as switch, phones_of(switch) as phones:
            phones.register_new(0, extensions)
            if calls_up:
                phones.keep_up(calls_up)
                time.sleep(SETTLED)
            for _ in range(self._options.runs):
                for rate, done in runs.items():
                    done.append(self.run(switch, phones, rate))
        for rate, done in runs.items():
            print(_row(extensions, calls_up, f"{rate:.0f}", done), flush=True)
        return runs[rates[-1]]

    def most(self, extensions: int, guess: float) -> None:
        """Print a row for the highest rate sustained, as far as time lasts."""
        until = time.monotonic() + self._options.search_seconds
        trials: list[Trial] = []
        runs: list[Run] = []
        while time.monotonic() < until:
            done = self._try(extensions, trials, guess, until)
            if not done:
                break
            runs += done
        best = best_of(trials)
        if best:
            good = [run for run in runs if run.rate == best and run.sustained]
            print(_row(extensions, 0, f"{best:.0f} (most found)", good), flush=True)
        elif runs:
            low = min(runs, key=lambda run: run.rate)
            print(_row(extensions, 0, f"{low.rate:.0f} (too much)", [low]), flush=True)

    def _try(self, extensions: int, trials: list[Trial], guess: float, until: float) -> list[Run]:
        """Rates on one switch until it fails at one: what it has then to clear up would be in the
        way of the next."""
        runs: list[Run] = []
        with running(extensions) as switch, phones_of(switch) as phones:
            phones.register_new(0, extensions)
            while time.monotonic() < until and (rate := next_rate(trials, guess)):
                run = self.run(switch, phones, rate)
                runs.append(run)
                trials.append(Trial(rate, run.sustained))
                if not run.sustained:
                    break
        return runs

    def main(self, calls_up: int = 0, least_searched: int = 0) -> None:
        """Print the table. Searches only with so many extensions at least."""
        print(head(_titles(self._unit.name)), flush=True)
        options = self._options
        for extensions in options.extensions:
            last = self.fixed(extensions, options.rates)
            if calls_up:
                self.fixed(extensions, options.rates[-1:], calls_up=calls_up)
            if options.search_seconds and extensions >= least_searched:
                full = 1000 / median(run.cpu_ms for run in last)
                self.most(extensions, FIRST_GUESS * full)


def options_parser(description: str, rates: str) -> ArgumentParser:
    """The options that both scripts have."""
    parser = ArgumentParser(description=description.partition("\n")[0])
    parser.add_argument("--extensions", type=numbers, default="10,1000", help="as 10,1000")
    parser.add_argument("--rates", type=numbers, default=rates, help=f"per second, as {rates}")
    parser.add_argument("--runs", type=int, default=3, help="windows per row")
    parser.add_argument("--seconds", type=float, default=3.0, help="of load per window")
    parser.add_argument("--search-seconds", type=float, default=20.0, help="0: no search")
    parser.add_argument("--quick", action="store_true", help="a first look in half a minute")
    return parser


def numbers(text: str) -> list[int]:
    """Of a list such as 10,1000."""
    return [int(number) for number in text.split(",")]


def _titles(unit: str) -> list[str]:
    return [
        "extensions", "calls up", "rate /s", f"CPU ms/{unit}", "of it workers", "core %",
        "failed", "repeated", "p99 ms", "load core %", "others %", "",
    ]  # fmt: skip


def _row(extensions: int, calls_up: int, rate: str, runs: Sequence[Run]) -> str:
    used = [run.used for run in runs]
    disturbed = sum(run.disturbed for run in runs)
    return line(
        [
            extensions,
            calls_up,
            rate,
            spread([run.cpu_ms for run in runs]),
            spread([run.workers_ms for run in runs]),
            spread([100 * (one.signalling + one.workers) / one.wall for one in used], 0),
            sum(run.failed for run in runs),
            sum(run.load.retransmissions for run in runs),
            spread([percentile(run.load.times, 0.99) for run in runs], 0),
            spread([100 * one.load / one.wall for one in used], 0),
            spread([100 * run.foreign for run in runs], 0),
            f"disturbed {disturbed}/{len(runs)}" if disturbed else "",
        ]
    )
