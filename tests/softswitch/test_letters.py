"""Who gets a mail and what goes along; what mails say is in `test_mailer.py`."""

import logging
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from softswitch.config import User
from softswitch.config.boxes import MAILBOX
from softswitch.config.messaging import Mail, Voicemail
from softswitch.letters import Alarms, Letters, picture
from softswitch.mailbox.messages import Message
from softswitch.mailbox.notices import BACKUP, FULL, LINK, LOCKED, MISSED

ANNA = replace(User("101"), email=("anna@example.com", "night@example.com"))
ADMIN = "admin@example.com"
PORTAL = "https://pbx.example.com/messages"
PNG = bytes.fromhex("89504e470d0a1a0a")


def letters(
    *people: User, alerted: tuple[str, ...] = (ADMIN,), is_night: bool = False, portal: str = ""
) -> Letters:
    return Letters(
        Mail("pbx@example.com", "localhost", 25),
        boxes=cast(Any, SimpleNamespace()),
        users={one.extension: one for one in people},
        alerted=alerted,
        first_pins={},
        encoder=cast(Any, None),
        alarms=Alarms(),
        local=cast(Any, None),
        holds=lambda calendar, at: is_night,
        portal=portal,
    )


def message(mailbox: str = "101") -> Message:
    return cast(Message, SimpleNamespace(mailbox=mailbox, ended_at=100.0))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (FULL, ["anna@example.com", "night@example.com"]),
        (MISSED, ["anna@example.com", "night@example.com"]),
        (LOCKED, ["anna@example.com", "night@example.com", ADMIN]),
        (BACKUP, [ADMIN]),
        (LINK, ["anna@example.com"]),
    ],
)
def test_a_notice_goes_to_whom_it_concerns(kind: str, expected: list[str]) -> None:
    assert list(letters(ANNA).told("101", kind)) == expected


def test_an_administrator_who_owns_the_mailbox_is_told_once() -> None:
    own = letters(replace(ANNA, email=(ADMIN,)))
    assert list(own.told("101", LOCKED)) == [ADMIN]


def test_nobody_is_mailed_for_a_mailbox_that_is_nobodys() -> None:
    nobody = letters(ANNA, alerted=())
    assert nobody.owners("999") == ()
    assert list(nobody.told("999", LOCKED)) == []
    assert list(nobody.wants(message("999"))) == []


@pytest.mark.parametrize(("mode", "count"), [("store", 0), ("email", 2), ("both", 2)])
def test_a_message_is_mailed_if_its_owner_wants_that(mode: str, count: int) -> None:  # S0-3
    it = letters(replace(ANNA, voicemail=Voicemail(on_message=mode)))
    assert len(it.wants(message())) == count


@pytest.mark.parametrize("is_night", [True, False])
def test_an_address_may_have_its_times(is_night: bool) -> None:  # ML-7
    it = letters(replace(ANNA, mail_when={"night@example.com": "night"}), is_night=is_night)
    expected = ["anna@example.com", "night@example.com"]
    assert list(it.wants(message())) == (expected if is_night else expected[:1])


@pytest.mark.parametrize(
    ("owner", "link"),
    [
        (ANNA, PORTAL),
        (replace(ANNA, voicemail=Voicemail(on_message="email")), ""),
        (replace(ANNA, kind=MAILBOX), ""),
        (User("102"), ""),
    ],
)
def test_a_mail_leads_to_what_its_owner_can_hear_in_a_browser(owner: User, link: str) -> None:
    """ML-5: not to a message that is gone when the mail has come, nor where nobody can log in."""
    assert letters(owner, portal=PORTAL)._player("101") == link
    assert letters(owner)._player("101") == ""


def test_what_does_not_work_is_said_once_and_once_more_when_it_works(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    alarms = Alarms()
    for _ in range(3):
        alarms.sound("MP3", "no such program")
    alarms.sound("smtp.example.com", "refused")
    for _ in range(2):
        alarms.clear("MP3")
    alarms.sound("MP3", "again")
    said = [(one.levelname, one.getMessage()) for one in caplog.records]
    assert said == [
        ("ERROR", "mail: MP3: no such program"),
        ("ERROR", "mail: smtp.example.com: refused"),
        ("INFO", "mail: MP3: works again"),
        ("ERROR", "mail: MP3: again"),
    ]


def test_a_logo_is_shown_as_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "Logo.PNG").write_bytes(PNG)
    assert picture(None) is None
    found = picture(tmp_path / "Logo.PNG")
    assert found is not None
    assert tuple(found) == (PNG, "png", "Logo.PNG")


def test_a_logo_that_is_gone_keeps_no_mail_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert picture(tmp_path / "gone.png") is None
    assert caplog.messages == [f"mail.logo: {tmp_path / 'gone.png'}: No such file or directory"]
