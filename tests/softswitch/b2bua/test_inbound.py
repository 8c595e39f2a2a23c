"""Calls from a trunk: which number is meant, who is rung, what the carrier hears (TK-3, TK-4)."""

from dataclasses import replace
from pathlib import Path

import pytest

from softswitch.config.messaging import Voicemail
from softswitch.media.engine import stage_messages
from softswitch.media.engine.interface import Clip
from softswitch.routing.outside import Entrance
from tests.softswitch.b2bua.applications import performed
from tests.softswitch.b2bua.carriers import ANNA, MAIN, MOBILE, ONE, Office, said
from tests.softswitch.b2bua.flows import finish, heard
from tests.softswitch.b2bua.mailboxes import take_messages


def from_outside(**settings: object) -> Office:
    office = Office(**settings)
    office.carrier.extension = MOBILE
    return office


def test_a_number_of_ours_rings_who_has_it_and_talks() -> None:  # TK-3, TK-4
    office = from_outside()
    call = office.carrier.invites(ANNA)
    office.world.run()
    office.bob.rings()
    office.world.run()
    office.bob.answers()
    office.world.run()
    assert call.heard == [100, 180, 200]
    one, other = office.world.airs
    assert one.joined is not None
    assert other.joined is not None
    finish(office.world)
    record = office.world.record
    assert (record.caller, record.callee, record.answered_by) == (MOBILE, ANNA, "101")
    assert record.path == f"Mr {MOBILE} -> {ANNA} -> 101"


@pytest.mark.parametrize("written", [ANNA, "0048221112235", "221112235", "%2B48221112235"])
def test_a_number_is_recognised_however_the_carrier_writes_it(written: str) -> None:  # TK-4
    office = from_outside()
    office.carrier.invites(written)
    office.world.run()
    assert len(office.bob.calls) == 1
    office.bob.rejects(486)
    finish(office.world)
    assert office.world.record.callee == ANNA


@pytest.mark.parametrize(
    "line",
    [
        f"P-Called-Party-ID: <sip:{ANNA}@carrier.example>",
        f'Diversion: "Anna" <sip:{ANNA}@carrier.example>;reason=unconditional',
        f"Diversion: junk, <tel:{ANNA}>",
    ],
)
def test_the_number_may_stand_elsewhere(line: str) -> None:  # TK-4
    office = from_outside()
    office.carrier.invites("acme-account", line)
    office.world.run()
    assert len(office.bob.calls) == 1
    office.bob.rejects(486)
    finish(office.world)


def test_the_number_may_stand_in_to(monkeypatch: pytest.MonkeyPatch) -> None:  # TK-4
    office = from_outside()
    send = office.carrier.send

    def to_the_account(data: bytes) -> None:
        send(data.replace(b"INVITE sip:" + ANNA.encode(), b"INVITE sip:acme", 1))

    monkeypatch.setattr(office.carrier, "send", to_the_account)
    office.carrier.invites(ANNA)
    office.world.run()
    assert len(office.bob.calls) == 1
    office.bob.rejects(486)
    finish(office.world)


@pytest.mark.parametrize("number", ["+48229999999", "acme", "%00", "1" * 500])
def test_a_number_that_is_nobodys_is_not_found(number: str) -> None:
    office = from_outside()
    call = office.carrier.invites(number)
    office.world.run()
    assert call.heard[-1] == 404
    assert "cause=1;" in (call.responses[-1].headers.get("Reason") or "")
    finish(office.world)


def test_codes_are_not_for_carriers() -> None:  # FC-7
    office = from_outside()
    for dialled in ("*98", "*600", "*72101"):
        call = office.carrier.invites(dialled)
        office.world.run()
        assert call.heard[-1] == 404
    finish(office.world)


@pytest.mark.parametrize(
    ("status", "rings", "expected", "cause"),
    [(486, True, 486, 17), (603, True, 486, 17), (486, False, 486, 17), (404, False, 480, 20)],
)
def test_a_rejection_is_busy_for_a_carrier(
    status: int, rings: bool, expected: int, cause: int
) -> None:  # features 2.0
    office = from_outside()
    call = office.carrier.invites(ANNA)
    office.world.run()
    if rings:
        office.bob.rings()
        office.world.run()
    office.bob.rejects(status)
    office.world.run()
    assert call.heard[-1] == expected
    assert f"cause={cause};" in (call.responses[-1].headers.get("Reason") or "")
    finish(office.world)


def test_channels_are_counted_in_both_directions() -> None:  # TK-6
    office = from_outside(max_calls=1)
    office.alice.invites("600100100")
    office.world.run()
    second = office.carrier.invites(ANNA)
    office.world.run()
    assert second.heard == [100, 503]
    assert "cause=34;" in (second.responses[-1].headers.get("Reason") or "")
    office.alice.cancels()
    office.world.run()
    third = office.carrier.invites(ANNA)
    office.world.run()
    assert third.heard == [100]
    fourth = office.alice.invites("600100100")
    office.world.run()
    assert fourth.heard == [100, 503]
    office.bob.rejects(486)
    finish(office.world)
    trunk = office.world.trunks.get("carrier")
    assert trunk is not None
    assert not trunk.calls


def test_a_caller_outside_is_sent_on_outside_with_our_number() -> None:  # FWD-8, FWD-9
    office = from_outside()
    office.forward("101", always="+48600200200")
    office.carrier.invites(ANNA)
    office.world.run()
    onward = office.carrier.calls[1]
    assert onward.requests[0].uri == f"sip:+48600200200@{ONE}"
    assert (said(office.carrier, "From", 1) or "").startswith(f'"{MOBILE}" <sip:{ANNA}@{ONE}>')
    assert said(office.carrier, "Diversion", 1) == (
        f"<sip:{ANNA}@{ONE}>;reason=unconditional;counter=1;privacy=off;screen=no"
    )
    office.carrier.answers(call=onward)
    office.world.run()
    assert office.carrier.calls[0].is_up
    finish(office.world)


def test_what_was_forwarded_too_often_is_forwarded_no_more() -> None:  # FWD-12
    office = from_outside()
    office.forward("101", always="+48600200200")
    flood = ", ".join(["<sip:1@a.example>;reason=no-answer"] * 200)
    office.carrier.invites(ANNA, f"Diversion: {flood}", f"History-Info: {flood}")
    office.world.run()
    assert len(office.carrier.calls) == 1
    assert len(office.bob.calls) == 1
    office.bob.rejects(486)
    finish(office.world)


def test_a_carrier_without_sdp_gets_an_offer() -> None:
    office = from_outside()
    call = office.carrier.invites(ANNA, offer=b"")
    office.world.run()
    office.bob.answers()
    office.world.run()
    assert call.is_up
    finish(office.world)


def test_a_carrier_gives_up() -> None:
    office = from_outside()
    call = office.carrier.invites(MAIN)
    office.world.run()
    office.carrier.cancels()
    office.world.run()
    assert call.heard == [100, 487]
    assert heard(office.alice.call, "CANCEL") == [""]
    finish(office.world)


def test_nobody_pays_for_a_number_of_ours_that_leads_outside() -> None:  # OUT-1
    office = from_outside()
    outside = office.world.calls._board.outside
    assert outside is not None
    entrances = {**outside.entrances, ANNA: Entrance("+48600200200", "a.yaml:3")}
    office.world.calls._board.outside = replace(outside, entrances=entrances)
    call = office.carrier.invites(ANNA)
    office.world.run()
    assert call.heard[-1] == 404
    assert len(office.carrier.calls) == 1
    finish(office.world)


def test_a_forward_that_its_owner_may_not_call_is_skipped() -> None:  # FWD-8
    office = from_outside()
    office.change("101", calls="national")
    office.forward("101", busy="+48600200200")
    call = office.carrier.invites(ANNA)
    office.world.run()
    office.bob.rejects(486)
    office.world.run()
    assert call.heard[-1] == 486
    assert len(office.carrier.calls) == 1
    finish(office.world)
    assert "+48600200200 is passed over: calls: national" in office.world.record.because
    assert office.world.record.path == f"Mr {MOBILE} -> {ANNA} -> 101 (busy)"


BOXES = "+48221112239"
"""A number of ours that is for mailboxes."""


def with_mailboxes(folder: Path) -> Office:
    """100 and 101 have one."""
    office = from_outside()
    for user in ("100", "101"):
        office.change(user, voicemail=Voicemail(enabled=True))
    outside = office.world.calls._board.outside
    assert outside is not None
    entrances = {**outside.entrances, BOXES: Entrance("voicemail", "a.yaml:3")}
    office.world.calls._board.outside = replace(outside, entrances=entrances)
    names = ("vm.is_busy", "vm.cannot_take_your_call", "vm.leave_a_message", "vm.mailbox_number")
    take_messages(office.world, folder, names, office.world.news.append)
    return office


def greeted(office: Office) -> str:
    """What the caller hears first."""
    (play,) = performed(office.world, stage_messages.Play)
    return next(one.path[1:] for one in play.sounds if isinstance(one, Clip))


BUSY_ANNA = [
    "Diversion: <sip:101@pbx.example>;reason=user-busy",
    f"Diversion: <sip:{ANNA}@pbx.example>;reason=user-busy;counter=1",
    "Diversion: <tel:0048-22-111-22-35>;reason=user-busy",
    "Diversion: <sip:555@pbx>;reason=no-answer, <sip:101@pbx>;reason=user-busy",
    f"History-Info: <sip:{ANNA}@pbx>;index=1, <sip:{BOXES}@pbx;cause=486>;index=1.1;mp=1",
]


@pytest.mark.parametrize("number", [BOXES, "*98"])
@pytest.mark.parametrize("line", BUSY_ANNA)
def test_a_call_that_was_forwarded_to_mailboxes_is_a_message(
    tmp_path: Path, number: str, line: str
) -> None:  # FWD-10, VM-7
    office = with_mailboxes(tmp_path)
    call = office.carrier.invites(number, line)
    office.world.run()
    assert call.is_up
    assert not office.bob.calls
    assert greeted(office) == "vm.is_busy"
    finish(office.world)
    record = office.world.record
    assert (record.outcome, record.answered_by) == ("voicemail", "voicemail 101")
    assert record.path == f"Mr {MOBILE} -> {number} (busy) -> voicemail 101"
    assert "101 has forwarded the call to here (busy)" in record.because


def test_the_greeting_is_that_for_the_reason_of_the_first_forward(tmp_path: Path) -> None:  # FWD-4
    office = with_mailboxes(tmp_path)
    line = "Diversion: <sip:100@pbx>;reason=user-busy, <sip:101@pbx>;reason=no-answer"
    office.carrier.invites("*98", line)
    office.world.run()
    assert greeted(office) == "vm.cannot_take_your_call"
    finish(office.world)
    assert office.world.record.answered_by == "voicemail 101"


UNKNOWN = [
    "Diversion: <sip:555@pbx>;reason=user-busy",
    "Diversion: <sip:102@pbx>;reason=user-busy",  # has no mailbox
    "Diversion: junk",
    f"Diversion: {'<sip:101@pbx>,' * 700}",
    "History-Info: <sip:101@pbx>;index=1",
]


@pytest.mark.parametrize("line", UNKNOWN)
def test_others_are_asked_for_whom_they_come(tmp_path: Path, line: str) -> None:  # FWD-10, FC-7
    office = with_mailboxes(tmp_path)
    office.carrier.invites(BOXES, line)
    office.world.run()
    assert greeted(office) == "vm.mailbox_number"
    finish(office.world)
    call = office.carrier.invites("*98", line)
    office.world.run()
    assert call.heard[-1] == 404
    finish(office.world)


def test_what_a_phone_says_of_forwards_is_not_believed(tmp_path: Path) -> None:  # FWD-10
    office = with_mailboxes(tmp_path)
    office.alice.invites("*98", "Diversion: <sip:101@pbx>;reason=user-busy")
    office.world.run()
    finish(office.world)
    assert office.world.record.answered_by == "voicemail"


def test_a_forwarded_call_to_a_user_rings_the_user(tmp_path: Path) -> None:
    office = with_mailboxes(tmp_path)
    office.carrier.invites(ANNA, "Diversion: <sip:100@pbx>;reason=user-busy")
    office.world.run()
    assert len(office.bob.calls) == 1
    office.carrier.cancels()
    office.world.run()
    finish(office.world)
