"""Messages left in voicemail, many at once: CPU, set-up time, and whether the files are whole."""

import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle
from pathlib import Path

import soundfile

from bench.load.dialogs import Outgoing, State
from bench.load.latency import finish, hang_up_after
from bench.load.office import Office, office_of
from bench.load.plan import Plan
from bench.load.sound import sound
from bench.load.target import Target
from bench.load.window import Row, Stopwatch, settle, undisturbed
from bench.table import percentile

SETUP_RATE = 20.0
CLEAR_TIME = 30.0
WRITTEN = 3.0
"""Seconds until the last file must be there."""


class NoVoicemail(Exception):
    """The switch does not take messages."""


def measure(target: Target, plan: Plan) -> Iterator[Row]:
    """A row for each run. Raises NoVoicemail."""
    with sound() as generator, office_of(target.switch, generator) as office:
        office.stamped = False
        office.log_in(target.absent, remove=True)
        answers(office, target)
        yield from undisturbed(lambda: _run(office, target, plan), plan.runs, plan.retries)


def answers(office: Office, target: Target) -> None:
    """Raises NoVoicemail unless a call to somebody who is not there is taken."""
    probe = office.call(target.callers[0], target.absent[0])
    finish(office, [probe], 0.5)
    if probe.state is not State.DONE:
        raise NoVoicemail(f"a call to {target.absent[0]} got: {probe.why or 'no answer'}")


def _run(office: Office, target: Target, plan: Plan) -> Row:
    settle(target.switch.processes, CLEAR_TIME)
    before = set(files(target.spool))
    pairs = cycle(zip(target.callers, cycle(target.absent), strict=False))
    watch = Stopwatch(target.switch.processes, office.helpers)
    calls: list[Outgoing] = []
    began = time.monotonic()
    for number in range(plan.deposits):
        calls.append(office.call(*next(pairs)))
        hang_up_after(office, calls, plan.message_seconds)
        office.wait(began + (number + 1) / SETUP_RATE - time.monotonic())
    finish(office, calls, plan.message_seconds)
    office.wait(WRITTEN)
    window = watch.stop()
    done = sum(call.state is State.DONE for call in calls)
    times = [1e6 * (call.answered_at - call.began) for call in calls if call.answered_at]
    return {
        "test": "voicemail",
        "load": plan.deposits,
        "message_seconds": plan.message_seconds,
        "done": done,
        "failed": plan.deposits - done,
        "cpu_ms_each": round(1000 * window.cpu / max(1, done), 3),
        "p50_us": round(percentile(times, 0.5)),
        "p99_us": round(percentile(times, 0.99)),
        **spooled(set(files(target.spool)) - before, target.spool),
        **window.row(plan.max_foreign),
    }


def files(spool: Path | None) -> Iterator[Path]:
    """The messages that are there; none without a spool."""
    return spool.rglob("*.wav") if spool else iter(())


def spooled(new: set[Path], spool: Path | None) -> Row:
    """How many messages there are, and how long they are; nothing without a spool."""
    if spool is None:
        return {}
    lengths = [length for file in new if (length := seconds_of(file))]
    return {
        "files": len(new),
        "whole": len(lengths),
        "shortest_s": round(min(lengths, default=0.0), 2),
        "median_s": round(percentile(lengths, 0.5), 2),
        "longest_s": round(max(lengths, default=0.0), 2),
    }


def seconds_of(file: Path) -> float:
    """How long a WAV file is; 0 when it is none."""
    with suppress(soundfile.LibsndfileError):
        return float(soundfile.info(str(file)).duration)
    return 0.0
