"""Somebody who calls a mailbox, and what he hears."""

from __future__ import annotations

from softswitch.mailbox.messages import Message
from softswitch.mailbox.retrieval import Retrieval
from tests.mailbox.world import FakeLine, Phrases, Settings, World, prompts, silence

NUMBERS = {"101": "101", "0101": "101", "48221112235": "101", "102": "102", "103": "103"}


class Owner:
    """Somebody who calls the mailbox of 101, whose PIN is 4711."""

    def __init__(
        self,
        world: World,
        *,
        own: bool = True,
        pin: str = "4711",
        asks_number: bool = False,
        mailbox: str | None = "101",
        mute: bool = False,
        mail: bool = False,
        settings: Settings | None = None,
        first: str | None = "0101",
    ) -> None:
        self.world = world
        self.line = FakeLine(world, remote=not own, caller="101" if own else "")
        self.mailed: list[Message] = []
        self.settings = settings or Settings(pin=pin)
        others = {"102": Settings(remote_login=False), "103": Settings(max_messages=1)}
        self.retrieval = Retrieval(
            world.boxes,
            mailbox,
            asks_number=asks_number,
            is_own=own,
            find=NUMBERS.get,
            settings={"101": self.settings, **others, **world.settings}.get,
            number=lambda mailbox: mailbox,
            first_pin=lambda mailbox: first,
            prompts=silence if mute else prompts,
            phrases=Phrases(),
            salt=lambda: b"salt",
            mail=lambda mailbox: self.mailed.append if mail else None,
        )
        self.line.call(self.retrieval)

    def heard(self) -> list[str]:
        """What was said since the last question, files by their names alone."""
        said = [name.rpartition("/")[2] for name in self.line.said]
        self.line.said.clear()
        return said

    def press(self, digits: str) -> list[str]:
        self.heard()
        self.line.press(digits)
        return self.heard()

    def wait(self, seconds: float) -> list[str]:
        self.heard()
        self.line.wait(seconds)
        return self.heard()


def logged_in(world: World, messages: int = 0, *, own: bool = True) -> Owner:
    """With so many new messages of ten seconds, m1, m2 …, the first of which is announced."""
    for _ in range(messages):
        world.leave(seconds=10.0)
    owner = Owner(world, own=own)
    owner.line.lengths |= {f"{world.folder}/voicemail/101/m{n}.wav": 10.0 for n in range(1, 9)}
    owner.press("4711#")
    return owner


def playing(world: World, messages: int = 1) -> Owner:
    """The first message plays."""
    owner = logged_in(world, messages)
    owner.line.wait(4.0)
    owner.press("#")
    return owner


def after(world: World, messages: int = 1) -> Owner:
    owner = playing(world, messages)
    owner.line.wait(10.5)
    owner.heard()
    return owner
