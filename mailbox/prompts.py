"""What the names of prompts sound like: files in a folder for each language.

    conf/prompts/en/vm.goodbye.ogg      made from conf/prompts/en.yaml by `softswitch prompts build`
    OFFICE/en/vm.goodbye.wav            an office's own recording takes its place

An office overrides file by file: what it has not recorded itself comes from the other folder.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from softswitch.media.engine.interface import Clip, Sound

ENDINGS = (".ogg", ".wav", ".flac", ".mp3")
"""Of files that can be played, the first one found is taken."""


class Prompts:
    """The prompts of one language."""

    def __init__(self, files: Mapping[str, str]) -> None:
        """`files` has a path for each name."""
        self._files = files

    def __call__(self, names: Sequence[str]) -> list[Sound]:
        """What to play; names without a file are left out."""
        files = self._files
        return [Clip(files[name]) for name in names if name in files]

    def missing(self, names: Iterable[str]) -> list[str]:
        """Which of these names have no file."""
        return sorted(name for name in names if name not in self._files)


def find(folders: Iterable[Path], language: str) -> dict[str, str]:
    """The file of every prompt of a language; the last folder that has one decides."""
    found: dict[str, str] = {}
    for folder in folders:
        spoken = folder / language
        if not spoken.is_dir():
            continue
        here: dict[str, str] = {}
        for ending in reversed(ENDINGS):
            here |= {
                file.name.removesuffix(ending): str(file) for file in spoken.glob(f"*{ending}")
            }
        found |= here
    return found
