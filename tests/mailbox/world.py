"""A line, a store and files that a test moves: nothing happens unless its clock is moved."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from softswitch.mailbox.boxes import Boxes
from softswitch.mailbox.keeping import Told
from softswitch.mailbox.line import Application, Connect
from softswitch.mailbox.messages import Box, Message
from softswitch.media import wave
from softswitch.media.blobs import FolderBlobs
from softswitch.media.engine.interface import Clip, Pause, Recorded, Sound, Tones
from softswitch.media.wave import Layout

NOON = 1_344_277_103.0
"""6 August 2012, as in the seed."""
CLIP_SECONDS = 2.0


class Clock:
    """Calls back when a test lets time go by, in the order of the times."""

    def __init__(self) -> None:
        self.now = NOON
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()

    def later(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        entry = (self.now + seconds, next(self._numbers), callback)
        heapq.heappush(self._due, entry)

        def cancel() -> None:
            if entry in self._due:
                self._due.remove(entry)
                heapq.heapify(self._due)

        return cancel

    def advance(self, seconds: float = 0.0) -> None:
        until = self.now + seconds
        while self._due and self._due[0][0] <= until:
            at, _, callback = heapq.heappop(self._due)
            self.now = max(self.now, at)
            callback()
        self.now = until


class Write:
    """What a store gives back."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.waiting: list[Callable[[Any], object]] = []

    def add_done_callback(self, fn: Callable[[Any], object], /) -> None:
        self.waiting.append(fn)

    def exception(self) -> BaseException | None:
        return self.error


class Keeper:
    """A store whose disk can be full."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.messages: dict[str, Message] = {}
        self.boxes: dict[str, Box] = {}
        self.is_full = False

    def put_messages(self, put: Sequence[Message], drop: Sequence[str]) -> Write:
        def apply() -> None:
            self.messages.update((message.id, message) for message in put)
            for name in drop:
                self.messages.pop(name, None)

        return self._write(apply)

    def put_box(self, box: Box) -> Write:
        return self._write(lambda: self.boxes.update({box.mailbox: box}))

    def _write(self, apply: Callable[[], None]) -> Write:
        write = Write()
        if self.is_full:
            write.error = OSError("the disk is full")

        def commit() -> None:
            if write.error is None:
                apply()
            for callback in write.waiting:
                callback(write)

        self._clock.later(0.01, commit)
        return write


class World:
    """Everything around an application."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.keeper = Keeper(self.clock)
        self.folder = folder
        self.changes: list[tuple[str, int, int]] = []
        self.warnings: list[tuple[str, int]] = []
        self.settings: dict[str, Settings] = {}
        """Of mailboxes that do not have the default ones."""
        self.a_job_takes = 0.01
        self.locks: list[tuple[str, float]] = []
        self._ids = (f"m{number}" for number in count(1))
        self.boxes = self.new_boxes()

    def new_boxes(self) -> Boxes:
        return Boxes(
            self.keeper,
            FolderBlobs(self.folder),
            aside=self.aside,
            new_id=lambda: next(self._ids),
            wall=lambda: self.clock.now,
            told=Told(
                lambda *change: self.changes.append(change),
                lambda *change: self.warnings.append(change),
                lambda *change: self.locks.append(change),
            ),
            rules=lambda mailbox: self.settings.get(mailbox, Settings()),
        )

    def aside(self, job: Callable[[], Any], done: Callable[[Any], None], /) -> None:
        def run() -> None:
            try:
                result = job()
            except OSError as error:
                result = error
            done(result)

        self.clock.later(self.a_job_takes, run)

    def leave(self, mailbox: str = "101", seconds: float = 8.0, caller: str = "102") -> Message:
        """A message that is there."""
        now = self.clock.now
        draft = Message("", mailbox, caller, "", mailbox, "no_answer", now - seconds, now, seconds)
        message = self.boxes.begin(draft)
        write_sound(self.boxes.path(message), seconds)
        self.boxes.keep(message)
        self.clock.advance(0.1)
        return message

    def states(self, mailbox: str = "101") -> dict[str, str]:
        """What the store has kept."""
        return {
            message.id: message.state
            for message in self.keeper.messages.values()
            if message.mailbox == mailbox
        }

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.rglob("*") if path.is_file())


def write_sound(path: str, seconds: float) -> None:
    layout = Layout("PCMU", 8000, 1)
    octets = int(seconds * 8000) // 2 * 2
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(wave.header(layout, octets) + b"\x7f" * octets)


class FakeLine:
    """A caller with a stopwatch. A clip takes two seconds, unless `lengths` says otherwise."""

    def __init__(self, world: World, *, remote: bool = False, caller: str = "102") -> None:
        self.caller = caller
        self.caller_name = "Anna"
        self.language = "en"
        self.remote = remote
        self.codec = "PCMA"
        self.world = world
        self.lengths: dict[str, float] = {}
        self.said: list[str] = []
        """Names of prompts and files, tones as "beep"."""
        self.answered_after: list[str] | None = None
        """What had been said when the call was answered."""
        self.is_over = False
        self.recording: tuple[str, float, float] | None = None
        """path, limit, silence"""
        self.application: Application
        self.wanted: Connect | None = None
        """Who is rung for the remote."""
        self._back: Callable[[], None] = lambda: None
        self._recorded: Callable[[Recorded], None] | None = None
        self._stopped: Callable[[], None] = _nothing
        """Tells that a recording does not begin."""
        self._playing: Callable[[bool], None] | None = None
        self._cancel: Callable[[], None] = lambda: None

    def call(self, application: Application) -> None:
        self.application = application
        application.begin(self)
        self.world.clock.advance()

    def press(self, digits: str) -> None:
        for digit in digits:
            if not self.is_over:
                self.application.digit(digit)
                self.world.clock.advance(0.05)

    def wait(self, seconds: float) -> None:
        self.world.clock.advance(seconds)

    def drop(self, seconds: float = 5.0) -> None:
        """The remote hangs up."""
        self.is_over = True
        self._playing = None
        self.application.hung_up()
        self._stop()
        self.end_recording("closed", seconds)
        self.world.clock.advance(1.0)

    def end_recording(
        self, ended: str = "finished", seconds: float = 5.0, sound: float | None = None
    ) -> None:
        """The recording is over; there is a file of that length, with so much sound in it."""
        if self._recorded is not None and self.recording is not None:
            done, self._recorded = self._recorded, None
            if seconds:
                write_sound(self.recording[0], seconds)
            heard = seconds if sound is None else sound
            self.recording = None
            done(Recorded(seconds, ended, "", 0.0, heard, loss=0.4))
            self.world.clock.advance(0.1)

    # what an application asks of it

    def wall(self) -> float:
        return self.world.clock.now

    def answer(self) -> None:
        assert not self.is_over
        if self.answered_after is None:
            self.answered_after = list(self.said)

    def play(self, sounds: Sequence[Sound], done: Callable[[bool], None]) -> None:
        assert not self.is_over
        self._replace()
        *before, last = sounds
        if name_of(last) == "beep" and before:
            self.said += map(name_of, before)
            seconds = sum(map(self._seconds, before))
            self._cancel = self.world.clock.later(seconds, lambda: self._say([last]))
        else:
            self._say(sounds)
        self._playing = done

    def _say(self, sounds: Sequence[Sound]) -> None:
        self.said += map(name_of, sounds)
        seconds = sum(map(self._seconds, sounds))
        self._cancel = self.world.clock.later(seconds, self._played)

    def hush(self) -> None:
        assert not self.is_over
        self._replace()

    def record(
        self, path: str, *, limit: float, silence: float, done: Callable[[Recorded], None]
    ) -> None:
        assert not self.is_over
        self.recording = (path, limit, silence)
        self._recorded = done

    def play_and_record(
        self,
        sounds: Sequence[Sound],
        path: str,
        *,
        limit: float,
        silence: float,
        begun: Callable[[bool], None],
        done: Callable[[Recorded], None],
    ) -> None:
        def over(whole: bool) -> None:
            if whole:
                self._stopped = _nothing
                self.record(path, limit=limit, silence=silence, done=done)
            begun(whole)

        self.play(sounds, over)
        self._stopped = lambda: done(Recorded(0.0, "stopped"))

    def _stop(self) -> None:
        stopped, self._stopped = self._stopped, _nothing
        stopped()

    def finish(self) -> None:
        self.world.clock.later(0.0, self.end_recording)

    def connect(self, wanted: Connect, back: Callable[[], None]) -> None:
        assert not self.is_over
        self._replace()
        self.wanted, self._back = wanted, back

    def nobody_answers(self) -> None:
        """The remote is handed back."""
        self.wanted = None
        self._back()
        self.world.clock.advance()

    def later(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        assert not self.is_over
        return self.world.clock.later(seconds, lambda: None if self.is_over else callback())

    def hang_up(self) -> None:
        assert not self.is_over
        self.is_over = True
        self._playing = None
        self.world.clock.later(0.0, self._stop)

    def _played(self) -> None:
        if self._playing is not None and not self.is_over:
            done, self._playing = self._playing, None
            done(True)

    def _replace(self) -> None:
        self._cancel()
        stopped, self._stopped = self._stopped, _nothing
        self.world.clock.later(0.0, stopped)
        if self._playing is not None:
            done, self._playing = self._playing, None
            self.world.clock.later(0.0, lambda: None if self.is_over else done(False))

    def _seconds(self, sound: Sound) -> float:
        if isinstance(sound, Clip):
            begins = getattr(sound, "begins", 0.0)
            return max(0.0, self.lengths.get(name_of(sound), CLIP_SECONDS) - begins)
        if isinstance(sound, Pause):
            return sound.seconds
        return sum(seconds for _, seconds in sound.steps)


def _nothing() -> None:
    """No recording waits for the end of sounds."""


def name_of(sound: Sound) -> str:
    if isinstance(sound, Tones):
        return "beep"
    return sound.path if isinstance(sound, Clip) else "pause"


def prompts(names: Sequence[str]) -> list[Sound]:
    """Every prompt is a clip of its own name."""
    return [Clip(name) for name in names]


def silence(names: Sequence[str]) -> list[Sound]:
    """An office without prompts."""
    return []


class Phrases:
    """What is said, as a test reads it."""

    def count(self, new: int, old: int) -> Sequence[str]:
        return [f"{new} new {old} old"]

    def digits(self, number: str) -> Sequence[str]:
        return list(number)

    def seconds(self, count: int) -> Sequence[str]:
        return [f"{count} seconds"]

    def moment(self, at: float, now: float) -> Sequence[str]:
        return [f"{now - at:.0f} s ago"]


@dataclass
class Greeting:
    file: str
    use_for: tuple[str, ...]


@dataclass
class Settings:
    """A mailbox of the configuration."""

    pin: str = ""
    max_message: float = 180.0
    min_message: float = 2.0
    max_silence: float = 10.0
    max_messages: int = 100
    remote_login: bool = True
    editable: bool = True
    greeting: Greeting | None = None
    quota: float = 0.0
    deleted_kept: float = 7 * 86400.0
    trust_device: bool = False
    answer: str = ""
    operator: str = ""
    deliver_to: tuple[str, ...] = ()
    first_pin: str = "last4"
    review: bool = False
