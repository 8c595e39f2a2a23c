"""Where commands find the configuration, and by it the running switch and what it keeps.

Given FILE, that; else what SOFTSWITCH_CONFIG names; else /etc/softswitch/softswitch.yaml, as a
package installs it; else conf/demo.yaml, for whoever stands in the checkout.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer

from softswitch.config import Config, ConfigErrors, load
from softswitch.control import SOCKET_NAME
from softswitch.store import DATABASE_NAME
from softswitch.store.sqlite import open_store
from softswitch.store.store import Store, StoreError

T = TypeVar("T")

VARIABLE = "SOFTSWITCH_CONFIG"
PLACES = (Path("/etc/softswitch/softswitch.yaml"), Path("conf/demo.yaml"))

CANNOT = 1
"""Exit code: not running, not found, cannot be read."""

File = Annotated[
    Path | None,
    typer.Argument(
        help=f"The switch's configuration. Else ${VARIABLE}, {PLACES[0]}, or {PLACES[1]}.",
        show_default=False,
    ),
]
"""The FILE argument of every command that asks a running switch."""


def fail(problem: str, code: int = CANNOT) -> NoReturn:
    """One line for a person, and the end."""
    typer.echo(f"softswitch: {problem}", err=True)
    raise typer.Exit(code)


def config_file(
    given: Path | None,
    environment: Mapping[str, str] = os.environ,
    places: Sequence[Path] = PLACES,
) -> Path:
    """The configuration that a command means. Fails with one line when there is none."""
    if given is not None:
        return given
    named = environment.get(VARIABLE)
    if named:
        return Path(named)
    for place in places:
        if place.exists():
            return place
    looked = " nor ".join(map(str, places))
    fail(f"no configuration: give FILE or set {VARIABLE}; there is neither {looked}")


def configuration(given: Path | None) -> Config:
    """What the configuration says. Exits with 1 when it cannot be read, 2 when it is wrong."""
    try:
        return load(config_file(given))
    except ConfigErrors as errors:
        typer.echo(str(errors), err=True)
        raise typer.Exit(errors.exit_code) from None


def control_socket(config: Config) -> Path:
    """Where the running switch listens for commands."""
    return config.state / SOCKET_NAME


def database(config: Config) -> Path:
    """Where the switch keeps calls and traces."""
    return config.state / DATABASE_NAME


def look_up(path: Path, query: Callable[[Store], Awaitable[T]]) -> T:
    """Ask what a switch has kept, whether it runs or not. Raises StoreError."""
    if not os.access(path, os.R_OK):
        why = "you may not read it" if path.exists() else "no switch has kept anything there yet"
        raise StoreError(f"{path}: {why}")

    return _with_store(path, query, read_only=True)


def write(path: Path, action: Callable[[Store], Awaitable[T]]) -> T:
    """Change what a switch has kept that does not run. Raises what the action raises."""
    return _with_store(path, action, read_only=False)


def _with_store(path: Path, action: Callable[[Store], Awaitable[T]], *, read_only: bool) -> T:
    async def main() -> T | Exception:
        async with open_store(path, read_only=read_only) as store:
            try:
                return await action(store)
            except Exception as error:
                return error  # raised within the store's task group it would come out as a group

    done = asyncio.run(main())
    if isinstance(done, Exception):
        raise done
    return done
