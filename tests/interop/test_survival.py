"""What is killed comes back, and what did not die does not notice."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.endpoint import Endpoint
from tests.support.phones import Phone
from tests.support.scripted_call import ScriptedCall, connect
from tests.support.switch import Switch, end

WORKER_BACK = 1.0
"""Seconds until a new media worker is up (design.md §2)."""
SWITCH_BACK = 2.0
"""Seconds until a killed switch that is started again listens (goal G27)."""
SLACK = 1.0


@pytest.fixture
def switch(tmp_path: Path) -> Iterator[Switch]:
    """One of its own for each test: they kill it."""
    with Switch(tmp_path) as running:
        yield running


def test_a_killed_media_worker_ends_its_calls_and_nothing_else(switch: Switch) -> None:
    with (
        Phone("pjsua2", switch.sip, "100", switch.password("100")) as anna,
        Phone("baresip", switch.sip, "101", switch.password("101")) as jan,
    ):
        anna.register()
        jan.register()
        outgoing = anna.dial("101")
        incoming = jan.incoming()
        incoming.answer()
        outgoing.wait("answered")

        before = switch.workers()
        assert before
        begin = time.monotonic()
        for worker in before:
            end(worker)
        outgoing.ended()
        incoming.ended()
        while len(set(switch.workers()) - set(before)) < len(before):
            assert time.monotonic() < begin + WORKER_BACK + SLACK
            time.sleep(0.02)

        registered = switch.command("show", "registrations")
        assert "100" in registered
        assert "101" in registered
        again = jan.dial("100")
        anna.incoming().answer()
        again.wait("answered")
        again.send_digits("7")
        again.hangup()
        again.ended()
    switch.stop()
    assert "media worker" in switch.log()


def test_a_killed_switch_knows_its_phones_when_it_is_back(switch: Switch) -> None:
    with (
        Endpoint("100", switch.password("100"), switch.address) as anna,
        Endpoint("101", switch.password("101"), switch.address) as jan,
    ):
        jan.register()
        outgoing, incoming = connect(anna, jan)
        switch.kill()
        assert switch.start() < SWITCH_BACK + SLACK

        # the old dialog is gone, and whoever speaks in it is told
        outgoing.request("BYE")
        outgoing.expect(481)
        incoming.request("BYE")
        incoming.expect(481)

        # a call works at once: nobody has registered again
        again, ringing = connect(anna, jan)
        again.request("BYE")
        ringing.hung_up()
        again.expect(200)


def test_bindings_survive_ten_kills_in_a_row(switch: Switch) -> None:
    with Endpoint("101", switch.password("101"), switch.address) as jan:
        for count in range(10):
            jan.register([("X-Round", str(count))])
            switch.kill()
            switch.start()
            (known,) = switch.registrations()
            assert str(jan.address) in known["contact"]


def test_a_real_phone_rings_after_a_kill_without_registering_again(switch: Switch) -> None:
    with (
        Phone("baresip", switch.sip, "100", switch.password("100")) as jan,
        Endpoint("101", switch.password("101"), switch.address) as anna,
    ):
        jan.register()
        switch.kill()
        switch.start()
        outgoing = ScriptedCall.dial(anna, "100")
        ringing = jan.incoming()
        outgoing.expect(180)
        ringing.answer()
        outgoing.expect(200)
        outgoing.ack()
        outgoing.hangup()
        ringing.ended()


def test_past_calls_can_be_traced_when_the_switch_is_down(switch: Switch) -> None:
    with (
        Endpoint("100", switch.password("100"), switch.address) as anna,
        Endpoint("101", switch.password("101"), switch.address) as jan,
    ):
        jan.register()
        outgoing, incoming = connect(anna, jan)
        outgoing.request("BYE")
        incoming.hung_up()
        outgoing.expect(200)
        switch.wait_for_log("ended by caller")
        identity = next(
            line for line in switch.log().splitlines() if "ended by caller" in line
        ).split(": ")[1]
        while_up = switch.command("trace", identity)
    switch.stop()
    for ladder in (while_up, switch.command("trace", identity)):
        for what in ("INVITE", "401", "180", "200", "ACK", "BYE"):
            assert what in ladder, ladder
        assert "response=" not in ladder
