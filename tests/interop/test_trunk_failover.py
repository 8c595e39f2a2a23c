"""Carriers that are not there, have no room, or want to know who we are (features OUT-9, TK-9)."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.phones import Phone
from tests.support.ports import free_port
from tests.support.sipp import OWN, Sipp
from tests.support.switch import Switch

MOBILE = "+48600100100"

SILENT, FULL, ASKING = "127.0.0.8", "127.0.0.9", "127.0.0.10"


def is_asked(carrier: socket.socket) -> None:
    """Answer the switch, which asks each carrier how it is: SIPp would take that for its call. It
    asks again in half a minute."""
    with carrier:
        carrier.settimeout(5)
        question, switch = carrier.recvfrom(2000)
        assert question.startswith(b"OPTIONS ")
        head = question.partition(b"\r\n")[2]
        carrier.sendto(b"SIP/2.0 200 OK\r\n" + head, switch)


def listen(host: str, port: int) -> socket.socket:
    carrier = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    carrier.bind((host, port))
    return carrier


@pytest.fixture(scope="module")
def ports() -> dict[str, int]:
    return {host: free_port(host) for host in (SILENT, FULL, ASKING)}


@pytest.fixture(scope="module")
def switch(tmp_path_factory: pytest.TempPathFactory, ports: dict[str, int]) -> Iterator[Switch]:
    names = {"silent": SILENT, "full": FULL, "asking": ASKING}
    trunks = {
        name: {"host": host, "port": ports[host], "numbers": [f"+4822111223{number}"]}
        for number, (name, host) in enumerate(names.items())
    }
    trunks["asking"] |= {"username": "acme", "password": "s3cret"}
    carriers = [listen(host, ports[host]) for host in (FULL, ASKING)]
    with Switch(
        tmp_path_factory.mktemp("switch"),
        users=("101",),
        user={"calls": "mobile"},
        more={"country": "PL", "trunks": trunks},
    ) as running:
        for carrier in carriers:
            is_asked(carrier)
        yield running


def test_a_call_finds_the_carrier_that_takes_it(
    switch: Switch, ports: dict[str, int], tmp_path: Path
) -> None:  # OUT-9, TK-9, features 2.0
    refuses = (OWN / "carrier_refuses.xml").read_text()
    challenges = (OWN / "carrier_challenges.xml").read_text()
    with (
        Phone("pjsua2", switch.sip, "101", switch.password("101")) as anna,
        Sipp(refuses, switch, "full", tmp_path, address=FULL, port=ports[FULL]) as full,
        Sipp(challenges, switch, "asking", tmp_path, address=ASKING, port=ports[ASKING]) as asking,
    ):
        anna.register()
        full.play()
        asking.play()
        began = time.monotonic()
        call = anna.dial("600100100")
        call.wait("answered", timeout=10)
        assert 4.0 <= time.monotonic() - began <= 8.0
        full.finish()
        call.hangup()
        asking.finish()
    switch.wait_for_log("trunk silent at sip:+48600100100")
    log = switch.log()
    assert "says nothing" in log
    assert "answers 503 Service Unavailable" in log
    assert f"answered by {MOBILE}" in log


def test_carriers_are_shown_with_what_is_known_of_them(switch: Switch) -> None:  # TK-5
    shown = switch.command("show", "trunks")
    for name, host in (("silent", SILENT), ("full", FULL), ("asking", ASKING)):
        [line] = [line for line in shown.splitlines() if line.startswith(name)]
        assert f"UDP {host}:" in line
        assert (" ms " in line) is (host != SILENT)
