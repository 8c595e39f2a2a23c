"""`softswitch prompts build`, with a synthesiser that hums."""

import sys
from pathlib import Path

import pytest
import soundfile
from typer.testing import CliRunner

from softswitch.cli.prompts import app
from softswitch.speaking import RATE

HUM = """\
import sys, wave, struct, math
text = sys.stdin.read()
assert text != "refuse", "cannot say that"
with wave.open(sys.argv[1], "wb") as out:
    out.setparams((2, 2, 22050, 0, "NONE", ""))
    tone = [round(8000 * math.sin(n / 9)) if 4000 < n < 12000 else 0 for n in range(16000)]
    out.writeframes(b"".join(struct.pack("<hh", one, one) for one in tone))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "hum.py").write_text(HUM)
    return tmp_path


def write(folder: Path, **texts: str) -> None:
    lines = "".join(f'  {name.replace("_", ".")}: "{text}"\n' for name, text in texts.items())
    command = f'["{sys.executable}", "{folder}/hum.py", "{{wav}}"]'
    (folder / "en.yaml").write_text(f"command: {command}\ntexts:\n{lines}")


def build(folder: Path, *options: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["build", str(folder), *options])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


@pytest.mark.process
def test_texts_become_files_once(folder: Path) -> None:
    write(folder, vm_one="One.", vm_two="Two.")
    assert build(folder) == (0, f"{folder}/en.yaml: 2 spoken, 0 removed\n")
    sound, rate = soundfile.read(folder / "en" / "vm.one.ogg")
    assert rate == RATE
    assert len(sound) / RATE == pytest.approx(8000 / 22050 + 0.06, abs=0.02)
    assert build(folder)[1].endswith(": 0 spoken, 0 removed\n")
    write(folder, vm_one="Another one.")
    assert build(folder)[1].endswith(": 1 spoken, 1 removed\n")
    assert [file.name for file in (folder / "en").iterdir()] == ["vm.one.ogg"]


def test_another_synthesiser_can_be_named(folder: Path) -> None:
    write(folder, vm_one="One.")
    code, text = build(folder, "--command", "no-such-synthesiser {wav}")
    assert (code, text) == (
        1,
        "softswitch: no-such-synthesiser is not installed (another synthesiser can be named with "
        "--command)\n",
    )


@pytest.mark.process
def test_what_a_synthesiser_complains_of_is_told(folder: Path) -> None:
    write(folder, vm_one="refuse")
    code, text = build(folder)
    assert code == 1
    assert "cannot say that" in text
    assert build(folder, "--command", "true")[0] == 1


@pytest.mark.parametrize("text", ["texts: [", "texts: {a: b}", "- a", ""])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "en.yaml").write_text(text)
    code, said = build(tmp_path)
    assert code == 1
    assert f"softswitch: {tmp_path}/en.yaml: " in said


def test_a_folder_without_texts_is_said_to_be_one(tmp_path: Path) -> None:
    assert build(tmp_path) == (1, f"softswitch: {tmp_path}: no text files such as en.yaml\n")
