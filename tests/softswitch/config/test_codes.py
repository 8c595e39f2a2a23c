"""Service codes of the file, and numbers that are two things at once."""

from pathlib import Path

import pytest

from softswitch.config.presets import feature_codes
from tests.softswitch.config.reading import mistakes, read

USERS = "users: {100: Anna, 101: Jan}\n"


def wrong(tmp_path: Path, text: str) -> list[str]:
    return [one.summary().partition("office.yaml")[2] for one in mistakes(tmp_path, text)]


def test_there_are_codes_although_none_is_written(tmp_path: Path) -> None:
    assert read(tmp_path, USERS).feature_codes == feature_codes()


def test_codes_can_be_others_several_or_none(tmp_path: Path) -> None:
    text = USERS + 'feature_codes: {echo_test: ["*44", "*6-00"]}\n'
    assert read(tmp_path, text).feature_codes["echo_test"] == ("*44", "*600")
    text = USERS + "feature_codes: {dnd_on: off, ring_time: off}\n"
    codes = read(tmp_path, text).feature_codes
    assert codes["dnd_on"] == codes["ring_time"] == ()
    assert codes["dnd_off"] == ("*79", "#26#")


@pytest.mark.parametrize(
    ("preset", "codes"),
    [
        ("[freepbx, etsi]", ("*72", "*21*")),
        ("[etsi, freepbx, etsi]", ("*21*", "*72")),
        ("etsi", ("*21*",)),
        ("freepbx", ("*72",)),
        ("broadworks", ("*72",)),
        ("[freepbx, broadworks]", ("*72",)),
        ("off", ()),
    ],
)
def test_presets_are_chosen(tmp_path: Path, preset: str, codes: tuple[str, ...]) -> None:
    found = read(tmp_path, USERS + f"feature_codes: {{preset: {preset}}}\n").feature_codes
    assert found["forward_always_on"] == codes
    assert found["voicemail"][:2] == ("*98", "*97")


def test_presets_that_do_not_get_along_are_told_of(tmp_path: Path) -> None:  # FC-1
    text = USERS + "feature_codes: {preset: [etsi, broadworks]}\n"
    assert wrong(tmp_path, text) == [
        ":2:16: feature_codes: '*21*' is both forward_always_on and forward_always_ask",
    ]


def test_there_are_no_other_presets(tmp_path: Path) -> None:
    text = USERS + "feature_codes: {preset: 3cx}\n"
    assert wrong(tmp_path, text) == [":2:25: feature_codes.preset: '3cx' is not known here"]


def test_a_number_is_one_thing_alone(tmp_path: Path) -> None:  # FC-1
    text = 'users: {1-00: Anna, 101: Jan}\nfeature_codes: {echo_test: ["*6", 100, "*6"]}\n'
    assert wrong(tmp_path, text) == [
        ":1:15: users.1-00: '100' is echo_test (feature_codes)",
        ":2:28: feature_codes.echo_test: '*6' is echo_test already",
    ]


def test_a_code_that_differs_only_in_the_hash_is_the_same(tmp_path: Path) -> None:  # FC-1, FC-2
    text = USERS + 'feature_codes: {echo_test: "*43"}\n'
    assert wrong(tmp_path, text) == [
        ":2:28: feature_codes.echo_test: '*43#' is both echo_test and call_waiting_on",
    ]


def test_a_code_with_a_number_behind_it_is_no_other_code(tmp_path: Path) -> None:  # FC-1
    text = USERS + 'feature_codes: {forward_always_on: "*7"}\n'
    found = wrong(tmp_path, text)
    assert (
        ":2:36: feature_codes.forward_always_on: '*73' is forward_always_off,"
        " and forward_always_on '*7' with 3 behind it"
    ) in found
    assert len(found) == 6  # *70, *71, *73, *76, *78, *79


def test_a_code_with_a_number_behind_it_is_no_extension(tmp_path: Path) -> None:  # FC-1
    text = 'users: {100: Anna, "*72100": Jan, "*98100": Eva, "*98555": Ola, "*721*": Ela}\n'
    assert wrong(tmp_path, text) == [
        ":1:30: users.*72100: '*72100' is forward_always_on '*72' with 100 behind it"
        " (feature_codes)",
        ":1:45: users.*98100: '*98100' is voicemail '*98' with 100 behind it (feature_codes)",
    ]


def test_the_presets_get_along_with_each_other(tmp_path: Path) -> None:  # FC-1
    assert read(tmp_path, USERS + "feature_codes: {preset: [freepbx, etsi]}\n").users


def test_a_code_with_a_calendar_behind_it_is_no_other_code(tmp_path: Path) -> None:  # FC-1, CAL-6
    text = 'users: {100: Anna, "*2812": Jan}\nfeature_codes: {clock: "*281"}\n'
    assert wrong(tmp_path, text) == [
        ":1:29: users.*2812: '*2812' is calendar '*28' with 12 behind it (feature_codes)",
        ":2:24: feature_codes.clock: '*281' is clock, and calendar '*28' with 1 behind it",
    ]
