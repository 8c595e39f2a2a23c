"""A message as a mail (features §2.5): subject, text, HTML and the sound.

Whoever calls decides what number and name we see, so neither is trusted: control characters,
invisible ones and line breaks become spaces, what a mail program would decode once more is taken
apart, HTML is escaped, and a file name keeps only plain characters (ML-6).
"""

from __future__ import annotations

import re
import unicodedata
from calendar import timegm
from collections.abc import Callable, Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from html import escape
from typing import NamedTuple

from softswitch.mailbox.mail_texts import ENGLISH, TEXTS, Texts
from softswitch.mailbox.messages import Message
from softswitch.mailbox.phrases import LocalTime

LONGEST = 60
"""Characters of a number or name: more is no name."""
ANONYMOUS = "anonymous"
"""Stands in the attachment's name for a number that did not come (S0-19)."""

_RFC_5322_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_RFC_5322_MONTHS = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip

_number = re.compile(r"\+?[0-9*#]{2,30}").fullmatch
_strange = re.compile(r"[^0-9A-Za-z+.-]+")


class Sender(NamedTuple):
    """From whom all mails come: never from the caller (S0-16)."""

    address: str
    name: str = ""
    """Heads the text, too."""


class Sound(NamedTuple):
    """What is attached."""

    data: bytes
    subtype: str
    """mpeg or wav"""
    suffix: str
    """mp3 or wav"""


class Facts(NamedTuple):
    """What a mail says, as the language of its reader writes it."""

    caller: str
    name: str
    time: str
    moment: str
    duration: str
    new: str


def compose(
    message: Message,
    *,
    sender: Sender,
    recipients: Sequence[str],
    language: str,
    local: Callable[[float], LocalTime],
    new: int,
    sound: Sound | None,
) -> EmailMessage:
    """The mail for a message. `new`: how many new messages the mailbox holds.

    It is the same for every attempt, so that a mail that arrives twice is known as one.
    """
    texts = TEXTS.get(language, ENGLISH)
    facts = facts_of(message, texts, local, new)
    mail = _headed(sender, recipients)
    mail["Subject"] = texts.subject.format(caller=facts.caller or texts.hidden, time=facts.time)
    mail["Date"] = rfc_5322_date(message.ended_at, local(message.ended_at))
    mail["Message-ID"] = f"<{message.id}.voicemail@{sender.address.rpartition('@')[2]}>"
    mail.set_content(plain_text(sender, texts, facts), cte="quoted-printable")
    mail.add_alternative(hypertext(sender, texts, facts), subtype="html", cte="quoted-printable")
    if sound is not None:
        name = file_name(message, sound.suffix)
        mail.add_attachment(sound.data, maintype="audio", subtype=sound.subtype, filename=name)
    return mail


def trial(sender: Sender, recipient: str, at: float, local: LocalTime) -> EmailMessage:
    """A mail that says that mail works."""
    mail = _headed(sender, [recipient])
    mail["Subject"] = "softswitch: mail works"
    mail["Date"] = rfc_5322_date(at, local)
    mail["Message-ID"] = f"<{at:.6f}.test@{sender.address.rpartition('@')[2]}>"
    mail.set_content("This is a test. Voice messages will come this way.\n")
    return mail


def _headed(sender: Sender, recipients: Sequence[str]) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(clean(sender.name), addr_spec=sender.address)
    mail["To"] = [Address(addr_spec=recipient) for recipient in recipients]
    # RFC 3834 §5: nobody's holiday notice shall answer it.
    mail["Auto-Submitted"] = "auto-generated"
    return mail


def clean(text: str) -> str:
    """A caller's text as one harmless line."""
    # Control, format, private and unassigned characters, and separators of lines.
    visible = "".join(
        " " if unicodedata.category(letter) in _INVISIBLE else letter for letter in text
    )
    # RFC 2047 §2: what looks like an encoded word would be decoded once more.
    return " ".join(visible.replace("=?", "= ?").split())[:LONGEST].rstrip()


_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def file_name(message: Message, suffix: str) -> str:
    """When the call began and who called: names sort by time (S0-19)."""
    caller = _strange.sub("", clean(message.caller)).strip(".-")
    return f"{int(message.began_at)}_{caller or ANONYMOUS}.{suffix}"


def facts_of(
    message: Message, texts: Texts, local: Callable[[float], LocalTime], new: int
) -> Facts:
    """What there is to say. The time is that of the end of the message (S0-19)."""
    moment = local(message.ended_at)
    time = f"{moment.hour:02}:{moment.minute:02}:{int(message.ended_at) % 60:02}"
    minutes, seconds = divmod(round(message.seconds), 60)
    name = clean(message.caller_name)
    caller = clean(message.caller)
    return Facts(
        caller=caller,
        name="" if name == caller else name,
        time=time,
        moment=texts.moment.format(
            weekday=texts.weekdays[moment.weekday],
            day=moment.day,
            month=texts.months[moment.month - 1],
            year=moment.year,
            time=time,
        ),
        duration=f"{minutes}:{seconds:02}",
        new=texts.new.format(mailbox=message.mailbox, count=new),
    )


def plain_text(sender: Sender, texts: Texts, facts: Facts) -> str:
    """For mail programs without HTML."""
    heading = [clean(sender.name)] if sender.name else []
    rows = [f"{label}: {value}" for label, value in _rows(texts, facts)]
    return "\n".join([*heading, texts.heading, "", *rows, "", facts.new, ""])


def hypertext(sender: Sender, texts: Texts, facts: Facts) -> str:
    """For all others; a number can be called by a click."""
    rows = "".join(
        f"<tr><td>{escape(label)}</td><td><b>{_linked(value)}</b></td></tr>\n"
        for label, value in _rows(texts, facts)
    )
    heading = f"<h1>{escape(clean(sender.name))}</h1>\n" if sender.name else ""
    return (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head>\n'
        f"<body>\n{heading}<h2>{escape(texts.heading)}</h2>\n"
        f'<table cellpadding="4">\n{rows}</table>\n<p>{escape(facts.new)}</p>\n</body></html>\n'
    )


def _rows(texts: Texts, facts: Facts) -> list[tuple[str, str]]:
    rows = [(texts.number, facts.caller or texts.hidden)]
    if facts.name:
        rows.append((texts.name, facts.name))
    return [*rows, (texts.date, facts.moment), (texts.duration, facts.duration)]


def _linked(value: str) -> str:
    if _number(value):
        return f'<a href="tel:{escape(value.replace("#", "%23"))}">{escape(value)}</a>'
    return escape(value)


def rfc_5322_date(at: float, local: LocalTime) -> str:
    """RFC 5322 §3.3, in local time; how far that is from UTC follows from both arguments."""
    shown = timegm((local.year, local.month, local.day, local.hour, local.minute, 0))
    minutes = (shown - (int(at) - int(at) % 60)) // 60
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    day, month = _RFC_5322_DAYS[local.weekday], _RFC_5322_MONTHS[local.month - 1]
    time = f"{local.hour:02}:{local.minute:02}:{int(at) % 60:02}"
    return f"{day}, {local.day:02} {month} {local.year} {time} {sign}{hours:02}{rest:02}"
