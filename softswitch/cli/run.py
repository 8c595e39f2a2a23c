"""`softswitch run FILE`: the switch, in the foreground, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from softswitch import greetings
from softswitch.app import App
from softswitch.cli import where
from softswitch.config import Config, ConfigErrors, load
from softswitch.config.boxes import people
from softswitch.config.secrets import make_missing
from softswitch.media.engine.secrecy import keep_memory_private
from softswitch.premises import CannotRun

MAX_SHOWN = 10
"""Extensions named at the start; an office has hundreds."""


def run(
    file: Annotated[Path, typer.Argument(help="The configuration, e.g. conf/demo.yaml")],
) -> None:
    """Start the switch."""
    config = _configuration(file)
    _set_up_log(config.log.level)
    keep_memory_private()
    config = greetings.prepared(config)
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(App(config).run(_tell_newcomer))
    except CannotRun as error:
        where.fail(str(error))


def _set_up_log(level: str) -> None:
    # Nobody reads thread, process or source line, and asking for them takes half the time.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None
    logging.basicConfig(
        level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for library in ("aiosqlite", "asyncio"):
        # At DEBUG they would write every row into the log, secrets among them.
        logging.getLogger(library).setLevel(logging.WARNING)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """uvloop where there is a wheel of it; asyncio's own loop is slower, not wrong."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


def _configuration(file: Path) -> Config:
    """The file's meaning, with a password for every user; or one clear line and an exit code."""
    try:
        config = load(file)
        if config.missing_passwords:
            made = make_missing(file, config.missing_passwords)
            config = load(file)
            _show_passwords(made)
        return config
    except ConfigErrors as errors:
        typer.echo(str(errors), err=True)
        raise typer.Exit(errors.exit_code) from None


def _show_passwords(made: dict[str, str]) -> None:
    typer.echo("New passwords, kept in secrets.yaml and shown only now:")
    for extension, password in made.items():
        typer.echo(f"  extension {extension}   password {password}")


def _tell_newcomer(config: Config, servers: list[str]) -> None:
    """What to type into a phone."""
    users = list(people(config.users))
    extensions = ", ".join(users[:MAX_SHOWN]) or "none yet: add some under users:"
    if len(users) > MAX_SHOWN:
        extensions += f" and {len(users) - MAX_SHOWN} more"
    typer.echo("The switch is ready. Type into a phone:")
    for server in servers:
        typer.echo(f"  server     {server}")
    typer.echo(f"  extension  {extensions}")
    typer.echo("  password   the one of the extension (secrets.yaml, or your YAML)")
