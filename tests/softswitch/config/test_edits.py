"""A value written into the text of a configuration, and nothing else (§4.1 rule 7)."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.config.edits import Unwritten, Value, edited, flow
from tests.softswitch.config.reading import read

RING = ("ring_time",)
BUSY = ("forward", "busy")
MODE = ("voicemail", "on_message")


@pytest.mark.parametrize(
    ("before", "path", "value", "after"),
    [
        # there already: only the value is another
        ("{101: {ring_time: 20s}}", RING, "25s", "{101: {ring_time: 25s}}"),
        ("{101: {ring_time: '20s' }}", RING, "25s", "{101: {ring_time: '25s' }}"),
        ('{101: {ring_time: "20s"}}', RING, "25s", '{101: {ring_time: "25s"}}'),
        (
            "\n  101:\n    name: Jan   # the boss\n    ring_time: 20s  # short\n  102: Ola",
            RING,
            "25s",
            "\n  101:\n    name: Jan   # the boss\n    ring_time: 25s  # short\n  102: Ola",
        ),
        ("{101: {forward: {busy: 102}}}", BUSY, "+48600", "{101: {forward: {busy: +48600}}}"),
        ("{101: {forward: {busy: '102'}}}", BUSY, "off", "{101: {forward: {busy: 'off'}}}"),
        (
            "{101: {forward: {busy: {to: 102, when: closed}}}}",
            BUSY,
            "voicemail:105",
            '{101: {forward: {busy: "voicemail:105"}}}',
        ),
        (
            "\n  101:\n    forward:\n      busy:\n        to: 102 # x\n        when: closed\n"
            "      always: 103\n",
            BUSY,
            "105",
            "\n  101:\n    forward:\n      busy: 105\n      always: 103\n",
        ),
        # missing: a line more, or a word more between braces
        ("{101: {name: Jan}}", RING, "25s", "{101: {name: Jan, ring_time: 25s}}"),
        ("{101: {name: Jan,}}", RING, "25s", "{101: {name: Jan, ring_time: 25s,}}"),
        ("{101: {}}", RING, "25s", "{101: {ring_time: 25s}}"),
        ("\n  101:\n    name: Jan", RING, "25s", "\n  101:\n    name: Jan\n    ring_time: 25s"),
        (
            "\n  101:\n    name: Jan # boss\n\n  # the next\n  102: Ola\n",
            RING,
            "25s",
            "\n  101:\n    name: Jan # boss\n    ring_time: 25s\n\n  # the next\n  102: Ola\n",
        ),
        (
            "\n  101:\n    forward:\n      always: 103 # away\n",
            BUSY,
            "102",
            "\n  101:\n    forward:\n      always: 103 # away\n      busy: 102\n",
        ),
        (
            "\n  101:\n    name: Jan\n",
            BUSY,
            "102",
            "\n  101:\n    name: Jan\n    forward: {busy: 102}\n",
        ),
        (
            "\n  101:\n    name: >-\n      Jan\n      Novak\n",
            RING,
            "25s",
            "\n  101:\n    ring_time: 25s\n    name: >-\n      Jan\n      Novak\n",
        ),
        (
            "\n  101:\n    codecs:\n      - g722\n      - pcma\n  102: Ola\n",
            RING,
            "25s",
            "\n  101:\n    codecs:\n      - g722\n      - pcma\n    ring_time: 25s\n  102: Ola\n",
        ),
        (
            "\r\n  101:\r\n    name: Jan\r\n",
            RING,
            "25s",
            "\r\n  101:\r\n    name: Jan\r\n    ring_time: 25s\r\n",
        ),
        # a short form becomes a long one
        ("{101: Jan}", RING, "25s", "{101: {name: Jan, ring_time: 25s}}"),
        ("\n  101: Jan # boss\n", RING, "25s", "\n  101: {name: Jan, ring_time: 25s} # boss\n"),
        ("\n  101: Novak, Jan\n", RING, "25s", '\n  101: {name: "Novak, Jan", ring_time: 25s}\n'),
        ("\n  101: 'Jan'\n", RING, "25s", "\n  101: {name: 'Jan', ring_time: 25s}\n"),
        (
            "\n  101: |\n    Jan\n\n  # next\n  102: Ola\n",
            RING,
            "25s",
            '\n  101: {name: "Jan\\n", ring_time: 25s}\n\n  # next\n  102: Ola\n',
        ),
        ("{101: {ring_time: }}", RING, "25s", "{101: {ring_time: 25s }}"),
        ("\n  101:\n  102: Ola\n", RING, "25s", "\n  101: {ring_time: 25s}\n  102: Ola\n"),
        ("{101, 102}", RING, "25s", "{101: {ring_time: 25s}, 102}"),
        ("{101: Jan}", BUSY, "102", "{101: {name: Jan, forward: {busy: 102}}}"),
        (
            "{101: {voicemail: on}}",
            MODE,
            "email",
            "{101: {voicemail: {enabled: on, on_message: email}}}",
        ),
        ("{101: {voicemail: }}", MODE, "email", "{101: {voicemail: {on_message: email} }}"),
        # addresses
        ("{101: {email: a@x.pl}}", ("email",), "b@x.pl", "{101: {email: b@x.pl}}"),
        (
            "\n  101:\n    email:\n      - a@x.pl\n      - b@x.pl\n    name: Jan\n",
            ("email",),
            ["c@x.pl", {"to": "&d@x.pl", "when": "closed"}],
            '\n  101:\n    email: [c@x.pl, {to: "&d@x.pl", when: closed}]\n    name: Jan\n',
        ),
        ("{101: {email: [a@x.pl]}}", ("email",), [], "{101: {email: []}}"),
        # another spelling of the number; aliases beside it
        ("{'1 01': Jan}", RING, "25s", "{'1 01': {name: Jan, ring_time: 25s}}"),
        (
            "{102: &x {ring_time: 9s}, 101: {<<: *x, name: Jan}}",
            RING,
            "25s",
            "{102: &x {ring_time: 9s}, 101: {<<: *x, name: Jan, ring_time: 25s}}",
        ),
        (
            "{102: {codecs: &x [g722]}, 101: {codecs: *x}}",
            RING,
            "25s",
            "{102: {codecs: &x [g722]}, 101: {ring_time: 25s, codecs: *x}}",
        ),
        (
            "\n  102: {codecs: &x [g722]}\n  101:\n    codecs: *x\n",
            RING,
            "25s",
            "\n  102: {codecs: &x [g722]}\n  101:\n    ring_time: 25s\n    codecs: *x\n",
        ),
    ],
)
def test_only_that_value_is_another(
    before: str, path: tuple[str, ...], value: Value, after: str
) -> None:
    assert edited(f"# top\nusers: {before}", "101", path, value) == f"# top\nusers: {after}"


@pytest.mark.parametrize(
    ("before", "path", "why"),
    [
        ("{102: Ola}", RING, "101 is not written there under users:"),
        ("[101]", RING, "101 is not written there under users:"),
        ("{102: &x {name: Ola}, 101: *x}", RING, "line 1: 101 is written by an alias"),
        (
            "{102: {ring_time: &x 9s}, 101: {ring_time: *x}}",
            RING,
            "line 1: ring_time is written by an alias",
        ),
        ("{101: &x {name: Ola}, 102: *x}", RING, "stands elsewhere, too"),
        ("{101: {ring_time: &x 9s}, 102: {ring_time: *x}}", RING, "stands elsewhere, too"),
        ("{101: {ring_time: !secret ring}}", RING, "line 1: ring_time is !secret; change what it"),
        ("{101: !env NAME}", RING, "line 1: 101 is !env"),
        ("{101: {forward: 102}}", BUSY, "line 1: forward has no keys"),
        ("{101: {forward: [102]}}", BUSY, "line 1: forward is a list"),
        ("{a b: x, 'not a number!': y}", RING, "101 is not written there"),
    ],
)
def test_what_cannot_be_written_so_is_refused(before: str, path: tuple[str, ...], why: str) -> None:
    with pytest.raises(Unwritten) as refused:
        edited(f"users: {before}", "101", path, "25s")
    assert why in str(refused.value)


def test_there_have_to_be_users() -> None:
    with pytest.raises(Unwritten, match="under users:"):
        edited("network: {}\n", "101", RING, "25s")


def test_what_needs_quotes_has_them() -> None:
    assert flow("*98") == '"*98"'
    assert flow(["a@x.pl"]) == "[a@x.pl]"


words = st.text("abcdefgh ćż'\",:#-*&!{}[]", min_size=1, max_size=8).map(str.strip).filter(bool)
styles = st.sampled_from(["plain", "flow", "lines"])
comments = st.sampled_from(["", "  # why", "\n\n    # above the next"])


def in_lines(user: Mapping[str, str], remark: str) -> str:
    lines = "".join(f"\n    {key}: {flow(value)}{remark}" for key, value in user.items())
    return lines or " {}"


@st.composite
def files(draw: st.DrawFn) -> str:
    """Three users, each in some form."""
    text = f"# head{draw(comments)}\nusers:\n"
    for number in ("100", "101", "102"):
        name, style, remark = draw(words), draw(styles), draw(comments)
        user = {"name": name, "ring_time": "9s", "language": "pl"}
        some = {
            key: user[key] for key in draw(st.permutations(sorted(user)))[: draw(st.integers(0, 3))]
        }
        if style == "plain":
            text += f"  {number}: {flow(name)}{remark}\n"
        elif style == "flow":
            inside = ", ".join(f"{key}: {flow(value)}" for key, value in some.items())
            text += f"  {number}: {{{inside}}}{remark}\n"
        else:
            text += f"  {number}:{in_lines(some, remark)}\n"
    return text


def plain(text: str) -> dict[str, dict[str, object]]:
    users = yaml.load(text, Loader=yaml.BaseLoader)["users"]
    return {
        number: {"name": user} if isinstance(user, str) else user for number, user in users.items()
    }


@settings(max_examples=100)
@given(files(), st.sampled_from([RING, BUSY, MODE]), st.sampled_from(["25s", "*98", "a: b"]))
def test_whatever_is_around_it_stays_as_it_is(
    text: str, path: Sequence[str], value: str
) -> None:  # §4.1 rule 7
    after = edited(text, "101", tuple(path), value)
    expected = plain(text)
    below = expected["101"]
    for key in path[:-1]:
        below = below.setdefault(key, {})  # type: ignore[assignment]
    below[path[-1]] = value
    assert plain(after) == expected
    before = [line for line in text.splitlines() if not line.startswith(("  101", "    "))]
    assert before == [line for line in after.splitlines() if not line.startswith(("  101", "    "))]
    for remark in ("# head", "# why", "# above"):
        assert after.count(remark) == text.count(remark)


def test_the_loader_reads_what_was_written(tmp_path: Path) -> None:
    text = "users: {101: Jan, 102: {email: a@x.pl}}\n"
    text = edited(text, "101", BUSY, "voicemail:102")
    text = edited(text, "102", ("email",), ["b@x.pl", "c@x.pl"])
    users = read(tmp_path, text).users
    assert users["101"].forward.rules["busy"].to == "voicemail:102"
    assert users["102"].email == ("b@x.pl", "c@x.pl")
