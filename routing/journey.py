"""Whose turn it is in a call, and where it goes when that is over.

The rules are features FWD-1 to FWD-8, FWD-12, FWD-14 and FWD-15. While a forward with
`return_after` is out, the target's own forwards and mailbox are not used, unless `follow_target` is
set: a colleague's forward would otherwise take the call away, and the return would never happen.
"""

from collections.abc import Callable
from typing import NamedTuple

from softswitch.routing.codes import UNSPECIFIC
from softswitch.routing.decision import Conference, Decision, Dial, Hop, Reject, Ring, Voicemail
from softswitch.routing.destination import (
    CONFERENCE,
    HANG_UP,
    NOWHERE,
    OUTSIDE,
    VOICEMAIL,
    Goal,
    World,
    aim,
)
from softswitch.routing.outcomes import UNKNOWN_NUMBER, Outcome, release
from softswitch.routing.plan import (
    Extension,
    Facts,
    ForwardRule,
    refusal,
    setting,
    shown,
)
from softswitch.routing.ringing import OUTSIDE_RING_TIME, before_ringing, ring_time_of

MAX_FORWARDS = 5
"""Of one call, those that earlier switches have made included (FWD-12)."""

SITUATIONS = {
    Outcome.BUSY: ("busy",),
    Outcome.NO_ANSWER: ("no_answer",),
    Outcome.UNAVAILABLE: ("unavailable",),
    Outcome.REJECTED: ("rejected", "busy"),
}
"""Which forward an outcome uses; the first that is set. A rejected call is forwarded as if the
user were busy, unless something else is said (FWD-2)."""

ALWAYS = "always"
RETURN = "return"

ENDS_HERE = frozenset({VOICEMAIL, CONFERENCE, HANG_UP})
"""Targets that are no forward of which there could be too many."""

NOBODY = frozenset({HANG_UP, NOWHERE})
"""Targets at which nobody could take a call."""

DEFAULT = "default"
"""The origin of what nobody has written: nobody wonders why it was passed over."""

INTERNAL = "internal"
"""Calls of our own users; everything else is external."""


class Return(NamedTuple):
    """A forward that is out, and when its owner wants the call back."""

    owner: str
    until: float


class Journey:
    """A call on its way. Times are monotonic seconds."""

    __slots__ = (
        "_caller",
        "_dialled",
        "_directory",
        "_diverted",
        "_facts",
        "_first",
        "_forwards",
        "_notes",
        "_now",
        "_own_rules",
        "_returns",
        "_trunk",
        "_used",
        "_user",
        "_wall",
        "_world",
        "hops",
    )

    def __init__(
        self,
        dialled: str,
        caller: str,
        world: World,
        facts: Callable[[str], Facts],
        *,
        forwarded_before: int = 0,
        wall: float = 0.0,
        trunk: str | None = None,
        diverted: Callable[[], Voicemail | None] | None = None,
    ) -> None:
        """`facts` tells what is true of a user when it is asked; `forwarded_before` counts the
        forwards that the call has behind it (Diversion, History-Info). `wall`: seconds since 1970
        when it begins. `trunk`: by which one the call came; the caller is no user then. `diverted`
        tells whose message it is if it came to mailboxes of nobody in particular (FWD-10)."""
        self._dialled = dialled
        self._caller = caller
        self._world = world
        self._directory = world.directory
        self._facts = facts
        self._wall = wall
        """What to add to the monotonic time, once the call has begun."""
        self._trunk = trunk
        self._diverted = diverted
        self._forwards = forwarded_before
        self._first: Outcome | None = None
        self._returns: tuple[Return, ...] = ()
        """Forwards that are out, the last one last."""
        self._used: set[tuple[str, str]] | None = None
        """Forwards this call has used. Most use none."""
        self._notes = ""
        """What was passed over on the way to the next decision, and why."""
        self._user = dialled
        """Whose turn it is: an extension, or a number outside."""
        self._own_rules = True
        """Whether that user's own forwards are used."""
        self._now = 0.0
        self.hops: tuple[Hop, ...] = ()
        """The forwards so far."""

    @property
    def first(self) -> Outcome:
        """What became of the one for whom the call was, or of who was rung in that place."""
        assert self._first is not None
        return self._first

    @property
    def comes_back(self) -> bool:
        """Is there somebody left to try, whatever becomes of the user whose turn it is?"""
        for back in self._returns:
            owner = self._directory.get(back.owner)
            target = None if owner is None else owner.forward.return_to
            if target is not None and self._return_goal(target, back.owner).kind not in NOBODY:
                return True
        return False

    # Where it goes

    def _go_to(self, name: str, own_rules: bool, limit: float | None, confirm: bool) -> Decision:
        """Ring a user, or what comes instead. `limit` is the time that is left to ring."""
        self._user = name
        self._own_rules = own_rules
        user = self._directory.get(name)
        if user is None:
            return self._go_on(Outcome.UNAVAILABLE, f"no user has the number {shown(name)}")
        if own_rules and user.forward.rules:
            forwarded = self._forwarded(name, user, (ALWAYS,), UNSPECIFIC)
            if forwarded is not None:
                return forwarded
        if name == self._caller and self._trunk is None:
            return self._go_on(Outcome.BUSY, f"{name} is the caller")
        refused = before_ringing(name, user, self._facts(name), self._caller)
        if refused is not None:
            return self._go_on(*refused)
        ring_time = user.ring_time if limit is None else ring_time_of(user, own_rules, limit)
        if self.hops:
            why = self.hops[-1].because
        else:
            line = user.origin.get("name", "no name")
            why = f"users.{name} ({line}), {setting(user, 'ring_time', ring_time)}"
        return Ring(name, ring_time, user.unreachable_after, why, self.hops, confirm)

    def _reach(
        self, goal: Goal, limit: float | None, *, principal: str, own_rules: bool, confirm: bool
    ) -> Decision:
        """Go to whatever a target leads to. `own_rules`: of a user whom it leads to."""
        because = self.hops[-1].because if self.hops else goal.because
        if goal.kind == OUTSIDE:
            self._user = goal.value
            self._own_rules = False
            if goal.value == self._caller:
                return self._go_on(Outcome.BUSY, f"{goal.value} is the caller")
            ring_time = OUTSIDE_RING_TIME if limit is None else limit
            return Dial(goal.value, goal.trunks, principal, ring_time, confirm, because, self.hops)
        if goal.kind == VOICEMAIL:
            reason = UNSPECIFIC if self._first is None else self._first.value
            return Voicemail(goal.value, reason, because, self.hops)
        if goal.kind == CONFERENCE:
            return Conference(goal.value, because, self.hops)
        if goal.kind == HANG_UP:
            return self._hang_up(goal.value, because)
        return self._go_to(goal.value, own_rules, limit, confirm)

    def _hang_up(self, word: str, because: str) -> Reject:
        """The caller hears what the target says; else what became of the call."""
        if word == "not_found":
            return refusal(UNKNOWN_NUMBER, word, because)
        first = self._first or Outcome.REJECTED
        outcome = Outcome.BUSY if word == "busy" else first
        how = release(outcome, to_trunk=self._trunk is not None)
        return refusal(how, outcome.value, because or "hangup")

    def _go_on(self, outcome: Outcome, why: str, names: tuple[str, ...] = ()) -> Decision:
        """The user whose turn it was is out of it. `names`: which forwards count, if not those of
        the outcome."""
        if self._first is None:
            self._first = outcome
        user = self._directory.get(self._user)
        if user is not None and self._own_rules and self._time_left() != 0.0:
            names = names or SITUATIONS[outcome]
            forwarded = self._forwarded(self._user, user, names, outcome.value)
            if forwarded is not None:
                return forwarded
            if user.voicemail.enabled and any(name in user.voicemail.answers for name in names):
                where = user.origin.get("voicemail.answers", "default")
                because = f"voicemail.answers of {self._user} ({where}), {why}"
                return Voicemail(self._user, outcome.value, because, self.hops)
        return self._come_back(why)

    def _forwarded(
        self, name: str, user: Extension, names: tuple[str, ...], reason: str
    ) -> Decision | None:
        """The decision of the user's forward for this situation; None when there is none.

        `reason` is what a mailbox says of it.
        """
        forwarding = user.forward
        if not forwarding.rules:
            return None
        for situation in names:
            rule = forwarding.rules.get(situation)
            if rule is None:
                continue
            line = user.origin.get(f"forward.{situation}", "default")
            where = f"forward.{situation} of {name} ({line})"
            if not self._applies(rule, where):
                continue
            goal = self._aim(rule.to, name, (name,))
            if goal.kind == NOWHERE:
                self._note(f"{where} to {rule.to} is passed over: {goal.value}")
                return None
            if goal.kind not in ENDS_HERE and not self._use(name, situation):
                self._note(
                    f"{where} is passed over: the call was forwarded so before, or too often"
                )
                return None
            self._hop(name, situation, goal.written, f"{where} to {rule.to}")
            if goal.kind == VOICEMAIL:
                return Voicemail(goal.value, reason, self.hops[-1].because, self.hops)
            return self._send_on(name, user, goal, bool(rule.confirm))
        return None

    def _send_on(self, name: str, user: Extension, goal: Goal, confirm: bool) -> Decision:
        """To the target of a forward: for a time, or for good (FWD-3, FWD-5)."""
        forwarding = user.forward
        limit = forwarding.return_after
        if limit is None or goal.kind in ENDS_HERE:
            own_rules = True
        else:
            own_rules = forwarding.follow_target
            self._returns += (Return(name, self._now + limit),)
        left = self._time_left()
        return self._reach(goal, left, principal=name, own_rules=own_rules, confirm=confirm)

    def _time_left(self) -> float | None:
        """Seconds until the first of the forwards that are out comes back; None: none is out."""
        if not self._returns:
            return None
        return max(0.0, min(one.until for one in self._returns) - self._now)

    def _come_back(self, why: str) -> Decision:
        """Nobody took the call where it was: back to who sent it there, the last one first."""
        while self._returns:
            *others, back = self._returns
            self._returns = tuple(others)
            if any(one.until <= self._now for one in self._returns):
                continue  # whoever sent it to this one wants it back as well
            owner = self._directory.get(back.owner)
            target = None if owner is None else owner.forward.return_to
            if owner is None or target is None:
                continue
            goal = self._return_goal(target, back.owner)
            where = owner.origin.get("forward.return_to", DEFAULT)
            because = f"forward.return_to of {back.owner} ({where}) to {target}, after {why}"
            if goal.kind == NOWHERE:
                if where != DEFAULT:
                    self._note(f"{because}, is passed over: {goal.value}")
                continue
            if goal.kind not in ENDS_HERE and not self._use(back.owner, RETURN):
                continue
            self._hop(back.owner, RETURN, goal.written, because)
            left = self._time_left()
            return self._reach(goal, left, principal=back.owner, own_rules=True, confirm=False)
        how = release(self.first, to_trunk=self._trunk is not None)
        return refusal(how, self.first.value, why)

    # What decides

    def _aim(self, target: str, owner: str, mailboxes: tuple[str, ...]) -> Goal:
        return aim(target, owner, self._world, self._wall + self._now, mailboxes=mailboxes)

    def _return_goal(self, target: str, owner: str) -> Goal:
        """A call that comes back belongs to whom it was for (FWD-4)."""
        return self._aim(target, owner, (self._dialled, owner))

    def _applies(self, rule: ForwardRule, where: str) -> bool:
        """Is the forward meant for this caller, and for now (FWD-15)?"""
        internal = self._trunk is None and self._directory.get(self._caller) is not None
        if rule.callers != "any" and (rule.callers == INTERNAL) is not internal:
            return False
        if rule.when is None:
            return True
        holds, because = self._world.calendars.holds(rule.when, self._wall + self._now)
        if not holds:
            self._note(f"{where} waits for {rule.when}: {because}")
        return holds

    def _use(self, name: str, situation: str) -> bool:
        """Count a forward; False when the call has used it before, or too many (FWD-12)."""
        if self._used is None:
            self._used = set()
        key = (name, situation)
        if key in self._used or self._forwards >= MAX_FORWARDS:
            return False
        self._used.add(key)
        self._forwards += 1
        return True

    # What is told

    def _hop(self, name: str, situation: str, to: str, because: str) -> None:
        self.hops += (Hop(name, situation, to, because),)

    def _note(self, text: str) -> None:
        self._notes = f"{self._notes}{text}; "

    def _noted(self, decision: Decision) -> Decision:
        """With what was passed over on the way to it."""
        if not self._notes:
            return decision
        because, self._notes = self._notes + decision.because, ""
        return decision._replace(because=because.removesuffix("; "))
