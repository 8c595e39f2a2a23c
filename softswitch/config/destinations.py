"""Do forwards lead anywhere, and not in a circle? (features FWD-12)"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from softswitch.config import conferences, outward, units
from softswitch.config.configuration import Forwarding, User
from softswitch.config.problems import Wrong, quoted
from softswitch.config.references import Finding, Location
from softswitch.config.schema.document import Document
from softswitch.config.schema.forward import SITUATIONS, forwarding
from softswitch.config.schema.voicemail import is_enabled
from softswitch.routing.numbering import Number
from softswitch.routing.outside import Outside, Refused


class People(NamedTuple):
    """Whom a call can be sent on to."""

    users: Mapping[str, Mapping[str, Any]]
    mailboxes: Collection[str]
    """Of users who have one."""
    defaults: Mapping[str, Any]
    outside: Outside | None
    rooms: Collection[str]
    """Names and numbers of conference rooms, `conference:board` and 300."""

    def wrong(self, target: str, owner: str) -> Wrong | None:
        """Why a call of the owner cannot go there. No owner: everybody's, where it can."""
        kind, _, named = target.partition(":")
        if kind == units.HANG_UP or target in self.rooms:
            return None
        if kind == units.CONFERENCE:
            return Wrong(f"no room has the name {quoted(named)}", "add it under conferences:")
        is_mailbox = kind == units.VOICEMAIL
        whose = named or owner if is_mailbox else target
        if not whose:
            return None
        if whose not in self.users:
            number = None if is_mailbox or self.outside is None else self.outside.normalise(whose)
            if number is not None:
                return self._forbidden(number, owner)
            return Wrong(f"no user has the number {quoted(whose)}", "add it under users:")
        if is_mailbox and whose not in self.mailboxes:
            return Wrong(f"{whose} has no voicemail", "write `voicemail: on` there")
        return None

    def inside(self, target: str) -> str:
        """Whom a target rings that is a number of ours; else the target."""
        if target in self.users or self.outside is None:
            return target
        number = self.outside.normalise(target)
        entrance = None if number is None else self.outside.entrances.get(number.e164)
        return target if entrance is None else entrance.to

    def _forbidden(self, number: Number, owner: str) -> Wrong | None:
        """Why the owner may not call there (FWD-8); what is everybody's is judged call by call."""
        assert self.outside is not None
        if number.kind == "emergency":
            return Wrong("people call for help, forwards do not")
        if not owner or number.e164 in self.outside.entrances:
            return None
        merged = {**self.defaults, **self.users.get(owner, {})}
        keys = {key: merged[key] for key in ("calls", "allow", "deny") if key in merged}
        verdict = self.outside.permitted(User(owner, **keys), number)
        if isinstance(verdict, Refused):
            return Wrong(f"{owner} may not call there: {verdict.because}", "set calls: or allow:")
        if not self.outside.way(number):
            return Wrong(f"no trunk leads to {number.e164}", "see outgoing.routes")
        return None


def check(document: Document, written: list[str]) -> Iterator[Finding]:
    """What is wrong with the forwards. `written`: the users as the file spells them."""
    users = document.get("users", {})
    defaults: Mapping[str, Any] = document.get("defaults", {})
    below = defaults.get("voicemail")
    mailboxes = {name for name, user in users.items() if is_enabled(below, user.get("voicemail"))}
    numbered = {
        name: User(name, number=user["number"], origin={"number": ""})
        for name, user in outward.spelled(document).get("users", {}).items()
        if "number" in user
    }
    outside = outward.outside(document, numbered, str)
    rooms = {f"{units.CONFERENCE}:{name}" for name in conferences.names(document)}
    rooms |= conferences.numbers(document).keys()
    people = People(users, mailboxes, defaults, outside, rooms)
    yield from _entrances(document, people)
    yield from _unknown(("defaults", "forward"), defaults.get("forward", {}), people, "")
    yield from _operator(("defaults", "voicemail"), defaults, people, "")
    always: dict[str, tuple[str, str]] = {}
    for word in written:
        user: Mapping[str, Any] = users.get(units.extension(word), {})
        own = user.get("forward", {})
        name = units.extension(word)
        yield from _unknown(("users", word, "forward"), own, people, name)
        yield from _operator(("users", word, "voicemail"), user, people, name)
        target = _for_good(forwarding(defaults.get("forward", {}), own))
        if target is not None:
            always[name] = (people.inside(target), word)
    yield from _circles(always)


def _entrances(document: Document, people: People) -> Iterator[Finding]:
    """Where calls from outside go: nobody's permission counts there, so they stay inside."""
    trunks: Mapping[str, Any] = document.get("trunks", {})
    numbers: Mapping[str, Any] = document.get("numbers", {})
    targets = [(("trunks", name, "to"), one["to"]) for name, one in trunks.items() if "to" in one]
    for written, section in numbers.items():
        targets += [(("numbers", written, key), to) for key, to in section.items() if key != "by"]
    for place, target in targets:
        wrong = people.wrong(target, "")
        is_ours = target in people.users or ":" in target
        is_ours |= target in (units.HANG_UP, units.VOICEMAIL)
        is_ours |= target in people.rooms
        if wrong is None and not is_ours:
            wrong = Wrong("calls from outside may not go outside", "let a user forward them")
        if wrong is not None:
            yield place, wrong


def _unknown(
    above: Location, section: Mapping[str, Any], people: People, owner: str
) -> Iterator[Finding]:
    for key in (*SITUATIONS, "return_to"):
        written = section.get(key)
        target = written["to"] if isinstance(written, dict) else written
        # A call comes back to the mailbox of whom it was for if there is one, as by default.
        if target and (key, target) != ("return_to", units.VOICEMAIL):
            wrong = people.wrong(target, owner)
            if wrong is not None:
                place = (*above, key) if key == "return_to" else (*above, key, "to")
                yield place, wrong


def _operator(
    above: Location, section: Mapping[str, Any], people: People, owner: str
) -> Iterator[Finding]:
    """Who is rung by 0 in a greeting, with the permission of the mailbox's owner (VM-2)."""
    target = section.get("voicemail", {}).get("operator", "")
    wrong = people.wrong(target, owner) if target else None
    if wrong is not None:
        yield (*above, "operator"), wrong


def _for_good(forward: Forwarding) -> str | None:
    """Whom all calls go on to whose own forwards are used then."""
    rule = forward.rules.get("always")
    if rule is None or rule.callers != "any" or rule.when is not None:
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
