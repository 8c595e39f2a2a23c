"""Figures for people."""

from softswitch.media import rtcp
from softswitch.media.engine.grading import statistics
from softswitch.media.engine.interface import PortStatistics, Remote
from softswitch.media.engine.reporting import Reporting
from softswitch.media.formats import STATIC, Format
from softswitch.media.statistics import Reception

REMOTE = Remote("192.0.2.1", 4000, 4001, (101, 8), "", False, None)


def heard(*sequences: int) -> Reception:
    reception = Reception()
    reception.restart(7, sequences[0])
    for sequence in sequences:
        reception.count(sequence, sequence * 160, 160, sequence * 0.02)
    return reception


def told(lost: int, jitter: int = 0) -> Reporting:
    reports = Reporting(1)
    reports.remote = rtcp.ReportBlock(1, rtcp.loss_field(0.0, lost), 0, jitter, 0, 0)
    return reports


def test_of_nobody_nothing_is_known() -> None:
    assert statistics(Reception(), Reporting(1), 0, 0, None) == PortStatistics()
    assert statistics(heard(1), Reporting(1), 0, 0, None).mos_received is None


def test_both_directions_are_graded() -> None:
    figures = statistics(heard(*range(90), *range(95, 105)), told(5, 80), 100, 2, REMOTE)
    assert figures[:6] == (100, 16000, 5, 100, figures.jitter, 2)
    assert (figures.remote_lost, figures.remote_jitter) == (5, 0.01)
    assert figures.burst_ratio > 4.0
    assert figures.mos_received is not None
    assert figures.mos_sent is not None
    assert 1.0 < figures.mos_received < figures.mos_sent < 4.4


def test_a_phones_own_opinion_comes_first() -> None:
    reports = told(50)
    reports.metrics = rtcp.VoipMetrics(1, 0.5, 0.0, 0.0, 3.7)
    assert statistics(heard(1), reports, 100, 0, REMOTE).mos_sent == 3.7


def test_what_came_too_late_for_the_phone_counts_as_lost() -> None:
    reports = told(0)
    clean = statistics(heard(1), reports, 100, 0, REMOTE).mos_sent
    reports.metrics = rtcp.VoipMetrics(1, 0.01, 0.05, 0.1, None)
    late = statistics(heard(1), reports, 100, 0, REMOTE).mos_sent
    assert clean is not None
    assert late is not None
    assert late < clean - 0.5


def test_a_remote_that_was_sent_nothing_has_no_opinion_of_it() -> None:
    assert statistics(heard(1), told(0), 0, 0, REMOTE).mos_sent is None


def test_the_codec_counts() -> None:
    scores = []
    for formats in ((STATIC[3],), (STATIC[0],), (Format(96, "OPUS", 48000, 2),)):
        remote = REMOTE._replace(formats=(Format(101, "TELEPHONE-EVENT", 8000), *formats))
        figures = statistics(heard(1, 2, 3, 4, 5, 7), Reporting(1), 0, 0, remote)
        assert figures.mos_received is not None
        scores.append(figures.mos_received)
    assert scores == sorted(scores)
    unknown = REMOTE._replace(payload_types=(96,))
    figures = statistics(heard(1, 2, 3, 4, 5, 7), Reporting(1), 0, 0, unknown)
    assert figures.mos_received == scores[1]
