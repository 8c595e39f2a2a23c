"""`softswitch adopt 101 forward.busy`: what a user has set becomes a line of the configuration.

what holds ─► edited text ─► loaded beside the file: does only that differ? ─► diff, yes?
           ─► the file is replaced in one step ─► the user's own setting is over
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from difflib import unified_diff
from pathlib import Path
from typing import Annotated, Any

import typer

from softswitch.cli import settings, where
from softswitch.clock import Clock
from softswitch.config import Config, ConfigErrors, User, edits, load
from softswitch.config.files import read_source, replace_whole
from softswitch.config.problems import masked
from softswitch.ladder import visible
from softswitch.settings import keys, layers
from softswitch.settings.settings import ADOPT
from softswitch.store.store import SettingRow, Store

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def adopt(
    user: Annotated[str, typer.Argument(help="The user's number.")],
    key: Annotated[str, typer.Argument(help=f"{keys.FORWARD}, or one of {', '.join(keys.KEYS)}.")],
    file: where.File = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, replace FILE.")] = False,
) -> None:
    """Write what a user has set into the configuration, and show first what changes there.

    Everything else in the file stays as it is, comments too. Exits with 1 if there is nothing to
    adopt, or it cannot be written there, 2 if FILE is wrong.
    """
    path = where.config_file(file)
    config = where.configuration(path)
    if user not in config.users:
        where.fail(f"no user has the number {user}")
    rows = _rows(config, user, key)
    if not rows:
        where.fail(f"{user} has set nothing of {key} that counts")
    try:
        before = _text(path)
        after = _edited(before, config.users[user], rows)
        new = _checked(path, config, user, rows, after)
    except (edits.Unwritten, OSError) as error:
        where.fail(f"{path}: {error}")
    for line in unified_diff(before.splitlines(), after.splitlines(), str(path), "new", n=1):
        typer.echo(visible(masked(line.rstrip("\n"))))
    if not yes and not (sys.stdin.isatty() and typer.confirm("Write this?")):
        where.fail("nothing is changed; say --yes to write it")
    try:
        replaced(path, before, after)
    except OSError as error:
        where.fail(f"{path}: cannot be written: {error.strerror or error}")
    for name, row in rows.items():
        for told in _over(config, row, new.users[user].origin.get(name, str(path))):
            typer.echo(visible(told))


def _rows(config: Config, user: str, key: str) -> dict[str, SettingRow]:
    """What counts of a user's settings, of those that are meant."""
    found = settings.kept(config, lambda store: store.settings())
    counting = layers.counting(config.users[user], layers.sorted_out(config.users, found).rows)
    return {name: row for name, row in counting.items() if key in (name, keys.group(name))}


def _text(path: Path) -> str:
    """As it is, with its line ends; without the mark that some editors put in front."""
    read_source(path)  # says what is wrong in its own words
    return path.read_bytes().removeprefix(BYTE_ORDER_MARK).decode()


def _edited(text: str, known: User, rows: Mapping[str, SettingRow]) -> str:
    for key, row in rows.items():
        now = keys.with_value(known, key, row.value)
        text = edits.edited(text, known.extension, tuple(key.split(".")), written(now, key))
    return text


def written(user: User, key: str) -> edits.Value:
    """A setting as the file spells it."""
    if key != keys.EMAIL:
        return keys.value(user, key)
    some = [
        {"to": one, "when": user.mail_when[one]} if one in user.mail_when else one
        for one in user.email
    ]
    return some[0] if len(some) == 1 and isinstance(some[0], str) else some


def _checked(
    path: Path, config: Config, user: str, rows: Mapping[str, SettingRow], text: str
) -> Config:
    """The configuration that it would be. Raises Unwritten when anything else is different."""
    with _beside(path, text) as other:
        try:
            new = load(other)
        except ConfigErrors as errors:
            raise edits.Unwritten(f"would be wrong then:\n{errors}") from None
    now = config.users[user]
    for key, row in rows.items():
        now = keys.with_value(now, key, row.value)
    if new.users != {**config.users, user: now}:
        raise edits.Unwritten("more would change than that; write it yourself")
    short = {key: at.replace(other.name, path.name) for key, at in new.users[user].origin.items()}
    return replace(new, users={user: replace(now, origin=short)})


class _beside(contextlib.AbstractContextManager[Path]):
    """A file in the same folder, so that what it names is found; it is gone in any case."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text

    def __enter__(self) -> Path:
        descriptor, name = tempfile.mkstemp(".yaml", f".{self._path.stem}-", self._path.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(self._text)
        self.other = Path(name)
        return self.other

    def __exit__(self, *error: object) -> None:
        self.other.unlink(missing_ok=True)


def replaced(path: Path, before: str, after: str) -> None:
    """Put the text in the place of the other, in one step, with the same mode and owner.

    Raises OSError; also when somebody has edited the file meanwhile.
    """
    target = path.resolve()
    old = target.read_bytes()
    if old.removeprefix(BYTE_ORDER_MARK).decode() != before:
        raise OSError("somebody has changed it meanwhile")
    mark = BYTE_ORDER_MARK if old.startswith(BYTE_ORDER_MARK) else b""
    replace_whole(target, mark + after.encode(), like=target.stat())


def _over(config: Config, row: SettingRow, origin: str) -> list[str]:
    """The user's own setting is over: in the running switch, else in what it has kept."""

    def done() -> Any:
        async def end(store: Store) -> list[str]:
            await store.put_settings([layers.over(row, Clock().wall(), ADOPT)])
            return [f"{row.user} {row.key}: {row.value} from {origin}"]

        return where.write(where.database(config), end)

    request = {"user": row.user, "key": row.key, "value": row.value, "origin": origin}
    lines: list[str] = settings.asked(config, "adopted", done, **request)
    return lines
