"""One reading of a file: each mistake is told, once, where it stands."""

from pathlib import Path

import pytest

from softswitch.config import ConfigErrors
from tests.softswitch.config.reading import mistakes, read, secrets, summaries, write


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_byte_order_marks_do_not_matter(
    tmp_path: Path, ends: str, mark: bytes
) -> None:
    text = "users:\n  0123: Księgowość\n  101: {ring: 3}\n".replace("\n", ends)
    (problem,) = mistakes(tmp_path, mark + text.encode())
    assert (problem.line, problem.column) == (3, 9)
    assert problem.source == "  101: {ring: 3}"


def test_all_mistakes_are_found_at_once_and_in_order(tmp_path: Path) -> None:
    text = (
        "network:\n  rtp: 20001-20999\n  sip: {udp: [5060, 5060]}\n  extrenal: auto\n"
        "users:\n  100: {name: Anna, ring_time: 30, pasword: x}\n  101: [x]\n  1 00: Jan\n"
        "  102: {max_calls: 0, code: *98}\nqueues: {}\nlog: loud\n"
    )
    assert summaries(tmp_path, text) == [
        ":2:8: network.rtp: must begin with an even port, as RTP does",
        ":4:3: network: unknown key 'extrenal'",
        ":6:32: users.100.ring_time: '30' has no unit",
        ":6:36: users.100: unknown key 'pasword'",
        ":7:8: users.101: must be keys with values under it, not a list",
        ":8:3: users: '1 00' is the same number as '100' above",
        ":9:20: users.102.max_calls: 0 is out of range",
        ":9:23: users.102: unknown key 'code'",
        ":9:29: users.102.code: *98 refers to an anchor &98, and there is none",
        ":10:1: unknown key 'queues'",
        ":11:6: log: must be keys with values under it, not one value",
    ]


def test_a_mistake_in_one_section_does_not_hide_what_does_not_fit_in_another(
    tmp_path: Path,
) -> None:
    text = "network: {sip: {udp: off, tcp: off}}\nlog: {level: loud}\n"
    assert len(summaries(tmp_path, text)) == 2


@pytest.mark.parametrize(
    ("text", "place", "suggestion"),
    [
        ("user: {}", ":1:1: unknown key 'user'", "did you mean users?"),
        (
            "queues: {}",
            ":1:1: unknown key 'queues'",
            "known here: network, media, state, ",
        ),
        (
            "network: {sip: {udpp: 1}}",
            ":1:17: network.sip: unknown key 'udpp'",
            "did you mean udp?",
        ),
        ("users: {100: {nmae: x}}", ":1:15: users.100: unknown key 'nmae'", "did you mean name?"),
        (
            "defaults: {name: x}",
            ":1:12: defaults: unknown key 'name'",
            "known here: ring_time, max_calls, max_devices, unreachable_after, codecs, ",
        ),
    ],
)
def test_an_unknown_key_suggests_a_known_one(
    tmp_path: Path, text: str, place: str, suggestion: str
) -> None:
    (problem,) = mistakes(tmp_path, text)
    assert problem.summary().endswith(place)
    assert problem.suggestion.startswith(suggestion)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ": the file is empty"),
        ("# nothing", ": the file is empty"),
        ("- 100", ":1:1: the file must be keys with values, like `users:`"),
        ("users", ":1:1: the file must be keys with values, like `users:`"),
        ("users: [100]", ":1:8: users: must be keys with values under it, not a list"),
        ("users: 100", ":1:8: users: must be keys with values under it, not one value"),
        ("users: {100: {name: }}", ":1:21: users.100.name: nothing is written here"),
        ("users: {żona: x}", ":1:9: users: 'żona' cannot be an extension"),
        ("users: {100: {name: {a: b}}}", ":1:21: users.100.name: must be one value, not keys"
                                        " with values"),
        ("state: [a]", ":1:8: state: must be one value, not a list"),
        ("network: {stun: [a, b:0]}", ":1:21: network.stun.1: port 0 does not exist"),
        ("network: {sip: {udp: {a: b}}}", ":1:22: network.sip.udp: must be one value, not keys"
                                         " with values"),
        ("network: {sip: {udp: [5060, x]}}", ":1:29: network.sip.udp.1: 'x' is not a port"),
        ("network: {sip: {udp: x}}", ":1:22: network.sip.udp: 'x' is not a port"),
        ("x: !include b.yaml", ":1:1: unknown key 'x'"),
        ("x: !include b.yaml", ":1:4: x: the tag '!include' is not known"),
        ("users: {100: !include b.yaml}", ":1:14: users.100: the tag '!include' is not known"),
        ("users: {100: \"a\\r\\nb\"}", ":1:14: users.100: holds a control character or a line"
                                     " break"),
        ("a: 1\n---\nb: 2", ":2:1: a second document begins; one is read"),
    ],
)  # fmt: skip
def test_what_cannot_be_said(tmp_path: Path, text: str, said: str) -> None:
    assert said in summaries(tmp_path, text)


def test_a_mistake_that_aliases_repeat_is_told_once(tmp_path: Path) -> None:
    text = "x-a: &a {ring_time: 30}\nusers:\n  100: *a\n  101: *a\n  102: {<<: *a}\n"
    assert summaries(tmp_path, text) == [":1:21: users.100.ring_time: '30' has no unit"]


def test_a_password_comes_from_where_its_tag_says(tmp_path: Path) -> None:
    secrets(tmp_path, "anna: hunter2\n")
    write(tmp_path, "geheim\n", "pin")
    text = (
        "users:\n  100: {password: !secret anna}\n  101: {password: !env PIN}\n"
        "  102: {password: !file pin}\n"
    )
    config = read(tmp_path, text, PIN="7")
    assert [user.password for user in config.users.values()] == ["hunter2", "7", "geheim"]
    assert config.missing_passwords == ()


@pytest.mark.parametrize(
    "text",
    [
        "defaults: {ring_time: !env X}",
        "defaults: {max_calls: !env X}",
        "network: {external: !env X}",
        "network: {rtp: !env X}",
        "network: {local_nets: !env X}",
        "network: {sip: {udp: !env X}}",
        "network: {sip: {udp: [5060, !env X]}}",
        "log: {level: !env X}",
        "log: !env X",
    ],
)
@pytest.mark.parametrize("value", ["hunter2!", "hunter2!:5060", "hunter2!-hunter3!", " HUNTER2! "])
def test_what_a_tag_stands_for_is_not_told_when_it_is_wrong(
    tmp_path: Path, text: str, value: str
) -> None:
    (problem,) = mistakes(tmp_path, text, X=value)
    assert problem.message == "what !env stands for here cannot be used, and is not shown"
    assert "hunter" not in str(problem).lower()


def test_every_missing_secret_is_named_at_its_place(tmp_path: Path) -> None:
    secrets(tmp_path, "anna: x\n")
    text = "users:\n  100: {password: !secret ana}\n  101: {password: !env PIN}\n"
    first, second = mistakes(tmp_path, text)
    assert (first.line, first.path, first.suggestion) == (
        2,
        "users.100.password",
        "did you mean anna?",
    )
    assert (second.line, second.path) == (3, "users.101.password")


def test_an_open_secrets_file_is_a_mistake_where_it_is_used(tmp_path: Path) -> None:
    secrets(tmp_path, "password_100: x\n", mode=0o644)
    (problem,) = mistakes(tmp_path, "users: {100: Anna}")
    assert problem.suggestion == f"chmod 600 {tmp_path}/secrets.yaml"
    assert read(tmp_path, "users: {100: {password: y}}").users["100"].password == "y"


def test_thousands_of_mistakes_in_one_line_are_told_in_time(tmp_path: Path) -> None:
    text = "users: {100: {" + ", ".join(f"a{n}: 1" for n in range(2_000)) + "}}"
    problems = mistakes(tmp_path, text)
    assert len(problems) == 2_000
    assert len(str(ConfigErrors(problems))) < 2_000 * 600


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("users: {100: {name: !fixed Jan}}", "users.100.name"),
        ("users: {100: !fixed Jan}", "users.100"),
        ("defaults: {max_calls: !fixed 2}\nusers: {100: Jan}", "defaults.max_calls"),
        ("users: {100: {voicemail: {pin: !fixed 4711}}}", "users.100.voicemail.pin"),
        ("users: {100: Jan}\nlanguage: !fixed pl", "language"),
    ],
)
def test_only_what_users_may_change_is_fixed(tmp_path: Path, text: str, place: str) -> None:
    (wrong,) = mistakes(tmp_path, f"{text}\n")
    assert (wrong.path, wrong.message) == (place, "!fixed cannot stand here")


def test_what_is_fixed_may_be_shown_where_it_is_wrong(tmp_path: Path) -> None:
    (wrong,) = mistakes(tmp_path, "users: {100: {ring_time: !fixed 20}}\n")
    assert wrong.message == "'20' has no unit"
