"""What the pages of the portal say, in each language. In braces stands what is put there."""

from collections.abc import Mapping, Sequence

from softswitch.web.languages.english import ENGLISH
from softswitch.web.languages.polish import POLISH
from softswitch.web.languages.spanish import SPANISH

TEXTS: Mapping[str, Mapping[str, str]] = {"en": ENGLISH, "es": SPANISH, "pl": POLISH}

MOST_RANGES = 20
"""Languages of one browser that are looked at."""


def preferred(accepted: str, known: Sequence[str], otherwise: str) -> str:
    """The language of these that a browser asks for (RFC 9110 §12.5.4), else another one."""
    best, weight = otherwise, 0.0
    for part in accepted.split(",")[:MOST_RANGES]:
        tag, _, parameter = part.strip().partition(";")
        code = tag.partition("-")[0].lower()
        wanted = _weight(parameter.replace(" ", ""))
        if code in known and wanted > weight:
            best, weight = code, wanted
    return best


def _weight(parameter: str) -> float:
    name, _, number = parameter.partition("=")
    try:
        return float(number) if name == "q" else 1.0
    except ValueError:
        return 0.0
