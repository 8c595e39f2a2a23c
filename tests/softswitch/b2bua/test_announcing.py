"""Callers from outside hear in words why nobody takes the call: features 2.0, last paragraph."""

from __future__ import annotations

import pytest

from softswitch.b2bua.speech import TONES_ONLY
from softswitch.media.engine.interface import Clip
from softswitch.media.engine.stage_messages import Play
from tests.softswitch.b2bua.applications import ends, performed
from tests.softswitch.b2bua.carriers import ANNA, Office
from tests.softswitch.b2bua.flows import finish


def called(number: str = ANNA, **invite: object) -> Office:
    """Somebody outside calls a number of an office with a voice."""
    office = Office()
    board = office.world.calls._board
    board.speech = TONES_ONLY._replace(say=lambda user, names: [Clip(f"{user}: {names[0]}")])
    office.carrier.invites(number, **invite)  # type: ignore[arg-type]
    office.world.run()
    return office


def said(office: Office) -> list[object]:
    return [play.sounds[0] for play in performed(office.world, Play)]


@pytest.mark.parametrize(
    ("status", "final", "outcome", "words"),
    [(486, 486, "busy", "busy"), (603, 486, "rejected", "not_available")],
)
def test_a_caller_from_outside_hears_why_and_then_gets_the_code(
    status: int, final: int, outcome: str, words: str
) -> None:
    office = called()
    office.bob.rejects(status)
    office.world.run()
    assert office.carrier.call.heard == [100, 183]
    assert said(office) == [Clip(f"101: call.{words}")]
    assert [call.devices for call in office.world.calls.snapshot()] == [("announcement",)]
    ends(office.world, ("played",))
    office.world.run()
    assert office.carrier.call.heard == [100, 183, final]
    assert "cause=17" in (office.carrier.call.responses[-1].headers.get("Reason") or "")
    finish(office.world)
    record = office.world.record
    assert (record.outcome, record.status, record.answered_by) == (outcome, final, None)


def test_of_several_phones_none_rings_on_while_it_is_said() -> None:
    office = called()
    office.bob.rings()
    office.world.run(31.0)
    assert office.bob.call.state == "over"
    assert office.carrier.call.heard == [100, 180, 183]
    ends(office.world, ("failed", "no such file"))
    office.world.run()
    assert office.carrier.call.heard == [100, 180, 183, 480]
    finish(office.world)
    assert office.world.record.outcome == "no_answer"


def test_a_number_that_nobody_has_is_told_so() -> None:  # TK-4
    office = called("+48221119999")
    assert office.carrier.call.heard == [100, 183]
    assert said(office) == [Clip(": call.unknown_number")]
    ends(office.world, ("played",))
    office.world.run()
    assert office.carrier.call.heard == [100, 183, 404]
    finish(office.world)


def test_a_caller_who_hangs_up_does_not_wait_for_the_end() -> None:
    office = called("+48221119999")
    office.carrier.cancels()
    office.world.run()
    ends(office.world, ("closed",))
    assert office.carrier.call.heard == [100, 183, 487]
    finish(office.world)


def test_who_has_said_no_codec_that_is_spoken_here_gets_the_code_at_once() -> None:
    office = Office()
    office.carrier.payloads = "18"
    office.world.calls._board.speech = TONES_ONLY._replace(say=lambda user, names: [Clip("words")])
    office.carrier.invites("+48221119999")
    office.world.run()
    assert office.carrier.call.heard == [100, 404]
    finish(office.world)


def test_who_offers_nothing_and_who_calls_inside_get_the_code_at_once() -> None:
    office = called("+48221119999", offer=b"")
    assert office.carrier.call.heard == [100, 404]
    office.alice.invites("nobody")
    office.world.run()
    assert office.alice.call.heard == [100, 404]
    assert said(office) == []
    finish(office.world)
