"""Live listening, many legs at a time."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from softswitch.media.codecs import codec
from softswitch.media.codecs.g711 import A_LAW, MU_LAW
from softswitch.media.engine.control import Message
from softswitch.media.engine.ears import Ear, Ears, gather
from softswitch.media.engine.leg import Leg
from softswitch.media.formats import STATIC, Format
from softswitch.media.rtp import Header
from softswitch.media.samples import Samples
from tests.media.engine.studio import EVENTS, G722, G729, OPUS, PCMA, PCMU, Studio

START = 1000.0
L16 = Format(97, "L16", 8000)


def tone(seconds: float = 2.0, rate: int = 8000) -> Samples:
    return (8000 * np.sin(2 * np.pi * 400 * np.arange(round(seconds * rate)) / rate)).astype(
        np.int16
    )


def hear(ear: Ear, number: int, payload: bytes, kind: int, ticks: int = 160, ssrc: int = 7) -> None:
    header = Header(False, kind, number, ticks * number, ssrc, len(payload), 12)
    ear.receive(header, payload, START + number * ticks / 8000)


def pulled(ear: Ear, frames: int, rate: int = 8000) -> Samples:
    """What is heard in so many frames, from half a frame after the start."""
    rows = [gather([ear], START + 0.01 + 0.02 * number, rate)[0] for number in range(frames)]
    sound: Samples = np.concatenate(rows)
    return sound


def start_of(sound: Samples) -> int:
    return int(np.flatnonzero(sound)[0])


@pytest.mark.parametrize(("format_", "law"), [(PCMU, MU_LAW), (PCMA, A_LAW)])
def test_g711_is_heard_sample_by_sample(format_: Format, law: Any) -> None:
    ear = Ear((format_,))
    codes = law.encode(tone())
    frames = []
    for number in range(100):
        payload = codes[160 * number : 160 * number + 160].tobytes()
        hear(ear, number, payload, format_.payload_type)
        frames.append(gather([ear], START + 0.001 + 0.02 * number)[0])
    sound = np.concatenate(frames)
    assert (sound[320:] == law.decode(codes)[: len(sound) - 320]).all()


def test_many_are_decoded_together_each_in_his_row() -> None:
    ears = [Ear((PCMU,)), Ear((PCMA,)), Ear((G722,)), Ear((PCMU,)), Ear((G729,))]
    payloads = [
        MU_LAW.payload_of(tone(0.02)),
        A_LAW.payload_of(tone(0.02)),
        bytes(160),
        b"\x80" * 160,
    ]
    for ear, payload, kind in zip(ears, payloads, (0, 8, 9, 0), strict=False):
        hear(ear, 0, payload, kind)
    frames = gather(ears, START + 0.1)
    assert frames.shape == (5, 160)
    assert (frames[0] == MU_LAW.samples_of(payloads[0])).all()
    assert (frames[1] == A_LAW.samples_of(payloads[1])).all()
    assert (frames[3] == MU_LAW.samples_of(payloads[3])).all()
    assert not frames[4].any()


@pytest.mark.parametrize("ticks", [80, 240, 480])
def test_packets_of_other_lengths_are_cut_into_frames(ticks: int) -> None:
    ear = Ear((PCMU,))
    codes = MU_LAW.encode(tone())
    for number in range(16000 // ticks):
        payload = codes[ticks * number : ticks * (number + 1)].tobytes()
        hear(ear, number, payload, 0, ticks)
    sound = pulled(ear, 110)
    first = start_of(sound) - 1
    assert (sound[first : first + 12000] == MU_LAW.decode(codes)[:12000]).all()


@pytest.mark.parametrize(
    ("format_", "rate"),
    [(G722, 16000), (G722, 8000), (OPUS, 16000), (L16, 8000), (L16, 16000), (PCMU, 16000)],
)
def test_other_codecs_are_decoded_at_the_wanted_rate(format_: Format, rate: int) -> None:
    ear = Ear((format_,), rate)
    found = codec(format_)
    assert found is not None
    encoder = found.encoder()
    source = tone(1.0, encoder.rate)
    size = encoder.rate // 50
    ticks = format_.clock_rate // 50
    for number in range(50):
        payload = encoder.encode(source[size * number : size * (number + 1)])
        header = Header(False, format_.payload_type, number, ticks * number, 7, len(payload), 12)
        ear.receive(header, payload, START + 0.02 * number)
    sound = pulled(ear, 50, rate).astype(float)[rate // 2 : rate // 2 + rate // 4]
    assert np.abs(np.fft.rfft(sound)).argmax() * 4 == 400


def test_a_lost_packet_is_concealed() -> None:
    for format_ in (PCMU, L16):
        found = codec(format_)
        assert found is not None
        ear = Ear((format_,))
        encoder = found.encoder()
        for number in range(50):
            if number != 25:
                payload = encoder.encode(tone()[160 * number : 160 * (number + 1)])
                hear(ear, number, payload, format_.payload_type)
        sound = pulled(ear, 52).astype(float)
        first = start_of(sound.astype(np.int16)) - 1
        lost = sound[first + 4000 : first + 4160]
        noise = lost - tone()[4000:4160]
        assert np.dot(noise, noise) < 0.25 * np.dot(lost, lost)


def test_a_payload_that_means_nothing_is_a_frame_of_silence() -> None:
    ear = Ear((L16,))
    hear(ear, 0, b"\x01\x02\x03", 97)
    assert pulled(ear, 5).shape == (800,)
    ear = Ear((OPUS,))
    hear(ear, 0, b"\xff\xff\xff", 96)
    assert not pulled(ear, 5).any()


def test_half_a_frame_at_the_end_is_filled_with_silence() -> None:
    ear = Ear((PCMU,))
    for number in range(3):
        hear(ear, number, b"\x80" * 80, 0, 80)
    sound = pulled(ear, 30)
    assert (sound != 0).sum() >= 240
    assert not sound[-800:].any()


def test_another_codec_goes_on() -> None:
    ear = Ear((PCMU, PCMA))
    for number in range(10):
        hear(ear, number, b"\x80" * 160, 0)
    for number in range(10, 20):
        hear(ear, number, b"\xaa" * 160, 8)
    sound = pulled(ear, 30)
    assert {int(MU_LAW.samples_of(b"\x80")[0]), int(A_LAW.samples_of(b"\xaa")[0])} <= set(
        sound.tolist()
    )


class Listener:
    """A department that hears, and nothing else."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.heard: list[tuple[int, Samples]] = []
        self.ears = Ears(self._hear)
        self.handlers: Mapping[type[Any], Callable[[Any], None]] = {}

    def _hear(self, legs: Sequence[Leg], frames: Samples, deadline: float) -> None:
        self.heard += [(leg.id, frame) for leg, frame in zip(legs, frames, strict=True)]

    @property
    def next_deadline(self) -> float:
        return self.ears.next_deadline

    def tick(self, now: float) -> None:
        self.ears.tick(now)

    def renewed(self, leg: Leg) -> None:
        self.ears.renewed(leg)

    def ended(self, leg: Leg) -> None:
        self.ears.remove(leg)

    def close(self) -> None:
        pass


def make(
    _legs: Mapping[int, Leg], _say: Callable[[Message], None], clock: Callable[[], float]
) -> Listener:
    return Listener(clock)


def test_ears_on_legs_have_a_turn_every_twenty_milliseconds() -> None:
    it = Studio(make)
    legs = [it.leg(PCMU, EVENTS) for _ in range(3)]
    assert it.department.next_deadline == float("inf")
    for leg in legs:
        it.department.ears.add(leg, it.now)
        it.department.ears.add(leg, it.now)
    it.pass_time(1.0, lambda number: it.speak(legs[1], number, b"\x80" * 160))
    heard = it.department.heard
    assert [sum(number == leg.id for number, _ in heard) for leg in legs] == [50] * 3
    assert sum(frame.any() for number, frame in heard if number == legs[1].id) >= 47
    assert not any(frame.any() for number, frame in heard if number != legs[1].id)
    it.describe(legs[1], PCMA)
    it.department.heard.clear()
    it.pass_time(1.0, lambda number: it.speak(legs[1], 50 + number, b"\xaa" * 160, 8))
    assert sum(frame.any() for number, frame in it.department.heard if number == legs[1].id) > 40
    for leg in legs:
        it.department.ended(leg)
        it.department.ended(leg)
    assert it.department.next_deadline == float("inf")
    assert legs[1].taps == ()


def test_it_is_known_when_a_frame_came() -> None:
    it = Studio(make)
    leg = it.leg(PCMU)
    it.department.ears.add(leg, it.now)
    assert it.department.ears.came(leg, 5.0) == 5.0
    it.pass_time(1.0, lambda number: it.speak(leg, number, b"\x80" * 160))
    came = it.department.ears.came(leg, it.now)
    assert it.now - 0.041 < came <= it.now


@pytest.mark.parametrize("spoken", [PCMU, L16])
def test_noise_that_is_described_is_silence_until_there_is_sound(spoken: Format) -> None:
    """RFC 3389."""
    ear = Ear((spoken, STATIC[13]))
    found = codec(spoken)
    assert found is not None
    sound = found.encoder().encode(np.full(160, 8000, np.int16))
    heard = []
    for number in range(100):
        if number == 10:
            hear(ear, number, b"\x28", 13)
        elif number < 10 or number >= 60:
            hear(ear, number, sound, spoken.payload_type)
        heard.append(gather([ear], START + 0.001 + 0.02 * number)[0].astype(np.int64))
    assert (np.array(heard[2:10]) > 7000).all()
    assert np.abs(heard[15:60]).max() <= 8  # PCMA has no 0
    assert (np.array(heard[64:]) > 7000).all()
