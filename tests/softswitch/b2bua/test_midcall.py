"""Requests within dialogs: who may send them, and what they get."""

import pytest

from tests.softswitch.b2bua.dialogs import Asking
from tests.softswitch.b2bua.flows import finish, ringing, talking
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone

SPY = Asking(b"", False, heard=lambda response: None)
"""For requests that are sent by hand."""


def statuses(world: World, phone: Phone) -> list[str]:
    """What the switch sent to a phone."""
    return [
        packet.kind
        for packet in world.network.log
        if packet.phone == phone.extension and not packet.up
    ]


@pytest.mark.parametrize("method", ["BYE", "INVITE", "UPDATE", "INFO", "OPTIONS"])
@pytest.mark.parametrize("wrong", ["Call-ID", "their tag", "our tag"])
def test_a_request_in_no_dialog_is_481(method: str, wrong: str) -> None:
    world, alice, bob = talking()
    data = alice.call.request(method, 9, "z9hG4bKx")
    right = {
        "Call-ID": alice.call.call_id,
        "their tag": alice.call.local_tag,
        "our tag": alice.call.remote_tag,
    }[wrong].encode()
    alice._asking["z9hG4bKx", method] = SPY
    alice.send(data.replace(right, right[:-1] + b"x"))
    world.run()
    assert statuses(world, alice)[-1] == f"481 {method}"
    assert bob.call.is_up
    finish(world)


@pytest.mark.parametrize("method", ["BYE", "INVITE", "UPDATE", "INFO"])
def test_a_stranger_who_knows_the_dialog_is_forbidden_and_the_call_goes_on(
    method: str, caplog: pytest.LogCaptureFixture
) -> None:
    world, alice, bob = talking()
    mallory = Phone(world, "102", registered=False)
    data = alice.call.request(method, 9, "z9hG4bKevil", body=alice.sdp())
    mallory._asking["z9hG4bKevil", method] = SPY
    world.network.to_switch(mallory, data, mallory.flow)
    world.run()
    assert statuses(world, mallory) == [f"403 {method}"]
    assert len(bob.call.requests) == 1
    assert alice.call.is_up
    assert "refused" in caplog.text
    alice.asks("INFO")  # its lower number is still good: the stranger's did not count
    world.run()
    assert alice.call.answers == [200]
    finish(world)


def test_another_port_of_the_same_host_is_a_stranger_over_udp() -> None:
    world, alice, bob = talking()
    flow = alice.flow._replace(remote=(alice.host, 5099))
    world.network.phones[flow.remote] = alice
    alice._asking["z9hG4bKx", "BYE"] = SPY
    world.network.to_switch(alice, alice.call.request("BYE", 9, "z9hG4bKx"), flow)
    world.run()
    assert statuses(world, alice)[-1] == "403 BYE"
    del world.network.phones[flow.remote]
    assert bob.call.is_up
    finish(world)


def test_behind_a_proxy_the_route_set_vouches_for_the_source() -> None:
    world = World()
    alice, bob = Phone(world, "100"), Phone(world, "101")
    alice.invites("101", "Record-Route: <sip:10.9.9.9;lr>")
    world.run()
    bob.answers()
    world.run()
    proxy = Phone(world, "102", "10.9.9.8", registered=False)
    proxy._asking["z9hG4bKx", "BYE"] = SPY
    world.network.to_switch(proxy, alice.call.request("BYE", 9, "z9hG4bKx"), proxy.flow)
    world.run()
    assert statuses(world, proxy) == ["200 BYE"]
    assert bob.call.byes_heard == 1
    alice.call.over()
    finish(world)


def test_a_lower_number_is_500() -> None:
    world, alice, _ = talking()
    alice.asks("INFO")
    world.run()
    alice.call.cseq = 0
    alice.asks("INFO")
    world.run()
    assert alice.call.answers == [200, 500]
    alice.call.cseq = 5
    finish(world)


def test_options_within_a_call_says_what_we_can() -> None:
    world, alice, bob = talking()
    alice.asks("OPTIONS")
    bob.asks("OPTIONS")
    world.run()
    for phone in (alice, bob):
        assert phone.call.answers == [200]
        assert "UPDATE" in (phone.call.responses[-1].headers.get("Allow") or "")
        assert phone.call.responses[-1].headers.get("Accept") == "application/sdp"
    finish(world)


def test_methods_that_have_no_place_in_a_call_are_405() -> None:
    world, alice, _ = talking()
    alice.asks("REGISTER")
    world.run()
    assert alice.call.answers == [405]
    finish(world)


def test_a_caller_may_leave_an_early_dialog_with_bye() -> None:
    world, alice, bob = ringing()
    alice.hangs_up()
    world.run()
    assert alice.call.answers == [200]
    assert alice.call.heard == [100, 180, 487]
    assert bob.call.requests[-1].method == "CANCEL"
    assert world.record.reason == "caller hung up before the answer"
    assert world.record.outcome == "cancelled"
    finish(world)


def test_a_phone_that_rings_may_not_and_rings_on() -> None:
    world, alice, bob = ringing()
    bob.asks("BYE")
    world.run()
    assert bob.call.answers == [481]
    bob.answers()
    world.run()
    assert alice.call.is_up
    finish(world)


@pytest.mark.parametrize("method", ["INVITE", "UPDATE", "INFO", "OPTIONS"])
def test_after_bye_only_bye_is_still_answered_well(method: str) -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("bye")
    alice.hangs_up()
    world.run()
    bob.call.state = "up"
    bob.asks(method, body=bob.sdp())
    world.run()
    if method == "INVITE":
        bob.send(bob.call.request("ACK", bob.call.cseq, bob.call.responses[-1].branch))
    bob.asks("BYE")
    world.run()
    assert bob.call.answers[-2:] == [481, 200]
    finish(world)
    assert len(world.records) == 1


def test_a_phone_that_comes_back_over_another_connection_is_followed() -> None:
    world = World()
    alice = Phone(world, "100", protocol="TCP")
    bob = Phone(world, "101")
    alice.invites("101")
    world.run()
    bob.answers()
    world.run()
    alice.disconnects()
    world.run(20)
    alice.connects()
    alice.asks("INFO")
    world.run(60)
    assert alice.call.answers == [200]
    assert alice.call.is_up
    bob.hangs_up()
    world.run()
    assert alice.call.byes_heard == 1
    finish(world)


def test_a_phone_that_does_not_come_back_loses_the_call_after_a_minute() -> None:
    world = World()
    alice = Phone(world, "100")
    bob = Phone(world, "101", protocol="TCP")
    alice.invites("101")
    world.run()
    bob.answers()
    world.run()
    bob.disconnects()
    world.run(59)
    assert alice.call.is_up
    world.run(2)
    assert alice.call.byes_heard == 1
    assert world.record.reason == "callee's connection broke"
    bob.call.over()
    finish(world)


def test_a_caller_whose_connection_breaks_while_it_rings_is_gone() -> None:
    world = World()
    alice = Phone(world, "100", protocol="TCP")
    bob = Phone(world, "101")
    alice.invites("101")
    world.run()
    bob.rings()
    world.run()
    alice.disconnects()
    world.run()
    assert bob.call.requests[-1].method == "CANCEL"
    assert world.record.outcome == "cancelled"
    assert world.record.reason == "the caller's connection broke"
    finish(world)


def test_a_device_whose_connection_breaks_while_it_rings_is_unavailable() -> None:
    world = World()
    alice = Phone(world, "100")
    bob = Phone(world, "101", protocol="TCP")
    call = alice.invites("101")
    world.run()
    bob.rings()
    world.run()
    bob.disconnects()
    world.run()
    assert call.heard == [100, 180, 480]
    finish(world)


def test_small_requests_may_come_by_udp_after_a_large_one_by_tcp() -> None:
    world = World()
    alice = Phone(world, "100", protocol="TCP")
    bob = Phone(world, "101")
    alice.invites("101")
    world.run()
    bob.answers()
    world.run()
    flow = alice.flow._replace(protocol="UDP", remote=(alice.host, 5060), connection=0)
    world.network.phones[flow.remote] = alice
    alice._asking["z9hG4bKx", "INFO"] = SPY
    world.network.to_switch(alice, alice.call.request("INFO", 9, "z9hG4bKx"), flow)
    world.run()
    assert statuses(world, alice)[-1] == "200 INFO"
    alice.call.cseq = 9
    del world.network.phones[flow.remote]
    bob.hangs_up()
    world.run()
    assert alice.call.byes_heard == 1
    finish(world)
