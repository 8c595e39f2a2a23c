"""Can mailboxes do what is written about them? Files and mail that they need."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from softswitch.config import units
from softswitch.config.calendars import unknown_state
from softswitch.config.problems import Wrong, quoted
from softswitch.config.references import Finding, Location
from softswitch.config.schema.document import Document
from softswitch.config.schema.mail import logo_file
from softswitch.config.schema.voicemail import RANDOM, VoicemailKeys, greeting_file

MAIL: Final = "mail"
ADMINS: Final = "admins"
BOXES: Final = "voicemail_boxes"
PICTURES = (".gif", ".png", ".jpg", ".jpeg")
LARGEST_LOGO = 200_000
"""Octets: it goes with every mail."""
_HERE = ("localhost", "127.0.0.1", "::1")


def check(document: Document, written: list[str], path: Path) -> Iterator[Finding]:
    """What is wrong with `voicemail`. `written`: the users as the file spells them."""
    users: Mapping[str, Any] = document.get("users", {})
    defaults: VoicemailKeys = document.get("defaults", {}).get("voicemail", {})
    sections: list[tuple[Location, VoicemailKeys]] = [(("defaults", "voicemail"), defaults)]
    for word in written:
        own = users.get(units.extension(word), {}).get("voicemail", {})
        sections.append((("users", word, "voicemail"), own))
    sections += [((BOXES, name), box) for name, box in document.get(BOXES, {}).items()]
    for above, section in sections:
        yield from _section(above, section, document, path)
    yield from _recipients(document, written)
    yield from _random_pins(document, written)
    yield from _mail(document, path)


def _section(
    above: Location, section: VoicemailKeys, document: Document, path: Path
) -> Iterator[Finding]:
    if section.get("on_message") == "email" and MAIL not in document:
        wrong = Wrong("no mail can be sent", "write both, or add the section mail:")
        yield (*above, "on_message"), wrong
    if section.get("missed_calls") and MAIL not in document:
        yield (*above, "missed_calls"), Wrong("no mail can be sent", "add the section mail:")
    greeting = section.get("greeting")
    file = greeting_file(path.parent, greeting) if greeting else None
    if greeting and file is not None and not file.is_file():
        wrong = Wrong(f"there is no file {quoted(greeting['file'])}", "WAV, FLAC, OGG or MP3")
        yield (*above, "greeting", "file"), wrong


def _recipients(document: Document, written: list[str]) -> Iterator[Finding]:
    """Is there such a calendar? (ML-7)"""
    users: Mapping[str, Any] = document.get("users", {})
    known: Mapping[str, Any] = document.get("calendars", {})
    places = [(("users", word, "email"), users.get(units.extension(word), {})) for word in written]
    places += [((BOXES, name, "email"), box) for name, box in document.get(BOXES, {}).items()]
    for above, section in places:
        for position, one in enumerate(section.get("email", ())):
            wrong = unknown_state(one["when"], known) if "when" in one else None
            if wrong is not None:
                yield (*above, position, "when"), wrong


def _random_pins(document: Document, written: list[str]) -> Iterator[Finding]:
    """Whose first PIN is made has to be told of it (VM-20)."""
    users: Mapping[str, Any] = document.get("users", {})
    below: VoicemailKeys = document.get("defaults", {}).get("voicemail", {})
    people = [(("users", word), users.get(units.extension(word), {})) for word in written]
    boxes = [((BOXES, name), box) for name, box in document.get(BOXES, {}).items()]
    for above, section in (*people, *boxes):
        own = section if above[0] == BOXES else section.get("voicemail", {})
        merged = {**below, **own}
        is_random = "pin" in merged and merged["pin"].first == RANDOM
        if (
            is_random
            and merged.get("enabled", True)
            and not (section.get("email") and MAIL in document)
        ):
            key = (*above, "pin") if above[0] == BOXES else (*above, "voicemail", "pin")
            hint = "write email: there, and the section mail:"
            yield key, Wrong("a random PIN is mailed, and there is no way to do so", hint)


def _mail(document: Document, path: Path) -> Iterator[Finding]:
    """A name and a password go together, and nobody on the way may read them."""
    mail = document.get(MAIL)
    if mail is None:
        if ADMINS in document:
            yield (ADMINS,), Wrong("no mail can be sent", "add the section mail:")
        return
    yield from _logo(logo_file(mail, path.parent), mail.get("logo", ""))
    if ("username" in mail) != ("password" in mail):
        yield (MAIL,), Wrong("username and password go together", "or leave both out")
    host = mail["server"].host
    if "password" in mail and mail.get("tls") == "none" and host not in _HERE:
        wrong = Wrong("the password would be sent unencrypted", "write starttls or tls")
        yield (MAIL, "tls"), wrong


def _logo(file: Path | None, written: str) -> Iterator[Finding]:
    if file is None:
        return
    place = (MAIL, "logo")
    if file.suffix.lower() not in PICTURES:
        yield place, Wrong(f"{quoted(written)} is no picture for mails", "a GIF, PNG or JPEG")
    elif not file.is_file():
        yield place, Wrong(f"there is no file {quoted(written)}")
    elif file.stat().st_size > LARGEST_LOGO:
        yield place, Wrong(f"{quoted(written)} has more than {LARGEST_LOGO // 1000} kB")
