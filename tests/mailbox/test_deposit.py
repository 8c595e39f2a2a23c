"""Leaving a message, with a clock that the test moves (features §2.3)."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.mailbox.deposit import Deposit, Visit
from softswitch.mailbox.line import Connect
from softswitch.mailbox.messages import BUSY, NAME, NO_ANSWER, TEMPORARY, Recording
from softswitch.mailbox.speech import Exits
from softswitch.media.engine.interface import Sound
from tests.mailbox.world import (
    NOON,
    FakeLine,
    Greeting,
    Phrases,
    Settings,
    World,
    name_of,
    prompts,
    silence,
)

SYSTEM = ["1", "0", "1", "vm.cannot_take_your_call", "vm.leave_a_message"]


class Calling:
    """A caller of 101, whose mailbox answers."""

    def __init__(
        self,
        folder: Path,
        settings: Settings | None = None,
        *,
        reason: str = "no_answer",
        remote: bool = False,
        log_in: bool = True,
        world: World | None = None,
        mute: bool = False,
    ) -> None:
        self.world = world or World(folder)
        self.line = FakeLine(self.world, remote=remote)
        settings = self.world.settings["101"] = settings or Settings()
        self.went: list[str] = []
        self.deposit = Deposit(
            self.world.boxes,
            "101",
            settings=settings,
            visit=Visit(reason, "48221112235", NOON - 20),
            prompts=silence if mute else prompts,
            phrases=Phrases(),
            exits=Exits(
                log_in=(lambda: self.went.append("log in")) if log_in else None,
            ),
        )

    def begin(self) -> "Calling":
        self.line.call(self.deposit)
        return self

    def to_the_beep(self) -> "Calling":
        self.begin()
        self.line.wait(20.0)
        assert self.line.recording is not None
        return self


def test_the_system_greeting_is_followed_by_instructions_a_beep_and_the_recording(
    tmp_path: Path,
) -> None:  # VM-1
    call = Calling(tmp_path).begin()
    assert call.line.said == SYSTEM
    assert call.line.recording is None
    call.line.wait(10.5)
    assert call.line.said == [*SYSTEM, "beep"]
    assert call.line.recording == (f"{tmp_path}/voicemail/101/m1.wav", 180.0, 10.0)


def test_the_greeting_is_that_of_the_outcome(tmp_path: Path) -> None:  # VM-1
    assert "vm.is_busy" in Calling(tmp_path, reason="busy").begin().line.said
    assert "vm.is_busy" in Calling(tmp_path, reason="rejected").begin().line.said
    assert "vm.cannot_take_your_call" in Calling(tmp_path, reason="unavailable").begin().line.said
    own = Settings(greeting=Greeting("/hello.wav", ("busy",)))
    assert Calling(tmp_path, own, reason="busy").begin().line.said == ["/hello.wav"]
    assert Calling(tmp_path, own, reason="rejected").begin().line.said[3] == "vm.is_busy"


@pytest.mark.parametrize("for_no_answer", [False, True])
@pytest.mark.parametrize("for_busy", [False, True])
@pytest.mark.parametrize("reason", ["no_answer", "unavailable", "busy"])
def test_an_own_greeting_is_used_for_what_it_is_for(
    tmp_path: Path, reason: str, *, for_no_answer: bool, for_busy: bool
) -> None:  # S4-12, S4-15
    ticked = ("no_answer", "unavailable") * for_no_answer + ("busy",) * for_busy
    own = Settings(greeting=Greeting("/own.mp3", ticked))
    said = Calling(tmp_path, own, reason=reason).begin().line.said
    system = "vm.is_busy" if reason == "busy" else "vm.cannot_take_your_call"
    assert (said == ["/own.mp3"]) is (reason in ticked)
    assert (system in said) is (reason not in ticked)


def test_there_are_no_instructions_after_an_own_greeting(tmp_path: Path) -> None:  # VM-1
    world = World(tmp_path)
    world.boxes.owners.set_greeting("101", NO_ANSWER, Recording("g1", ""))
    call = Calling(tmp_path, world=world).begin()
    assert call.line.said == [f"{tmp_path}/greetings/101/g1.wav"]
    call.line.wait(2.5)
    assert call.line.said[1:] == ["beep"]
    world.boxes.owners.set_greeting("101", TEMPORARY, Recording("g2", ""))
    for reason in ("busy", "no_answer"):
        said = Calling(tmp_path, world=world, reason=reason).begin().line.said
        assert said == [f"{tmp_path}/greetings/101/g2.wav"]


def test_the_name_in_the_owners_voice_stands_for_the_number(tmp_path: Path) -> None:  # VM-1
    world = World(tmp_path)
    world.boxes.owners.set_greeting("101", NAME, Recording("g1", ""))
    call = Calling(tmp_path, world=world).begin()
    assert call.line.said == [f"{tmp_path}/greetings/101/g1.wav", *SYSTEM[3:]]


def test_whatever_greeting_was_decided_later_counts(tmp_path: Path) -> None:  # features 4.4
    world = World(tmp_path)
    written = Settings(greeting=Greeting("/a.wav", ("busy",)))
    world.boxes.owners.set_greeting("101", BUSY, Recording("g1", "/a.wav"))
    call = Calling(tmp_path, written, world=world, reason="busy").begin()
    assert call.line.said == [f"{tmp_path}/greetings/101/g1.wav"]
    written.greeting = Greeting("/b.wav", ("busy",))
    assert Calling(tmp_path, written, world=world, reason="busy").begin().line.said == ["/b.wav"]


def test_each_situation_has_its_own_latest_greeting(tmp_path: Path) -> None:  # features 4.4
    world = World(tmp_path)
    world.boxes.owners.set_greeting("101", BUSY, Recording("g1", "/a.wav"))
    world.boxes.owners.set_greeting("101", NO_ANSWER, Recording("g2", ""))

    def heard(greeting: Greeting, reason: str) -> list[str]:
        written = Settings(greeting=greeting)
        return Calling(tmp_path, written, world=world, reason=reason).begin().line.said

    busy = Greeting("/a.wav", ("busy",))
    assert heard(busy, "busy") == [f"{tmp_path}/greetings/101/g1.wav"]
    assert heard(busy, "no_answer") == [f"{tmp_path}/greetings/101/g2.wav"]
    both = Greeting("/a.wav", ("busy", "no_answer"))  # of no_answer nothing was written before
    assert heard(both, "busy") == [f"{tmp_path}/greetings/101/g1.wav"]
    assert heard(both, "no_answer") == ["/a.wav"]


def test_hanging_up_keeps_the_message(tmp_path: Path) -> None:  # VM-3
    call = Calling(tmp_path).to_the_beep()
    call.line.wait(8.0)
    call.line.drop(8.0)
    (message,) = call.world.boxes.messages("101")
    assert message.seconds == 8.0
    assert message.caller == "102"  # VM-7
    assert message.caller_name == "Anna"
    assert message.called == "48221112235"
    assert message.reason == "no_answer"
    assert message.codec == "PCMA"
    assert message.loss == 0.4
    assert message.began_at == NOON - 20
    assert message.ended_at == pytest.approx(NOON + 28)
    assert call.world.states() == {"m1": "new"}
    assert call.world.changes == [("101", 1, 0)]
    assert call.world.files() == ["m1.wav"]  # VM-10: what is kept is one WAV file


def test_nothing_is_told_before_the_row_is_committed(tmp_path: Path) -> None:  # VM-6
    call = Calling(tmp_path).to_the_beep()
    assert call.world.states() == {"m1": "recording"}
    assert call.world.boxes.summary("101") == (0, 0)
    call.world.keeper.is_full = True
    call.line.drop(8.0)
    assert call.world.changes == []
    # It is in memory at least, and is written with whatever comes next.
    assert call.world.boxes.summary("101") == (1, 0)
    call.world.keeper.is_full = False
    call.world.leave()
    assert call.world.states() == {"m1": "new", "m2": "new"}
    assert call.world.changes == [("101", 1, 0), ("101", 2, 0)]


def test_the_hash_key_skips_to_the_beep_and_then_ends_the_message(tmp_path: Path) -> None:  # VM-2
    call = Calling(tmp_path).begin()
    call.line.wait(1.0)
    call.line.press("#")
    assert call.line.said == [*SYSTEM, "beep"]
    call.line.press("#")  # during the beep
    call.line.wait(1.0)
    call.line.press("3#")
    assert call.line.said[-2:] == ["vm.message_kept", "vm.goodbye"]
    call.line.wait(5.0)
    assert call.line.is_over
    assert call.world.states() == {"m2": "new"}


def test_a_star_logs_in_and_nothing_is_kept(tmp_path: Path) -> None:  # VM-2
    call = Calling(tmp_path).begin()
    call.line.press("*")
    assert call.went == ["log in"]
    call.line.press("#*0")
    assert call.went == ["log in"]
    late = Calling(tmp_path).to_the_beep()
    late.line.press("*")
    late.line.wait(1.0)
    assert late.went == ["log in"]
    assert late.world.states() == {}
    assert late.world.files() == []
    assert late.world.changes == []


def test_a_star_does_nothing_where_log_in_is_off(tmp_path: Path) -> None:  # VM-2
    for call in (
        Calling(tmp_path, Settings(remote_login=False)).begin(),
        Calling(tmp_path, log_in=False).begin(),
    ):
        call.line.press("*")
        assert call.went == []
        assert call.line.said == SYSTEM


def test_a_zero_calls_the_operator_if_there_is_one(tmp_path: Path) -> None:  # VM-2
    call = Calling(tmp_path, Settings(operator="100")).begin()
    assert call.line.said == [*SYSTEM, "vm.press_zero"]
    call.line.press("0")
    assert call.line.wanted == Connect("100", "101")  # with the rights of the mailbox's owner
    nobody = Calling(tmp_path).begin()
    nobody.line.press("0")
    assert nobody.line.wanted is None
    talking = Calling(tmp_path, Settings(operator="100")).to_the_beep()
    talking.line.press("0")
    assert talking.line.wanted is None


def test_a_message_can_be_left_when_the_operator_is_not_there_either(
    tmp_path: Path,
) -> None:  # VM-2
    call = Calling(tmp_path, Settings(operator="100")).begin()
    call.line.press("0")
    call.line.said.clear()
    call.line.nobody_answers()
    assert call.line.said == ["vm.operator_not_there", "vm.leave_a_message"]
    call.line.wait(5.0)
    assert call.line.recording is not None
    call.line.drop(8.0)
    assert call.world.changes == [("101", 1, 0)]


def test_the_operator_of_a_full_mailbox_can_be_called(tmp_path: Path) -> None:  # VM-2, VM-8
    world = World(tmp_path)
    world.leave()
    call = Calling(tmp_path, Settings(operator="100", max_messages=1), world=world).begin()
    call.line.press("0")
    assert call.line.wanted is not None
    call.line.nobody_answers()
    call.line.wait(10.0)
    assert call.line.said[-2:] == ["vm.operator_not_there", "vm.goodbye"]
    assert call.line.is_over


def test_who_talks_to_the_operator_leaves_nothing(tmp_path: Path) -> None:  # VM-11
    call = Calling(tmp_path, Settings(operator="100")).begin()
    call.line.press("0")
    call.line.drop()
    assert call.world.states() == {}


@pytest.mark.parametrize(
    ("answer", "remote_login", "at_once"),
    [
        ("", True, True),
        ("", False, False),
        ("at_greeting", False, True),
        ("at_beep", True, False),
    ],
)
def test_when_calls_from_elsewhere_are_answered_can_be_said(
    tmp_path: Path, answer: str, remote_login: bool, at_once: bool
) -> None:  # VM-5
    settings = Settings(answer=answer, remote_login=remote_login)
    call = Calling(tmp_path, settings, remote=True).begin()
    assert (call.line.answered_after is not None) is at_once
    call.line.wait(10.5)
    assert call.line.answered_after == ([] if at_once else SYSTEM)
    inside = Calling(tmp_path, settings).begin()
    assert inside.line.answered_after == []


def test_a_message_for_a_group_comes_to_every_member(tmp_path: Path) -> None:  # VM-9
    world = World(tmp_path)
    world.settings["103"] = Settings(max_messages=1)
    world.leave("103")
    group = Settings(deliver_to=("102", "103", "104"))
    call = Calling(tmp_path, group, world=world).to_the_beep()
    call.line.press("#")
    call.line.wait(1.0)
    assert "vm.message_kept" in call.line.said
    assert [world.boxes.summary(one) for one in ("101", "102", "103", "104")] == [
        (0, 0),
        (1, 0),
        (1, 0),  # was full
        (1, 0),
    ]
    assert world.states() == {}
    (message,) = world.boxes.messages("104")
    assert Path(world.boxes.path(message)).is_file()
    assert message.caller == "102"


def test_a_group_whose_mailboxes_are_all_full_takes_no_message(tmp_path: Path) -> None:  # VM-9
    world = World(tmp_path)
    world.settings["102"] = Settings(max_messages=1)
    group = Settings(deliver_to=("102",))
    late = Calling(tmp_path, group, world=world).to_the_beep()
    world.leave("102")
    assert Calling(tmp_path, group, world=world).begin().line.said == ["vm.mailbox_full"]
    # Whoever speaks already is not told that it was for nothing: the group's own box has it.
    late.line.drop(8.0)
    assert world.boxes.summary("101") == (1, 0)


def test_a_mailbox_can_be_full_of_minutes(tmp_path: Path) -> None:  # VM-8
    world = World(tmp_path)
    settings = Settings(quota=20.0)
    for filled in (45, 90, 135):
        call = Calling(tmp_path, settings, world=world).begin()
        assert call.line.said == SYSTEM
        call.line.wait(20.0)
        call.line.drop(9.0)
        assert world.boxes.has_room("101") is (filled < 100)
    assert world.warnings == [("101", 90), ("101", 135)]
    assert Calling(tmp_path, settings, world=world).begin().line.said == ["vm.mailbox_full"]


def reviewing(tmp_path: Path) -> Calling:
    call = Calling(tmp_path, Settings(review=True)).to_the_beep()
    call.line.press("#")
    call.line.wait(0.1)
    assert call.line.said[-1] == "vm.keep_or_again"
    call.line.said.clear()
    return call


def test_a_caller_can_hear_what_he_said_and_keep_it(tmp_path: Path) -> None:  # VM-3
    call = reviewing(tmp_path)
    assert call.world.changes == []
    call.line.press("2")
    assert call.line.said == [f"{tmp_path}/voicemail/101/m1.wav", "vm.keep_or_again"]
    call.line.press("1")
    call.line.wait(0.1)
    assert call.line.said[-2:] == ["vm.message_kept", "vm.goodbye"]
    assert call.world.changes == [("101", 1, 0)]
    call.line.press("2")  # too late
    call.line.wait(5.0)
    assert call.line.is_over


def test_a_caller_can_say_it_again(tmp_path: Path) -> None:  # VM-3
    call = reviewing(tmp_path)
    call.line.press("3")
    call.line.wait(2.0)
    assert call.line.said == ["beep"]
    assert call.line.recording == (f"{tmp_path}/voicemail/101/m2.wav", 180.0, 10.0)
    call.line.drop(8.0)
    assert call.world.states() == {"m2": "new"}


def test_a_caller_can_throw_it_away(tmp_path: Path) -> None:  # VM-3
    call = reviewing(tmp_path)
    call.line.press("*")
    call.line.wait(5.0)
    assert call.line.said == ["vm.not_kept", "vm.goodbye"]
    assert call.world.states() == {}
    assert call.world.files() == []


def test_who_says_nothing_to_his_message_or_hangs_up_keeps_it(tmp_path: Path) -> None:  # VM-3
    silent = reviewing(tmp_path / "one")
    silent.line.wait(60.0)
    assert silent.line.is_over
    assert silent.world.states() == {"m1": "new"}
    gone = reviewing(tmp_path / "other")
    gone.line.drop()
    gone.line.wait(60.0)
    assert gone.world.states() == {"m1": "new"}


def test_only_who_ends_a_message_by_a_key_is_asked(tmp_path: Path) -> None:  # VM-3
    call = Calling(tmp_path, Settings(review=True)).to_the_beep()
    call.line.end_recording("limit", 180.0)
    assert call.line.said[-1] != "vm.keep_or_again"
    dropped = Calling(tmp_path, Settings(review=True)).to_the_beep()
    dropped.deposit.digit("#")
    dropped.line.drop()  # before the recording is over
    assert "vm.keep_or_again" not in dropped.line.said


@pytest.mark.parametrize("digit", "123456789ABCD")
def test_other_keys_do_nothing(tmp_path: Path, digit: str) -> None:  # VM-2
    call = Calling(tmp_path).begin()
    call.line.press(digit)
    assert call.line.said == SYSTEM


def test_a_message_that_is_too_long_is_kept_and_said_so(tmp_path: Path) -> None:  # VM-3
    call = Calling(tmp_path).to_the_beep()
    call.line.end_recording("limit", 180.0)
    assert call.line.said[-3:] == ["vm.too_long", "vm.message_kept", "vm.goodbye"]
    assert call.world.boxes.messages("101")[0].seconds == 180.0


def test_silence_ends_a_message_and_is_cut_off(tmp_path: Path) -> None:  # VM-3
    call = Calling(tmp_path).to_the_beep()
    call.line.end_recording("silence", 18.0, sound=8.0)
    (message,) = call.world.boxes.messages("101")
    assert message.seconds == 8.5
    assert Path(call.world.boxes.path(message)).stat().st_size == 58 + 68_000
    assert call.line.said[-2:] == ["vm.message_kept", "vm.goodbye"]


def test_a_message_whose_silence_cannot_be_cut_off_is_kept_as_it_is(tmp_path: Path) -> None:
    call = Calling(tmp_path).to_the_beep()
    path = tmp_path / "voicemail" / "101" / "m1.wav"
    call.world.clock.later(0.005, path.unlink)
    call.line.end_recording("silence", 18.0, sound=8.0)
    assert call.world.boxes.messages("101")[0].seconds == 18.0


@pytest.mark.parametrize("ended", ["closed", "finished", "silence"])
def test_what_is_too_short_is_thrown_away(tmp_path: Path, ended: str) -> None:  # VM-4
    call = Calling(tmp_path).to_the_beep()
    call.line.end_recording(ended, 12.0, sound=1.9)
    assert call.line.said[-2:] == ["vm.not_kept", "vm.goodbye"]
    call.line.wait(1.0)
    assert call.world.files() == []
    assert call.world.states() == {}
    assert call.world.changes == []


def test_outside_callers_are_answered_at_the_beep_where_nobody_logs_in(
    tmp_path: Path,
) -> None:  # VM-5
    call = Calling(tmp_path, Settings(remote_login=False), remote=True).to_the_beep()
    assert call.line.answered_after == SYSTEM
    assert Calling(tmp_path, Settings(remote_login=False)).begin().line.answered_after == []
    assert Calling(tmp_path, remote=True).begin().line.answered_after == []


@pytest.mark.parametrize("most", [1, 2])
def test_a_full_mailbox_says_so_before_anybody_speaks(tmp_path: Path, most: int) -> None:  # VM-8
    world = World(tmp_path)
    world.leave()
    # Somebody who speaks at this moment takes the last place.
    for _ in range(most - 1):
        Calling(tmp_path, world=world).to_the_beep()
    call = Calling(tmp_path, Settings(max_messages=most), world=world).begin()
    call.line.press("#")
    assert call.line.said == ["vm.mailbox_full"]
    call.line.wait(3.0)
    assert call.line.is_over
    assert call.line.recording is None


def test_the_owner_of_a_full_mailbox_can_log_in(tmp_path: Path) -> None:  # VM-8
    world = World(tmp_path)
    world.leave()
    call = Calling(tmp_path, Settings(max_messages=1), world=world).begin()
    call.line.press("*")
    assert call.went == ["log in"]


def test_the_owner_is_warned_when_it_fills(tmp_path: Path) -> None:  # VM-8
    world = World(tmp_path)
    for _ in range(10):
        call = Calling(tmp_path, Settings(max_messages=10), world=world).to_the_beep()
        call.line.drop()
    assert world.warnings == [("101", 90), ("101", 100)]


@pytest.mark.parametrize("seconds", [0.5, 5.0, 10.2])
def test_hanging_up_before_the_recording_leaves_nothing(
    tmp_path: Path, seconds: float
) -> None:  # VM-11
    call = Calling(tmp_path).begin()
    call.line.wait(seconds)
    call.line.drop()
    assert call.world.states() == {}
    assert call.world.changes == []
    assert call.world.files() == []


def test_a_full_disk_ends_the_message_and_the_caller_is_told(tmp_path: Path) -> None:  # VM-6
    call = Calling(tmp_path).to_the_beep()
    call.line.end_recording("failed", 6.0)
    assert call.line.said[-3:] == ["vm.interrupted", "vm.message_kept", "vm.goodbye"]
    assert call.world.states() == {"m1": "new"}
    nothing = Calling(tmp_path / "other").to_the_beep()
    nothing.line.end_recording("failed", 0.0)
    assert nothing.line.said[-2:] == ["vm.not_kept", "vm.goodbye"]
    assert nothing.world.states() == {}


def test_the_caller_is_not_told_that_it_is_kept_when_it_is_not(tmp_path: Path) -> None:  # VM-6
    call = Calling(tmp_path).to_the_beep()
    call.world.keeper.is_full = True
    call.line.end_recording()
    assert call.line.said[-2:] == ["vm.not_kept", "vm.goodbye"]


def test_nothing_but_tones_is_needed(tmp_path: Path) -> None:
    call = Calling(tmp_path, mute=True).begin()
    call.line.wait(1.0)
    assert call.line.said == ["beep"]
    call.line.end_recording()
    call.line.wait(0.1)
    assert call.line.is_over
    assert call.world.states() == {"m1": "new"}
    full = Calling(tmp_path, Settings(max_messages=1), mute=True, world=call.world).begin()
    assert full.line.said == ["beep"]


def test_a_line_that_is_gone_hears_nothing(tmp_path: Path) -> None:
    call = Calling(tmp_path).begin()
    call.line.drop()
    call.deposit.digit("#")
    assert call.line.said == SYSTEM


def test_two_mailboxes_take_messages_from_two_lines_at_once(tmp_path: Path) -> None:  # VM-9
    world = World(tmp_path)
    one = Calling(tmp_path, world=world).to_the_beep()
    two = Calling(tmp_path, world=world).to_the_beep()
    one.line.drop(5.0)
    two.line.drop(6.0)
    assert [message.seconds for message in world.boxes.messages("101")] == [5.0, 6.0]


actions = st.lists(
    st.one_of(
        st.sampled_from("0123456789*#A").map(lambda digit: ("press", digit)),
        st.floats(0.0, 30.0).map(lambda seconds: ("wait", str(seconds))),
        st.sampled_from(["finished", "limit", "silence", "failed"]).map(lambda how: ("end", how)),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(actions, st.booleans(), st.booleans(), st.booleans(), st.floats(0.0, 200.0))
def test_whatever_callers_do_the_call_ends_and_messages_have_files(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[str, str]],
    operator: bool,
    in_a_group: bool,
    review: bool,
    seconds: float,
) -> None:
    group = ("102", "103") if in_a_group else ()
    settings = Settings(operator="100" * operator, deliver_to=group, review=review)
    call = Calling(tmp_path_factory.mktemp("calls"), settings).begin()
    for action, value in steps:
        if call.line.is_over or call.went:
            break
        if call.line.wanted is not None:
            call.line.nobody_answers()
        if action == "press":
            call.line.press(value)
        elif action == "wait":
            call.line.wait(float(value))
        else:
            call.line.end_recording(value, seconds)
    if not call.line.is_over and not call.went:
        call.line.drop(seconds)
    call.line.wait(1.0)
    there = call.world.keeper.messages.values()
    kept = {f"{message.id}.wav" for message in there if message.state == "new"}
    assert kept == set(call.world.files())
    assert "recording" not in {message.state for message in there}


def test_the_greeting_and_the_beep_are_one_piece_where_the_call_is_answered_before(
    tmp_path: Path,
) -> None:  # VM-1, VM-5
    lists: list[list[str]] = []

    class Line(FakeLine):
        def play(self, sounds: Sequence[Sound], done: Callable[[bool], None]) -> None:
            lists.append([name_of(sound) for sound in sounds])
            super().play(sounds, done)

    for remote in (False, True):
        call = Calling(tmp_path / str(remote), Settings(remote_login=False))
        call.line = Line(call.world, remote=remote)
        call.to_the_beep()
    assert lists == [[*SYSTEM, "beep"], SYSTEM, ["beep"]]


@pytest.mark.parametrize("key", ["#", "*", "0"])
def test_what_has_begun_unheard_of_is_nothing_where_the_caller_goes_on(
    tmp_path: Path, key: str
) -> None:
    class Line(FakeLine):
        """Is slow to tell that the beep is over."""

        def play_and_record(self, *args: Any, begun: Callable[[bool], None], **how: Any) -> None:
            self.begun = begun
            super().play_and_record(*args, begun=lambda whole: None, **how)

    call = Calling(tmp_path, Settings(operator="100"))
    call.line = line = Line(call.world)
    call.to_the_beep()
    begun = line.begun
    line.press(key)
    line.wait(0.5)
    begun(True)
    if key == "#":
        assert line.said[-1] == "beep"
        line.drop(seconds=4.0)
        assert call.world.states() == {"m2": "new"}
    else:
        assert call.went == (["log in"] if key == "*" else [])
        assert call.world.states() == {}
    line.wait(1.0)
    assert len(call.world.files()) == (key == "#")


def test_a_caller_who_goes_at_once_behind_the_beep_is_recorded(tmp_path: Path) -> None:  # VM-3
    call = Calling(tmp_path).begin()
    call.line.wait(11.0)
    call.deposit._message = None  # as if it had not been told yet
    call.line.drop(seconds=3.0)
    assert call.world.states() == {"m1": "new"}


def test_the_last_place_in_a_mailbox_is_that_of_whoever_hears_its_greeting(
    tmp_path: Path,
) -> None:  # VM-2, VM-8
    call = Calling(tmp_path, Settings(max_messages=1)).begin()
    call.line.press("#")
    assert call.line.said[-1] == "beep"
