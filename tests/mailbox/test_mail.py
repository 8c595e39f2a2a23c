"""Messages as mails: what they say in each language, and that callers can smuggle nothing in."""

from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.mailbox.mail import (
    Letterhead,
    Picture,
    Sender,
    Sound,
    compose,
    file_name,
    rfc_5322_date,
    trial,
)
from softswitch.mailbox.mail_body import clean
from softswitch.mailbox.messages import Message
from softswitch.mailbox.phrases import LocalTime

BEGAN, ENDED = 1_344_277_103.0, 1_344_277_167.5
"""The call of 6 August 2012, 15:18:23 in Buenos Aires, and the end of its message."""
SENDER = Sender("vm@example.com", "Example Ltd")
MP3 = Sound(b"\xff\xe3sound", "mpeg", "mp3")
FIELDS = {
    "From", "To", "Auto-Submitted", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
}  # fmt: skip


def left(caller: str = "1150316501", name: str = "", seconds: float = 57.2) -> Message:
    return Message("m1", "101", caller, name, "101", "busy", BEGAN, ENDED, seconds)


def buenos_aires(at: float) -> LocalTime:
    minute = {BEGAN: 18, ENDED: 19}[at]
    return LocalTime(2012, 8, 6, 0, 15, minute)


LOGO = Picture(b"GIF89a", "gif", "logo.gif")


class Template(NamedTuple):
    subject: str = ""
    heading: str = ""
    body: str = ""
    html: str = ""


def mailed(
    message: Message,
    language: str = "es",
    sounds: Sequence[Sound] = (MP3,),
    template: Template | None = None,
    logo: Picture | None = None,
) -> EmailMessage:
    """As a mail program reads it."""
    mail = compose(
        message,
        head=Letterhead(SENDER, logo),
        recipients=["anna@example.com", "jan@example.com"],
        language=language,
        local=buenos_aires,
        new=3,
        sounds=sounds,
        template=template,
    )
    octets = mail.as_bytes()
    assert octets.isascii()
    assert max(map(len, octets.split(b"\r\n"))) <= 998
    read = message_from_bytes(octets, _class=EmailMessage, policy=policy.default)
    assert isinstance(read, EmailMessage)
    return read


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    text: str = part.get_content()
    return text.replace("\r\n", "\n")


def test_a_mail_is_like_the_one_people_know() -> None:  # S0-14, S0-15, S0-16, S0-19, ML-5
    mail = mailed(left())
    assert mail["Subject"] == "Mensaje de voz recibido de 1150316501 a las 15:19:27"
    assert mail["From"] == "Example Ltd <vm@example.com>"
    assert mail["To"] == "anna@example.com, jan@example.com"
    assert mail["Date"] == "Mon, 06 Aug 2012 15:19:27 -0300"
    assert mail["Message-ID"] == "<m1.voicemail@example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert set(mail) == FIELDS
    (sound,) = mail.iter_attachments()
    assert sound.get_content_type() == "audio/mpeg"
    assert sound.get_filename() == "1344277103_1150316501.mp3"
    octets = sound.get_content()
    assert octets[:3] == b"ID3"  # ML-4
    assert octets.endswith(MP3.data)
    assert "Mensaje de voz recibido de 1150316501 a las 15:19:27".encode("utf-16-le") in octets


def test_the_text_says_who_when_and_how_long() -> None:  # S0-17, ML-5
    mail = mailed(left(name="Żółć"))
    assert body(mail, "plain").splitlines() == [
        "Example Ltd",
        "VOICEMAIL - Mensaje Nuevo Recibido",
        "",
        "Numero de Telefono: 1150316501",
        "Nombre: Żółć",
        "Fecha: Lun 6 de Agosto 2012 a las 15:19:27",
        "Duración: 0:57",
        "",
        "Mensajes nuevos en la casilla 101: 3",
    ]
    html = body(mail, "html")
    assert "<h1>Example Ltd</h1>" in html
    assert '<a href="tel:1150316501">1150316501</a>' in html
    assert "<b>Lun 6 de Agosto 2012 a las 15:19:27</b>" in html


@pytest.mark.parametrize(
    ("language", "subject", "date"),
    [
        ("en", "Voice message from 1150316501 at 15:19:27", "Mon 6 August 2012 at 15:19:27"),
        ("pl", "Wiadomość głosowa od 1150316501 o 15:19:27", "pon. 6 sierpnia 2012 o 15:19:27"),
        ("xx", "Voice message from 1150316501 at 15:19:27", "Mon 6 August 2012 at 15:19:27"),
    ],
)
def test_each_language_has_its_own_words_and_dates(language: str, subject: str, date: str) -> None:
    mail = mailed(left(), language)
    assert mail["Subject"] == subject
    assert date in body(mail, "plain")


def test_a_withheld_number_is_called_so() -> None:
    mail = mailed(left(caller=""))
    assert mail["Subject"] == "Mensaje de voz recibido de un número oculto a las 15:19:27"
    assert "tel:" not in body(mail, "html")
    assert file_name(left(caller=""), "wav") == "1344277103_anonymous.wav"


def test_a_sender_without_a_name_and_a_mail_without_sound() -> None:
    mail = compose(
        left(),
        head=Letterhead(Sender("vm@example.com")),
        recipients=["anna@example.com"],
        language="en",
        local=buenos_aires,
        new=1,
        sounds=[],
    )
    assert mail["From"] == "vm@example.com"
    assert list(mail.iter_attachments()) == []
    assert "<h1>" not in body(mail, "html")
    assert body(mail, "plain").startswith("VOICEMAIL")


def test_the_logo_is_shown_without_being_downloaded() -> None:  # S0-18
    mail = mailed(left(), logo=LOGO)
    assert '<img src="cid:logo" alt="">' in body(mail, "html")
    (image,) = [part for part in mail.walk() if part.get_content_maintype() == "image"]
    assert image.get_content_type() == "image/gif"
    assert image["Content-ID"] == "<logo>"
    assert image.get_content_disposition() == "inline"
    assert image.get_filename() == "logo.gif"
    assert image.get_content() == LOGO.data
    (sound,) = mail.iter_attachments()
    assert sound.get_filename() == "1344277103_1150316501.mp3"
    order = [part.get_content_type() for part in mail.walk()]
    assert order == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/gif",
        "audio/mpeg",
    ]


EVERYTHING = (
    "{caller_number}|{caller_name}|{date}|{time}|{duration}|{mailbox}|{new_count}|{company}"
)


def test_an_office_can_use_words_of_its_own() -> None:  # ML-5
    template = Template("De {caller_name}", "¡Hola!", EVERYTHING + "\n\nAdiós & {{x}}\n\n")
    mail = mailed(left(name="Ñandú <x>"), template=template)
    assert mail["Subject"] == "De Ñandú <x>"
    values = "1150316501|Ñandú <x>|Lun 6 de Agosto 2012|15:19:27|0:57|101|3|Example Ltd"
    assert body(mail, "plain").splitlines() == [values, "", "Adiós & {x}"]
    html = body(mail, "html")
    assert "<h2>¡Hola!</h2>" in html
    assert f"<p>{values.replace('<x>', '&lt;x&gt;')}</p>\n<p>Adiós &amp; {{x}}</p>" in html


def test_an_office_can_write_the_page_itself() -> None:  # ML-5
    mail = mailed(left(name="<b>"), template=Template(html="<i>{caller_name}</i>"))
    html = body(mail, "html")
    assert "<body>\n<i>&lt;b&gt;</i>\n</body>" in html
    assert body(mail, "plain").startswith("Example Ltd\nVOICEMAIL")
    only_heading = mailed(left(), template=Template(heading="¡{mailbox}!"))
    assert "<h2>¡101!</h2>" in body(only_heading, "html")
    assert "¡101!" in body(only_heading, "plain")


def test_a_message_that_was_sent_on_says_by_whom() -> None:
    intro = MP3._replace(is_introduction=True)
    message = left()._replace(forwarded_by="102", introduction=True)
    mail = mailed(message, sounds=[MP3, intro])
    assert "Reenviado por: 102" in body(mail, "plain")
    assert [part.get_filename() for part in mail.iter_attachments()] == [
        "1344277103_1150316501.mp3",
        "1344277103_1150316501_introduction.mp3",
    ]


@pytest.mark.parametrize(
    "nasty",
    [
        "Eve\r\nBcc: all@example.com",
        "Eve\nSubject: hello\n\nbody",
        "Eve\u2028Bcc: all@example.com",
        "=?utf-8?q?Eve=0D=0ABcc:_all@example.com?=",
        "=?utf-8?b?RXZlDQpCY2M6IGFsbEBleGFtcGxlLmNvbQ==?=",
        '"><script>alert(1)</script>',
        '"; name="evil.exe',
        "../../etc/passwd\0.exe",
        "\u202egnp.exe",
        "a" * 5000,
        "\ud800",
        "{recipients} %s {0}",
    ],
)
def test_callers_can_smuggle_nothing_in(nasty: str) -> None:  # ML-6
    own = mailed(
        left(caller=nasty, name=nasty), template=Template("{caller_name}", body=EVERYTHING)
    )
    assert set(own) == FIELDS
    assert len(body(own, "plain").splitlines()) == 1
    assert "<script" not in body(own, "html")
    mail = mailed(left(caller=nasty, name=nasty))
    assert set(mail) == FIELDS
    assert len(mail["Subject"]) < 120
    assert "\n" not in mail["Subject"]
    assert "<script" not in body(mail, "html")
    assert len(body(mail, "plain").splitlines()) in (8, 9)
    (sound,) = mail.iter_attachments()
    name = sound.get_filename()
    assert name is not None
    assert name.startswith("1344277103_")
    assert name.endswith(".mp3")
    assert not set('/\\";\r\n\0 ') & set(name)


@given(st.text(max_size=90))
@settings(max_examples=60, deadline=None)
def test_whatever_a_caller_is_called_a_mail_can_be_read(text: str) -> None:
    mail = mailed(left(caller=text, name=text[::-1]))
    assert set(mail) == FIELDS
    assert mail["Subject"].strip().startswith("Mensaje de voz recibido de ")
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    ("local", "date"),
    [
        (LocalTime(2012, 8, 7, 0, 0, 4), "Mon, 07 Aug 2012 00:04:27 +0545"),
        (LocalTime(2012, 8, 6, 6, 18, 19), "Sun, 06 Aug 2012 18:19:27 +0000"),
        (LocalTime(2012, 8, 6, 6, 14, 49), "Sun, 06 Aug 2012 14:49:27 -0330"),
    ],
)
def test_a_date_tells_how_far_it_is_from_utc(local: LocalTime, date: str) -> None:
    assert rfc_5322_date(ENDED, local) == date


def test_a_trial_is_a_mail_too() -> None:
    mail = trial(SENDER, "anna@example.com", ENDED, buenos_aires(ENDED))
    assert (mail["From"], mail["To"]) == ("Example Ltd <vm@example.com>", "anna@example.com")
    assert mail["Subject"] == "softswitch: mail works"
    assert mail["Message-ID"] == "<1344277167.500000.test@example.com>"
