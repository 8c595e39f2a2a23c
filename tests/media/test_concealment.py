"""Lost packets are filled with what the sound was, without a click."""

import numpy as np
import pytest

from softswitch.media.concealment import Concealment, continuation, pitch_period
from tests.support.sound import Samples, sine, speech, steepest


def played(sound: Samples, rate: int, lost: set[int], frame: int) -> Samples:
    """The sound in frames, those that are lost concealed."""
    concealment = Concealment(rate)
    parts = []
    for index in range(len(sound) // frame):
        part = sound[index * frame : (index + 1) * frame]
        parts.append(concealment.conceal(frame) if index in lost else concealment.follow(part))
    return np.concatenate(parts)


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
@pytest.mark.parametrize("frequency", [100, 137, 440, 1004])
def test_a_sine_goes_on_without_a_click(rate: int, frequency: float) -> None:
    sound = sine(frequency, rate, 0.5)
    for lost in ({10}, {10, 11, 12}, {9, 11, 13}):
        heard = played(sound, rate, lost, rate // 50)
        assert steepest(heard) <= 1.35 * steepest(sound) + 40


@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize("pitch", [90.0, 140.0, 230.0])
def test_speech_goes_on_without_a_click(rate: int, pitch: float) -> None:
    sound = speech(rate, 1.0, pitch)
    for milliseconds in (10, 20, 30, 60):
        frame = rate * milliseconds // 1000
        frames = len(sound) // frame
        lost = {index for index in range(frames) if index % 7 in (4, 5)}
        assert steepest(played(sound, rate, lost, frame)) <= 1.35 * steepest(sound)


def test_one_lost_frame_of_a_sine_is_nearly_what_it_was() -> None:
    sound = sine(400, 8000, 0.4)
    heard = played(sound, 8000, {10}, 160)
    error = heard[1600:1760].astype(float) - sound[1600:1760]
    assert np.sqrt(np.mean(error**2)) < 0.15 * 8000 / np.sqrt(2)
    assert np.array_equal(heard[1920:], sound[1920:])


def test_a_long_loss_fades_to_silence_within_60_ms() -> None:
    heard = played(sine(300, 8000, 0.4), 8000, set(range(10, 20)), 160)
    powers = [float(np.abs(heard[at : at + 80]).max()) for at in range(1600, 2080, 80)]
    assert powers == sorted(powers, reverse=True)
    assert powers[0] > 7500
    assert not heard[2080:3200].any()


def test_sound_comes_back_gently_after_silence() -> None:
    heard = played(np.full(4000, 10_000, np.int16), 8000, set(range(5, 15)), 160)
    assert steepest(heard[2400:]) < 200
    assert heard[2400 + 80] == 10_000


def test_before_the_first_packet_there_is_silence() -> None:
    concealment = Concealment(8000)
    assert not concealment.conceal(160).any()
    first = sine(500, 8000, 0.02)
    assert concealment.follow(first) is first


def test_a_single_packet_is_history_enough() -> None:
    concealment = Concealment(8000)
    sound = sine(250, 8000, 0.01)
    concealment.follow(sound)
    heard = np.concatenate((sound, concealment.conceal(160)))
    assert steepest(heard) < 2 * steepest(sound)


def test_an_empty_packet_ends_no_loss() -> None:
    concealment = Concealment(8000)
    concealment.follow(sine(250, 8000, 0.04))
    whole = Concealment(8000)
    whole.follow(sine(250, 8000, 0.04))
    expected = whole.conceal(320)
    first = concealment.conceal(160)
    assert len(concealment.follow(np.zeros(0, np.int16))) == 0
    assert np.array_equal(np.concatenate((first, concealment.conceal(160))), expected)


def test_samples_that_arrive_are_not_written_to() -> None:
    concealment = Concealment(8000)
    sound = sine(250, 8000, 0.04)
    sound.flags.writeable = False
    concealment.follow(sound)
    concealment.conceal(160)
    assert len(concealment.follow(sound)) == 320


def test_the_loudest_sound_does_not_wrap() -> None:
    loud = np.where(np.arange(480) // 20 % 2, 32767, -32768).astype(np.int16)
    concealment = Concealment(8000)
    concealment.follow(loud)
    assert np.abs(concealment.conceal(80).astype(int)).min() > 20_000


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
@pytest.mark.parametrize("frequency", [70.0, 100.0, 180.0])
def test_the_pitch_of_a_voice_is_found(rate: int, frequency: float) -> None:
    time = np.arange(rate // 20) / rate
    voice = sum(np.sin(2 * np.pi * k * frequency * time) / k for k in range(1, 10))
    period = pitch_period(np.asarray(voice * 3000, np.float32), rate)
    times = period * frequency / rate
    assert abs(times - round(times)) < 0.02
    assert round(times) in (1, 2)


def test_noise_repeats_in_the_longest_period() -> None:
    noise = np.random.default_rng(7).normal(0, 1000, 400).astype(np.float32)
    assert pitch_period(noise, 8000) == 120
    assert pitch_period(np.zeros(400, np.float32), 8000) == 120


def test_the_history_may_be_short_or_missing() -> None:
    assert not continuation(np.zeros(0, np.int16), 8000).any()
    assert continuation(np.full(3, 500, np.int16), 8000).any()


def test_silence_goes_on_as_silence() -> None:
    assert not continuation(np.zeros(400, np.int16), 8000).any()
