"""`softswitch explain`: the way of a call, and mistakes in the question."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from softswitch.cli.explain import explain, lines
from softswitch.config import Config, User, load
from softswitch.config.conference import numbered
from softswitch.config.configuration import Log, Network
from softswitch.config.messaging import Voicemail
from softswitch.routing.codes import Codes
from softswitch.routing.destination import World
from softswitch.routing.explanation import explain as steps_of

OFFICE = """\
defaults: {voicemail: off}
users:
  100: Anna
  101: {name: Bob, ring_time: 20s, forward: {no_answer: 102, busy: 102, return_to: 103}}
  102: Carla
  103: {password: x}
"""


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    path = folder / "office.yaml"
    path.write_text(OFFICE)
    app = typer.Typer()
    app.command()(explain)
    result = CliRunner().invoke(app, [*arguments, "--config", str(path)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output.replace(str(path), "office.yaml")


def test_nobody_answers_unless_it_is_given(tmp_path: Path) -> None:
    assert run(tmp_path, "100", "101") == (
        0,
        "100 Anna calls 101 Bob\n"
        "  1 ring 101 Bob for 20 s\n"
        "    users.101 (office.yaml:4), ring_time 20 (office.yaml:4)\n"
        "    101 does not answer\n"
        "  2 ring 102 Carla for 30 s\n"
        "    forward.no_answer of 101 (office.yaml:4) to 102\n"
        "    102 does not answer\n"
        "  3 ring 103 for 30 s\n"
        "    forward.return_to of 101 (office.yaml:4) to 103, after 102: no_answer\n"
        "    103 does not answer\n"
        "  4 the caller hears 480, no_answer\n"
        "    103: no_answer\n",
    )


def test_what_is_given_decides(tmp_path: Path) -> None:
    code, text = run(tmp_path, "100", "101", "--given", "101=busy", "--given", "102=answered")
    assert code == 0
    assert text.splitlines()[3:] == [
        "    101 is busy",
        "  2 ring 102 Carla for 30 s",
        "    forward.busy of 101 (office.yaml:4) to 102",
        "    102 answers",
    ]


def test_who_is_unavailable_does_not_ring(tmp_path: Path) -> None:
    text = run(tmp_path, "100", "102", "--given", "102=unavailable")[1]
    assert text == (
        "100 Anna calls 102 Carla\n"
        "  1 the caller hears 480, unavailable\n"
        "    102 has no live registration\n"
    )


def test_a_number_that_nobody_has_is_not_found(tmp_path: Path) -> None:
    assert "the caller hears 404, not_found" in run(tmp_path, "100", "999")[1]


@pytest.mark.parametrize("given", ["101", "101=asleep", "999=busy"])
def test_what_cannot_be_given_is_said(tmp_path: Path, given: str) -> None:
    code, text = run(tmp_path, "100", "101", "--given", given)
    assert code == 2
    assert "softswitch: --given " in text


@pytest.mark.parametrize(
    ("caller", "dialled", "line"),
    [
        ("100", "*600", "the caller hears himself"),
        ("100", "104", "voicemail of 104 Dave, greeting for no_answer"),
        ("100", "*98", "hear the messages of whoever the caller says"),
        ("104", "*98", "hear the messages of 104 Dave"),
        ("104", "*78", "dnd on"),
    ],
)
def test_what_the_switch_answers_itself_is_explained(
    tmp_path: Path, caller: str, dialled: str, line: str
) -> None:
    directory = {"100": User("100", voicemail=Voicemail(enabled=False)), "104": User("104", "Dave")}
    config = Config(tmp_path, Network(), tmp_path, directory, Log())
    codes = Codes(voicemail=("*98",), echo_test=("*600",), dnd_on=("*78",))
    steps = steps_of(caller, dialled, World(directory, codes=codes), {})
    assert list(lines(caller, dialled, steps, config))[-2] == f"{len(steps):3} {line}"


BEYOND = """\
country: PL
timezone: Europe/Warsaw
defaults: {voicemail: off}
users:
  100: {name: Anna, calls: mobile}
  101:
    name: Bob
    forward: {always: {to: "+48600100100", when: closed, confirm: true}, return_to: hangup}
    calls: mobile
calendars: {office: {open: mon-fri 08:00-18:00}}
trunks:
  carrier: {host: 192.0.2.1, numbers: ["+48221112233"], to: 101}
  backup: {host: 192.0.2.2}
"""


def beyond(folder: Path, *arguments: str) -> tuple[int, str]:
    path = folder / "office.yaml"
    path.write_text(BEYOND)
    app = typer.Typer()
    app.command()(explain)
    result = CliRunner().invoke(app, [*arguments, "--config", str(path)])
    return result.exit_code, result.output.replace(str(path), "office.yaml")


def test_the_rule_that_refuses_a_call_is_named(tmp_path: Path) -> None:  # OUT-4
    assert beyond(tmp_path, "100", "+18765551234") == (
        0,
        "100 Anna calls +18765551234\n"
        "  1 the caller hears 403, failed\n"
        "    100: calls: mobile (office.yaml:5) does not include +18765551234 (international, JM): "
        "that takes international\n",
    )


def test_a_call_at_another_time_may_go_another_way(tmp_path: Path) -> None:  # CAL-5, FWD-15
    assert beyond(tmp_path, "100", "101", "--at", "sat 22:00") == (
        0,
        "100 Anna calls 101 Bob\n"
        "  1 dial +48600100100 through carrier or backup, as 101 Bob, for 30 s; "
        "whoever answers has to press 1\n"
        "    forward.always of 101 (office.yaml:8) to +48600100100\n"
        "    +48600100100 does not answer\n"
        "  2 the caller hears 480, no_answer\n"
        "    +48600100100: no_answer\n",
    )
    assert "ring 101 Bob for 30 s" in beyond(tmp_path, "100", "101", "--at", "mon 10:00")[1]


def test_who_is_no_user_calls_from_outside(tmp_path: Path) -> None:
    _, text = beyond(tmp_path, "600 100 100", "22 111 22 33", "--at", "mon 10:00")
    assert text.startswith("+48600100100 calls 22 111 22 33\n  1 ring 101 Bob for 30 s\n")
    assert "+48221112233 leads to 101 (office.yaml:12)" in text
    _, text = beyond(tmp_path, "600100100", "+48225550000", "--by", "backup")
    assert "the caller hears 404, not_found" in text
    assert beyond(tmp_path, "100", "101", "--by", "nowhere")[0] == 2


def test_a_phone_redirects_as_far_as_its_user_may_call(tmp_path: Path) -> None:  # FWD-13
    given = ("--at", "mon 10:00", "--given", "101=redirect:600100100")
    assert beyond(tmp_path, "100", "101", *given)[1].splitlines()[3:6] == [
        "    101 redirects to 600100100",
        "  2 dial +48600100100 through carrier or backup, as 101 Bob, for 30 s",
        "    the phone of 101 redirects to 600100100",
    ]
    _, text = beyond(
        tmp_path, "100", "101", "--at", "mon 10:00", "--given", "101=redirect:+1876555"
    )
    assert "the caller hears 603, rejected" in text


def test_what_becomes_of_a_number_outside_can_be_given(tmp_path: Path) -> None:
    _, text = beyond(tmp_path, "100", "600100100", "--given", "600100100=answered")
    assert text.endswith("    +48600100100 answers\n")
    assert beyond(tmp_path, "100", "101", "--given", "12=busy")[0] == 2
    assert beyond(tmp_path, "100", "101", "--at", "noon")[0] == 2


def test_a_mailbox_without_a_telephone_does_not_ring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # VM-9
    box = "voicemail_boxes: {sales: {number: 290}}\n"
    monkeypatch.setattr("tests.softswitch.cli.test_explain.OFFICE", OFFICE + box)
    assert run(tmp_path, "100", "290")[1].splitlines()[1] == (
        "  1 voicemail of 290 sales, greeting for unavailable"
    )


def test_a_room_is_shown_and_said_to_be_one(tmp_path: Path) -> None:
    """CF-1."""
    file = tmp_path / "a.yaml"
    file.write_text("users: {100: Anna}\nconferences: {board: {number: 300}}\n")
    config = load(file)
    steps = steps_of("100", "300", World(config.users, rooms=numbered(config.conferences)), {})
    told = list(lines("100", "300", steps, config))
    assert told == [
        "100 Anna calls 300",
        "  1 conference room board",
        "    300 is a conference room",
    ]
