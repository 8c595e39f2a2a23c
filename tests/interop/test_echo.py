"""The echo test, heard by phones that nobody here wrote."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.audio import heard_tone, write_tone
from tests.support.phones import Phone
from tests.support.switch import Switch

TONE = 1000.0
SECONDS, ENOUGH = 2.0, 0.8
"""A DTLS handshake on a busy machine takes of the beginning what it needs."""


@pytest.fixture(scope="module")
def switch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switch]:
    with Switch(tmp_path_factory.mktemp("switch"), users=("100",)) as running:
        yield running


@pytest.mark.parametrize(
    ("stack", "codec", "encryption"),
    [("pjsua2", "PCMA", "off"), ("pjsua2", "G722", "sdes"), ("baresip", "OPUS", "dtls")],
)
def test_a_phone_hears_what_it_says(
    switch: Switch, tmp_path: Path, stack: str, codec: str, encryption: str
) -> None:
    password = switch.password("100")
    with Phone(stack, switch.sip, "100", password, codec=codec, encryption=encryption) as phone:
        phone.register()
        call = phone.dial("*600")
        call.wait("answered")
        call.record(tmp_path / "heard.wav")
        call.play(write_tone(tmp_path / "said.wav", TONE, SECONDS))
        time.sleep(SECONDS + 0.3)
        call.stop_recording()
        call.hangup()
        call.ended()
    assert heard_tone(tmp_path / "heard.wav", TONE) > ENOUGH
