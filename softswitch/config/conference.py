"""A conference room as the file describes it (CF-1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_MEMBERS = 20


@dataclass(frozen=True, slots=True)
class Room:
    """Where callers meet."""

    name: str
    number: str = ""
    """What is dialled for it; empty: only destinations lead there."""
    pin: str = field(default="", repr=False)
    """What members type; empty: nobody is asked."""
    moderator_pin: str = field(default="", repr=False)
    """What moderators type instead; empty: there are none."""
    wait_for_moderator: bool = False
    """Whether nobody hears anybody before a moderator is there."""
    max_members: int = MAX_MEMBERS
    announce: str = "tone"
    """How all others learn who comes and goes: tone or off."""


def numbered(rooms: Mapping[str, Room]) -> dict[str, str]:
    """Number → name of those that have one."""
    return {room.number: name for name, room in rooms.items() if room.number}
