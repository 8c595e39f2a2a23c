"""From `calendars:` to Calendars, and what is wrong with them (features 2.9)."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Any

from softswitch.config import units
from softswitch.config.places import Zone
from softswitch.config.problems import Wrong, quoted
from softswitch.config.public_days import public_days
from softswitch.config.references import Finding, Location
from softswitch.config.schema.calendars import Dates
from softswitch.config.schema.document import Document
from softswitch.config.schema.forward import SITUATIONS
from softswitch.routing.calendar import CLOSED, HOLIDAY, OPEN, Calendar, Calendars, Special, usual
from softswitch.routing.hours import Hours, Span, overlap

RESERVED = ("timezone", "override", "holiday", "exceptions")
NO_STATES = ("date", "name")
Origin = Callable[[Location], str]


def calendars(document: Document, origin: Origin) -> Calendars:
    """All calendars of a file that is right. `origin`: where a key stands, as `file:line`."""
    return Calendars(
        {
            name: _calendar(name, section, document, origin)
            for name, section in _sections(document).items()
        }
    )


def check(document: Document, written: list[str]) -> Iterator[Finding]:
    """What is wrong with calendars and with what refers to them. `written`: the users as the file
    spells them."""
    sections = _sections(document)
    codes: dict[str, str] = {}
    for name, section in sections.items():
        yield from _section(("calendars", name), section)
        first = codes.setdefault(section.get("override", f"none of {name}"), name)
        if first != name:
            yield (
                ("calendars", name, "override"),
                Wrong(f"calendar {first} has that number already"),
            )
    users: Mapping[str, Any] = document.get("users", {})
    defaults: Mapping[str, Any] = document.get("defaults", {})
    yield from _rules(("defaults", "forward"), defaults.get("forward", {}), sections)
    for word in written:
        own = users.get(units.extension(word), {}).get("forward", {})
        yield from _rules(("users", word, "forward"), own, sections)


def unknown_state(when: str, sections: Mapping[str, Any]) -> Wrong | None:
    """Why `when: …` names no state that a calendar has."""
    for word in when.split(", "):
        name, _, state = word.rpartition(".")
        name = name or usual(sections) or ""
        if name not in sections:
            return _unknown_calendar(name, word, sections)
        known = states(sections[name])
        if state not in known:
            near = get_close_matches(state, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
            return Wrong(f"calendar {name} is never {quoted(state)}", hint)
    return None


def states(section: Mapping[str, Any]) -> tuple[str, ...]:
    """All that a calendar may say."""
    named = [*_week(section)]
    for special in section.get("exceptions", ()):
        named += [key for key in special if key not in NO_STATES]
    holiday = (HOLIDAY,) if "holiday" in section else ()
    return tuple(dict.fromkeys((OPEN, CLOSED, *holiday, *named)))


def _sections(document: Document) -> Mapping[str, Mapping[str, Any]]:
    return document.get("calendars", {})


def _week(section: Mapping[str, Any]) -> dict[str, list[Span]]:
    """The states of a week: those with names of their own come before `open`."""
    named = {key: spans for key, spans in section.items() if key not in (*RESERVED, OPEN)}
    return named | ({OPEN: section[OPEN]} if OPEN in section else {})


# What is wrong


def _unknown_calendar(name: str, word: str, sections: Mapping[str, Any]) -> Wrong:
    if not sections:
        return Wrong(f"there is no calendar for {quoted(word)}", "add it under calendars:")
    near = get_close_matches(name, sections, 1)
    if name:
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sections)}"
        return Wrong(f"no calendar has the name {quoted(name)}", hint)
    hint = f"such as {next(iter(sections))}.{word}"
    return Wrong(f"{quoted(word)} does not say of which calendar", hint)


def _rules(
    above: Location, section: Mapping[str, Any], known: Mapping[str, Any]
) -> Iterator[Finding]:
    for situation in SITUATIONS:
        when = section.get(situation, {}).get("when")
        wrong = None if when is None else unknown_state(when, known)
        if wrong is not None:
            yield (*above, situation, "when"), wrong


def _section(above: Location, section: Mapping[str, Any]) -> Iterator[Finding]:
    for state, spans in _week(section).items():
        yield from _state(above, state, spans)
    yield from _holiday((*above, "holiday"), section.get("holiday", {}))
    taken: dict[int, int] = {}
    for position, special in enumerate(section.get("exceptions", ())):
        place = (*above, "exceptions", position)
        for state, spans in special.items():
            if state not in NO_STATES:
                yield from _state(place, state, spans)
        dates = special["date"]
        if set(special) <= set(NO_STATES):
            yield place, Wrong("says nothing of these days", "such as closed: all")
        elif not dates.yearly and dates.first == dates.last:
            first = taken.setdefault(dates.first, position)
            if first != position:
                wrong = Wrong(f"{date.fromordinal(dates.first)} is an exception above already")
                yield (*place, "date"), wrong


def _state(above: Location, state: str, spans: list[Span]) -> Iterator[Finding]:
    near = get_close_matches(state, (*RESERVED, OPEN), 1, 0.8)
    if near and near[0] != state:
        yield (*above, state), Wrong(f"unknown key {quoted(state)}", f"did you mean {near[0]}?")
    elif not state.replace("_", "a").replace("-", "a").isalnum() or not state[:1].isalpha():
        yield (*above, state), Wrong(f"{quoted(state)} cannot be the name of a state")
    if overlap(spans) is not None:
        yield (*above, state), Wrong("these hours overlap", "each of them once")


def _holiday(above: Location, section: Mapping[str, Any]) -> Iterator[Finding]:
    country = section.get("country")
    if "province" in section and country is None:
        yield (*above, "province"), Wrong("belongs to a country", "write country: as well")
    if country is not None:
        try:
            public_days(country, section.get("province", ""))
        except Wrong as wrong:
            yield (*above, "province" if "province" in section else "country"), wrong


# What it means


def _calendar(
    name: str, section: Mapping[str, Any], document: Document, origin: Origin
) -> Calendar:
    holiday = section.get("holiday", {})
    days: dict[int, str] = {}
    if "country" in holiday:
        days.update(public_days(holiday["country"], holiday.get("province", "")))
    where = f"written ({origin(('calendars', name, 'holiday'))})"
    yearly: dict[tuple[int, int], str] = {}
    for some in holiday.get("dates", ()):
        days.update(dict.fromkeys(_days(some), where))
        yearly.update(dict.fromkeys(some.yearly, where))
    specials = tuple(
        _special(one, f"an exception ({origin(('calendars', name, 'exceptions', position))})")
        for position, one in enumerate(section.get("exceptions", ()))
    )
    return Calendar(
        name,
        Zone(section.get("timezone", document.get("timezone"))),
        _hours(_week(section)),
        specials,
        days,
        yearly,
        code=section.get("override", ""),
        origin=origin(("calendars", name)),
    )


def _special(section: Mapping[str, Any], because: str) -> Special:
    """Other hours from the first to the last day. Where it says when it is open, it is closed
    else; if that goes on for some days, it is a season, in which holidays are kept."""
    dates: Dates = section["date"]
    states = {key: spans for key, spans in section.items() if key not in NO_STATES}
    opens = OPEN in states
    named = {key: spans for key, spans in states.items() if key != OPEN}
    hours = _hours(named | ({OPEN: states[OPEN]} if opens else {}))
    label = f"{section['name']}, {because}" if "name" in section else because
    is_period = opens and (dates.first != dates.last or len(dates.yearly) > 1)
    return Special(dates.first, dates.last, hours, opens, is_period, label, dates.yearly)


def _hours(states: Mapping[str, list[Span]]) -> tuple[Hours, ...]:
    return tuple(Hours(state, tuple(spans)) for state, spans in states.items())


def _days(dates: Dates) -> range:
    return range(0) if dates.yearly else range(dates.first, dates.last + 1)
