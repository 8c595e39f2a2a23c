"""Phones that share neither codec nor encryption hear each other; those that share either, too.

Each phone knows one codec and one way to encrypt. Both ends play a tone of their own, and record.
"""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.audio import heard_tone, sounding, write_tone
from tests.support.conversation import connected, speak_at_once
from tests.support.phones import Phone, PhoneCall
from tests.support.switch import Switch

SECONDS = 0.8
ENOUGH = 0.7
"""Seconds of a tone that are heard: buffers of phones begin and end with a little less."""
MUSIC = 0.9
HANDSHAKE = 1.0
"""Seconds until a ClientHello that a busy machine was not ready for comes again."""
CALLER_TONE, CALLEE_TONE = 500.0, 1100.0


class Kind(NamedTuple):
    """What a phone can do, and what its user is configured to."""

    stack: str
    codec: str
    encryption: str = "off"
    policy: str = "optional"


PHONES = {
    "100": Kind("pjsua2", "PCMU"),
    "101": Kind("baresip", "PCMA"),
    "102": Kind("pjsua2", "G722", "sdes", "sdes"),
    "103": Kind("baresip", "OPUS", "dtls", "dtls"),
    "104": Kind("baresip", "PCMU", "sdes", "required"),
    "105": Kind("pjsua2", "PCMA", "wish"),
    "106": Kind("baresip", "OPUS"),
    "107": Kind("pjsua2", "L16"),
    "108": Kind("pjsua2", "PCMU", "off", "required"),
}


@pytest.fixture(scope="module")
def switch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switch]:
    with Switch(
        tmp_path_factory.mktemp("switch"),
        users=PHONES,
        each={extension: {"encryption": kind.policy} for extension, kind in PHONES.items()},
    ) as running:
        yield running


@pytest.fixture(scope="module")
def phones(switch: Switch) -> Iterator[dict[str, Phone]]:
    """All of them; switched on and off at the same time, because that is slow."""

    def switch_on(extension: str) -> Phone:
        kind = PHONES[extension]
        phone = Phone(
            kind.stack,
            switch.sip,
            extension,
            switch.password(extension),
            codec=kind.codec,
            encryption=kind.encryption,
        )
        phone.register()
        return phone

    with ThreadPoolExecutor(len(PHONES)) as people:
        switched_on = dict(zip(PHONES, people.map(switch_on, PHONES), strict=True))
        yield switched_on
        list(people.map(Phone.close, switched_on.values()))


def hear_each_other(outgoing: PhoneCall, incoming: PhoneCall, folder: Path) -> None:
    """Both play and record at once; then each has heard the other."""
    said = (
        write_tone(folder / "from-caller.wav", CALLER_TONE, SECONDS),
        write_tone(folder / "from-callee.wav", CALLEE_TONE, SECONDS),
    )
    heard = speak_at_once((outgoing, incoming), said, SECONDS)
    assert heard_tone(heard.by_callee, CALLER_TONE) >= ENOUGH
    assert heard_tone(heard.by_caller, CALLEE_TONE) >= ENOUGH


@pytest.mark.parametrize(
    ("caller", "callee"),
    [
        ("100", "101"),  # PCMU and PCMA
        ("102", "103"),  # G.722 with SDES, Opus with DTLS
        ("103", "100"),  # Opus with DTLS, plain PCMU
        ("104", "102"),  # both SDES, PCMU and G.722
        ("105", "104"),  # keys as a wish, and as a must
        ("101", "105"),  # PCMA on both sides, called with keys as a wish
        ("107", "106"),  # L16 at 44.1 kHz and Opus
    ],
)
def test_phones_of_any_kind_hear_each_other(
    phones: dict[str, Phone], tmp_path: Path, caller: str, callee: str
) -> None:
    with connected(phones[caller], phones[callee], callee) as (outgoing, incoming):
        if "dtls" in (PHONES[caller].encryption, PHONES[callee].encryption):
            time.sleep(HANDSHAKE)
        hear_each_other(outgoing, incoming, tmp_path)


def test_hold_and_resume_work_on_encrypted_legs_and_who_is_held_hears_music(
    switch: Switch, phones: dict[str, Phone], tmp_path: Path
) -> None:
    with connected(phones["104"], phones["103"], "103") as (outgoing, incoming):
        time.sleep(HANDSHAKE)
        outgoing.hold()
        switch.wait_for_state("held")
        incoming.record(tmp_path / "held.wav")
        time.sleep(MUSIC)
        incoming.stop_recording()
        outgoing.resume()
        switch.wait_for_state("talking")
        hear_each_other(outgoing, incoming, tmp_path)
    assert sounding(tmp_path / "held.wav") > MUSIC / 3


def test_where_encryption_is_required_plain_rtp_is_refused(
    switch: Switch, phones: dict[str, Phone]
) -> None:
    assert phones["108"].dial("100").ended().status == 488
    assert phones["100"].dial("108").ended().status == 480
    assert not phones["108"].rings()
    switch.wait_for_log("plain RTP, where encryption is required")


def test_nobody_reads_a_key_in_the_log_or_in_a_trace(
    switch: Switch, phones: dict[str, Phone]
) -> None:
    with connected(phones["104"], phones["102"], "102"):
        (line,) = [line for line in switch.command("show", "calls").splitlines() if "102" in line]
        trace = switch.command("trace", line.split()[0], "--full")
    assert "a=crypto:" in trace
    for text in (trace, switch.log()):
        assert re.findall(r"inline:[A-Za-z0-9+/]", text) == []
