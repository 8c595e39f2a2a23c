"""Keys are told, and are not in the recording of the call that they were pressed in."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from softswitch.media.codecs.g711 import MU_LAW
from softswitch.media.dtmf.generator import sound
from softswitch.media.engine.control import Message
from softswitch.media.engine.department import Say
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.listening import Listeners
from softswitch.media.engine.recording import Recorders
from softswitch.media.engine.stage_messages import Digit, Finish, Listen, Record
from softswitch.media.samples import Samples
from tests.media.dtmf.events import dialled
from tests.media.engine.lanes import Inline
from tests.media.engine.studio import EVENTS, FRAME, PCMU, Studio
from tests.support.audio import known_sound

QUIET = 40
"""Of int16: what µ-law makes of silence, and a little more."""


class Both:
    """Two departments, as the worker has them."""

    def __init__(self, legs: Mapping[int, Leg], say: Say, clock: Callable[[], float]) -> None:
        self.lane = Inline()
        self.recorders = Recorders(legs, say, clock, self.lane)
        self.listeners = Listeners(legs, say, clock, self.recorders.cut)
        self.handlers: Mapping[type[Any], Callable[[Any], None]] = {
            **self.recorders.handlers,
            **self.listeners.handlers,
        }

    @property
    def next_deadline(self) -> float:
        return min(self.recorders.next_deadline, self.listeners.next_deadline)

    def tick(self, now: float) -> None:
        self.recorders.tick(now)
        self.listeners.tick(now)

    def renewed(self, leg: Leg) -> None:
        self.recorders.renewed(leg)
        self.listeners.renewed(leg)

    def ended(self, leg: Leg) -> None:
        self.recorders.ended(leg)
        self.listeners.ended(leg)

    def close(self) -> None:
        self.recorders.close()


@pytest.fixture
def it() -> Studio[Both]:
    return Studio(Both)


def recorded(it: Studio[Both], leg: Leg, path: Path) -> Samples:
    it.say(Finish(leg.id))
    it.pass_time(1.0)
    samples, rate = soundfile.read(path, dtype="int16")
    assert rate == 8000
    return np.asarray(samples, np.int16)


def loud(samples: Samples, began: float, ended: float) -> float:
    """The loudest sample between these seconds."""
    return float(np.abs(samples[round(began * 8000) : round(ended * 8000)].astype(int)).max())


def digits(said: list[Message]) -> str:
    return "".join(each.digit for each in said if isinstance(each, Digit))


def test_a_tone_is_silence_in_the_recording_and_speech_is_not(
    it: Studio[Both], tmp_path: Path
) -> None:
    leg = it.leg(PCMU)
    path = tmp_path / "message.wav"
    it.say(Listen(leg.id, True))
    it.say(Record(leg.id, 1, str(path), 60.0, None))
    talk = known_sound(1.0, seed=3)
    gap = np.zeros(400, np.int16)
    said = np.concatenate([talk, gap, sound("5", 0.4, 0.0), gap, talk, sound("9", 0.1, 0.0), talk])
    octets = MU_LAW.encode(said).tobytes()
    for number in range(len(octets) // 160):
        it.speak(leg, number, octets[160 * number : 160 * (number + 1)])
        it.pass_time(FRAME)
    it.pass_time(0.5)
    assert digits(it.said) == "59"
    heard = recorded(it, leg, path)
    for began, ended in ((1.06, 1.44), (2.5, 2.6)):
        assert loud(heard, began, ended) <= QUIET
    for began, ended in ((0.1, 0.9), (1.6, 2.4), (2.7, 3.5)):
        assert loud(heard, began, ended) > 1000


def test_what_sounds_before_a_telephone_event_is_not_recorded(
    it: Studio[Both], tmp_path: Path
) -> None:
    """Phones need a moment to know what is pressed, and let its tones through until then."""
    leg = it.leg(PCMU, EVENTS)
    path = tmp_path / "message.wav"
    it.say(Listen(leg.id, True))
    it.say(Record(leg.id, 1, str(path), 60.0, None))
    talk = MU_LAW.encode(known_sound(1.0, seed=3)).tobytes()
    tone = MU_LAW.encode(sound("7", 0.06, 0.0)).tobytes()
    for number in range(53):
        octets = talk if number < 50 else tone
        first = 160 * (number % 50)
        it.speak(leg, number, octets[first : first + 160])
        it.pass_time(FRAME)
    start, base = it.now, 53
    for packet in dialled("7", base, base * 160):
        it.pass_time(start + packet.at - it.now)
        it.speak(leg, packet.sequence, packet.payload, 101, stamp=packet.timestamp)
    it.pass_time(0.5)
    assert digits(it.said) == "7"
    heard = recorded(it, leg, path)
    assert loud(heard, 0.1, 0.8) > 1000
    assert loud(heard, 1.0, 1.5) <= QUIET
