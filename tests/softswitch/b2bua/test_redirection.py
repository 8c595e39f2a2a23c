"""A phone answers 3xx: whom it names, and what of it is followed (features FWD-13)."""

import logging

import pytest

from softswitch.b2bua.redirection import MAX_CONTACTS, MAX_TARGETS, targets
from softswitch.sip.headers import Headers
from softswitch.sip.message import Response
from tests.softswitch.b2bua.carriers import MOBILE, Office, said
from tests.softswitch.b2bua.flows import finish, heard
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone


def named(*contacts: str) -> tuple[str, ...]:
    return targets(Response(302, "x", Headers([("Contact", one) for one in contacts])))


def test_the_best_contact_comes_first_and_of_equals_the_first_named() -> None:  # FWD-13
    assert named("<sip:102@a>;q=0.1, <sip:103@a>", "<sip:104@b>;q=0.5") == ("103", "104", "102")
    assert named("<sip:102@a>", "<sip:103@a>;q=1.0") == ("102", "103")
    assert named("<sip:102@a>;q=0.1", "<sip:103@a>;q=0.5", "<sip:102@b>;q=0.9") == ("102", "103")


@pytest.mark.parametrize(
    "contact",
    [
        "",
        "*",
        "<mailto:anna@example.com>",
        "<sip:nobody.example>",
        "<sip:102",
        '"unfinished <sip:102@a>',
        "<sip:%01%02@a>",
        "<sip:102%0d%0aX-Secret:1@a>",
        "<sip:" + "1" * 500 + "@a>",
        "<https://a/102>",
        "<tel:>",
        "<sip:102 103@a>",
    ],
)
def test_junk_names_nobody(contact: str) -> None:  # FWD-13
    assert named(contact) == ()
    assert named(contact, "<sip:103@a>") in ((), ("103",))


@pytest.mark.parametrize("q", ["junk", "nan", "-inf", "1e999", "-5", "0"])
def test_a_strange_q_is_no_advantage(q: str) -> None:
    assert named(f"<sip:102@a>;q={q}", "<sip:103@a>;q=1")[-1] in ("102", "103")
    assert named(f"<sip:102@a>;q={q}", "<sip:103@a>")[0] in ("103", "102")
    assert set(named(f"<sip:102@a>;q={q}", "<sip:103@a>")) == {"102", "103"}


def test_numbers_are_read_as_people_write_them() -> None:
    assert named("<tel:+48-600-100-100;phone-context=x>") == (MOBILE,)
    assert named("<sip:%2B48600100100;npdi@a>") == (MOBILE,)


def test_a_flood_of_contacts_is_cut() -> None:  # FWD-13
    flood = [f"<sip:{number}@a>;q=0.{number % 9}" for number in range(1000)]
    assert len(named(*flood)) == MAX_TARGETS
    assert named(*["<sip:a"] * MAX_CONTACTS, "<sip:103@a>") == ()


def test_a_phone_sends_calls_to_a_colleague() -> None:  # FWD-13, FWD-10
    world = World("100", "101", "102")
    alice, bob, carla = (Phone(world, name) for name in ("100", "101", "102"))
    call = alice.invites("101")
    world.run()
    bob.rejects(302, "Contact: <sip:102@10.9.9.9>")
    world.run()
    assert said(carla, "Diversion") == "<sip:101@192.0.2.1>;reason=deflection;counter=1"
    carla.answers()
    world.run()
    assert call.heard == [100, 181, 200]
    finish(world)
    assert world.record.answered_by == "102"


def test_a_phone_redirects_a_call_once(caplog: pytest.LogCaptureFixture) -> None:  # FWD-13
    caplog.set_level(logging.INFO)
    world = World("100", "101", "102")
    alice, bob, carla = (Phone(world, name) for name in ("100", "101", "102"))
    call = alice.invites("101")
    world.run()
    bob.rejects(302, "Contact: <sip:102@10.9.9.9>")
    world.run()
    carla.rejects(302, "Contact: <sip:101@10.9.9.9>")
    world.run()
    assert len(bob.calls) == 1
    assert call.heard[-1] == 603
    assert "redirects the call to 102" in caplog.text
    finish(world)


def test_one_phone_that_redirects_does_not_silence_the_others() -> None:  # FWD-13
    world = World("100", "101", "102")
    alice, bob, carla = (Phone(world, name) for name in ("100", "101", "102"))
    other = Phone(world, "101")
    alice.invites("101")
    world.run()
    bob.rejects(302, "Contact: <sip:102@10.9.9.9>")
    other.rings()
    world.run()
    assert not carla.calls
    other.rejects(486)
    world.run()
    carla.answers()
    world.run()
    assert carla.call.is_up
    finish(world)


def test_of_two_phones_that_redirect_the_first_counts() -> None:  # FWD-13
    world = World("100", "101", "102")
    alice, bob, carla = (Phone(world, name) for name in ("100", "101", "102"))
    other = Phone(world, "101")
    alice.invites("101")
    world.run()
    bob.rejects(302, "Contact: <sip:102@10.9.9.9>")
    world.run()
    other.rejects(302, "Contact: <sip:100@10.9.9.9>")
    world.run()
    carla.answers()
    world.run()
    assert carla.call.is_up
    finish(world)


def test_the_owner_of_the_phone_needs_the_permission() -> None:  # FWD-8, FWD-13
    office = Office()
    office.change("101", calls="national")
    office.alice.invites("101")
    office.world.run()
    office.bob.rejects(302, "Contact: <sip:600100100@10.9.9.9>, <sip:+18765551234@x>")
    office.world.run()
    assert not office.carrier.calls
    assert office.alice.call.heard[-1] == 603
    finish(office.world)


def test_a_phone_sends_calls_outside_for_its_owner() -> None:  # FWD-8, FWD-13
    office = Office()
    office.change("100", calls="internal")
    office.alice.invites("101")
    office.world.run()
    office.bob.rejects(302, 'Contact: "Mobile" <tel:600-100-100>')
    office.world.run()
    assert said(office.carrier, "To") == f"<sip:{MOBILE}@198.51.100.1>"
    office.carrier.answers()
    office.world.run()
    assert office.alice.call.is_up
    finish(office.world)


def test_contacts_with_junk_are_passed_over_on_the_wire() -> None:  # FWD-13
    world = World("100", "101", "102")
    alice, bob, carla = (Phone(world, name) for name in ("100", "101", "102"))
    call = alice.invites("101")
    world.run()
    bob.rejects(302, 'Contact: <sip:"@@>;q=junk, <mailto:a@b>', "Contact: <sip:102@x>;q=0.1")
    world.run()
    assert heard(bob.call, "CANCEL") == []
    assert len(carla.calls) == 1
    alice.cancels()
    finish(world)
    assert call.heard[-1] == 487


def test_a_redirection_to_nobody_is_a_rejection(caplog: pytest.LogCaptureFixture) -> None:
    world = World("100", "101", "102")
    alice, bob = Phone(world, "100"), Phone(world, "101")
    call = alice.invites("101")
    world.run()
    bob.rejects(305, "Contact: <mailto:anna@example.com>")
    world.run()
    assert call.heard[-1] == 603
    assert "not followed" in caplog.text
    finish(world)
