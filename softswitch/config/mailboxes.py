"""Can mailboxes do what is written about them? Files and mail that they need."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from softswitch.config import units
from softswitch.config.problems import Wrong, quoted
from softswitch.config.references import Finding, Location
from softswitch.config.schema.document import Document
from softswitch.config.schema.voicemail import VoicemailKeys, greeting_file

MAIL: Final = "mail"
_HERE = ("localhost", "127.0.0.1", "::1")


def check(document: Document, written: list[str], path: Path) -> Iterator[Finding]:
    """What is wrong with `voicemail`. `written`: the users as the file spells them."""
    users: Mapping[str, Any] = document.get("users", {})
    defaults: VoicemailKeys = document.get("defaults", {}).get("voicemail", {})
    sections: list[tuple[Location, VoicemailKeys]] = [(("defaults", "voicemail"), defaults)]
    for word in written:
        own = users.get(units.extension(word), {}).get("voicemail", {})
        sections.append((("users", word, "voicemail"), own))
    for above, section in sections:
        yield from _section(above, section, document, path)
    yield from _mail(document)


def _section(
    above: Location, section: VoicemailKeys, document: Document, path: Path
) -> Iterator[Finding]:
    if section.get("on_message", "store") != "store" and MAIL not in document:
        wrong = Wrong("no mail can be sent", "write store, or add the section mail:")
        yield (*above, "on_message"), wrong
    greeting = section.get("greeting")
    file = greeting_file(path.parent, greeting) if greeting else None
    if greeting and file is not None and not file.is_file():
        wrong = Wrong(f"there is no file {quoted(greeting['file'])}", "WAV, FLAC, OGG or MP3")
        yield (*above, "greeting", "file"), wrong


def _mail(document: Document) -> Iterator[Finding]:
    """A name and a password go together, and nobody on the way may read them."""
    mail = document.get(MAIL)
    if mail is None:
        return
    if ("username" in mail) != ("password" in mail):
        yield (MAIL,), Wrong("username and password go together", "or leave both out")
    host = mail["server"].host
    if "password" in mail and mail.get("tls") == "none" and host not in _HERE:
        wrong = Wrong("the password would be sent unencrypted", "write starttls or tls")
        yield (MAIL, "tls"), wrong
