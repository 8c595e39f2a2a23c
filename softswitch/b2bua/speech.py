"""What the switch itself lets people hear in the middle of a call: words, and tones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from softswitch.media.engine.interface import Sound
from softswitch.media.indications import COUNTRIES, DEFAULT, Indications


class Speech(NamedTuple):
    """In each user's language, and as the country's telephones sound."""

    say: Callable[[str, Sequence[str]], Sequence[Sound]]
    """For a user: what these names of prompts sound like; nothing for those that are not there."""
    tones: Indications


TONES_ONLY = Speech(lambda user, names: (), COUNTRIES[DEFAULT])
