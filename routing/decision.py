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


Decision = Ring | Reject
