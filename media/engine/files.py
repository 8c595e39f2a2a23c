"""Everything that may wait for a disk, away from the packets: one thread to read, one to write.

    packets' thread   submit(job, done) ──►  lane's thread: job()
                      collect()         ◄──  result ──► done(result)

Jobs that nobody waits for are posted: they leave together, at the next `collect`, since to wake the
other thread costs more than to write a second of sound.

A thread that computes keeps Python's lock from the packets for up to 5 ms. So jobs spend their time
in calls that give it back (reads, writes, decoding) and `breathe` between them.

Two lanes, because a disk that stands still for writing must not keep a prompt from being read.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar

POLL = 0.005
"""Seconds between looks for results, while any is waited for."""
BREATH = 0.0005
CLOSE_WITHIN = 5.0
"""Seconds that the last writes have when the worker ends."""

T = TypeVar("T")
Done = Callable[[T], None]
Task = tuple[Callable[[], Any], Done[Any] | None]


class Lane(Protocol):
    """Jobs one after the other, not in the packets' thread."""

    complain: Callable[[str], None]
    """Hears at some `collect`, once, of a posted job that has gone wrong: nobody else does."""

    def submit(self, job: Callable[[], T], done: Done[T | Exception]) -> None:
        """Do this; what it returns, or an error of it, reaches `done` at some `collect`."""
        ...

    def post(self, job: Callable[[], object]) -> None:
        """Do this, some time after what was posted or submitted before."""
        ...

    def collect(self) -> None:
        """Tell what has been done, and let what was posted begin."""
        ...

    @property
    def waited_for(self) -> bool:
        """Is there anything to collect soon?"""
        ...

    def close(self) -> None:
        """Let what was submitted be done; nothing more is told."""
        ...


class Thread:
    """A lane with a thread of its own, which starts with the first job."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[list[Task] | None] = SimpleQueue()
        self._posted: list[Task] = []
        self._results: deque[tuple[Done[Any], Any]] = deque()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._started = False
        self._running = 0
        """Jobs whose `done` is still to come."""
        self._wrong = ""
        """What the first posted job that has gone wrong said."""
        self._complained = False
        self.complain: Callable[[str], None] = lambda _text: None
        """Hears of it at some `collect`, once."""

    @property
    def waited_for(self) -> bool:
        """Is there anything to collect soon?"""
        return self._running > 0 or bool(self._posted)

    def submit(self, job: Callable[[], T], done: Done[T | Exception]) -> None:
        """Do this; what it returns, or an error of it, reaches `done` at some `collect`."""
        self._running += 1
        self._posted.append((job, done))
        self._hand_over()

    def post(self, job: Callable[[], object]) -> None:
        """Do this, some time after what was posted or submitted before."""
        self._posted.append((job, None))

    def collect(self) -> None:
        """Tell what has been done, and let what was posted begin."""
        self._hand_over()
        results = self._results
        while results:
            done, result = results.popleft()
            self._running -= 1
            done(result)
        if self._wrong and not self._complained:
            self._complained = True
            self.complain(self._wrong)

    def close(self) -> None:
        """Let what was submitted be done; nothing more is told."""
        self._hand_over()
        if self._started:
            self._jobs.put(None)
            self._thread.join(CLOSE_WITHIN)

    def _hand_over(self) -> None:
        if self._posted:
            if not self._started:
                self._started = True
                self._thread.start()
            self._jobs.put(self._posted)
            self._posted = []

    def _work(self) -> None:
        while (tasks := self._jobs.get()) is not None:
            for job, done in tasks:
                try:
                    result = job()
                except Exception as error:
                    result = error
                    if done is None and not self._wrong:
                        said = " ".join(str(error).split())
                        self._wrong = f"{self._thread.name}: {type(error).__name__}: {said}"
                if done is not None:
                    self._results.append((done, result))


def breathe() -> None:
    """Let the packets have their turn."""
    time.sleep(BREATH)
