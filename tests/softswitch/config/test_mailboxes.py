"""What mailboxes need has to be there."""

from pathlib import Path

import pytest

from tests.softswitch.config.reading import NAME, read, summaries, write


def test_mail_needs_a_mail_server(tmp_path: Path) -> None:
    (found,) = summaries(tmp_path, "users:\n  100:\n    voicemail: {on_message: email}\n")
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


def test_a_greeting_can_be_said_in_the_language_of_the_user(tmp_path: Path) -> None:
    text = (
        "defaults:\n  voicemail: {greeting: {say: Hola.}}\n"
        "users:\n  100: {language: es}\n  101: {language: pl}\n"
        '  102: {voicemail: {greeting: {say: "Bye.", use_for: busy}}}\n'
    )
    users = read(tmp_path, text).users
    greetings = [users[name].voicemail.greeting for name in ("100", "101", "102")]
    files = [greeting.file for greeting in greetings if greeting is not None]
    assert len(set(files)) == 3
    assert {file.parent for file in files} == {tmp_path / "var" / "spoken"}
    assert [greeting.say for greeting in greetings if greeting] == ["Hola.", "Hola.", "Bye."]


def test_mails_can_look_as_the_office_likes(tmp_path: Path) -> None:  # ML-5
    write(tmp_path, b"GIF89a", "logo.gif")
    text = (
        (
            f"{MAIL}  logo: logo.gif\n  templates:\n    es:\n      subject: De {{caller_number}}\n"
            '      body: "{caller_name}\\n{{x}}"\nadmins: [it@example.com, b@example.com]\n'
            "users: {100: Anna}\n"
        )
        .replace("{{caller", "{caller")
        .replace("number}}", "number}")
    )
    config = read(tmp_path, text)
    assert config.mail is not None
    assert config.mail.logo == tmp_path / "logo.gif"
    assert config.mail.templates["es"].subject == "De {caller_number}"
    assert config.mail.templates["es"].body == "{caller_name}\n{{x}}"
    assert config.alerted == ("it@example.com", "b@example.com")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("logo: none.gif", "mail.logo: there is no file 'none.gif'"),
        ("logo: big.gif", "mail.logo: 'big.gif' has more than 200 kB"),
        ("logo: logo.svg", "mail.logo: 'logo.svg' is no picture for mails"),
        (
            "templates: {en: {subject: 'From {caller}'}}",
            "mail.templates.en.subject: 'caller' in braces stands for nothing",
        ),
        (
            "templates: {en: {body: '{time.__class__}'}}",
            "mail.templates.en.body: 'time.__class__' in braces stands for nothing",
        ),
        (
            "templates: {en: {body: '{time!r}'}}",
            "mail.templates.en.body: 'time' in braces stands for nothing",
        ),
        ("templates: {en: {body: '{time'}}", "mail.templates.en.body: has a brace that is not"),
        ("templates: {fr: {body: a}}", "mail.templates: 'fr' is not known here"),
    ],
)
def test_what_a_mail_cannot_look_like_is_said(tmp_path: Path, line: str, problem: str) -> None:
    write(tmp_path, b"x" * 200_001, "big.gif")
    (found,) = summaries(tmp_path, f"{MAIL}  {line}\nusers: {{100: Anna}}\n")
    assert problem in found


def test_a_template_has_an_end(tmp_path: Path) -> None:
    line = f"templates: {{en: {{body: {'x' * 20_001}}}}}"
    (found,) = summaries(tmp_path, f"{MAIL}  {line}\nusers: {{100: Anna}}\n")
    assert "is 20001 characters long" in found


def test_administrators_and_missed_calls_need_a_mail_server(tmp_path: Path) -> None:
    (found,) = summaries(tmp_path, "admins: it@example.com\nusers: {100: Anna}\n")
    assert found.endswith("admins: no mail can be sent")
    text = "users:\n  100: {voicemail: {missed_calls: on}}\n"
    (found,) = summaries(tmp_path, text)
    assert found.endswith("users.100.voicemail.missed_calls: no mail can be sent")


def test_a_random_pin_needs_somebody_to_mail_it_to(tmp_path: Path) -> None:  # VM-20
    text = (
        f"{MAIL}defaults: {{voicemail: {{pin: random}}}}\nusers:\n  100: {{email: a@example.com}}\n"
        "  101: {voicemail: off}\n  102: {voicemail: {pin: none}}\n"
    )
    assert read(tmp_path, text).users["100"].voicemail.first_pin == "random"
    (found,) = summaries(tmp_path, f"{text}  103: Jan\n")
    assert "103" in found
    assert "a random PIN is mailed, and there is no way to do so" in found
    boxes = "voicemail_boxes: {sales: {pin: random}}\n"
    (found,) = summaries(tmp_path, text + boxes)
    assert "voicemail_boxes.sales.pin: a random PIN" in found


CALENDARS = "calendars: {office: {open: mon-fri 09:00-17:00}}\n"


def test_an_address_can_be_for_some_times_only(tmp_path: Path) -> None:  # ML-7
    text = (
        f"{MAIL}{CALENDARS}users:\n"
        "  100: {email: [a@example.com, {to: duty@example.com, when: closed}]}\n"
        "  101: {email: {to: b@example.com, when: office.open}}\n"
        "voicemail_boxes: {sales: {email: {to: c@example.com, when: [open, holiday]}}}\n"
    )
    (found,) = summaries(tmp_path, text)
    assert "voicemail_boxes.sales.email: calendar office is never 'holiday'" in found
    users = read(tmp_path, text.replace(", holiday", ", closed")).users
    assert users["100"].email == ("a@example.com", "duty@example.com")
    assert users["100"].mail_when == {"duty@example.com": "closed"}
    assert users["101"].mail_when == {"b@example.com": "office.open"}
    assert users["sales"].mail_when == {"c@example.com": "open, closed"}
    (found,) = summaries(tmp_path, text.replace(", holiday", "").replace("office.open", "lab.open"))
    assert "no calendar has the name 'lab'" in found


def test_an_operator_has_to_be_somebody(tmp_path: Path) -> None:  # VM-2
    (found,) = summaries(tmp_path, "users:\n  100: {voicemail: {operator: 555}}\n")
    assert "users.100.voicemail.operator: no user has the number '555'" in found
    (found,) = summaries(tmp_path, "defaults:\n  voicemail: {operator: 555}\nusers: {100: Anna}\n")
    assert "defaults.voicemail.operator: no user" in found
    users = read(tmp_path, "users:\n  100: {voicemail: {operator: 100}}\n").users
    assert users["100"].voicemail.operator == "100"
