"""How good a stream sounds: the E-model in the few figures that RTP tells (ITU-T G.107).

    R = 93.2 - Id(delay) - Ie,eff(codec, loss, how it is spread)        MOS = f(R), 1 … 4.5

What a telephone adds (echo, room noise, loudness) has its default value, so R begins at 93.2.
Wide-band codecs are put on the same narrow-band scale: no better than G.711, as callers of a
telephone network compare them.
"""

from typing import NamedTuple

R_DEFAULT = 93.2
"""With the default values of all other parameters (G.107 §7.7)."""
DELAY_FELT = 0.1773
"""Seconds from which on delay disturbs a talk in a way of its own (Cole and Rosenbluth's fit)."""


class Robustness(NamedTuple):
    """What a codec takes away by itself, and how well it bears loss (G.113 Appendix I)."""

    impairment: float
    """Ie: without any loss."""
    loss: float
    """Bpl: the percentage of random loss that halves what is left to lose."""


CODECS = {
    "PCMU": Robustness(0.0, 25.1),
    "PCMA": Robustness(0.0, 25.1),
    "L16": Robustness(0.0, 25.1),
    "G722": Robustness(0.0, 13.0),
    "OPUS": Robustness(0.0, 30.0),
    "G729": Robustness(11.0, 19.0),
    "G723": Robustness(15.0, 16.1),
    "ILBC": Robustness(10.0, 34.0),
    "GSM": Robustness(20.0, 10.0),
}
"""G.711 with packet loss concealment, which all phones have. G.722's is weaker; Opus mends losses
with what it sends twice."""
UNKNOWN = Robustness(5.0, 15.0)


def mos(delay: float, loss: float, burst_ratio: float, codec: str) -> float:
    """Mean opinion score, 1.0 … 4.5.

    `delay` is from mouth to ear in seconds, `loss` the share of packets (0 … 1) that were not
    heard, `burst_ratio` 1 when they are lost by chance and more when in runs, `codec` an encoding.
    """
    robustness = CODECS.get(codec, UNKNOWN)
    percent = 100.0 * min(max(loss, 0.0), 1.0)
    spread = percent / max(burst_ratio, 1.0) + robustness.loss
    impairment = robustness.impairment + (95.0 - robustness.impairment) * percent / spread
    return opinion(R_DEFAULT - _delay_impairment(max(delay, 0.0)) - impairment)


def opinion(rating: float) -> float:
    """The mean opinion score that goes with a rating R (G.107 Annex B)."""
    if rating <= 0.0:
        return 1.0
    if rating >= 100.0:
        return 4.5
    return max(1.0, 1.0 + 0.035 * rating + 7e-6 * rating * (rating - 60.0) * (100.0 - rating))


def _delay_impairment(delay: float) -> float:
    impairment = 24.0 * delay
    if delay > DELAY_FELT:
        impairment += 110.0 * (delay - DELAY_FELT)
    return min(impairment, R_DEFAULT)
