"""Memory idle, per registered phone and per call up: `python -m bench.memory`.

    start ─► idle ─► a few phones ─► all phones ─► a few calls ─► all calls
                          └─ kB per phone ─┘            └─ kB per call ─┘

What the first phones and calls need once (caches, the database's pages) is not theirs: they come
first and are not counted. Every run starts a fresh switch. `--quick` gives a first look;
bench/README.md tells how to read the table.
"""

import time
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import NamedTuple

from bench.accounting import Memory, memory, wait_until_quiet
from bench.phones import phones_of
from bench.script import parsed, run
from bench.switch import Switch, running
from bench.table import head, line, spread

OFFICE = 10
"""Extensions of a small office, for idle memory without the phones' configuration."""
FIRST_PHONES, FIRST_CALLS = 500, 50
"""Those that are not counted."""
SETTLE = 1.0
"""Seconds until the store has written what it was given."""
CLEAR_TIME = 10.0
"""Seconds at most until the switch must have nothing to do."""


class Growth(NamedTuple):
    """What one run has seen at its points of rest."""

    idle: Memory
    few_phones: Memory
    phones: Memory
    few_calls: Memory
    calls: Memory


def at_rest(switch: Switch) -> Memory:
    """Memory once everything is done."""
    time.sleep(SETTLE)
    wait_until_quiet(switch.processes, most=CLEAR_TIME)
    return memory(switch.processes)


def idle_with(extensions: int) -> Memory:
    """Memory of a fresh switch that nobody has spoken to."""
    with running(extensions) as switch:
        return at_rest(switch)


def grow(phones: int, calls: int) -> Growth:
    """One run."""
    with running(FIRST_PHONES + phones) as switch, phones_of(switch) as load:
        idle = at_rest(switch)
        load.register_new(0, FIRST_PHONES)
        few_phones = at_rest(switch)
        load.register_new(FIRST_PHONES, phones)
        all_phones = at_rest(switch)
        load.keep_up(FIRST_CALLS)
        few_calls = at_rest(switch)
        load.keep_up(calls)
        return Growth(idle, few_phones, all_phones, few_calls, at_rest(switch))


def row(name: str, figures: Sequence[Memory], unit: str, each: float, digits: int) -> str:
    """One line of the table: the two kinds of process, and both together."""
    signalling = [one.signalling / each for one in figures]
    workers = [one.workers / each for one in figures]
    both = [sum(pair) for pair in zip(signalling, workers, strict=True)]
    return line([name, *(spread(values, digits) for values in (signalling, workers, both)), unit])


def growth(before: Memory, after: Memory) -> Memory:
    """What came in between."""
    return Memory(after.signalling - before.signalling, after.workers - before.workers)


def table(office: Sequence[Memory], runs: Sequence[Growth], phones: int, calls: int) -> str:
    """All rows."""
    per_phone = [growth(run.few_phones, run.phones) for run in runs]
    per_call = [growth(run.few_calls, run.calls) for run in runs]
    first_phones = [growth(run.idle, run.few_phones) for run in runs]
    first_calls = [growth(run.phones, run.few_calls) for run in runs]
    everything = [run.calls for run in runs]
    extensions = FIRST_PHONES + phones
    return "\n".join(
        [
            head(["", "signalling", "workers", "together", ""]),
            row(f"idle, {OFFICE} extensions", office, "MB", 1000, 1),
            row(f"idle, {extensions} extensions", [run.idle for run in runs], "MB", 1000, 1),
            row(f"first {FIRST_PHONES} phones", first_phones, "kB each", FIRST_PHONES, 1),
            row(f"{phones} phones more", per_phone, "kB each", phones, 1),
            row(f"first {FIRST_CALLS} calls up", first_calls, "kB each", FIRST_CALLS, 1),
            row(f"{calls} calls more up", per_call, "kB each", calls, 1),
            row("with all of them", everything, "MB", 1000, 1),
        ]
    )


def main() -> None:
    """Measure, and print the table."""
    parser = ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--phones", type=int, default=2500)
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a first look in half a minute")
    options = parsed(parser, phones=1000, calls=200, runs=1)
    office = [idle_with(OFFICE) for _ in range(options.runs)]
    runs = [grow(options.phones, options.calls) for _ in range(options.runs)]
    print(table(office, runs, options.phones, options.calls))


if __name__ == "__main__":
    run(main)
