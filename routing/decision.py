"""What routing may decide. Each decision says in `because` which line or state caused it."""

from dataclasses import dataclass

from softswitch.routing.outcomes import reason_header


@dataclass(frozen=True, slots=True)
class Ring:
    """Ring every device of a user."""

    user: str
    ring_time: float
    """Seconds a device may ring before the call counts as not answered."""
    unreachable_after: float
    """Seconds without any response after which a device counts as unavailable."""
    because: str


@dataclass(frozen=True, slots=True)
class Reject:
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
