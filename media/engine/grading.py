"""What a leg has seen, in figures for people: loss, jitter, round trip, and how it sounded."""

from softswitch.media import quality
from softswitch.media.engine.interface import PortStatistics, Remote
from softswitch.media.engine.reporting import Reporting
from softswitch.media.engine.translation import audio_rate
from softswitch.media.formats import STATIC
from softswitch.media.statistics import Reception

_JITTERS = 2.0
"""How many times the jitter a phone's buffer waits, about, besides one packet."""


def statistics(
    reception: Reception, reports: Reporting, sent: int, foreign: int, remote: Remote | None
) -> PortStatistics:
    """Both directions of a leg: what was received here, and what the remote reports of ours."""
    theirs = reports.remote
    if not reception.packets and theirs is None:
        return PortStatistics(packets_sent=sent, foreign=foreign)
    jitter = reception.jitter / reception.clock_rate
    remote_jitter = None
    if theirs is not None and remote is not None:
        remote_jitter = theirs.jitter / audio_rate(remote.formats, remote.clock_rate)
    lost = max(0, reception.lost)
    return PortStatistics(
        packets_received=reception.packets,
        octets_received=reception.octets,
        packets_lost=lost,
        packets_sent=sent,
        jitter=jitter,
        foreign=foreign,
        round_trip=reports.round_trip,
        remote_lost=None if theirs is None else max(0, theirs.packets_lost),
        remote_jitter=remote_jitter,
        mos_received=_received(reception, lost, jitter, reports, remote),
        mos_sent=_sent(remote_jitter, sent, reports, remote),
        burst_ratio=reception.burst_ratio,
    )


def _received(
    reception: Reception, lost: int, jitter: float, reports: Reporting, remote: Remote | None
) -> float | None:
    if not reception.packets or remote is None:
        return None
    loss = lost / (reception.packets + lost)
    delay = _delay(reports, jitter, remote)
    return round(quality.mos(delay, loss, reception.burst_ratio, _codec(remote)), 2)


def _sent(
    jitter: float | None, sent: int, reports: Reporting, remote: Remote | None
) -> float | None:
    """The phone knows best what it has played; else what it misses tells."""
    theirs, metrics = reports.remote, reports.metrics
    if metrics is not None and metrics.mos is not None:
        return metrics.mos
    if theirs is None or jitter is None or remote is None or not sent:
        return None
    loss = max(0, theirs.packets_lost) / sent
    delay = _delay(reports, jitter, remote)
    if metrics is not None:
        loss = metrics.loss + metrics.discarded
        delay += metrics.end_system_delay
    return round(quality.mos(delay, loss, 1.0, _codec(remote)), 2)


def _delay(reports: Reporting, jitter: float, remote: Remote) -> float:
    """Seconds from the remote to us and into somebody's ear, about."""
    return (reports.round_trip or 0.0) / 2 + remote.ptime / 1000 + _JITTERS * jitter


def _codec(remote: Remote) -> str:
    for known in remote.formats:
        if known.is_audio:
            return known.encoding
    known_types = (STATIC[number] for number in remote.payload_types if number in STATIC)
    return next((known.encoding for known in known_types), "PCMU")
