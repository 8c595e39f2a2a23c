"""`softswitch show calls|registrations`: what the running switch does; `--past`: what it did."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from softswitch.cli import where
from softswitch.clock import Clock
from softswitch.control import CannotAnswer, ControlError, ask
from softswitch.ladder import visible
from softswitch.store.sqlite import open_store
from softswitch.store.store import StoreError

WIDE = 200
"""Columns when the output is no terminal: whoever greps wants whole lines."""

Row = Mapping[str, Any]


class Subject(StrEnum):
    """What can be shown."""

    CALLS = "calls"
    REGISTRATIONS = "registrations"


def show(
    subject: Annotated[Subject, typer.Argument(help="calls or registrations")],
    file: where.File = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    past: Annotated[
        int, typer.Option(min=0, help="The last so many calls that are over, newest first.")
    ] = 0,
) -> None:
    """Show the calls that are up, or the phones that are registered.

    Exits with 1 if the switch is not running (past calls are shown all the same), 2 if FILE is
    wrong.
    """
    config = where.configuration(file)
    try:
        if past and subject is Subject.CALLS:
            rows = asyncio.run(_past_calls(where.database(config), past))
        else:
            rows = ask(where.control_socket(config), subject.value)
    except (CannotAnswer, ControlError, StoreError) as error:
        where.fail(str(error))
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        _print(subject, rows, Clock().wall())


async def _past_calls(path: Path, limit: int) -> list[Row]:
    async with open_store(path, read_only=True) as store:
        calls = await store.calls(limit)
    return [{**asdict(call), "legs": json.loads(call.legs)} for call in calls]


def _print(subject: Subject, rows: list[Row], now: float) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDE
    if rows:
        table = (_calls if subject is Subject.CALLS else _registrations)(rows, now)
        console.print(table)
    else:
        console.print(f"no {subject.value}")


def _calls(rows: list[Row], now: float) -> Table:
    table = _table("call", "from", "to", "state", "since", "for", "why")
    for row in rows:
        ended = row.get("ended_at")
        start = row["answered_at"] or row["arrived_at"]
        table.add_row(
            *_cells(
                row["call_id"],
                row["caller"],
                row["callee"],
                row.get("outcome") or row.get("state"),
                _day_and_time(row["arrived_at"]),
                _duration((ended or now) - start),
                row.get("reason") or row.get("because"),
            )
        )
    return table


def _registrations(rows: list[Row], now: float) -> Table:
    table = _table("user", "from", "contact", "phone", "expires in", "answers")
    for row in rows:
        answers = "no" if not row["reachable"] else "yes"
        if row["reachable"] and row["rtt"] is not None:
            answers = f"{row['rtt'] * 1000:.0f} ms"
        table.add_row(
            *_cells(
                row["user"],
                row["remote"],
                row["contact"],
                row["user_agent"],
                _duration(row["expires_at"] - now),
                answers,
            )
        )
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _cells(*values: object) -> list[Text]:
    """Text of phones, so nothing in it may steer the terminal or count as markup."""
    return [Text(visible("" if value is None else str(value))) for value in values]


def _day_and_time(at: float) -> str:
    return datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M:%S")


def _duration(seconds: float) -> str:
    """`1:02:03`, or `2:03` below an hour."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
