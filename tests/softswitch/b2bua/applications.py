"""An application that does what a test tells it, and remembers what it was told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from softswitch.b2bua.line import ServiceLine
from softswitch.b2bua.service import Visit
from softswitch.media.engine import stage_messages
from softswitch.media.engine.interface import Pause, Recorded
from softswitch.routing.codes import Codes
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone

CODES = Codes(
    voicemail=("*98", "*97"), leave_message=("*99",), echo_test=("*600",), calendar=("*28",)
)
GREETING = Pause(2.0)


class Script:
    """Of one call. `at_once` is done when the line is there."""

    def __init__(self, at_once: Callable[[Script], None]) -> None:
        self.at_once = at_once
        self.told: list[str] = []
        self.recorded: list[Recorded] = []
        self.visit: Visit | None = None
        self.line: Any = None

    def __call__(self, visit: Visit) -> Script:
        self.visit = visit
        return self

    def begin(self, line: ServiceLine) -> None:
        self.line = line
        self.told.append("begin")
        self.at_once(self)

    def digit(self, digit: str) -> None:
        self.told.append(digit)

    def hung_up(self) -> None:
        self.told.append("hung up")
        self.line.play([GREETING], self.played)
        self.line.record("/b", limit=1.0, silence=1.0, done=self.recorded.append)
        self.line.later(1.0, lambda: self.told.append("too late"))()
        self.line.hush()
        self.line.finish()
        self.line.hang_up()

    def played(self, to_the_end: bool) -> None:
        self.told.append("played" if to_the_end else "stopped")

    def greets(self) -> None:
        """Play something."""
        self.line.play([GREETING], self.played)

    def takes_down(self) -> None:
        """Record."""
        self.line.record("/a.wav", limit=60.0, silence=10.0, done=self.recorded.append)

    def asks(self) -> None:
        """Play something, and record what is said to it."""
        how: dict[str, Any] = {"begun": self.played, "done": self.recorded.append}
        self.line.play_and_record([GREETING], "/a.wav", limit=60.0, silence=10.0, **how)


def answers(script: Script) -> None:
    """What most applications do first."""
    script.line.answer()
    script.greets()


def asked(
    at_once: Callable[[Script], None] = answers,
    number: str = "*98",
    payloads: str = "8 0 101",
    **invite: Any,
) -> tuple[World, Phone, Script]:
    """Alice, whose phone knows these formats, has called a number of such an application."""
    world = World("100", "101")
    script = Script(at_once)
    board = world.calls._board
    board.codes, board.applications = CODES, script
    alice = Phone(world, "100")
    alice.payloads = payloads
    alice.invites(number, **invite)
    world.run()
    return world, alice, script


def performed(world: World, kind: type[Any]) -> list[Any]:
    """What the media engine was asked for."""
    return [one for one in world.media.performed if isinstance(one, kind)]


def ends(world: World, result: tuple[object, ...], what: type[Any] = stage_messages.Play) -> None:
    """The last of what the media engine was asked for is over."""
    world.media.ended(stage_messages.Ended(performed(world, what)[-1].serial, result))
