"""A call of an owner from its beginning to its end (features §2.4)."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.mailbox import pins
from softswitch.mailbox.messages import TEMPORARY, Recording
from tests.mailbox.owner import Owner, after, logged_in, playing
from tests.mailbox.world import Settings, World


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "COST", 2)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_digits_typed_ahead_are_kept(world: World) -> None:  # VM-12
    owner = Owner(world)
    for digit in "47110":
        owner.retrieval.digit(digit)
    owner.line.wait(0.1)
    assert owner.heard()[-1] == "vm.settings_menu"
    far = Owner(world, own=False, asks_number=True)
    for digit in "0101#4711#0":
        far.retrieval.digit(digit)
    far.line.wait(0.1)
    assert far.heard()[-1] == "vm.settings_menu"


def test_a_flood_of_digits_is_bounded(world: World) -> None:  # VM-12
    owner = Owner(world)
    for digit in "4711" + "9" * 1000 + "0":
        owner.retrieval.digit(digit)
    owner.line.wait(0.1)
    assert owner.heard()[-1] == "vm.settings_menu"


def test_a_pause_ends_a_number_and_a_star_begins_it_anew(world: World) -> None:
    owner = Owner(world, own=False, asks_number=True, mailbox=None)
    assert owner.press("99*1A01") == ["vm.mailbox_number"]
    assert owner.wait(3.1) == ["vm.password"]
    assert owner.press("4711") == []
    assert owner.wait(3.1)[0] == "vm.you_have"


def test_nobody_there_is_asked_three_times(world: World) -> None:
    owner = Owner(world)
    assert owner.wait(40.0) == ["vm.password", "vm.password", "vm.goodbye"]
    assert owner.line.is_over


# hearing messages


def test_new_messages_play_by_themselves(world: World) -> None:
    owner = Owner(world)
    world.leave()
    assert owner.press("4711#") == ["vm.you_have", "1 new 0 old"]
    assert owner.wait(4.1) == ["vm.new_message", "vm.from", "1", "0", "2", "4 s ago"]
    assert owner.wait(12.1) == ["m1.wav"]
    assert owner.wait(2.0) == ["vm.after_message"]


def test_a_zero_leads_to_the_settings_from_everywhere(world: World) -> None:  # VM-12
    assert logged_in(world).press("0") == ["vm.settings_menu"]
    assert logged_in(world, 1).press("0") == ["vm.settings_menu"]
    announced = logged_in(world)
    announced.line.wait(4.0)
    assert announced.press("0") == ["vm.settings_menu"]
    assert playing(world).press("0") == ["vm.settings_menu"]
    assert after(world).press("0") == ["vm.settings_menu"]


def test_from_elsewhere_the_first_pin_only_listens(world: World) -> None:  # VM-20
    world.leave()
    owner = Owner(world, own=False, pin="")
    assert owner.press("0101#")[0] == "vm.you_have"
    owner.line.wait(4.1)
    assert owner.press("#") == ["m1.wav"]
    assert owner.press("7") == ["vm.not_possible", "vm.after_message"]
    assert owner.press("9") == ["vm.not_possible", "vm.after_message"]
    assert owner.press("0") == ["vm.not_possible", "vm.main_menu"]
    owner.line.drop()
    assert world.states() == {"m1": "new"}


def test_an_office_without_prompts_hears_its_messages(world: World) -> None:
    world.leave()
    owner = Owner(world, mute=True)
    assert owner.press("4711#") == ["m1.wav"]


keys = st.lists(
    st.one_of(
        st.sampled_from("0123456789*#A"),
        st.sampled_from(["4711", "0101#", "wait 1", "wait 7", "wait 60", "end", "new", "gone"]),
    ),
    max_size=30,
)


def live(owner: Owner, step: str) -> None:
    messages = owner.world.boxes.messages("101")
    if owner.line.wanted is not None:
        owner.line.nobody_answers()
    if step.startswith("wait"):
        owner.line.wait(float(step[5:]))
    elif step == "end":
        owner.line.end_recording("silence", 6.0, sound=3.0)
    elif step == "new":
        owner.world.leave()
    elif step != "gone":
        owner.line.press(step)
    elif messages:
        owner.world.boxes.delete(messages[0].id)


@settings(max_examples=50, deadline=None)
@given(keys, st.booleans(), st.sampled_from(["", "4711"]), st.booleans())
def test_whatever_owners_press_nothing_breaks_and_nothing_is_lost(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str], own: bool, pin: str, known: bool
) -> None:
    world = World(tmp_path_factory.mktemp("boxes"))
    for _ in range(3):
        world.leave()
    owner = Owner(world, own=own, pin=pin, asks_number=not own)
    if known:
        owner.line.press(("" if own else "#") + (pin or "0101") + "#")
    for step in steps:
        if not owner.line.is_over:
            live(owner, step)
    if len(steps) % 2 and not owner.line.is_over:
        owner.line.drop()
    for _ in range(60):  # without a key or a word, every call comes to its end
        if owner.line.wanted is not None and not owner.line.is_over:
            owner.line.nobody_answers()
        if not owner.line.is_over:
            owner.line.wait(10.0)
            owner.line.end_recording("silence", 10.0, sound=0.0)
    assert owner.line.is_over
    world.clock.advance(1.0)
    for message_id, state in world.states().items():
        assert state in ("new", "old", "deleted")
        assert f"{message_id}.wav" in world.files()
    recorded = {recording.id for recording in world.boxes.owners.box("101").greetings.values()}
    files = {name.removesuffix(".wav") for name in world.files()}
    assert files == recorded | set(world.states())


def test_a_key_after_the_end_means_nothing(world: World) -> None:
    owner = logged_in(world)
    owner.line.drop()
    owner.retrieval.digit("1")
    assert owner.heard() == []


def test_a_mailbox_that_is_gone_while_the_pin_is_checked_is_not_entered(world: World) -> None:
    world.a_job_takes = 1.0
    owner = Owner(world)
    owner.press("4711")
    owner.line.drop()
    assert "vm.you_have" not in owner.heard()


def test_a_temporary_greeting_is_recalled(world: World) -> None:  # VM-20
    world.boxes.owners.set_greeting("101", TEMPORARY, Recording("g1", ""))
    owner = Owner(world)
    assert "vm.temporary_greeting_on" in owner.press("4711")


def test_settings_that_are_not_left_to_the_owner_are_said_to_be_so(world: World) -> None:
    owner = Owner(world, settings=Settings(pin="4711", editable=False))
    owner.press("4711")
    assert owner.press("0") == ["code.not_changeable", "vm.main_menu"]
