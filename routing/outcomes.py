"""The vocabulary of outcomes: what a device did, what the user thus did, what the caller hears.

Every device of a user gives one result (`device_result`), the user's outcome is the best of them
(`combine`), and a call that nobody takes is released with a status and a Q.850 cause (`release`;
RFC 3398 §8.2.6.1, RFC 3326 for the Reason header field). The tables below are the whole truth:
the functions only look them up.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class Outcome(StrEnum):
    """In rising order of precedence: a user with one busy and one ringing phone did not answer."""

    UNAVAILABLE = "unavailable"
    BUSY = "busy"
    REJECTED = "rejected"
    NO_ANSWER = "no_answer"
    ANSWERED = "answered"


class DeviceResult(NamedTuple):
    """What one device's final response means."""

    outcome: Outcome
    stops_all: bool = False
    """The user refuses on every device (600, 603): the others need not ring on."""
    alarm: str | None = None
    """A fault the operator should see: the phone is there, but this call could not suit it."""


class Release(NamedTuple):
    """How a call is ended towards the caller."""

    status: int
    cause: int

    @property
    def reason(self) -> str:
        """The value of the Reason header field."""
        return reason_header(self.cause)


PRECEDENCE = {outcome: rank for rank, outcome in enumerate(Outcome)}

# "Not here": 404 410 430 and the failures of transport and server. The transaction layer's own
# time-out and transport error count as 408 and 503 (RFC 3261 §8.1.3.1), so they are here too.
GONE = frozenset({404, 408, 410, 430, 500, 502, 503, 504, 604})

MISMATCH = {
    415: "does not understand our kind of body",
    420: "demands an extension we do not offer",
    421: "demands an extension we do not use",
    488: "refuses our codecs or encryption",
    606: "refuses our codecs or encryption",
    401: "asks for a password",
    407: "asks for a password",
}
"""Final responses that mean the device is there but misconfigured: unavailable, with an alarm."""

ABSENT_CAUSES = frozenset({19, 20})
"""Q.850 causes that turn a 480 into unavailable: no answer from the user, subscriber absent."""

REFUSALS = frozenset({480, 486, 600, 603})
"""What a ringing phone sends when its user presses reject."""

NORMAL_CLEARING = 16

CAUSES = {
    1: "Unallocated number",
    16: "Normal call clearing",
    17: "User busy",
    18: "No user responding",
    19: "No answer from user",
    20: "Subscriber absent",
    21: "Call rejected",
    28: "Invalid number format",
    34: "No circuit available",
    38: "Network out of order",
    41: "Temporary failure",
    42: "Switching equipment congestion",
    57: "Bearer capability not authorized",
    88: "Incompatible destination",
    102: "Recovery on timer expiry",
}

RELEASES = {
    Outcome.ANSWERED: Release(200, NORMAL_CLEARING),
    Outcome.NO_ANSWER: Release(480, 19),
    Outcome.REJECTED: Release(603, 21),
    Outcome.BUSY: Release(486, 17),
    Outcome.UNAVAILABLE: Release(480, 20),
}
REJECTED_TO_TRUNK = Release(486, 17)
"""A 603 would stop the carrier's other branches as well."""

UNKNOWN_NUMBER = Release(404, 1)
NOT_PERMITTED = Release(403, 57)
CONGESTED = Release(480, 42)
"""One account lets too much ring at the same time."""
TRUNKS_FULL = Release(503, 34)
TRUNKS_DOWN = Release(503, 38)
INCOMPLETE_NUMBER = Release(484, 28)


def device_result(
    status: int, *, after_ringing: bool, reason: str | None = None, from_trunk: bool = False
) -> DeviceResult:
    """What a final response to our INVITE says about the device.

    `after_ringing`: a 18x came before. `reason`: the response's Reason header field.
    `from_trunk`: it came from a proxy or trunk, not from a phone that registered here.
    Ring time over is not a response: use `ring_time_over`.
    """
    if status < 300:
        return DeviceResult(Outcome.ANSWERED)
    if status < 400:
        return DeviceResult(Outcome.REJECTED, alarm=f"redirects the call ({status}): not followed")
    if status in MISMATCH:
        return DeviceResult(Outcome.UNAVAILABLE, alarm=f"{MISMATCH[status]} ({status})")
    if status == 487:
        return ring_time_over(after_ringing=after_ringing)
    if status in GONE or 500 <= status < 600:
        return DeviceResult(Outcome.UNAVAILABLE)
    if status == 480 and (from_trunk or q850_cause(reason) in ABSENT_CAUSES):
        return DeviceResult(Outcome.UNAVAILABLE)
    return _refusal(status, after_ringing)


def _refusal(status: int, after_ringing: bool) -> DeviceResult:
    """The device is alive and says no."""
    if status >= 600 and status not in REFUSALS:
        status = 600  # RFC 3261 §8.1.3.2: an unknown code counts as the x00 of its class
    if status not in REFUSALS:
        return DeviceResult(Outcome.UNAVAILABLE, alarm=f"refuses the call ({status})")
    rejected = after_ringing or status == 603
    return DeviceResult(Outcome.REJECTED if rejected else Outcome.BUSY, stops_all=status >= 600)


def ring_time_over(*, after_ringing: bool) -> DeviceResult:
    """The device was cancelled because its time was up (or a 487 says that it was)."""
    return DeviceResult(Outcome.NO_ANSWER if after_ringing else Outcome.UNAVAILABLE)


def combine(outcomes: Iterable[Outcome]) -> Outcome:
    """The user's outcome out of those of the devices; a user without devices is unavailable."""
    return max(outcomes, key=PRECEDENCE.__getitem__, default=Outcome.UNAVAILABLE)


def release(outcome: Outcome, *, to_trunk: bool = False) -> Release:
    """What the caller hears when nothing takes the call."""
    if to_trunk and outcome is Outcome.REJECTED:
        return REJECTED_TO_TRUNK
    return RELEASES[outcome]


def reason_header(cause: int) -> str:
    """The value of a Reason header field for a Q.850 cause (RFC 3326 §2)."""
    text = CAUSES.get(cause)
    return f"Q.850;cause={cause}" if text is None else f'Q.850;cause={cause};text="{text}"'


def q850_cause(reason: str | None) -> int | None:
    """The Q.850 cause in a Reason header field, which may hold several values; None without one."""
    if not reason:
        return None
    for value in reason.split(","):
        protocol, _, params = value.partition(";")
        if protocol.strip().upper() == "Q.850":
            for param in params.split(";"):
                name, _, number = param.partition("=")
                if name.strip().lower() == "cause":
                    number = number.strip()
                    return int(number) if number.isdecimal() and len(number) <= 3 else None
    return None
