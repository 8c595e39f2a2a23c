"""Greetings that are texts: spoken once, forgotten when they change, left out if nobody can."""

import logging
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile

from softswitch.config import Config, load
from softswitch.greetings import prepared, synthesiser
from softswitch.synthesiser import ESPEAK

pytestmark = pytest.mark.process

HUM = """\
import sys, wave, pathlib
folder = pathlib.Path(sys.argv[1])
(folder / "said.txt").open("a").write(f"{sys.argv[2]}: {sys.stdin.read()}\\n")
with wave.open(sys.argv[3], "wb") as out:
    out.setparams((1, 2, 16000, 0, "NONE", ""))
    out.writeframes(b"\\x00\\x20\\x00\\xe0" * 8000)
"""


def office(folder: Path, *lines: str, command: str | None = None) -> Config:
    (folder / "hum.py").write_text(HUM)
    hum = f'["{sys.executable}", "{folder}/hum.py", "{folder}", "{{language}}", "{{wav}}"]'
    text = "\n".join([f"synthesiser: {command or hum}", "users:", *lines])
    file = folder / "office.yaml"
    file.write_text(text + "\n")
    return load(file, environment={})


def said(folder: Path) -> list[str]:
    file = folder / "said.txt"
    return file.read_text().splitlines() if file.exists() else []


HOLIDAY = "  101: {language: es, voicemail: {greeting: {say: De vacaciones., use_for: busy}}}"


def test_a_text_is_spoken_once(tmp_path: Path) -> None:
    config = office(tmp_path, "  100: Anna", HOLIDAY)
    ready = prepared(config)
    assert ready == config
    greeting = ready.users["101"].voicemail.greeting
    assert greeting is not None
    sound, rate = soundfile.read(greeting.file)
    assert rate == 16000
    assert len(sound) == pytest.approx(16000, abs=1000)
    prepared(config)
    assert said(tmp_path) == ["es: De vacaciones."]
    prepared(office(tmp_path, HOLIDAY.replace("De vac", "Sin vac")))
    assert said(tmp_path)[1:] == ["es: Sin vacaciones."]
    assert not greeting.file.exists()
    prepared(office(tmp_path, HOLIDAY.replace("es,", "es, ring_time: 5s,")))


def test_what_cannot_be_spoken_is_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    for command, why in (
        ("off", "no synthesiser is installed"),
        ("[no-such-program]", "no synthesiser is installed"),
        ("['false']", "false: "),
    ):
        config = office(tmp_path, HOLIDAY, "  102: {voicemail: off}", command=command)
        assert prepared(config).users["101"].voicemail.greeting is None
        assert f"the greeting of 101 is not spoken: {why}" in caplog.text


def test_a_disk_that_takes_nothing_is_no_reason_not_to_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = office(tmp_path, HOLIDAY)
    (tmp_path / "var").write_text("in the way")
    assert prepared(config).users["101"].voicemail.greeting is None
    (tmp_path / "var").unlink()
    greeting = config.users["101"].voicemail.greeting
    assert greeting is not None
    greeting.file.with_suffix(".part").mkdir(parents=True)
    assert prepared(config).users["101"].voicemail.greeting is None
    assert len(caplog.records) == 2


def test_an_installed_synthesiser_is_taken_unless_another_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(office(tmp_path, HOLIDAY), synthesiser=None)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert synthesiser(config) == ESPEAK
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert synthesiser(config) == ()
