"""`softswitch trace CALL`: the SIP of a call, of all its legs, as a ladder with times."""

import base64
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from softswitch.cli import where
from softswitch.control import CannotAnswer, ControlError, NotRunning, ask
from softswitch.ladder import ladder, visible
from softswitch.packing import unpack
from softswitch.store.store import CallRow, Store, StoreError


def trace(
    call: Annotated[str, typer.Argument(help="The id of a call, or how it begins.")],
    file: where.File = None,
    full: Annotated[
        bool, typer.Option("--full", help="Below the ladder, every message whole.")
    ] = False,
) -> None:
    """Draw the SIP messages of a call that is up or over. Passwords and digits are masked.

    Exits with 1 if there is no such call, 2 if FILE is wrong.
    """
    config = where.configuration(file)
    try:
        title, blob = _present(where.control_socket(config), call) or where.look_up(
            where.database(config), partial(_past, call)
        )
        entries, left_out = unpack(blob)
    except (CannotAnswer, ControlError, StoreError, ValueError) as error:
        where.fail(str(error))
    typer.echo(f"{title}\n\n{ladder(entries, left_out=left_out, full=full)}")


def _present(socket: Path, call: str) -> tuple[str, bytes] | None:
    """Title and messages of a call that is up; None if the switch is not, or has none such."""
    try:
        answer = ask(socket, "trace", call=call)
    except NotRunning:
        return None
    if answer is None:
        return None
    return f"call {visible(answer['call_id'])}", base64.b64decode(answer["messages"])


async def _past(call: str, store: Store) -> tuple[str, bytes]:
    """Title and messages of a call that is over. Raises StoreError if nothing is kept of it."""
    row = await store.call(call)
    if row is None:
        raise StoreError(f"no call {visible(call)!r}; see: softswitch show calls --past 20")
    blob = await store.trace(row.call_id)
    if blob is None:
        raise StoreError(f"the messages of call {row.call_id} are not kept (log.keep_traces)")
    return _title(row), blob


def _title(row: CallRow) -> str:
    arrived = datetime.fromtimestamp(row.arrived_at).strftime("%Y-%m-%d %H:%M:%S")
    lines = [
        f"call {row.call_id}  {arrived}  {row.caller} → {row.callee}",
        f"{row.outcome}: {row.reason} (ended by the {row.ended_by})",
    ]
    if row.path:
        lines.append(row.path)
    if row.because:
        lines.append(f"because {row.because}")
    return "\n".join(map(visible, lines))
