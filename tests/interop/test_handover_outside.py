"""Mobiles that have to press 1 and callers from outside, through a carrier: FWD-7, VM-2, VM-5.

The carrier is a phone that nobody here wrote, at an address of its own.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.audio import heard_tone, known_sound, sounding, write_tone, write_wav
from tests.support.phones import Phone
from tests.support.ports import free_port
from tests.support.switch import Switch

CARRIER = "127.0.0.8"
MAIN, ANNA = "+48221112233", "+48221112235"
MOBILE = "+48600100100"

GREETING, GREETED = 440.0, 3.0
RINGBACK = 425.0
"""Hz and seconds."""

MAILBOX = {
    "enabled": True,
    "greeting": "greeting.wav",
    "remote_login": False,
    "answer": "at_beep",
    "operator": "102",
}
MOBILE_FIRST = {
    "always": {"to": MOBILE, "confirm": True},
    "return_after": "2s",
    "return_to": "102",
}


@pytest.fixture(scope="module")
def port() -> int:
    return free_port(CARRIER)


@pytest.fixture(scope="module")
def switch(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[Switch]:
    """The number of the office is that of 101, who has no phone, but a mailbox and an operator."""
    folder = tmp_path_factory.mktemp("switch")
    write_tone(folder / "greeting.wav", GREETING, GREETED)
    carrier = {"host": CARRIER, "port": port, "numbers": [MAIN, ANNA], "to": "101"}
    with Switch(
        folder,
        users=("100", "101", "102", "104"),
        user={"calls": "mobile", "ring_time": "2s"},
        each={
            "100": {"number": ANNA},
            "101": {"voicemail": MAILBOX},
            "104": {"forward": MOBILE_FIRST},
        },
        more={"country": "PL", "trunks": {"carrier": carrier}},
    ) as running:
        yield running


@pytest.fixture(scope="module")
def phones(switch: Switch, port: int) -> Iterator[dict[str, Phone]]:
    with (
        Phone("baresip", switch.sip, "100", switch.password("100")) as caller,
        Phone("baresip", switch.sip, "102", switch.password("102")) as operator,
        Phone("pjsua2", switch.sip, MOBILE, "", address=CARRIER, port=port) as carrier,
    ):
        caller.register()
        operator.register()
        yield {"caller": caller, "operator": operator, "carrier": carrier}


def test_a_mobile_presses_one(phones: dict[str, Phone]) -> None:  # FWD-7
    outgoing = phones["caller"].dial("104")
    mobile = phones["carrier"].incoming()
    mobile.answer()
    mobile.send_digits("1")
    outgoing.wait("answered")
    outgoing.hangup()
    mobile.ended()


def test_the_mailbox_of_a_mobile_takes_no_call(
    phones: dict[str, Phone], tmp_path: Path
) -> None:  # FWD-7, FWD-3
    outgoing = phones["caller"].dial("104")
    mobile = phones["carrier"].incoming()
    mobile.answer()
    mobile.play(write_wav(tmp_path / "greeting.wav", known_sound(4.0, seed=61)))
    mobile.ended()
    back = phones["operator"].incoming()
    back.answer()
    outgoing.wait("answered")
    outgoing.hangup()
    back.ended()


def test_a_caller_from_outside_reaches_the_operator_before_anything_is_paid(
    switch: Switch, phones: dict[str, Phone], tmp_path: Path
) -> None:  # VM-2, VM-5
    outgoing = phones["carrier"].dial(MAIN)
    outgoing.wait("progress")
    outgoing.record(tmp_path / "early.wav")
    time.sleep(0.5)
    outgoing.send_digits("0")
    operator = phones["operator"].incoming()
    time.sleep(0.8)
    outgoing.stop_recording()
    assert heard_tone(tmp_path / "early.wav", GREETING) > 0.2
    assert heard_tone(tmp_path / "early.wav", RINGBACK) > 0.3
    assert [call["answered_at"] for call in switch.calls()] == [None]
    operator.answer()
    outgoing.wait("answered")
    operator.hangup()
    outgoing.ended()


def test_a_caller_from_outside_hears_that_somebody_is_busy(
    phones: dict[str, Phone], tmp_path: Path
) -> None:  # features 2.0
    outgoing = phones["carrier"].dial(ANNA)
    phones["caller"].incoming().reject(486)
    outgoing.wait("progress")
    outgoing.record(tmp_path / "words.wav")
    time.sleep(1.5)
    outgoing.stop_recording()
    assert outgoing.ended().status == 486
    assert sounding(tmp_path / "words.wav") > 0.5
