"""Somebody who has logged in: what all menus of a mailbox share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from softswitch.mailbox.boxes import Boxes
from softswitch.mailbox.dialogue import Dialogue
from softswitch.mailbox.line import Line
from softswitch.mailbox.login import Who
from softswitch.mailbox.messages import Message, Settings
from softswitch.mailbox.speech import Phrases, Prompts
from softswitch.media.engine.interface import Sound


@dataclass(slots=True)
class Session:
    """One call of an owner."""

    mailbox: str
    line: Line
    dialogue: Dialogue
    boxes: Boxes
    settings: Settings
    prompts: Prompts
    phrases: Phrases
    who: Who
    salt: Callable[[], bytes]
    mail: Callable[[Message], None] | None = None
    """Sends a message to the owner; None: that cannot be done."""
    listens_only: bool = False
    """From elsewhere with a PIN that everybody knows, nothing can be changed (VM-20)."""
    is_over: bool = False

    def words(self, *names: str) -> Sequence[Sound]:
        """What these sound like."""
        return self.prompts(names)
