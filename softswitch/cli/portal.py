"""`softswitch portal 101`: a way into the portal for who has no mail address yet (S0-20)."""

from typing import Annotated

import typer

from softswitch.cli import where
from softswitch.control import CannotAnswer, ControlError, ask


def portal(
    user: Annotated[str, typer.Argument(help="The user's number.")],
    file: where.File = None,
) -> None:
    """Print a link with which a user chooses a password for the portal. It works once, for half an
    hour, and whoever has it gets in.

    Exits with 1 if the switch does not run, has no portal, or knows no such user.
    """
    config = where.configuration(file)
    if not config.network.web:
        where.fail("there is no portal: write network.web")
    try:
        typer.echo(ask(where.control_socket(config), "portal link", user=user))
    except (CannotAnswer, ControlError) as error:
        where.fail(str(error))
