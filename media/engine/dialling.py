"""Keys that we press: a department of the worker.

    SendDigits ──► telephone events, where the remote takes them (RFC 4733)
               └─► the tones themselves, in any codec that we can encode

Nothing else is sent meanwhile: whoever feeds the leg goes on behind the last pause, in the same
stream, as if he had been silent.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from softswitch.media.codecs import codec
from softswitch.media.dtmf import sender
from softswitch.media.dtmf.digits import MAX_DIGITS, only_digits
from softswitch.media.dtmf.generator import sound
from softswitch.media.engine.control import Trouble
from softswitch.media.engine.department import Say
from softswitch.media.engine.grid import Grid
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.listening import event_format
from softswitch.media.engine.playing import no_codec, speakable
from softswitch.media.engine.stage_messages import SendDigits
from softswitch.media.formats import Format

PERIOD = 20
"""Milliseconds between packets."""
FRAMES_PER_SECOND = 1000 // PERIOD
_ROUNDING = 0.001


class _Events:
    """Digits as telephone events."""

    __slots__ = ("_ends", "_packets", "_time", "_timestamp", "_upcoming", "format")

    def __init__(self, format_: Format, order: SendDigits) -> None:
        self.format = format_
        self._packets = sender.schedule(
            order.digits, duration=order.duration, gap=order.gap, clock_rate=format_.clock_rate
        )
        self._ends = sender.length(order.digits, duration=order.duration, gap=order.gap)
        self._time = 0.0
        """Seconds since the first turn."""
        self._timestamp = 0
        self._upcoming = next(self._packets, None)

    def turn(self, leg: Leg, now: float) -> bool:
        """Send what is due; False when there is nothing more to wait for."""
        upcoming = self._upcoming
        while upcoming is not None and upcoming.at <= self._time + _ROUNDING:
            ticks = 0 if upcoming.marker else upcoming.timestamp - self._timestamp
            self._timestamp = upcoming.timestamp
            leg.emit(self.format.payload_type, upcoming.payload, ticks, now, marker=upcoming.marker)
            upcoming = next(self._packets, None)
        self._upcoming = upcoming
        self._time += PERIOD / 1000
        return self._time < self._ends - _ROUNDING

    def renewed(self, leg: Leg) -> bool:
        """The remote may call it by another number; False when it takes none any more."""
        format_ = event_format(leg.formats, self.format.clock_rate)
        self.format = format_ or self.format
        return format_ is not None


class _Tones:
    """Digits as sound."""

    __slots__ = ("_encoder", "_frame", "_place", "_sound", "_ticks", "format")

    def __init__(self, format_: Format, order: SendDigits) -> None:
        found = codec(format_)
        assert found is not None, "chosen because we have it"
        self.format = format_
        self._encoder = found.encoder(PERIOD)
        self._frame = found.frame_rate // FRAMES_PER_SECOND
        self._ticks = format_.clock_rate // FRAMES_PER_SECOND
        duration = min(max(order.duration, sender.SHORTEST), sender.LONGEST)
        gap = min(max(order.gap, sender.SHORTEST_GAP), sender.LONGEST_GAP)
        self._sound = sound(order.digits, duration, gap, rate=found.frame_rate)
        self._place = 0

    def turn(self, leg: Leg, now: float) -> bool:
        """Send a frame; False when it was the last one."""
        begin, self._place = self._place, self._place + self._frame
        payload = self._encoder.encode(self._sound[begin : self._place])
        leg.emit(self.format.payload_type, payload, self._ticks, now, marker=not begin)
        return self._place + self._frame <= len(self._sound)

    def renewed(self, leg: Leg) -> bool:
        """The remote may call it by another number; False when it wants another codec."""
        format_ = speakable(leg.formats)
        if format_ is None or not format_.same_codec(self.format):
            return False
        self.format = format_
        return True


class _Dialling:
    """What is still to be dialled on one leg."""

    __slots__ = ("leg", "orders", "script")

    def __init__(self, leg: Leg) -> None:
        self.leg = leg
        self.orders: list[SendDigits] = []
        self.script: _Events | _Tones | None = None
        """Of the first order."""


class Diallers:
    """A department of the worker."""

    def __init__(self, legs: Mapping[int, Leg], say: Say, clock: Callable[[], float]) -> None:
        self._legs = legs
        self._say = say
        self._clock = clock
        self._dialling: dict[Leg, _Dialling] = {}
        self._grid: Grid[_Dialling] = Grid(PERIOD, self._run)
        self.handlers: Mapping[type[Any], Callable[[Any], None]] = {SendDigits: self._send}

    @property
    def next_deadline(self) -> float:
        """The next packet."""
        return self._grid.next_deadline

    def tick(self, now: float) -> None:
        """Send what is due."""
        self._grid.tick(now)

    def renewed(self, leg: Leg) -> None:
        """The remote may take digits in another way: what it has half heard is not said again."""
        dialling = self._dialling.get(leg)
        script = dialling.script if dialling is not None else None
        if dialling is not None and script is not None and not script.renewed(leg):
            self._next(dialling)

    def ended(self, leg: Leg) -> None:
        """The leg is about to be closed."""
        if leg in self._dialling:
            self._end(self._dialling[leg])

    def close(self) -> None:
        """The worker ends."""

    def _send(self, order: SendDigits) -> None:
        leg = self._legs[order.port]
        digits = only_digits(order.digits)
        dialling = self._dialling.get(leg)
        waiting = sum(len(each.digits) for each in dialling.orders) if dialling else 0
        if not digits or waiting + len(digits) > MAX_DIGITS:
            return
        if dialling is None:
            dialling = self._dialling[leg] = _Dialling(leg)
            leg.feed(dialling)
            self._grid.add(dialling, self._clock())
        dialling.orders.append(order._replace(digits=digits))
        if dialling.script is None:
            self._begin(dialling)

    def _begin(self, dialling: _Dialling) -> None:
        """The first order, in the way that the remote understands."""
        formats, order = dialling.leg.formats, dialling.orders[0]
        events = event_format(formats, dialling.leg.clock_rate)
        audio = speakable(formats)
        if events is not None:
            dialling.script = _Events(events, order)
        elif audio is not None:
            dialling.script = _Tones(audio, order)
        else:
            self._say(Trouble(f"keys are not sent: {no_codec(formats)}"))
            self._end(dialling)

    def _next(self, dialling: _Dialling) -> None:
        del dialling.orders[0]
        dialling.script = None
        if dialling.orders:
            self._begin(dialling)
        else:
            self._end(dialling)

    def _end(self, dialling: _Dialling) -> None:
        del self._dialling[dialling.leg]
        self._grid.remove(dialling)
        dialling.leg.starve(dialling)

    def _run(self, all_dialling: Sequence[_Dialling], deadline: float) -> None:
        for dialling in all_dialling:
            leg = dialling.leg
            if leg.feeder is not dialling:  # whoever came later waits until the keys are pressed
                leg.starve(dialling)
                leg.feed(dialling)
            assert dialling.script is not None
            if not dialling.script.turn(leg, deadline):
                self._next(dialling)
