"""Recordings of remotes: what is in the file, and what nobody loses."""

import math
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from softswitch.media import wave
from softswitch.media.codecs.g711 import A_LAW, MU_LAW
from softswitch.media.engine import recordings
from softswitch.media.engine.control import Trouble
from softswitch.media.engine.department import Say
from softswitch.media.engine.files import POLL
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.recording import IN_NO_HURRY, PERIOD, TICK, Recorders
from softswitch.media.engine.recordings import recover
from softswitch.media.engine.stage_messages import Ended, Finish, FinishCall, Record, RecordCall
from softswitch.media.wave import Layout
from tests.media.engine.lanes import Inline
from tests.media.engine.studio import EVENTS, G722, G729, PCMA, PCMU, Studio, is_one_stream
from tests.support.audio import known_sound

SOUND = MU_LAW.payload_of(known_sound(4.0, seed=3))
OTHER = MU_LAW.payload_of(known_sound(4.0, seed=4))


def frame(sound: bytes, number: int) -> bytes:
    return sound[160 * number : 160 * number + 160]


class Setup(Studio[Recorders]):
    """With a lane that the test can stop."""

    def __init__(self, folder: Path) -> None:
        self.lane = Inline()
        self.path = folder / "message.wav"

        def make(legs: Mapping[int, Leg], say: Say, clock: Callable[[], float]) -> Recorders:
            return Recorders(legs, say, clock, self.lane)

        super().__init__(make)

    def record(self, leg: Leg, *, limit: float = 60.0, silence: float | None = None) -> None:
        self.say(Record(leg.id, 1, str(self.path), limit, silence))

    def finish(self, leg: Leg) -> Ended:
        """End the recording, and wait for the disk."""
        self.say(Finish(leg.id))
        self.let_the_disk_work()
        ended = self.said[-1]
        assert isinstance(ended, Ended)
        return ended

    def let_the_disk_work(self, seconds: float = POLL) -> None:
        """Look for its results as soon as the department wants to."""
        self.now += seconds
        self.department.tick(self.now)

    def octets(self) -> bytes:
        """The sound in the file, whose header is right."""
        data = self.path.read_bytes()
        layout = wave.read(data)
        assert layout is not None
        assert data[: wave.HEADER_SIZE] == wave.header(layout, len(data) - wave.HEADER_SIZE)
        return data[wave.HEADER_SIZE :]


@pytest.fixture
def it(tmp_path: Path) -> Setup:
    return Setup(tmp_path)


def test_what_is_said_is_in_the_file_octet_by_octet(it: Setup) -> None:
    leg = it.leg(PCMU)
    it.record(leg)
    it.pass_time(2.0, lambda number: it.speak(leg, number, frame(SOUND, number)))
    assert it.finish(leg).result[:3] == (2.0, "finished", "")
    assert it.octets() == SOUND[:16000]
    assert list(it.path.parent.iterdir()) == [it.path]
    assert it.path.stat().st_mode & 0o777 == 0o600


def test_when_recorder_and_disk_are_idle_nobody_wakes_up(it: Setup) -> None:
    leg = it.leg(PCMU)
    assert it.department.next_deadline == math.inf
    it.record(leg)
    it.pass_time(1.0)
    it.finish(leg)
    assert it.department.next_deadline == math.inf


def test_alaw_stays_alaw_and_g722_becomes_samples(it: Setup) -> None:
    leg = it.leg(PCMA)
    it.record(leg)
    sound = A_LAW.payload_of(known_sound(4.0, seed=3))
    it.pass_time(1.0, lambda number: it.speak(leg, number, frame(sound, number), 8))
    it.finish(leg)
    assert it.octets() == sound[:8000]
    leg = it.leg(G722)
    it.record(leg)
    it.pass_time(1.0, lambda number: it.speak(leg, number, bytes(160), 9))
    it.finish(leg)
    assert wave.read(it.path.read_bytes()) == Layout("L16", 16000)
    assert len(it.octets()) == 32000


def test_the_time_line_goes_on_through_silence(it: Setup) -> None:
    leg = it.leg(PCMU)
    it.record(leg)

    def with_a_pause(number: int) -> None:
        if not 50 <= number < 150:
            it.speak(leg, number, frame(SOUND, number))

    it.pass_time(4.0, with_a_pause)
    assert it.finish(leg).result[0] == 4.0
    octets = it.octets()
    assert octets[:8000] == SOUND[:8000]
    assert octets[8000 + 480 : 24000] == b"\xff" * (16000 - 480)
    assert octets[24000:] == SOUND[24000:32000]


def test_a_remote_that_says_nothing_is_silence(it: Setup) -> None:
    leg = it.leg(PCMU)
    it.record(leg)
    it.pass_time(1.0)
    assert it.finish(leg).result == (1.0, "finished", "", 0.0, 0.0, 0.0, None)
    assert it.octets() == b"\xff" * 8000


def test_nothing_at_all_makes_no_file(it: Setup) -> None:
    leg = it.leg(PCMU)
    it.record(leg)
    assert it.finish(leg).result == (0.0, "finished", "", 0.0, 0.0, 0.0, None)
    assert list(it.path.parent.iterdir()) == []


def test_it_ends_at_the_limit(it: Setup) -> None:
    leg = it.leg(PCMU)
    it.record(leg, limit=1.0)
    it.pass_time(3.0, lambda number: it.speak(leg, number, frame(SOUND, number)))
    (ended,) = it.said
    assert isinstance(ended, Ended)
    assert ended.result[:2] == (1.0, "limit")
    assert it.octets() == SOUND[:8000]
    assert leg.taps == ()


def test_it_ends_with_silence_and_tells_where_speech_was(it: Setup) -> None:
    leg = it.leg(PCMU)
    it.record(leg, silence=2.0)
    it.pass_time(
        6.0,
        lambda number: it.speak(
            leg, number, frame(SOUND, number) if 50 <= number < 100 else b"\xff" * 160
        ),
    )
    (ended,) = it.said
    assert isinstance(ended, Ended)
    seconds, why, _, begins, ends, *_ = ended.result
    assert why == "silence"
    assert 4.0 <= seconds <= 5.0
    assert (round(begins, 2), round(ends, 2)) == (1.0, 2.0)


def test_keys_are_not_in_the_recording(it: Setup) -> None:
    leg = it.leg(PCMU, EVENTS)
    it.record(leg)

    def both(number: int) -> None:
        it.speak(leg, 2 * number, frame(SOUND, number), stamp=160 * number)
        if 60 <= number < 70:
            it.speak(leg, 2 * number + 1, b"\x05\x0a\x03\x20", 101, stamp=9600)

    it.pass_time(4.0, both)
    it.finish(leg)
    octets = it.octets()
    assert octets[: 52 * 160] == SOUND[: 52 * 160]
    assert octets[53 * 160 : 70 * 160] == b"\xff" * (17 * 160)
    assert octets[73 * 160 :] == SOUND[73 * 160 :]
    assert len(octets) == 32000


def test_whoever_hears_a_key_in_the_sound_has_it_cut(it: Setup) -> None:
    leg = it.leg(PCMU)
    it.record(leg)
    it.pass_time(1.0, lambda number: it.speak(leg, number, frame(SOUND, number)))
    it.department.cut(leg, it.now - 0.2, it.now)
    it.finish(leg)
    octets = it.octets()
    assert octets[6400:] == b"\xff" * 1600
    assert octets[:6400] == SOUND[:6400]


def test_a_second_recording_of_a_leg_ends_the_first(it: Setup) -> None:
    leg = it.leg(PCMU)
    it.record(leg)
    it.pass_time(1.0, lambda number: it.speak(leg, number, frame(SOUND, number)))
    other = it.path.with_name("other.wav")
    it.say(Record(leg.id, 2, str(other), 60.0, None))
    it.pass_time(1.0, lambda number: it.speak(leg, 50 + number, frame(SOUND, 50 + number)))
    assert isinstance(it.said[0], Ended)
    assert it.said[0].serial == 1
    assert it.octets() == SOUND[:8000]
    assert it.finish(leg).serial == 2
    assert other.read_bytes()[58:] == SOUND[8000:16000]


def test_what_we_cannot_decode_cannot_be_recorded(it: Setup) -> None:
    leg = it.leg(G729)
    it.record(leg)
    assert it.said == [Ended(1, (0.0, "failed", "what the remote speaks cannot be recorded"))]
    it.say(Finish(leg.id))
    assert it.said == []


def test_a_leg_that_is_closed_keeps_what_it_said(it: Setup) -> None:
    leg = it.leg(PCMU)
    it.record(leg)
    it.pass_time(1.0, lambda number: it.speak(leg, number, frame(SOUND, number)))
    it.department.ended(leg)
    it.department.ended(leg)
    it.let_the_disk_work()
    assert it.said[-1] == Ended(1, (1.0, "closed", "", 0.0, 1.0, 0.0, 0.0))
    assert it.octets() == SOUND[:8000]


def test_a_worker_that_ends_finishes_its_files_first(it: Setup) -> None:
    leg = it.leg(PCMU)
    it.record(leg)
    it.pass_time(1.0, lambda number: it.speak(leg, number, frame(SOUND, number)))
    it.department.close()
    assert it.lane.closed
    assert it.octets() == SOUND[:8000]


# both sides of a call


def talk(it: Setup, one: Leg, other: Leg, seconds: float, first: int = 0) -> None:
    def both(number: int) -> None:
        it.speak(one, first + number, frame(SOUND, first + number))
        it.speak(other, first + number, frame(OTHER, first + number))

    it.pass_time(seconds, both)


def test_a_call_has_the_caller_on_the_left_and_is_relayed_as_before(it: Setup) -> None:
    caller, callee = it.leg(PCMU), it.leg(PCMU)
    it.join(caller, callee)
    it.say(RecordCall(caller.id, callee.id, 1, str(it.path)))
    talk(it, caller, callee, 2.0)
    it.say(FinishCall(caller.id))
    it.let_the_disk_work()
    assert it.said[-1] == Ended(1, (2.0, "finished", "", 0.0, 2.0, 0.0, 0.0))
    octets = it.octets()
    assert wave.read(it.path.read_bytes()) == Layout("PCMU", 8000, 2)
    assert octets[0::2] == SOUND[:16000]
    assert octets[1::2] == OTHER[:16000]
    for leg, sound in ((callee, SOUND), (caller, OTHER)):
        packets = it.sent(leg)
        assert b"".join(payload for _, payload in packets) == sound[:16000]
        assert is_one_stream([header for header, _ in packets])


def test_a_call_has_one_time_line_through_hold_and_another_codec(it: Setup) -> None:
    caller, callee = it.leg(PCMU), it.leg(PCMU)
    it.join(caller, callee)
    it.say(RecordCall(caller.id, callee.id, 1, str(it.path)))
    talk(it, caller, callee, 1.0)
    it.pass_time(1.0, lambda number: it.speak(caller, 50 + number, frame(SOUND, 50 + number)))
    it.describe(callee, PCMA)
    alaw = OTHER.translate(bytes(A_LAW.payload_of(MU_LAW.samples_of(bytes(range(256))))))

    def both(number: int) -> None:
        it.speak(caller, 100 + number, frame(SOUND, 100 + number))
        it.speak(callee, 50 + number, frame(alaw, 100 + number), 8, stamp=160 * number)

    it.pass_time(1.0, both)
    it.say(FinishCall(caller.id))
    it.let_the_disk_work()
    octets = it.octets()
    assert octets[0::2] == SOUND[:24000]
    right = octets[1::2]
    assert right[:8000] == OTHER[:8000]
    assert right[8480:16000] == b"\xff" * 7520
    samples = MU_LAW.decode(np.frombuffer(right[16000:] + OTHER[16000:24000], np.uint8)).astype(int)
    assert np.abs(samples[:8000] - samples[8000:]).max() <= 512


def test_a_call_of_two_codecs_is_recorded_as_samples(it: Setup) -> None:
    caller, callee = it.leg(PCMU), it.leg(G722)
    it.say(RecordCall(caller.id, callee.id, 1, str(it.path)))
    it.pass_time(1.0, lambda number: it.speak(caller, number, frame(SOUND, number)))
    it.say(FinishCall(caller.id))
    it.let_the_disk_work()
    sound, rate = soundfile.read(it.path, dtype="int16")
    assert (rate, sound.shape) == (16000, (16000, 2))
    assert not sound[:, 1].any()
    assert sound[:, 0].any()


def test_one_side_that_cannot_be_decoded_is_silent(it: Setup) -> None:
    caller, callee = it.leg(G729), it.leg(PCMU)
    it.say(RecordCall(caller.id, callee.id, 1, str(it.path)))
    it.pass_time(1.0, lambda number: it.speak(callee, number, frame(SOUND, number)))
    it.say(FinishCall(caller.id))
    it.let_the_disk_work()
    assert it.octets()[1::2] == SOUND[:8000]
    assert it.octets()[0::2] == b"\xff" * 8000


def test_a_callee_that_is_gone_is_silent_and_a_caller_that_is_gone_ends_it(it: Setup) -> None:
    caller, callee = it.leg(PCMU), it.leg(PCMU)
    it.say(RecordCall(caller.id, callee.id, 1, str(it.path)))
    talk(it, caller, callee, 1.0)
    it.department.ended(callee)
    it.pass_time(1.0, lambda number: it.speak(caller, 50 + number, frame(SOUND, 50 + number)))
    it.department.ended(caller)
    it.let_the_disk_work(IN_NO_HURRY)
    assert it.said[-1] == Ended(1, (2.0, "closed", "", 0.0, 2.0, 0.0, 0.0))
    assert it.octets()[0::2] == SOUND[:16000]
    assert it.octets()[1:16000:2] == OTHER[:8000]


def test_a_leg_may_be_in_a_call_and_a_voice_recording_at_once(it: Setup) -> None:
    caller, callee = it.leg(PCMU), it.leg(PCMU)
    call = it.path.with_name("call.wav")
    it.record(caller)
    it.say(RecordCall(caller.id, callee.id, 2, str(call)))
    talk(it, caller, callee, 1.0)
    it.finish(caller)
    talk(it, caller, callee, 1.0, first=50)
    it.say(FinishCall(caller.id))
    it.let_the_disk_work()
    assert it.octets() == SOUND[:8000]
    assert call.read_bytes()[58::2] == SOUND[:16000]


# a disk that is slow, full, or forgets


def test_a_disk_that_stands_still_delays_nothing_but_the_file(it: Setup) -> None:
    leg = it.leg(PCMU)
    it.record(leg)
    it.lane.stands_still = True
    it.pass_time(3.0, lambda number: it.speak(leg, number, frame(SOUND, number)))
    assert not it.path.exists()
    it.lane.stands_still = False
    assert it.finish(leg).result[:3] == (3.0, "finished", "")
    assert it.octets() == SOUND[:24000]


def test_a_disk_that_stands_still_too_long_leaves_a_gap_of_silence(it: Setup) -> None:
    leg = it.leg(PCMU)
    it.record(leg)
    it.pass_time(1.0, lambda number: it.speak(leg, number, frame(SOUND, number)))
    it.lane.stands_still = True
    it.pass_time(15.0, lambda number: it.speak(leg, 50 + number, frame(SOUND, number % 100)))
    alarms = [each for each in it.said if isinstance(each, Trouble)]
    assert len(alarms) == 1
    assert "10 s behind" in alarms[0].text
    it.lane.stands_still = False
    it.pass_time(2.0, lambda number: it.speak(leg, 800 + number, frame(SOUND, number)))
    ended = it.finish(leg)
    assert ended.result[:3] == (18.0, "finished", "")
    gap = ended.result[5]
    assert 3.2 <= gap <= 6.4
    octets = it.octets()
    assert len(octets) == 18 * 8000
    assert octets[:8000] == SOUND[:8000]
    assert octets.count(b"\xff" * 160 * 50) > 0
    assert octets[-16000:] == SOUND[:16000]


def test_what_is_missing_at_the_end_is_silence_too(it: Setup) -> None:
    leg = it.leg(PCMU)
    it.record(leg)
    it.lane.stands_still = True
    it.pass_time(12.0, lambda number: it.speak(leg, number, frame(SOUND, number % 100)))
    it.lane.stands_still = False
    assert it.finish(leg).result[0] == 12.0
    assert len(it.octets()) == 12 * 8000


def test_a_folder_that_is_not_there_ends_the_recording_with_a_reason(it: Setup) -> None:
    leg = it.leg(PCMU)
    it.path = it.path.parent / "none" / "message.wav"
    it.record(leg)
    it.pass_time(3.6, lambda number: it.speak(leg, number, frame(SOUND, number)))
    trouble, ended = it.said
    assert trouble == Trouble("message.wav: No such file or directory: recordings end")
    assert isinstance(ended, Ended)
    assert ended.result[1:3] == ("failed", "message.wav: No such file or directory")
    assert leg.taps == ()


def test_a_crash_leaves_a_file_that_can_be_recovered(it: Setup) -> None:
    leg = it.leg(PCMU)
    it.record(leg)
    it.pass_time(4.0, lambda number: it.speak(leg, number, frame(SOUND, number)))
    (unfinished,) = it.path.parent.iterdir()
    assert recover(unfinished) == it.path
    octets = it.octets()
    assert octets == SOUND[: len(octets)]
    assert len(octets) >= 1.6 * 8000, "what came before its last turn"


def test_what_waits_for_its_turn_is_heard_before_the_recording_has_its_own(
    tmp_path: Path,
) -> None:
    it = Setup(tmp_path)
    leg = it.leg(PCMU)
    waiting: list[int] = []
    caught_up: list[Leg] = []

    def catch_up(of: Leg) -> None:
        caught_up.append(of)
        for number in waiting:
            it.speak(of, number, frame(SOUND, number))
        waiting.clear()

    it.department._catch_up = catch_up
    it.record(leg)
    it.pass_time(1.4, waiting.append)
    assert set(caught_up) == {leg}
    catch_up(leg)
    it.finish(leg)
    assert len(it.octets()) >= 1.4 * 8000


def test_every_other_turn_of_a_voice_is_left_out_after_the_first(tmp_path: Path) -> None:
    it = Setup(tmp_path)
    leg, turns = it.leg(PCMU), []
    it.department._catch_up = lambda _leg: turns.append(it.now)
    it.record(leg, silence=20.0)
    it.pass_time(10.0, lambda number: it.speak(leg, number, frame(SOUND, number % 200)))
    between = [round((after - before) / PERIOD / TICK) for before, after in pairwise(turns)]
    assert between == [2, 2, 2]
    assert it.finish(leg).result[:2] == (10.0, "finished")
    assert it.octets() == (SOUND * 3)[:80_000]


def test_no_turn_in_which_it_could_end_is_left_out(it: Setup) -> None:
    for limit, silence, why in ((3.0, None, "limit"), (60.0, 3.0, "silence")):
        leg, began = it.leg(PCMU), it.now
        it.record(leg, limit=limit, silence=silence)
        number = 0
        while not it.said or it.said[-1].result[1] != why:  # type: ignore[union-attr]
            it.pass_time(0.02, lambda _, leg=leg, at=number: it.speak(leg, at, b"\xff" * 160))  # type: ignore[misc]
            number += 1
        assert it.now - began < 3.0 + 0.3 + PERIOD * TICK + IN_NO_HURRY + 0.1


def test_a_disk_that_refuses_is_complained_of_once(it: Setup) -> None:  # G23
    right, it.path = it.path, it.path.parent / "none" / "message.wav"
    complaints = []
    for _ in range(2):
        leg = it.leg(PCMU)
        it.record(leg)
        it.pass_time(2.4, lambda number, leg=leg: it.speak(leg, number, frame(SOUND, number)))  # type: ignore[misc]
        complaints += [each for each in it.said if isinstance(each, Trouble)]
    assert len(complaints) == 1
    it.path = right
    leg = it.leg(PCMU)
    it.record(leg)
    it.pass_time(1.0, lambda number: it.speak(leg, number, frame(SOUND, number)))
    assert it.finish(leg).result[1] == "finished"
    assert not it.department._refuses, "the next one is news"


def test_a_write_that_goes_wrong_in_no_known_way_reaches_the_log(
    it: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise ValueError("no such layout")

    monkeypatch.setattr(recordings._File, "append", breaks)
    leg = it.leg(PCMU)
    it.record(leg)
    it.pass_time(2.4, lambda number: it.speak(leg, number, frame(SOUND, number)))
    it.finish(leg)
    assert Trouble("no such layout") in it.said


@pytest.mark.parametrize(("closed", "why"), [(False, "finished"), (True, "closed")])
def test_it_ends_when_signalling_said_so_and_not_when_that_is_heard(
    it: Setup, closed: bool, why: str
) -> None:  # VM-3
    leg = it.leg(PCMU)
    it.record(leg)
    it.pass_time(2.0, lambda number: it.speak(leg, number, frame(SOUND, number)))
    it.say(Finish(leg.id, it.now - 0.1, closed))
    it.let_the_disk_work(IN_NO_HURRY if closed else POLL)
    ended = it.said[-1]
    assert isinstance(ended, Ended)
    assert ended.result[1:3] == (why, "")
    octets = it.octets()
    assert octets == SOUND[: len(octets)]
    assert len(octets) in (8 * 1900, 8 * 1920)


def test_a_time_of_another_clock_means_now(it: Setup) -> None:
    leg = it.leg(PCMU)
    it.record(leg)
    it.pass_time(1.0, lambda number: it.speak(leg, number, frame(SOUND, number)))
    it.say(Finish(leg.id, 5.0))
    it.let_the_disk_work()
    assert len(it.octets()) == 8000
    it.say(Finish(leg.id, 5.0))


@pytest.mark.parametrize("late", [0.0, 0.004, 0.01, 0.016, 0.019])
def test_the_last_packet_is_kept_when_the_phone_hangs_up_behind_it(
    it: Setup, late: float
) -> None:  # VM-3
    leg = it.leg(PCMU)
    it.record(leg)
    it.now += late
    for number in range(50):
        it.speak(leg, number, frame(SOUND, number))
        it.now += 0.001
        if number == 49:
            break
        it.now += 0.019
        it.department.tick(it.now)
    it.say(Finish(leg.id, it.now))
    it.let_the_disk_work()
    octets = it.octets()
    assert octets.strip(b"\xff").startswith(SOUND[:8000].strip(b"\xff"))
    assert len(octets) <= 8000 + 2 * 160


@pytest.mark.parametrize(
    ("lost", "percent"), [((), 0.0), ((30,), 1.0), ((3, 40, 41), 3.0), (range(1, 99), 98.0)]
)
def test_how_much_was_lost_is_told(it: Setup, lost: Iterable[int], percent: float) -> None:  # VM-7
    leg = it.leg(PCMU)
    it.record(leg)
    comes = set(range(100)) - set(lost)
    it.pass_time(2.0, lambda number: it.speak(leg, number, bytes(160)) if number in comes else None)
    assert it.finish(leg).result[-1] == percent


def test_loss_is_that_of_this_recording_alone_to_a_tenth(it: Setup) -> None:  # VM-7
    leg = it.leg(PCMU)
    it.speak(leg, 0, bytes(160))
    it.speak(leg, 50, bytes(160))
    it.record(leg)
    it.pass_time(6.0, lambda number: it.speak(leg, 51 + number + (number > 9), bytes(160)))
    assert it.finish(leg).result[-1] == 0.3
    it.record(leg)
    it.pass_time(1.0, lambda number: it.speak(leg, 352 + number, bytes(160)))
    it.speak(leg, 401, bytes(160))
    assert it.finish(leg).result[-1] == 0.0, "what comes twice is no loss"


def test_the_loss_of_a_call_is_that_of_both_sides(it: Setup) -> None:
    one, other = it.leg(PCMU), it.leg(PCMU)
    it.say(RecordCall(one.id, other.id, 1, str(it.path)))

    def both(number: int) -> None:
        it.speak(one, number, bytes(160))
        if number != 40:
            it.speak(other, number, bytes(160))

    it.pass_time(2.0, both)
    it.say(FinishCall(one.id))
    it.let_the_disk_work()
    ended = it.said[-1]
    assert isinstance(ended, Ended)
    assert ended.result[-1] == 0.5
