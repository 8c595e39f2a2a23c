"""What may stand behind `to:`, and what it leads to (features 4.3).

101  anna                      an extension; digits that no extension has: a number outside
"+48600100100"                 a number outside
voicemail  voicemail:105       the mailbox of the user in question, or of 105
conference:board          the conference room of that name, as does its number
hangup  hangup:busy            the end of the call, and what the caller hears
"""

from collections.abc import Mapping
from typing import NamedTuple

from softswitch.routing.calendar import NO_CALENDARS, Calendars
from softswitch.routing.codes import NO_CODES, Codes
from softswitch.routing.numbering import Number
from softswitch.routing.outside import Entrance, Outside, Refused
from softswitch.routing.plan import Directory, shown

NUMBER = "number"
VOICEMAIL = "voicemail"
CONFERENCE = "conference"
HANG_UP = "hangup"
HANG_UP_WORDS = ("", "busy", "not_found")

USER = "user"
OUTSIDE = "outside"
NOWHERE = "nowhere"

Rooms = Mapping[str, str]
"""Conference rooms: number → name."""
NO_ROOMS: Rooms = {}


class Destination(NamedTuple):
    """A target, taken apart."""

    kind: str
    """number (an extension, a room, or outside), voicemail, conference or hangup."""
    value: str
    """The number; whose mailbox, empty for that of the user in question; the name of a room; busy,
    not_found or nothing."""


class Goal(NamedTuple):
    """What a target leads to at the moment."""

    kind: str
    """user, voicemail, conference, outside, hangup or nowhere."""
    value: str
    """The extension, whether somebody has it or not; whose mailbox; the name of a room; E.164;
    busy, not_found or nothing; why it leads nowhere."""
    trunks: tuple[str, ...] = ()
    because: str = ""
    """What permits it."""

    @property
    def written(self) -> str:
        """As a target that leads there for everybody."""
        if self.kind in (VOICEMAIL, CONFERENCE):
            return f"{self.kind}:{self.value}"
        return f"{HANG_UP}:{self.value}".rstrip(":") if self.kind == HANG_UP else self.value


class World(NamedTuple):
    """All that numbers may lead to."""

    directory: Directory
    outside: Outside | None = None
    """Numbers outside, and who may call them; None: there is no outside."""
    calendars: Calendars = NO_CALENDARS
    rooms: Rooms = NO_ROOMS
    codes: Codes = NO_CODES
    """Where only who dials himself gets to."""


def parse(text: str) -> Destination:
    """What a target means. Every text means something: what is no number is found by nobody."""
    kind, _, value = text.partition(":")
    if kind in (VOICEMAIL, HANG_UP) or (kind == CONFERENCE and value):
        return Destination(kind, value)
    return Destination(NUMBER, text)


def aim(text: str, owner: str, world: World, wall: float, *, mailboxes: tuple[str, ...]) -> Goal:
    """What a target of `owner` leads to. `mailboxes`: whose is meant where nobody is named, the
    first who has one; `wall`: seconds since 1970."""
    goal = _aim(text, owner, world, mailboxes)
    if goal.kind != OUTSIDE or world.outside is None:
        return goal
    entrance = world.outside.entrances.get(goal.value)
    if entrance is None:
        return goal
    # With nobody's permission: from there, no way leads outside again.
    return _aim(entered(entrance, world.calendars, wall), "", world, ())


def entered(entrance: Entrance, calendars: Calendars, wall: float) -> str:
    """The target of a call from outside."""
    state = calendars.at(entrance.by, wall) if entrance.by else None
    return entrance.to if state is None else entrance.states.get(state.name, entrance.to)


def problem(
    text: str,
    owner: str,
    directory: Directory,
    outside: Outside | None,
    rooms: Rooms = NO_ROOMS,
) -> str | None:
    """Why calls of the owner cannot go there (FC-1, FWD-8); None when they can."""
    kind, value = parse(text)
    if kind == HANG_UP and value not in HANG_UP_WORDS:
        return f"{text} is no way to hang up"
    goal = _aim(text, owner, World(directory, outside, rooms=rooms), (owner,))
    if goal.kind == USER and directory.get(goal.value) is None:
        return f"no user has the number {shown(value)}"
    return goal.value if goal.kind == NOWHERE else None


def _aim(text: str, owner: str, world: World, mailboxes: tuple[str, ...]) -> Goal:
    kind, value = parse(text)
    if kind == HANG_UP:
        return Goal(HANG_UP, value)
    if kind == VOICEMAIL:
        return _mailbox((value,) if value else mailboxes, world.directory)
    if kind == CONFERENCE:
        known = value in world.rooms.values()
        return Goal(CONFERENCE, value) if known else Goal(NOWHERE, f"no room is called {value}")
    if world.directory.get(value) is not None:
        return Goal(USER, value)
    if value in world.rooms:
        return Goal(CONFERENCE, world.rooms[value])
    if world.outside is None:
        return Goal(USER, value)
    number = world.outside.normalise(value)
    if number is None:
        return Goal(USER, value)
    return _outside(number, owner, world.directory, world.outside)


def _mailbox(owners: tuple[str, ...], directory: Directory) -> Goal:
    """The mailbox of the first who has one."""
    for owner in owners:
        user = directory.get(owner)
        if user is not None and user.voicemail.enabled:
            return Goal(VOICEMAIL, owner)
    named = shown(owners[0]) if owners else "nobody"
    known = bool(owners) and directory.get(owners[0]) is not None
    return Goal(
        NOWHERE, f"{named} has no voicemail" if known else f"no user has the number {named}"
    )


def _outside(number: Number, owner: str, directory: Directory, outside: Outside) -> Goal:
    """A number outside, by permission of the owner (OUT-1)."""
    user = directory.get(owner)
    if user is None:
        return Goal(NOWHERE, f"nobody answers for a call to {number.e164}")
    if number.kind == "emergency":
        return Goal(NOWHERE, f"help has to be called by people, not by forwards: {number.e164}")
    if number.e164 in outside.entrances:
        return Goal(OUTSIDE, number.e164)
    verdict = outside.permitted(user, number)
    if isinstance(verdict, Refused):
        return Goal(NOWHERE, verdict.because)
    trunks = outside.way(number)
    if not trunks:
        return Goal(NOWHERE, f"no trunk leads to {number.e164}")
    return Goal(OUTSIDE, number.e164, trunks, verdict.because)
