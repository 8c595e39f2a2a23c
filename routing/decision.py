"""What routing may decide. Each decision says in `because` which line or state caused it."""

from typing import NamedTuple

from softswitch.routing.outcomes import reason_header


class Hop(NamedTuple):
    """A user's forward that sent the call on."""

    user: str
    situation: str
    """always, busy, no_answer, unavailable or rejected; return when it comes back from there."""
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


Service = Voicemail | Retrieve | Echo
"""What the switch itself answers."""

Decision = Ring | Service | Reject
