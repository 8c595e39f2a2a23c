"""What a mail about a message says, as text and as a page."""

from typing import NamedTuple

import pytest

from softswitch.mailbox.mail_body import clean, hypertext, page, paragraphs, plain_text, rows_of
from softswitch.mailbox.mail_body import values_of as all_values
from softswitch.mailbox.mail_texts import ENGLISH
from softswitch.mailbox.messages import Message
from softswitch.mailbox.phrases import LocalTime

ENDED = 1_344_277_167.5


class Template(NamedTuple):
    subject: str = ""
    heading: str = ""
    body: str = ""
    html: str = ""


def left(caller: str = "+48601", name: str = "", by: str = "") -> Message:
    return Message("m1", "101", caller, name, "101", "busy", 0.0, ENDED, 65.4, forwarded_by=by)


def values_of(message: Message, company: str = "", portal: str = "") -> dict[str, str]:
    moment = LocalTime(2012, 8, 6, 0, 15, 19)
    return all_values(message, ENGLISH, lambda at: moment, 3, company, portal)


def text(message: Message, template: Template | None = None, company: str = "") -> str:
    values = values_of(message, company)
    return plain_text(ENGLISH, values, rows_of(message, ENGLISH, values), template)


def shown(message: Message, template: Template | None = None, *, logo: bool = False) -> str:
    values = values_of(message)
    rows = rows_of(message, ENGLISH, values)
    return hypertext(ENGLISH, values, rows, template, has_logo=logo)


@pytest.mark.parametrize(
    ("written", "harmless"),
    [
        ("Eve\r\nBcc: all", "Eve Bcc: all"),
        ("a\u202eb\u2028c\0d", "a b c d"),
        ("=?utf-8?q?Eve?=", "= ?utf-8?q?Eve?="),
        ("x" * 100, "x" * 60),
        (f"{'x' * 59} y", "x" * 59),
        (" \t ", ""),
    ],
)
def test_what_a_caller_is_called_is_one_harmless_line(written: str, harmless: str) -> None:  # ML-6
    assert clean(written) == harmless


def test_the_values_are_what_people_say() -> None:  # ML-5
    assert values_of(left(name="Anna"), "Example Ltd") == {
        "caller_number": "+48601",
        "caller_name": "Anna",
        "duration": "1:05",
        "mailbox": "101",
        "new_count": "3",
        "company": "Example Ltd",
        "portal": "",
        "date": "Mon 6 August 2012",
        "time": "15:19:27",
    }


def test_where_there_is_a_portal_a_message_can_be_heard_by_a_click() -> None:  # ML-5
    portal = "https://pbx.example.com/messages"
    message = left(name="https://thief.example.com")
    values = values_of(message, portal=portal)
    rows = rows_of(message, ENGLISH, values)
    plain = plain_text(ENGLISH, values, rows, None)
    assert plain.endswith(f"New messages in mailbox 101: 3\nHear it in the browser: {portal}\n")
    html = hypertext(ENGLISH, values, rows, None, has_logo=False)
    assert f'<p><a href="{portal}">Hear it in the browser</a></p>' in html
    assert html.count("https://thief") == 1
    assert 'href="https://thief' not in html, "what a caller calls himself is no link"
    own = Template(body="{portal}")
    assert plain_text(ENGLISH, values, rows, own) == f"{portal}\n"


def test_where_there_is_none_nothing_is_said_of_it() -> None:
    assert "browser" not in text(left())
    assert "browser" not in shown(left())


def test_who_has_no_name_has_a_number_and_who_has_neither_is_withheld() -> None:
    assert values_of(left())["caller_name"] == "+48601"
    assert values_of(left(caller=""))["caller_name"] == "a withheld number"


def test_a_name_has_a_row_when_it_says_more_than_the_number() -> None:
    labels = [[label for label, _ in rows_of(one, ENGLISH, values_of(one))] for one in (
        left(), left(name="+48601"), left(name="Anna", by="102")
    )]  # fmt: skip
    assert labels == [
        ["Phone number", "Date", "Duration"],
        ["Phone number", "Date", "Duration"],
        ["Phone number", "Name", "Forwarded by", "Date", "Duration"],
    ]


def test_the_text_says_who_when_and_how_long() -> None:  # S0-17
    assert text(left(), company="Example Ltd") == (
        "Example Ltd\nVOICEMAIL - New message\n\nPhone number: +48601\n"
        "Date: Mon 6 August 2012 at 15:19:27\nDuration: 1:05\n\n"
        "New messages in mailbox 101: 3\n"
    )


def test_the_office_has_the_last_word() -> None:  # ML-5
    own = Template(heading="{mailbox} rang", body="Call {caller_number}!\n\n\n")
    assert text(left(), own) == "Call +48601!\n"
    assert text(left(), Template(heading="{mailbox} rang")).startswith("101 rang\n")
    assert "<h2>101 rang</h2>\n<p>Call +48601!</p>" in shown(left(), own)
    html = Template(html="<b>{caller_name}</b>")
    assert "<body>\n<b>A&lt;B</b>\n</body>" in shown(left(name="A<B"), html)


def test_a_number_can_be_called_by_a_click_and_a_name_cannot() -> None:
    assert '<a href="tel:*99%23">*99#</a>' in shown(left(caller="*99#"))
    assert "<b>Eve&gt;</b>" in shown(left(caller="Eve>"))


def test_a_page_shows_the_logo_that_comes_with_it() -> None:  # S0-18
    assert '<img src="cid:logo"' in shown(left(), logo=True)
    assert "<img" not in shown(left())
    assert "<h1>A &amp; B</h1>" in page("text", "A & B", has_logo=False)


def test_blank_lines_part_paragraphs() -> None:
    assert paragraphs("one\ntwo\n\n<three>\n") == "<p>one<br>\ntwo</p>\n<p>&lt;three&gt;</p>\n"
