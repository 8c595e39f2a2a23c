"""Where a dialled number leads: facts in, a decision out. Nothing is asked, nothing remembered."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from softswitch.routing.decision import Decision, Reject, Ring
from softswitch.routing.outcomes import UNKNOWN_NUMBER, Outcome, Release, release

MAX_SHOWN = 40
"""Characters of a dialled number that a decision repeats: enough for any telephone number."""


class Extension(Protocol):
    """What routing reads of a configured user."""

    @property
    def ring_time(self) -> float: ...
    @property
    def unreachable_after(self) -> float: ...
    @property
    def max_calls(self) -> int: ...
    @property
    def origin(self) -> Mapping[str, str]: ...


class Directory(Protocol):
    """Numbers to users; the dict of the configuration is one."""

    def get(self, number: str, /) -> Extension | None: ...


class Facts(NamedTuple):
    """What is true of the called user right now."""

    live_bindings: int
    calls: int
    """Calls the user is in: talking, held, dialling or ringing."""


def decide(dialled: str, caller: str, directory: Directory, facts: Facts) -> Decision:
    """Ring the user with that number, or say why not. `facts` are those of the number dialled."""
    user = directory.get(dialled)
    if user is None:
        return _reject(UNKNOWN_NUMBER, "not_found", f"no user has the number {_shown(dialled)}")
    if dialled == caller:
        return _reject(release(Outcome.BUSY), "busy", f"{caller} called its own number")
    if facts.calls >= user.max_calls:
        # Overrides come before any device is asked, so busy wins over unavailable.
        why = f"{dialled} is in {facts.calls} of {_setting(user, 'max_calls', user.max_calls)}"
        return _reject(release(Outcome.BUSY), "busy", why)
    if facts.live_bindings < 1:
        why = f"{dialled} has no live registration"
        return _reject(release(Outcome.UNAVAILABLE), "unavailable", why)
    line = user.origin.get("name", "no name")
    why = f"users.{dialled} ({line}), {_setting(user, 'ring_time', user.ring_time)}"
    return Ring(dialled, user.ring_time, user.unreachable_after, why)


def _reject(how: Release, outcome: str, because: str) -> Reject:
    return Reject(how.status, how.cause, outcome, because)


def _setting(user: Extension, key: str, value: float) -> str:
    """`ring_time 30 (conf/demo.yaml:12)`: a setting with where it was set."""
    return f"{key} {value:g} ({user.origin.get(key, 'default')})"


def _shown(number: str) -> str:
    """A stranger's text, fit for a log: short, and without control characters."""
    short = number[:MAX_SHOWN]
    return short if short.isascii() and short.isprintable() else repr(short)
