"""`softswitch messages`: what is in a mailbox, and deleted messages brought back (VM-14, VM-21)."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from softswitch.cli import where
from softswitch.control import CannotAnswer, ControlError, ask
from softswitch.ladder import visible

WIDE = 200
"""Columns: whoever greps wants whole lines."""
COLUMNS = ("id", "state", "from", "name", "when", "seconds", "file")

app = typer.Typer(help="Voice messages.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(help="As `list` shows it.")]


@app.callback()
def messages() -> None:
    """Voice messages."""


@app.command("list")
def listed(
    mailbox: Annotated[str, typer.Argument(help="Its number.")], file: where.File = None
) -> None:
    """Show the messages of a mailbox, those too that are deleted but can be brought back.

    Exits with 1 if the switch does not run or there is no such mailbox.
    """
    rows = _asked("messages", file, mailbox=mailbox)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in COLUMNS:
        table.add_column(column, overflow="fold")
    for row in rows:
        when = datetime.fromtimestamp(row["at"]).strftime("%Y-%m-%d %H:%M:%S")
        cells = (row["id"], row["state"], row["caller"], row["name"], when)
        more = (f"{row['seconds']:.1f}", row["file"])
        table.add_row(*(Text(visible(str(cell))) for cell in (*cells, *more)))
    Console(highlight=False, width=WIDE).print(table if rows else "none")


@app.command()
def show(message: Id, file: where.File = None) -> None:
    """Show all that is known of a message: who called whom, why it was left, how well it came."""
    row = _asked("message", file, id=message)
    loss = row["loss"]
    facts = {
        "id": row["id"],
        "mailbox": row["mailbox"],
        "state": row["state"],
        "from": row["caller"] or "withheld",
        "name": row["name"],
        "called": row["called"],
        "reason": row["reason"].replace("_", " "),
        "diverted by": row["diverted_by"],
        "forwarded by": row["forwarded_by"],
        "call began": _utc(row["began_at"]),
        "left at": _utc(row["at"]),
        "seconds": f"{row['seconds']:.1f}",
        "codec": row["codec"],
        "loss": "unknown" if loss is None else f"{loss:.1f} %",
        "file": row["file"],
    }
    for name, value in facts.items():
        if value:
            typer.echo(f"{name:<13} {visible(str(value))}")


@app.command()
def restore(message: Id, file: where.File = None) -> None:
    """Bring a deleted message back. It is an old one then."""
    typer.echo(_asked("restore message", file, id=message))


@app.command()
def delete(message: Id, file: where.File = None) -> None:
    """Delete a message; its owner's lamp follows."""
    typer.echo(_asked("delete message", file, id=message))


def _utc(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _asked(subject: str, file: Any, **what: str) -> Any:
    config = where.configuration(file)
    try:
        return ask(where.control_socket(config), subject, **what)
    except (CannotAnswer, ControlError) as error:
        where.fail(str(error))
