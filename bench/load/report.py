"""Tables of what was measured, switches side by side: `python -m bench.load report FILE…`.

    lines of JSON ─► rows of one measurement and load, by switch ─► a table for each measurement

A cell is the lowest, the middle and the highest of the undisturbed runs; of all of them, with a ~,
when none was undisturbed.
"""

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bench.load.window import Row
from bench.table import head, line, spread


class Figure(NamedTuple):
    """A row of a table: a column of the lines of JSON."""

    title: str
    key: str
    digits: int = 0
    times: float = 1.0


class Table(NamedTuple):
    """A table of one measurement."""

    title: str
    unit: str
    """Of the load, in its second column."""
    figures: Sequence[Figure]


class NotAResult(Exception):
    """A line that bench.load has not written."""


OF_ALL = (Figure("core %", "core_share", 0, 100), Figure("others %", "foreign_share", 0, 100))
OF_RATES = (
    Figure("CPU ms each", "cpu_ms_each", 2),
    Figure("failed", "failed"),
    Figure("repeated", "repeated"),
    Figure("p50 ms", "p50_ms"),
    Figure("p99 ms", "p99_ms"),
    *OF_ALL,
)
TABLES = {
    "register": Table("Registrations", "per second", OF_RATES),
    "calls": Table("Calls without media", "per second", OF_RATES),
    "latency": Table(
        "Set-up time, first INVITE to 200",
        "calls per second",
        (
            Figure("p50 µs", "p50_us"),
            Figure("p99 µs", "p99_us"),
            Figure("failed", "failed"),
            Figure("CPU ms each", "cpu_ms_each", 2),
            *OF_ALL,
        ),
    ),
    "media": Table(
        "Calls with media",
        "calls",
        (
            Figure("CPU s per call and minute", "cpu_s_per_call_minute", 3),
            Figure("CPU µs per packet", "cpu_us_per_packet", 1),
            Figure("lost %", "loss_percent", 3),
            Figure("delay p50 µs", "delay_p50_us"),
            Figure("delay p99 µs", "delay_p99_us"),
            Figure("jitter p99 µs", "jitter_p99_us"),
            Figure("misrouted", "misrouted"),
            Figure("load's lateness p99 µs", "late_p99_us"),
            *OF_ALL,
        ),
    ),
    "voicemail": Table(
        "Voicemail messages",
        "at once",
        (
            Figure("CPU ms each", "cpu_ms_each", 1),
            Figure("failed", "failed"),
            Figure("files", "files"),
            Figure("whole", "whole"),
            Figure("shortest s", "shortest_s", 2),
            Figure("longest s", "longest_s", 2),
            Figure("set-up p99 µs", "p99_us"),
            *OF_ALL,
        ),
    ),
    "memory": Table(
        "Memory",
        "calls",
        (
            Figure("idle MB", "idle_mb", 1),
            Figure("kB per phone", "kb_per_phone", 1),
            Figure("kB per call, the first half", "kb_per_first_call", 1),
            Figure("kB per call, the other half", "kb_per_more_call", 1),
            Figure("MB after the calls", "after_mb", 1),
            Figure("threads idle", "threads_idle"),
            Figure("threads with calls", "threads_calling"),
        ),
    ),
}


def rows_in(text: str) -> list[Row]:
    """Of lines of JSON. Raises NotAResult."""
    rows = []
    for number, one in enumerate(text.splitlines(), 1):
        try:
            row = json.loads(one)
            known = row["test"].removesuffix("-most") in TABLES and row["switch"]
        except (ValueError, TypeError, KeyError, AttributeError):
            known = False
        if not known:
            raise NotAResult(f"line {number} is no result of bench.load: {one[:60]}")
        rows.append(row)
    return rows


def report(rows: Sequence[Row]) -> str:
    """All tables that there is something for."""
    switches = list(dict.fromkeys(row["switch"] for row in rows))
    texts = [_table(test, rows, switches) for test in TABLES]
    return "\n".join(text for text in texts if text)


def _table(test: str, rows: Sequence[Row], switches: Sequence[str]) -> str:
    table = TABLES[test]
    fixed = [row for row in rows if row["test"] == test and not row.get("searching")]
    found = [row for row in rows if row["test"] == f"{test}-most"]
    lines = []
    for load in sorted({row["load"] for row in fixed}):
        here = [row for row in fixed if row["load"] == load]
        for figure in table.figures:
            cells = [cell(figure, [row for row in here if row["switch"] == s]) for s in switches]
            if any(cells):
                lines.append(line([_number(load), figure.title, *cells]))
    if found:
        cells = [" ".join(map(most, of(found, switch))) for switch in switches]
        lines.append(line(["most", table.unit, *cells]))
    if not lines:
        return ""
    return "\n".join([f"### {table.title}\n", head([table.unit, "", *switches]), *lines, ""])


def of(rows: Iterable[Row], switch: str) -> list[Row]:
    """Those of one switch."""
    return [row for row in rows if row["switch"] == switch]


def cell(figure: Figure, rows: Sequence[Row]) -> str:
    """The spread of a figure over runs; "" when it was not measured."""
    rows = [row for row in rows if figure.key in row]
    good = [row for row in rows if not row["disturbed"]]
    values = [row[figure.key] * figure.times for row in good or rows]
    if not values:
        return ""
    return ("" if good else "~") + spread(values, figure.digits)


def most(row: Row) -> str:
    """What a search has found."""
    too_much = f" (not {_number(row['too_much'])})" if row["too_much"] else ""
    return f"{_number(row['most'])}{too_much}"


def _number(value: float) -> str:
    return f"{value:.0f}"
