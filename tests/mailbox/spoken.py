"""What a sequence of prompt names says: the texts of conf/prompts, joined."""

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "conf" / "prompts"


@functools.cache
def texts(language: str) -> Mapping[str, str]:
    document: dict[str, Any] = yaml.safe_load((FOLDER / f"{language}.yaml").read_text())
    spoken: dict[str, str] = document["texts"]
    return spoken


def say(language: str, names: Sequence[str]) -> str:
    """KeyError when there is nothing to say for a name."""
    known = texts(language)
    return " ".join(known[name] for name in names)
