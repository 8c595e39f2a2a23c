"""The program that speaks texts, as far as it is asked for without anything being spoken."""

import shutil
from collections.abc import Sequence

ESPEAK = ("espeak-ng", "-v", "{language}", "-w", "{wav}")
"""A small one that most distributions have; it is taken when the configuration names none."""


class CannotSpeak(Exception):
    """Why there is no sound, for a person."""


def is_installed(command: Sequence[str]) -> bool:
    """Whether there is such a program."""
    return bool(command) and shutil.which(command[0]) is not None
