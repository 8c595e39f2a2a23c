"""What is wrong with conference rooms that no key makes wrong alone."""

from collections.abc import Iterator
from typing import Any, Final

from softswitch.config.conference import numbered
from softswitch.config.problems import Wrong, quoted
from softswitch.config.references import Finding
from softswitch.config.schema.conferences import RoomSection, rooms
from softswitch.config.schema.document import Document

SECTION: Final = "conferences"


def numbers(document: Document) -> dict[str, str]:
    """Number → name of all rooms."""
    return numbered(rooms(document.get(SECTION, {})))


def names(document: Document) -> set[str]:
    """Of all rooms."""
    return set(rooms(document.get(SECTION, {})))


def check(document: Document) -> Iterator[Finding]:
    """Numbers that somebody else has, and PINs that do not go together."""
    taken: dict[str, Any] = dict(document.get("users", {}))
    for name, section in document.get(SECTION, {}).items():
        if "number" in section and "numbers" in section:
            yield (SECTION, name, "numbers"), Wrong("number and numbers are one too many")
        yield from _pins(name, section)
        for key in ("number", "numbers"):
            written: Any = section.get(key, ())
            for number in [written] if isinstance(written, str) else written:
                if number in taken:
                    wrong = Wrong(f"{quoted(number)} is somebody else's number", "take another one")
                    yield (SECTION, name, key), wrong
                taken[number] = name


def _pins(name: str, section: RoomSection) -> Iterator[Finding]:
    moderator = section.get("moderator_pin")
    if moderator is not None and moderator == section.get("pin"):
        wrong = Wrong("is that of all others", "moderators are known by their PIN")
        yield (SECTION, name, "moderator_pin"), wrong
    if section.get("wait_for_moderator") and moderator is None:
        wrong = Wrong("nobody can be a moderator", "write moderator_pin:, too")
        yield (SECTION, name, "wait_for_moderator"), wrong
