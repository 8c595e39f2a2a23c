"""What the parser complains about, in other words."""

import pytest
import yaml

from softswitch.config import nodes
from softswitch.config.problems import Source
from softswitch.config.syntax import explain, in_quotes


@pytest.fixture(params=["C", "Python"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    loader = yaml.CLoader if request.param == "C" else yaml.SafeLoader
    monkeypatch.setattr(nodes, "_LOADER", loader)


@pytest.mark.parametrize(
    ("text", "place", "message", "suggestion"),
    [
        ("a:\n\tb: c", "2:1", "a tab in the indentation", "indented with spaces"),
        ("\ta: 1", "1:1", "a tab in the indentation", "indented with spaces"),
        ("a: **101", "1:4", "'**101' begins with *, which is an alias", 'quote it: "**101"'),
        ("a: *98#", "1:4", "'*98#' begins with *", 'quote it: "*98#"'),
        ("a: &", "1:4", "'&' begins with &, which is an anchor", 'quote it: "&"'),
        ("a: @b", "1:4", "'@b' begins with @, which is reserved", 'quote it: "@b"'),
        ("a: `b", "1:4", "begins with `, which is reserved", 'quote it: "`b"'),
        ("a: %b", "1:4", "begins with %, which is a directive", 'quote it: "%b"'),
        ("a: !<b", "1:4", "begins with !, which is a tag", 'quote it: "!<b"'),
        ("a: b: c", "1:5", "a ':' that cannot be here", "quote a value with ': ' in it"),
        ("a: 1\n  b: 2", "2:4", "a ':' that cannot be here", "indented too far"),
        ("a: 'x", "1:4", "the quotation mark opened here is never closed", "written twice"),
        ('a: "\\q"', "1:", "a backslash begins an escape", "write it in '…' instead"),
        ("a: [1\nb: 2", "1:4", "the [ of this list is not closed", "end it with ]"),
        ("a: {b: 1\nc: d", "1:4", "the { of these keys is not closed", "end it with }"),
        ("a: [1,\n  - b", "2:3", "a value is missing here", "[ ends with ]"),
        ("a: {b: #21#}\n", "1:8", "for YAML #21# begins a comment", 'quote it: "#21#"'),
        ("a: {b: 1,\n  c: #21#,\n  d: 2}\n", "2:6", "for YAML #21# begins", 'quote it: "#21#"'),
        ("a: 1\nb\nc: 2", "3:", "a key without its ':'", "with a space after the colon"),
        ("a:\n  b\n  c: 2", "3:4", "a ':' that cannot be here", "the one above has no ':'"),
        ("a: 1\nb\n", "", "a key without its ':'", "with a space after the colon"),
        ("a:\n  b: 1\n c: 2", "3:2", "does not fit to the keys above", "indent keys"),
        ('a: "x"y', "1:7", "this cannot follow what stands before it", "quote the whole value"),
        ("a: [b]]", "1:7", "this cannot follow what stands before it", "quote the whole value"),
        ("- a\nb: c", "2:1", "does not fit to the list above", "begin each item with '- '"),
        ("%YAML 3.0\n---\na: 1", "1:1", "another version of YAML", "leave the %YAML line out"),
        ("a: >x", "1:5", "not YAML: while scanning a block scalar", ""),
    ],
)
def test_a_syntax_error_says_what_to_do(
    text: str, place: str, message: str, suggestion: str
) -> None:
    root, problems = nodes.read(Source.of("a.yaml", text))
    problem = problems[-1]
    assert root is None
    assert f"{problem.line}:{problem.column}".startswith(place)
    assert message in problem.message
    assert suggestion in problem.suggestion


def test_a_syntax_error_beside_a_password_does_not_tell_it() -> None:
    _, problems = nodes.read(Source.of("a.yaml", "password: @hunter2"))
    assert "hunter2" not in str(problems[0])
    assert "'@…' begins with @" in problems[0].message


def test_an_error_without_a_place_is_at_the_beginning() -> None:
    problem = explain(yaml.MarkedYAMLError(problem="strange"), Source.of("a.yaml", "a: 1"))
    assert problem.summary() == "a.yaml:1:1: not YAML: strange"


def test_a_word_is_quoted_as_yaml_reads_it() -> None:
    for word in ("*98", 'a"b', "it's", "a\\b'c", "#21#"):
        assert yaml.safe_load(in_quotes(word)) == word
