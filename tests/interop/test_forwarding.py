"""Calls that go on to somebody else, between phones that nobody here wrote."""

from collections.abc import Iterator

import pytest

from tests.support.phones import Phone
from tests.support.switch import Switch

FORWARD = {
    "no_answer": "102",
    "busy": "102",
    "unavailable": "102",
    "return_after": "2s",
    "return_to": "103",
}
"""Of every user: whoever does not take a call sends it to 102, and from there it comes to 103."""


@pytest.fixture(scope="module")
def switch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switch]:
    with Switch(
        tmp_path_factory.mktemp("switch"),
        users=("100", "101", "102", "103", "104"),
        user={"ring_time": "2s", "forward": FORWARD},
    ) as running:
        yield running


@pytest.fixture(scope="module")
def phones(switch: Switch) -> Iterator[dict[str, Phone]]:
    """Two phones of each make, registered; 104 has none."""
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


@pytest.mark.parametrize("why", ["busy", "rejected", "no answer", "unavailable"])
def test_whoever_does_not_take_a_call_sends_it_on(phones: dict[str, Phone], why: str) -> None:
    outgoing = phones["100"].dial("104" if why == "unavailable" else "101")
    if why != "unavailable":
        incoming = phones["101"].incoming()
        if why == "rejected":
            outgoing.wait("ringing")
        if why != "no answer":
            incoming.reject(486)
        else:
            incoming.ended()
    forwarded = phones["102"].incoming()
    assert "100" in forwarded.caller
    forwarded.answer()
    outgoing.wait("answered")
    forwarded.hangup()
    outgoing.ended()


def test_what_is_not_taken_there_either_comes_back(phones: dict[str, Phone]) -> None:
    outgoing = phones["100"].dial("101")
    phones["101"].incoming().reject(486)
    forwarded = phones["102"].incoming()
    forwarded.ended()
    back = phones["103"].incoming()
    back.answer()
    outgoing.wait("answered")
    outgoing.hangup()
    back.ended()
