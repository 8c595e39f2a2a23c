"""The whole way of a call in words, by the code that routes real calls (features NEW-2)."""

from collections.abc import Mapping
from typing import NamedTuple

from softswitch.routing.decision import Decision, Dial, Ring
from softswitch.routing.destination import World
from softswitch.routing.outcomes import Outcome
from softswitch.routing.plan import Facts
from softswitch.routing.route import Route


class Redirected(NamedTuple):
    """The phone sends the call on by itself (FWD-13)."""

    to: str


class Step(NamedTuple):
    """A decision, and what then became of it; None behind the last one."""

    decision: Decision
    outcome: Outcome | Redirected | None


def explain(
    caller: str,
    dialled: str,
    world: World,
    given: Mapping[str, Outcome | Redirected],
    *,
    wall: float = 0.0,
    trunk: str | None = None,
) -> list[Step]:
    """Every step of a call that comes at `wall`, by a trunk or not. `given` says what becomes of a
    user or of a number outside; of all others, that nobody answers. Who is given as unavailable has
    no phone that is logged in."""

    def supposed(user: str) -> Facts:
        return Facts(0 if given.get(user) is Outcome.UNAVAILABLE else 1, 0)

    route = Route(dialled, caller, world, supposed, wall=wall, trunk=trunk)
    now = 0.0
    decision = route.begin(now)
    steps = []
    while isinstance(decision, Ring | Dial):
        rung = decision.user if isinstance(decision, Ring) else decision.number
        outcome = given.get(rung, Outcome.NO_ANSWER)
        steps.append(Step(decision, outcome))
        if outcome is Outcome.ANSWERED:
            return steps
        if isinstance(outcome, Redirected):
            decision = route.redirected([outcome.to], now)
            continue
        if outcome is Outcome.NO_ANSWER:
            now += decision.ring_time
        decision = route.after(outcome, now)
    return [*steps, Step(decision, None)]
