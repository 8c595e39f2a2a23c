"""Every forward to every kind of target, whatever becomes of it (features 2.2, its tests).

{always, busy, no answer, unavailable, rejected} x {internal, external, voicemail} x {answers, rings
out, is busy, fails} x {with a mailbox, without}: who rang, for how long, which greeting was heard,
the final code, and the path in the record. FWD-1, FWD-2, FWD-3, FWD-4, FWD-6, FWD-11, FWD-14,
FWD-16.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from softswitch.config.messaging import Voicemail
from softswitch.media.engine import stage_messages
from softswitch.media.engine.interface import Clip
from tests.softswitch.b2bua.applications import performed
from tests.softswitch.b2bua.carriers import MOBILE, Office
from tests.softswitch.b2bua.dialogs import PhoneCall
from tests.softswitch.b2bua.flows import finish, heard
from tests.softswitch.b2bua.mailboxes import take_messages
from tests.softswitch.b2bua.phones import Phone
from tests.support.forwards import FINAL, OUTCOME, REJECTED, SITUATIONS, WHAT_HAPPENS, words

TARGETS = {"internal": "102", "external": "600100100"}
SHOWN = {"internal": "102", "external": MOBILE}
"""The same, as a record has it."""
RING_TIME, RETURN_AFTER = 20.0, 10.0
NOT_ANSWERED = ['Q.850;cause=19;text="No answer from user"']

WORDS = words(RING_TIME, RETURN_AFTER)
PROGRESS = {"always": [], "busy": [181], "no_answer": [180], "unavailable": [], "rejected": [180]}
"""What the caller hears before the target rings. It is never told twice that it rings."""

NAMES = ("vm.cannot_take_your_call", "vm.is_busy", "vm.leave_a_message")


class Matrix:
    """An office in which Alice, 100, calls Bob, 101, whose calls go on."""

    def __init__(self, folder: Path, situation: str, to: str, *, has_mailbox: bool) -> None:
        self.office = office = Office()
        self.world = world = office.world
        take_messages(world, folder, NAMES)
        self.situation = situation
        office.change("101", ring_time=RING_TIME, voicemail=Voicemail(enabled=has_mailbox))
        office.forward("101", **{situation: to}, return_after=RETURN_AFTER)
        self.bob = office.bob
        self.carla = Phone(world, "102")
        if situation == "unavailable":
            world.location.replace("101", ())

    def calls(self) -> PhoneCall:
        """Alice calls; what happens at Bob's phone happens, and the call has gone on."""
        world, bob = self.world, self.bob
        call = self.office.alice.invites("101")
        world.run()
        if self.situation in ("always", "unavailable"):
            assert not bob.calls, "his phone does not ring"
            return call
        if self.situation in ("no_answer", "rejected"):
            bob.rings()
            world.run()
        if self.situation == "no_answer":
            world.run(RING_TIME - 0.5)
            assert not heard(bob.call, "CANCEL"), "it rings as long as it should"
            world.run(1.0)
            assert heard(bob.call, "CANCEL") == NOT_ANSWERED
        else:
            bob.rejects(486)
            world.run()
        assert len(bob.calls) == 1
        return call

    def goes_on(self, phone: Phone, what: str) -> None:
        """What happens at the target."""
        world = self.world
        assert len(phone.calls) == 1, "the target is called, and once"
        if what in ("answers", "rings out"):
            phone.rings()
            world.run()
        if what == "answers":
            phone.answers()
        elif what == "rings out":
            world.run(RETURN_AFTER - 1.0)
            assert not heard(phone.call, "CANCEL")
            world.run(2.0)
            assert heard(phone.call, "CANCEL") == NOT_ANSWERED
        else:
            phone.rejects(REJECTED[what])
        world.run(0.5)

    @property
    def greeting(self) -> list[str]:
        """What is played to the caller first."""
        sounds = performed(self.world, stage_messages.Play)[0].sounds
        return [sound.path[1:] for sound in sounds if isinstance(sound, Clip)]


def system_greeting(outcome: str) -> list[str]:
    """Who rejects a call is busy (FWD-2)."""
    what = "vm.is_busy" if outcome in ("busy", "rejected") else "vm.cannot_take_your_call"
    return [what, "vm.leave_a_message"]


@pytest.mark.parametrize("what", WHAT_HAPPENS)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("has_mailbox", [True, False], ids=["mailbox", "no mailbox"])
def test_a_call_that_goes_on_is_taken_or_comes_back(
    tmp_path: Path, situation: str, target: str, what: str, has_mailbox: bool
) -> None:
    """FWD-1, FWD-2, FWD-3, FWD-4, FWD-6, FWD-11, FWD-16"""
    it = Matrix(tmp_path, situation, TARGETS[target], has_mailbox=has_mailbox)
    world = it.world
    call = it.calls()
    it.goes_on(it.carla if target == "internal" else it.office.carrier, what)

    rang = [180] if what in ("answers", "rings out") else []
    progress = [*dict.fromkeys([100, *PROGRESS[situation], *rang])]
    path = f"User 100 -> 101 ({WORDS[situation]}) -> {SHOWN[target]}"
    # FWD-4: the first outcome decides, which of a forward for all calls is that of its target
    first = OUTCOME.get(what, "") if situation == "always" else situation
    if what == "answers":
        expected = ("answered", 200, SHOWN[target], path)
        assert call.heard == [*progress, 200]
    elif has_mailbox:
        path += f" ({WORDS[what]}) -> voicemail 101"
        expected = ("voicemail", 200, "voicemail 101", path)
        assert call.heard == [*progress, 200]
        assert it.greeting == system_greeting(first)
    else:
        status, cause = FINAL[first]
        expected = (first, status, None, f"{path} ({WORDS[what]})")  # type: ignore[assignment]
        assert call.heard == [*progress, status]
        assert f"cause={cause};" in (call.responses[-1].headers.get("Reason") or "")
    finish(world)
    record = world.record
    assert (record.outcome, record.status, record.answered_by, record.path) == expected


@pytest.mark.parametrize("whose", ["101", "102"])
@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_call_that_goes_on_to_a_mailbox_hears_its_greeting(
    tmp_path: Path, situation: str, whose: str
) -> None:
    """FWD-14: the own mailbox, or that of somebody else, by the outcome of who was called."""
    to = "voicemail" if whose == "101" else f"voicemail:{whose}"
    it = Matrix(tmp_path, situation, to, has_mailbox=whose == "101")
    if whose == "102":
        it.office.change("102", voicemail=Voicemail(enabled=True))
    call = it.calls()
    assert not it.carla.calls, "a mailbox rings nobody"
    rang = [180] if situation in ("no_answer", "rejected") else []
    assert call.heard == [100, *rang, 200]
    first = "unavailable" if situation == "always" else situation
    assert it.greeting == system_greeting(first)
    finish(it.world)
    record = it.world.record
    assert (record.outcome, record.status, record.answered_by, record.path) == (
        "voicemail",
        200,
        f"voicemail {whose}",
        f"User 100 -> 101 ({WORDS[situation]}) -> voicemail {whose}",
    )
