"""What an owner dictates: it is judged by himself, and dropped unless he keeps it."""

from pathlib import Path

import pytest

from softswitch.mailbox.dialogue import Dialogue
from softswitch.mailbox.dictation import AFTER_SOUND, SHORTEST_SOUND, Dictation, Verdict
from softswitch.mailbox.login import Who
from softswitch.mailbox.session import Session
from softswitch.media.engine.interface import Clip
from tests.mailbox.world import FakeLine, Phrases, Settings, World, prompts


class Desk:
    """Somebody at a telephone who dictates, and what has become of it."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        self.line = FakeLine(self.world)
        self.happened: list[str] = []
        dialogue = Dialogue(self.line, prompts, lambda: self.happened.append("given up"))
        self.session = Session(
            mailbox="101",
            line=self.line,
            dialogue=dialogue,
            boxes=self.world.boxes,
            settings=Settings(max_silence=7.0),
            prompts=prompts,
            phrases=Phrases(),
            who=Who(lambda _: None, lambda _: None, str, lambda _: None),
            salt=bytes,
        )
        self.dictation = Dictation(self.session)
        self.begin()

    def begin(self) -> None:
        self.dictation.begin(
            Verdict(
                keep=lambda recording: self.happened.append(f"kept {recording}"),
                again=lambda: self.happened.append("again"),
                throw_away=lambda: self.happened.append("thrown away"),
                nothing=lambda: self.happened.append("nothing"),
            )
        )

    def press(self, key: str) -> None:
        self.session.dialogue.digit(key)
        self.world.clock.advance(0.1)

    def says(self, seconds: float, *, ended: str = "finished", sound: float | None = None) -> None:
        self.line.end_recording(ended, seconds, sound)

    def hangs_up(self) -> None:
        self.session.is_over = True
        self.session.dialogue.end()
        self.dictation.close()
        self.world.clock.advance(5.0)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_so_much_silence_ends_it_as_ends_a_message(desk: Desk) -> None:
    assert desk.line.recording is not None
    assert desk.line.recording[1:] == (120.0, 7.0)


def test_a_hash_ends_it_and_the_owner_is_asked(desk: Desk) -> None:
    desk.press("#")
    assert desk.line.said == ["vm.keep_or_again"]


def test_what_is_kept_is_on_the_disk_and_no_more_ours_to_drop(desk: Desk) -> None:
    desk.says(5.0)
    desk.press("1")
    desk.hangs_up()
    assert desk.happened == ["kept m1"]
    assert desk.world.files() == ["m1.wav"]


def test_it_can_be_heard_before_it_is_judged(desk: Desk) -> None:
    desk.says(5.0)
    desk.press("2")
    heard = Clip(desk.world.boxes.owners.greeting_path("101", "m1")).path
    assert desk.line.said == ["vm.keep_or_again", heard, "vm.keep_or_again"]


@pytest.mark.parametrize(("key", "follows"), [("3", "again"), ("*", "thrown away")])
def test_what_is_not_kept_is_gone_from_the_disk(desk: Desk, key: str, follows: str) -> None:
    desk.says(5.0)
    desk.press(key)
    assert desk.happened == [follows]
    assert desk.world.files() == []


def test_a_second_recording_is_another_file(desk: Desk) -> None:
    desk.says(5.0)
    desk.press("3")
    desk.begin()
    desk.says(5.0)
    desk.press("1")
    assert desk.happened == ["again", "kept m2"]
    assert desk.world.files() == ["m2.wav"]


@pytest.mark.parametrize(
    ("ended", "sound"), [("silence", SHORTEST_SOUND - 0.1), ("failed", 3.0), ("closed", 3.0)]
)
def test_less_than_a_word_is_nothing(desk: Desk, ended: str, sound: float) -> None:
    desk.says(3.0, ended=ended, sound=sound)
    desk.world.clock.advance(5.0)
    assert desk.line.said == ["vm.no_recording"]
    assert desk.happened == ["nothing"]
    assert desk.world.files() == []


def test_the_silence_at_its_end_is_cut_off(desk: Desk) -> None:
    desk.says(10.0, ended="silence", sound=2.0)
    (file,) = desk.world.folder.rglob("*.wav")
    assert file.stat().st_size - 58 == round((2.0 + AFTER_SOUND) * 8000)


@pytest.mark.parametrize("late", [False, True], ids=["while it is cut", "while it is recorded"])
def test_who_hangs_up_before_he_has_judged_leaves_nothing(desk: Desk, *, late: bool) -> None:
    desk.world.a_job_takes = 2.0
    if not late:
        desk.says(5.0)
    desk.hangs_up()
    desk.says(5.0, ended="closed")
    desk.world.clock.advance(5.0)
    assert desk.happened == []
    assert desk.world.files() == []
