"""Codecs and SSRCs of one remote, each in its place."""

from softswitch.media.arrivals import Arrivals
from softswitch.media.formats import STATIC, Format
from softswitch.media.hearing import MAX_SOURCES, Hearing
from softswitch.media.jitter import JitterBuffer
from softswitch.media.rtp import Header

PCMU, PCMA, G722, G729 = STATIC[0], STATIC[8], STATIC[9], STATIC[18]
EVENTS = Format(101, "TELEPHONE-EVENT", 8000)
OPUS = Format(96, "OPUS", 48000, 2)


class Keys(Hearing):
    """Counts keys."""

    pressed = 0

    def key(self, now: float) -> None:
        super().key(now)
        self.pressed += 1


def hearing(*formats: Format) -> Keys:
    return Keys(formats, lambda format_, ticks: JitterBuffer(format_.clock_rate, ticks=ticks))


def tap(
    it: Hearing, number: int, kind: int = 0, ssrc: int = 7, payload: bytes = b"x" * 160
) -> None:
    header = Header(False, kind, number, 160 * number, ssrc, len(payload), 12)
    it.tap(header, payload, 0.02 * number)


def packets(it: Hearing) -> dict[str, int]:
    return {source.format.encoding: len(source.buffer) for source in it._sources}


def test_before_the_first_packet_nobody_speaks() -> None:
    assert hearing(PCMU).speaking() is None


def test_each_codec_has_a_buffer() -> None:
    it = hearing(PCMU, PCMA)
    tap(it, 0, 0)
    tap(it, 1, 8)
    tap(it, 2, 8)
    assert packets(it) == {"PCMU": 1, "PCMA": 2}


def test_the_next_one_speaks_when_the_first_has_run_dry() -> None:
    it = hearing(PCMU, PCMA)
    tap(it, 0, 0)
    tap(it, 1, 8)
    first = it.speaking()
    assert first is not None
    assert first.format == PCMU
    first.buffer.take(1.0)
    second = it.speaking()
    assert second is not None
    assert second.format == PCMA
    second.buffer.take(1.0)
    assert it.speaking() is second


def test_what_was_not_agreed_on_or_has_no_codec_is_not_heard() -> None:
    it = hearing(PCMU, G729)
    tap(it, 0, 3)
    tap(it, 0, 18)
    tap(it, 1, 18)
    assert packets(it) == {}


def test_what_lasts_no_time_is_not_heard() -> None:
    it = hearing(PCMU, OPUS)
    tap(it, 0, 0, payload=b"")
    tap(it, 0, 96, payload=b"\x03")
    assert packets(it) == {"PCMU": 0, "OPUS": 0}


def test_keys_are_noticed() -> None:
    it = hearing(PCMU, EVENTS)
    tap(it, 0, 101, payload=b"\x01\x0a\x00\xa0")
    tap(it, 1, 101, payload=b"")
    tap(it, 2, 0)
    assert it.pressed == 2


def test_another_description_gives_numbers_another_meaning() -> None:
    it = hearing(PCMU)
    tap(it, 0)
    it.expect((PCMU._replace(payload_type=100), PCMA._replace(payload_type=0)))
    tap(it, 1, 100)
    tap(it, 2, 0)
    assert packets(it) == {"PCMU": 2, "PCMA": 1}


def test_codecs_are_bounded() -> None:
    formats = [Format(96 + at, "L16", rate) for at, rate in enumerate((8000, 16000, 24000))]
    formats += [PCMU, PCMA, G722]
    it = hearing(*formats)
    for number, format_ in enumerate(formats):
        tap(it, number, format_.payload_type)
    assert len(it._sources) == MAX_SOURCES


def test_another_ssrc_is_another_beginning_and_packets_it_overtook_are_left_out() -> None:
    it = hearing(PCMU)
    for number in range(3):
        tap(it, number)
    tap(it, 4, ssrc=8)
    tap(it, 3, ssrc=7)
    tap(it, 5, ssrc=8)
    assert packets(it) == {"PCMU": 5}


def test_an_ssrc_may_come_back_later() -> None:
    it = hearing(PCMU)
    for number, ssrc in ((0, 7), (1, 8), (20, 7), (21, 7)):
        tap(it, number, ssrc=ssrc)
    assert packets(it) == {"PCMU": 4}


def run(it: Hearing, first: int, count: int, kind: int = 0, ssrc: int = 7) -> None:
    header = Header(False, kind, first & 0xFFFF, 160 * first & 0xFFFFFFFF, ssrc, 160, 12)
    times = [0.02 * (first + number) for number in range(count)]
    it.tap_run(header, b"x" * 160 * count, Arrivals.of(times))


def test_a_run_is_heard_like_its_packets() -> None:
    it = hearing(PCMU, PCMA, OPUS)
    assert not it.patient
    run(it, 0, 3)
    run(it, 3, 4)
    run(it, 9, 2)
    assert packets(it) == {"PCMU": 9}
    run(it, 11, 2, 8)
    run(it, 13, 2, ssrc=8)
    assert packets(it) == {"PCMU": 11, "PCMA": 2}
    run(it, 15, 2, 18)
    assert packets(it) == {"PCMU": 11, "PCMA": 2}


def test_a_run_over_the_end_of_the_numbers_is_heard_whole() -> None:
    it = hearing(PCMU)
    run(it, 0xFFFE, 4)
    assert packets(it) == {"PCMU": 4}
