"""A mistake in the YAML file, and how it is shown: place, source line, caret, suggestion."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

SHOWN_WIDTH = 100
"""Of a longer source line only so many characters around the mistake are shown."""

SHOWN_VALUE = 40
"""A value longer than this is cut when a message repeats it."""

_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
"""What YAML 1.1 counts as the end of a line (its §4.1.4), so that line numbers agree."""

_PASSWORD = re.compile(r"(pass?w[\w-]*[\"']?\s*:\s+)([^\s!#].*?)(?=,\s|\s*\}*\s*$)", re.I)
"""A password in a line of YAML, under its key or one that is nearly it."""


class Wrong(ValueError):
    """A value that cannot be, before it is known where it stands."""

    def __init__(self, problem: str, suggestion: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.suggestion = suggestion


def quoted(text: str) -> str:
    """The text as a message may repeat it: quoted, control characters escaped, never long."""
    if len(text) <= SHOWN_VALUE:
        return repr(text)
    return repr(text[:SHOWN_VALUE] + "…")


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. `line` and `column` count from 1, line 0 is the file as a whole."""

    file: str
    line: int
    column: int
    path: str
    message: str
    suggestion: str = ""
    source: str = ""
    """The text of the line; "" where it is not to be shown."""
    width: int = 1

    def summary(self) -> str:
        """`file:line:column: path: what is wrong`"""
        place = f":{self.line}:{self.column}" if self.line else ""
        path = f"{self.path}: " if self.path else ""
        return f"{self.file}{place}: {path}{self.message}"

    def __str__(self) -> str:
        lines = [self.summary()]
        if self.source.strip():
            lines += [f"    {line}" for line in self._excerpt()]
        if self.suggestion:
            lines.append(f"    {self.suggestion}")
        return "\n".join(lines)

    def _excerpt(self) -> tuple[str, str]:
        """The source line and the carets under the mistake."""
        at = self.column - 1
        start = max(0, at - SHOWN_WIDTH // 2)
        near = max(0, start - SHOWN_WIDTH)  # a long line is not searched for each of its mistakes
        shown_line = masked(self.source[near : start + 2 * SHOWN_WIDTH])
        shown = shown_line[start - near :][:SHOWN_WIDTH].replace("\t", " ")
        before, marked = shown[: at - start], shown[at - start :][: self.width]
        return shown.rstrip(), " " * _cells(before) + "^" * max(1, _cells(marked))


def holds_password(line: str) -> bool:
    """Then a message does not repeat anything of it."""
    return bool(_PASSWORD.search(line))


def masked(line: str) -> str:
    """The line without the password that stands in it, as long as before."""
    return _PASSWORD.sub(lambda found: found[1] + "*" * len(found[2]), line)


def _cells(text: str) -> int:
    """How many columns of a terminal the text fills."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(unicodedata.combining(letter) > 0 for letter in text)


class ConfigErrors(Exception):
    """Everything that is wrong with a file, in its order.

    `unreadable` tells a file that could not be read at all from one with mistakes in it.
    """

    def __init__(self, problems: Iterable[Problem], *, unreadable: bool = False) -> None:
        self.problems = tuple(problems)
        self.unreadable = unreadable
        super().__init__(self.problems)

    @property
    def exit_code(self) -> int:
        """1 where the file cannot be read, 2 where it is wrong."""
        return 1 if self.unreadable else 2

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Source:
    """A text file under its name; makes the problems that are found in it."""

    file: str
    text: str
    lines: tuple[str, ...]
    confidential: bool = False

    @classmethod
    def of(cls, file: str, text: str, *, confidential: bool = False) -> "Source":
        """`confidential`: no line of this file is ever shown."""
        return cls(file, text, tuple(_LINE_BREAK.split(text)), confidential)

    def line(self, line: int) -> str:
        """The text of line `line`, counted from 0; "" beyond the end."""
        return self.lines[line] if 0 <= line < len(self.lines) else ""

    def whole(self, wrong: Wrong) -> Problem:
        """A problem with the file as a whole."""
        return Problem(self.file, 0, 0, "", wrong.problem, wrong.suggestion)

    def problem(
        self, line: int, column: int, path: str, wrong: Wrong, *, width: int = 1
    ) -> Problem:
        """The problem at `line`, `column`, both counted from 0 as YAML's marks are."""
        shown = "" if self.confidential else self.line(line)
        return Problem(
            self.file, line + 1, column + 1, path, wrong.problem, wrong.suggestion, shown, width
        )
