"""What a mail about a message says: as plain text, and as a page.

Templates are the office's own and trusted; the values that go into them are a caller's and are not:
they are one harmless line each, and escaped in a page.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Protocol

from softswitch.mailbox.mail_texts import Texts
from softswitch.mailbox.messages import Message
from softswitch.mailbox.phrases import LocalTime

LONGEST = 60
"""Characters of a number or name: more is no name."""
LOGO = "logo"
"""The Content-ID of the picture (RFC 2392)."""

Values = Mapping[str, str]
"""What the names in braces of a template stand for (ML-5)."""
Rows = Sequence[tuple[str, str]]
"""Labels and what they are of."""

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control, format, private and unassigned characters, and separators of lines."""
_number = re.compile(r"\+?[0-9*#]{2,30}").fullmatch


class Template(Protocol):
    """The office's own words; what is empty is said as always."""

    @property
    def subject(self) -> str: ...
    @property
    def heading(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def html(self) -> str: ...


def clean(text: str) -> str:
    """A caller's text as one harmless line."""
    visible = "".join(
        " " if unicodedata.category(letter) in _INVISIBLE else letter for letter in text
    )
    # RFC 2047 §2: what looks like an encoded word would be decoded once more.
    return " ".join(visible.replace("=?", "= ?").split())[:LONGEST].rstrip()


def values_of(
    message: Message,
    texts: Texts,
    local: Callable[[float], LocalTime],
    new: int,
    company: str,
    portal: str = "",
) -> dict[str, str]:
    """What there is to say. The time is that of the end of the message (S0-19). `portal`: where it
    can be heard in a browser; empty: nowhere."""
    minutes, seconds = divmod(round(message.seconds), 60)
    caller, name = clean(message.caller), clean(message.caller_name)
    return {
        "caller_number": caller or texts.hidden,
        "caller_name": name or caller or texts.hidden,
        "duration": f"{minutes}:{seconds:02}",
        "mailbox": message.mailbox,
        "new_count": str(new),
        "company": clean(company),
        "portal": portal,
        **when(message.ended_at, texts, local),
    }


def when(at: float, texts: Texts, local: Callable[[float], LocalTime]) -> dict[str, str]:
    """A date and a time, as the language writes them."""
    moment = local(at)
    return {
        "date": texts.day.format(
            weekday=texts.weekdays[moment.weekday],
            day=moment.day,
            month=texts.months[moment.month - 1],
            year=moment.year,
        ),
        "time": f"{moment.hour:02}:{moment.minute:02}:{int(at) % 60:02}",
    }


def rows_of(message: Message, texts: Texts, values: Values) -> Rows:
    """Who, when, how long."""
    rows = [(texts.number, values["caller_number"])]
    name = clean(message.caller_name)
    if name and name != values["caller_number"]:
        rows.append((texts.name, name))
    if message.forwarded_by:
        rows.append((texts.forwarded, message.forwarded_by))
    return [
        *rows,
        (texts.date, texts.moment.format_map(values)),
        (texts.duration, values["duration"]),
    ]


def plain_text(texts: Texts, values: Values, rows: Rows, template: Template | None) -> str:
    """For mail programs without HTML."""
    if template is not None and template.body:
        return template.body.format_map(values).rstrip() + "\n"
    company = [values["company"]] if values["company"] else []
    shown = [f"{label}: {value}" for label, value in rows]
    heading = _heading(texts, values, template)
    new = texts.new.format_map(values)
    portal = [f"{texts.listen}: {values['portal']}"] if values["portal"] else []
    return "\n".join([*company, heading, "", *shown, "", new, *portal, ""])


def hypertext(
    texts: Texts, values: Values, rows: Rows, template: Template | None, *, has_logo: bool
) -> str:
    """For all others; a number can be called by a click."""
    escaped = {name: escape(value) for name, value in values.items()}
    if template is not None and template.html:
        return page(template.html.format_map(escaped), "", has_logo=has_logo)
    heading = f"<h2>{escape(_heading(texts, values, template))}</h2>\n"
    if template is not None and template.body:
        text = paragraphs(template.body.format_map(values))
    else:
        shown = "".join(
            f"<tr><td>{escape(label)}</td><td><b>{_linked(value)}</b></td></tr>\n"
            for label, value in rows
        )
        new = escape(texts.new.format_map(values))
        text = f'<table cellpadding="4">\n{shown}</table>\n<p>{new}</p>\n'
        if values["portal"]:
            text += f'<p><a href="{escaped["portal"]}">{escape(texts.listen)}</a></p>\n'
    return page(heading + text, values["company"], has_logo=has_logo)


def page(content: str, company: str, *, has_logo: bool) -> str:
    """A whole page around HTML."""
    logo = f'<p><img src="cid:{LOGO}" alt=""></p>\n' if has_logo else ""
    above = f"<h1>{escape(company)}</h1>\n" if company else ""
    return (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head>\n'
        f"<body>\n{logo}{above}{content.rstrip()}\n</body></html>\n"
    )


def paragraphs(text: str) -> str:
    """Plain text as HTML."""
    lines = [escape(line) for line in text.strip().splitlines()]
    return "".join(
        f"<p>{part.strip().replace(chr(10), '<br>' + chr(10))}</p>\n"
        for part in "\n".join(lines).split("\n\n")
    )


def _heading(texts: Texts, values: Values, template: Template | None) -> str:
    own = template.heading if template is not None else ""
    return (own or texts.heading).format_map(values)


def _linked(value: str) -> str:
    if _number(value):
        return f'<a href="tel:{escape(value.replace("#", "%23"))}">{escape(value)}</a>'
    return escape(value)
