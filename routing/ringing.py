"""Whether a user's phones ring at all, and for how long."""

from softswitch.routing.outcomes import Outcome
from softswitch.routing.plan import Extension, Facts, setting

DO_NOT_DISTURB = ("dnd", "busy")
"""Who does not want to be disturbed is busy, but may have a destination of its own for that."""

OUTSIDE_RING_TIME = 180.0
"""Seconds a number outside may ring when nobody wants the call back: as long as networks let it,
and a proxy waits (RFC 3261 §16.6, timer C)."""


def ring_time_of(user: Extension, own_rules: bool, limit: float) -> float:
    """Seconds that the target of a forward rings, of the `limit` that its owner lets it.

    A user with rules of his own rings not longer than he says, or they would never be used.
    """
    return min(user.ring_time, limit) if own_rules else limit


def before_ringing(
    name: str, user: Extension, facts: Facts, caller: str
) -> tuple[Outcome, str, tuple[str, ...]] | None:
    """What keeps a user's phones from ringing, and why; None: nothing does.

    The third says which forwards count then, if not those of the outcome. Overrides come first
    (features 2.0).
    """
    if user.dnd and not facts.insists and caller not in user.dnd_allow:
        where = user.origin.get("dnd", "default")
        return Outcome.BUSY, f"{name} does not want to be disturbed, dnd ({where})", DO_NOT_DISTURB
    if facts.calls >= user.max_calls:
        limit = setting(user, "max_calls", user.max_calls)
        return Outcome.BUSY, f"{name} is in {facts.calls} of {limit}", ()
    if facts.calls and not user.call_waiting and not facts.is_free:
        where = user.origin.get("call_waiting", "default")
        return Outcome.BUSY, f"{name} is in a call, call_waiting off ({where})", ()
    if facts.live_bindings < 1:
        return Outcome.UNAVAILABLE, f"{name} has no live registration", ()
    return None
