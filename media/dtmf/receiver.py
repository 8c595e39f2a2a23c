"""Telephone events as they come in (RFC 4733): packets in, digits out.

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +---------------+-+-+-----------+-------------------------------+
    |     event     |E|R|  volume   |           duration            |   once per event
    +---------------+-+-+-----------+-------------------------------+

    key down                        key up
      │ ts=0      ts=0      ts=0      │ ts=0 E    ts=0 E    ts=0 E
      ▼ 160       320       480       ▼ 560       560       560          one digit: 0.07 s

A press is known by SSRC, timestamp and event, never by its marker or its end: each of its packets
may be missing, late or doubled. It is over with its first E bit, with the next press, or when it
has been silent for three packets. After that it can only be heard again by mistake, and is not.

Not every sender keeps to the RFC, and a digit must neither be lost nor doubled because of that:
some count the timestamp on while a key is down, some never change it. What tells a new press from
the old one is then where the durations stand.
"""

from collections.abc import Sequence
from typing import NamedTuple

from softswitch.media.dtmf.digits import DIGITS, FLASH
from softswitch.media.rtp import sequence_distance

BLOCK = 4
"""Octets that report one event."""
MAX_BLOCKS = 8
"""Events in one packet that are looked at: senders that pack them (§2.5.1.5) pack two or three."""
END = 0x80
LONGEST = 0xFFFF
"""Ticks that the duration can express; a longer press goes on in another segment (§2.5.1.3)."""

PATIENCE = 0.1
"""Seconds without a packet after which a key counts as released; more when packets are sparse."""
PATIENT_PACKETS = 3
"""… namely three packets (§2.5.2.2), so that the loss of two ends no press."""
SPARSEST = 0.1
"""Seconds between packets that are still believed to be the sender's way."""

MAX_MISORDER = 100
"""Packets by which one can be late. Further back, the sender has begun to count anew."""
MEMORY = 32
"""Presses that are remembered, so that late packets of theirs are known."""

BURST = 64
"""Digits that may come at once; what a flood brings beyond these and the rate is dropped."""
RATE = 25.0
"""Digits per second in the long run: twice what the shortest tones and pauses (Q.24) allow."""


class Digit(NamedTuple):
    """A key that was pressed and released."""

    digit: str
    duration: float
    """Seconds, as far as it was heard."""


class _Press:
    """One press, from its first packet that came through."""

    __slots__ = ("before", "digit", "duration", "heard_at", "patience", "sequence", "timestamp")

    def __init__(
        self, digit: str, timestamp: int, duration: int, sequence: int, now: float
    ) -> None:
        self.digit = digit
        self.timestamp = timestamp
        """Of the present segment."""
        self.duration = duration
        """Ticks of the present segment."""
        self.before = 0
        """Ticks of the segments before."""
        self.sequence = sequence
        self.heard_at = now
        self.patience = PATIENCE


_Key = tuple[int, int, str]
_NOTHING: tuple[Digit, ...] = ()
_KNOWN = frozenset(range(len(DIGITS)))


class Receiver:
    """The events of one leg. `event` takes a packet, `tick` the time; both return what was dialled.

    Nothing that a peer sends raises here, and it can make us remember `MEMORY` presses at most.
    """

    __slots__ = (
        "_allowance",
        "_closed",
        "_digits",
        "_last",
        "_newest",
        "_press",
        "_refilled_at",
        "_ssrc",
        "clock_rate",
        "deadline",
        "dropped",
    )

    def __init__(self, clock_rate: int = 8000, *, flash: bool = False) -> None:
        """`clock_rate` is that of the payload type's rtpmap, in ticks per second."""
        self.clock_rate = clock_rate
        self.deadline = float("inf")
        """When `tick` has something to do."""
        self.dropped = 0
        """Digits of a flood."""
        self._digits = DIGITS + FLASH if flash else DIGITS
        self._press: _Press | None = None
        self._last: _Press | None = None
        """The press before, of the same source."""
        self._closed: dict[_Key, tuple[int, int]] = {}
        """Sequence number and duration of the last packet of presses that are over."""
        self._ssrc = -1
        self._newest = 0
        self._allowance = float(BURST)
        self._refilled_at = 0.0

    @property
    def pressed(self) -> str:
        """The key that is down; "" when none is."""
        return self._press.digit if self._press is not None else ""

    def event(
        self, payload: bytes | memoryview, ssrc: int, sequence: int, timestamp: int, now: float
    ) -> Sequence[Digit]:
        """Enter a packet's payload, with what its header says. Returns the digits it completed."""
        heard = [*self.tick(now)] if now >= self.deadline else []
        if ssrc != self._ssrc:
            self._close(heard, now)
            self._ssrc, self._newest, self._last = ssrc, sequence, None
        for start in range(0, min(len(payload), MAX_BLOCKS * BLOCK) - BLOCK + 1, BLOCK):
            code, flags, high, low = payload[start : start + BLOCK]
            duration = high << 8 | low
            # No key is pressed for no time at all (§2.3.5).
            if code < len(self._digits) and duration:
                self._report(
                    heard, self._digits[code], timestamp, duration, sequence, flags & END, now
                )
            # Packed events follow each other without a pause (§2.5.2.4).
            timestamp = (timestamp + duration) & 0xFFFFFFFF
        if sequence_distance(sequence, self._newest) > 0:
            self._newest = sequence
        return heard or _NOTHING

    def tick(self, now: float) -> Sequence[Digit]:
        """Nothing has come until `now`: a key that has been silent for too long was released."""
        if now < self.deadline:
            return _NOTHING
        heard: list[Digit] = []
        self._close(heard, now)
        return heard

    def _report(
        self,
        heard: list[Digit],
        digit: str,
        timestamp: int,
        duration: int,
        sequence: int,
        end: int,
        now: float,
    ) -> None:
        """One event of a packet."""
        press = self._press
        if press is not None and press.digit == digit and _goes_on(press, timestamp, duration):
            self._continue(press, timestamp, duration, sequence, now)
        elif self._is_over(digit, timestamp, duration, sequence, end):
            return
        elif press is not None and self._is_late(sequence):
            # A whole press overtaken by the one that is down now: it comes before that.
            self._remember((self._ssrc, timestamp, digit), sequence, duration)
            self._hear(heard, digit, duration, now)
            return
        else:
            self._close(heard, now)
            press = self._press = _Press(digit, timestamp, duration, sequence, now)
            self.deadline = now + PATIENCE
        if end:
            self._close(heard, now)

    def _continue(
        self, press: _Press, timestamp: int, duration: int, sequence: int, now: float
    ) -> None:
        """Another packet of the press."""
        steps = sequence_distance(sequence, press.sequence)
        if timestamp != press.timestamp:
            self._remember((self._ssrc, press.timestamp, press.digit), sequence, press.duration)
            press.before += (timestamp - press.timestamp) & 0xFFFFFFFF
            press.timestamp, press.duration = timestamp, duration
        elif steps > 0:
            if duration < press.duration:
                # only a sender that does not know of segments gets here: its counter ran over
                press.before += LONGEST + 1
            elif not press.before:
                spacing = (duration - press.duration) / self.clock_rate / steps
                press.patience = max(PATIENCE, PATIENT_PACKETS * min(spacing, SPARSEST))
            press.duration = duration
        if steps > 0:
            press.sequence = sequence
        press.heard_at = now
        self.deadline = now + press.patience

    def _is_over(self, digit: str, timestamp: int, duration: int, sequence: int, end: int) -> bool:
        """Is this of a press that was counted already, or too late to be counted in its place?"""
        known = self._closed.get((self._ssrc, timestamp, digit))
        if known is None:
            late = self._press is None and self._is_late(sequence)
            return late or (bool(end) and self._ends_again(digit, timestamp, duration))
        last_sequence, last_duration = known
        # Once more the same timestamp: a late packet, unless a later one starts from the beginning.
        return (
            bool(end)
            or duration >= last_duration
            or (sequence_distance(sequence, last_sequence) <= 0)
        )

    def _ends_again(self, digit: str, timestamp: int, duration: int) -> bool:
        """Is this the repeated end of a sender that counts the timestamp on?"""
        last = self._last
        if last is None or last.digit != digit or not _goes_on(last, timestamp, duration):
            return False
        last.timestamp = timestamp
        return True

    def _is_late(self, sequence: int) -> bool:
        return -MAX_MISORDER < sequence_distance(sequence, self._newest) < 0

    def _close(self, heard: list[Digit], now: float) -> None:
        """The key that is down, if one is, was released."""
        press = self._press
        if press is None:
            return
        self._press, self._last = None, press
        self.deadline = float("inf")
        self._remember((self._ssrc, press.timestamp, press.digit), press.sequence, press.duration)
        self._hear(heard, press.digit, press.before + press.duration, now)

    def _remember(self, key: _Key, sequence: int, duration: int) -> None:
        closed = self._closed
        closed[key] = (sequence, duration)
        if len(closed) > MEMORY:
            del closed[next(iter(closed))]

    def _hear(self, heard: list[Digit], digit: str, ticks: int, now: float) -> None:
        """Count the digit, if it is no part of a flood."""
        refilled = self._allowance + (now - self._refilled_at) * RATE
        self._allowance = min(float(BURST), refilled)
        self._refilled_at = now
        if self._allowance < 1.0:
            self.dropped += 1
            return
        self._allowance -= 1.0
        heard.append(Digit(digit, ticks / self.clock_rate))


def _goes_on(press: _Press, timestamp: int, duration: int) -> bool:
    """Does a report of the same event belong to the press that is down?"""
    ahead = (timestamp - press.timestamp) & 0xFFFFFFFF
    if not ahead:
        return True
    if ahead == LONGEST and press.duration > LONGEST // 2:
        return True  # the next segment of a long press (§2.5.2.3)
    # Two presses cannot overlap. One that would, and does not start from the beginning, is of a
    # sender that counts the timestamp on while the key is down.
    grown = duration - press.duration
    return grown >= 0 and (ahead <= press.duration or ahead == grown)
