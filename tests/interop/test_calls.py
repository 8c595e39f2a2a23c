"""Phones of two makers call each other: what both people notice from the first ring to the end."""

from collections.abc import Iterator

import pytest

from tests.support.phones import Phone, PhoneCall
from tests.support.switch import Switch

PAIRS = [
    ("pjsua2", "pjsua2"),
    ("pjsua2", "baresip"),
    ("baresip", "pjsua2"),
    ("baresip", "baresip"),
]
EXTENSIONS = {"caller": {"pjsua2": "100", "baresip": "101"},
              "callee": {"pjsua2": "102", "baresip": "103"}}  # fmt: skip


@pytest.fixture(scope="module")
def phones(switch: Switch) -> Iterator[dict[str, Phone]]:
    """Four phones, by extension, registered: two of each make, one of them over TCP."""
    with (
        Phone("pjsua2", switch.sip, "100", switch.password("100")) as one,
        Phone("baresip", switch.sip, "101", switch.password("101")) as two,
        Phone("pjsua2", switch.sip, "102", switch.password("102"), transport="tcp") as three,
        Phone("baresip", switch.sip, "103", switch.password("103")) as four,
    ):
        switched_on = {phone.extension: phone for phone in (one, two, three, four)}
        for phone in switched_on.values():
            phone.register()
        yield switched_on


def of(phones: dict[str, Phone], role: str, stack: str) -> Phone:
    return phones[EXTENSIONS[role][stack]]


def talk(caller: Phone, callee: Phone) -> tuple[PhoneCall, PhoneCall]:
    """A call that is up."""
    outgoing = caller.dial(callee.extension)
    incoming = callee.incoming()
    incoming.answer()
    outgoing.wait("answered")
    return outgoing, incoming


@pytest.mark.parametrize(("caller", "callee"), PAIRS)
def test_a_call_rings_is_answered_and_ended_by_the_caller(
    phones: dict[str, Phone], caller: str, callee: str
) -> None:
    outgoing = of(phones, "caller", caller).dial(of(phones, "callee", callee).extension)
    incoming = of(phones, "callee", callee).incoming()
    assert of(phones, "caller", caller).extension in incoming.caller
    if callee == "pjsua2":
        incoming.ring()
    outgoing.wait("ringing")
    incoming.answer()
    outgoing.wait("answered")
    outgoing.hangup()
    incoming.ended()
    outgoing.ended()


@pytest.mark.parametrize(("caller", "callee"), PAIRS)
def test_the_callee_may_hang_up_too(phones: dict[str, Phone], caller: str, callee: str) -> None:
    outgoing, incoming = talk(of(phones, "caller", caller), of(phones, "callee", callee))
    incoming.hangup()
    outgoing.ended()
    incoming.ended()


@pytest.mark.parametrize(("caller", "callee"), PAIRS)
def test_hold_and_resume_work_from_both_sides(
    switch: Switch, phones: dict[str, Phone], caller: str, callee: str
) -> None:
    outgoing, incoming = talk(of(phones, "caller", caller), of(phones, "callee", callee))
    for holder in (outgoing, incoming):
        switch.wait_for_state("talking")
        holder.hold()
        switch.wait_for_state("held")
        holder.resume()
    switch.wait_for_state("talking")
    outgoing.hangup()
    incoming.ended()
    outgoing.ended()


@pytest.mark.parametrize(("caller", "callee"), PAIRS)
def test_keys_pressed_arrive_at_the_other_phone(
    phones: dict[str, Phone], caller: str, callee: str
) -> None:
    outgoing, incoming = talk(of(phones, "caller", caller), of(phones, "callee", callee))
    outgoing.send_digits("13*")
    assert incoming.digits(3) == "13*"
    incoming.send_digits("57#")
    assert outgoing.digits(3) == "57#"
    outgoing.hangup()
    incoming.ended()
    outgoing.ended()


@pytest.mark.parametrize(("caller", "callee"), PAIRS)
def test_a_busy_phone_is_heard_as_busy(phones: dict[str, Phone], caller: str, callee: str) -> None:
    outgoing = of(phones, "caller", caller).dial(of(phones, "callee", callee).extension)
    incoming = of(phones, "callee", callee).incoming()
    incoming.reject(486)
    # baresip has rung by then: a 486 after a 180 is a person's "no", which callers hear as 603
    assert outgoing.ended().status == (603 if callee == "baresip" else 486)


def test_a_rejected_call_is_heard_as_rejected(phones: dict[str, Phone]) -> None:
    outgoing = phones["101"].dial("102")
    incoming = phones["102"].incoming()
    incoming.ring()
    outgoing.wait("ringing")
    incoming.reject(603)
    assert outgoing.ended().status == 603


@pytest.mark.parametrize(("caller", "callee"), PAIRS)
def test_a_caller_who_gives_up_silences_the_other_phone(
    phones: dict[str, Phone], caller: str, callee: str
) -> None:
    outgoing = of(phones, "caller", caller).dial(of(phones, "callee", callee).extension)
    incoming = of(phones, "callee", callee).incoming()
    if callee == "pjsua2":
        incoming.ring()
    outgoing.wait("ringing")
    outgoing.hangup()
    incoming.ended()
    outgoing.ended()


@pytest.mark.parametrize("caller", ["100", "101"])
def test_an_unknown_extension_does_not_exist(phones: dict[str, Phone], caller: str) -> None:
    assert phones[caller].dial("555").ended().status == 404


@pytest.mark.parametrize("caller", ["100", "101"])
def test_ones_own_number_is_busy(phones: dict[str, Phone], caller: str) -> None:
    assert phones[caller].dial(caller).ended().status == 486
    assert not phones[caller].rings()


def test_two_calls_between_the_same_phones_live_their_own_lives(phones: dict[str, Phone]) -> None:
    first_out, first_in = talk(phones["101"], phones["103"])
    second_out, second_in = talk(phones["101"], phones["103"])
    first_out.hangup()
    first_in.ended()
    first_out.ended()
    second_out.send_digits("9")
    assert second_in.digits(1) == "9"
    second_in.hangup()
    second_out.ended()
    second_in.ended()


def test_calls_are_shown_while_they_last_and_afterwards(
    switch: Switch, phones: dict[str, Phone]
) -> None:
    outgoing, incoming = talk(phones["100"], phones["103"])
    shown = switch.command("show", "calls")
    assert "100" in shown
    assert "103" in shown
    outgoing.hangup()
    incoming.ended()
    outgoing.ended()
