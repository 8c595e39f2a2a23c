"""Who calls: what is believed of whom, and what users are told (features CLI-4, CLI-5, CLI-6)."""

from dataclasses import replace

import pytest

from softswitch.b2bua import identity
from softswitch.b2bua.identity import ANONYMOUS, MAX_NAME, Identity
from softswitch.config import User
from softswitch.sip.headers import Headers
from softswitch.sip.message import Request
from tests.softswitch.b2bua.carriers import ANNA, MOBILE, Office, said
from tests.softswitch.b2bua.flows import finish

MOBILE_FROM = f'"Jan" <sip:{MOBILE}@carrier.example>'
ANONYMOUS_FROM = '"Anonymous" <sip:anonymous@anonymous.invalid>'


def invite(sender: str, *fields: tuple[str, str]) -> Request:
    return Request("INVITE", "sip:x@y", Headers([("From", f"{sender};tag=1"), *fields]))


def outside(sender: str, *fields: tuple[str, str], trusted: bool = False) -> Identity:
    return identity.of_trunk(
        invite(sender, *fields),
        trusted=trusted,
        normalise=lambda one: one,
        dialled=lambda one: one,
    )


def test_a_user_is_who_has_logged_in() -> None:  # CLI-4
    spoofed = invite(MOBILE_FROM, ("P-Asserted-Identity", f"<sip:{MOBILE}@x>"))
    found = identity.of_user("100", User("100", 'An"na'), spoofed)
    assert found.address("pbx") == '"An\\"na" <sip:100@pbx>'
    assert (found.shown, found.recorded, found.contact_user) == ("100", "100", "100")
    assert not found.withheld


@pytest.mark.parametrize("name", ["", "a\nb", "\x7f"])
def test_a_name_that_cannot_be_shown_is_none(name: str) -> None:
    assert identity.of_user("100", User("100", name), invite("<sip:a@b>")).address("pbx") == (
        "<sip:100@pbx>"
    )


@pytest.mark.parametrize(
    ("sender", "fields", "withheld"),
    [
        ("<sip:100@pbx>", [("Privacy", "id")], True),
        ("<sip:100@pbx>", [("Privacy", "header; ID ;critical")], True),
        ("<sip:100@pbx>", [("Privacy", "none")], False),
        (ANONYMOUS_FROM, [], True),
        (
            "<sip:100@pbx>",
            [("Privacy", "none"), ("Remote-Party-Id", "<sip:1@a>;PRIVACY=full")],
            True,
        ),
    ],
)
def test_a_user_may_withhold_the_number(
    sender: str, fields: list[tuple[str, str]], withheld: bool
) -> None:  # CLI-1
    found = identity.of_user("100", None, invite(sender, *fields))
    assert found.withheld is withheld
    assert found.address("pbx") == "<sip:100@pbx>"  # colleagues see it all the same


def test_from_is_believed_of_a_carrier_and_the_rest_if_it_is_trusted() -> None:  # CLI-4
    asserted = ("P-Asserted-Identity", '"Ewa" <sip:+34911222333@x>')
    assert outside(MOBILE_FROM, asserted).number == MOBILE
    trusted = outside(MOBILE_FROM, asserted, trusted=True)
    assert (trusted.number, trusted.name) == ("+34911222333", "Ewa")
    assert trusted.address("pbx") == '"Ewa" <sip:+34911222333@pbx>'
    remote = outside(MOBILE_FROM, ("Remote-Party-Id", "<sip:+34600@x>"), trusted=True)
    assert remote.number == "+34600"


@pytest.mark.parametrize("value", ["junk", "<mailto:a@b>", "<sip:nobody.example>", ""])
def test_an_assertion_that_says_nothing_is_passed_over(value: str) -> None:
    fields = ("P-Asserted-Identity", f"{value}, <tel:+34-911-222-333>")
    assert outside(MOBILE_FROM, fields, trusted=True).number == "+34911222333"
    assert outside(MOBILE_FROM, ("P-Asserted-Identity", value), trusted=True).number == MOBILE


def test_a_withheld_number_is_kept_for_the_record_and_shown_to_nobody() -> None:  # CLI-5
    found = outside(
        ANONYMOUS_FROM,
        ("P-Asserted-Identity", f'"Jan" <sip:{MOBILE}@x>'),
        ("Privacy", "id"),
        trusted=True,
    )
    assert (found.shown, found.contact_user, found.address("pbx")) == ("", "anonymous", ANONYMOUS)
    assert found.recorded == f"{MOBILE} (withheld)"
    assert (found.name, found.shown_name) == ("Jan", "")


@pytest.mark.parametrize(
    "sender",
    [ANONYMOUS_FROM, "<sip:Anonymous@carrier.example>", "<sip:carrier.example>", "<sip:%00@x>"],
)
def test_a_caller_whom_nobody_knows_is_anonymous(sender: str) -> None:
    found = outside(sender)
    assert (found.number, found.shown, found.recorded) == ("", "", "anonymous")
    assert found.address("pbx") == ANONYMOUS


def test_a_from_that_cannot_be_read_is_anonymous() -> None:
    assert outside("junk <").recorded == "anonymous"


def test_a_long_name_is_cut_and_one_with_line_breaks_is_none() -> None:
    assert len(outside(f'"{"x" * 500}" <sip:1@a>').name) == MAX_NAME
    assert outside('"a\tb" <sip:1@a>').name == ""


def test_a_call_from_outside_is_shown_as_such() -> None:  # CLI-6
    office = Office(number_format="national")
    office.carrier.extension = "600100100"
    office.carrier.invites("221112235", "X-Secret: 1")
    office.world.run()
    sender = said(office.bob, "From") or ""
    # As users know it, and can call it back.
    assert sender.startswith('"Mr 600100100" <sip:600100100@192.0.2.1>;tag=')
    office.bob.rejects(486)
    finish(office.world)
    assert office.world.record.caller == MOBILE


@pytest.mark.parametrize(
    ("caller", "prefix", "shown"),
    [
        (MOBILE, "", "600100100"),
        (MOBILE, "9", "9600100100"),
        ("+34911222333", "", "0034911222333"),
        ("+34911222333", "9", "90034911222333"),
        ("112", "", "112"),
        ("anna", "", "anna"),
    ],
)
def test_a_number_is_shown_as_a_user_would_dial_it(
    caller: str, prefix: str, shown: str
) -> None:  # CLI-6
    office = Office()
    board = office.world.calls._board
    assert board.outside is not None
    numbering = replace(board.outside.numbering, prefix=prefix)
    board.outside = replace(board.outside, numbering=numbering)
    office.carrier.extension = caller
    office.carrier.invites(ANNA)
    office.world.run()
    assert f" <sip:{shown}@" in (said(office.bob, "From") or "")
    office.bob.rejects(486)
    office.world.run()
    if caller.startswith("+"):
        office.bob.invites(shown)
        office.world.run()
        assert said(office.carrier, "To", 1) == f"<sip:{caller}@198.51.100.1>"
        office.carrier.rejects(486)
    finish(office.world)


def test_a_caller_who_looks_like_a_user_is_none() -> None:  # CLI-4, FC-7
    """From outside, 100 is not Alice: no name, no codes, no second call of hers."""
    office = Office()
    office.change("100", max_calls=1)
    office.carrier.extension = "100"
    office.carrier.invites(ANNA)
    office.world.run()
    assert "User 100" not in (said(office.bob, "From") or "")
    call = office.bob.invites("100")
    office.world.run()
    assert call.heard == [100]  # Alice is not busy
    office.alice.rejects(486, call=office.alice.call)
    office.bob.rejects(486, call=office.bob.calls[0])
    finish(office.world)


def test_users_are_told_nothing_of_a_withheld_number() -> None:  # CLI-5
    office = Office()
    office.carrier.extension = MOBILE
    office.carrier.invites(ANNA, "Privacy: id")
    office.world.run()
    assert (said(office.bob, "From") or "").startswith(ANONYMOUS)
    assert "sip:anonymous@" in (said(office.bob, "Contact") or "")
    office.bob.answers()
    office.world.run()
    shown = [event.caller for event in office.world.news]  # type: ignore[attr-defined]
    assert set(shown) == {""}
    finish(office.world)
    assert office.world.record.caller == f"{MOBILE} (withheld)"
