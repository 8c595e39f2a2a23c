"""A lane without a thread: the test says when the disk does something."""

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Inline:
    """Does jobs when results are collected, unless the disk stands still."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.jobs: list[tuple[Callable[[], Any], Callable[[Any], None] | None]] = []
        self.stands_still = False
        self.complain: Callable[[str], None] = lambda _text: None
        self.closed = False

    @property
    def waited_for(self) -> bool:
        return bool(self.jobs)

    def submit(self, job: Callable[[], T], done: Callable[[T | Exception], None]) -> None:
        self.jobs.append((job, done))

    def post(self, job: Callable[[], object]) -> None:
        self.jobs.append((job, None))

    def collect(self) -> None:
        while self.jobs and not self.stands_still:
            job, done = self.jobs.pop(0)
            try:
                result = job()
            except Exception as error:
                result = error
                if done is None:
                    self.complain(str(error))
            if done is not None:
                done(result)

    def close(self) -> None:
        self.collect()
        self.closed = True
