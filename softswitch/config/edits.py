"""One value of a user's, written into the text of a configuration; everything else stays as it is.

    101: Jan                            101: {name: Jan, ring_time: 25s}
    101: {name: Jan, ring_time: 20s}    101: {name: Jan, ring_time: 25s}
    101:                                101:
      name: Jan      # the boss           name: Jan      # the boss
                                          ring_time: 25s

PyYAML says from where to where a value goes; only that part of the text is replaced, or a line is
added. Comments, order, quotes and line ends of all else are not even looked at. What cannot be
edited so that nothing else changes is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import yaml

from softswitch.config import units
from softswitch.config.problems import Wrong

_LOADER: Final[Any] = yaml.SafeLoader
_SAFE = re.compile(r"[A-Za-z0-9+][A-Za-z0-9_.@+-]*").fullmatch
"""Needs no quotes anywhere."""
_IN_FLOW = re.compile(r"[,\[\]{}]|:$|: | #").search
"""Ends a plain value between braces."""
_TEXT = ("tag:yaml.org,2002:", "!")
NOT_WRITTEN = "is not written there"


class Unwritten(Exception):
    """Why the text is not edited, for a person."""


Path = tuple[str, ...]
"""Keys under the user: `("forward", "busy")`."""
Value = str | Sequence[str | Mapping[str, str]]


def edited(text: str, user: str, path: Path, value: Value) -> str:
    """The text with another value there. Raises Unwritten."""
    root = yaml.compose(text, Loader=_LOADER)
    word, node = _user(root, user)
    found = _Edit(text, user).under(word, node, path, value)
    expected = _expected(_plain(root), word, path, value)
    try:
        fine = _plain(yaml.compose(found, Loader=_LOADER)) == expected
    except yaml.YAMLError:
        fine = False
    if not fine:
        raise Unwritten(f"what stands there for {user} stands elsewhere, too; write it yourself")
    return found


def scalar(word: str) -> str:
    """As it is written where nothing is known of quotes."""
    return word if _SAFE(word) else json.dumps(word, ensure_ascii=False)


def flow(value: Value) -> str:
    """In one line: `a@example.com`, `[a@example.com, {to: b@example.com, when: open}]`."""
    if isinstance(value, str):
        return scalar(value)
    return f"[{', '.join(map(_item, value))}]"


def _item(one: str | Mapping[str, str]) -> str:
    if isinstance(one, str):
        return scalar(one)
    return "{" + ", ".join(f"{key}: {scalar(word)}" for key, word in one.items()) + "}"


def _user(root: Any, user: str) -> tuple[str, Any]:
    """The user as the file spells him, and what stands there: key and value."""
    users = _entries(root).get("users")
    for word, entry in _entries(users[1] if users else None).items():
        try:
            same = units.extension(word) == user
        except Wrong:
            same = False
        if same:
            return word, entry
    raise Unwritten(f"{user} {NOT_WRITTEN} under users:")


def _entries(node: Any) -> dict[str, tuple[Any, Any]]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {key.value: (key, value) for key, value in node.value}


class _Edit:
    """One edit of one text."""

    def __init__(self, text: str, user: str) -> None:
        self._text = text
        self._user = user
        self._break = "\r\n" if "\r\n" in text else "\n"

    def under(self, word: str, entry: tuple[Any, Any], path: Path, value: Value) -> str:
        """Below an entry, which is that of `word`."""
        key, node = entry
        self._refuse_elsewhere(word, key, node)
        if not path:
            return self._replaced(key, node, value)
        name, *rest = path
        if isinstance(node, yaml.ScalarNode):
            return self._long(word, key, node, path, value)
        if not isinstance(node, yaml.MappingNode):
            raise Unwritten(f"line {_line(node)}: {word} is a list")
        entries = _entries(node)
        if name in entries:
            return self.under(name, entries[name], tuple(rest), value)
        return self._inserted(node, f"{name}: {_nested(rest, value)}")

    def _refuse_elsewhere(self, word: str, key: Any, node: Any) -> None:
        if not _end(key) <= node.start_mark.index:
            raise Unwritten(f"line {_line(key)}: {word} is written by an alias; write it yourself")
        if not node.tag.startswith(_TEXT[0]) and node.tag != _TEXT[1]:
            raise Unwritten(f"line {_line(node)}: {word} is {node.tag}; change what it names")

    def _replaced(self, key: Any, node: Any, value: Value) -> str:
        """Another value in the place of this one."""
        if isinstance(node, yaml.ScalarNode) and node.style in ("'", '"') and _is_safe(value):
            return self._cut(node.start_mark.index, _end(node), f"{node.style}{value}{node.style}")
        if _is_block(node) or not _span(node):
            return self._cut(self._colon(key, node), _end(node), f": {flow(value)}")
        return self._cut(node.start_mark.index, _end(node), flow(value))

    def _long(self, word: str, key: Any, node: Any, path: Path, value: Value) -> str:
        """`101: Jan` becomes `101: {name: Jan, …}`, `voicemail: on` gets `{enabled: on, …}`."""
        name, *rest = path
        added = f"{name}: {_nested(rest, value)}"
        if not node.value and not node.style:
            return self._cut(self._colon(key, node), _end(node), f": {{{added}}}")
        first = "enabled" if word == "voicemail" else "name"
        if word == "forward":
            raise Unwritten(f"line {_line(node)}: {word} has no keys")
        written = self._text[node.start_mark.index : _end(node)]
        if node.style in ("|", ">") or (not node.style and _IN_FLOW(written)):
            written = json.dumps(node.value, ensure_ascii=False)
        long = f": {{{first}: {written}, {added}}}"
        return self._cut(self._colon(key, node), _end(node), long)

    def _inserted(self, node: Any, entry: str) -> str:
        """One more key with its value."""
        if not node.value:  # {}
            inside = node.start_mark.index + self._text[node.start_mark.index :].index("{") + 1
            return self._cut(inside, inside, entry)
        first, (before, last) = node.value[0][0], node.value[-1]
        at = first.start_mark.index
        # Of an alias nobody says where it ends, and of a text in lines neither.
        vague = _end(last) < _end(before) or getattr(_leaf(last), "style", "") in ("|", ">")
        if node.flow_style:
            if vague:
                return self._cut(at, at, f"{entry}, ")
            return self._cut(_end(last), _end(last), f", {entry}")
        indent = " " * first.start_mark.column
        if vague:
            return self._cut(at, at, f"{entry}{self._break}{indent}")
        at = self._line_end(_end(last))
        return self._cut(at, at, f"{self._break}{indent}{entry}")

    def _colon(self, key: Any, node: Any) -> int:
        """Where the colon behind a key is; where it should be, if there is none."""
        between = self._text[_end(key) : node.start_mark.index]
        return _end(key) + (between.index(":") if ":" in between else 0)

    def _line_end(self, at: int) -> int:
        found = re.compile("\r\n|[\r\n]").search(self._text, at)
        return found.start() if found else len(self._text)

    def _cut(self, start: int, end: int, new: str) -> str:
        while end > start and self._text[end - 1].isspace():  # a text in lines ends with the next
            end -= 1
        return self._text[:start] + new + self._text[end:]


def _nested(rest: Sequence[str], value: Value) -> str:
    return f"{{{rest[0]}: {flow(value)}}}" if rest else flow(value)


def _is_safe(value: Value) -> bool:
    return isinstance(value, str) and bool(_SAFE(value))


def _is_block(node: Any) -> bool:
    if isinstance(node, yaml.ScalarNode):
        return node.style in ("|", ">")
    return not node.flow_style


def _span(node: Any) -> int:
    return int(node.end_mark.index - node.start_mark.index)


def _leaf(node: Any) -> Any:
    """The last thing that stands in a collection of lines."""
    while not isinstance(node, yaml.ScalarNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return node


def _end(node: Any) -> int:
    """Behind its last character. A block ends for PyYAML where the next thing begins."""
    return int(_leaf(node).end_mark.index)


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1


def _plain(node: Any) -> Any:
    """What is written, with tags; what an alias stands for is in each of its places."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: _plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    if not node.value and not node.style:
        return None
    return (node.tag, node.value) if not node.tag.startswith(_TEXT[0]) else node.value


def _expected(before: Any, word: str, path: Path, value: Value) -> Any:
    place, name = before["users"], word
    for key in path:
        below = place.get(name)
        if not isinstance(below, dict):
            below = {} if below is None else {"enabled" if name == "voicemail" else "name": below}
        # A copy: what an alias stands for elsewhere has to stay as it was.
        place[name] = dict(below)
        place, name = place[name], key
    place[name] = value if isinstance(value, str) else [_copy(one) for one in value]
    return before


def _copy(one: str | Mapping[str, str]) -> Any:
    return one if isinstance(one, str) else dict(one)
