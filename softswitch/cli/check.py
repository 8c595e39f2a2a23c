"""`softswitch check FILE`: is it right, and if not, everything that is wrong with it."""

import json
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from softswitch.cli import cautions, settings
from softswitch.config import Config, ConfigErrors, ListenAddress, Problem, load
from softswitch.config.boxes import people
from softswitch.plural import counted


class Format(StrEnum):
    """For people, for programs, for the annotations of a GitHub workflow."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


def check(
    file: Annotated[Path, typer.Argument(help="The configuration, a YAML file.")],
    output: Annotated[
        Format, typer.Option("--format", help="text for people, json, or github annotations.")
    ] = Format.TEXT,
    security: Annotated[
        bool, typer.Option("--security", help="Name mailboxes whose PIN everybody knows.")
    ] = False,
) -> None:
    """Say whether FILE is right, or everything that is wrong with it.

    Exits with 0 if it is right, 2 if there are mistakes, 1 if it cannot be read.
    """
    try:
        config = load(file)
    except ConfigErrors as errors:
        typer.echo(_REPORTS[output](errors.problems))
        raise typer.Exit(errors.exit_code) from None
    if output is Format.JSON:
        typer.echo(_json((), cautions.cautions(config)))
    else:
        more = cautions.security(config) if security else []
        typer.echo("\n".join([*fine(config), *more]))


def fine(config: Config) -> list[str]:
    """What there is to say about a right file."""
    count = len(people(config.users))
    users = counted(count, "user")
    udp, tcp = _ports(config.network.udp), _ports(config.network.tcp)
    web = f", portal on {_ports(config.network.web)}" if config.network.web else ""
    lines = [f"{config.path}: fine: {users}, SIP on udp {udp} tcp {tcp}{web}"]
    if config.missing_passwords:
        who = ", ".join(config.missing_passwords[:10])
        more = len(config.missing_passwords) - 10
        lines.append(
            f"note: no password yet for {who}{f' and {more} more' if more > 0 else ''}; "
            "made at the first start"
        )
    return lines + settings.notes(config) + cautions.cautions(config)


def _ports(addresses: Sequence[ListenAddress]) -> str:
    """The port alone for every address of the machine, else the address with it."""
    shown = [str(one.port) if one.host in ("0.0.0.0", "::") else str(one) for one in addresses]
    return ", ".join(dict.fromkeys(shown)) or "off"


def _text(problems: Sequence[Problem]) -> str:
    count = len(problems)
    tail = [f"{count} mistakes"] if count > 1 else []
    return "\n".join([*map(str, problems), *tail])


def _json(problems: Sequence[Problem], warnings: Sequence[str] = ()) -> str:
    """One object; the source line stays out of it, so that no password gets into a log."""
    keys = ("file", "line", "column", "path", "message", "suggestion")
    shown = [{key: getattr(problem, key) for key in keys} for problem in problems]
    told = {"fine": not problems, "problems": shown, "warnings": list(warnings)}
    return json.dumps(told, indent=2, ensure_ascii=False)


def _github(problems: Sequence[Problem]) -> str:
    return "\n".join(_annotation(problem) for problem in problems)


def _annotation(problem: Problem) -> str:
    """A workflow command: `%` and line breaks escaped, `,` and `:` too among the properties."""
    text = f"{problem.path}: {problem.message}" if problem.path else problem.message
    if problem.suggestion:
        text += f"\n{problem.suggestion}"
    file = _escaped(problem.file).replace(":", "%3A").replace(",", "%2C")
    place = f",line={problem.line},col={problem.column}" if problem.line else ""
    return f"::error file={file}{place}::{_escaped(text)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


_REPORTS: dict[Format, Callable[[Sequence[Problem]], str]] = {
    Format.TEXT: _text,
    Format.JSON: _json,
    Format.GITHUB: _github,
}
