"""Calls that another switch has forwarded to our mailboxes, and whose messages they are (FWD-10).

Only a call to a number that leads to mailboxes, and to nobody's in particular, asks for that. It is
for whoever had the call first, as all that comes back from forwards is (FWD-4).
"""

from collections.abc import Iterable
from typing import NamedTuple

from softswitch.routing.codes import UNSPECIFIC, has_mailbox
from softswitch.routing.decision import Hop, Voicemail
from softswitch.routing.destination import USER, VOICEMAIL, World, aim, entered
from softswitch.routing.outcomes import Outcome

GREETINGS = {
    "busy": Outcome.BUSY,
    "dnd": Outcome.BUSY,
    "no_answer": Outcome.NO_ANSWER,
    "rejected": Outcome.REJECTED,
}
"""What the caller hears of a situation, as if it were ours; of all others that nobody is there."""


class Forwarded(NamedTuple):
    """A forward that another switch tells of."""

    numbers: tuple[str, ...]
    """Who has forwarded, as that switch writes it, and E.164 if it is such a number."""
    situation: str
    """As of a Hop."""


def message(forwards: Iterable[Forwarded], world: World, wall: float) -> Voicemail | None:
    """A message for the first of them who has a mailbox here; None: nobody has.

    `forwards`: the first one first; `wall`: seconds since 1970.
    """
    for forward in forwards:
        for number in forward.numbers:
            user = _owner(number, world, wall)
            if user is not None:
                because = f"{user} has forwarded the call to here ({forward.situation})"
                hop = Hop(user, forward.situation, f"{VOICEMAIL}:{user}", because)
                reason = str(GREETINGS.get(forward.situation, UNSPECIFIC))
                return Voicemail(user, reason, because, (hop,))
    return None


def _owner(number: str, world: World, wall: float) -> str | None:
    """The user who has this extension, or to whom calls to this number of ours go."""
    directory, outside = world.directory, world.outside
    if directory.get(number) is not None:
        return number if has_mailbox(number, directory) else None
    entrance = outside.entrances.get(number) if outside is not None else None
    if entrance is None:
        return None
    target = entered(entrance, world.calendars, wall)
    goal = aim(target, "", world, wall, mailboxes=())
    is_his = goal.kind in (USER, VOICEMAIL) and has_mailbox(goal.value, directory)
    return goal.value if is_his else None
