"""`softswitch prompts build FOLDER`: speak the texts of FOLDER/*.yaml into files beside them.

A text file names the synthesiser's command and what to say for each name:

    command: [espeak-ng, -v, pl, -w, "{wav}"]     # the text comes to its standard input
    texts: {vm.goodbye: "Do usłyszenia."}

Each text becomes FOLDER/<language>/<name>.ogg: Opus (whose files need no tables of their own),
mono, 16 kHz, silence trimmed, one level for all. A file remembers its text, so only what has
changed is spoken again; files without a text are removed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
import yaml

from softswitch.cli.where import fail
from softswitch.synthesiser import CannotSpeak

if TYPE_CHECKING:
    from softswitch.speaking import Sound

QUALITY = 0.93
"""Of libsndfile's scale from the largest file to the smallest: some 28 kbit/s of Opus."""

app = typer.Typer(help="Prompts: what the switch says.", no_args_is_help=True)


@app.callback()
def prompts() -> None:
    """Prompts: what the switch says."""


@app.command()
def build(
    folder: Annotated[Path, typer.Argument(help="Where en.yaml, es.yaml … are.")],
    command: Annotated[
        str | None,
        typer.Option(help="Another synthesiser, as in the file: words separated by spaces."),
    ] = None,
) -> None:
    """Speak the texts that are new or have changed."""
    sources = sorted(folder.glob("*.yaml"))
    if not sources:
        fail(f"{folder}: no text files such as en.yaml")
    for source in sources:
        spoken, removed = _build(source, command.split() if command else None)
        typer.echo(f"{source}: {spoken} spoken, {removed} removed")


def _build(source: Path, command: Sequence[str] | None) -> tuple[int, int]:
    try:
        document = yaml.safe_load(source.read_text())
        texts: Mapping[str, str] = document["texts"]
        words: Sequence[str] = command or document["command"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        fail(f"{source}: {error}")
    target = source.with_suffix("")
    target.mkdir(exist_ok=True)
    spoken = 0
    for name, text in texts.items():
        file = target / f"{name}.ogg"
        if _text_of(file) != text:
            _write(file, _spoken(words, text, source.stem), text)
            spoken += 1
    strangers = [file for file in target.glob("*.ogg") if file.stem not in texts]
    for file in strangers:
        file.unlink()
    return spoken, len(strangers)


def _spoken(command: Sequence[str], text: str, language: str) -> Sound:
    """The sound of a text; without one the program ends."""
    from softswitch.speaking import speak  # only here: `softswitch run` has no use for it

    try:
        return speak(command, text, language)
    except CannotSpeak as error:
        fail(f"{error} (another synthesiser can be named with --command)")


def _text_of(file: Path) -> str | None:
    """What a file says, as it remembers."""
    import soundfile

    if not file.exists():
        return None
    with soundfile.SoundFile(file) as sound:
        comment: str = sound.comment
        return comment


def _write(file: Path, sound: Sound, text: str) -> None:
    import soundfile

    from softswitch.speaking import RATE

    beside = file.with_suffix(".part")
    with soundfile.SoundFile(
        beside, "w", RATE, 1, format="OGG", subtype="OPUS", compression_level=QUALITY
    ) as out:
        out.comment = text
        out.write(sound)
    beside.replace(file)
