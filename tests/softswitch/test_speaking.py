"""Texts become sounds: any synthesiser, one level, no silence around."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from softswitch import speaking
from softswitch.speaking import LEVEL, RATE, speak, trimmed
from softswitch.synthesiser import CannotSpeak, is_installed

pytestmark = pytest.mark.process


def test_sounds_have_one_level_and_no_silence_at_their_ends() -> None:
    quiet = np.concatenate([np.zeros(8000), 0.01 * np.sin(np.arange(8000)), np.zeros(8000)])
    sound = trimmed(quiet, RATE)
    assert len(sound) < 9500
    assert float(np.sqrt(np.mean(sound**2))) == pytest.approx(LEVEL)
    assert len(trimmed(np.zeros(100), RATE)) == 100


def test_the_language_and_the_file_are_filled_in(tmp_path: Path) -> None:
    script = tmp_path / "say.py"
    script.write_text(
        "import sys, wave\n"
        "assert (sys.argv[1], sys.stdin.read()) == ('es', 'Adiós.'), 'no'\n"
        "with wave.open(sys.argv[2], 'wb') as out:\n"
        "    out.setparams((1, 2, 8000, 0, 'NONE', ''))\n"
        "    out.writeframes(b'\\x00\\x20' * 8000)\n"
    )
    command = [sys.executable, str(script), "{language}", "{wav}"]
    assert len(speak(command, "Adiós.", "es")) / RATE == pytest.approx(1.0, abs=0.05)
    with pytest.raises(CannotSpeak, match="no"):
        speak(command, "Adiós.", "pl")


def test_a_synthesiser_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speaking, "PATIENCE", 0.05)
    with pytest.raises(CannotSpeak, match="timed out"):
        speak(["sleep", "5"], "a", "en")


def test_whether_a_synthesiser_is_there_can_be_asked() -> None:
    assert is_installed([sys.executable])
    assert not is_installed(["no-such-synthesiser"])
    assert not is_installed([])
    with pytest.raises(CannotSpeak, match="no-such-synthesiser is not installed"):
        speak(["no-such-synthesiser"], "a", "en")


def test_the_command_line_does_not_import_what_only_sound_needs() -> None:
    """It would cost the switch 13 MB."""
    script = "import sys, softswitch.__main__; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert not {"numpy", "soundfile", "soxr"} & set(done.stdout.split())
