"""Do forwards lead anywhere, and not in a circle? (features FWD-12)"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from softswitch.config import units
from softswitch.config.configuration import Forwarding
from softswitch.config.problems import Wrong, quoted
from softswitch.config.references import Finding, Location
from softswitch.config.schema.document import Document
from softswitch.config.schema.forward import SITUATIONS, forwarding
from softswitch.config.schema.voicemail import is_enabled


class People(NamedTuple):
    """Whom a call can be sent on to."""

    users: Collection[str]
    mailboxes: Collection[str]
    """Of users who have one."""

    def wrong(self, target: str, owner: str) -> Wrong | None:
        """Why a call of the owner cannot go there. No owner: everybody's, where it can."""
        kind, _, named = target.partition(":")
        is_mailbox = kind == units.VOICEMAIL
        whose = named or owner if is_mailbox else target
        if not whose:
            return None
        if whose not in self.users:
            return Wrong(f"no user has the number {quoted(whose)}", "add it under users:")
        if is_mailbox and whose not in self.mailboxes:
            return Wrong(f"{whose} has no voicemail", "write `voicemail: on` there")
        return None


def check(document: Document, written: list[str]) -> Iterator[Finding]:
    """What is wrong with the forwards. `written`: the users as the file spells them."""
    users = document.get("users", {})
    defaults: Mapping[str, Any] = document.get("defaults", {})
    below = defaults.get("voicemail")
    mailboxes = {name for name, user in users.items() if is_enabled(below, user.get("voicemail"))}
    people = People(users, mailboxes)
    yield from _unknown(("defaults", "forward"), defaults.get("forward", {}), people, "")
    always: dict[str, tuple[str, str]] = {}
    for word in written:
        user: Mapping[str, Any] = users.get(units.extension(word), {})
        own = user.get("forward", {})
        name = units.extension(word)
        yield from _unknown(("users", word, "forward"), own, people, name)
        target = _for_good(forwarding(defaults.get("forward", {}), own))
        if target is not None:
            always[units.extension(word)] = (target, word)
    yield from _circles(always)


def _unknown(
    above: Location, section: Mapping[str, Any], people: People, owner: str
) -> Iterator[Finding]:
    for key in (*SITUATIONS, "return_to"):
        written = section.get(key)
        target = written["to"] if isinstance(written, dict) else written
        if target:
            # A call comes back to the mailbox of whom it was for if there is one, as by default.
            wrong = people.wrong(target, "" if key == "return_to" else owner)
            if wrong is not None:
                place = (*above, key) if key == "return_to" else (*above, key, "to")
                yield place, wrong


def _for_good(forward: Forwarding) -> str | None:
    """Whom all calls go on to whose own forwards are used then."""
    rule = forward.rules.get("always")
    if rule is None or rule.callers != "any":
        return None
    return rule.to if forward.return_after is None or forward.follow_target else None


def _circles(always: Mapping[str, tuple[str, str]]) -> Iterator[Finding]:
    for user, (_, word) in always.items():
        way = [user]
        while way[-1] in always and way.count(way[-1]) == 1:
            way.append(always[way[-1]][0])
        if way[-1] == user and len(way) > 1:
            shown = ", ".join(way)
            yield (
                ("users", word, "forward", "always"),
                Wrong(f"calls go round in a circle: {shown}", "let one of them ring"),
            )
