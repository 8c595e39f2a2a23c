"""What becomes of an INVITE before anything rings."""

import pytest

from tests.softswitch.b2bua.dialogs import sdp
from tests.softswitch.b2bua.flows import finish, office
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone
from tests.softswitch.b2bua.secrets import configure


@pytest.mark.parametrize(
    ("number", "status", "cause", "outcome"),
    [
        ("999", 404, 1, "not_found"),
        ("100", 486, 17, "busy"),
        ("102", 480, 20, "unavailable"),
        ("bob", 404, 1, "not_found"),
        ("%00", 404, 1, "not_found"),
    ],
)
def test_numbers_that_cannot_ring_are_refused_with_a_cause(
    number: str, status: int, cause: int, outcome: str
) -> None:
    world, alice, _ = office()
    call = alice.invites(number)
    world.run()
    assert call.heard == [100, status]
    assert f"cause={cause};" in (call.responses[-1].headers.get("Reason") or "")
    assert (world.record.outcome, world.record.status) == (outcome, status)
    assert world.record.ended_by == "switch"
    assert len(world.record.legs) == 1
    finish(world)


@pytest.mark.parametrize(
    ("offer", "status"),
    [
        (b"v=0\r\nnonsense", 400),
        (sdp("10.0.0.10", 4000).replace(b"RTP/AVP", b"RTP/SAVP"), 488),
        (sdp("10.0.0.10", 0), 488),
    ],
)
def test_an_offer_that_cannot_be_carried_is_refused(
    offer: bytes, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    world, alice, bob = office()
    call = alice.invites("101", offer=offer)
    world.run()
    assert call.heard == [100, status]
    assert not bob.calls
    assert world.record.outcome == "failed"
    assert "100's phone offers what cannot be carried" in caplog.text
    finish(world)


@pytest.mark.parametrize("ports", [0, 1])
def test_without_ports_a_call_is_refused_for_now(ports: int) -> None:
    world, alice, bob = office(ports=ports)
    call = alice.invites("101")
    world.run()
    assert call.heard == [100, 503]
    assert call.responses[-1].headers.get("Retry-After")
    assert not bob.calls
    assert world.record.outcome == "failed"
    finish(world)
    assert world.media.free == ports


def test_a_call_goes_on_with_the_devices_for_which_there_are_ports() -> None:
    world = World(ports=2)
    alice = Phone(world, "100")
    phones = [Phone(world, "101"), Phone(world, "101")]
    call = alice.invites("101")
    world.run()
    ringing = [phone for phone in phones if phone.calls]
    assert len(ringing) == 1
    ringing[0].rejects(486)
    world.run()
    assert call.heard == [100, 486]
    assert sorted(leg.result for leg in world.record.legs) == ["busy", "busy", "failed"]
    finish(world)


def test_a_caller_without_a_contact_is_known_by_its_from() -> None:
    world, alice, bob = office()
    data = b"\r\n".join(
        [
            b"INVITE sip:101@192.0.2.1 SIP/2.0",
            b"Via: SIP/2.0/UDP 10.0.0.10;branch=old",
            b"From: <sip:100@10.0.0.10>",
            b"To: <sip:101@192.0.2.1>",
            b"Call-ID: old@10.0.0.10",
            b"CSeq: 1 INVITE",
            b"Content-Type: application/sdp",
            b"",
            alice.sdp(),
        ]
    )
    world.network.to_switch(alice, data, alice.flow)
    world.run()
    assert world.calls.snapshot()[0].state == "ringing"
    bob.rejects(486)
    world.run()
    assert world.record.legs[0].device == "sip:100@10.0.0.10"
    assert world.network.log[-1].kind == "486 INVITE"


@pytest.mark.parametrize("encryption", ["required", "sdes", "dtls"])
def test_where_encryption_is_required_plain_media_is_refused(encryption: str) -> None:
    world, alice, bob = office()
    configure(world, "100", encryption=encryption)
    alice.invites("101")
    world.run()
    assert alice.call.heard[-1] == 488
    assert not bob.calls
    assert "plain RTP, where encryption is required" in world.record.reason
    finish(world)


def test_one_account_lets_thirty_phones_ring_and_no_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    alice = Phone(world, "100")
    phones = [Phone(world, "101") for _ in range(10)]
    carol, dora = Phone(world, "102"), Phone(world, "103")
    for _ in range(3):
        alice.invites("101")
        world.run()
    refused = alice.invites("102")
    others = dora.invites("102")
    world.run()
    assert [len(phone.calls) for phone in phones] == [3] * 10
    assert refused.heard == [100, 480]
    assert "cause=42;" in (refused.responses[-1].headers.get("Reason") or "")
    assert others.heard == [100]
    assert len(carol.calls) == 1
    assert "100 lets 30 phones ring already: refused" in caplog.text
    finish(world)
