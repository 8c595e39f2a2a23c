"""What routing may decide. Each decision says in `because` which line or state caused it."""

from typing import NamedTuple

from softswitch.routing.outcomes import reason_header


class Ring(NamedTuple):
    """Ring every device of a user."""

    user: str
    ring_time: float
    """Seconds a device may ring before the call counts as not answered."""
    unreachable_after: float
    """Seconds without any response after which a device counts as unavailable."""
    because: str


class Reject(NamedTuple):
    """Refuse the call before anything rings."""

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
