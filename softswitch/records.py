"""What is kept of a call when it is over: one CallRecord with a LegRecord for every device tried.

Values only. They travel on the bus inside CallEnded and from there into the store. Times are wall
clock seconds (Unix), durations and jitter are seconds.
"""

from typing import Literal, NamedTuple

CallOutcome = Literal[
    "answered",
    "voicemail",
    "busy",
    "no_answer",
    "rejected",
    "unavailable",
    "cancelled",
    "not_found",
    "failed",
]
"""How a call went, in one word: the outcomes of routing/outcomes.py, and what needs no device.

`voicemail`: a mailbox answered, whether a message was left or not."""

Side = Literal["caller", "callee"]
EndedBy = Literal["caller", "callee", "switch"]


class LegRecord(NamedTuple):
    """One dialog of a call: the caller's, or that with one device of the called user."""

    side: Side
    sip_call_id: str
    device: str
    """The contact the leg went to or came from."""
    result: str
    """What the device did: an outcome's word, `cancelled`, or `failed`."""
    packets_received: int = 0
    packets_lost: int = 0
    jitter: float = 0.0
    packets_sent: int = 0
    codec: str = ""
    """What was agreed on last: an encoding, or T38 for a fax. Empty: nothing."""
    encryption: str = ""
    """`sdes`, `dtls`, or nothing for plain RTP."""
    round_trip: float | None = None
    """Seconds to the phone and back; None where its reports did not tell."""
    mos_received: float | None = None
    """How good what the phone said sounded here, 1 (bad) … 4.5."""
    mos_sent: float | None = None
    """How good what was sent sounded at the phone, by its reports."""


class CallRecord(NamedTuple):
    """The call detail record. A time is None where the call never came that far."""

    call_id: str
    caller: str
    callee: str
    """The number as dialled."""
    answered_by: str | None
    arrived_at: float
    ringing_at: float | None
    answered_at: float | None
    ended_at: float
    outcome: CallOutcome
    status: int
    """The final SIP status the caller heard; 200 for an answered call."""
    reason: str
    """Why it ended, in words."""
    ended_by: EndedBy
    legs: tuple[LegRecord, ...] = ()
    because: str = ""
    """What made routing decide so: the line of the configuration, or the state."""
    path: str = ""
    """`Anna -> 101 (no answer 30 s) -> voicemail 101`; empty: nobody but who was dialled."""
