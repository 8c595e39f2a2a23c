"""Lamps of real phones: lit by a message, and right again after a restart on either side."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.audio import known_sound, write_tone, write_wav
from tests.support.phones import Phone
from tests.support.switch import Switch

GREETING, GREETED = 440.0, 0.3
SPOKEN = 1.3
BEEPED = 0.6
DARK, ONE = (False, "0/0 (0/0)"), (True, "1/0 (0/0)")
SUBSCRIBES = pytest.mark.parametrize("subscribes", [False, True], ids=["told", "subscribes"])


@pytest.fixture
def switch(tmp_path: Path) -> Iterator[Switch]:
    write_tone(tmp_path / "greeting.wav", GREETING, GREETED)
    user = {"voicemail": {"greeting": "greeting.wav", "min_message": "1s"}}
    with Switch(tmp_path, users=("100", "101"), user=user) as running:
        yield running


def leave_message(caller: Phone, folder: Path) -> None:
    """For 101."""
    call = caller.dial("*99101")
    call.wait("answered")
    time.sleep(GREETED + BEEPED)
    call.play(write_wav(folder / "said.wav", known_sound(SPOKEN, seed=11)))
    time.sleep(SPOKEN)
    call.hangup()
    call.ended()


def phone(switch: Switch, *, subscribes: bool) -> Phone:
    password = switch.password("101")
    return Phone("pjsua2", switch.sip, "101", password, subscribes=subscribes)


@SUBSCRIBES
def test_mwi_1_mwi_2_a_message_lights_the_lamp_and_it_stays_lit(
    switch: Switch, tmp_path: Path, subscribes: bool
) -> None:
    with Phone("baresip", switch.sip, "100", switch.password("100")) as caller:
        caller.register()
        with phone(switch, subscribes=subscribes) as anna:
            anna.register()
            assert anna.lamp() == DARK
            leave_message(caller, tmp_path)
            assert anna.lamp() == ONE
            assert ("101 watches message-summary" in switch.log()) == subscribes
        with phone(switch, subscribes=subscribes) as anna:  # switched off and on
            anna.register()
            assert anna.lamp() == ONE
            switch.stop()
            switch.start()
            anna.register()  # MWI-3: it renews its registration
            assert anna.lamp() == ONE
