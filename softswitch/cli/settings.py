"""`softswitch show 101`, `reset 101 forward`, `undo 101`: what holds for a user, and who decided.

The running switch is asked; without one, what it has kept is read and changed here.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from softswitch.cli import where
from softswitch.clock import Clock
from softswitch.config import Config, User
from softswitch.control import CannotAnswer, ControlError, NotRunning, ask
from softswitch.ladder import visible
from softswitch.routing.calendar import Calendars
from softswitch.settings import calendars, history, keys, layers
from softswitch.settings.commands import EVERYTHING, RESETTABLE, changes, done_alone, show_kept
from softswitch.settings.opening import stamp
from softswitch.store.store import Store, StoreError

T = TypeVar("T")

GAP = "   "
"""Between columns."""
WIDEST, WIDEST_CHANGE = 28, 60
"""Characters; what is longer moves the rest of its line."""


def show(config: Config, user: str, *, as_json: bool, past: int | None = None) -> None:
    """All settings of a user, or so many `past` changes, 0: all of them.

    Ends the program when there is no such user.
    """
    if user not in config.users:
        where.fail(f"no user has the number {user}; show what? calls, registrations or a user")
    if past is not None:
        _print(_history(config, user, past), as_json=as_json, widest=WIDEST_CHANGE)
        return

    def found() -> Any:
        path = where.database(config)
        if not path.exists():
            return asyncio.run(show_kept(config, None, user))
        return where.look_up(path, lambda store: show_kept(config, store, user))

    _print(asked(config, "settings", found, user=user), as_json=as_json)


def _print(answer: Any, *, as_json: bool, widest: int = WIDEST) -> None:
    typer.echo(
        json.dumps(answer, ensure_ascii=False, indent=2)
        if as_json
        else "\n".join(table(answer, widest))
    )


def _history(config: Config, user: str, limit: int) -> Any:
    """What was changed, and by whom."""
    path = where.database(config)
    if not path.exists():
        return changes(config.users[user], [], stamp(config.timezone))
    try:
        rows = where.look_up(path, lambda store: store.settings_of(user))
    except StoreError as error:
        where.fail(str(error))
    found = history.changes(rows)[: limit or None]
    return changes(config.users[user], found, stamp(config.timezone))


def reset(
    user: Annotated[str, typer.Argument(help="The user's number.")],
    what: Annotated[str, typer.Argument(help=f"One of {', '.join(RESETTABLE)}.")],
    file: where.File = None,
) -> None:
    """Take back what a user has changed by phone: the configuration holds again.

    Exits with 1 if there is no such user or setting, 2 if FILE is wrong.
    """
    config = where.configuration(file)
    if user not in config.users:
        where.fail(f"no user has the number {user}")
    if what not in RESETTABLE:
        where.fail(f"{what} cannot be reset; known are {', '.join(RESETTABLE)}")
    subject = "nothing" if what == EVERYTHING else f"nothing of {what}"
    dropped = _changed(config, "reset", user=user, what=what)
    for line in dropped or [f"{subject} was changed by {user}"]:
        typer.echo(visible(line))


def undo(
    user: Annotated[str, typer.Argument(help="The user's number.")],
    key: Annotated[
        str, typer.Argument(help="Only of this setting, such as forward.busy.", show_default=False)
    ] = "",
    file: Annotated[
        Path | None, typer.Option("--config", help="The configuration, a YAML file.")
    ] = None,
) -> None:
    """Take the last change of a user's settings back, whoever made it.

    The user, an administrator by `reset`, or a new line in the file. Twice: all is as before.

    Exits with 1 if there is no such user, or nothing was changed, 2 if FILE is wrong.
    """
    config = where.configuration(file)
    if user not in config.users:
        where.fail(f"no user has the number {user}")
    if key not in ("", *keys.KEYS):
        where.fail(f"{key} is no such setting; known are {', '.join(keys.KEYS)}")
    undone = _changed(config, "undo", user=user, key=key)
    if not undone:
        where.fail(f"{user} has changed nothing")
    for line in undone:
        typer.echo(visible(line))


def _changed(config: Config, subject: str, **request: str) -> list[str]:
    """What was changed, in words: by the running switch, else here."""

    def done() -> Any:
        path = where.database(config)
        if not path.exists():
            return []
        wall = Clock().wall
        return where.write(path, lambda store: done_alone(config, store, wall, subject, request))

    lines: list[str] = asked(config, subject, done, **request)
    return lines


def kept(config: Config, query: Callable[[Store], Awaitable[list[T]]]) -> list[T]:
    """What the switch has kept, running or not; nothing, if that cannot be read."""
    try:
        return where.look_up(where.database(config), query)
    except StoreError:
        return []


def users_now(config: Config) -> dict[str, User]:
    """The users with what they have changed, as calls find them."""
    rows = layers.sorted_out(config.users, kept(config, lambda store: store.settings())).rows
    return layers.everybody(config.users, rows, stamp(config.timezone))


def calendars_now(config: Config) -> Calendars:
    """The calendars with what somebody has chosen for them, as calls find them."""
    rows = kept(config, lambda store: store.calendars())
    return calendars.now(config.calendars, rows, Clock().wall())


def notes(config: Config) -> list[str]:
    """What `softswitch check` has to say: changes that do not count, and those that are over as
    soon as the switch is started with this configuration."""
    found = layers.sorted_out(config.users, kept(config, lambda store: store.settings()))
    frozen = [
        f"{box.mailbox} voicemail: PIN and recordings of the owner are ignored: not editable"
        for box in kept(config, lambda store: store.mailboxes())
        if _is_frozen(config.users.get(box.mailbox)) and (box.pin or box.greetings != "{}")
    ]
    over = [f"at the next start: {why}" for _, why in found.outdated]
    return [f"note: {visible(words)}" for words in (*found.ignored, *frozen, *over)]


def _is_frozen(user: User | None) -> bool:
    return user is not None and not user.voicemail.editable


def asked(config: Config, subject: str, alone: Callable[[], Any], **details: object) -> Any:
    """What the running switch answers; else what can be done without one."""
    try:
        try:
            return ask(where.control_socket(config), subject, **details)
        except NotRunning:
            return alone()
    except (CannotAnswer, ControlError, StoreError) as error:
        where.fail(str(error))


def table(answer: Any, widest: int = WIDEST) -> list[str]:
    """Lines in three columns, under the user's name."""
    title = visible(f"{answer['user']} {answer['name']}".strip())
    rows = [(title, "value", "origin")]
    rows += [
        (visible(one["key"]), visible(one["value"]), visible(one["origin"]))
        for one in answer["settings"]
    ]
    widths = [min(widest, max(len(row[column]) for row in rows)) for column in (0, 1)]
    return [
        f"{key:{widths[0]}}{GAP}{value:{widths[1]}}{GAP}{origin}".rstrip()
        for key, value, origin in rows
    ]
