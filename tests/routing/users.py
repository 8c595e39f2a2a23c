"""A directory for tests of routing: users that are written in a line."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

ORIGIN = {"name": "demo.yaml:8", "ring_time": "demo.yaml:9", "max_calls": "demo.yaml:10"}


@dataclass(frozen=True, slots=True)
class Rule:
    to: str
    callers: str = "any"
    when: str | None = None
    confirm: bool | None = None


@dataclass(frozen=True, slots=True)
class Forwarding:
    rules: Mapping[str, Rule] = field(default_factory=dict)
    return_after: float | None = 30.0
    return_to: str | None = None
    follow_target: bool = False


@dataclass(frozen=True, slots=True)
class Mailbox:
    enabled: bool = False
    answers: Collection[str] = ("no_answer", "busy", "unavailable")


@dataclass(frozen=True, slots=True)
class User:
    ring_time: float = 20.0
    unreachable_after: float = 4.0
    max_calls: int = 4
    call_waiting: bool = True
    dnd: bool = False
    dnd_allow: tuple[str, ...] = ()
    phone_redirect: bool = True
    calls: str = "national"
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    forward: Forwarding = field(default_factory=Forwarding)
    voicemail: Mailbox = field(default_factory=Mailbox)
    origin: Mapping[str, str] = field(default_factory=dict)


def forwards(
    *,
    return_after: float | None = 30.0,
    return_to: str | None = None,
    follow_target: bool = False,
    mailbox: bool = False,
    **rules: str,
) -> User:
    """A user whose calls go on, by situation."""
    written = {situation: Rule(to) for situation, to in rules.items()}
    forward = Forwarding(written, return_after, return_to, follow_target)
    return User(forward=forward, voicemail=Mailbox(mailbox))
