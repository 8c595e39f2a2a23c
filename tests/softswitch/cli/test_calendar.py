"""`softswitch calendar`: the state, the next change, the days of a year."""

from pathlib import Path

from typer.testing import CliRunner

from softswitch.cli.calendar import app

OFFICE = """\
users: {101: Jan}
timezone: Europe/Warsaw
calendars:
  office:
    open: [mon-fri 08:00-18:00]
    holiday: [2020-12-24, 05-03]
    exceptions: [{date: 2020-08-01..2020-08-31, open: 07:00-15:00, name: summer}]
  door: {open: all}
"""


def run(folder: Path, *arguments: str, text: str = OFFICE) -> tuple[int, str]:
    path = folder / "office.yaml"
    path.write_text(text)
    result = CliRunner().invoke(app, [*arguments, "--config", str(path)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output.replace(str(path), "office.yaml")


def test_the_next_change_is_told(tmp_path: Path) -> None:  # CAL-5
    assert run(tmp_path, "next", "--at", "2027-05-03 10:00") == (
        0,
        "office: holiday until Tue 2027-05-04 00:00, then closed\n"
        "    written (office.yaml:6)\n"
        "    the last day with a date of its own was 2020-12-24\n"
        "door: open for more than a year\n"
        "    the hours of the week (office.yaml:8)\n",
    )


def test_without_a_time_it_is_now(tmp_path: Path) -> None:  # CAL-5
    code, text = run(tmp_path)
    assert code == 0
    assert text.splitlines()[0].startswith("office: ")


def test_the_special_days_of_a_year_are_listed(tmp_path: Path) -> None:  # CAL-4
    assert run(tmp_path, "show", "2020") == (
        0,
        "office 2020\n"
        "  2020-08-01..2020-08-31  summer, an exception (office.yaml:7)\n"
        "  2020-05-03 Sun  holiday  written (office.yaml:6)\n"
        "  2020-12-24 Thu  holiday  written (office.yaml:6)\n"
        "door 2020\n",
    )


def test_what_cannot_be_told_is_said(tmp_path: Path) -> None:
    code, text = run(tmp_path, text="users: {101: Jan}\n")
    assert (code, text) == (1, "softswitch: there are no calendars in the configuration\n")
    code, text = run(tmp_path, "next", "--at", "noon")
    assert code == 2
    assert text.startswith("softswitch: --at noon: write it like 'sat 22:00'")


def test_somebody_closes_for_a_while(tmp_path: Path) -> None:  # CAL-6
    words = ("override", "office", "closed")
    code, text = run(tmp_path, *words, "--until", "2099-05-04 10:00")
    assert (code, text) == (0, "office: closed until Mon 2099-05-04 10:00\n")
    first, why, *_ = run(tmp_path)[1].splitlines()
    assert first == "office: closed until Mon 2099-05-04 10:00, then open"
    assert why == "    because softswitch calendar has said so"
    assert run(tmp_path, *words) == (0, "office: closed\n")
    assert run(tmp_path)[1].splitlines()[0] == "office: closed until that is changed"
    assert run(tmp_path, "override", "office", "automatic") == (0, "office: automatic\n")
    assert "because" not in run(tmp_path)[1]
    assert run(tmp_path, *words, "--until", "next")[1].startswith("office: closed until ")
    code, text = run(tmp_path, "override", "door", "closed", "--until", "next")
    assert (code, text) == (1, "softswitch: door does not change for more than a year\n")


def test_what_cannot_be_chosen_is_said(tmp_path: Path) -> None:  # CAL-6
    code, text = run(tmp_path, "override", "hall", "open")
    assert (code, text) == (
        1,
        "softswitch: no calendar has the name hall; there are office, door\n",
    )
    code, text = run(tmp_path, "override", "office", "lunch")
    assert (code, text) == (
        1,
        "softswitch: lunch cannot be chosen; known are open, closed, automatic\n",
    )
    code, text = run(tmp_path, "override", "office", "open", "--until", "soon")
    assert (code, text.startswith("softswitch: --until soon: write it like")) == (2, True)
