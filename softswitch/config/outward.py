"""From `country:`, `trunks:`, `outgoing:` and `numbers:` to Outside, and what is wrong there."""

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple, cast

from softswitch.config import units
from softswitch.config.calendars import unknown_state
from softswitch.config.configuration import Trunk, User
from softswitch.config.problems import Wrong, quoted
from softswitch.config.references import Finding, Location
from softswitch.config.schema.document import Document
from softswitch.config.schema.trunks import ELSE, REST
from softswitch.routing.numbering import Numbering, is_emergency
from softswitch.routing.outside import Entrance, Outside, Way

Origin = Callable[[Location], str]

WITHHELD = "withheld"
PARTS = ("numbers", "outgoing")
"""Sections that mean nothing without a trunk."""


class Ours(NamedTuple):
    """The numbers that trunks bring."""

    numbering: Numbering
    named: Mapping[str, str]
    """What they are called, and as they are written → E.164."""

    def e164(self, written: str) -> str | None:
        """A number of ours, by name or in any spelling; None: it is not ours."""
        if written in self.named:
            return self.named[written]
        number = self.numbering.normalise(written)
        return number.e164 if number is not None and number.e164 in self.named.values() else None


def numbering(document: Document) -> Numbering | None:
    """How numbers are dialled; None where there are no trunks, or nobody says in which country."""
    if not document.get("trunks") or "country" not in document:
        return None
    outgoing = document.get("outgoing", {})
    return Numbering(document["country"], outgoing.get("area_code", ""), outgoing.get("prefix", ""))


def check(document: Document, written: list[str]) -> Iterator[Finding]:
    """What is wrong with the way to the outside. `written`: the users as the file spells them."""
    plan = numbering(document)
    if plan is None:
        yield from _missing(document, written)
        return
    if not _is_country(plan.country):
        yield ("country",), Wrong(f"no numbers are known of {quoted(plan.country)}")
        return
    yield from _trunks(document, plan)
    yield from _routes(document)
    ours = _ours(document, plan)
    yield from _entrances(document, ours)
    yield from _users(document, written, ours)


def trunks(document: Document) -> dict[str, Trunk]:
    """The trunks of a file that is right."""
    plan = numbering(document)
    if plan is None:
        return {}
    return {
        name: Trunk(
            name=name,
            hosts=tuple(section["host"]),
            port=section.get("port"),
            transport=section.get("transport", "udp"),
            numbers=tuple(
                number.e164
                for number in map(plan.normalise, section.get("numbers", {}).values())
                if number is not None
            ),
            to=section.get("to"),
            max_calls=section.get("channels"),
            forwarded_cli=section.get("forwarded_calls", "own"),
            **{key: section[key] for key in AS_WRITTEN if key in section},
        )
        for name, section in _sections(document).items()
    }


AS_WRITTEN = (
    "diversion",
    "history_info",
    "number_format",
    "identity",
    "trust_identity",
    "clip_name",
    "domain",
    "username",
    "password",
    "codecs",
    "encryption",
)


def outside(document: Document, users: Mapping[str, User], origin: Origin) -> Outside | None:
    """The world outside of a file that is right; None: there are no trunks."""
    plan = numbering(document)
    if plan is None:
        return None
    ours = _ours(document, plan)
    written: Mapping[str, Mapping[str, Any]] = document.get("numbers", {})
    named = {key: _entrance(one, origin(("numbers", key))) for key, one in written.items()}
    rest = named.pop(REST, None)
    entrances = {ours.e164(key) or key: entrance for key, entrance in named.items()}
    for user in users.values():
        if user.number is not None:
            where = f"number of {user.extension}, {user.origin['number']}"
            entrances.setdefault(user.number, Entrance(user.extension, where))
    fallbacks = {}
    for name, section in _sections(document).items():
        place = origin(("trunks", name, "to"))
        entrance = Entrance(section["to"], place) if "to" in section else rest
        if entrance is not None:
            fallbacks[name] = entrance
            for key in section.get("numbers", {}):
                entrances.setdefault(ours.named[key], entrance)
    ways = tuple(
        Way(tuple(route.get("match", ())), tuple(route["via"]))
        for route in document.get("outgoing", {}).get("routes", ())
    )
    return Outside(plan, tuple(_sections(document)), ways, entrances, fallbacks)


def spelled(document: Document) -> Document:
    """The same with the numbers of users as E.164, however they are written."""
    plan = numbering(document)
    if plan is None:
        return document
    ours = _ours(document, plan)

    def personal(section: Any) -> Any:
        numbers = {
            key: ours.e164(section[key])
            for key in ("number", "caller_id")
            if section.get(key, WITHHELD) != WITHHELD
        }
        return {**section, **numbers}

    users = {name: personal(section) for name, section in document.get("users", {}).items()}
    whole: Any = {**document, "users": users, "defaults": personal(document.get("defaults", {}))}
    return cast(Document, whole)


def _sections(document: Document) -> Mapping[str, Mapping[str, Any]]:
    return document.get("trunks", {})


def _ours(document: Document, plan: Numbering) -> Ours:
    named = {}
    for section in _sections(document).values():
        for name, written in section.get("numbers", {}).items():
            number = plan.normalise(written)
            if number is not None:
                named[name] = number.e164
    return Ours(plan, named)


def _entrance(section: Mapping[str, Any], where: str) -> Entrance:
    states = {key: to for key, to in section.items() if key not in ("to", "by", ELSE)}
    otherwise = section.get("to", section.get(ELSE, ""))
    return Entrance(otherwise, where, section.get("by", ""), states)


def _is_country(country: str) -> bool:
    import phonenumbers

    return country in phonenumbers.SUPPORTED_REGIONS


# What is wrong


def _missing(document: Document, written: list[str]) -> Iterator[Finding]:
    if document.get("trunks"):
        hint = "write country: with two letters, such as PL, at the left margin"
        yield ("trunks",), Wrong("numbers mean nothing without a country", hint)
        return
    for part in PARTS:
        if document.get(part):
            yield (part,), Wrong("there is no trunk", "add it under trunks:")
    for place, _ in _numbers_of_people(document, written):
        yield place, Wrong("there is no trunk", "add it under trunks:")


def _numbers_of_people(document: Document, written: list[str]) -> Iterator[tuple[Location, str]]:
    """What users say of numbers outside, and where."""
    users: Mapping[str, Any] = document.get("users", {})
    sections: list[tuple[Location, Mapping[str, Any]]] = [
        (("defaults",), document.get("defaults", {})),
        *((("users", word), users.get(units.extension(word), {})) for word in written),
    ]
    for above, section in sections:
        for key in ("number", "caller_id"):
            if section.get(key, WITHHELD) != WITHHELD:
                yield (*above, key), section[key]


def _trunks(document: Document, plan: Numbering) -> Iterator[Finding]:
    hosts: dict[tuple[str, int | None], str] = {}
    named: dict[str, str] = {}
    for name, section in _sections(document).items():
        for position, host in enumerate(section["host"]):
            other = hosts.setdefault((host, section.get("port")), name)
            if other != name:
                wrong = Wrong(f"{host} is trunk {other} already: whose calls come from there?")
                yield ("trunks", name, "host", position), wrong
        yield from _numbers(("trunks", name, "numbers"), section.get("numbers", {}), plan, named)
        if ("username" in section) != ("password" in section):
            yield ("trunks", name), Wrong("username and password go together", "or leave both out")


def _numbers(
    above: Location, numbers: Mapping[str, str], plan: Numbering, named: dict[str, str]
) -> Iterator[Finding]:
    for position, (name, written) in enumerate(numbers.items()):
        place = (*above, position if name == written else name)
        number = plan.normalise(written)
        if number is None or not number.e164.startswith("+"):
            yield place, Wrong(f"{quoted(written)} is no number of {plan.country}", HOW)
        elif name in named and name != written:
            yield place, Wrong(f"{quoted(name)} is {named[name]} already")
        elif number.e164 in named.values():
            yield place, Wrong(f"{number.e164} stands here twice", "once is enough")
        else:
            named[name] = number.e164


HOW = 'write it with its country: "+48221112233"'


def _routes(document: Document) -> Iterator[Finding]:
    known = _sections(document)
    for position, route in enumerate(document.get("outgoing", {}).get("routes", ())):
        for at, name in enumerate(route["via"]):
            if name not in known:
                near = get_close_matches(name, known, 1)
                hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
                place = ("outgoing", "routes", position, "via", at)
                yield place, Wrong(f"no trunk has the name {quoted(name)}", hint)


def _entrances(document: Document, ours: Ours) -> Iterator[Finding]:
    calendars: Mapping[str, Any] = document.get("calendars", {})
    for written, section in document.get("numbers", {}).items():
        if written != REST and ours.e164(written) is None:
            hint = "list it under numbers: of the trunk that brings it"
            yield ("numbers", written), Wrong(f"{quoted(written)} is not ours", hint)
        if "to" not in section and ELSE not in section:
            yield ("numbers", written), Wrong("does not say where to", "write to: or else:")
        by = section.get("by")
        for state in section:
            if by is not None and state not in ("to", "by", ELSE):
                wrong = unknown_state(f"{by}.{state}", calendars)
                if wrong is not None:
                    yield ("numbers", written, state), wrong
            elif by is None and state not in ("to", ELSE):
                wrong = Wrong(f"unknown key {quoted(state)}", "without by: only to: is known here")
                yield ("numbers", written, state), wrong
        if by is not None and by not in calendars:
            wrong = Wrong(f"no calendar has the name {quoted(by)}", "add it under calendars:")
            yield ("numbers", written, "by"), wrong


def _users(document: Document, written: list[str], ours: Ours) -> Iterator[Finding]:
    for place, value in _numbers_of_people(document, written):
        if ours.e164(value) is None:
            hint = f"one of {', '.join(ours.named) or 'none'}: numbers of trunks"
            yield place, Wrong(f"{quoted(value)} is not ours", hint)
    users: Mapping[str, Any] = document.get("users", {})
    taken: dict[str, str] = {}
    for word in written:
        section = users.get(units.extension(word), {})
        if is_emergency(units.extension(word), ours.numbering.country):
            yield ("users", word), Wrong(f"{word} is an emergency number", "it calls for help")
        number = ours.e164(section["number"]) if "number" in section else None
        if number is not None and taken.setdefault(number, word) != word:
            yield ("users", word, "number"), Wrong(f"{number} is {taken[number]}'s already")
