"""Codes and the calls after them, in a world of air."""

import pytest

from softswitch.b2bua.line import Served
from softswitch.b2bua.service import Visit
from softswitch.config.presets import feature_codes
from softswitch.mailbox.languages import LANGUAGES
from softswitch.mailbox.phrases import LocalTime, Phrases
from softswitch.routing.codes import Codes
from softswitch.routing.decision import Feature, Reject
from softswitch.routing.destination import World as Numbers
from softswitch.routing.plan import Facts
from softswitch.routing.route import Route
from softswitch.settings.service import CodeCall
from tests.mailbox.world import silence
from tests.softswitch.b2bua.carriers import MOBILE
from tests.softswitch.b2bua.carriers import Office as Outward
from tests.softswitch.b2bua.flows import finish
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone
from tests.softswitch.settings.office import Office

CODES = Codes(**feature_codes())
PHRASES = Phrases(LANGUAGES["en"], lambda at: LocalTime(2026, 8, 3, 0, 15, 19))


def with_codes(world: World) -> World:
    """Users have codes, and are found as they are after them."""
    office = Office(world.users, wall=world.wall)
    desk = office.desk(CODES, world.calls._board.outside)

    def served(visit: Visit) -> Served:
        assert isinstance(visit.decision, Feature)
        return CodeCall(desk, visit.decision, silence, PHRASES)

    board = world.calls._board
    board.codes, board.applications, board.directory = CODES, served, office.settings.users
    return world


@pytest.fixture
def world() -> World:
    return with_codes(World("100", "101", "102"))


def dials(world: World, phone: Phone, number: str) -> list[int]:
    """What is heard until the switch has nothing more to do."""
    call = phone.invites(number)
    world.run()
    return call.heard


def test_a_code_is_answered_done_and_hung_up(world: World) -> None:  # FC-3
    bob = Phone(world, "101")
    assert dials(world, bob, "*78") == [100, 200]
    assert bob.call.byes_heard == 1
    finish(world)
    assert world.record.outcome == "answered"
    assert world.record.answered_by == "code dnd_on"


def test_do_not_disturb_holds_from_the_next_call_on(world: World) -> None:  # DND-1, FC-5
    alice, bob = Phone(world, "100"), Phone(world, "101")
    dials(world, bob, "*78")
    assert dials(world, alice, "101") == [100, 486]
    assert "phone *78 by 101" in world.record.because
    dials(world, bob, "%2326%23")  # FC-2
    assert dials(world, alice, "101") == [100]
    alice.cancels()
    finish(world)


def test_a_forward_by_phone_sends_the_next_call_on(world: World) -> None:
    alice, bob, carol = (Phone(world, number) for number in ("100", "101", "102"))
    dials(world, bob, "*21*102%23")
    dials(world, alice, "101")
    assert len(carol.calls) == 1
    assert len(bob.calls) == 1  # its own: to the code
    alice.cancels()
    finish(world)
    assert "phone *21* by 101" in world.record.because


def test_without_call_waiting_whoever_rings_is_busy(world: World) -> None:  # CW-1, CW-2
    alice, bob, carol = (Phone(world, number) for number in ("100", "101", "102"))
    dials(world, bob, "*71")
    dials(world, alice, "101")
    assert dials(world, carol, "101") == [100, 486]
    alice.cancels()
    finish(world)


def test_a_forward_to_the_outside_is_dialled_for_its_owner() -> None:  # FC-1, FWD-8
    office = Outward()
    office.change("101", calls="mobile")
    world = with_codes(office.world)
    dials(world, office.bob, "*72600100100")
    dials(world, office.alice, "101")
    assert office.carrier.call.requests[0].uri.startswith(f"sip:{MOBILE}@")
    office.alice.cancels()
    world.run_out()
    assert "phone *72 by 101" in world.record.because


def test_a_number_that_was_hidden_by_phone_is_for_the_carrier_alone() -> None:  # CLI-1, S4-5
    office = Outward()
    office.change("101", calls="mobile")
    world = with_codes(office.world)
    senders = []
    for code in ("*31%23", "%2331%23"):
        dials(world, office.bob, code)
        dials(world, office.bob, "600100100")
        senders.append(office.carrier.calls[-1].requests[0].headers.get("From") or "")
        office.bob.cancels()
        world.run()
    hidden, shown = senders
    assert hidden.startswith('"Anonymous" <sip:anonymous@anonymous.invalid>')
    assert "+48" in shown
    world.run_out()


def test_a_forward_that_its_owner_may_not_dial_is_not_set() -> None:  # FC-1, FWD-8
    office = Outward()
    office.change("101", calls="national")
    world = with_codes(office.world)
    dials(world, office.bob, "*72600100100")
    dials(world, office.alice, "101")
    assert office.carrier.calls == []
    office.alice.cancels()
    world.run_out()


@pytest.mark.parametrize("caller", ["+48600100100", "101", ""])
def test_codes_are_not_for_calls_from_outside(world: World, caller: str) -> None:  # FC-7
    def facts(user: str) -> Facts:
        return Facts(1, 0)

    route = Route("*78", caller, Numbers(world.users, codes=CODES), facts, trunk="carrier")
    decision = route.begin(0.0)
    assert isinstance(decision, Reject)
    assert decision.status == 404
