"""A calendar closed by phone, and a phone that rings shortly, with phones nobody here wrote."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.test_codes import check_heard
from tests.support.phones import Phone
from tests.support.switch import Switch

RINGS = 2.0
"""Seconds: half of one, and what a busy machine adds."""
WHICH = ("code.calendar", "number.1")


@pytest.fixture(scope="module")
def switch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switch]:
    always = {"always": {"to": "102", "when": "closed"}}
    with Switch(
        tmp_path_factory.mktemp("switch"),
        each={"101": {"forward": always, "ring_splash": True}},
        more={"calendars": {"office": {"open": "all", "override": "1"}}},
    ) as running:
        yield running


@pytest.fixture(scope="module")
def phones(switch: Switch) -> Iterator[tuple[Phone, ...]]:
    """101 has a phone of each make."""
    with (
        Phone("pjsua2", switch.sip, "100", switch.password("100")) as one,
        Phone("pjsua2", switch.sip, "101", switch.password("101")) as two,
        Phone("baresip", switch.sip, "101", switch.password("101")) as three,
        Phone("baresip", switch.sip, "102", switch.password("102")) as four,
    ):
        for phone in (one, two, three, four):
            phone.register()
        yield one, two, three, four


def test_cal_6_who_closes_by_phone_is_told_so_and_calls_go_elsewhere(
    switch: Switch, phones: tuple[Phone, ...], tmp_path: Path
) -> None:  # FWD-1, FC-3
    caller, one, other, target = phones
    check_heard(caller, "*281*2", tmp_path, *WHICH, "code.calendar_closed")
    assert "office: closed until that is changed" in switch.command("calendar", "--config")
    outgoing = caller.dial("101")
    forwarded = target.incoming()
    shortly, ringing = one.incoming(), other.incoming()
    began = time.monotonic()
    assert "Alert-Info: <urn:alert:duration:short>" in shortly.headers
    ringing.ended()
    assert time.monotonic() - began < RINGS
    shortly.ended()
    forwarded.answer()
    outgoing.wait("answered")
    outgoing.hangup()
    forwarded.ended()
    check_heard(caller, "*281*0", tmp_path, *WHICH, "code.calendar_automatic_open")
    outgoing = caller.dial("101")
    one.incoming()
    other.incoming()
    outgoing.hangup()
    outgoing.ended()
