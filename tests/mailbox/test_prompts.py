from pathlib import Path

import pytest

from softswitch.mailbox.prompts import Prompts, find
from softswitch.media.engine.interface import Clip
from tests.mailbox.spoken import FOLDER, texts


def put(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch()


def test_an_office_overrides_file_by_file(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    put(ours / "en", "vm.goodbye.ogg", "vm.from.ogg")
    put(theirs / "en", "vm.goodbye.wav", "notes.txt")
    put(theirs / "es", "vm.from.wav")
    assert find([ours, theirs], "en") == {
        "vm.goodbye": str(theirs / "en" / "vm.goodbye.wav"),
        "vm.from": str(ours / "en" / "vm.from.ogg"),
    }


def test_a_folder_that_is_not_there_has_nothing(tmp_path: Path) -> None:
    assert find([tmp_path / "none"], "en") == {}


def test_names_without_a_file_are_left_out() -> None:
    prompts = Prompts({"a": "/a.ogg"})
    assert prompts(["b", "a"]) == [Clip("/a.ogg")]
    assert prompts.missing(["c", "b", "a"]) == ["b", "c"]


@pytest.mark.parametrize("language", ["en", "es", "pl"])
def test_every_text_has_been_spoken(language: str) -> None:
    assert set(find([FOLDER], language)) == set(texts(language))


def test_all_languages_say_the_same_of_a_mailbox() -> None:
    said = [{name for name in texts(code) if name.startswith("vm.")} for code in ("en", "es", "pl")]
    assert said[0] == said[1] == said[2]


def test_the_prompts_are_small_files() -> None:
    assert sum(file.stat().st_size for file in FOLDER.rglob("*.ogg")) < 5_000_000
