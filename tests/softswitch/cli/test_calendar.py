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
