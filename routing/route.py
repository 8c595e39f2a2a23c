"""The way of one call: whom it rings first, to whom it goes on, and when it gives up.

    begin ──► Ring 101 ── no answer ──► after ──► Ring 102, for return_after ── busy ──► after ──►
              Ring return_to ── … ──► Voicemail of 101, or Reject with what became of 101

A route is asked what to do (`begin`), told what came of it (`after`), and asked nothing else; it
waits for nothing and knows no telephone. The same code routes calls and answers `softswitch
explain`. It always ends: every forward is used once in a call, and MAX_FORWARDS of them in all.

The rules are features FWD-1 to FWD-5, FWD-12 and FWD-14. While a forward with `return_after` is
out, the target's own forwards and mailbox are not used, unless `follow_target` is set: a
colleague's forward would otherwise take the call away, and the return would never happen.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from softswitch.routing.codes import NO_CODES, UNSPECIFIC, Codes, has_mailbox, service
from softswitch.routing.decision import Decision, Hop, Ring, Voicemail
from softswitch.routing.outcomes import UNKNOWN_NUMBER, Outcome, release
from softswitch.routing.outside import Outside
from softswitch.routing.plan import Directory, Extension, Facts, refusal, setting, shown

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

VOICEMAIL = "voicemail"
"""A target: the mailbox of the user in question, or of 105 as `voicemail:105`."""

INTERNAL = "internal"
"""Calls of our own users; everything else is external."""


class _Visit(NamedTuple):
    """The user whose turn it is."""

    user: str
    own_rules: bool
    """Whether the user's own forwards are used."""


class _Return(NamedTuple):
    """A forward that is out, and when its owner wants the call back."""

    owner: str
    until: float


class Route:
    """One call on its way. Times are monotonic seconds."""

    __slots__ = (
        "_caller",
        "_codes",
        "_dialled",
        "_directory",
        "_facts",
        "_first",
        "_forwards",
        "_now",
        "_outside",
        "_returns",
        "_trunk",
        "_used",
        "_visit",
        "_wall",
        "hops",
    )

    def __init__(
        self,
        dialled: str,
        caller: str,
        directory: Directory,
        facts: Callable[[str], Facts],
        *,
        forwarded_before: int = 0,
        codes: Codes = NO_CODES,
        outside: Outside | None = None,
        wall: float = 0.0,
        trunk: str | None = None,
    ) -> None:
        """`facts` tells what is true of a user when it is asked; `forwarded_before` counts the
        forwards that the call has behind it (Diversion, History-Info). `wall`: seconds since 1970,
        for calendars. `trunk`: by which one the call came; the caller is a number then."""
        self._dialled = dialled
        self._caller = caller
        self._directory = directory
        self._facts = facts
        self._codes = codes
        self._outside = outside
        self._wall = wall
        self._trunk = trunk
        self._forwards = forwarded_before
        self._first: Outcome | None = None
        self._returns: list[_Return] = []
        self._used: set[tuple[str, str]] | None = None
        """Forwards this call has used. Most use none."""
        self._visit = _Visit(dialled, True)
        self._now = 0.0
        self.hops: tuple[Hop, ...] = ()
        """The forwards so far."""

    def begin(self, now: float) -> Decision:
        """What to do first."""
        self._now = now
        dialled = self._dialled
        if self._directory.get(dialled) is None:
            asked = service(dialled, self._caller, self._directory, self._codes)
            why = f"no user has the number {shown(dialled)}"
            return asked or refusal(UNKNOWN_NUMBER, "not_found", why)
        if dialled == self._caller:
            why = f"{dialled} called its own number"
            if has_mailbox(dialled, self._directory):
                return Voicemail(dialled, UNSPECIFIC, why)
            return refusal(release(Outcome.BUSY), "busy", why)
        return self._go_to(self._visit, None)

    def after(self, outcome: Outcome, now: float) -> Decision:
        """What to do next: the user whom the last decision rang did not take the call."""
        self._now = now
        return self._go_on(outcome, f"{self._visit.user}: {outcome.value}")

    def redirected(self, targets: Sequence[str], now: float) -> Decision:
        """What to do next: the phone whose turn it is sends the call on by itself, to one of these
        user parts, the best one first (FWD-13)."""
        return self.after(Outcome.REJECTED, now)

    def transfer(self, target: str, principal: str, now: float) -> Decision:
        """What to do when the caller is to be sent on by a service, on behalf of a user whose
        permission is used (an operator's key, a call back from a mailbox)."""
        self._now = now
        self._visit = _Visit(principal, False)
        return self._go_to(_Visit(target, True), None)

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
            if target is not None and self._mailbox(target, back.owner, RETURN) != "":
                return True
        return False

    def _go_to(self, visit: _Visit, limit: float | None) -> Decision:
        """Ring a user, or what comes instead. `limit` is the time that is left to ring."""
        self._visit = visit
        name = visit.user
        user = self._directory.get(name)
        if user is None:
            return self._go_on(Outcome.UNAVAILABLE, f"no user has the number {shown(name)}")
        if visit.own_rules:
            forwarded = self._forwarded(name, user, (ALWAYS,), UNSPECIFIC)
            if forwarded is not None:
                return forwarded
        if self.hops and name == self._caller:
            return self._go_on(Outcome.BUSY, f"{name} is the caller")
        refused = _before_ringing(name, user, self._facts(name))
        if refused is not None:
            return self._go_on(*refused)
        ring_time = _ring_time(user, visit, limit)
        line = user.origin.get("name", "no name")
        if self.hops:
            why = self.hops[-1].because
        else:
            why = f"users.{name} ({line}), {setting(user, 'ring_time', ring_time)}"
        return Ring(name, ring_time, user.unreachable_after, why, self.hops)

    def _go_on(self, outcome: Outcome, why: str) -> Decision:
        """The user whose turn it was is out of it."""
        if self._first is None:
            self._first = outcome
        visit = self._visit
        user = self._directory.get(visit.user)
        if user is not None and visit.own_rules and self._time_left() != 0.0:
            names = SITUATIONS[outcome]
            forwarded = self._forwarded(visit.user, user, names, outcome.value)
            if forwarded is not None:
                return forwarded
            if user.voicemail.enabled and any(name in user.voicemail.answers for name in names):
                where = user.origin.get("voicemail.answers", "default")
                because = f"voicemail.answers of {visit.user} ({where}), {why}"
                return Voicemail(visit.user, outcome.value, because, self.hops)
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
            if rule is None or not self._applies(rule.callers):
                continue
            mailbox = self._mailbox(rule.to, name, situation)
            if mailbox == "" or (mailbox is None and not self._use(name, situation)):
                return None
            where = user.origin.get(f"forward.{situation}", "default")
            because = f"forward.{situation} of {name} ({where}) to {rule.to}"
            self._hop(name, situation, mailbox, rule.to, because)
            if mailbox is not None:
                return Voicemail(mailbox, reason, because, self.hops)
            return self._send_on(name, user, rule.to)
        return None

    def _mailbox(self, target: str, owner: str, situation: str) -> str | None:
        """Whose mailbox a target is; "" when that user has none, None when it is no mailbox.

        A call that comes back belongs to whom it was for (FWD-4).
        """
        kind, _, user = target.partition(":")
        if kind != VOICEMAIL:
            return None
        first = (self._dialled, owner) if situation == RETURN else (owner,)
        for name in (user,) if user else first:
            if has_mailbox(name, self._directory):
                return name
        return ""

    def _hop(self, name: str, situation: str, mailbox: str | None, to: str, because: str) -> None:
        shown_as = to if mailbox is None else f"{VOICEMAIL}:{mailbox}"
        self.hops += (Hop(name, situation, shown_as, because),)

    def _applies(self, callers: str) -> bool:
        """Is the forward meant for this caller (FWD-15)?"""
        internal = self._directory.get(self._caller) is not None
        return callers == "any" or (callers == INTERNAL) is internal

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

    def _send_on(self, name: str, user: Extension, target: str) -> Decision:
        """To the target of a forward: for a time, or for good (FWD-3, FWD-5)."""
        forwarding = user.forward
        limit = forwarding.return_after
        if limit is None:
            return self._go_to(_Visit(target, True), self._time_left())
        self._returns.append(_Return(name, self._now + limit))
        return self._go_to(_Visit(target, forwarding.follow_target), self._time_left())

    def _time_left(self) -> float | None:
        """Seconds until the first of the forwards that are out comes back; None: none is out."""
        if not self._returns:
            return None
        return max(0.0, min(one.until for one in self._returns) - self._now)

    def _come_back(self, why: str) -> Decision:
        """Nobody took the call where it was: back to who sent it there, the last one first."""
        while self._returns:
            back = self._returns.pop()
            if any(one.until <= self._now for one in self._returns):
                continue  # whoever sent it to this one wants it back as well
            owner = self._directory.get(back.owner)
            target = None if owner is None else owner.forward.return_to
            if owner is None or target is None:
                continue
            mailbox = self._mailbox(target, back.owner, RETURN)
            if mailbox == "" or (mailbox is None and not self._use(back.owner, RETURN)):
                continue
            where = owner.origin.get("forward.return_to", "default")
            because = f"forward.return_to of {back.owner} ({where}) to {target}, after {why}"
            self._hop(back.owner, RETURN, mailbox, target, because)
            if mailbox is not None:
                return Voicemail(mailbox, self.first.value, because, self.hops)
            return self._go_to(_Visit(target, True), self._time_left())
        return refusal(release(self.first), self.first.value, why)


def _ring_time(user: Extension, visit: _Visit, limit: float | None) -> float:
    """The target of a forward rings for as long as its owner lets it; a user with rules of his
    own not longer than he says, or they would never be used."""
    if limit is None:
        return user.ring_time
    return min(user.ring_time, limit) if visit.own_rules else limit


def _before_ringing(name: str, user: Extension, facts: Facts) -> tuple[Outcome, str] | None:
    """What keeps a user's phones from ringing at all; overrides come first (features 2.0)."""
    if facts.calls >= user.max_calls:
        limit = setting(user, "max_calls", user.max_calls)
        return Outcome.BUSY, f"{name} is in {facts.calls} of {limit}"
    if facts.calls and not user.call_waiting:
        where = user.origin.get("call_waiting", "default")
        return Outcome.BUSY, f"{name} is in a call, call_waiting off ({where})"
    if facts.live_bindings < 1:
        return Outcome.UNAVAILABLE, f"{name} has no live registration"
    return None
