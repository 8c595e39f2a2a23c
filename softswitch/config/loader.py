"""From the file to a Config, or to everything that is wrong with it at once.

The way of a line: files (bytes to text), nodes (text to a tree with positions), tags (`!secret`
and the like), schema (words to values), references (what must go together), and here the built-in
default, `defaults:` and the user's own keys become one User. A mistake is found by its location
in the document, and the tree knows where that stands.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from softswitch.config import (
    boxes,
    calendars,
    codes,
    conferences,
    destinations,
    mailboxes,
    nodes,
    outward,
    references,
    units,
)
from softswitch.config.configuration import (
    DEFAULT_REALM,
    EDITABLE,
    SHIPPED_MUSIC,
    Config,
    Log,
    Media,
    Recordings,
    User,
)
from softswitch.config.files import read_source
from softswitch.config.problems import ConfigErrors, Problem, Source, Wrong, quoted
from softswitch.config.schema.conferences import rooms
from softswitch.config.schema.document import ADAPTER, Document, known_keys
from softswitch.config.schema.feature_codes import feature_codes
from softswitch.config.schema.forward import forwarding
from softswitch.config.schema.mail import alerted, mail, mailed
from softswitch.config.schema.network import network as network_of
from softswitch.config.schema.speech import spoken_file
from softswitch.config.schema.users import DefaultsSection, UserSection
from softswitch.config.schema.voicemail import voicemail
from softswitch.config.secrets import SECRETS_FILE, password_name
from softswitch.config.tags import Tags
from softswitch.routing.calendar import NO_CALENDARS

Location = tuple[int | str, ...]

_BUILT_IN = dict.fromkeys(UserSection.__annotations__, "default")

FIXABLE = tuple(name for name in EDITABLE if name != "voicemail")
FIXED = "!fixed"
"""Before a value: it is not left to the user."""

SPOKEN = "spoken"
"""The folder for greetings that are texts, below the state."""
DEFAULT_STATE = "var"
"""Beside the YAML file."""

_MESSAGES = {
    "dict_type": "must be keys with values under it, not a list",
    "list_type": "must be a list",
    "missing": "is missing",
}


def load(path: Path, *, environment: Mapping[str, str] | None = None) -> Config:
    """The configuration in this file, all passwords filled in that are known.

    `environment` is what `!env` reads, os.environ if None. Raises ConfigErrors with every
    mistake in it; its `unreadable` tells that there was nothing to read.
    """
    source = read_source(path)
    variables = os.environ if environment is None else environment
    return _Loader(path, source, Tags(path, variables)).load()


class _Loader:
    """One reading of one file."""

    def __init__(self, path: Path, source: Source, tags: Tags) -> None:
        self.path = path
        self.source = source
        self.tags = tags
        self.root = nodes.Mapping(0, 0)
        self.problems: list[Problem] = []
        self.fixed: set[Location] = set()
        """What users may not change."""
        self.spoken = Path()
        """Where texts are when they have been spoken."""
        self.below: dict[str, str] = {}
        """Where the keys of `defaults` stand."""

    def load(self) -> Config:
        self._read_tree()
        whole = self._validate(self._plain_top())
        document = boxes.joined(whole)
        network = network_of(document.get("network", {}), self.path.parent)
        state = references.state_folder(self.path, document.get("state", DEFAULT_STATE))
        written = self._keys_of("users")
        self._note(references.check(document, network, state))
        self._note(references.check_music(document, self.path))
        self._note(references.check_prompts(document, self.path))
        self._note(references.same_extensions(written), at_key=True)
        if not self.problems:
            self._note(calendars.check(document, written))
            self._note(outward.check(document, written))
        if not self.problems:
            self._note(destinations.check(document, written))
            self._note(codes.check(document, written))
            self._note(boxes.check(whole, written))
            self._note(conferences.check(document))
            self._note(mailboxes.check(document, written, self.path))
        written += boxes.numbers(document).values()
        if not self.problems:
            document = outward.spelled(document)
        users = {} if self.problems else self._users(document, written, state)
        outside = None if self.problems else outward.outside(document, users, self._origin)
        hours = None if self.problems else calendars.calendars(document, self._origin)
        if self.tags.secrets_used:
            self.problems += self.tags.secrets.problems
        self._raise_if_wrong()
        return Config(
            path=self.path,
            network=network,
            state=state,
            users=users,
            log=Log(**document.get("log", {})),
            media=Media(**document.get("media", {})),
            defaults=self.below,
            feature_codes=feature_codes(document.get("feature_codes", {})),
            mail=mail(document.get("mail"), self.path.parent),
            alerted=alerted(document.get("admins", [])),
            synthesiser=_command(document),
            music=_music(self.path, document),
            timezone=document.get("timezone"),
            prompts=_prompts(self.path, document),
            country=document.get("country", ""),
            blf_dnd=document.get("blf_dnd", "off"),
            blf_dialling=document.get("blf_dialling", "early"),
            blf_details=document.get("blf_details", "all"),
            trunks=outward.trunks(document),
            outside=outside,
            calendars=hours or NO_CALENDARS,
            conferences=rooms(document.get("conferences", {})),
            recordings=Recordings(document.get("recordings", {}).get("keep", Recordings().keep)),
            realm=network.domains[0] if network.domains else DEFAULT_REALM,
            missing_passwords=tuple(
                one.extension for one in boxes.people(users).values() if not one.password
            ),
        )

    def _read_tree(self) -> None:
        root, self.problems = nodes.read(self.source)
        if isinstance(root, nodes.Mapping):
            self.root = root
            return
        if root is not None:
            wrong = Wrong("the file must be keys with values, like `users:`")
            self.problems.append(self.source.problem(root.line, root.column, "", wrong))
        elif not self.problems:
            wrong = Wrong("the file is empty", "two lines are enough: `users:` and `  100: Anna`")
            self.problems.append(self.source.whole(wrong))
        self._raise_if_wrong()

    def _raise_if_wrong(self) -> None:
        """All problems in the order of the file, each once though an alias repeats it."""
        if self.problems:
            once = {(p.file, p.line, p.column, p.message): p for p in reversed(self.problems)}
            ours = self.source.file
            raise ConfigErrors(
                sorted(once.values(), key=lambda p: (p.file != ours, p.line, p.column))
            )

    # The tree as plain values

    def _plain_top(self) -> dict[str, Any]:
        """Keys that begin with `x-` are there to hold anchors."""
        return {
            name: self._plain(entry.value, (name,))
            for name, entry in self.root.entries.items()
            if not name.startswith("x-")
        }

    def _plain(self, node: nodes.Node, location: Location) -> Any:
        if isinstance(node, nodes.Mapping):
            return {
                name: self._plain(entry.value, (*location, name))
                for name, entry in node.entries.items()
            }
        if isinstance(node, nodes.Sequence):
            return [
                self._plain(item, (*location, position)) for position, item in enumerate(node.items)
            ]
        if node.tag == FIXED and not node.broken:
            self._fix(node, location)
        elif node.tag not in nodes.STANDARD_TAGS and not node.broken:
            return self._resolved(node, location)
        return None if node.plain and not node.text else node.text

    def _fix(self, node: nodes.Scalar, location: Location) -> None:
        """Remember what is marked; a mark where users change nothing is a mistake."""
        section, *keys = map(str, location)
        place = {"defaults": 0, "users": 1}.get(section, len(keys))
        if place < len(keys) and keys[place] in FIXABLE:
            self.fixed.add(location)
            return
        known = f"for settings of users: {', '.join(FIXABLE)}"
        self._problem(location, node, Wrong(f"{FIXED} cannot stand here", known))
        node.broken = True

    def _resolved(self, node: nodes.Scalar, location: Location) -> str | None:
        try:
            return self.tags.resolve(node.tag or "", node.text)
        except Wrong as wrong:
            self._problem(location, node, wrong)
            node.broken = True
            return None

    # Mistakes and their places

    def _validate(self, values: dict[str, Any]) -> Document:
        """The document; where there are mistakes, that part of it which has none."""
        try:
            return ADAPTER.validate_python(values)
        except ValidationError as errors:
            wrong_sections = set()
            for error in errors.errors(include_url=False, include_input=False):
                wrong_sections.add(error["loc"][0])
                self._schema_problem(error)
        sound = {name: value for name, value in values.items() if name not in wrong_sections}
        return ADAPTER.validate_python(sound)

    def _schema_problem(self, error: Any) -> None:
        location: Location = error["loc"]
        kind = error["type"]
        if kind == "extra_forbidden":
            self._note([(location, _unknown_key(location))], at_key=True)
        elif location[-1] == "[key]":
            self._note([(location[:-1], error["ctx"]["error"])], at_key=True)
        elif kind == "value_error":
            self._note([(location, error["ctx"]["error"])])
        else:
            self._note([(location, Wrong(_MESSAGES.get(kind, error["msg"])))])

    def _note(self, findings: Iterable[references.Finding], *, at_key: bool = False) -> None:
        """Notes mistakes at the value of each location, or at its key and above it."""
        for location, wrong in findings:
            entry, node, written = self._find(location)
            if at_key and entry:
                self._problem(location[:-1], entry.key, wrong)
            elif not node.broken:
                self._problem(written, node, _discreet(node, wrong))

    def _find(self, location: Location) -> tuple[nodes.Entry | None, nodes.Node, Location]:
        """What stands there, and how far the way to it is written: a short form ends it early."""
        entry: nodes.Entry | None = None
        node: nodes.Node = self.root
        for depth, part in enumerate(location):
            if isinstance(node, nodes.Mapping) and part in node.entries:
                entry = node.entries[str(part)]
                node = entry.value
            elif isinstance(node, nodes.Sequence) and isinstance(part, int):
                node = node.items[part]
            else:
                return entry, node, location[:depth]
        return entry, node, location

    def _problem(self, location: Location, node: nodes.Node, wrong: Wrong) -> None:
        path = ".".join(str(part) for part in location)
        self.problems.append(
            self.source.problem(node.line, node.column, path, wrong, width=node.width)
        )

    # Users

    def _keys_of(self, *location: str) -> list[str]:
        _, node, written = self._find(location)
        if isinstance(node, nodes.Mapping) and written == location:
            return list(node.entries)
        return []

    def _users(self, document: Document, written: list[str], state: Path) -> dict[str, User]:
        defaults: DefaultsSection = document.get("defaults", {})
        below = self.below = self._origins(("defaults",), defaults)
        if "language" in document and "language" not in defaults:
            defaults = {**defaults, "language": document["language"]}
            below["language"] = self._origin(("language",))
        sections = document.get("users", {})
        self.spoken = state / SPOKEN
        users = {}
        for word in written:
            extension = units.extension(word)
            users[extension] = self._user(extension, word, sections[extension], defaults, below)
        return users

    def _user(
        self,
        extension: str,
        word: str,
        section: UserSection,
        defaults: DefaultsSection,
        below: dict[str, str],
    ) -> User:
        origin = _BUILT_IN | below | self._origins(("users", word), section)
        merged: dict[str, Any] = {**defaults, **section}
        merged["forward"] = forwarding(defaults.get("forward", {}), section.get("forward", {}))
        merged["voicemail"] = voicemail(
            defaults.get("voicemail"),
            section.get("voicemail"),
            self.path.parent,
            partial(spoken_file, self.spoken, merged.get("language", User("").language)),
        )
        if "voicemail" not in merged.get("editable", EDITABLE):
            merged["voicemail"] = replace(merged["voicemail"], editable=False)
        merged |= mailed(merged.pop("email", ()))
        if "password" not in merged:
            name = password_name(extension)
            merged["password"] = self.tags.secrets.values.get(name, "")
            line = self.tags.secrets.lines.get(name)
            origin["password"] = f"{SECRETS_FILE}:{line}" if line else "missing"
        fixed = self._fixed(origin, ("defaults",), ("users", word))
        return User(extension=extension, origin=origin, fixed=fixed, **merged)

    def _fixed(self, origin: Mapping[str, str], *above: Location) -> frozenset[str]:
        """The keys of a user that hold a value marked so, where it counts."""
        marked = set()
        for location in self.fixed:
            for place in above:
                if location[: len(place)] == place:
                    names = [
                        str(part)
                        for part in location[len(place) :]
                        if part != "to" and not isinstance(part, int)
                    ]
                    key = ".".join(names)
                    if origin.get(key) == self._origin(location[: len(place) + len(names)]):
                        marked.add(key)
        return frozenset(marked)

    def _origins(self, above: Location, section: DefaultsSection) -> dict[str, str]:
        """Where each key of a user stands; those of `forward` and `voicemail` one by one."""
        places = {name: self._origin((*above, name)) for name in section}
        nested: dict[str, Mapping[str, object]] = {
            "forward": section.get("forward", {}),
            "voicemail": section.get("voicemail", {}),
        }
        for outer, inner in nested.items():
            for name in inner:
                places[f"{outer}.{name}"] = self._origin((*above, outer, name))
        return places

    def _origin(self, location: Location) -> str:
        entry, node, _ = self._find(location)
        place = node if isinstance(location[-1], int) or entry is None else entry.key
        return f"{self.source.file}:{place.line + 1}" if entry else "default"


def _discreet(node: nodes.Node, wrong: Wrong) -> Wrong:
    """What a tag stands for is never told, not even where it is wrong: it may be a password."""
    if node.tag == FIXED or node.tag in nodes.STANDARD_TAGS:
        return wrong
    return Wrong(f"what {node.tag} stands for here cannot be used, and is not shown")


def _unknown_key(location: Location) -> Wrong:
    known = known_keys(location[:-1])
    near = get_close_matches(str(location[-1]), known, 1)
    hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
    return Wrong(f"unknown key {quoted(str(location[-1]))}", hint)


def _prompts(path: Path, document: Document) -> Path | None:
    return references.prompts_folder(path, document["prompts"]) if "prompts" in document else None


def _command(document: Document) -> tuple[str, ...] | None:
    return tuple(document["synthesiser"]) if "synthesiser" in document else None


def _music(path: Path, document: Document) -> Path | None:
    if "music" not in document:
        return SHIPPED_MUSIC
    return references.music_file(path, document["music"])
