"""`softswitch export-state`, `import-state`, `orphans`: what a switch keeps, as a whole."""

from __future__ import annotations

import asyncio
import shutil
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from softswitch import archive
from softswitch.archive import ArchiveError, Held
from softswitch.bus import Bus
from softswitch.cli import settings, where
from softswitch.clock import Clock
from softswitch.config import Config
from softswitch.control import SOCKET_NAME, ControlError, ControlServer
from softswitch.ladder import visible
from softswitch.mailboxes import open_mailboxes
from softswitch.media.blobs import FolderBlobs
from softswitch.orphans import DAY, KEPT, Orphans, listed
from softswitch.plural import counted
from softswitch.store.store import Store, StoreError
from softswitch.voicemail import rules

MEGA = 1_000_000


def export_state(
    to: Annotated[Path, typer.Argument(help="The tar file that is made.", metavar="TAR")],
    file: where.File = None,
) -> None:
    """Write all that the switch keeps into one file: database, messages, greetings, recordings.

    The switch may be running. PINs and keys are in it, so only its owner may read it. The
    configuration and secrets.yaml are not.
    """
    config = where.configuration(file)
    try:
        held = archive.export(config.state, to)
    except ArchiveError as error:
        where.fail(str(error))
    typer.echo(f"{to}: {_held(held)}")


def import_state(
    archived: Annotated[Path, typer.Argument(help="What export-state has made.", metavar="TAR")],
    file: where.File = None,
) -> None:
    """Let the switch begin with what another one, or this one, has kept.

    The switch must not run. All of the file is checked first; what was kept until now stays in a
    folder beside it.
    """
    config = where.configuration(file)
    try:
        config.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        before, held = asyncio.run(_imported(archived, config.state.resolve()))
    except (ArchiveError, ControlError, OSError) as error:
        where.fail(str(error))
    typer.echo(f"{config.state}: {_held(held)}")
    typer.echo(f"what was there before is in {before}")


async def _imported(archived: Path, state: Path) -> tuple[Path, Held]:
    """With the control socket taken no switch can start meanwhile."""
    guard = ControlServer(state / SOCKET_NAME, {})
    await guard.start()
    try:
        folder, held = await asyncio.to_thread(archive.unpacked, archived, state)
        stamp = datetime.fromtimestamp(Clock().wall()).strftime("%Y%m%d-%H%M%S")
        before = state.with_name(f"{state.name}.before-{stamp}")
        try:
            archive.swapped(folder, state, before)
        except ArchiveError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        (before / SOCKET_NAME).unlink(missing_ok=True)
    finally:
        await guard.stop()
    return before, held


def _held(held: Held) -> str:
    return f"{held.files} files, {held.octets / MEGA:.1f} MB"


def orphans(
    file: where.File = None,
    delete: Annotated[
        str | None, typer.Option(help="Remove at once what is kept of this one.", metavar="USER")
    ] = None,
) -> None:
    """List who is no user any more, and of whom something is kept: for 30 days.

    Whoever is a user again within that time has everything back.
    """
    config = where.configuration(file)
    if delete is None:
        found = settings.kept(config, lambda store: listed(store, config.users))
        typer.echo("\n".join(map(_orphan, found)) or "none")
        return

    def done() -> Any:
        async def remove(store: Store) -> str:
            wall = Clock().wall
            blobs = FolderBlobs(config.state)
            boxes = await open_mailboxes(store, Bus(), blobs, wall=wall, rules=rules(config.users))
            return await Orphans(config.users, store, boxes, wall).delete({"user": delete})

        return where.write(_database(config), remove)

    typer.echo(visible(settings.asked(config, "delete orphan", done, user=delete)))


def _database(config: Config) -> Path:
    path = where.database(config)
    if not path.exists():
        raise StoreError(f"{path}: no switch has kept anything there yet")
    return path


def _orphan(row: dict[str, Any]) -> str:
    count = row["messages"]
    has = [counted(count, "message")] if count else []
    has += ["greetings"] * row["greetings"] + ["a PIN"] * row["pin"]
    has += ["settings"] * bool(row["settings"])
    since, until = row["since"], "30 days from the next start on"
    if since is not None:
        until = f"until {datetime.fromtimestamp(since + KEPT):%Y-%m-%d}"
        until += f" ({max(0, round((since + KEPT - Clock().wall()) / DAY))} days)"
    return visible(f"{row['user']}: {', '.join(has) or 'past settings'}; kept {until}")
