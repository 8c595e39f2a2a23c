"""Recordings of remotes: a department of the worker that writes what taps hear.

    Record      one leg  ──► Voice ─┐
    RecordCall  two legs ──► Voice ─┤ drained now and then ──► Recording ──► writing lane ──► file
                             Voice ─┘                                           └──► Ended

Nobody waits for a recording: packets lie in their jitter buffers until it is drained, a few times a
second, spread over all recordings. The call does not know of it: neither the relay nor its short
way back changes but for the packets of the legs that are tapped.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from softswitch.media.engine.control import Trouble
from softswitch.media.engine.department import Say
from softswitch.media.engine.files import POLL, Lane, Thread
from softswitch.media.engine.grid import NEVER, Grid
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.recordings import MAX_WAITING, Recording
from softswitch.media.engine.stage_messages import Ended, Finish, FinishCall, Record, RecordCall
from softswitch.media.recorder import Recorder, Voice

PERIOD, TICK, CROWD = 160, 0.01, 8
"""Every 1.6 seconds a recording has its turn, which is still less than anybody calls a message; at
one of 160 times, so that no turn keeps packets waiting, with some others, so that few wake us up.
Every other turn of a voice is left out, unless it could end then: 160 packets at a time make each
cost little."""
MEET = 40
"""Ticks: every leg of a recording has a turn of its own as often (`patience.py`)."""
IN_NO_HURRY = 0.05
"""Seconds until we look whether a file is safe, when its speaker has hung up: in the meantime
others may, and one look is enough for all of them."""
HURRY = 0.1
"""Seconds between two times when what is to be written is handed to the other thread: to wake it
costs more than to write."""


class _Recording:
    """A file, whom it is of, and who waits for it."""

    __slots__ = ("before", "file", "legs", "passed", "path", "recorder", "serial", "warned")

    def __init__(self, legs: Sequence[Leg], serial: int, path: str, recorder: Recorder) -> None:
        self.legs = tuple(legs)
        self.serial = serial
        self.path = path
        self.recorder = recorder
        self.before = _expected_and_lost(legs)
        """Packets, when it begins."""
        self.file: Recording | None = None
        """None until there is something to write."""
        self.passed = True
        """Whether it must not leave out its next turn: it has left out the last, or begins."""
        self.warned = False
        """Whether signalling knows that the disk is behind."""


class Recorders:
    """A department of the worker."""

    def __init__(
        self,
        legs: Mapping[int, Leg],
        say: Say,
        clock: Callable[[], float],
        lane: Lane | None = None,
        catch_up: Callable[[Leg], None] = lambda _leg: None,
    ) -> None:
        """`catch_up` sees to it that all has been heard that a remote has said up to now."""
        self._catch_up = catch_up
        self._legs = legs
        self._say = say
        self._clock = clock
        self._lane = lane or Thread("recordings")
        self._lane.complain = lambda text: say(Trouble(text))
        self._grid: Grid[_Recording] = Grid(
            PERIOD, self._run, burst=1, tick=TICK, crowd=CROWD, meet=MEET
        )
        self._voices: dict[Leg, _Recording] = {}
        """Of one side."""
        self._calls: dict[Leg, _Recording] = {}
        """Of both, by the first leg."""
        self._of: dict[Leg, tuple[_Recording, ...]] = {}
        """All of a leg."""
        self._collect_at = NEVER
        self._collected_at = -NEVER
        self._refuses = False
        """Whether signalling knows that the disk takes nothing."""
        self.handlers: Mapping[type[Any], Callable[[Any], None]] = {
            Record: self._record,
            Finish: self._finish_voice,
            RecordCall: self._record_call,
            FinishCall: self._finish_call,
        }

    @property
    def next_deadline(self) -> float:
        """The next recording's turn, or the next look whether a file is safe."""
        return min(self._grid.next_deadline, self._collect_at)

    def tick(self, now: float) -> None:
        """Write what is due."""
        self._grid.tick(now)
        if now >= self._collect_at:
            self._collected_at = now
            self._lane.collect()
            self._collect_at = now + POLL if self._lane.waited_for else NEVER

    def renewed(self, leg: Leg) -> None:
        """The remote's payload types may mean something else."""
        for recording in self._of.get(leg, ()):
            recording.recorder.voices[recording.legs.index(leg)].expect(leg.expected)

    def ended(self, leg: Leg) -> None:
        """The leg is about to be closed. A call goes on being recorded without its second leg."""
        for recording in self._of.get(leg, ()):
            if recording.legs[0] is leg:
                self._end(recording, "closed")

    def close(self) -> None:
        """The worker ends: what has been said is safe first."""
        for recording in [*self._voices.values(), *self._calls.values()]:
            self._end(recording, "closed")
        self._lane.close()

    def cut(self, leg: Leg, began: float, ended: float) -> None:
        """Somebody has heard a key between these times: it is not for recordings."""
        for recording in self._of.get(leg, ()):
            recording.recorder.voices[recording.legs.index(leg)].cut(began, ended)

    # what signalling says

    def _record(self, message: Record) -> None:
        leg = self._legs[message.port]
        recorder = Recorder(
            [Voice(leg.expected)], self._clock(), limit=message.limit, silence=message.silence
        )
        self._begin(self._voices, _Recording([leg], message.serial, message.path, recorder))

    def _record_call(self, message: RecordCall) -> None:
        legs = [self._legs[message.one], self._legs[message.other]]
        recorder = Recorder([Voice(leg.expected) for leg in legs], self._clock())
        self._begin(self._calls, _Recording(legs, message.serial, message.path, recorder))

    def _begin(self, kind: dict[Leg, _Recording], recording: _Recording) -> None:
        leg = recording.legs[0]
        if leg in kind:
            self._end(kind[leg], "finished")
        voices = recording.recorder.voices
        if not any(voice.layout for voice in voices):
            problem = "what the remote speaks cannot be recorded"
            self._say(Ended(recording.serial, (0.0, "failed", problem)))
            return
        kind[leg] = recording
        for leg, voice in zip(recording.legs, voices, strict=True):
            leg.tap(voice)
            self._of[leg] = (*self._of.get(leg, ()), recording)
        self._grid.add(recording, self._clock())

    def _finish_voice(self, message: Finish) -> None:
        recording = self._voices.get(self._legs[message.port])
        if recording is not None:
            self._end(recording, "closed" if message.closed else "finished", message.at)

    def _finish_call(self, message: FinishCall) -> None:
        recording = self._calls.get(self._legs[message.one])
        if recording is not None:
            self._end(recording, "finished")

    # what is heard

    def _run(self, recordings: Sequence[_Recording], deadline: float) -> None:
        for recording in recordings:
            if not recording.passed and recording.recorder.goes_on(deadline):
                recording.passed = True
                continue
            recording.passed = False
            for leg in recording.legs:
                self._catch_up(leg)
            self._write(recording, recording.recorder.drain(deadline))
            if recording.file is not None and recording.file.problem:
                self._end(recording, "failed")
            elif recording.recorder.ended:
                self._end(recording, recording.recorder.ended)

    def _write(self, recording: _Recording, octets: bytes) -> None:
        layout = recording.recorder.layout
        if not octets or layout is None:
            return
        if recording.file is None:
            recording.file = Recording(self._lane, recording.path, layout)
        kept = recording.file.write(octets)
        self._collect_at = min(self._collect_at, self._collected_at + HURRY)
        if kept:
            return
        if not recording.warned:
            recording.warned = True
            self._say(
                Trouble(
                    f"{recording.path}: the disk is {MAX_WAITING:g} s behind, "
                    "and the recording will have a gap"
                )
            )

    def _end(self, recording: _Recording, why: str, at: float = NEVER) -> None:
        kind = self._voices if len(recording.legs) == 1 else self._calls
        del kind[recording.legs[0]]
        self._grid.remove(recording)
        recorder = recording.recorder
        for leg, voice in zip(recording.legs, recorder.voices, strict=True):
            leg.untap(voice)
            self._of[leg] = tuple(other for other in self._of[leg] if other is not recording)
            if not self._of[leg]:
                del self._of[leg]
        loss = _loss(recording)
        now = self._clock()
        self._write(recording, recorder.finish(at if recorder.began <= at < now else now))

        def done(problem: str) -> None:
            self._note(problem)
            gaps = recording.file.missed if recording.file else 0.0
            result = (
                recorder.seconds,
                "failed" if problem else why,
                problem,
                *recorder.sound,
                gaps,
                loss,
            )
            self._say(Ended(recording.serial, result))

        if recording.file is None:
            done("")
        else:
            recording.file.finish(done)
            self._collect_at = min(
                self._collect_at, now + (IN_NO_HURRY if why == "closed" else POLL)
            )

    def _note(self, problem: str) -> None:
        """Complain once of a disk that refuses, however many recordings end by it."""
        if problem and not self._refuses:
            self._say(Trouble(f"{problem}: recordings end"))
        self._refuses = bool(problem)


def _expected_and_lost(legs: Iterable[Leg]) -> tuple[int, int]:
    """Packets up to now, of all these remotes together."""
    receptions = [leg.reception for leg in legs]
    return sum(one.expected for one in receptions), sum(one.lost for one in receptions)


def _loss(recording: _Recording) -> float | None:
    """Percent of the packets that should have come since it began, to a tenth; None: of none."""
    expected, lost = _expected_and_lost(recording.legs)
    before, lost_before = recording.before
    if expected <= before:
        return None
    return round(100 * max(0, lost - lost_before) / (expected - before), 1)
