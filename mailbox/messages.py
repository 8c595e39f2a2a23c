"""A message that somebody left, and what the owner of a mailbox has decided, as values.

Times are wall clock seconds since 1970; lengths are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

RECORDING, NEW, OLD, DELETED = "recording", "new", "old", "deleted"
"""States. While a message is being recorded nobody but the caller knows of it: its row is for the
case that the switch is gone before it is over (VM-6). One that is deleted can be brought back."""

BUSY, NO_ANSWER, NAME, TEMPORARY = "busy", "no_answer", "name", "temporary"
"""What an owner records: greetings by situation, his name, and a greeting before all others."""
_GREETINGS = {"busy": BUSY, "rejected": BUSY}
"""Who is called does not answer, is unreachable or has rejected the call: two greetings for it."""


class Message(NamedTuple):
    """One message. The id is random and stays: positions move when messages come and go (VM-19)."""

    id: str
    mailbox: str
    caller: str
    """Number or name; empty when it is withheld."""
    caller_name: str
    called: str
    """The number that was dialled."""
    reason: str
    """Why the mailbox had the call: busy, no_answer, unavailable or rejected."""
    began_at: float
    """When the call came."""
    ended_at: float
    """When the message was over."""
    seconds: float
    state: str = NEW
    deleted_at: float = 0.0
    forwarded_by: str = ""
    """The mailbox whose owner has sent it on."""
    introduction: bool = False
    """Whether he has said something to it."""
    diverted_by: str = ""
    """Whose forward has sent the caller to the mailbox, the first one; empty: nobody's."""
    codec: str = ""
    """In which it came."""
    loss: float | None = None
    """Percent of the packets that did not come while it was recorded; None: nobody knows."""


class Recording(NamedTuple):
    """What an owner has recorded by phone."""

    id: str
    instead: str
    """The file that the configuration named at that time; when it names another one now, whoever
    wrote that has spoken later, and the recording does not count (features §4.4)."""


NO_RECORDINGS: Mapping[str, Recording] = MappingProxyType({})


class Box(NamedTuple):
    """What the owner of a mailbox has decided, and who has tried to get in."""

    mailbox: str
    pin: str = ""
    """Hashed; empty while he has chosen none."""
    pin_length: int = 0
    pin_instead: str = ""
    """Hashed: the PIN of the configuration at that time; empty when there was none."""
    failures: tuple[float, ...] = ()
    """When somebody typed a wrong PIN, of late."""
    locked_until: float = 0.0
    """Until then nobody gets in but from the owner's own phone."""
    greetings: Mapping[str, Recording] = NO_RECORDINGS
    pin_at: float = 0.0
    """When the PIN was chosen; 0: nobody remembers."""


class Greeting(Protocol):
    """A file that the configuration names."""

    @property
    def file(self) -> object: ...
    @property
    def use_for(self) -> tuple[str, ...]: ...


class Settings(Protocol):
    """What a mailbox reads of the configuration; see softswitch.config's Voicemail."""

    @property
    def pin(self) -> str: ...
    @property
    def max_message(self) -> float: ...
    @property
    def min_message(self) -> float: ...
    @property
    def max_silence(self) -> float: ...
    @property
    def max_messages(self) -> int: ...
    @property
    def remote_login(self) -> bool: ...
    @property
    def trust_device(self) -> bool: ...
    @property
    def answer(self) -> str: ...
    @property
    def operator(self) -> str: ...
    @property
    def editable(self) -> bool: ...
    @property
    def review(self) -> bool: ...
    @property
    def deliver_to(self) -> tuple[str, ...]: ...
    @property
    def greeting(self) -> Greeting | None: ...


def greeting_for(reason: str) -> str:
    """Which of the owner's greetings a caller hears who came for this reason."""
    return _GREETINGS.get(reason, NO_ANSWER)


def written_greeting(settings: Settings, reason: str) -> str:
    """The file that the configuration names for this reason; empty when there is none.

    What it names for the kinds `busy` and `no_answer` is what an owner records instead of.
    """
    greeting = settings.greeting
    return str(greeting.file) if greeting and reason in greeting.use_for else ""
