"""`softswitch` and `python -m softswitch`: the command line, one command per module of `cli`."""

from __future__ import annotations

import typer

from softswitch.cli.adopt import adopt
from softswitch.cli.calendar import app as calendar
from softswitch.cli.check import check
from softswitch.cli.explain import explain
from softswitch.cli.mail import app as mail
from softswitch.cli.messages import app as messages
from softswitch.cli.portal import portal
from softswitch.cli.prompts import app as prompts
from softswitch.cli.run import run
from softswitch.cli.settings import reset, undo
from softswitch.cli.show import show
from softswitch.cli.state import export_state, import_state, orphans
from softswitch.cli.trace import trace


def application() -> typer.Typer:
    """The command line as a value, for tests."""
    app = typer.Typer(
        name="softswitch",
        help="A softswitch in pure Python.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    for command in (run, check, explain, show, reset, undo, adopt, trace, portal, orphans):
        app.command()(command)
    app.command("export-state")(export_state)
    app.command("import-state")(import_state)
    app.add_typer(calendar, name="calendar")
    app.add_typer(mail, name="mail")
    app.add_typer(messages, name="messages")
    app.add_typer(prompts, name="prompts")
    return app


def main() -> None:
    """The console script."""
    application()()


if __name__ == "__main__":
    main()
