"""What a network says without words, by country: dial tone, ringback, busy tone and the like.

Frequencies and cadences are those that administrations reported to the ITU (ITU-T E.180 and its
Supplement 2), the usual ones where a country has several. They are made sound of in media/tones.py.
"""

from collections.abc import Sequence
from typing import NamedTuple

from softswitch.media.engine.interface import Tones

DEFAULT = "default"


def _cadence(*frequencies: float, steps: Sequence[float] = (1.0,)) -> Tones:
    """On, off, on, off …, in seconds. One step alone sounds without end."""
    return Tones(
        tuple(((), time) if place % 2 else (frequencies, time) for place, time in enumerate(steps))
    )


def _rising(*frequencies: float, each: float = 0.33, pause: float = 1.0) -> Tones:
    """One after the other without a pause between (E.180 §7: special information tone)."""
    return Tones((*(((frequency,), each) for frequency in frequencies), ((), pause)))


class Indications(NamedTuple):
    """Of one country."""

    dial: Tones
    ringback: Tones
    busy: Tones
    congestion: Tones
    """No way was free; also called reorder."""
    waiting: Tones
    """To somebody who talks: another call is waiting."""
    special_information: Tones
    """Before an announcement: the number is wrong, the service not there."""
    recording: Tones
    """To both sides, now and then: this call is recorded."""
    beep: Tones = _cadence(1000, steps=(0.4,))
    """Speak now: the same everywhere."""


_SPECIAL = _rising(950, 1400, 1800)
_RECORDING = _cadence(1400, steps=(0.5, 14.5))

COUNTRIES: dict[str, Indications] = {
    DEFAULT: Indications(
        dial=_cadence(425),
        ringback=_cadence(425, steps=(1.0, 4.0)),
        busy=_cadence(425, steps=(0.5, 0.5)),
        congestion=_cadence(425, steps=(0.25, 0.25)),
        waiting=_cadence(425, steps=(0.2, 0.2, 0.2, 4.4)),
        special_information=_SPECIAL,
        recording=_RECORDING,
    ),
    "AR": Indications(
        dial=_cadence(425),
        ringback=_cadence(425, steps=(1.0, 4.0)),
        busy=_cadence(425, steps=(0.3, 0.2)),
        congestion=_cadence(425, steps=(0.3, 0.4)),
        waiting=_cadence(425, steps=(0.4, 0.2, 0.4, 4.0)),
        special_information=_SPECIAL,
        recording=_RECORDING,
    ),
    "BR": Indications(
        dial=_cadence(425),
        ringback=_cadence(425, steps=(1.0, 4.0)),
        busy=_cadence(425, steps=(0.25, 0.25)),
        congestion=_cadence(425, steps=(0.25, 0.25, 0.75, 0.25)),
        waiting=_cadence(425, steps=(0.05, 1.0)),
        special_information=_SPECIAL,
        recording=_RECORDING,
    ),
    "DE": Indications(
        dial=_cadence(425),
        ringback=_cadence(425, steps=(1.0, 4.0)),
        busy=_cadence(425, steps=(0.48, 0.48)),
        congestion=_cadence(425, steps=(0.24, 0.24)),
        waiting=_cadence(425, steps=(0.2, 0.2, 0.2, 5.0)),
        special_information=_SPECIAL,
        recording=_cadence(1400, steps=(0.08, 14.92)),
    ),
    "ES": Indications(
        dial=_cadence(425),
        ringback=_cadence(425, steps=(1.5, 3.0)),
        busy=_cadence(425, steps=(0.2, 0.2)),
        congestion=_cadence(425, steps=(0.2, 0.2, 0.2, 0.2, 0.2, 0.6)),
        waiting=_cadence(425, steps=(0.175, 0.175, 0.175, 3.5)),
        special_information=_SPECIAL,
        recording=_RECORDING,
    ),
    "FR": Indications(
        dial=_cadence(440),
        ringback=_cadence(440, steps=(1.5, 3.5)),
        busy=_cadence(440, steps=(0.5, 0.5)),
        congestion=_cadence(440, steps=(0.25, 0.25)),
        waiting=_cadence(440, steps=(0.3, 10.0)),
        special_information=_SPECIAL,
        recording=_RECORDING,
    ),
    "GB": Indications(
        dial=_cadence(350, 440),
        ringback=_cadence(400, 450, steps=(0.4, 0.2, 0.4, 2.0)),
        busy=_cadence(400, steps=(0.375, 0.375)),
        congestion=_cadence(400, steps=(0.4, 0.35, 0.225, 0.525)),
        waiting=_cadence(400, steps=(0.1, 4.0)),
        special_information=_SPECIAL,
        recording=_cadence(1400, steps=(0.5, 59.5)),
    ),
    "IT": Indications(
        dial=_cadence(425, steps=(0.2, 0.2, 0.6, 1.0)),
        ringback=_cadence(425, steps=(1.0, 4.0)),
        busy=_cadence(425, steps=(0.5, 0.5)),
        congestion=_cadence(425, steps=(0.2, 0.2)),
        waiting=_cadence(425, steps=(0.4, 0.1, 0.25, 0.1, 0.15, 14.0)),
        special_information=_SPECIAL,
        recording=_RECORDING,
    ),
    "MX": Indications(
        dial=_cadence(425),
        ringback=_cadence(425, steps=(1.0, 4.0)),
        busy=_cadence(425, steps=(0.25, 0.25)),
        congestion=_cadence(425, steps=(0.25, 0.25)),
        waiting=_cadence(425, steps=(0.2, 0.6, 0.2, 10.0)),
        special_information=_SPECIAL,
        recording=_RECORDING,
    ),
    "PL": Indications(
        dial=_cadence(425),
        ringback=_cadence(425, steps=(1.0, 4.0)),
        busy=_cadence(425, steps=(0.5, 0.5)),
        congestion=_cadence(425, steps=(0.25, 0.25)),
        waiting=_cadence(425, steps=(0.15, 0.15, 0.15, 4.0)),
        special_information=_SPECIAL,
        recording=_RECORDING,
    ),
    "US": Indications(
        dial=_cadence(350, 440),
        ringback=_cadence(440, 480, steps=(2.0, 4.0)),
        busy=_cadence(480, 620, steps=(0.5, 0.5)),
        congestion=_cadence(480, 620, steps=(0.25, 0.25)),
        waiting=_cadence(440, steps=(0.3, 9.7)),
        special_information=_SPECIAL,
        recording=_RECORDING,
    ),
}
"""By ISO 3166 code."""


def indication(country: str, name: str) -> Tones:
    """What `name`, a field of `Indications`, sounds like there; unknown countries get the default.

    Raises KeyError when there is no indication of that name.
    """
    if name not in Indications._fields:
        raise KeyError(name)
    tones: Tones = getattr(COUNTRIES.get(country.upper(), COUNTRIES[DEFAULT]), name)
    return tones
