"""A way through the matrix of forwards, with phones that nobody here wrote (features 2.2).

All of it is in tests/softswitch/b2bua/test_forward_matrix.py, on virtual time. Here each situation,
each kind of target and each of what may happen there comes once: which phones ring, which mailbox's
greeting is heard (each is a tone of its own), the final code, and the path in the record.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.audio import heard_tone, write_tone
from tests.support.phones import Phone, PhoneCall
from tests.support.ports import free_port
from tests.support.sipp import OWN, Sipp
from tests.support.switch import Switch

CARRIER = "127.0.0.7"
MAIN, MOBILE = "+48221112233", "+48600100100"
GREETED = 0.6
"""Seconds of a greeting."""
GREETINGS = {"101": 440.0, "103": 550.0, "104": 660.0}
"""Hz, by mailbox."""
RETURN = {"return_after": "2s"}
USERS: dict[str, dict[str, object]] = {
    "100": {"voicemail": "off", "calls": "mobile"},
    "101": {
        "forward": {"no_answer": "102", "rejected": "voicemail:103", **RETURN},
    },
    "102": {"voicemail": "off"},
    "103": {},
    "104": {"forward": {"unavailable": "102", **RETURN}},
    "105": {"voicemail": "off", "calls": "mobile", "forward": {"always": MOBILE, **RETURN}},
    "106": {"voicemail": "off", "forward": {"unavailable": "102", **RETURN}},
    "107": {
        "voicemail": "off",
        "calls": "mobile",
        "unreachable_after": "10s",
        "forward": {"busy": MOBILE, **RETURN},
    },
}
"""103 to 106 have no phones; that of 107 is one that rejects before it rings."""


@pytest.fixture(scope="module")
def port() -> int:
    return free_port(CARRIER)


@pytest.fixture(scope="module")
def switch(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[Switch]:
    folder = tmp_path_factory.mktemp("switch")
    each = {user: dict(settings) for user, settings in USERS.items()}
    for mailbox, hertz in GREETINGS.items():
        write_tone(folder / f"{mailbox}.wav", hertz, GREETED)
        each[mailbox]["voicemail"] = {"enabled": "on", "greeting": f"{mailbox}.wav"}
    carrier = {"host": CARRIER, "port": port, "numbers": [MAIN], "to": "100"}
    with Switch(
        folder,
        users=tuple(USERS),
        user={"ring_time": "2s"},
        each=each,
        more={"country": "PL", "trunks": {"carrier": carrier}},
    ) as running:
        yield running


@pytest.fixture(scope="module")
def phones(switch: Switch, port: int) -> Iterator[dict[str, Phone]]:
    with (
        Phone("pjsua2", switch.sip, "100", switch.password("100")) as caller,
        Phone("baresip", switch.sip, "101", switch.password("101")) as owner,
        Phone("pjsua2", switch.sip, "102", switch.password("102"), transport="tcp") as target,
        Phone("pjsua2", switch.sip, MOBILE, "", address=CARRIER, port=port) as carrier,
    ):
        for phone in (caller, owner, target):
            phone.register()
        yield {"100": caller, "101": owner, "102": target, "carrier": carrier}


def hears(call: PhoneCall, mailbox: str, folder: Path) -> None:
    """The greeting of this mailbox, and of no other; then the caller hangs up."""
    call.wait("answered")
    heard = folder / "heard.wav"
    call.record(heard)
    time.sleep(GREETED + 0.3)
    call.stop_recording()
    call.hangup()
    call.ended()
    loud = {box for box, hertz in GREETINGS.items() if heard_tone(heard, hertz) > GREETED / 2}
    assert loud == {mailbox}


def check_path(switch: Switch, path: str) -> None:
    """It is in the log."""
    switch.wait_for_log(path)


def test_always_to_outside_where_it_is_answered(switch: Switch, phones: dict[str, Phone]) -> None:
    """FWD-1"""
    outgoing = phones["100"].dial("105")
    forwarded = phones["carrier"].incoming()
    forwarded.answer()
    outgoing.wait("answered")
    outgoing.hangup()
    forwarded.ended()
    check_path(switch, f"User 100 -> 105 (always) -> {MOBILE}")


def test_busy_to_outside_where_it_is_busy(
    switch: Switch, phones: dict[str, Phone], tmp_path: Path
) -> None:
    """FWD-3: without a mailbox the first outcome is final"""
    scenario = (OWN / "callee_redirects.xml").read_text()
    scenario = scenario.replace("302 Moved Temporarily", "486 Busy Here").replace("CONTACTS\n", "")
    with Sipp(scenario, switch, "107", tmp_path) as busy:
        busy.register()
        busy.play()
        outgoing = phones["100"].dial("107")
        busy.finish()
        phones["carrier"].incoming().reject(486)
        assert outgoing.ended().status == 486
    check_path(switch, f"User 100 -> 107 (busy) -> {MOBILE} (busy)")


def test_no_answer_to_inside_where_it_rings_out(
    switch: Switch, phones: dict[str, Phone], tmp_path: Path
) -> None:
    """FWD-3, FWD-4, FWD-5"""
    outgoing = phones["100"].dial("101")
    phones["101"].incoming().ended()
    phones["102"].incoming().ended()
    hears(outgoing, "101", tmp_path)
    path = "User 100 -> 101 (no answer 2 s) -> 102 (no answer 2 s) -> voicemail 101"
    check_path(switch, path)


def test_unavailable_to_inside_where_it_fails(
    switch: Switch, phones: dict[str, Phone], tmp_path: Path
) -> None:
    """FWD-3, FWD-4, FWD-6"""
    outgoing = phones["100"].dial("104")
    phones["102"].incoming().reject(503)
    hears(outgoing, "104", tmp_path)
    check_path(switch, "User 100 -> 104 (unavailable) -> 102 (unavailable) -> voicemail 104")


def test_rejected_to_the_mailbox_of_somebody_else(
    switch: Switch, phones: dict[str, Phone], tmp_path: Path
) -> None:
    """FWD-2, FWD-14"""
    outgoing = phones["100"].dial("101")
    incoming = phones["101"].incoming()
    outgoing.wait("ringing")
    incoming.reject(486)
    hears(outgoing, "103", tmp_path)
    check_path(switch, "User 100 -> 101 (rejected) -> voicemail 103")


def test_where_there_is_no_mailbox_the_first_outcome_is_final(
    switch: Switch, phones: dict[str, Phone]
) -> None:
    """FWD-3"""
    outgoing = phones["100"].dial("106")
    phones["102"].incoming().reject(486)
    assert outgoing.ended().status == 480
    check_path(switch, "User 100 -> 106 (unavailable) -> 102 (busy)")
