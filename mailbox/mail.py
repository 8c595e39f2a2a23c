"""A message as a mail (features §2.5): headers, and what is attached.

Whoever calls decides what number and name we see, so neither is trusted: control characters,
invisible ones and line breaks become spaces, what a mail program would decode once more is taken
apart, HTML is escaped, and a file name keeps only plain characters (ML-6).
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Callable, Sequence
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from typing import NamedTuple

from softswitch.mailbox import id3, mail_body
from softswitch.mailbox.mail_body import Template, clean
from softswitch.mailbox.mail_texts import ENGLISH, TEXTS
from softswitch.mailbox.messages import Message
from softswitch.mailbox.phrases import LocalTime

ANONYMOUS = "anonymous"
"""Stands in the attachment's name for a number that did not come (S0-19)."""
INTRODUCTION = "introduction"
MPEG = "mpeg"

_RFC_5322_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_RFC_5322_MONTHS = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip

_strange = re.compile(r"[^0-9A-Za-z+.-]+")


class Sender(NamedTuple):
    """From whom all mails come: never from the caller (S0-16)."""

    address: str
    name: str = ""
    """Heads the text, too."""


class Picture(NamedTuple):
    """What stands above the text (S0-18)."""

    data: bytes
    subtype: str
    """gif, png or jpeg"""
    name: str


class Sound(NamedTuple):
    """What is attached."""

    data: bytes
    subtype: str
    """mpeg or wav"""
    suffix: str
    """mp3 or wav"""
    is_introduction: bool = False
    """Whether it is what somebody has said when he sent the message on."""


class Letterhead(NamedTuple):
    """What all mails have in common."""

    sender: Sender
    logo: Picture | None = None


def compose(
    message: Message,
    *,
    head: Letterhead,
    recipients: Sequence[str],
    language: str,
    local: Callable[[float], LocalTime],
    new: int,
    sounds: Sequence[Sound],
    template: Template | None = None,
    identity: str = "",
    portal: str = "",
) -> EmailMessage:
    """The mail for a message. `new`: how many new messages the mailbox holds; `portal`: where this
    one can be heard in a browser.

    It is the same for every attempt, so that a mail that arrives twice is known as one. Another
    `identity` makes it another mail: somebody has asked for it again.
    """
    texts = TEXTS.get(language, ENGLISH)
    values = mail_body.values_of(message, texts, local, new, head.sender.name, portal)
    mail = headed(head.sender, recipients)
    subject = template.subject if template is not None else ""
    mail["Subject"] = one_line((subject or texts.subject).format_map(values))
    mail["Date"] = rfc_5322_date(message.ended_at, local(message.ended_at))
    mail["Message-ID"] = f"<{identity or message.id}.voicemail@{domain(head.sender)}>"
    rows = mail_body.rows_of(message, texts, values)
    put_text(
        mail,
        mail_body.plain_text(texts, values, rows, template),
        mail_body.hypertext(texts, values, rows, template, has_logo=head.logo is not None),
        head,
    )
    title = str(mail["Subject"])
    labelled = id3.tag(title, values["caller_name"], local(message.ended_at))
    for sound in sounds:
        mail.add_attachment(
            labelled + sound.data if sound.subtype == MPEG else sound.data,
            maintype="audio",
            subtype=sound.subtype,
            filename=file_name(
                message, sound.suffix, INTRODUCTION if sound.is_introduction else ""
            ),
        )
    return mail


def trial(sender: Sender, recipient: str, at: float, local: LocalTime) -> EmailMessage:
    """A mail that says that mail works."""
    mail = headed(sender, [recipient])
    mail["Subject"] = "softswitch: mail works"
    mail["Date"] = rfc_5322_date(at, local)
    mail["Message-ID"] = f"<{at:.6f}.test@{domain(sender)}>"
    mail.set_content("This is a test. Voice messages will come this way.\n")
    return mail


def headed(sender: Sender, recipients: Sequence[str]) -> EmailMessage:
    """A mail without anything in it."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(clean(sender.name), addr_spec=sender.address)
    mail["To"] = [Address(addr_spec=recipient) for recipient in recipients]
    # RFC 3834 §5: nobody's holiday notice shall answer it.
    mail["Auto-Submitted"] = "auto-generated"
    return mail


def domain(sender: Sender) -> str:
    """Where a Message-ID is unique."""
    return sender.address.rpartition("@")[2]


def one_line(text: str) -> str:
    """Fit for a header field, whatever a template holds."""
    return " ".join(text.split())


def put_text(mail: EmailMessage, plain: str, hypertext: str, head: Letterhead) -> None:
    """The text in both forms, the picture beside the second (RFC 2387)."""
    mail.set_content(plain, cte="quoted-printable")
    mail.add_alternative(hypertext, subtype="html", cte="quoted-printable")
    if head.logo is None:
        return
    (page,) = [part for part in mail.iter_parts() if part.get_content_type() == "text/html"]
    assert isinstance(page, MIMEPart)
    page.add_related(
        head.logo.data,
        maintype="image",
        subtype=head.logo.subtype,
        cid=f"<{mail_body.LOGO}>",
        filename=head.logo.name,
        disposition="inline",
    )


def file_name(message: Message, suffix: str, what: str = "") -> str:
    """When the call began and who called: names sort by time (S0-19)."""
    caller = _strange.sub("", clean(message.caller)).strip(".-") or ANONYMOUS
    parts = [str(int(message.began_at)), caller, *([what] if what else [])]
    return f"{'_'.join(parts)}.{suffix}"


def rfc_5322_date(at: float, local: LocalTime) -> str:
    """RFC 5322 §3.3, in local time; how far that is from UTC follows from both arguments."""
    shown = timegm((local.year, local.month, local.day, local.hour, local.minute, 0))
    minutes = (shown - (int(at) - int(at) % 60)) // 60
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    day, month = _RFC_5322_DAYS[local.weekday], _RFC_5322_MONTHS[local.month - 1]
    time = f"{local.hour:02}:{local.minute:02}:{int(at) % 60:02}"
    return f"{day}, {local.day:02} {month} {local.year} {time} {sign}{hours:02}{rest:02}"
