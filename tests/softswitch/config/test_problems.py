"""How a mistake is shown."""

import pytest

from softswitch.config.problems import (
    ConfigErrors,
    Problem,
    Source,
    Wrong,
    holds_password,
    quoted,
)


def shown(line: str, column: int, width: int = 1) -> list[str]:
    source = Source.of("a.yaml", line)
    return str(source.problem(0, column, "", Wrong("wrong"), width=width)).split("\n")


def test_a_problem_shows_place_line_caret_and_suggestion() -> None:
    source = Source.of("conf/a.yaml", "users:\n  100: {pasword: 1}\n")
    wrong = Wrong("unknown key 'pasword'", "did you mean password?")
    assert str(source.problem(1, 8, "users.100", wrong, width=7)).split("\n") == [
        "conf/a.yaml:2:9: users.100: unknown key 'pasword'",
        "      100: {pasword: *}",
        "            ^^^^^^^",
        "    did you mean password?",
    ]


def test_a_problem_of_the_whole_file_has_neither_line_nor_caret() -> None:
    problem = Source.of("a.yaml", "x").whole(Wrong("cannot be read"))
    assert str(problem) == "a.yaml: cannot be read"


def test_an_empty_line_is_not_shown() -> None:
    assert shown("", 0) == ["a.yaml:1:1: wrong"]
    assert str(Source.of("a.yaml", "x").problem(7, 0, "", Wrong("w"))) == "a.yaml:8:1: w"


def test_the_caret_stands_under_wide_letters_too() -> None:
    assert shown("名: x", 3)[1:] == ["    名: x", "        ^"]
    assert shown("e\u0301: x", 4)[2] == "       ^"


def test_a_tab_takes_one_column() -> None:
    assert shown("\ta", 1)[1:] == ["     a", "     ^"]


def test_of_a_long_line_only_the_neighbourhood_is_shown() -> None:
    line = "x" * 5000 + "!" + "y" * 5000
    lines = shown(line, 5000)
    assert len(lines[1]) <= 104
    assert lines[1][lines[2].index("^")] == "!"


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("password: hunter2", "password: *******"),
        ("  'pasword': hunter2  ", "  'pasword': *******"),
        ("{password: a, name: b}", "{password: *, name: b}"),
        ('passwd: "a, b"', 'passwd: **, b"'),
        ("password: !secret x", "password: !secret x"),
        ("password: # none", "password: # none"),
        ("password:", "password:"),
    ],
)
def test_a_password_in_the_line_is_masked(line: str, masked: str) -> None:
    assert shown(line, 0)[1] == f"    {masked}"
    assert holds_password(line) == ("*" in masked)


def test_no_line_of_a_confidential_file_is_shown() -> None:
    source = Source.of("secrets.yaml", "smtp: hunter2", confidential=True)
    assert "hunter2" not in str(source.problem(0, 6, "smtp", Wrong("wrong")))


def test_lines_end_where_yaml_ends_them() -> None:
    assert Source.of("a", "1\r\n2\r3\n4\x855\u20286\u20297").lines == tuple("1234567")


def test_a_value_is_quoted_escaped_and_cut() -> None:
    assert quoted("a\x1b") == "'a\\x1b'"
    assert quoted("x" * 41) == repr("x" * 40 + "…")


def test_the_errors_are_all_in_the_text_and_tell_the_exit_code() -> None:
    problems = [Problem("a", 1, 1, "", "one"), Problem("a", 2, 1, "", "two")]
    errors = ConfigErrors(problems)
    assert str(errors) == "a:1:1: one\na:2:1: two"
    assert errors.exit_code == 2
    assert ConfigErrors(problems, unreadable=True).exit_code == 1
