"""Every forward to every kind of target, with real phones: `python -m tests.acceptance.forwarding`.

{always, busy, no answer, unavailable, rejected} x {internal, external} x {answers, rings out, is
busy, fails} x {with a mailbox, without}, and each to the own mailbox and to somebody else's: 90
calls over the wire (features 2.2), between pjsua2 and baresip, with pjsua2 as the carrier. Which
phone rings, which mailbox's greeting is heard (a tone of its own), the final code, and the path in
the log. The same on virtual time, with more to compare, is in
tests/softswitch/b2bua/test_forward_matrix.py.

Takes two and a half minutes. `python -m tests.acceptance.forwarding busy` has one situation alone.
Exits with 1 when a call took another way.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from tests.support.audio import heard_tone, write_tone
from tests.support.forwards import FINAL, OUTCOME, REJECTED, SITUATIONS, WHAT_HAPPENS, words
from tests.support.phones import Phone, PhoneCall
from tests.support.ports import free_port
from tests.support.switch import Switch

CALLER, TARGET, OTHER = "100", "102", "103"
CARRIER, MAIN, MOBILE = "127.0.0.7", "+48221112233", "+48600100100"
SECONDS = 2
"""A phone rings so long."""
GREETED = 0.6
"""Seconds of a greeting."""
OWN_TONE, OTHER_TONE = 440.0, 660.0
"""Hz: what the mailbox of who was called says, and that of somebody else."""
WORDS = words(SECONDS, SECONDS)


class Case(NamedTuple):
    """One call: to a user whose calls go on like this, and what happens where they go."""

    user: str
    situation: str
    to: str
    """internal, external, or the number of a mailbox."""
    has_mailbox: bool
    what: str

    @property
    def first(self) -> str:
        """The outcome that decides (FWD-4); of a forward for all calls it is the target's."""
        return OUTCOME.get(self.what, "") if self.situation == "always" else self.situation

    @property
    def mailbox(self) -> str:
        """Who takes the message in the end; empty: nobody."""
        if self.to not in ("internal", "external"):
            return self.to
        return self.user if self.has_mailbox and self.what != "answers" else ""

    @property
    def path(self) -> str:
        """FWD-16."""
        begin = f"User {CALLER} -> {self.user} ({WORDS[self.situation]})"
        if self.to not in ("internal", "external"):
            return f"{begin} -> voicemail {self.to}"
        on = f"{begin} -> {TARGET if self.to == 'internal' else MOBILE}"
        if self.what == "answers":
            return on
        return f"{on} ({WORDS[self.what]})" + (f" -> voicemail {self.user}" * self.has_mailbox)


def cases() -> Iterator[Case]:
    """All of them, those of a user in a row."""
    number = 200
    for situation in SITUATIONS:
        for to in ("internal", "external"):
            for has_mailbox in (True, False):
                for what in WHAT_HAPPENS:
                    yield Case(str(number), situation, to, has_mailbox, what)
                number += 1
        yield Case(str(number), situation, str(number), True, "answers")
        yield Case(str(number + 1), situation, OTHER, False, "answers")
        number += 2


def users(folder: Path) -> dict[str, dict[str, object]]:
    """As the configuration has them."""
    write_tone(folder / "own.wav", OWN_TONE, GREETED)
    write_tone(folder / "other.wav", OTHER_TONE, GREETED)
    targets = {"internal": TARGET, "external": MOBILE, OTHER: f"voicemail:{OTHER}"}
    each: dict[str, dict[str, object]] = {
        CALLER: {},
        TARGET: {},
        OTHER: {"voicemail": {"enabled": "on", "greeting": "other.wav"}},
    }
    for case in cases():
        forward = {case.situation: targets.get(case.to, "voicemail"), "return_after": f"{SECONDS}s"}
        each[case.user] = {"calls": "mobile", "forward": forward}
        if case.has_mailbox:
            each[case.user]["voicemail"] = {"enabled": "on", "greeting": "own.wav"}
    return each


class Office:
    """A switch, and the phones that take part in every call."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.folder = folder
        each, port = users(folder), free_port(CARRIER)
        trunk = {"host": CARRIER, "port": port, "numbers": [MAIN], "to": CALLER}
        self.switch = stack.enter_context(
            Switch(
                folder,
                users=tuple(each),
                user={"ring_time": f"{SECONDS}s"},
                each=each,
                more={"country": "PL", "trunks": {"carrier": trunk}},
            )
        )
        self.caller = stack.enter_context(self.phone(CALLER, "pjsua2"))
        inside = stack.enter_context(self.phone(TARGET, "pjsua2", transport="tcp"))
        outside = stack.enter_context(
            Phone("pjsua2", self.switch.sip, MOBILE, "", address=CARRIER, port=port)
        )
        self.caller.register()
        inside.register()
        self.targets = {"internal": inside, "external": outside}

    def phone(self, user: str, kind: str, **settings: str) -> Phone:
        """One of this user, which has still to register."""
        return Phone(kind, self.switch.sip, user, self.switch.password(user), **settings)

    def plays(self, case: Case, owner: Phone | None) -> None:
        """The call; raises AssertionError where it is not as it should be."""
        seen = len(self.switch.log())
        call = self.caller.dial(case.user)
        self._at_the_owners(case, owner, call)
        target = self.targets.get(case.to)
        if target is not None:
            self._at_the_target(case, target, call)
        if case.mailbox:
            self._hears(call, OWN_TONE if case.mailbox == case.user else OTHER_TONE)
        elif case.what != "answers":
            status = call.ended().status
            expected, _ = FINAL[case.first]
            assert status == expected, f"{status}, not {expected}"
        self._check_path(case.path, seen)
        silent = [owner] if owner is not None else []
        assert not any(phone.rings() for phone in (*silent, *self.targets.values()))

    def _at_the_owners(self, case: Case, owner: Phone | None, call: PhoneCall) -> None:
        if owner is None or case.situation == "always":
            return  # that it has not rung is seen at the end
        incoming = owner.incoming()
        if case.situation != "busy":
            if is_pjsua(case):
                incoming.ring()
            call.wait("ringing")
        if case.situation == "no_answer":
            incoming.ended()
        else:
            incoming.reject(486)

    @staticmethod
    def _at_the_target(case: Case, target: Phone, call: PhoneCall) -> None:
        incoming = target.incoming()
        if case.what == "answers":
            incoming.answer()
            call.wait("answered")
            call.hangup()
            incoming.ended()
            call.ended()
        elif case.what == "rings out":
            incoming.ring()
            incoming.ended()
        else:
            incoming.reject(REJECTED[case.what])

    def _hears(self, call: PhoneCall, tone: float) -> None:
        """This greeting and no other; then the caller hangs up."""
        call.wait("answered")
        file = self.folder / "heard.wav"
        call.record(file)
        time.sleep(GREETED + 0.3)
        call.stop_recording()
        call.hangup()
        call.ended()
        loud = [hertz for hertz in (OWN_TONE, OTHER_TONE) if heard_tone(file, hertz) > GREETED / 2]
        assert loud == [tone], f"{loud} Hz heard, not {tone}"

    def _check_path(self, path: str, seen: int) -> None:
        """It is in the log, and goes no further."""
        self.switch.wait_for_log(path)
        lines = self.switch.log()[seen:].splitlines()
        assert any(
            line.endswith(path) or f"{path};" in line or f"{path}," in line for line in lines
        )


def is_pjsua(case: Case) -> bool:
    """Which of the two kinds the owner's phone is. Those of pjsua2 ring when they are told to."""
    return case.situation in ("always", "busy") or int(case.user) % 2 == 0


def main(*situations: str) -> int:
    wanted = [one for one in cases() if one.situation in (situations or SITUATIONS)]
    problems, began = [], time.monotonic()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        office = Office(stack, Path(folder))
        for user in dict.fromkeys(case.user for case in wanted):
            own = [case for case in wanted if case.user == user]
            with ExitStack() as desk:
                owner = None
                if own[0].situation != "unavailable":
                    kind = "pjsua2" if is_pjsua(own[0]) else "baresip"
                    owner = desk.enter_context(office.phone(user, kind))
                    owner.register()
                for case in own:
                    try:
                        office.plays(case, owner)
                    except AssertionError as error:
                        problems.append(f"{case}: {error}")
        office.switch.check_log()
    sys.stdout.write("".join(f"{problem}\n" for problem in problems))
    took = time.monotonic() - began
    sys.stdout.write(f"{len(wanted)} calls, {len(problems)} took another way; {took:.0f} s\n")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
