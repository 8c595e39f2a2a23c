"""What routing may decide. Each decision says in `because` which line or state caused it."""

from typing import NamedTuple

from softswitch.routing.outcomes import reason_header


class Hop(NamedTuple):
    """A user's forward that sent the call on."""

    user: str
    situation: str
    """always, dnd, busy, no_answer, unavailable or rejected; redirect when the phone did it by
    itself (3xx), return when the call comes back from there."""
    to: str
    because: str


class Ring(NamedTuple):
    """Ring every device of a user."""

    user: str
    ring_time: float
    """Seconds a device may ring before the call counts as not answered."""
    unreachable_after: float
    """Seconds without any response after which a device counts as unavailable."""
    because: str
    hops: tuple[Hop, ...] = ()
    """The forwards that led here, the first one first."""
    confirm: bool = False
    """Whether whoever answers has to press 1 to take the call (FWD-7)."""


class Dial(NamedTuple):
    """Ring a number outside, through trunks."""

    number: str
    """E.164 with `+`, or the digits as they were dialled when they are no public number."""
    trunks: tuple[str, ...]
    """Their names, to be tried in this order (OUT-9, TK-9)."""
    principal: str
    """The user whose permission and money are used (OUT-1, FWD-8)."""
    ring_time: float
    """Seconds it may ring before the call counts as not answered."""
    confirm: bool
    """Whether whoever answers has to press 1 to take the call (FWD-7)."""
    because: str
    hops: tuple[Hop, ...] = ()
    """The forwards that led here, the first one first."""


class Voicemail(NamedTuple):
    """Let the caller leave a message."""

    user: str
    """Whose mailbox it is."""
    reason: str
    """Which greeting is heard: busy, no_answer, unavailable or rejected."""
    because: str
    hops: tuple[Hop, ...] = ()
    """The forwards that led here, the last one included."""


class Retrieve(NamedTuple):
    """Let the caller hear messages."""

    user: str | None
    """Whose mailbox it is; None: whoever calls has to say so."""
    because: str


class Echo(NamedTuple):
    """Let the caller hear what he says."""

    because: str


class Feature(NamedTuple):
    """Do what a code asks for, and say so."""

    function: str
    """Such as forward_busy_on."""
    argument: str
    """What was dialled behind the code; empty: nothing."""
    because: str
    seconds: str = ""
    """A ring time that was dialled as well."""
    code: str = ""
    """What was dialled, without what stood behind it."""


class Conference(NamedTuple):
    """Let the caller talk with all others who are in a room (CF-1)."""

    room: str
    because: str
    hops: tuple[Hop, ...] = ()
    """The forwards that led here, the last one included."""


class Reject(NamedTuple):
    """Refuse the call: nothing rings, or nobody answered."""

    status: int
    cause: int
    """Q.850."""
    outcome: str
    """The word of the call's record: busy, unavailable, not_found."""
    because: str

    @property
    def reason(self) -> str:
        """The value of the Reason header field (RFC 3326)."""
        return reason_header(self.cause)


Service = Voicemail | Retrieve | Echo | Feature | Conference
"""What the switch itself answers."""

Decision = Ring | Dial | Service | Reject
