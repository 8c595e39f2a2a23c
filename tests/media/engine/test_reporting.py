"""What our own reports say, when, and what those of remotes tell."""

from softswitch.media import rtcp
from softswitch.media.engine.reporting import INTERVAL, PER_SECOND, Reporting
from softswitch.media.statistics import Reception

OURS, THEIRS = 0xAAAA, 7


def heard(packets: range, now: float = 0.0) -> Reception:
    reception = Reception()
    reception.restart(THEIRS, packets[0])
    for sequence in packets:
        reception.count(sequence, sequence * 160, 160, now + sequence * 0.02)
    return reception


def block(last_sr: int = 0, delay: int = 0, ssrc: int = OURS) -> bytes:
    told = rtcp.ReportBlock(ssrc, rtcp.loss_field(0.1, 12), 900, 16, last_sr, delay)
    return rtcp.serialize(rtcp.Report(THEIRS, None, (told,)))


def test_reports_come_every_five_seconds_and_never_all_at_once() -> None:  # RTP-10
    first, pauses = [], []
    for seed in range(1000, 1200):
        reports = Reporting(seed)
        assert reports.due_at == float("inf")
        reports.begin(100.0)
        reports.begin(200.0)
        first.append(reports.due_at - 100.0)
        at = reports.due_at
        reports.compose(OURS, (0, 0, 0), Reception(), at)
        pauses.append(reports.due_at - at)
        reports.later(at)
        pauses.append(reports.due_at - at)
    assert min(first) >= INTERVAL / 4
    assert max(first) <= INTERVAL * 3 / 4
    assert min(pauses) >= INTERVAL / 2
    assert max(pauses) <= INTERVAL * 3 / 2
    assert abs(sum(pauses) / len(pauses) - INTERVAL) < 0.3
    assert len({round(pause, 2) for pause in pauses}) > 100


def test_a_sender_says_how_much_it_has_sent_and_a_listener_does_not() -> None:
    reports = Reporting(1)
    report = reports.compose(OURS, (50, 8000, 4711), Reception(), 2.5)
    assert report == rtcp.Report(OURS, rtcp.SenderInfo(5 << 31, 4711, 50, 8000), ())
    assert reports.compose(OURS, (50, 8000, 4711), Reception(), 7.5).sender is None
    assert reports.compose(OURS, (51, 8160, 4871), Reception(), 12.5).sender is not None


def test_loss_is_told_since_the_last_report_and_in_all() -> None:
    reports = Reporting(1)
    reception = heard(range(0, 20, 2))
    (first,) = reports.compose(OURS, (0, 0, 0), reception, 5.0).blocks
    assert (first.ssrc, first.packets_lost, first.extended_highest) == (THEIRS, 9, 18)
    assert first.loss >> 24 == int(9 / 19 * 256)
    assert (first.last_sr, first.delay) == (0, 0)
    for sequence in range(19, 40):
        reception.count(sequence, sequence * 160, 160, 5.0)
    (second,) = reports.compose(OURS, (0, 0, 0), reception, 10.0).blocks
    assert (second.packets_lost, second.loss >> 24) == (9, 0)
    assert second.jitter == int(reception.jitter) > 0
    assert reports.compose(OURS, (0, 0, 0), reception, 15.0).blocks == ()


def test_duplicates_are_no_negative_share_of_loss() -> None:
    reports = Reporting(1)
    reception = heard(range(5))
    for _ in range(6):
        reception.count(2, 320, 160, 1.0)
    (told,) = reports.compose(OURS, (0, 0, 0), reception, 5.0).blocks
    assert (told.packets_lost, told.loss >> 24) == (-6, 0)


def test_their_sender_reports_are_answered_with_how_long_they_lay_here() -> None:
    reports = Reporting(1)
    sender = rtcp.SenderInfo(0x0123456789ABCDEF, 0, 0, 0)
    reports.hear(rtcp.serialize(rtcp.Report(THEIRS, sender, ())), OURS, 3.0)
    (told,) = reports.compose(OURS, (0, 0, 0), heard(range(3)), 4.5).blocks
    assert (told.last_sr, told.delay) == (0x456789AB, 3 << 15)


def test_the_round_trip_is_what_is_left_of_a_reports_way() -> None:  # RTP-10
    reports = Reporting(1)
    reports.compose(OURS, (1, 160, 0), Reception(), 2.0)
    reports.compose(OURS, (2, 320, 0), Reception(), 7.0)
    reports.hear(block(last_sr=2 << 16, delay=1 << 16), OURS, 7.3)
    assert reports.round_trip is not None
    assert abs(reports.round_trip - 4.3) < 1e-6
    reports.hear(block(last_sr=7 << 16, delay=1 << 15), OURS, 7.58)
    assert abs(reports.round_trip - 0.08) < 1e-6
    assert reports.remote is not None
    assert (reports.remote.packets_lost, reports.remote.jitter) == (12, 16)


def test_a_report_that_was_passed_on_serves_as_well() -> None:
    reports = Reporting(1)
    passed = rtcp.Report(OURS, rtcp.SenderInfo(0x1111222233334444, 0, 0, 0), ())
    reports.pass_on(passed, 10.0)
    reports.pass_on(passed._replace(sender=None), 11.0)
    assert reports.passed_at == 11.0
    reports.hear(block(last_sr=0x22223333, delay=0), OURS, 10.05)
    assert reports.round_trip is not None
    assert abs(reports.round_trip - 0.05) < 1e-6


def test_impossible_round_trips_are_not_believed() -> None:
    reports = Reporting(1)
    reports.compose(OURS, (1, 160, 0), Reception(), 2.0)
    reports.hear(block(last_sr=2 << 16, delay=1 << 20), OURS, 7.0)
    reports.hear(block(last_sr=4711), OURS, 7.0)
    reports.hear(block(last_sr=2 << 16), OURS, 700.0)
    assert reports.round_trip is None


def test_what_is_said_of_other_streams_does_not_count() -> None:
    reports = Reporting(1)
    assert reports.hear(block(ssrc=4711), OURS, 0.0) is not None
    assert reports.remote is None
    assert reports.hear(b"\x80\xcb\x00\x01" + bytes(4), OURS, 0.0) is None
    empty = rtcp.serialize(rtcp.Report(THEIRS, None, ()))
    metrics = bytearray(b"\x80\xcf\x00\x0a" + bytes(4) + b"\x07\x00\x00\x08" + bytes(32))
    metrics[12:16] = OURS.to_bytes(4, "big")
    reports.hear(empty + bytes(metrics), OURS + 1, 0.0)
    assert reports.metrics is None
    reports.hear(empty + bytes(metrics), OURS, 0.0)
    assert reports.metrics is not None


def test_what_is_said_too_often_is_noticed() -> None:
    reports = Reporting(1)
    assert sum(not reports.floods(5.5) for _ in range(1000)) == PER_SECOND
    assert not reports.floods(6.0)
