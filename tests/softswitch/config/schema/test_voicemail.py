"""Mailboxes: short and long forms, and what a user takes over from `defaults`."""

from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from softswitch.config.messaging import Greeting, Voicemail
from softswitch.config.schema.voicemail import VoicemailKeys, VoicemailSection, voicemail

SECTION: TypeAdapter[VoicemailKeys] = TypeAdapter(VoicemailSection)
FOLDER = Path("/office")


def read(**written: object) -> VoicemailKeys:
    return SECTION.validate_python(written)


def test_nobody_has_a_mailbox_unless_it_is_written() -> None:
    assert voicemail(None, None, FOLDER) == Voicemail()
    assert Voicemail().enabled


@pytest.mark.parametrize(("written", "enabled"), [("on", True), ("off", False), (None, True)])
def test_one_word_is_enough(written: object, enabled: bool) -> None:
    own = SECTION.validate_python(written)
    assert voicemail(None, own, FOLDER).enabled is enabled


def test_a_section_turns_it_on_unless_it_says_otherwise() -> None:
    assert voicemail(read(max_message="1m"), None, FOLDER).enabled
    assert not voicemail(read(max_message="1m"), read(enabled="off"), FOLDER).enabled
    assert voicemail(read(enabled="off"), read(enabled="on"), FOLDER).enabled


def test_the_users_keys_replace_those_of_defaults_one_by_one() -> None:
    below = read(pin="4711", answers="busy", max_messages="5", greeting="all.wav")
    own = read(pin="last4", greeting={"file": "b.wav", "use_for": ["busy"]})
    assert voicemail(below, own, FOLDER) == Voicemail(
        enabled=True,
        answers=("busy",),
        max_messages=5,
        greeting=Greeting(FOLDER / "b.wav", ("busy",)),
    )


def test_a_greeting_without_more_is_for_all_situations() -> None:
    found = voicemail(None, read(greeting="/abs/hello.wav"), FOLDER).greeting
    everything = ("no_answer", "busy", "unavailable", "rejected")
    assert found == Greeting(Path("/abs/hello.wav"), everything)
    assert voicemail(read(greeting="all.wav"), read(greeting="off"), FOLDER).greeting is None


def test_a_greeting_can_be_a_text() -> None:
    spoken = voicemail(None, read(greeting={"say": "We are\n on holiday."}), FOLDER, Path).greeting
    assert spoken is not None
    assert spoken.file == Path(spoken.say) == Path("We are on holiday.")


@pytest.mark.parametrize("first", ["last4", "random", "none"])
def test_the_first_pin_can_come_about_in_three_ways(first: str) -> None:  # VM-20
    found = voicemail(read(pin="4711"), read(pin=first), FOLDER)
    assert (found.pin, found.first_pin) == ("", first)


def test_how_well_an_mp3_sounds_can_be_said() -> None:  # ML-4
    assert voicemail(None, read(mp3_bitrate="32"), FOLDER).mp3_bitrate == 32
    assert Voicemail().mp3_bitrate == 16


def test_an_operator_and_a_quota_can_be_taken_back() -> None:  # VM-2, VM-8
    below = read(operator="100", quota="1h")
    assert voicemail(below, None, FOLDER).operator == "100"
    assert voicemail(below, None, FOLDER).quota == 3600.0
    assert voicemail(below, read(operator="off", quota="off"), FOLDER) == Voicemail()


def test_a_pin_does_not_show() -> None:
    assert "4711" not in repr(voicemail(None, read(pin="4711"), FOLDER))


@pytest.mark.parametrize(
    "written",
    [
        {"pin": "12"},
        {"pin": "1234567890123"},
        {"pin": "12a4"},
        {"pin": "٤٧١١"},
        {"pin": ["1234"]},
        {"answers": ["always"]},
        {"on_message": "mail"},
        {"mp3_bitrate": "17"},
        {"max_message": "1"},
        {"max_messages": "0"},
        {"operator": "a b"},
        {"answer": "at_once"},
        {"quota": "10"},
        {"greeting": {"use_for": ["busy"]}},
        {"greeting": {"file": "a.wav", "say": "Hello."}},
        {"greeting": {"say": " "}},
        {"greeting": {"say": "x" * 1001}},
        {"greeting": ["a.wav"]},
        {"remote_login": "maybe"},
        {"keep": "180d"},
    ],
)
def test_what_is_not_understood_is_refused(written: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        read(**written)


@pytest.mark.parametrize("written", ["maybe", ["on"]])
def test_it_is_a_section_or_a_switch(written: object) -> None:
    with pytest.raises(ValidationError):
        SECTION.validate_python(written)
