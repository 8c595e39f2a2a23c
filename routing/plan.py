"""What routing reads: users as they are configured, and what is true of them at the moment."""

from collections.abc import Collection, Mapping
from typing import NamedTuple, Protocol

from softswitch.routing.decision import Reject
from softswitch.routing.outcomes import Release

MAX_SHOWN = 40
"""Characters of a dialled number that a decision repeats: enough for any telephone number."""


class ForwardRule(Protocol):
    """One forward of a user."""

    @property
    def to(self) -> str: ...
    @property
    def callers(self) -> str: ...
    @property
    def when(self) -> str | None: ...
    @property
    def confirm(self) -> bool | None: ...


class Forwarding(Protocol):
    """A user's forwards by situation, and how they come back."""

    @property
    def rules(self) -> Mapping[str, ForwardRule]: ...
    @property
    def return_after(self) -> float | None: ...
    @property
    def return_to(self) -> str | None: ...
    @property
    def follow_target(self) -> bool: ...


class Mailbox(Protocol):
    """Whether a user has one, and when it takes calls."""

    @property
    def enabled(self) -> bool: ...
    @property
    def answers(self) -> Collection[str]: ...


class Extension(Protocol):
    """What routing reads of a configured user."""

    @property
    def ring_time(self) -> float: ...
    @property
    def unreachable_after(self) -> float: ...
    @property
    def max_calls(self) -> int: ...
    @property
    def call_waiting(self) -> bool: ...
    @property
    def dnd(self) -> bool: ...
    @property
    def dnd_allow(self) -> Collection[str]: ...
    @property
    def phone_redirect(self) -> bool: ...
    @property
    def calls(self) -> str: ...
    @property
    def allow(self) -> tuple[str, ...]: ...
    @property
    def deny(self) -> tuple[str, ...]: ...
    @property
    def forward(self) -> Forwarding: ...
    @property
    def voicemail(self) -> Mailbox: ...
    @property
    def origin(self) -> Mapping[str, str]: ...


class Directory(Protocol):
    """Numbers to users; the dict of the configuration is one."""

    def get(self, number: str, /) -> Extension | None: ...


class Facts(NamedTuple):
    """What is true of a user right now."""

    live_bindings: int
    calls: int
    """Calls the user is in: talking, held, dialling or ringing."""
    insists: bool = False
    """Whether the caller has tried a moment ago, and been told not to disturb (DND-2)."""
    is_free: bool = False
    """Whether a phone can take another call although the user is in one (CW-3)."""


def refusal(how: Release, outcome: str, because: str) -> Reject:
    """The decision that ends a call."""
    return Reject(how.status, how.cause, outcome, because)


def setting(user: Extension, key: str, value: float) -> str:
    """`ring_time 30 (conf/demo.yaml:12)`: a setting with where it was set."""
    return f"{key} {value:g} ({user.origin.get(key, 'default')})"


def shown(number: str) -> str:
    """A stranger's text, fit for a log: short, and without control characters."""
    short = number[:MAX_SHOWN]
    return short if short.isascii() and short.isprintable() else repr(short)
