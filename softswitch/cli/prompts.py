"""`softswitch prompts build FOLDER`: speak the texts of FOLDER/*.yaml into files beside them.

A text file names the synthesiser's command and what to say for each name:

    command: [espeak-ng, -v, pl, -w, "{wav}"]     # the text comes to its standard input
    texts: {vm.goodbye: "Do usłyszenia."}

Each text becomes FOLDER/<language>/<name>.ogg: mono, 16 kHz, silence trimmed, one level for all. A
file remembers its text, so only what has changed is spoken again; files without a text are removed.
"""

import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import soundfile
import soxr
import typer
import yaml

from softswitch.cli.where import fail

RATE = 16_000
LEVEL = 0.1
"""Root of the mean square of the speech, full scale being 1: -20 dB, as loud as a person."""
PEAK = 0.9
QUIET = 0.01
"""What is not louder, at the ends, is silence."""
MARGIN = 0.03
"""Seconds of silence that stay at the ends, so that prompts do not stick together."""
PATIENCE = 60.0
"""Seconds for one text."""

Sound = np.ndarray[tuple[int], np.dtype[np.float64]]

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
            _write(file, trimmed(*_speak(words, text)), text)
            spoken += 1
    strangers = [file for file in target.glob("*.ogg") if file.stem not in texts]
    for file in strangers:
        file.unlink()
    return spoken, len(strangers)


def _text_of(file: Path) -> str | None:
    """What a file says, as it remembers."""
    if not file.exists():
        return None
    with soundfile.SoundFile(file) as sound:
        comment: str = sound.comment
        return comment


def _speak(command: Sequence[str], text: str) -> tuple[Sound, int]:
    """The samples that a synthesiser makes, and their rate. Ends the program when it does not."""
    with tempfile.TemporaryDirectory(prefix="softswitch-prompts-") as folder:
        wav = str(Path(folder) / "text.wav")
        words = [word.replace("{wav}", wav) for word in command]
        try:
            subprocess.run(
                words, input=text.encode(), check=True, capture_output=True, timeout=PATIENCE
            )
            samples, rate = soundfile.read(wav, always_2d=True)
        except FileNotFoundError:
            fail(f"{words[0]} is not installed: install it, or name another with --command")
        except subprocess.CalledProcessError as error:
            fail(f"{words[0]}: {error.stderr.decode(errors='replace').strip() or error}")
        except (subprocess.TimeoutExpired, soundfile.LibsndfileError) as error:
            fail(f"{words[0]}: {error}")
    return samples.mean(axis=1), rate


def trimmed(samples: Sound, rate: int) -> Sound:
    """At our rate and level, without the silence at the ends."""
    sound: Sound = soxr.resample(samples, rate, RATE)
    loud = np.flatnonzero(np.abs(sound) > QUIET * max(1e-9, float(np.abs(sound).max(initial=0.0))))
    if not len(loud):
        return sound
    margin = round(MARGIN * RATE)
    sound = sound[max(0, loud[0] - margin) : loud[-1] + margin]
    gain = LEVEL / float(np.sqrt(np.mean(sound**2)))
    return sound * min(gain, PEAK / float(np.abs(sound).max()))


def _write(file: Path, sound: Sound, text: str) -> None:
    beside = file.with_suffix(".part")
    with soundfile.SoundFile(
        beside, "w", RATE, 1, format="OGG", subtype="VORBIS", compression_level=0.8
    ) as out:
        out.comment = text
        out.write(sound)
    beside.replace(file)
