"""Sounds as a leg's remote hears them."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from softswitch.media.codecs.g711 import A_LAW, MU_LAW
from softswitch.media.engine.control import Message
from softswitch.media.engine.department import Say
from softswitch.media.engine.interface import Clip, Pause, Sound, Tones
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.playing import CROWD, Players
from softswitch.media.engine.stage_messages import Ended, Hush, Play, Record
from tests.media.engine.lanes import Inline
from tests.media.engine.studio import (
    FRAME,
    G722,
    G729,
    OPUS,
    PCMA,
    PCMU,
    Studio,
    is_one_stream,
)
from tests.support.audio import known_sound

SILENCE = b"\xff" * 160


class Setup(Studio[Players]):
    """With a lane that the test can stop."""

    def __init__(self) -> None:
        self.lane = Inline()
        self.begun: list[Record] = []
        self.mentioned: list[Message] = []

        def make(legs: Mapping[int, Leg], say: Say, clock: Callable[[], float]) -> Players:
            return Players(legs, say, clock, self.lane, self.begun.append, self.mentioned.append)

        super().__init__(make)

    def play(self, leg: Leg, *sounds: Sound, repeat: bool = False, serial: int = 1) -> None:
        self.say(Play(leg.id, serial, repeat, sounds))
        self.department.tick(self.now)

    def heard(self, leg: Leg) -> bytes:
        return b"".join(payload for _, payload in self.sent(leg))


@pytest.fixture
def it() -> Setup:
    return Setup()


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    path = tmp_path / "hello.wav"
    soundfile.write(path, known_sound(0.5, seed=1), 8000)
    return Clip(str(path))


CLIP = MU_LAW.payload_of(known_sound(0.5, seed=1))


def test_a_clip_is_heard_sample_by_sample(it: Setup, clip: Clip) -> None:
    leg = it.leg(PCMU)
    it.play(leg, clip)
    it.pass_time(0.6)
    packets = it.sent(leg)
    assert b"".join(payload for _, payload in packets) == CLIP
    assert is_one_stream([header for header, _ in packets])
    assert [header.marker for header, _ in packets] == [True] + [False] * 24
    assert it.said == [Ended(1, ("played", ""))]
    assert not leg.fed


def test_nobody_wakes_up_before_or_after(it: Setup, clip: Clip) -> None:
    leg = it.leg(PCMU)
    assert it.department.next_deadline == float("inf")
    it.play(leg, clip)
    it.pass_time(0.7)
    assert it.department.next_deadline == float("inf")


@pytest.mark.parametrize("format_", [PCMA, G722, OPUS])
def test_a_clip_is_encoded_as_the_remote_wants_it(it: Setup, clip: Clip, format_: object) -> None:
    leg = it.leg(G729, format_)  # type: ignore[arg-type]
    it.play(leg, clip)
    it.pass_time(0.6)
    packets = it.sent(leg)
    assert len(packets) == 25
    kind, ticks = (96, 960) if format_ is OPUS else (packets[0][0].payload_type, 160)
    assert {header.payload_type for header, _ in packets} == {kind}
    assert is_one_stream([header for header, _ in packets], ticks)
    if format_ is PCMA:
        assert b"".join(each for _, each in packets) == A_LAW.payload_of(known_sound(0.5, seed=1))


def test_a_remote_that_wants_forty_milliseconds_gets_them(it: Setup, clip: Clip) -> None:
    leg = it.leg(PCMU, ptime=40)
    it.play(leg, clip)
    it.pass_time(0.7)
    packets = it.sent(leg)
    assert [len(payload) for _, payload in packets] == [320] * 12 + [160]
    assert b"".join(payload for _, payload in packets) == CLIP
    assert is_one_stream([header for header, _ in packets], 320)
    assert [header.marker for header, _ in packets] == [True] + [False] * 12


def test_sounds_follow_each_other(it: Setup, clip: Clip) -> None:
    leg = it.leg(PCMU)
    it.play(leg, Pause(0.1), clip, Tones((((440.0,), 0.2),)), Pause(0.0))
    it.pass_time(0.9)
    heard = it.heard(leg)
    assert heard[: 800 + len(CLIP)] == b"\xff" * 800 + CLIP
    tone = MU_LAW.decode(np.frombuffer(heard[800 + len(CLIP) :], np.uint8)).astype(float)
    assert len(tone) == 1600
    assert abs(np.abs(np.fft.rfft(tone)).argmax() * 5 - 440) < 6


def test_music_goes_round_without_a_seam(it: Setup, tmp_path: Path) -> None:
    path = tmp_path / "music.wav"
    music = np.round(8000 * np.sin(2 * np.pi * np.arange(1013) * 7 / 1013)).astype(np.int16)
    soundfile.write(path, music, 8000)
    leg = it.leg(PCMU)
    it.play(leg, Clip(str(path)), repeat=True)
    it.pass_time(4.0)
    heard = it.heard(leg)
    one = heard[:1013]
    assert heard == (one * 40)[: len(heard)]
    assert len(heard) == 200 * 160
    assert it.said == []


def test_stopping_leaves_at_most_one_more_frame(it: Setup, clip: Clip) -> None:
    leg = it.leg(PCMU)
    it.play(leg, clip)
    it.pass_time(0.1)
    assert it.say(Hush(leg.id)) == [Ended(1, ("stopped", ""))]
    before = len(it.sent(leg))
    it.pass_time(0.2)
    assert before == 5
    assert it.sent(leg) == []
    assert it.say(Hush(leg.id)) == []


def test_other_sounds_replace_the_first(it: Setup, clip: Clip) -> None:
    leg = it.leg(PCMU)
    it.play(leg, clip)
    it.pass_time(0.1)
    it.play(leg, Pause(0.1), serial=2)
    assert it.said[0] == Ended(1, ("stopped", ""))
    it.pass_time(0.2)
    assert Ended(2, ("played", "")) in it.said
    headers = [header for header, _ in it.sent(leg)]
    assert is_one_stream(headers)
    assert [header.marker for header in headers] == [True, *[False] * 4, True, *[False] * 4]


def test_a_file_that_is_not_there_is_a_reason_and_no_more(it: Setup, tmp_path: Path) -> None:
    leg = it.leg(PCMU)
    it.play(leg, Clip(str(tmp_path / "none.wav")))
    it.pass_time(0.1)
    (ended,) = it.said
    assert isinstance(ended, Ended)
    assert ended.result[0] == "failed"
    assert ended.result[1].endswith("none.wav: No such file or directory")
    assert not leg.fed


def test_one_bad_file_of_several_is_left_out_and_named(
    it: Setup, clip: Clip, tmp_path: Path
) -> None:
    (tmp_path / "bad.wav").write_bytes(b"RIFF but not really")
    leg = it.leg(PCMU)
    it.play(leg, Clip(str(tmp_path / "bad.wav")), clip)
    it.pass_time(0.6)
    assert CLIP in it.heard(leg)
    (ended,) = it.said
    assert isinstance(ended, Ended)
    assert ended.result[0] == "played"
    assert "bad.wav" in ended.result[1]


def test_a_remote_that_we_have_no_codec_for_hears_nothing(it: Setup, clip: Clip) -> None:
    assert it.say(Play(it.leg(G729).id, 1, False, (clip,))) == [
        Ended(1, ("failed", "we cannot speak G729 to the remote"))
    ]
    leg = it.leg(PCMU)
    leg.remote = None
    assert it.say(Play(leg.id, 2, False, (clip,))) == [
        Ended(2, ("failed", "we cannot speak at all to the remote"))
    ]


def test_while_the_disk_is_slow_it_is_silent_and_the_stream_flows(it: Setup, clip: Clip) -> None:
    leg = it.leg(PCMU)
    it.lane.stands_still = True
    it.play(leg, clip)
    it.pass_time(0.2)
    it.lane.stands_still = False
    it.pass_time(0.6)
    packets = it.sent(leg)
    heard = b"".join(payload for _, payload in packets)
    assert heard.lstrip(b"\xff") == CLIP.lstrip(b"\xff")
    assert len(heard) == 1600 + len(CLIP)
    assert is_one_stream([header for header, _ in packets])


def test_music_on_hold_takes_the_place_of_the_peer_and_gives_it_back(it: Setup, clip: Clip) -> None:
    held, holder = it.leg(PCMU), it.leg(PCMU)
    it.join(held, holder)
    talk = b"\x55" * 160
    it.pass_time(0.2, lambda frame: it.speak(holder, frame, talk))
    it.play(held, clip, repeat=True)
    it.pass_time(1.0, lambda frame: it.speak(holder, 10 + frame, talk))
    it.say(Hush(held.id))
    it.pass_time(0.2, lambda frame: it.speak(holder, 60 + frame, talk))
    packets = it.sent(held)
    headers = [header for header, _ in packets]
    sounds = [payload == talk for _, payload in packets]
    assert sounds == [True] * 10 + [False] * 50 + [True] * 10
    assert packets[10][1] == packets[35][1] != CLIP[:160]  # as loud as music is to be
    assert len({header.ssrc for header in headers}) == 1
    steps = [(b.sequence - a.sequence) for a, b in pairwise(headers)]
    assert steps == [1] * 69
    ticks = [(b.timestamp - a.timestamp) for a, b in pairwise(headers)]
    assert all(160 <= step <= 320 for step in ticks)
    assert sum(ticks) <= 70 * 160
    assert [step for step, header in enumerate(headers) if header.marker] == [0, 10, 60]
    assert holder.statistics().packets_received == 70


def test_the_peer_hears_the_held_one_all_the_time(it: Setup, clip: Clip) -> None:
    held, holder = it.leg(PCMU), it.leg(PCMU)
    it.join(held, holder)
    it.play(held, clip, repeat=True)
    it.pass_time(0.2, lambda frame: it.speak(held, frame, b"\x33" * 160))
    assert [payload for _, payload in it.sent(holder)] == [b"\x33" * 160] * 10


def test_another_codec_goes_on_where_the_first_stood(it: Setup, clip: Clip) -> None:
    leg = it.leg(PCMU)
    it.play(leg, clip)
    it.pass_time(0.2)
    assert it.heard(leg) == CLIP[:1600]
    it.describe(leg, PCMA)
    it.department.tick(it.now)
    it.pass_time(0.5)
    packets = it.sent(leg)
    heard = b"".join(payload for _, payload in packets)
    assert heard.lstrip(b"\xd5") == A_LAW.payload_of(known_sound(0.5, seed=1))[1600:].lstrip(
        b"\xd5"
    )
    assert {header.payload_type for header, _ in packets} == {8}
    assert it.said == [Ended(1, ("played", ""))]


def test_another_number_for_the_same_codec_is_only_a_number(it: Setup, clip: Clip) -> None:
    leg = it.leg(OPUS)
    it.play(leg, clip)
    it.pass_time(0.1)
    it.describe(leg, OPUS._replace(payload_type=111))
    it.pass_time(0.1)
    kinds = [header.payload_type for header, _ in it.sent(leg)]
    assert kinds == [96] * 5 + [111] * 5


def test_a_codec_that_we_lose_ends_it(it: Setup, clip: Clip) -> None:
    leg = it.leg(PCMU)
    it.play(leg, clip)
    it.describe(leg, G729)
    assert it.said == [Ended(1, ("failed", "we cannot speak G729 to the remote"))]
    it.describe(leg, PCMU)


def test_a_closed_leg_is_a_reason(it: Setup, clip: Clip) -> None:
    leg = it.leg(PCMU)
    it.play(leg, clip)
    it.department.ended(leg)
    it.department.ended(leg)
    assert it.said == [Ended(1, ("closed", ""))]
    it.department.close()
    assert it.lane.closed


def test_somebody_who_feeds_the_leg_later_goes_first(it: Setup, clip: Clip) -> None:
    """Keys are pressed while music plays: the music's time goes on."""
    leg = it.leg(PCMU)
    it.play(leg, clip)
    it.pass_time(0.1)
    other = object()
    leg.feed(other)
    it.pass_time(0.1)
    leg.starve(other)
    it.pass_time(0.1)
    packets = it.sent(leg)
    assert b"".join(payload for _, payload in packets) == CLIP[:800] + CLIP[1600:2400]
    headers = [header for header, _ in packets]
    assert headers[5].marker
    assert headers[5].timestamp - headers[4].timestamp == 6 * 160
    assert headers[5].sequence - headers[4].sequence == 1


def test_after_a_stall_what_is_late_is_sent_at_once_but_not_all_of_it(
    it: Setup, clip: Clip
) -> None:
    leg = it.leg(PCMU)
    it.play(leg, clip, repeat=True)
    it.pass_time(0.1)
    it.sent(leg)
    it.now += 0.1
    it.department.tick(it.now)
    burst = it.sent(leg)
    assert len(burst) == 5
    assert is_one_stream([header for header, _ in burst])
    last = burst[-1][0]
    it.now += 10.0
    it.department.tick(it.now)
    burst = it.sent(leg)
    assert len(burst) == 10
    assert burst[0][0].marker
    assert burst[-1][0].timestamp - last.timestamp == 10 * 8000
    it.pass_time(FRAME)
    assert len(it.sent(leg)) == 1


class Keyless:
    """A guard that has no keys yet."""

    remote = None
    failed = ""

    def protect(self, packet: bytes | memoryview) -> bytes | None:
        return None


@pytest.mark.parametrize("ptime", [20, 40])
def test_nothing_is_lost_while_there_are_no_keys(it: Setup, clip: Clip, ptime: int) -> None:
    leg = it.leg(PCMU, ptime=ptime)
    leg.guard = Keyless()  # type: ignore[assignment]
    it.play(leg, clip)
    it.pass_time(1.0)
    assert it.sent(leg) == []
    leg.guard = None
    it.pass_time(0.7)
    assert it.heard(leg) == CLIP
    assert it.said == [Ended(1, ("played", ""))]


def test_who_can_never_be_sent_to_is_not_waited_for_for_ever(it: Setup, clip: Clip) -> None:
    leg = it.leg(PCMU)
    leg.guard = Keyless()  # type: ignore[assignment]
    it.play(leg, clip)
    it.pass_time(4.9)
    assert it.said == []
    it.pass_time(0.8)
    assert it.said == [Ended(1, ("played", ""))]


def test_many_legs_are_spread_over_few_slots(it: Setup) -> None:
    legs = [it.leg(PCMU) for _ in range(40)]
    for leg in legs:
        it.play(leg, Pause(1.0), serial=leg.id)
    start = it.now
    counts = []
    for step in range(1, 21):
        it.now = start + step / 1000
        it.department.tick(it.now)
        counts.append(sum(len(it.sent(leg)) for leg in legs))
    assert counts == [CROWD, CROWD] + [0] * 18


THEN = Record(0, 2, "said.wav", 60.0, 5.0)


def test_a_recording_begins_with_the_end_of_sounds_which_is_only_mentioned(
    it: Setup, clip: Clip
) -> None:
    leg = it.leg(PCMU)
    it.say(Play(leg.id, 1, False, (clip,), THEN))
    it.pass_time(0.4)
    assert not it.begun
    it.pass_time(0.2)
    assert it.heard(leg) == CLIP
    assert it.begun == [THEN]
    assert it.mentioned == [Ended(1, ("played", ""))]
    assert it.said == []


def test_it_begins_behind_sounds_that_cannot_be_played_too(it: Setup) -> None:
    it.play(it.leg(PCMU), Clip("/no/such.wav"))
    it.say(Play(it.leg(PCMU).id, 3, False, (Clip("/no/such.wav"),), THEN))
    it.pass_time(0.1)
    it.say(Play(it.leg(G729).id, 4, False, (Pause(1.0),), THEN))
    assert it.begun == [THEN, THEN]
    assert [one.result[0] for one in it.mentioned if isinstance(one, Ended)] == ["failed"] * 2


def test_it_never_begins_behind_sounds_that_are_stopped(it: Setup, clip: Clip) -> None:
    leg = it.leg(PCMU)
    for stop in (lambda: it.say(Hush(leg.id)), lambda: it.department.ended(leg)):
        it.said.clear()
        it.say(Play(leg.id, 1, False, (clip,), THEN))
        it.pass_time(0.1)
        stop()
        assert [type(one) for one in it.said] == [Ended, Ended]
        assert it.said[1] == Ended(2, (0.0, "stopped"))
    it.pass_time(1.0)
    assert not it.begun
