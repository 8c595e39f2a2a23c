"""What the YAML parser complains about, in the words of someone who writes a telephone plan."""

import re

import yaml

from softswitch.config.problems import Problem, Source, Wrong, holds_password, quoted

_SPECIAL = {
    "*": "an alias",
    "&": "an anchor",
    "@": "reserved",
    "`": "reserved",
    "%": "a directive",
    "!": "a tag",
}
"""Characters that mean something to YAML at the beginning of a value."""

_TOKEN = re.compile(r"[^\s,\[\]{}]+")
_COMMENTED_CODE = re.compile(r"\s(#[0-9*#+]\S*)")

_KNOWN = (
    (
        "mapping values are not allowed",
        "a ':' that cannot be here",
        "quote a value that contains ': '; or the line is indented too far",
    ),
    (
        "quoted scalar",
        "the quotation mark opened here is never closed",
        "a quotation mark inside of '…' is written twice",
    ),
    ("',' or ']'", "the [ of this list is not closed", "end it with ], commas in between"),
    ("',' or '}'", "the { of these keys is not closed", "end it with }, commas in between"),
    (
        "escape",
        'in "…" a backslash begins an escape, and this is none',
        "write it in '…' instead",
    ),
    (
        "expected ':'",
        "a key without its ':'",
        "write it like `name: Anna`, with a space after the colon",
    ),
    (
        "parsing a block mapping",
        "this line does not fit to the keys above",
        "indent keys of one level alike",
    ),
    (
        "parsing a block collection",
        "this line does not fit to the list above",
        "begin each item with '- ', all indented alike",
    ),
    ("incompatible", "another version of YAML", "leave the %YAML line out"),
)
"""Part of the parser's text (C or Python), what it means, what to do."""

_AT_CONTEXT = ("quoted scalar", "',' or ']'", "',' or '}'")
"""Here the mistake is where something was opened, not where the parser gave up."""


def explain(error: yaml.MarkedYAMLError, source: Source) -> Problem:
    """The problem that the parser's error stands for."""
    said = f"{error.context or ''} {error.problem or ''}"
    mark = error.problem_mark
    if error.context_mark and any(part in said for part in (*_AT_CONTEXT, "an alias", "a tag")):
        mark = error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    wrong = _by_text(source.line(line), column) or _by_parser(said, source.line(line))
    return source.problem(line, column, "", wrong)


def _by_text(line: str, column: int) -> Wrong | None:
    """What can be seen in the line itself: tabs, and signs that mean something to YAML."""
    indentation = line[: len(line) - len(line.lstrip())]
    if "\t" in indentation and column <= len(indentation):
        return Wrong("a tab in the indentation", "YAML is indented with spaces")
    token = _TOKEN.match(line, column)
    if token and token[0][0] in _SPECIAL:
        word = token[0].rstrip(":")
        if holds_password(line):
            word = f"{word[0]}…"
        return Wrong(
            f"{quoted(word)} begins with {word[0]}, which is {_SPECIAL[word[0]]} to YAML",
            f"quote it: '{word}'",
        )
    return None


def _by_parser(said: str, line: str) -> Wrong:
    for part, problem, suggestion in _KNOWN:
        if part in said:
            code = _COMMENTED_CODE.search(line)
            if code and "',' or" in part:
                suggestion = f"for YAML {quoted(code[1])} begins a comment: quote it"
            return Wrong(problem, suggestion)
    return Wrong(f"not YAML: {said.strip()}")
