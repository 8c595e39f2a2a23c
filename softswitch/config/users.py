"""Users as they are: what is built in, `defaults:` over that, and over both what is theirs."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from softswitch.config import units
from softswitch.config.configuration import EDITABLE, User
from softswitch.config.reading import Reading
from softswitch.config.references import Location
from softswitch.config.schema.document import Document
from softswitch.config.schema.forward import forwarding
from softswitch.config.schema.mail import mailed
from softswitch.config.schema.speech import spoken_file
from softswitch.config.schema.users import DefaultsSection, UserSection
from softswitch.config.schema.voicemail import voicemail
from softswitch.config.secrets import SECRETS_FILE, password_name
from softswitch.config.tags import Tags

SPOKEN = "spoken"
"""The folder for greetings that are texts, below the state."""

WITHHELD = "withheld"
HIDE = "hide_number"
"""A caller id that is none, and what it means."""

_BUILT_IN = dict.fromkeys(UserSection.__annotations__, "default")


class Users:
    """Makes them of one document that has no mistakes."""

    def __init__(
        self, reading: Reading, document: Document, tags: Tags, folder: Path, state: Path
    ) -> None:
        """Files are named relative to the folder."""
        self._reading = reading
        self._document = document
        self._tags = tags
        self._folder = folder
        self._spoken = state / SPOKEN
        """Where texts are when they have been spoken."""
        self._defaults: DefaultsSection = document.get("defaults", {})
        self.below = self._origins(("defaults",), self._defaults)
        """Where the keys of `defaults` stand."""
        if "language" in document and "language" not in self._defaults:
            self._defaults = {**self._defaults, "language": document["language"]}
            self.below["language"] = reading.origin(("language",))

    def all(self, written: list[str]) -> dict[str, User]:
        """By extension; `written`: how their keys are spelled in the file, in its order."""
        sections = self._document.get("users", {})
        users = {}
        for word in written:
            extension = units.extension(word)
            users[extension] = self._user(extension, word, sections[extension])
        return users

    def _user(self, extension: str, word: str, section: UserSection) -> User:
        defaults = self._defaults
        origin = _BUILT_IN | self.below | self._origins(("users", word), section)
        merged: dict[str, Any] = {**defaults, **section}
        merged["forward"] = forwarding(defaults.get("forward", {}), section.get("forward", {}))
        merged["voicemail"] = voicemail(
            defaults.get("voicemail"),
            section.get("voicemail"),
            self._folder,
            partial(spoken_file, self._spoken, merged.get("language", User("").language)),
        )
        if "voicemail" not in merged.get("editable", EDITABLE):
            merged["voicemail"] = replace(merged["voicemail"], editable=False)
        merged |= mailed(merged.pop("email", ()))
        if "password" not in merged:
            name = password_name(extension)
            merged["password"] = self._tags.secrets.values.get(name, "")
            line = self._tags.secrets.lines.get(name)
            origin["password"] = f"{SECRETS_FILE}:{line}" if line else "missing"
        fixed = self._fixed(origin, ("defaults",), ("users", word))
        if merged.get("caller_id") == WITHHELD:
            del merged["caller_id"]
            if HIDE not in (section if "caller_id" in section else merged):  # what is nearer counts
                merged[HIDE], origin[HIDE] = True, origin["caller_id"]
        return User(extension=extension, origin=origin, fixed=fixed, **merged)

    def _fixed(self, origin: Mapping[str, str], *above: Location) -> frozenset[str]:
        """The keys of a user that hold a value marked so, where it counts."""
        marked = set()
        for location in self._reading.fixed:
            for place in above:
                if location[: len(place)] == place:
                    names = [
                        str(part)
                        for part in location[len(place) :]
                        if part != "to" and not isinstance(part, int)
                    ]
                    key = ".".join(names)
                    if origin.get(key) == self._reading.origin(location[: len(place) + len(names)]):
                        marked.add(key)
        return frozenset(marked)

    def _origins(self, above: Location, section: DefaultsSection) -> dict[str, str]:
        """Where each key of a user stands; those of `forward` and `voicemail` one by one."""
        places = {name: self._reading.origin((*above, name)) for name in section}
        nested: dict[str, Mapping[str, object]] = {
            "forward": section.get("forward", {}),
            "voicemail": section.get("voicemail", {}),
        }
        for outer, inner in nested.items():
            for name in inner:
                places[f"{outer}.{name}"] = self._reading.origin((*above, outer, name))
        return places
