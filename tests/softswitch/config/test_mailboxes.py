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


MAIL = "mail:\n  from: Example <vm@example.com>\n  server: smtp.example.com\n"


def test_a_mailbox_can_be_mailed_to_one_address_or_more(tmp_path: Path) -> None:
    text = (
        f"{MAIL}  username: vm\n  password: secret\nusers:\n"
        "  100: {email: anna@example.com, voicemail: {on_message: both, attach: wav}}\n"
        "  101: {email: [a@example.com, b@example.com, a@example.com]}\n"
    )
    config = read(tmp_path, text)
    assert config.mail is not None
    assert (config.mail.sender, config.mail.name) == ("vm@example.com", "Example")
    assert (config.mail.port, config.mail.username) == (587, "vm")
    assert "secret" not in repr(config)
    assert config.users["100"].email == ("anna@example.com",)
    assert config.users["100"].voicemail.attach == "wav"
    assert config.users["101"].email == ("a@example.com", "b@example.com")


def test_what_is_missing_for_mail_is_said(tmp_path: Path) -> None:
    users = "users: {100: Anna}\n"
    assert summaries(tmp_path, f"mail: {{server: smtp.example.com}}\n{users}") == [
        ":1:7: mail: is missing"
    ]
    (found,) = summaries(tmp_path, f"{MAIL}  username: vm\n{users}")
    assert found.endswith("mail: username and password go together")


def test_a_password_is_not_sent_in_clear(tmp_path: Path) -> None:
    text = f"{MAIL}  tls: none\n  username: vm\n  password: secret\nusers: {{100: Anna}}\n"
    (found,) = summaries(tmp_path, text)
    assert found.endswith("mail.tls: the password would be sent unencrypted")
    assert read(tmp_path, text.replace("smtp.example.com", "127.0.0.1")).mail
