"""`softswitch show`: what the switch does, what it did, and what holds for a user.

show calls           those that are up; with --past 20 those that were
show registrations   phones
show recordings      calls that were recorded, newest first
show rooms           conference rooms, and who is in them
show trunks          carriers, whether they answer, and how many calls go through them
show 101             all settings of a user, and who decided each (features 4.4); with --history
                     what was changed, when and by whom
"""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from softswitch.cli import settings, where
from softswitch.clock import Clock
from softswitch.control import CannotAnswer, ControlError, ask
from softswitch.ladder import visible
from softswitch.store.store import StoreError

WIDE = 200
"""Columns when the output is no terminal: whoever greps wants whole lines."""

LATEST = 100
"""Recordings that are shown."""

Row = Mapping[str, Any]


class Subject(StrEnum):
    """What can be shown beside users."""

    CALLS = "calls"
    REGISTRATIONS = "registrations"
    RECORDINGS = "recordings"
    ROOMS = "rooms"
    TRUNKS = "trunks"


def show(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="WHAT",
            help="calls, registrations, trunks, rooms, recordings, or a user's number",
        ),
    ],
    file: where.File = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    past: Annotated[
        int,
        typer.Option(
            min=0,
            help="What is over, newest first: so many calls, or changes of a user's settings.",
        ),
    ] = 0,
    history: Annotated[
        bool, typer.Option("--history", help="All changes of a user's settings, newest first.")
    ] = False,
) -> None:
    """Show calls that are up, phones that are registered, trunks, rooms, or a user's settings.

    Exits with 1 if the switch is not running (past calls and settings are shown all the same), 2
    if FILE is wrong.
    """
    is_user = subject not in set(Subject)
    if past and not is_user and subject != Subject.CALLS:
        raise typer.BadParameter("only calls and settings are kept", param_hint="--past")
    config = where.configuration(file)
    if is_user:
        changes = past if past or history else None
        settings.show(config, subject, as_json=as_json, past=changes)
        return
    table = _past if past else TABLES[Subject(subject)]
    try:
        if subject == Subject.RECORDINGS:
            rows = _recorded(where.database(config))
        elif past:
            rows = _past_calls(where.database(config), past)
        else:
            rows = ask(where.control_socket(config), subject)
    except (CannotAnswer, ControlError, StoreError) as error:
        where.fail(str(error))
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        _print(table(rows, Clock().wall()))


def _past_calls(path: Path, limit: int) -> list[Row]:
    calls = where.look_up(path, lambda store: store.calls(limit))
    return [{**call._asdict(), "legs": json.loads(call.legs)} for call in calls]


def _recorded(path: Path) -> list[Row]:
    kept = where.look_up(path, lambda store: store.recordings(LATEST))
    return [recording._asdict() for recording in kept]


def _print(table: Table) -> None:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
    console.print(table if table.row_count else "none")


def _calls(rows: list[Row], now: float) -> Table:
    table = _table("call", "from", "to", "state", "since", "for", "sound", "devices")
    for row in rows:
        table.add_row(
            *_cells(
                row["call_id"],
                row["caller"],
                row["callee"],
                row["state"],
                _day_and_time(row["arrived_at"]),
                _duration(now - (row["answered_at"] or row["arrived_at"])),
                _sound(row.get("sound", ())),
                " ".join(row["devices"]),
            )
        )
    return table


def _sound(legs: Sequence[str]) -> str:
    """Of the caller's leg and the other: once where both are alike."""
    return " / ".join(dict.fromkeys(legs))


def _past(rows: list[Row], now: float) -> Table:
    table = _table("call", "from", "to", "outcome", "at", "talked", "ended by", "why")
    for row in rows:
        answered = row["answered_at"]
        table.add_row(
            *_cells(
                row["call_id"],
                row["caller"],
                row["callee"],
                row["outcome"],
                _day_and_time(row["arrived_at"]),
                "" if answered is None else _duration(row["ended_at"] - answered),
                row["ended_by"],
                "; ".join(filter(None, (row["reason"], row["path"]))),
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


def _trunks(rows: list[Row], now: float) -> Table:
    table = _table("trunk", "host", "address", "answers", "calls", "of at most")
    for row in rows:
        table.add_row(
            *_cells(
                row["name"],
                " ".join(row["hosts"]),
                row["address"] or "none found",
                _answers(row),
                row["calls"],
                row["max_calls"],
            )
        )
    return table


def _recordings(rows: list[Row], now: float) -> Table:
    table = _table("call", "from", "to", "at", "for", "file", "problem")
    for row in rows:
        table.add_row(
            *_cells(
                row["call_id"],
                row["caller"],
                row["callee"],
                _day_and_time(row["began_at"]),
                _duration(row["seconds"]),
                row["file"],
                row["problem"],
            )
        )
    return table


def _rooms(rows: list[Row], now: float) -> Table:
    table = _table("room", "number", "for", "members", "of at most", "who")
    for row in rows:
        members = row["members"]
        since = "" if row["since"] is None else _duration(now - row["since"])
        state = ["locked"] if row["locked"] else []
        who = [_member(one) for one in members]
        table.add_row(
            *_cells(
                row["room"],
                row["number"],
                since,
                len(members),
                row["max"],
                ", ".join([*who, *state]),
            )
        )
    return table


def _member(member: Row) -> str:
    signs = [sign for sign in ("moderator", "muted") if member[sign]]
    return " ".join([member["caller"] or "withheld", *signs])


def _answers(row: Row) -> str:
    """Whether a carrier does, and how fast."""
    if row["reachable"] is None:
        return "not asked yet"
    return f"{row['rtt'] * 1000:.0f} ms" if row["reachable"] else "no"


TABLES = {
    Subject.CALLS: _calls,
    Subject.REGISTRATIONS: _registrations,
    Subject.RECORDINGS: _recordings,
    Subject.ROOMS: _rooms,
    Subject.TRUNKS: _trunks,
}


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
