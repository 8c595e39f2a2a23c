"""Mails that are not about a message: a mailbox fills, is locked, a call was missed, a first PIN,
a link to the portal.

Notice ──► JSON in the outbox ──► Notice ──► compose
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from html import escape
from typing import NamedTuple

from softswitch.mailbox import mail_body
from softswitch.mailbox.mail import Letterhead, domain, headed, one_line, put_text, rfc_5322_date
from softswitch.mailbox.mail_body import clean
from softswitch.mailbox.mail_texts import ENGLISH, TEXTS
from softswitch.mailbox.notice_texts import NOTICES
from softswitch.mailbox.phrases import LocalTime

FILLING, FULL, LOCKED, MISSED, FIRST_PIN = "filling", "full", "locked", "missed", "first_pin"
LINK = "link"
"""To the portal."""
BACKUP = "backup"
"""There is none today: for administrators, of no mailbox."""
KINDS = frozenset({FILLING, FULL, LOCKED, MISSED, FIRST_PIN, LINK, BACKUP})
COPY = "copy"
"""A message that its owner has asked for: it is mailed as messages are."""


class Notice(NamedTuple):
    """What a mail is about. Fields that mean nothing for its kind are empty."""

    kind: str
    at: float
    """Wall clock seconds: of what happened; of the end of a lock."""
    percent: int = 0
    messages: int = 0
    caller: str = ""
    caller_name: str = ""
    message_id: str = ""
    answered_by: str = ""
    """The mailbox that has answered a call."""


def written(notice: Notice) -> str:
    """As the outbox keeps it."""
    return json.dumps(notice._asdict())


def read(text: str) -> Notice:
    """Of what the outbox has kept. What another version has written may be of no known kind."""
    try:
        found = dict(json.loads(text))
    except (TypeError, ValueError):
        found = {}
    known = {name: found[name] for name in Notice._fields if name in found}
    return Notice(**{"kind": "", "at": 0.0, **known})


def compose(
    notice: Notice,
    row_id: str,
    mailbox: str,
    *,
    head: Letterhead,
    recipients: Sequence[str],
    language: str,
    local: Callable[[float], LocalTime],
    since: float,
    pin: str = "",
    link: str = "",
) -> EmailMessage:
    """The mail for a notice: the same for every attempt. `since`: when it came about; `pin` and
    `link` are for the kinds that tell one."""
    texts = TEXTS.get(language, ENGLISH)
    words = NOTICES.get(language, NOTICES["en"])[notice.kind]
    caller = clean(notice.caller) or texts.hidden
    values = {
        "mailbox": mailbox,
        "percent": str(notice.percent),
        "count": str(notice.messages),
        "caller_number": caller,
        "caller_name": clean(notice.caller_name) or caller,
        "pin": pin,
        "link": link,
        **mail_body.when(notice.at, texts, local),
    }
    mail = headed(head.sender, recipients)
    mail["Subject"] = one_line(words.subject.format_map(values))
    mail["Date"] = rfc_5322_date(since, local(since))
    mail["Message-ID"] = f"<{row_id}@{domain(head.sender)}>"
    text = words.text.format_map(values)
    shown = mail_body.paragraphs(text)
    if link:
        shown = shown.replace(escape(link), f'<a href="{escape(link)}">{escape(link)}</a>')
    hypertext = mail_body.page(shown, clean(head.sender.name), has_logo=head.logo is not None)
    put_text(mail, f"{text}\n", hypertext, head)
    return mail
