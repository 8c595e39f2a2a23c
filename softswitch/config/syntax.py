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

_CODE_AS_COMMENT = re.compile(r"[:,\[{-]\s+(#[0-9*#+]+)")

SEARCHED_LINES = 20
"""So far above the place where the parser gave up, a comment may be what went wrong."""

_SHAPE = "this line does not fit to the keys above"
_KNOWN = (
    ("incompatible", "another version of YAML", "leave the %YAML line out"),
    (
        "mapping values are not allowed",
        "a ':' that cannot be here",
        "quote a value with ': ' in it; else the line is indented too far, or the one above "
        "has no ':'",
    ),
    (
        "escape",
        'in "…" a backslash begins an escape, and this is none',
        "write it in '…' instead",
    ),
    (
        "quoted scalar",
        "the quotation mark opened here is never closed",
        "a quotation mark inside of '…' is written twice",
    ),
    ("',' or ']'", "the [ of this list is not closed", "end it with ], commas in between"),
    ("',' or '}'", "the { of these keys is not closed", "end it with }, commas in between"),
    ("flow node", "a value is missing here", "[ ends with ] and { with }, commas in between"),
    (
        "expected ':'",
        "a key without its ':'",
        "write it like `name: Anna`, with a space after the colon",
    ),
    ("parsing a block mapping", _SHAPE, "indent keys of one level alike"),
    (
        "parsing a block collection",
        "this line does not fit to the list above",
        "begin each item with '- ', all indented alike",
    ),
)
"""Part of the parser's text (C or Python), what it means, what to do."""

_OPENED = ("quoted scalar", "',' or ']'", "',' or '}'", "an alias", "an anchor", "a tag")
"""Here the mistake is where something was opened, not where the parser gave up."""


def explain(error: yaml.MarkedYAMLError, source: Source) -> Problem:
    """The problem that the parser's error stands for."""
    said = f"{error.context or ''} {error.problem or ''}".strip()
    gave_up = (error.problem_mark.line, error.problem_mark.column) if error.problem_mark else (0, 0)
    if "flow" in said:
        code = _commented_code(source, gave_up[0])
        if code:
            return code
    line, column = gave_up
    if error.context_mark and "escape" not in said and any(part in said for part in _OPENED):
        line, column = error.context_mark.line, error.context_mark.column
    text = source.line(line)
    return source.problem(
        line, column, "", _by_text(text, column) or _by_parser(said, text, column)
    )


def _commented_code(source: Source, below: int) -> Problem | None:
    """`{busy: #21#}` leaves its bracket open: the rest of the line is a comment (CFG-3)."""
    for line in range(below, max(-1, below - SEARCHED_LINES), -1):
        code = _CODE_AS_COMMENT.search(source.line(line))
        if code:
            wrong = Wrong(f"for YAML {code[1]} begins a comment", f"quote it: {in_quotes(code[1])}")
            return source.problem(line, code.start(1), "", wrong, width=len(code[1]))
    return None


def in_quotes(word: str) -> str:
    """As it can be written in YAML."""
    if '"' in word or "\\" in word:
        doubled = word.replace("'", "''")
        return f"'{doubled}'"
    return f'"{word}"'


def _by_text(line: str, column: int) -> Wrong | None:
    """What can be seen in the line itself: tabs, and signs that mean something to YAML."""
    indentation = line[: len(line) - len(line.lstrip())]
    if "\t" in indentation and column <= len(indentation):
        return Wrong("a tab in the indentation", "YAML is indented with spaces")
    token = _TOKEN.match(line, column)
    if not token or token[0][0] not in _SPECIAL or line.startswith("%"):
        return None
    sign, word = token[0][0], token[0].rstrip(":")
    if holds_password(line):
        word = f"{sign}…"
    return Wrong(
        f"{quoted(word)} begins with {sign}, which is {_SPECIAL[sign]} to YAML",
        f"quote it: {in_quotes(word)}",
    )


def _by_parser(said: str, line: str, column: int) -> Wrong:
    for part, problem, suggestion in _KNOWN:
        if part in said:
            if problem == _SHAPE and line[:column].strip():
                return Wrong("this cannot follow what stands before it", "quote the whole value")
            return Wrong(problem, suggestion)
    return Wrong(f"not YAML: {said}")
