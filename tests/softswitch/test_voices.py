"""How mailboxes speak: each user's language, the office's clock, its own recordings."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from softswitch import voices
from softswitch.config import Config, load
from softswitch.mailbox.phrases import LocalTime
from softswitch.media.engine.interface import Clip
from softswitch.media.indications import COUNTRIES, DEFAULT
from softswitch.voices import Voices, local_time

SEED = 1_344_277_167.0
"""6 August 2012, 15:19:27 in Buenos Aires."""

OFFICE = """\
language: es
timezone: America/Argentina/Buenos_Aires
prompts: ./own
users:
  100: {name: Anna, password: x}
  101: {name: Bob, password: x, language: en}
"""


def office(folder: Path) -> Config:
    (folder / "own" / "es").mkdir(parents=True)
    (folder / "own" / "es" / "vm.goodbye.wav").touch()
    file = folder / "office.yaml"
    file.write_text(OFFICE)
    return load(file)


def test_a_user_is_spoken_to_in_the_own_language(tmp_path: Path) -> None:
    spoken = Voices(office(tmp_path))
    (clip,) = spoken("101").prompts(["vm.goodbye"])
    assert isinstance(clip, Clip)
    assert clip.path.endswith("/en/vm.goodbye.ogg")
    assert spoken("100").prompts(["vm.goodbye"]) == [Clip(f"{tmp_path}/own/es/vm.goodbye.wav")]
    assert spoken("gone").prompts is spoken("100").prompts


def test_times_are_those_of_the_offices_clock(tmp_path: Path) -> None:
    names = Voices(office(tmp_path))("100").phrases.moment(SEED, SEED)
    assert names == ["day.today", "hour.15", "word.and", "number.19"]


def test_without_a_time_zone_it_is_the_machines() -> None:
    assert local_time("UTC")(SEED) == LocalTime(2012, 8, 6, 0, 18, 19)
    assert local_time(None)(SEED).minute % 15 == 19 % 15


def test_a_language_without_recordings_is_said_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(voices, "SHIPPED_PROMPTS", tmp_path / "none")
    with caplog.at_level(logging.WARNING):
        Voices(office(tmp_path))
    assert "nothing to say vm.goodbye, vm.leave_a_message in en" in caplog.text
    assert "nothing to say vm.leave_a_message in es" in caplog.text


def test_calls_sound_as_the_country_does_and_words_as_the_user_wants(tmp_path: Path) -> None:
    config = office(tmp_path)
    speech = Voices(replace(config, country="GB")).speech
    (clip,) = speech.say("101", ("call.press_one",))
    assert isinstance(clip, Clip)
    assert clip.path.endswith("/en/call.press_one.ogg")
    assert speech.tones is COUNTRIES["GB"]
    assert Voices(config).speech.tones is COUNTRIES[DEFAULT]
