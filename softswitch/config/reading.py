"""One reading of a file: what is written, where it stands, and what is wrong with it.

    text ─► nodes, a tree with positions ─► plain values, tags resolved ─► schema ─► Document

A mistake is found by its location in the document, such as ("users", "101", "name"), and the tree
knows where that stands.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from softswitch.config import nodes
from softswitch.config.configuration import EDITABLE
from softswitch.config.problems import SHOWN_VALUE, ConfigErrors, Problem, Source, Wrong, quoted
from softswitch.config.references import Finding, Location
from softswitch.config.schema.document import ADAPTER, Document, known_keys
from softswitch.config.tags import Tags

FIXABLE = tuple(name for name in EDITABLE if name != "voicemail")
FIXED = "!fixed"
"""Before a value: it is not left to the user."""

_MESSAGES = {
    "dict_type": "must be keys with values under it, not a list",
    "list_type": "must be a list",
    "missing": "is missing",
}


class Reading:
    """One reading of one file."""

    def __init__(self, source: Source, tags: Tags) -> None:
        self.problems: list[Problem] = []
        self.fixed: set[Location] = set()
        """What users may not change."""
        self._source = source
        self._tags = tags
        self._root = nodes.Mapping(0, 0)

    def document(self) -> Document:
        """What is written; where there are mistakes, those sections that have none.

        Raises ConfigErrors when there are no keys with values at all.
        """
        self._read_tree()
        return self._validate(self._plain_top())

    def raise_if_wrong(self) -> None:
        """All problems in the order of the file, each once though an alias repeats it.

        Those of secrets.yaml are among them, if anything was looked for there.
        """
        if self._tags.secrets_used:
            self.problems += self._tags.secrets.problems
        if self.problems:
            once = {(p.file, p.line, p.column, p.message): p for p in reversed(self.problems)}
            ours = self._source.file
            raise ConfigErrors(
                sorted(once.values(), key=lambda p: (p.file != ours, p.line, p.column))
            )

    def note(self, findings: Iterable[Finding], *, at_key: bool = False) -> None:
        """Notes mistakes at the value of each location, or at its key and above it."""
        for location, wrong in findings:
            entry, node, written = self._find(location)
            if at_key and entry:
                self._problem(location[:-1], entry.key, wrong)
            elif not node.broken:
                self._problem(written, node, _discreet(node, wrong))

    def keys_of(self, *location: str) -> list[str]:
        """The keys that are written there, in their order."""
        _, node, written = self._find(location)
        if isinstance(node, nodes.Mapping) and written == location:
            return list(node.entries)
        return []

    def origin(self, location: Location) -> str:
        """`conf/demo.yaml:12`, or `default` where nothing is written."""
        entry, node, _ = self._find(location)
        place = node if isinstance(location[-1], int) or entry is None else entry.key
        return f"{self._source.file}:{place.line + 1}" if entry else "default"

    # The tree

    def _read_tree(self) -> None:
        root, self.problems = nodes.read(self._source)
        if isinstance(root, nodes.Mapping):
            self._root = root
            return
        if root is not None:
            wrong = Wrong("the file must be keys with values, like `users:`")
            self.problems.append(self._source.problem(root.line, root.column, "", wrong))
        elif not self.problems:
            wrong = Wrong("the file is empty", "two lines are enough: `users:` and `  100: Anna`")
            self.problems.append(self._source.whole(wrong))
        self.raise_if_wrong()

    def _find(self, location: Location) -> tuple[nodes.Entry | None, nodes.Node, Location]:
        """What stands there, and how far the way to it is written: a short form ends it early."""
        entry: nodes.Entry | None = None
        node: nodes.Node = self._root
        for depth, part in enumerate(location):
            if isinstance(node, nodes.Mapping) and part in node.entries:
                entry = node.entries[str(part)]
                node = entry.value
            elif isinstance(node, nodes.Sequence) and isinstance(part, int):
                node = node.items[part]
            else:
                return entry, node, location[:depth]
        return entry, node, location

    # The tree as plain values

    def _plain_top(self) -> dict[str, Any]:
        """Keys that begin with `x-` are there to hold anchors."""
        return {
            name: self._plain(entry.value, (name,))
            for name, entry in self._root.entries.items()
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
            return self._tags.resolve(node.tag or "", node.text)
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
            self.note([(location, _unknown_key(location))], at_key=True)
        elif location[-1] == "[key]":
            self.note([(location[:-1], error["ctx"]["error"])], at_key=True)
        elif kind == "value_error":
            self.note([(location, error["ctx"]["error"])])
        else:
            self.note([(location, Wrong(_MESSAGES.get(kind, error["msg"])))])

    def _problem(self, location: Location, node: nodes.Node, wrong: Wrong) -> None:
        path = ".".join(map(_step, location))
        self.problems.append(
            self._source.problem(node.line, node.column, path, wrong, width=node.width)
        )


def _step(part: int | str) -> str:
    """A key as a message may repeat it: what is odd in it is escaped, and it is never long."""
    text = str(part)
    return text if text.isprintable() and len(text) <= SHOWN_VALUE else quoted(text)


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
