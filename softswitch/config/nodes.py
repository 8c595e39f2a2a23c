"""YAML as a tree that remembers where everything stands, and in which every scalar is text.

The parser's events are built into the tree here, on a stack of our own: yaml.compose recurses,
and in its C version a file of 100,000 brackets ends the process. Aliases are checked here too,
so `*98` is one mistake among the others and not the end of the reading. An alias is the node
itself, so it costs nothing; but each use is counted, and a file that unfolds into too many values
is refused.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

import yaml

from softswitch.config.problems import Problem, Source, Wrong, quoted
from softswitch.config.syntax import explain, in_quotes

MAX_DEPTH: Final = 32
"""The schema is seven levels deep; the rest is for anchors."""

MAX_VALUES: Final = 200_000
"""Values after unfolding the aliases. 10,000 users with five keys each are 120,000."""

_LOADER: Final[Any] = getattr(yaml, "CLoader", yaml.SafeLoader)
"""The C parser is 20 times as fast, and is in every wheel of PyYAML."""

_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What YAML does not allow in a file at all (YAML 1.1 §4.1.1)."""

_CODE_AS_COMMENT = re.compile(r"\s*:?\s+(#[0-9*#+]+)(?!\S)")
"""After a key: `: #21#`, which is a comment to YAML and nothing else (CFG-3)."""

STANDARD_TAGS: Final = frozenset({None, "!", "tag:yaml.org,2002:str"})
"""Tags that say no more than: this is text."""


@dataclass(slots=True, eq=False)
class Scalar:
    """Text. `plain` is without quotes; plain and empty is no value at all."""

    line: int
    column: int
    width: int
    text: str
    plain: bool
    tag: str | None = None
    broken: bool = False
    size: int = 1


@dataclass(slots=True, eq=False)
class Sequence:
    """A list."""

    line: int
    column: int
    tag: str | None = None
    items: list["Node"] = field(default_factory=list)
    broken: bool = False
    size: int = 1
    width: int = 1
    closed: bool = False


@dataclass(slots=True, eq=False)
class Mapping:
    """Keys with values, by the keys' text; what `<<` merges is already in it."""

    line: int
    column: int
    tag: str | None = None
    entries: dict[str, "Entry"] = field(default_factory=dict)
    broken: bool = False
    size: int = 1
    width: int = 1
    closed: bool = False
    merges: list["Node"] = field(default_factory=list)
    key: Scalar | None = None


@dataclass(slots=True, eq=False)
class Entry:
    """A key and its value. With a merge or an alias they stand where they were written."""

    key: Scalar
    value: "Node"


Node = Scalar | Sequence | Mapping


def read(source: Source) -> tuple[Node | None, list[Problem]]:
    """The tree, and the mistakes found on the way; no tree where the syntax is wrong."""
    found = _FORBIDDEN.search(source.text)
    if found:
        return None, [_forbidden(source, found)]
    composer = _Composer(source)
    try:
        for event in yaml.parse(source.text, Loader=_LOADER):
            composer.handle(event)
    except yaml.MarkedYAMLError as error:
        return None, [*composer.problems, explain(error, source)]
    except _Refused:
        return None, composer.problems
    return composer.root, composer.problems


def _forbidden(source: Source, found: re.Match[str]) -> Problem:
    before = Source.of(source.file, source.text[: found.start()])
    wrong = Wrong(
        f"the character U+{ord(found[0]):04X} may not stand in a YAML file",
        "is this a text file?" if found[0] == "\0" else "delete it",
    )
    return source.problem(len(before.lines) - 1, len(before.lines[-1]), "", wrong)


class _Refused(Exception):
    """The rest of the file is not worth reading; the problem is noted."""


class _Composer:
    """Takes the parser's events one by one and builds the tree."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.root: Node | None = None
        self._open: list[Sequence | Mapping] = []
        self._anchors: dict[str, Node] = {}
        self._documents = 0
        self._handlers: dict[type[Any], Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._alias,
            yaml.SequenceStartEvent: self._start,
            yaml.MappingStartEvent: self._start,
            yaml.SequenceEndEvent: self._end,
            yaml.MappingEndEvent: self._end,
            yaml.DocumentStartEvent: self._document,
        }

    def handle(self, event: Any) -> None:
        """One event of the parser."""
        handler = self._handlers.get(type(event))
        if handler:
            handler(event)

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            mark = event.start_mark
            self._refuse(mark.line, mark.column, Wrong("a second document begins; one is read"))

    def _scalar(self, event: Any) -> None:
        start, end = event.start_mark, event.end_mark
        width = end.column - start.column if end.line == start.line else 1
        node = Scalar(start.line, start.column, width, event.value, event.implicit[0], event.tag)
        self._anchor(event, node)
        if not node.text and node.plain:
            self._check_empty(node)
        self._add(node)

    def _alias(self, event: Any) -> None:
        mark, name = event.start_mark, event.anchor
        node = self._anchors.get(name)
        if node is None:
            wrong = Wrong(
                f"*{name} refers to an anchor &{name}, and there is none",
                f"if *{name} is to be dialled, quote it: {in_quotes('*' + name)}",
            )
        elif not isinstance(node, Scalar) and not node.closed:
            wrong = Wrong(f"*{name} stands inside of &{name}: it would never end")
        else:
            self._add(node)
            return
        width = len(name) + 1
        self._problem(mark.line, mark.column, wrong, width)
        self._add(Scalar(mark.line, mark.column, width, "", False, broken=True))

    def _start(self, event: Any) -> None:
        mark = event.start_mark
        kind = Mapping if isinstance(event, yaml.MappingStartEvent) else Sequence
        node = kind(mark.line, mark.column, event.tag)
        self._anchor(event, node)
        if len(self._open) >= MAX_DEPTH:
            self._refuse(
                mark.line, mark.column, Wrong(f"nested too deeply: {MAX_DEPTH} levels at most")
            )
        if node.tag not in STANDARD_TAGS:
            wrong = Wrong(f"{quoted(node.tag or '')} cannot stand before a list or keys")
            self._problem(node.line, node.column, wrong)
            node.broken = True
        self._open.append(node)

    def _end(self, event: Any) -> None:
        node = self._open.pop()
        node.closed = True
        if isinstance(node, Mapping) and node.merges:
            self._merge(node)
        self._add(node)

    def _add(self, node: Node) -> None:
        """Puts a finished node where it belongs: under the open key, or as the next key."""
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        parent.size += node.size
        if parent.size > MAX_VALUES:
            self._refuse(node.line, node.column, Wrong(f"more than {MAX_VALUES} values"))
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif parent.key is None:
            parent.key = self._as_key(node)
        else:
            key, parent.key = parent.key, None
            self._add_entry(parent, key, node)

    def _add_entry(self, parent: Mapping, key: Scalar, value: Node) -> None:
        if key.broken:
            return
        if key.text == "<<" and key.plain:
            parent.merges.append(value)
            return
        earlier = parent.entries.setdefault(key.text, Entry(key, value))
        if earlier.key is not key:
            first = f"{self.source.file}:{earlier.key.line + 1}"
            wrong = Wrong(
                f"the key {quoted(key.text)} stands here a second time; the first is at {first}",
                "keep one of them",
            )
            self._problem(key.line, key.column, wrong, key.width)

    def _as_key(self, node: Node) -> Scalar:
        """Keys are text; anything else is a mistake, and its value is not looked at."""
        if isinstance(node, Scalar) and node.tag in STANDARD_TAGS:
            if not node.text and not node.broken:
                self._problem(node.line, node.column, Wrong("a key is missing before the ':'"))
                node.broken = True
            return node
        hint = "text that begins with { or [ stands in quotes"
        self._problem(node.line, node.column, Wrong("a key must be plain text", hint))
        return Scalar(node.line, node.column, 1, "", False, broken=True)

    def _merge(self, node: Mapping) -> None:
        """`<<`: what is not there already comes from the named mappings, the first one wins."""
        for merged in node.merges:
            for one in merged.items if isinstance(merged, Sequence) else [merged]:
                if isinstance(one, Mapping):
                    for name, entry in one.entries.items():
                        node.entries.setdefault(name, entry)
                elif not one.broken:
                    wrong = Wrong("<< needs keys with values", "write it like <<: *name")
                    self._problem(one.line, one.column, wrong, one.width)
        node.merges = []

    def _anchor(self, event: Any, node: Node) -> None:
        if not event.anchor:
            return
        earlier = self._anchors.setdefault(event.anchor, node)
        if earlier is not node:
            wrong = Wrong(
                f"the anchor &{event.anchor} stands here a second time",
                f"the first is in line {earlier.line + 1}; give one of them another name",
            )
            self._problem(event.start_mark.line, event.start_mark.column, wrong)

    def _check_empty(self, node: Scalar) -> None:
        """Says so where a code became a comment."""
        parent = self._open[-1] if self._open else None
        key = parent.key if isinstance(parent, Mapping) else None
        line = key.line if key else node.line
        column = key.column + key.width if key else node.column
        code = _CODE_AS_COMMENT.match(self.source.line(line), column)
        if code:
            wrong = Wrong(
                f"nothing is written here: for YAML {code[1]} is a comment",
                f"if it is a code, quote it: {in_quotes(code[1])}",
            )
            self._problem(line, code.start(1), wrong, len(code[1]))
            node.broken = True

    def _path(self) -> str:
        parts = []
        for node in self._open:
            if isinstance(node, Sequence):
                parts.append(str(len(node.items)))
            elif node.key is not None:
                parts.append(node.key.text)
        return ".".join(parts)

    def _problem(self, line: int, column: int, wrong: Wrong, width: int = 1) -> None:
        self.problems.append(self.source.problem(line, column, self._path(), wrong, width=width))

    def _refuse(self, line: int, column: int, wrong: Wrong) -> NoReturn:
        self._problem(line, column, wrong)
        raise _Refused
