"""Every way in which a call comes to its end, and what the other side notices of it."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.endpoint import Endpoint
from tests.support.phones import Phone
from tests.support.scripted_call import ScriptedCall, connect
from tests.support.switch import Switch

RING_TIME = 2
UNREACHABLE_AFTER = 1
RTP_TIMEOUT = 2
SLACK = 2.0
"""Seconds that a busy machine may add to a time limit."""


@pytest.fixture(scope="module")
def switch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switch]:
    """A switch of little patience."""
    with Switch(
        tmp_path_factory.mktemp("switch"),
        user={
            "ring_time": f"{RING_TIME}s",
            "unreachable_after": f"{UNREACHABLE_AFTER}s",
            "max_calls": 2,
        },
        network={"rtp_timeout": f"{RTP_TIMEOUT}s"},
    ) as running:
        yield running


@pytest.fixture
def anna(switch: Switch) -> Iterator[Endpoint]:
    with Endpoint("100", switch.password("100"), switch.address) as endpoint:
        yield endpoint


@pytest.fixture
def jan(switch: Switch) -> Iterator[Endpoint]:
    with Endpoint("101", switch.password("101"), switch.address) as endpoint:
        endpoint.register()
        yield endpoint
        endpoint.register([("Expires", "0")])


def refusal(call: ScriptedCall, status: int, timeout: float = 5.0) -> str:
    """The final answer, acknowledged; its Reason."""
    response = call.expect(status, timeout)
    call.ack_failure(response)
    return response.get("Reason")


def test_an_unknown_extension_is_404(anna: Endpoint) -> None:
    assert "cause=1" in refusal(ScriptedCall.dial(anna, "555"), 404)


def test_an_extension_without_a_phone_is_480(anna: Endpoint) -> None:
    assert "cause=20" in refusal(ScriptedCall.dial(anna, "103"), 480)


def test_ones_own_number_is_486(anna: Endpoint) -> None:
    anna.register()
    refusal(ScriptedCall.dial(anna, "100"), 486)
    anna.register([("Expires", "0")])


def test_nobody_answers_is_480_after_the_ring_time(anna: Endpoint, jan: Endpoint) -> None:
    begin = time.monotonic()
    call = ScriptedCall.dial(anna, "101")
    incoming = ScriptedCall.incoming(jan)
    incoming.reply(180)
    call.expect(180)
    jan.reply(incoming.expect("CANCEL", RING_TIME + SLACK), 200)
    incoming.reply(487)
    assert "cause=19" in refusal(call, 480)
    assert RING_TIME - 0.1 < time.monotonic() - begin < RING_TIME + SLACK
    incoming.expect("ACK")


def test_a_phone_that_says_nothing_is_given_up_soon_and_stopped_when_it_speaks(
    anna: Endpoint, jan: Endpoint
) -> None:
    begin = time.monotonic()
    call = ScriptedCall.dial(anna, "101")
    late = ScriptedCall.incoming(jan)
    assert "cause=20" in refusal(call, 480)
    assert time.monotonic() - begin < UNREACHABLE_AFTER + SLACK
    late.reply(180)  # only now may a CANCEL be sent (§9.1)
    jan.reply(late.expect("CANCEL"), 200)
    late.reply(487)
    late.expect("ACK")


def test_busy_before_ringing_is_486(anna: Endpoint, jan: Endpoint) -> None:
    call = ScriptedCall.dial(anna, "101")
    incoming = ScriptedCall.incoming(jan)
    incoming.reply(486)
    incoming.expect("ACK")
    assert "cause=17" in refusal(call, 486)


def test_a_decline_after_ringing_is_603(anna: Endpoint, jan: Endpoint) -> None:
    call = ScriptedCall.dial(anna, "101")
    incoming = ScriptedCall.incoming(jan)
    incoming.reply(180)
    call.expect(180)
    incoming.reply(603)
    incoming.expect("ACK")
    assert "cause=21" in refusal(call, 603)


def test_more_calls_than_a_user_may_have_are_busy(
    switch: Switch, anna: Endpoint, jan: Endpoint
) -> None:
    calls = [ScriptedCall.dial(anna, "101")]
    rung = [ScriptedCall.incoming(jan)]
    calls.append(ScriptedCall.dial(anna, "101"))
    rung.append(ScriptedCall.incoming(jan))
    with Endpoint("102", switch.password("102"), switch.address) as third:
        refusal(ScriptedCall.dial(third, "101"), 486)
    for call, incoming in zip(calls, rung, strict=True):
        incoming.reply(486)
        incoming.expect("ACK")
        refusal(call, 486)


def test_a_caller_who_gives_up_stops_the_ringing(anna: Endpoint, jan: Endpoint) -> None:
    call = ScriptedCall.dial(anna, "101")
    incoming = ScriptedCall.incoming(jan)
    incoming.reply(180)
    call.expect(180)
    call.cancel()
    anna.expect(200)
    assert "elsewhere" not in incoming.expect("CANCEL").get("Reason")
    incoming.reply(487)
    incoming.expect("ACK")
    refusal(call, 487)


def test_an_answer_that_crosses_the_cancel_is_acknowledged_and_hung_up(
    anna: Endpoint, jan: Endpoint
) -> None:
    call = ScriptedCall.dial(anna, "101")
    incoming = ScriptedCall.incoming(jan)
    incoming.reply(180)
    call.expect(180)
    call.cancel()
    anna.expect(200)
    jan.expect("CANCEL")
    incoming.reply(200, jan.sdp())
    incoming.expect("ACK")
    incoming.hung_up()
    refusal(call, 487)


def test_a_call_that_was_hung_up_is_forgotten(anna: Endpoint, jan: Endpoint) -> None:
    outgoing, incoming = connect(anna, jan)
    outgoing.request("BYE")
    incoming.hung_up()
    outgoing.expect(200)
    outgoing.request("BYE")
    outgoing.expect(481)


def test_a_dead_phone_ends_the_call_and_the_caller_is_told(switch: Switch) -> None:
    with Phone("pjsua2", switch.sip, "102", switch.password("102")) as caller:
        callee = Phone("baresip", switch.sip, "103", switch.password("103"))
        caller.register()
        callee.register()
        outgoing = caller.dial("103")
        callee.incoming().answer()
        outgoing.wait("answered")
        begin = time.monotonic()
        callee.kill()
        outgoing.ended(RTP_TIMEOUT + 3.0)
        assert time.monotonic() - begin > RTP_TIMEOUT / 2


def test_a_held_call_outlives_the_rtp_timeout(anna: Endpoint, jan: Endpoint) -> None:
    outgoing, incoming = connect(anna, jan)
    outgoing.request("INVITE", anna.sdp(direction="inactive"))
    outgoing.expect(200)
    outgoing.ack()
    assert anna.quiet(RTP_TIMEOUT + 1.0)
    outgoing.request("BYE")
    incoming.hung_up()
    outgoing.expect(200)


def test_ctrl_c_hangs_up_calls_and_turns_ringing_ones_away(tmp_path: Path) -> None:
    with (
        Switch(tmp_path) as own,
        Endpoint("100", own.password("100"), own.address) as one,
        Endpoint("101", own.password("101"), own.address) as other,
        Endpoint("102", own.password("102"), own.address) as third,
    ):
        other.register()
        outgoing, _ = connect(one, other)
        waiting = ScriptedCall.dial(third, "101")
        ringing = ScriptedCall.incoming(other)
        ringing.reply(180)
        waiting.expect(180)
        own.process.send_signal(signal.SIGINT)
        waiting.ack_failure(waiting.expect(503))
        outgoing.hung_up()
        goodbyes: set[int | str] = set()
        while len(goodbyes) < 2:
            request = other.receive()
            goodbyes.add(request.what)
            other.reply(request, 200)
        assert goodbyes == {"BYE", "CANCEL"}
        ringing.reply(487)
        ringing.expect("ACK")
