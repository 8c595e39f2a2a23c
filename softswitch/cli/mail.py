"""`softswitch mail test ADDRESS` and `softswitch mail queue`: does mail work, and what waits."""

import asyncio
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from softswitch.cli import where
from softswitch.clock import Clock
from softswitch.config.configuration import Config
from softswitch.config.problems import Wrong
from softswitch.config.schema.mail import address
from softswitch.ladder import visible
from softswitch.mailbox import notices
from softswitch.mailbox.mail import Sender, trial
from softswitch.outbox import SENT
from softswitch.smtp import ServerFailed, deliver
from softswitch.store.store import OutboxRow, StoreError
from softswitch.voices import local_time

WIDE = 200
"""Columns: whoever greps wants whole lines."""

app = typer.Typer(help="Messages as mail.", no_args_is_help=True)


@app.callback()
def mail() -> None:
    """Messages as mail."""


@app.command("test")
def try_out(
    recipient: Annotated[str, typer.Argument(metavar="ADDRESS", help="Who gets the mail.")],
    file: where.File = None,
) -> None:
    """Send a mail to ADDRESS as the switch would, and show each step.

    Exits with 1 if the server did not take it, 2 if FILE or ADDRESS is wrong.
    """
    config = where.configuration(file)
    try:
        refused = _send(config, address(recipient))
    except Wrong as wrong:
        where.fail(str(wrong), code=2)
    except ServerFailed as error:
        where.fail(str(error))
    for whom, why in refused.items():
        where.fail(f"{whom} is refused: {why}")
    typer.echo("The server has the mail. Whether it arrives, only the mailbox can tell.")


def _send(config: Config, recipient: str) -> dict[str, str]:
    settings = config.mail
    if settings is None:
        where.fail(f"{config.path} has no section mail:", code=2)
    now = Clock().wall()
    sender = Sender(settings.sender, settings.name)
    mail = trial(sender, recipient, now, local_time(config.timezone)(now))
    return asyncio.run(deliver(settings, mail, [recipient], told=typer.echo)).refused


@app.command()
def queue(file: where.File = None) -> None:
    """Show mails that wait or were given up. Exits with 1 if they cannot be read."""
    config = where.configuration(file)
    try:
        rows = where.look_up(where.database(config), lambda store: store.outbox())
    except StoreError as error:
        where.fail(str(error))
    table = _table([row for row in rows if row.state != SENT])
    console = Console(highlight=False, width=WIDE)
    console.print(table if table.row_count else "none")


def _table(rows: list[OutboxRow]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("mailbox", "about", "since", "state", "attempts", "next", "why"):
        table.add_column(column, overflow="fold")
    for row in rows:
        next_at = _time(row.next_at) if row.state == "waiting" else ""
        state = row.state.replace("_", " ")
        about = notices.read(row.notice).kind.replace("_", " ") if row.notice else "message"
        times = (_time(row.since), state, str(row.attempts), next_at)
        cells = (row.mailbox, about, *times, row.error)
        table.add_row(*(Text(visible(cell)) for cell in cells))
    return table


def _time(at: float) -> str:
    return datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M:%S")
