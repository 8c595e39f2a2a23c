"""Is a number one thing alone? Service codes, each other and the users (features FC-1)."""

from collections.abc import Iterator
from dataclasses import asdict

from softswitch.config import units
from softswitch.config.configuration import FeatureCodes
from softswitch.config.problems import Wrong, quoted
from softswitch.config.references import Finding
from softswitch.config.schema.document import Document


def check(document: Document, written: list[str]) -> Iterator[Finding]:
    """What is dialled for two things at once. `written`: the users as the file spells them."""
    extensions = {units.extension(word): word for word in written}
    keys = asdict(FeatureCodes(**document.get("feature_codes", {})))
    taken: dict[str, str] = {}
    for key, numbers in keys.items():
        for number in numbers:
            place = ("feature_codes", key)
            if number in extensions:
                wrong = Wrong(
                    f"{quoted(number)} is {key} (feature_codes)", "one of them must change"
                )
                yield ("users", extensions[number]), wrong
            elif number in taken:
                yield place, Wrong(f"{quoted(number)} is {taken[number]} already")
            taken[number] = key
