"""The way of one call: whom it rings first, to whom it goes on, and when it gives up.

    begin ──► Ring 101 ── no answer ──► after ──► Ring 102, for return_after ── busy ──► after ──►
              Ring return_to ── … ──► Voicemail of 101, or Reject with what became of 101

A route is asked what to do (`begin`), told what came of it (`after`, `redirected`), may be given
another aim by a service (`transfer`), and is asked nothing else; it waits for nothing and knows no
telephone. The same code routes calls and answers `softswitch explain`. It always ends: every
forward is used once in a call, and MAX_FORWARDS of them in all, numbers outside included.
"""

from collections.abc import Sequence

from softswitch.routing.codes import UNSPECIFIC, asks_for_mailboxes, has_mailbox, service
from softswitch.routing.decision import Conference, Decision, Dial, Retrieve, Voicemail
from softswitch.routing.destination import (
    CONFERENCE,
    NOWHERE,
    NUMBER,
    OUTSIDE,
    USER,
    VOICEMAIL,
    Goal,
    entered,
    parse,
)
from softswitch.routing.journey import MAX_FORWARDS, Journey
from softswitch.routing.outcomes import (
    NOT_PERMITTED,
    TRUNKS_DOWN,
    UNKNOWN_NUMBER,
    Outcome,
    release,
)
from softswitch.routing.outside import NOTHING, Entrance, Refused, permission
from softswitch.routing.plan import Extension, refusal, shown
from softswitch.routing.ringing import OUTSIDE_RING_TIME

__all__ = ["MAX_FORWARDS", "Route"]

REDIRECT = "redirect"


class Route(Journey):
    """One call on its way, and what is asked of it."""

    __slots__ = ()

    def begin(self, now: float) -> Decision:
        """What to do first."""
        self._now = now
        self._wall -= now
        dialled = self._dialled
        if self._trunk is not None:
            return self._noted(self._enter(self._trunk))
        if self._directory.get(dialled) is None:
            return self._noted(self._beyond())
        if dialled == self._caller:
            return self._own_number(dialled)
        caller = self._directory.get(self._caller)
        if caller is not None and caller.calls == NOTHING:
            why = f"{self._caller} may only call for help, {permission(caller)}"
            return refusal(NOT_PERMITTED, "failed", why)
        decision = self._go_to(dialled, True, None, False)
        return self._noted(decision) if self._notes else decision

    def after(self, outcome: Outcome, now: float) -> Decision:
        """What to do next: whoever the last decision rang did not take the call."""
        self._now = now
        return self._noted(self._go_on(outcome, f"{self._user}: {outcome.value}"))

    def redirected(self, targets: Sequence[str], now: float) -> Decision:
        """What to do next: the phone whose turn it is sends the call on by itself, to one of these
        user parts, the best one first (FWD-13). If it may not, the call counts as rejected."""
        self._now = now
        owner = self._user
        user = self._directory.get(owner)
        if user is None or not self._may_redirect(user):
            return self._noted(self._go_on(Outcome.REJECTED, f"{owner}'s phone redirects"))
        for target in targets:
            goal = self._aim(target, owner, ())
            kinds = (OUTSIDE, CONFERENCE)
            usable = goal.kind in kinds or self._directory.get(goal.value) is not None
            if parse(target).kind != NUMBER or not usable or goal.value == owner:
                self._note(f"the phone of {owner} redirects to {shown(target)}: {goal.value}")
            elif self._use(owner, REDIRECT):
                because = f"the phone of {owner} redirects to {shown(target)}"
                self._hop(owner, REDIRECT, goal.value, because)
                return self._noted(self._send_on(owner, user, goal, False))
        return self._noted(self._go_on(Outcome.REJECTED, f"{owner}'s phone redirects"))

    def transfer(self, target: str, principal: str, now: float) -> Decision:
        """What to do now that a service sends the caller on, with the permission of `principal`:
        the owner of the mailbox, whether he or a caller has pressed the key (VM-17)."""
        self._now = now
        self._forwards = 0  # a person decided so, and will not do it over and over by himself
        self._used = self._first = None
        self._returns = ()
        self._dialled = target
        self._user, self._own_rules = principal, False
        goal = self._aim(target, principal, (principal,))
        self.hops = ()
        because = f"{principal} sends the caller to {shown(target)}"
        if goal.kind == NOWHERE:
            return refusal(NOT_PERMITTED, "failed", f"{because}: {goal.value}")
        if goal.value == self._caller:
            return refusal(release(Outcome.BUSY), "busy", f"{because}, who is the caller")
        self._note(because)
        return self._noted(
            self._reach(goal, None, principal=principal, own_rules=True, confirm=False)
        )

    # Where a call begins

    def _enter(self, trunk: str) -> Decision:
        """A call from outside, to one of our numbers."""
        outside, dialled = self._world.outside, self._dialled
        number = None if outside is None else outside.normalise(dialled)
        e164 = dialled if number is None else number.e164
        entrance = None if outside is None else outside.entrances.get(e164)
        if entrance is None and self._directory.get(dialled) is not None:
            return self._go_to(dialled, True, None, False)
        if asks_for_mailboxes(dialled, self._directory, self._world.codes):
            message = self._message()
            if message is not None:  # FC-7: the code is not for strangers otherwise
                return message
        if entrance is None and outside is not None:
            entrance = outside.fallbacks.get(trunk)
        if entrance is None:
            why = f"{shown(dialled)} came by {trunk}, and is nobody's number"
            return refusal(UNKNOWN_NUMBER, "not_found", why)
        return self._through(entrance, e164)

    def _through(self, entrance: Entrance, number: str) -> Decision:
        target = entered(entrance, self._world.calendars, self._wall + self._now)
        self._note(f"{shown(number)} leads to {target} ({entrance.origin})")
        if target == VOICEMAIL:
            return self._mailboxes(number)
        goal = self._aim(target, "", ())
        self._dialled = goal.value
        if goal.kind == NOWHERE:
            return refusal(UNKNOWN_NUMBER, "not_found", goal.value)
        if goal == Goal(USER, self._caller) and self._trunk is None:
            return self._own_number(goal.value)
        return self._reach(goal, None, principal="", own_rules=True, confirm=False)

    def _mailboxes(self, number: str) -> Decision:
        """A message for whoever has forwarded the call to here (FWD-10); else the menu."""
        why = f"{shown(number)} is for mailboxes"
        if self._trunk is not None:
            return self._message() or Retrieve(None, why)
        own = has_mailbox(self._caller, self._directory)
        return Retrieve(self._caller if own else None, why)

    def _message(self) -> Voicemail | None:
        """What the call is for whoever has forwarded it, before it came here."""
        return self._diverted() if self._diverted is not None else None

    def _own_number(self, user: str) -> Decision:
        why = f"{user} called its own number"
        if has_mailbox(user, self._directory):
            return Voicemail(user, UNSPECIFIC, why)
        return refusal(release(Outcome.BUSY), "busy", why)

    def _beyond(self) -> Decision:
        """What a user has dialled is no user: a code, or a number outside."""
        dialled = self._dialled
        asked = service(dialled, self._caller, self._directory, self._world.codes)
        if asked is not None:
            return asked
        caller = self._directory.get(self._caller)
        rooms, outside = self._world.rooms, self._world.outside
        if dialled in rooms and caller is not None and caller.calls != NOTHING:
            return Conference(rooms[dialled], f"{dialled} is a conference room")
        number = None if outside is None else outside.normalise(dialled)
        if outside is None or number is None or caller is None:
            why = f"no user has the number {shown(dialled)}"
            return refusal(UNKNOWN_NUMBER, "not_found", why)
        entrance = outside.entrances.get(number.e164)
        if entrance is not None:
            return self._through(entrance, number.e164)
        verdict = outside.permitted(caller, number)
        why = f"{self._caller}: {verdict.because}"
        if isinstance(verdict, Refused):
            return refusal(NOT_PERMITTED, "failed", why)
        trunks = outside.way(number)
        if not trunks:
            return refusal(TRUNKS_DOWN, "unavailable", f"no trunk leads to {number.e164}")
        self._user, self._own_rules = number.e164, False
        return Dial(number.e164, trunks, self._caller, OUTSIDE_RING_TIME, False, why)

    def _may_redirect(self, user: Extension) -> bool:
        """Once in a call, by users whose own forwards count, and who may (FWD-13)."""
        used = self._used or ()
        return (
            user.phone_redirect
            and self._own_rules
            and not any(situation == REDIRECT for _, situation in used)
        )
