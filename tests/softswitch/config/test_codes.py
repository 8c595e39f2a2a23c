"""Service codes of the file, and numbers that are two things at once."""

from pathlib import Path

from softswitch.config.configuration import FeatureCodes
from tests.softswitch.config.reading import mistakes, read

USERS = "users: {100: Anna, 101: Jan}\n"


def test_there_are_codes_although_none_is_written(tmp_path: Path) -> None:
    assert read(tmp_path, USERS).feature_codes == FeatureCodes()


def test_codes_can_be_others_several_or_none(tmp_path: Path) -> None:
    text = USERS + 'feature_codes: {echo_test: ["*43", "*6-00"]}\n'
    assert read(tmp_path, text).feature_codes.echo_test == ("*43", "*600")
    assert read(tmp_path, USERS + "feature_codes: {echo_test: off}\n").feature_codes.echo_test == ()


def test_a_number_is_one_thing_alone(tmp_path: Path) -> None:  # FC-1
    text = 'users: {1-00: Anna, 101: Jan}\nfeature_codes: {echo_test: ["*6", 100, "*6"]}\n'
    assert [one.summary().partition("office.yaml")[2] for one in mistakes(tmp_path, text)] == [
        ":1:15: users.1-00: '100' is echo_test (feature_codes)",
        ":2:28: feature_codes.echo_test: '*6' is echo_test already",
    ]
