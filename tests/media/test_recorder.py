"""Packets into one time line."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import pytest

from softswitch.media.codecs.g711 import A_LAW, MU_LAW, MU_TO_A
from softswitch.media.formats import STATIC, Format
from softswitch.media.jitter import MAX_PACKETS
from softswitch.media.recorder import CUT_AFTER, CUT_BEFORE, DELAY, Recorder, Voice, common
from softswitch.media.rtp import Header
from softswitch.media.wave import Layout
from tests.media.network import BAD, Arrived, Network

START = 1000.0
PCMU, PCMA, G722, G729 = STATIC[0], STATIC[8], STATIC[9], STATIC[18]
OPUS = Format(96, "OPUS", 48000, 2)
L16 = Format(97, "L16", 8000)
CN = STATIC[13]
EVENTS = Format(101, "TELEPHONE-EVENT", 8000)
SILENCE = b"\xff" * 160


def header(packet: Arrived, kind: int = 0) -> Header:
    return Header(
        False, kind, packet.sequence, packet.timestamp, packet.ssrc, len(packet.payload), 12
    )


def tap(voice: Voice, number: int, payload: bytes, kind: int = 0, ssrc: int = 7) -> None:
    """A packet in time."""
    found = Header(False, kind, number, 160 * number, ssrc, len(payload), 12)
    voice.tap(found, payload, START + 0.02 * number)


def record(arrivals: Sequence[Arrived], seconds: float, every: float = 0.4) -> bytes:
    """What a recorder that is drained now and then makes of arrivals."""
    voice = Voice((PCMU,))
    recorder = Recorder([voice], START)
    waiting = list(arrivals)[::-1]
    octets = []
    for turn in range(round(seconds / every)):
        until = START + (turn + 1) * every
        while waiting and waiting[-1].at <= until:
            packet = waiting.pop()
            voice.tap(header(packet), packet.payload, packet.at)
        octets.append(recorder.drain(until))
    octets.append(recorder.finish(START + seconds))
    assert recorder.seconds == pytest.approx(seconds, abs=0.04)
    return b"".join(octets)


def frames(octets: bytes) -> list[bytes]:
    return [octets[at : at + 160] for at in range(0, len(octets), 160)]


def numbers(octets: bytes) -> list[int]:
    """Of the packets that are in a recording whole, in their order."""
    return [
        int.from_bytes(frame[:4], "big")
        for frame in frames(octets)
        if frame == frame[:4] * 40 and frame[0] == 0
    ]


def test_ten_minutes_of_the_bad_network_of_the_goals() -> None:
    """20 % loss, 10 % doubles, 100 ms jitter, disorder, both wraps, another SSRC, 500 ppm."""
    network = dataclasses.replace(BAD, skew=500e-6)
    arrivals = network.carry(
        600, START, sequence=60_000, timestamp=(1 << 32) - 1_000_000, ssrc_changes_at=15_000
    )
    octets = record(arrivals, 600)
    assert len(octets) == 600 * 8000
    found = numbers(octets)
    assert found == sorted(set(found))
    assert len(found) > 0.99 * len({packet.number for packet in arrivals})


@pytest.mark.parametrize("skew", [500e-6, -500e-6, 0.0])
def test_every_packet_stands_near_its_time(skew: float) -> None:
    arrivals = dataclasses.replace(BAD, skew=skew, loss=0.02).carry(60, START)
    for place, frame in enumerate(frames(record(arrivals, 60))):
        if frame == frame[:4] * 40 and frame[0] == 0:
            sent = int.from_bytes(frame[:4], "big") * 0.02 * (1 + skew)
            assert abs(place * 0.02 - sent) < 0.12


def test_a_good_network_is_recorded_octet_by_octet() -> None:
    arrivals = Network(jitter=0.03).carry(20, START)
    octets = record(arrivals, 20.1)
    spoken = b"".join(packet.payload for packet in sorted(arrivals, key=lambda it: it.number))
    assert spoken in octets


@pytest.mark.parametrize("ticks", [80, 240, 480])
def test_so_are_packets_of_other_lengths(ticks: int) -> None:
    arrivals = Network().carry(6, START, ticks=ticks)
    assert record(arrivals, 6) == b"".join(packet.payload for packet in arrivals)


def test_a_lost_packet_is_concealed_and_a_longer_gap_is_silence() -> None:
    voice = Voice((PCMU,))
    recorder = Recorder([voice], START)
    wave = (9000 * np.sin(np.arange(16_000) * 0.35)).astype(np.int16)
    sound = MU_LAW.encode(wave).tobytes()
    for number in range(100):
        if number != 20 and not 40 <= number < 60:
            tap(voice, number, sound[160 * number : 160 * number + 160])
    octets = recorder.finish(START + 2.0)
    heard = MU_LAW.decode(np.frombuffer(octets, np.uint8)).astype(float)
    lost = slice(160 * 20, 160 * 21)
    noise = heard[lost] - wave[lost]
    assert np.dot(noise, noise) < 0.25 * np.dot(heard[lost], heard[lost])
    assert np.abs(heard[160 * 43 : 160 * 60]).max() == 0
    for whole in (slice(0, 20 * 160), slice(21 * 160, 40 * 160), slice(60 * 160, None)):
        assert octets[whole] == sound[whole]


def test_a_loss_at_the_start_of_a_drain_knows_what_was_before() -> None:
    voice = Voice((PCMU,))
    recorder = Recorder([voice], START)
    wave = (9000 * np.sin(np.arange(16_000) * 0.35)).astype(np.int16)
    sound = MU_LAW.encode(wave).tobytes()
    octets = b""
    for number in range(100):
        if number != 20:
            tap(voice, number, sound[160 * number : 160 * number + 160])
        octets += recorder.drain(START + 0.02 * number)
    heard = MU_LAW.decode(np.frombuffer(octets, np.uint8)).astype(float)
    lost = slice(160 * 20, 160 * 21)
    noise = heard[lost] - wave[lost]
    assert np.dot(noise, noise) < 0.25 * np.dot(heard[lost], heard[lost])


def test_a_codec_that_begins_in_the_middle_becomes_what_the_file_is() -> None:
    voice = Voice((PCMU, PCMA, G722, OPUS))
    recorder = Recorder([voice], START)
    for number in range(50):
        tap(voice, number, bytes((number,)) * 160)
    for number in range(50, 100):
        tap(voice, number, bytes((number,)) * 160, 8)
    for number in range(100, 150):
        tap(voice, number, b"\x11" * 160, 9)
    octets = recorder.finish(START + 3.0)
    assert recorder.layout == Layout("PCMU", 8000)
    expected = [bytes((number,)) * 160 for number in range(50)]
    assert frames(octets)[:50] == expected
    assert len(octets) == 24_000
    for number, frame in enumerate(frames(octets)[50:100], 50):
        samples = MU_LAW.samples_of(frame).astype(int)
        wanted = A_LAW.samples_of(bytes((number,)) * 160).astype(int)
        assert np.abs(samples - wanted).max() <= 0.05 * np.abs(wanted).max() + 16


def test_the_other_law_is_translated() -> None:
    voice = Voice((PCMA, PCMU))
    recorder = Recorder([voice], START)
    tap(voice, 0, b"\xd5" * 160, 8)
    tap(voice, 1, bytes(range(160)), 0)
    octets = recorder.finish(START + 0.04)
    assert octets[160:] == bytes(range(160)).translate(MU_TO_A)


def test_a_new_description_may_give_old_numbers_to_the_same_codec() -> None:
    voice = Voice((Format(100, "PCMU", 8000),))
    recorder = Recorder([voice], START)
    tap(voice, 0, b"\x01" * 160, 100)
    voice.expect((PCMU,))
    tap(voice, 1, b"\x02" * 160, 0)
    tap(voice, 2, b"\x03" * 160, 100)
    assert frames(recorder.finish(START + 0.06))[:2] == [b"\x01" * 160, b"\x02" * 160]


def test_wideband_is_kept_as_samples() -> None:
    for format_ in (G722, OPUS):
        voice = Voice((format_,))
        recorder = Recorder([voice], START)
        octets = recorder.finish(START + 0.1)
        assert recorder.layout == Layout("L16", 16000)
        assert octets == bytes(3200)


def test_what_lasts_no_tick_is_no_sound() -> None:
    voice = Voice((OPUS, Format(97, "L16", 8000)))
    recorder = Recorder([voice], START)
    tap(voice, 0, b"", 96)
    tap(voice, 1, b"\x03", 96)
    tap(voice, 2, b"\x01", 97)
    assert recorder.finish(START + 0.1) == bytes(3200)


def test_payload_types_that_nobody_agreed_on_are_no_sound() -> None:
    voice = Voice((PCMU, G729))
    recorder = Recorder([voice], START)
    tap(voice, 0, b"\x01" * 160, 3)
    tap(voice, 1, b"\x01" * 20, 18)
    tap(voice, 1, b"\x01" * 20, 18)
    assert recorder.finish(START + 0.04) == SILENCE * 2


def test_no_more_codecs_are_kept_than_a_phone_has() -> None:
    formats = tuple(Format(96 + number, "L16", rate) for number, rate in enumerate((8000, 16000)))
    formats += (PCMU, PCMA, G722, OPUS._replace(payload_type=120))
    voice = Voice(formats)
    for number, format_ in enumerate(formats):
        tap(voice, number, bytes(640), format_.payload_type)
    Recorder([voice], START).finish(START + 0.2)
    assert len(voice._sources) == 4


def test_a_payload_that_means_nothing_is_silence_of_a_frame() -> None:
    voice = Voice((OPUS,))
    recorder = Recorder([voice], START)
    tap(voice, 0, b"\xff\xff\xff", 96)
    tap(voice, 1, b"\x08" + bytes(20), 96)
    assert len(recorder.finish(START + 0.2)) == 6400


def test_without_a_codec_there_is_nothing() -> None:
    voice = Voice((G729,))
    recorder = Recorder([voice], START)
    tap(voice, 0, bytes(20), 18)
    assert recorder.finish(START + 1.0) == b""
    assert (recorder.seconds, recorder.layout) == (0.0, None)


def test_keys_are_cut_with_what_may_sound_of_them() -> None:
    voice = Voice((PCMU, EVENTS))
    recorder = Recorder([voice], START)
    for number in range(100):
        tap(voice, number, b"\x22" * 160)
        if number in (50, 51, 52, 80):
            tap(voice, number, b"\x01\x0a\x00\xa0", 101)
    found = frames(recorder.finish(START + 2.0))
    silent = [number for number, frame in enumerate(found) if frame == SILENCE]
    first, last = 50 - round(CUT_BEFORE / 0.02), 52 + round(CUT_AFTER / 0.02)
    assert set(range(first + 1, last)) <= set(silent) <= {*range(first, last + 1), *range(72, 82)}
    assert silent.count(79) == 1


def test_cuts_are_forgotten_when_they_are_over() -> None:
    voice = Voice((PCMU,))
    recorder = Recorder([voice], START)
    for number in range(200):
        tap(voice, number, b"\x22" * 160)
        if number % 10 == 0:
            voice.cut(START + 0.02 * number, START + 0.02 * number + 0.01)
        if number % 20 == 19:
            recorder.drain(START + 0.02 * number)
    assert len(voice._cuts) < 10


def test_the_limit_is_kept_to_the_frame() -> None:
    recorder = Recorder([Voice((PCMU,))], START, limit=1.0)
    assert len(recorder.drain(START + 5.0)) == 8000
    assert recorder.ended == "limit"
    assert recorder.drain(START + 9.0) == recorder.finish(START + 9.0) == b""


def test_a_voice_goes_on_for_sure_until_it_may_be_silent_or_full_or_at_its_limit() -> None:
    voice = Voice((PCMU,))
    recorder = Recorder([voice], START, limit=10.0, silence=2.0)
    assert recorder.goes_on(START + 2.2)
    assert not recorder.goes_on(START + 2.4)
    for number in range(MAX_PACKETS // 2):
        assert recorder.goes_on(START + 1.0)
        tap(voice, number, b"\x80" * 160)
    assert not recorder.goes_on(START + 1.0)
    recorder.drain(START + 5.4)
    assert recorder.sound[1] == pytest.approx(5.1)
    assert recorder.goes_on(START + 7.2)
    assert not recorder.goes_on(START + 7.5)
    assert not Recorder([voice], START, limit=1.0).goes_on(START + 1.4)
    assert not Recorder([voice, voice], START).goes_on(START + 1.0)


def test_silence_ends_one_voice_and_no_call() -> None:
    one = Recorder([Voice((PCMU,))], START, silence=2.0)
    two = Recorder([Voice((PCMU,)), Voice((PCMA,))], START, silence=2.0)
    for recorder in (one, two):
        recorder.drain(START + 3.0)
    assert (one.ended, two.ended) == ("silence", "")
    assert one.sound == (0.0, 0.0)
    assert two.sound == (0.0, two.seconds)


def test_where_speech_was_is_told() -> None:
    voice = Voice((G722, PCMU))
    recorder = Recorder([voice], START)
    loud = MU_LAW.encode((8000 * np.sin(np.arange(160) * 0.4)).astype(np.int16)).tobytes()
    for number in range(100):
        tap(voice, number, loud if 30 <= number < 60 else SILENCE)
    recorder.finish(START + 2.0)
    assert recorder.sound == pytest.approx((0.6, 1.2))


@pytest.mark.parametrize("spoken", [0.0, 1.5, 6.5, 9.0])
def test_silence_ends_a_voice_at_once_however_seldom_it_is_looked_for(spoken: float) -> None:
    """What was said is looked at once in seconds; that it was silent is still found in time."""
    voice = Voice((PCMU,))
    recorder = Recorder([voice], START, silence=2.0)
    loud = MU_LAW.encode((8000 * np.sin(np.arange(160) * 0.4)).astype(np.int16)).tobytes()
    ended_at = 0.0
    for second in range(1, 15):
        for number in range(50 * second - 50, 50 * second):
            tap(voice, number, loud if number < 50 * spoken else SILENCE)
        recorder.drain(START + second + DELAY)
        if recorder.ended:
            ended_at = second
            break
    assert ended_at == math.ceil(spoken + 2.0)
    assert recorder.sound == pytest.approx((0.0, spoken))


def test_common_layouts() -> None:
    law, other, wide = Layout("PCMU", 8000), Layout("PCMA", 8000), Layout("L16", 16000)
    assert common([]) is None
    assert common([other, law]) == other
    assert common([law, wide]) == wide
    assert common([Layout("L16", 8000), law]) == Layout("L16", 8000)


@pytest.mark.parametrize("spoken", [PCMU, L16], ids=["octets copied", "decoded"])
def test_described_silence_is_recorded_as_noise_until_there_is_sound(spoken: Format) -> None:
    """RFC 3389: the description has its place in time, and holds until the next sound."""
    loud = np.full(160, 8000, np.int16)
    sound = MU_LAW.payload_of(loud) if spoken is PCMU else loud.astype(">i2").tobytes()
    voice = Voice((spoken, CN))
    recorder = Recorder([voice], START)
    kind = spoken.payload_type
    for number in (*range(10), *range(60, 70)):
        tap(voice, number, sound, kind)
    voice.tap(Header(False, 13, 10, 1600, 7, 1, 12), b"\x28", START + 0.2)
    octets = recorder.drain(START + 1.0) + recorder.finish(START + 1.4)
    codes = np.frombuffer(octets, np.uint8)
    samples = MU_LAW.decode(codes) if spoken is PCMU else np.frombuffer(octets, "<i2")
    assert len(samples) == 1.4 * 8000
    heard = samples.reshape(-1, 160).astype(np.int64)
    talking = [bool((np.abs(frame) > 7000).all()) for frame in heard]
    assert talking == [True] * 10 + [False] * 50 + [True] * 10
    power = -10 * np.log10(np.mean(heard[12:60] ** 2) / 32768**2)
    assert power == pytest.approx(40, abs=1)
    assert heard[10:60].any(axis=1).all()


def test_noise_before_any_sound_or_of_another_clock_is_not_followed() -> None:
    voice = Voice((PCMU, Format(99, "CN", 16000)))
    voice.tap(Header(False, 13, 0, 0, 7, 1, 12), b"\x28", START)
    tap(voice, 1, SILENCE)
    voice.tap(Header(False, 99, 2, 320, 7, 1, 12), b"\x28", START + 0.04)
    voice.tap(Header(False, 13, 3, 480, 8, 1, 12), b"\x28", START + 0.06)
    recorder = Recorder([voice], START)
    assert set(recorder.finish(START + 1.0)) <= {0xFF, 0x7F}
