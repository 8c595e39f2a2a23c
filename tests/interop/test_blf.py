"""Lamps of colleagues and of service codes, watched by a SIPp that reads each notification while
real phones call (features 2.23, FC-4)."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support.phones import Phone
from tests.support.sipp import OWN, Sipp
from tests.support.switch import Switch

PAUSE = 0.3
"""Seconds until whatever has changed is told, and the next change is one of its own."""
SPACE = "{urn:ietf:params:xml:ns:dialog-info}"

OFF = "<state>terminated</state>"
ON = "<state>confirmed</state>"
RINGS = 'direction="recipient"><state>early</state>'
DIALS = 'direction="initiator"><state>early</state>'
TALKS = 'direction="(recipient|initiator)"><state>confirmed</state>'


@pytest.fixture(scope="module")
def phones(switch: Switch) -> Iterator[tuple[Phone, Phone]]:
    with (
        Phone("pjsua2", switch.sip, "100", switch.password("100")) as one,
        Phone("baresip", switch.sip, "101", switch.password("101")) as other,
    ):
        one.register()
        other.register()
        yield one, other


def watcher(switch: Switch, user: str, number: str, folder: Path, *states: str) -> Sipp:
    """Watches a number, and sees the lamp in these states one after the other; it is watching when
    this returns."""
    notified = (OWN / "watcher_notified.xml").read_text()
    told = [
        notified.replace("EXPECTED", quoted(f'version="{version}" state="full".*{state}')).replace(
            "ANSWER", f"told{version}"
        )
        for version, state in enumerate(states)
    ]
    scenario = (OWN / "watcher.xml").read_text().replace("<!-- notified -->", "".join(told))
    folder = folder / number.strip("*")
    folder.mkdir()
    sipp = Sipp(scenario, switch, user, folder, calls=number)
    before = switch.log().count(f"{user} watches dialog")
    sipp.play()
    deadline = time.monotonic() + 5
    while switch.log().count(f"{user} watches dialog") == before:
        assert time.monotonic() < deadline, switch.log()[-2000:] + sipp.messages()
        time.sleep(0.02)
    time.sleep(PAUSE)
    return sipp


def quoted(text: str) -> str:
    """As it may stand in an attribute."""
    return text.replace("<", "&lt;").replace('"', "&quot;")


def documents(sipp: Sipp) -> list[ElementTree.Element]:
    """What was told, each once."""
    found = re.findall(r"<\?xml.*?</dialog-info>", sipp.messages(), re.S)
    return [ElementTree.fromstring(text) for text in dict.fromkeys(found)]


def test_blf_1_lamps_are_lit_while_phones_ring_and_talk(
    switch: Switch, phones: tuple[Phone, Phone], tmp_path: Path
) -> None:
    one, other = phones
    with (
        watcher(switch, "102", "101", tmp_path, OFF, RINGS, TALKS, OFF) as callee,
        watcher(switch, "103", "100", tmp_path, OFF, DIALS, TALKS, OFF) as caller,
    ):
        outgoing = one.dial("101")
        incoming = other.incoming()
        time.sleep(PAUSE)
        incoming.answer()
        outgoing.wait("answered")
        time.sleep(PAUSE)
        outgoing.hangup()
        incoming.ended()
        callee.finish()
        caller.finish()
    check_ringing(documents(callee)[1])


def check_ringing(told: ElementTree.Element) -> None:
    """PU-5: enough to take the call, and to show whose it is."""
    [dialog] = told.findall(f"{SPACE}dialog")
    assert list(dialog.attrib) == ["id", "call-id", "local-tag", "remote-tag", "direction"]
    identity = dialog.find(f"{SPACE}remote/{SPACE}identity")
    assert identity is not None
    assert identity.attrib == {"display": "User 100"}
    assert (identity.text or "").startswith("sip:100@127.0.0.1")


def test_fc_4_dnd_1_a_key_follows_its_code(
    switch: Switch, phones: tuple[Phone, Phone], tmp_path: Path
) -> None:
    one, _ = phones
    with (
        watcher(switch, "100", "*78", tmp_path, OFF, ON, OFF, ON, OFF) as own,
        watcher(switch, "102", "*78100", tmp_path, OFF, ON, OFF, ON, OFF) as colleague,
        watcher(switch, "103", "*72100", tmp_path, OFF, ON, OFF) as forward,
    ):
        for code in ("*78", "*79", "*76", "*72101", "*73"):
            call = one.dial(code)
            call.wait("answered")
            time.sleep(PAUSE)
            call.hangup()
            call.ended()
        assert "100 dnd: on" in switch.command("reset", "100", "dnd")
        for sipp in (own, colleague, forward):
            sipp.finish()
    assert documents(own)[1].attrib["entity"].startswith("sip:*78@127.0.0.1")


def test_hostile_what_there_is_not_is_not_found(switch: Switch, tmp_path: Path) -> None:
    scenario = (OWN / "watcher.xml").read_text().replace('response="200"', 'response="404"')
    with Sipp(scenario, switch, "102", tmp_path, calls="*72999") as stranger:
        stranger.play()
        stranger.finish()


def test_fc_4_a_key_is_right_after_a_restart(
    switch: Switch, phones: tuple[Phone, Phone], tmp_path: Path
) -> None:
    call = phones[0].dial("*78")
    call.wait("answered")
    time.sleep(PAUSE)
    call.hangup()
    call.ended()
    with watcher(switch, "103", "*78100", tmp_path, ON, ON) as colleague:
        switch.stop()
        switch.start()
        colleague.finish()
        assert "terminated;reason=probation;retry-after=" in colleague.messages()  # BLF-2
    with watcher(switch, "100", "*78", tmp_path, ON) as own:
        own.finish()
