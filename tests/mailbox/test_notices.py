"""Mails about mailboxes, in each language."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from softswitch.mailbox import notices
from softswitch.mailbox.mail import Letterhead, Picture, Sender
from softswitch.mailbox.notice_texts import NOTICES
from softswitch.mailbox.notices import (
    BACKUP,
    FILLING,
    FIRST_PIN,
    FULL,
    LINK,
    LOCKED,
    MISSED,
    Notice,
)
from softswitch.mailbox.phrases import LocalTime

AT = 1_344_277_167.5
HEAD = Letterhead(Sender("vm@example.com", "Example Ltd"), Picture(b"GIF", "gif", "logo.gif"))


def mailed(notice: Notice, language: str = "en", link: str = "") -> tuple[str, str, EmailMessage]:
    """Subject, text and the whole."""
    mail = notices.compose(
        notices.read(notices.written(notice)),
        f"{notice.kind}-101-1",
        "101",
        head=HEAD,
        recipients=["anna@example.com"],
        language=language,
        local=lambda at: LocalTime(2012, 8, 6, 0, 15, 19),
        since=AT,
        pin="835172",
        link=link,
    )
    read = message_from_bytes(mail.as_bytes(), _class=EmailMessage, policy=policy.default)
    assert isinstance(read, EmailMessage)
    part = read.get_body(("plain",))
    assert part is not None
    return str(read["Subject"]), part.get_content(), read


def test_a_mailbox_that_fills_is_told_of() -> None:  # VM-8
    subject, text, _ = mailed(Notice(FILLING, AT, 90, 9))
    assert subject == "Mailbox 101 is 90 % full"
    assert "holds 9 messages and is 90 % full" in text
    assert mailed(Notice(FULL, AT, 100, 10))[0] == "Mailbox 101 is full"


def test_a_lock_is_told_of_with_its_end() -> None:  # VM-15
    subject, text, mail = mailed(Notice(LOCKED, AT), "es")
    assert subject == "La casilla 101 está bloqueada"
    assert "Hasta el Lun 6 de Agosto 2012, 15:19:27" in text
    assert mail["From"] == "Example Ltd <vm@example.com>"
    assert mail["Message-ID"] == "<locked-101-1@example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert [part.get_filename() for part in mail.walk() if part.get_filename()] == ["logo.gif"]


def test_a_missed_call_is_told_of() -> None:  # ML-8
    subject, text, _ = mailed(Notice(MISSED, AT, caller="102", caller_name="Jan"), "pl")
    assert subject == "Nieodebrane połączenie od 102 o 15:19:27"
    assert "Połączenie od Jan do 101" in text
    withheld, _, _ = mailed(Notice(MISSED, AT))
    assert withheld == "Missed call from a withheld number at 15:19:27"


def test_a_caller_can_smuggle_nothing_into_a_notice() -> None:  # ML-6
    nasty = "Eve\r\nBcc: all@example.com <script>{pin}"
    subject, text, mail = mailed(Notice(MISSED, AT, caller=nasty, caller_name=nasty))
    assert "\n" not in subject
    assert "835172" not in text
    assert "Bcc" not in mail
    page = mail.get_body(("html",))
    assert page is not None
    assert "<script" not in page.get_content()


def test_a_first_pin_is_told() -> None:  # VM-20
    assert "The first PIN of mailbox 101 is 835172." in mailed(Notice(FIRST_PIN, AT))[1]


def test_a_link_to_the_portal_is_told_and_can_be_clicked() -> None:  # S0-20
    _, text, mail = mailed(Notice(LINK, AT), link="https://pbx.example.com/link/a-b_c")
    assert "https://pbx.example.com/link/a-b_c" in text.splitlines()
    page = mail.get_body(("html",))
    assert page is not None
    assert '<a href="https://pbx.example.com/link/a-b_c">' in page.get_content()


@pytest.mark.parametrize("language", NOTICES)
def test_everything_is_said_in_every_language(language: str) -> None:
    assert set(NOTICES[language]) == {FILLING, FULL, LOCKED, MISSED, FIRST_PIN, LINK, BACKUP}
    for kind in NOTICES[language]:
        subject, text, _ = mailed(Notice(kind, AT, 90, 9, "102", "Jan"), language)
        assert ("101" in subject + text) == (kind != BACKUP)  # that is about no mailbox
        assert not set("{}") & set(subject + text)


@pytest.mark.parametrize(
    "text", ["", "[", "[1]", "7", "{}", '{"kind": "raffle", "at": 1.0, "prize": "car"}']
)
def test_what_another_version_has_written_is_no_reason_to_fall_over(text: str) -> None:
    assert notices.read(text).kind in ("", "raffle")
    assert notices.read(text).kind not in notices.KINDS
