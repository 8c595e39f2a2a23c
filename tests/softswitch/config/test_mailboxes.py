"""What mailboxes need has to be there."""

from pathlib import Path

from tests.softswitch.config.reading import NAME, read, summaries, write


def test_mail_needs_a_mail_server(tmp_path: Path) -> None:
    (found,) = summaries(tmp_path, "users:\n  100:\n    voicemail: {on_message: both}\n")
    assert found.endswith("users.100.voicemail.on_message: no mail can be sent")


def test_a_greeting_has_to_be_there(tmp_path: Path) -> None:
    text = "users:\n  100:\n    voicemail: {greeting: {file: hello.wav}}\n"
    (found,) = summaries(tmp_path, text)
    assert found.endswith("users.100.voicemail.greeting.file: there is no file 'hello.wav'")
    write(tmp_path, b"RIFF", "hello.wav")
    greeting = read(tmp_path, text).users["100"].voicemail.greeting
    assert greeting is not None
    assert greeting.file == tmp_path / "hello.wav"


def test_where_each_key_of_a_mailbox_stands_is_known(tmp_path: Path) -> None:
    text = "defaults:\n  voicemail: {pin: 4711}\nusers:\n  100: {voicemail: {max_message: 1m}}\n"
    user = read(tmp_path, text).users["100"]
    assert user.voicemail.enabled
    assert user.origin["voicemail.pin"] == f"{tmp_path}/{NAME}:2"
    assert user.origin["voicemail.max_message"] == f"{tmp_path}/{NAME}:4"
    assert read(tmp_path, "users:\n  100: {voicemail: on}\n").users["100"].voicemail.enabled
    assert not read(tmp_path, "users:\n  100: {voicemail: off}\n").users["100"].voicemail.enabled
