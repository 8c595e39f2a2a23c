"""`record:` and `recordings:` (REC-1, REC-2)."""

from pathlib import Path

from tests.softswitch.config.reading import read, summaries


def test_calls_of_nobody_are_recorded_unless_it_is_written(tmp_path: Path) -> None:
    """REC-1: off by default, per user, and for all."""
    text = "users: {100: Anna, 101: {record: on_demand}}\n"
    config = read(tmp_path, text)
    assert [user.record for user in config.users.values()] == ["off", "on_demand"]
    assert config.recordings.keep == 90 * 86400.0
    config = read(tmp_path, f"{text}defaults: {{record: inbound}}\nrecordings: {{keep: 7d}}\n")
    assert [user.record for user in config.users.values()] == ["inbound", "on_demand"]
    assert config.recordings.keep == 7 * 86400.0


def test_other_words_are_refused(tmp_path: Path) -> None:
    (found,) = summaries(tmp_path, "users: {100: {record: sometimes}}\n")
    assert "'sometimes' is not known here" in found
    (found,) = summaries(tmp_path, "users: {100: Anna}\nrecordings: {format: mp3}\n")
    assert "'mp3' is not known here" in found
