"""Pages: escaped, without scripts, in the reader's language."""

import pytest

from softswitch.web.languages import TEXTS
from softswitch.web.owner import Entry
from softswitch.web.pages import HEADERS, Pages, counted
from softswitch.web.sessions import Session

NASTY = "\"><script>alert('x')</script>{{ 7 * 7 }}{t}"


def messages(name: str = NASTY, **more: object) -> str:
    entry = Entry("0" * 16, True, name, NASTY, "now", "0:07", NASTY, True)
    values = {
        "session": Session("101", "token", 0.0),
        "who": name,
        "menu": ["messages", "settings"],
        "said": name,
        "undo": "0" * 16,
        "summary": "1 new message",
        "entries": [entry],
        "gone": [entry],
    }
    return Pages("Example").make("messages", "en", **{**values, **more})


def test_whatever_a_caller_is_called_he_is_text() -> None:
    page = messages()
    assert "<script" not in page
    assert "49" not in page
    assert "&#34;&gt;&lt;script&gt;" in page
    assert page.count("{{ 7 * 7 }}{t}") >= 8


def test_what_somebody_typed_comes_back_as_text() -> None:
    pages = Pages("")
    login = pages.make("login", "en", csrf="x", user=NASTY, wrong="wrong")
    sent = pages.make("sent", "es", user=NASTY)
    mail = {"email": NASTY, "action": "both", "may_email": True, "may_action": True}
    session = Session("101", "token", 0.0)
    settings = pages.make(
        "settings", "pl", session=session, who="", has_mail=True, has_mailbox=True, mail=mail,
        wrong="bad_email",
    )  # fmt: skip
    for page in (login, sent, settings):
        assert "<script" not in page
        assert "&lt;script&gt;" in page


def test_no_page_has_scripts_or_styles_of_its_own() -> None:
    assert "script-src 'none'" in HEADERS["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in HEADERS["Content-Security-Policy"]
    page = messages("Bob")
    assert "<script" not in page
    assert "style=" not in page
    assert " on" not in {part[:3] for part in page.split("<")}


def test_pages_can_be_read_by_those_who_do_not_see_them() -> None:
    page = messages("Bob")
    assert '<html lang="en">' in page
    assert page.count("<h1>") == 1
    assert 'href="#main"' in page
    assert 'aria-label="Message of Bob, now"' in page
    assert 'role="status"' in page
    assert '<a href="/messages" aria-current="page">' in page


def test_every_form_brings_its_token() -> None:
    page = messages("Bob")
    assert page.count("<form") == page.count('name="csrf" value="token"') == 5


@pytest.mark.parametrize("language", TEXTS)
def test_messages_are_counted(language: str) -> None:
    texts = TEXTS[language]
    assert len({counted(texts, count) for count in (0, 1, 2, 5, 12, 22)}) == 6


def test_polish_counts_as_poles_do() -> None:
    texts = TEXTS["pl"]
    assert [counted(texts, n).split()[-1] for n in (1, 2, 5, 12, 22, 25, 112, 1002)] == [
        "wiadomość", "wiadomości", "wiadomości", "wiadomości",
        "wiadomości", "wiadomości", "wiadomości", "wiadomości",
    ]  # fmt: skip
    assert "nowe wiadomości" in counted(texts, 22)
    assert "nowych wiadomości" in counted(texts, 12)


def test_an_unknown_language_is_english() -> None:
    assert "Log in" in Pages("").make("login", "tlh", csrf="", user="", wrong="")
