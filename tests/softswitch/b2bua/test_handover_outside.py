"""Mobiles that have to press 1, and callers from outside sent on: FWD-7, VM-2, VM-5, VM-17."""

from __future__ import annotations

import pytest

from softswitch.config.configuration import Forward, Forwarding
from softswitch.config.messaging import Voicemail
from softswitch.mailbox.line import Connect
from softswitch.media.engine.interface import DigitHeard
from softswitch.media.engine.stage_messages import Play
from tests.softswitch.b2bua.applications import Script, performed
from tests.softswitch.b2bua.carriers import ANNA, MOBILE, Office, said
from tests.softswitch.b2bua.flows import finish
from tests.softswitch.b2bua.network import World


def presses(world: World, digit: str, which: int = 1) -> None:
    world.calls.media_event(DigitHeard(list(world.media.open_ports)[which], digit, 0.1, "event"))
    world.run()


def asked() -> Office:
    """Alice calls Bob, who is not there; his mobile has answered and has to press 1."""
    office = Office()
    office.change(
        "101",
        forward=Forwarding({"busy": Forward(MOBILE, confirm=True)}, 20.0, "102"),
    )
    office.alice.invites("101")
    office.world.run()
    office.bob.rejects()
    office.world.run()
    office.carrier.rings(183, body=office.carrier.sdp())
    office.world.run()
    office.carrier.answers()
    office.world.run()
    return office


def test_a_mobile_presses_one_and_has_the_call() -> None:  # FWD-7, FWD-11
    office = asked()
    assert office.alice.call.heard == [100, 181, 180]
    presses(office.world, "1")
    assert office.alice.call.heard == [100, 181, 180, 200]
    assert office.world.airs[0].joined is not None
    finish(office.world)
    record = office.world.record
    assert record.answered_by == MOBILE
    assert record.path == f"User 100 -> 101 (busy) -> {MOBILE}"


@pytest.mark.parametrize("how", ["silence", "hangs up"])
def test_a_mobiles_mailbox_has_not_answered_and_the_call_comes_back(how: str) -> None:  # FWD-3
    office = asked()
    if how == "silence":
        office.world.run(20.0)
        assert office.carrier.call.byes_heard == 1
    else:
        office.carrier.hangs_up()
        office.world.run()
    assert office.alice.call.heard == [100, 181, 180, 486]  # of the first outcome
    finish(office.world)
    assert [leg.result for leg in office.world.record.legs][1:] == ["busy", "no_answer"]


def test_the_channel_of_a_mobile_that_was_asked_is_free_again() -> None:  # TK-9
    office = asked()
    (trunk,) = office.world.calls._board.trunks
    office.alice.cancels()
    office.world.run()
    assert office.carrier.call.byes_heard == 1
    finish(office.world)
    assert not trunk.is_full


def from_outside(at_once: str) -> tuple[Office, Script]:
    """The mailbox of Bob, who is busy, has a caller from outside."""
    office = Office()

    def begin(script: Script) -> None:
        if at_once == "answers":
            script.line.answer()
        script.greets()

    script = office.world.calls._board.applications = Script(begin)
    office.change("101", voicemail=Voicemail(enabled=True))
    office.carrier.invites(ANNA)
    office.world.run()
    office.bob.rejects()
    office.world.run()
    return office, script


@pytest.mark.parametrize("at_once", ["answers", "greets"])
def test_a_caller_from_outside_is_sent_on_to_the_operator(at_once: str) -> None:  # VM-2, VM-5
    office, script = from_outside(at_once)
    assert script.line.remote
    before = [100, 200] if at_once == "answers" else [100, 183]
    assert office.carrier.call.heard == before
    script.line.connect(Connect("100", "101"), lambda: script.told.append("back"))
    office.world.run()
    office.alice.rings()
    office.world.run()
    assert office.carrier.call.heard == before
    assert said(office.alice, "From") is not None
    office.alice.answers()
    office.world.run()
    assert office.carrier.call.heard[-1] == 200
    assert [one.joined is not None for one in office.world.airs] == [True, True]
    finish(office.world)
    assert office.world.record.answered_by == "100"


def test_an_operator_may_be_outside_and_takes_the_owners_permission() -> None:  # VM-17, OUT-1
    office, script = from_outside("answers")
    office.change("101", calls="internal")
    script.line.connect(Connect(MOBILE, "101"), lambda: script.told.append("back"))
    office.world.run()
    assert script.told == ["begin", "back"]
    office.change("101", calls="everything")
    script.line.connect(Connect(MOBILE, "101"), lambda: script.told.append("back again"))
    office.world.run()
    (ringback,) = [one for one in performed(office.world, Play) if one.repeat]
    assert ringback.port == 1
    office.carrier.answers()
    office.world.run()
    assert [one.joined is not None for one in office.world.airs] == [True, True]
    finish(office.world)
    assert office.world.record.answered_by == MOBILE


def test_whoever_is_outside_may_not_use_the_codes_of_users() -> None:  # FC-7
    office, script = from_outside("answers")
    script.line.connect(Connect("*98", "101"), lambda: script.told.append("back"))
    office.world.run()
    assert script.told == ["begin", "back"]
    finish(office.world)
