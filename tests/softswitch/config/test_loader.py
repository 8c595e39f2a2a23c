"""From the file to a Config, or to everything that is wrong with it at once."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from softswitch.config import Config, ConfigErrors, ListenAddress, Log, Media, Network, load
from softswitch.config.configuration import every_address
from softswitch.config.secrets import make_missing
from tests.softswitch.config.reading import NAME, mistakes, read, summaries, write

GOOD = """\
x-phone: &phone {ring_time: 20s, max_calls: 2}
network:
  sip: {udp: [127.0.0.1:5070, "[::1]:5070"], tcp: 5070}
  rtp: 30000-30999
  external: 203.0.113.7
  local_nets: [192.168.0.0/16]
  domains: [PBX.example, other.example]
  rtp_timeout: 30s
state: ./run
defaults: {max_devices: 3, ring_time: 40s}
users:
  100: {name: Anna, password: "0123", <<: *phone}
  101: Jan
  +48 22 111-22-33: {password: !env PIN}
log: {level: debug, keep_traces: 1d}
media: {backend: epoll}
"""


def secrets(folder: Path, text: str, mode: int = 0o600) -> None:
    write(folder, text, "secrets.yaml").chmod(mode)


def test_a_full_file_says_what_is_written(tmp_path: Path) -> None:
    config = read(tmp_path, GOOD, PIN="7")
    assert config.path == tmp_path / NAME
    assert config.network.udp == (ListenAddress("127.0.0.1", 5070), ListenAddress("::1", 5070))
    assert config.network.tcp == every_address(5070)
    assert config.network.rtp == range(30000, 30999, 2)
    assert config.network.external == "203.0.113.7"
    assert [str(net) for net in config.network.local_nets] == ["192.168.0.0/16"]
    assert config.network.domains == ("pbx.example", "other.example")
    assert config.network.rtp_timeout == 30.0
    assert config.state == tmp_path / "run"
    assert config.log == Log("debug", 86400.0)
    assert config.media == Media("epoll")
    assert config.realm == "pbx.example"
    assert list(config.users) == ["100", "101", "+48221112233"]
    assert config.users["+48221112233"].password == "7"
    assert config.missing_passwords == ("101",)


def test_two_lines_are_enough(tmp_path: Path) -> None:
    config = read(tmp_path, "users:\n  100: Anna\n")
    assert config.network == Network()
    assert config.log == Log()
    assert config.media == Media("auto")
    assert config.realm == "softswitch"
    user = config.users["100"]
    assert (user.name, user.ring_time, user.max_calls) == ("Anna", 30.0, 4)
    assert (user.max_devices, user.unreachable_after) == (5, 4.0)


def test_a_user_overrides_the_defaults_and_they_what_is_built_in(tmp_path: Path) -> None:
    config = read(tmp_path, GOOD, PIN="7")
    anna, jan = config.users["100"], config.users["101"]
    assert (anna.ring_time, anna.max_calls, anna.max_devices) == (20.0, 2, 3)
    assert (jan.ring_time, jan.max_calls, jan.max_devices) == (40.0, 4, 3)


def test_the_origin_of_each_value_is_known(tmp_path: Path) -> None:
    config = read(tmp_path, GOOD, PIN="7")
    place = f"{tmp_path}/{NAME}"
    assert config.users["100"].origin == {
        "name": f"{place}:12",
        "password": f"{place}:12",
        "ring_time": f"{place}:1",
        "max_calls": f"{place}:1",
        "max_devices": f"{place}:10",
        "unreachable_after": "default",
        "codecs": "default",
        "encryption": "default",
        "language": "default",
        "fax": "default",
        "call_waiting": "default",
        "phone_redirect": "default",
        "record": "default",
        "calls": "default",
        "allow": "default",
        "deny": "default",
        "caller_id": "default",
        "number": "default",
        "dnd": "default",
        "dnd_allow": "default",
        "dnd_repeat": "default",
        "busy_scope": "default",
        "editable": "default",
        "forward": "default",
        "voicemail": "default",
        "email": "default",
    }
    assert config.users["101"].origin["name"] == f"{place}:13"
    assert config.users["101"].origin["password"] == "missing"


def test_blf_6_dnd_1_how_lamps_look_is_read(tmp_path: Path) -> None:
    users = "users: {100: Anna}\n"
    plain = read(tmp_path, users)
    assert (plain.blf_dnd, plain.blf_dialling, plain.blf_details) == ("off", "early", "all")
    written = "blf_dnd: busy\nblf_dialling: confirmed\nblf_details: none\n"
    other = read(tmp_path, users + written)
    assert (other.blf_dnd, other.blf_dialling, other.blf_details) == ("busy", "confirmed", "none")


def test_sections_with_nothing_under_them_have_their_defaults(tmp_path: Path) -> None:
    config = read(tmp_path, "network:\n  sip:\nlog:\ndefaults:\nusers:\n  100:\n")
    assert config.network == Network()
    assert config.users["100"].name == ""
    assert read(tmp_path, "users:\n").users == {}
    assert read(tmp_path, "x-nothing: 1\n").users == {}


@pytest.mark.parametrize("written", ["udp", "tcp"])
def test_the_protocol_that_is_not_written_follows_the_other(tmp_path: Path, written: str) -> None:
    network = read(tmp_path, f"network: {{sip: {{{written}: 127.0.0.1:5070}}}}").network
    assert network.udp == network.tcp == (ListenAddress("127.0.0.1", 5070),)


def test_a_protocol_that_is_off_is_not_followed(tmp_path: Path) -> None:
    network = read(tmp_path, "network: {sip: {udp: off}}").network
    assert network.udp == ()
    assert network.tcp == every_address(5060)


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


def test_the_environment_of_the_process_is_used_unless_another_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOFTSWITCH_PIN", "7")
    path = write(tmp_path, "users: {100: {password: !env SOFTSWITCH_PIN}}")
    assert load(path).users["100"].password == "7"


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


def test_passwords_that_were_made_are_found(tmp_path: Path) -> None:
    path = write(tmp_path, "users:\n  100: Anna\n  1-0-1: Jan\n  '*55': Ewa\n")
    config = load(path)
    assert config.missing_passwords == ("100", "101", "*55")
    assert config.users["100"].password == ""
    made = make_missing(path, config.missing_passwords)
    config = load(path)
    assert config.missing_passwords == ()
    assert {name: user.password for name, user in config.users.items()} == made
    assert config.users["101"].origin["password"] == "secrets.yaml:2"


def test_an_open_secrets_file_is_a_mistake_where_it_is_used(tmp_path: Path) -> None:
    secrets(tmp_path, "password_100: x\n", mode=0o644)
    (problem,) = mistakes(tmp_path, "users: {100: Anna}")
    assert problem.suggestion == f"chmod 600 {tmp_path}/secrets.yaml"
    assert read(tmp_path, "users: {100: {password: y}}").users["100"].password == "y"


def test_a_file_that_cannot_be_read_raises_the_same_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigErrors) as caught:
        load(tmp_path)
    assert caught.value.unreadable


def test_thousands_of_users_are_read(tmp_path: Path) -> None:
    text = "users:\n" + "".join(f"  {n}: User {n}\n" for n in range(10_000, 12_000))
    assert len(read(tmp_path, text).users) == 2_000


def test_thousands_of_mistakes_in_one_line_are_told_in_time(tmp_path: Path) -> None:
    text = "users: {100: {" + ", ".join(f"a{n}: 1" for n in range(2_000)) + "}}"
    problems = mistakes(tmp_path, text)
    assert len(problems) == 2_000
    assert len(str(ConfigErrors(problems))) < 2_000 * 600


def whatever(folder: Path, data: bytes) -> Config | str:
    path = write(folder, data)
    try:
        return load(path, environment={})
    except ConfigErrors as errors:
        return str(errors)


FAST = settings(
    max_examples=60,
    deadline=2000,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@FAST
@given(st.binary(max_size=200))
@example(b"\xff\xfeu\0")
def test_no_bytes_raise_anything_else(tmp_path: Path, data: bytes) -> None:
    whatever(tmp_path, data)


YAML_PIECES = st.lists(
    st.sampled_from(
        ["users", "100", ":", ": ", "\n", "\n  ", "- ", "{", "}", "[", "]", ",", "&a ", "*a",
         "<<: *a", "!secret x", "!!map", "? ", "| ", '"', "'", "#21#", "%", "---\n", "\t", "@",
         "network", "sip", "udp", "5060", "~", "ż", "\x85", "\u2028", "\ufeff", "0"]
    ),
    max_size=30,
)  # fmt: skip


@FAST
@given(YAML_PIECES)
@example(["&a ", "[", "*a", "]", ": ", "0"])
@example(["<<: *a", "\n", "&a ", "{", "<<: *a", "}"])
def test_no_yaml_raises_anything_else(tmp_path: Path, pieces: list[str]) -> None:
    whatever(tmp_path, "".join(pieces).encode())


@FAST
@given(st.data())
def test_a_good_file_with_a_piece_changed_raises_nothing_else(
    tmp_path: Path, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(GOOD)))
    end = data.draw(st.integers(start, min(len(GOOD), start + 20)))
    piece = "".join(data.draw(YAML_PIECES))
    whatever(tmp_path, (GOOD[:start] + piece + GOOD[end:]).encode())
