"""A leg's RTCP: what its remote reports, and reports of our own (RFC 3550 §6).

    remote's report ─► Reporting.hear ─► loss, jitter, round trip of what we send
                    └► translated, to the peer's remote     while packets are only relayed
    every 5 s       ─► Reporting.compose ─► to the remote   where we make the stream, or where
                                                            its peer reports nothing

Our clock in sender reports is the engine's own, which counts from an unknown moment: whoever has
no notion of the time of day may do so (§6.4.1), and remotes only ever subtract it.
"""

from __future__ import annotations

from softswitch.media import rtcp
from softswitch.media.statistics import Reception

INTERVAL = 5.0
"""Seconds between reports, half of it before the first (§6.2)."""
UNREPORTED = 10.0
"""Seconds without a report to pass on after which a relayed remote gets one of ours: many ATAs
hang up when they hear none."""
PER_SECOND = 10
"""Packets looked at: more than any stream needs."""
_MAX_ROUND_TRIP = 60.0
_SCATTER = 2654435761
"""Knuth's multiplier: spreads consecutive numbers over all 32 bits."""


class Reporting:
    """What was reported on one leg, and when to report next."""

    __slots__ = (
        "_count",
        "_expected",
        "_lost",
        "_packets_received",
        "_packets_sent",
        "_reports",
        "_second",
        "_seed",
        "_senders",
        "_theirs",
        "due_at",
        "metrics",
        "passed_at",
        "remote",
        "round_trip",
    )

    def __init__(self, seed: int) -> None:
        """Any number that others cannot guess: it spreads the reports of many legs (§6.2)."""
        self.due_at = float("inf")
        self.passed_at = float("-inf")
        """When a report of the peer's remote was last passed on to this leg's."""
        self.remote: rtcp.ReportBlock | None = None
        """What the remote last said about our stream."""
        self.metrics: rtcp.VoipMetrics | None = None
        self.round_trip: float | None = None
        self._seed = seed
        self._reports = 0
        self._second = self._count = 0
        self._senders: list[tuple[int, float]] = []
        """The middle of the NTP times of the last sender reports that the remote got, and when."""
        self._theirs: tuple[int, float] | None = None
        """The same of its own last one."""
        self._expected = self._lost = self._packets_received = self._packets_sent = 0

    def begin(self, now: float) -> None:
        """The remote can be told something from now on."""
        if self.due_at == float("inf"):
            self.due_at = now + self._scattered(INTERVAL / 2)

    def floods(self, now: float) -> bool:
        """Has the remote said too much within this second? Counts one more."""
        second = int(now)
        if second != self._second:
            self._second, self._count = second, 0
        self._count += 1
        return self._count > PER_SECOND

    def hear(self, data: bytes, ours: int, now: float) -> rtcp.Report | None:
        """Enter a sound compound packet; `ours` is the SSRC that we send to the remote with."""
        report = rtcp.parse(data)
        if report is None:
            return None
        if report.sender is not None:
            self._theirs = (_middle(report.sender.ntp), now)
        for block in report.blocks:
            if block.ssrc == ours:
                self.remote = block
                self._measure(block, now)
        metrics = rtcp.voip_metrics(data)
        if metrics is not None and metrics.ssrc == ours:
            self.metrics = metrics
        return report

    def pass_on(self, report: rtcp.Report, now: float) -> None:
        """This report of the peer's remote goes to ours."""
        self.passed_at = now
        self._remember(report, now)

    def compose(
        self, ssrc: int, sent: tuple[int, int, int], reception: Reception, now: float
    ) -> rtcp.Report:
        """Our own next report: of packets and octets sent and the timestamp of this moment, and of
        what was received."""
        self._reports += 1
        self.due_at = now + self._scattered(INTERVAL)
        packets, octets, timestamp = sent
        sender = None
        if packets != self._packets_sent:
            self._packets_sent = packets
            sender = rtcp.SenderInfo(
                int(now * (1 << 32)) & (1 << 64) - 1,
                timestamp,
                packets & 0xFFFFFFFF,
                octets & 0xFFFFFFFF,
            )
        report = rtcp.Report(ssrc, sender, self._blocks(reception, now))
        self._remember(report, now)
        return report

    def later(self, now: float) -> None:
        """No report is needed this time."""
        self._reports += 1
        self.due_at = now + self._scattered(INTERVAL)

    def put_off(self, until: float) -> None:
        """Nothing comes or goes: there will be nothing to report any sooner."""
        self.due_at = max(self.due_at, until)

    def _blocks(self, reception: Reception, now: float) -> tuple[rtcp.ReportBlock, ...]:
        if reception.ssrc < 0 or reception.packets == self._packets_received:
            return ()  # nothing heard since: nothing to say about it (§6.4)
        self._packets_received = reception.packets
        expected, lost = reception.expected - self._expected, reception.lost - self._lost
        self._expected, self._lost = reception.expected, reception.lost
        last_sr, delay = 0, 0
        if self._theirs is not None:
            last_sr = self._theirs[0]
            delay = min(int((now - self._theirs[1]) * rtcp.DELAY_UNIT), 0xFFFFFFFF)
        return (
            rtcp.ReportBlock(
                reception.ssrc,
                rtcp.loss_field(lost / expected if expected > 0 else 0.0, reception.lost),
                reception.extended_highest & 0xFFFFFFFF,
                min(int(reception.jitter), 0xFFFFFFFF),
                last_sr,
                delay,
            ),
        )

    def _remember(self, report: rtcp.Report, now: float) -> None:
        """A report may cross with the next one, so two are remembered."""
        if report.sender is not None:
            self._senders = [*self._senders[-1:], (_middle(report.sender.ntp), now)]

    def _measure(self, block: rtcp.ReportBlock, now: float) -> None:
        """From our sender report there, its stay, and this report back: the rest is the way."""
        for middle, sent_at in self._senders:
            if middle == block.last_sr:
                way = now - sent_at - block.delay / rtcp.DELAY_UNIT
                if 0.0 <= way < _MAX_ROUND_TRIP:
                    self.round_trip = way

    def _scattered(self, interval: float) -> float:
        """Half to one and a half of it, so that many legs never report at once (§6.3.1)."""
        scatter = (self._seed + self._reports) * _SCATTER & 0xFFFFFFFF
        return interval * (0.5 + scatter / (1 << 32))


def _middle(ntp: int) -> int:
    return ntp >> 16 & 0xFFFFFFFF
