"""From the file to a Config, or to everything that is wrong with it at once."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from softswitch.config import Config, ConfigErrors, ListenAddress, Log, Media, Network, load
from softswitch.config.configuration import every_address
from tests.softswitch.config.reading import NAME, mistakes, read, write

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


def test_the_environment_of_the_process_is_used_unless_another_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOFTSWITCH_PIN", "7")
    path = write(tmp_path, "users: {100: {password: !env SOFTSWITCH_PIN}}")
    assert load(path).users["100"].password == "7"


def test_the_music_of_the_office_takes_the_place_of_ours(tmp_path: Path) -> None:
    users = "users: {100: Anna}\n"
    write(tmp_path, b"", "wait.mp3")
    assert read(tmp_path, f"{users}music: wait.mp3\n").music == tmp_path / "wait.mp3"
    assert read(tmp_path, f"{users}music: off\n").music is None


def test_a_file_that_cannot_be_read_raises_the_same_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigErrors) as caught:
        load(tmp_path)
    assert caught.value.unreadable


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


def test_copies_of_the_database_are_kept_for_some_days(tmp_path: Path) -> None:  # features 4.4
    assert read(tmp_path, "users: {100: Anna}\n").backups == 7
    assert read(tmp_path, "users: {100: Anna}\nbackups: off\n").backups == 0
    assert read(tmp_path, "users: {100: Anna}\nbackups: 30\n").backups == 30
    assert mistakes(tmp_path, "users: {100: Anna}\nbackups: 0\n")
