"""Mailboxes without a telephone, as users whom nobody can log in as.

    voicemail_boxes: {sales: {number: 290, lamp: [101, 102]}}

is a user 290 who is never reachable, whose mailbox takes every call, and who is meant wherever
`voicemail:sales` is written. So everything that is known of users is known of them, too.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, cast

from softswitch.config.configuration import User
from softswitch.config.problems import Wrong, quoted
from softswitch.config.references import Finding
from softswitch.config.schema.document import Document
from softswitch.config.schema.forward import SITUATIONS as FORWARDS
from softswitch.config.schema.voicemail import SITUATIONS, is_enabled
from softswitch.config.units import VOICEMAIL

SECTION: Final = "voicemail_boxes"
MAILBOX = "mailbox"
_OWN = ("name", "language", "email", "lamp")


def numbers(document: Document) -> dict[str, str]:
    """What is dialled for each, by name: the name itself if there is no number."""
    return {name: box.get("number", name) for name, box in document.get(SECTION, {}).items()}


def joined(document: Document) -> Document:
    """The document with mailboxes among its users, and their numbers in place of their names."""
    named = numbers(document)
    if not named:
        return document
    meant = {f"{VOICEMAIL}:{name}": f"{VOICEMAIL}:{number}" for name, number in named.items()}
    whole = cast(dict[str, Any], _renamed(document, lambda word: meant.get(word, word)))
    users = dict(whole.get("users", {}))
    for name, box in whole[SECTION].items():
        users.setdefault(named[name], _as_user({"name": name, **box}, named))
    return cast(Document, {**whole, "users": users})


def _as_user(box: Mapping[str, Any], named: Mapping[str, str]) -> dict[str, Any]:
    mailbox = {key: value for key, value in box.items() if key not in (*_OWN, "number")}
    if "deliver_to" in mailbox:
        mailbox["deliver_to"] = tuple(named.get(name, name) for name in mailbox["deliver_to"])
    return {
        "kind": MAILBOX,
        "password": "",
        "forward": {situation: {"to": ""} for situation in FORWARDS},
        "voicemail": {**mailbox, "enabled": True, "answers": SITUATIONS},
        **{key: box[key] for key in _OWN if key in box},
    }


def _renamed(value: Any, meant: Callable[[str], str]) -> Any:
    """The same with other words, wherever they stand."""
    if isinstance(value, str):
        return meant(value)
    if isinstance(value, dict):
        return {key: _renamed(inner, meant) for key, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, meant) for inner in value]
    return value


def check(document: Document, written: list[str]) -> Iterator[Finding]:
    """What is wrong with them; the document is as it was. `written`: users as the file spells
    them."""
    users = document.get("users", {})
    below = document.get("defaults", {}).get(VOICEMAIL)
    named = numbers(document)
    mailboxes = {one for one, user in users.items() if is_enabled(below, user.get(VOICEMAIL))}
    taken = {*users}
    for name, box in document.get(SECTION, {}).items():
        if named[name] in taken:
            key = ("number",) if "number" in box else ()
            wrong = Wrong(f"{quoted(named[name])} is somebody else's number", "take another one")
            yield (SECTION, name, *key), wrong
        taken.add(named[name])
        for lamp in box.get("lamp", ()):
            if lamp not in users:
                wrong = Wrong(f"no user has the number {quoted(lamp)}", "a lamp is on a phone")
                yield (SECTION, name, "lamp"), wrong
        for other in box.get("deliver_to", ()):
            number = named.get(other, other)
            is_group = bool(document[SECTION].get(other, {}).get("deliver_to"))
            if is_group or (number not in mailboxes and number not in named.values()):
                wrong = Wrong(f"{quoted(other)} is no mailbox that keeps messages")
                yield (SECTION, name, "deliver_to"), wrong


def people(users: Mapping[str, User]) -> dict[str, User]:
    """Those who can have telephones."""
    return {extension: user for extension, user in users.items() if user.kind != MAILBOX}
