"""The tree: text with positions, anchors and merges, and what is refused."""

import pytest
import yaml

from softswitch.config import nodes
from softswitch.config.nodes import Mapping, Node, Scalar, Sequence, read
from softswitch.config.problems import Source


@pytest.fixture(params=["C", "Python"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML may come without libyaml; the words of its two parsers differ."""
    loader = yaml.CLoader if request.param == "C" else yaml.SafeLoader
    monkeypatch.setattr(nodes, "_LOADER", loader)


def tree(text: str) -> Node:
    root, problems = read(Source.of("a.yaml", text))
    assert root is not None
    assert problems == []
    return root


def plain(node: Node) -> object:
    if isinstance(node, Mapping):
        return {name: plain(entry.value) for name, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return node.text


def said(text: str) -> list[str]:
    _, problems = read(Source.of("a.yaml", text))
    return [f"{problem.summary()} | {problem.suggestion}" for problem in problems]


@pytest.mark.parametrize(
    "written",
    ["0123", "22:00", "+48221112233", "no", "off", "NO", "1_000", "1e3", "0x10", "12:30:45",
     "2026-12-25", "null", "~", "true", ".5"],
)  # fmt: skip
def test_every_scalar_is_the_text_that_was_typed(written: str) -> None:
    assert plain(tree(f"a: {written}")) == {"a": written}
    assert plain(tree(f"{written}: a")) == {written: "a"}


def test_a_scalar_knows_where_it_stands() -> None:
    root = tree("users:\n  ż: {name: 'Anna N'}\n")
    assert isinstance(root, Mapping)
    users = root.entries["users"].value
    assert isinstance(users, Mapping)
    entry = users.entries["ż"]
    assert (entry.key.line, entry.key.column, entry.key.width) == (1, 2, 1)
    assert isinstance(entry.value, Mapping)
    name = entry.value.entries["name"].value
    assert isinstance(name, Scalar)
    assert (name.line, name.column, name.width, name.plain) == (1, 12, 8, False)


def test_a_scalar_over_several_lines_is_marked_at_its_beginning() -> None:
    root = tree("a: |\n  b\n  c\n")
    assert isinstance(root, Mapping)
    assert isinstance(root.entries["a"].value, Scalar)
    assert root.entries["a"].value.width == 1


def test_an_anchor_repeats_and_a_merge_adds() -> None:
    text = "a: &a {x: 1, y: 2}\nb: *a\nc: {<<: *a, y: 3}\nd: {y: 4, <<: [*a, {z: 5, x: 6}]}\n"
    assert plain(tree(text)) == {
        "a": {"x": "1", "y": "2"},
        "b": {"x": "1", "y": "2"},
        "c": {"x": "1", "y": "3"},
        "d": {"x": "1", "y": "4", "z": "5"},
    }


def test_an_anchored_text_repeats() -> None:
    assert plain(tree("a: &a x\nb: *a\n*a : c")) == {"a": "x", "b": "x", "x": "c"}


def test_a_quoted_merge_sign_is_an_ordinary_key() -> None:
    assert plain(tree("'<<': 1")) == {"<<": "1"}


def test_a_merge_of_something_else_is_refused() -> None:
    assert said("<<: 5\nb: 1") == [
        "a.yaml:1:5: << needs keys with values | write it like <<: *name"
    ]
    assert len(said("a: {<<: [1, 2]}")) == 2


def test_a_merge_of_a_missing_anchor_is_one_mistake() -> None:
    assert len(said("a: {<<: *b}")) == 1


def test_a_code_with_a_star_says_to_quote_it() -> None:
    assert said("users:\n  100: {code: *98}\n  101: {code: *21}\n") == [
        "a.yaml:2:15: users.100.code: *98 refers to an anchor &98, and there is none"
        ' | if *98 is to be dialled, quote it: "*98"',
        "a.yaml:3:15: users.101.code: *21 refers to an anchor &21, and there is none"
        ' | if *21 is to be dialled, quote it: "*21"',
    ]


def test_a_star_as_a_key_says_to_quote_it() -> None:
    assert len(said("*98 : 100")) == 1
    assert 'quote it: "*98"' in said("*98 : 100")[0]


def test_an_anchor_inside_of_itself_is_refused() -> None:
    expected = "*a stands inside of &a: it would never end | "
    assert said("x: &a [*a]") == [f"a.yaml:1:8: x.0: {expected}"]
    assert said("x: &a {y: *a}") == [f"a.yaml:1:11: x.y: {expected}"]
    assert said("x: &a {<<: *a}") == [f"a.yaml:1:12: x.<<: {expected}"]


def test_an_anchor_twice_names_the_first_place() -> None:
    assert said("a: &x 1\nb: &x 2") == [
        "a.yaml:2:4: b: the anchor &x stands here a second time"
        " | the first is in line 1; give one of them another name"
    ]


def test_a_key_twice_names_both_places() -> None:
    assert said("users:\n  100: a\n  101: b\n  '100': c\n") == [
        "a.yaml:4:3: users: the key '100' stands here a second time; the first is at a.yaml:2"
        " | keep one of them"
    ]


@pytest.mark.parametrize("code", ["#21#", "#1", "#*", "#31*"])
def test_a_code_that_became_a_comment_says_to_quote_it(code: str) -> None:
    expected = f'for YAML {code} is a comment | if it is a code, quote it: "{code}"'
    assert said(f"off: {code}\n") == [f"a.yaml:1:6: off: nothing is written here: {expected}"]
    assert said(f"'off':   {code} # really\n")[0].endswith(expected)
    assert said(f"codes:\n  - {code}\n")[0].startswith("a.yaml:2:5: codes.0: nothing is written")


def test_an_ordinary_comment_after_a_key_is_none_of_that() -> None:
    assert plain(tree("a: # 21\nb: #todo\nc:")) == {"a": "", "b": "", "c": ""}


@pytest.mark.parametrize("text", ["? [a]\n: b", "? {a: b}\n: c", "!secret x: b"])
def test_a_key_that_is_no_text_is_refused(text: str) -> None:
    assert any("a key must be plain text" in line for line in said(text))


def test_an_empty_key_is_refused() -> None:
    assert said("'': b") == ["a.yaml:1:1: a key is missing before the ':' | "]


def test_a_tag_before_a_list_is_refused() -> None:
    assert said("a: !x [1]") == ["a.yaml:1:4: a: '!x' cannot stand before a list or keys | "]
    assert said("a: !!python/object:os.system {}")[0].startswith("a.yaml:1:4: a: 'tag:yaml")


def test_a_second_document_is_refused() -> None:
    assert said("a: 1\n---\nb: 2") == ["a.yaml:2:1: a second document begins; one is read | "]


@pytest.mark.parametrize("text", ["[" * 1_000, "a: " + "{a: " * 5000, "- " * 1000])
def test_deep_nesting_is_refused_before_it_hurts(text: str) -> None:
    assert ["nested too deeply: 32 levels at most" in line for line in said(text)] == [True]


def test_aliases_that_unfold_without_end_are_refused() -> None:
    text = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    for above, name in zip("abcdefgh", "bcdefghi", strict=True):
        text += f"{name}: &{name} [{', '.join([f'*{above}'] * 10)}]\n"
    assert ["more than 200000 values" in line for line in said(text)] == [True]


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("a: 1\nb: \x07", "a.yaml:2:4", "delete it"),
        ("\x00\x01\x02", "a.yaml:1:1", "is this a text file?"),
        ("a: \x1b[31m", "a.yaml:1:4", "delete it"),
        ("a: \ufffe", "a.yaml:1:4", "delete it"),
    ],
)
def test_a_character_that_yaml_forbids_is_found(text: str, place: str, hint: str) -> None:
    problem = said(text)[0]
    assert problem.startswith(f"{place}: the character U+")
    assert problem.endswith(hint)


def test_a_syntax_error_comes_after_what_was_found_before_it() -> None:
    found = said("a: *98\nb: [1\n")
    assert [line.split(": ")[0] for line in found] == ["a.yaml:1:4", "a.yaml:2:4"]


def test_an_empty_file_has_no_tree() -> None:
    assert read(Source.of("a.yaml", "")) == (None, [])
