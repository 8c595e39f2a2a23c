"""Whose number a carrier is told (features CLI-1, CLI-2, CLI-3, FWD-9, FWD-10, FWD-11)."""

from typing import Any

import pytest

from softswitch.b2bua.presentation import own_number
from softswitch.config.configuration import Trunk
from tests.softswitch.b2bua.carriers import ANNA, MAIN, MOBILE, ONE, Office, said
from tests.softswitch.b2bua.flows import finish

TARGET = "+48600200200"
ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>'


def sender(office: Office, number: int = 0) -> str:
    return (said(office.carrier, "From", number) or "").partition(";tag=")[0]


def dials(user: str = "101", *lines: str, **settings: object) -> Office:
    """A user dials outside; the settings are of the trunk."""
    office = Office(**settings)
    phone = office.bob if user == "101" else office.alice
    phone.invites("600100100", *lines)
    office.world.run()
    office.carrier.rejects(486)
    finish(office.world)
    return office


def test_a_user_shows_the_own_number_and_others_the_first_of_the_trunk() -> None:  # CLI-3
    assert sender(dials("101")) == f"<sip:{ANNA}@{ONE}>"
    assert sender(dials("100")) == f"<sip:{MAIN}@{ONE}>"


@pytest.mark.parametrize(
    ("caller_id", "expected"), [(MAIN, MAIN), ("+34911222333", ANNA), ("", ANNA)]
)
def test_a_chosen_number_is_shown_if_the_trunk_has_it(
    caller_id: str, expected: str
) -> None:  # CLI-3
    office = Office()
    office.change("101", caller_id=caller_id)
    office.bob.invites("600100100")
    office.world.run()
    assert sender(office) == f"<sip:{expected}@{ONE}>"
    office.carrier.rejects(486)
    finish(office.world)


@pytest.mark.parametrize(
    ("style", "number", "to"),
    [
        ("e164+", ANNA, MOBILE),
        ("e164", "48221112235", "48600100100"),
        ("national", "221112235", "600100100"),
        ("0national", "0221112235", "0600100100"),
    ],
)
def test_numbers_are_written_as_the_carrier_wants_them(
    style: str, number: str, to: str
) -> None:  # CLI-2
    office = dials(number_format=style)
    assert sender(office) == f"<sip:{number}@{ONE}>"
    assert said(office.carrier, "To") == f"<sip:{to}@{ONE}>"
    assert said(office.carrier, "Contact") == f"<sip:{number}@192.0.2.1:5060>"


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("pai", "P-Asserted-Identity", f"<sip:{ANNA}@{ONE}>"),
        ("ppi", "P-Preferred-Identity", f"<sip:{ANNA}@{ONE}>"),
        (
            "rpid",
            "Remote-Party-Id",
            f"<sip:{ANNA}@{ONE}>;party=calling;screen=yes;privacy=off",
        ),
        ("from", "P-Asserted-Identity", None),
    ],
)
def test_the_number_stands_where_the_carrier_looks_for_it(
    kind: str, field: str, value: str | None
) -> None:  # CLI-2
    assert said(dials(identity=kind).carrier, field) == value


def test_the_carriers_domain_is_in_its_uris_and_a_port_where_there_is_none() -> None:  # CLI-2
    office = dials(domain="sip.carrier.example", port=5060)
    assert office.carrier.call.requests[0].uri == f"sip:{MOBILE}@sip.carrier.example"
    assert sender(office) == f"<sip:{ANNA}@sip.carrier.example>"
    plain = dials(port=5060)
    assert plain.carrier.call.requests[0].uri == f"sip:{MOBILE}@{ONE}:5060"


def test_a_name_is_shown_outside_only_if_that_is_wished() -> None:  # CLI-2, S4-2
    assert sender(dials(clip_name=True)) == f'"User 101" <sip:{ANNA}@{ONE}>'


@pytest.mark.parametrize("line", ["Privacy: id", "Privacy: user;header"])
def test_a_withheld_number_is_for_the_carrier_alone(line: str) -> None:  # CLI-1
    office = dials("101", line, clip_name=True)
    invite = office.carrier.call.requests[0]
    assert sender(office) == ANONYMOUS
    assert invite.headers.all("Privacy") == ["id"]
    assert invite.headers.get("P-Asserted-Identity") == f"<sip:{ANNA}@{ONE}>"
    assert invite.headers.get("Contact") == "<sip:anonymous@192.0.2.1:5060>"
    shown = invite.headers.copy()
    shown.remove("P-Asserted-Identity")
    assert not any(ANNA in value or "User 101" in value for _, value in shown)
    assert ANNA.encode() not in invite.body


def test_a_user_may_withhold_the_number_always() -> None:  # CLI-1
    office = Office(identity="rpid")
    office.change("101", hide_number=True)
    office.bob.invites("600100100")
    office.world.run()
    assert sender(office) == ANONYMOUS
    party = said(office.carrier, "Remote-Party-Id") or ""
    assert party.endswith(";privacy=full")
    office.carrier.rejects(486)
    finish(office.world)


def test_a_trunk_without_numbers_shows_its_account_or_nothing() -> None:
    assert sender(dials(numbers=(), username="1000123")) == f"<sip:1000123@{ONE}>"
    office = dials(numbers=())
    assert sender(office) == ANONYMOUS
    assert said(office.carrier, "P-Asserted-Identity") is None
    assert said(office.carrier, "Contact") == "<sip:anonymous@192.0.2.1:5060>"


def test_whoever_is_no_user_shows_the_first_number_of_the_trunk() -> None:
    assert own_number(None, Trunk("carrier", (ONE,), numbers=(MAIN, ANNA))) == MAIN


def forwards(*lines: str, inside: bool = False, **settings: Any) -> Office:
    """A call for 101, from outside or from 100, is sent on outside."""
    office = Office(**settings)
    office.forward("101", always=TARGET)
    if inside:
        office.alice.invites("101")
    else:
        office.carrier.extension = MOBILE
        office.carrier.invites(ANNA, *lines)
    office.world.run()
    office.carrier.rejects(486)
    finish(office.world)
    return office


DIVERSION = f"<sip:{ANNA}@{ONE}>;reason=unconditional;counter=1;privacy=off;screen=no"


@pytest.mark.parametrize(
    ("forwarded_cli", "expected"),
    [
        ("own", f'"{MOBILE}" <sip:{ANNA}@{ONE}>'),
        ("original", f"<sip:{MOBILE}@{ONE}>"),
        ("original+diversion", f"<sip:{MOBILE}@{ONE}>"),
    ],
)
def test_a_forwarded_call_shows_what_the_carrier_accepts(
    forwarded_cli: str, expected: str
) -> None:  # FWD-9
    office = forwards(forwarded_cli=forwarded_cli)
    assert sender(office, 1) == expected
    assert said(office.carrier, "P-Asserted-Identity", 1) == expected
    assert said(office.carrier, "Diversion", 1) == DIVERSION


def test_a_foreign_number_needs_its_diversion_if_the_carrier_says_so() -> None:  # FWD-9
    untold = {"diversion": False, "history_info": False}
    assert sender(forwards(forwarded_cli="original", **untold), 1) == f"<sip:{MOBILE}@{ONE}>"
    own = forwards(forwarded_cli="original+diversion", **untold)
    assert sender(own, 1) == f'"{MOBILE}" <sip:{ANNA}@{ONE}>'


@pytest.mark.parametrize("forwarded_cli", ["own", "original", "original+diversion"])
def test_an_extension_never_leaves_the_house(forwarded_cli: str) -> None:  # FWD-9
    office = forwards(inside=True, forwarded_cli=forwarded_cli)
    assert sender(office) == f"<sip:{ANNA}@{ONE}>"
    assert said(office.carrier, "Diversion") == DIVERSION
    head = office.carrier.call.requests[0].headers
    assert not any("sip:100@" in value or "sip:101@" in value for _, value in head)


def test_a_withheld_number_stays_so_on_its_way_through() -> None:  # CLI-1, FWD-9
    office = forwards("Privacy: id", forwarded_cli="original")
    assert sender(office, 1) == ANONYMOUS
    assert said(office.carrier, "P-Asserted-Identity", 1) == f"<sip:{MOBILE}@{ONE}>"
    own = forwards("Privacy: id")
    assert sender(own, 1) == ANONYMOUS
    assert said(own.carrier, "P-Asserted-Identity", 1) == f"<sip:{ANNA}@{ONE}>"


@pytest.mark.parametrize(
    ("settings", "diversion", "history"),
    [
        ({}, True, True),
        ({"diversion": False}, False, True),
        ({"history_info": False}, True, False),
        ({"diversion": False, "history_info": False}, False, False),
    ],
)
def test_each_carrier_is_told_of_forwards_as_it_likes(
    settings: dict[str, bool], diversion: bool, history: bool
) -> None:  # FWD-10
    office = forwards(**settings)
    invite = office.carrier.calls[1].requests[0].headers
    assert ("Diversion" in invite) is diversion
    assert ("History-Info" in invite) is history


def test_the_whole_way_is_told_in_numbers_that_mean_something() -> None:  # FWD-10
    office = Office(number_format="national")
    office.forward("100", always="101", return_after=None)
    office.forward("101", busy="48 600 200 200", return_after=None)
    office.carrier.extension = MOBILE
    office.carrier.invites(MAIN)
    office.world.run()
    office.bob.rejects(486)
    office.world.run()
    invite = office.carrier.calls[1].requests[0].headers
    assert invite.all("Diversion") == [
        f"<sip:221112235@{ONE}>;reason=user-busy;counter=1;privacy=off;screen=no",
        f"<sip:221112233@{ONE}>;reason=unconditional;counter=1;privacy=off;screen=no",
    ]
    assert invite.all("History-Info") == [
        f"<sip:221112233@{ONE}>;index=1",
        f"<sip:221112235@{ONE};cause=302>;index=1.1;mp=1",
        f"<sip:600200200@{ONE};cause=486>;index=1.1.1;mp=1.1",
    ]
    office.carrier.rejects(486)
    finish(office.world)


def test_announcements_of_a_target_are_not_heard_while_something_is_left() -> None:  # FWD-11
    def heard_by_caller(**settings: object) -> list[int]:
        office = Office()
        office.forward("101", busy=TARGET, **settings)
        call = office.alice.invites("101")
        office.world.run()
        office.bob.rejects(486)
        office.world.run()
        carrier = office.carrier
        carrier.rings(183, body=carrier.answer_to(carrier.call))
        office.world.run()
        carrier.answers()
        finish(office.world)
        return call.heard

    assert heard_by_caller(return_to="102") == [100, 181, 180, 200]
    assert heard_by_caller(return_after=None, return_to=None) == [100, 181, 183, 200]
