"""What a leg tells its peer, and what it tells the media engine."""

import pytest

from softswitch.media.engine.interface import Dtls, Sdes
from tests.softswitch.b2bua.dialogs import sdp
from tests.softswitch.b2bua.flows import finish, office, ringing, talking
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone
from tests.softswitch.b2bua.secrets import configure, keyed


def test_offer_and_answer_cross_with_our_address_and_ports() -> None:
    world, alice, bob = ringing()
    bob.answers(body=bob.sdp(payloads="0 101"))
    world.run()
    offer, answer = bob.call.bodies[0], alice.call.bodies[0]
    assert b"c=IN IP4 192.0.2.1\r\n" in offer
    assert b"m=audio 20004 RTP/AVP 8 0 9 107 117 118 101\r\n" in offer
    assert b"m=audio 20002 RTP/AVP 0 101\r\n" in answer
    assert b"10.0.0" not in offer + answer
    caller, device = world.airs
    assert caller.remotes[-1].address == alice.host
    assert caller.remotes[-1].signalling_address == alice.host
    assert device.remotes[-1].payload_types == (0, 101)
    assert device.remotes[-1].keepalive_payload_type == 0
    assert caller.joined is not None
    assert device.joined is not None
    finish(world)


@pytest.mark.parametrize(
    ("host", "said", "nat"),
    [
        ("10.0.0.77", "10.0.0.77", False),
        ("9.9.9.9", "192.168.1.20", True),
        ("9.9.9.9", "8.8.8.8", False),
        ("9.9.9.9", "0.0.0.0", True),
    ],
)
def test_a_private_address_that_sip_does_not_come_from_means_nat(
    host: str, said: str, nat: bool
) -> None:
    world = World()
    alice, bob = Phone(world, "100", host), Phone(world, "101")
    alice.invites("101", offer=sdp(said, 4000))
    world.run()
    assert world.airs[0].remotes == []  # before an answer nothing is sent
    bob.rings(183, body=bob.sdp())
    world.run()
    assert world.airs[0].remotes[0].nat is nat
    alice.cancels()
    finish(world)


def test_early_dialogs_without_end_make_no_state_without_end() -> None:
    world, alice, bob = office()
    alice.invites("101")
    world.run()
    for number in range(30):
        bob.rings(tag=f"fork{number}")
    world.run()
    legs = world.calls._board.legs
    assert len(legs) == 11  # the caller's dialog, and ten of the device
    alice.cancels()
    finish(world)


def test_a_call_to_a_device_over_tcp_says_so_in_its_contact() -> None:
    world = World()
    alice = Phone(world, "100")
    bob = Phone(world, "101", protocol="TCP")
    alice.invites("101")
    world.run()
    invite = bob.call.requests[0]
    assert invite.headers.get("Contact") == "<sip:100@192.0.2.1:5060;transport=tcp>"
    assert invite.via.protocol == "TCP"
    bob.answers()
    world.run()
    assert alice.call.is_up
    finish(world)


def test_our_descriptions_count_their_versions() -> None:
    world, alice, bob = talking()
    alice.changes()
    world.run()
    alice.changes("8 101")
    world.run()
    origins = [body.split(b"\r\n")[1].split() for body in bob.call.bodies]
    assert [int(origin[2]) for origin in origins] == [1, 2, 3]
    assert len({origin[1] for origin in origins}) == 1
    finish(world)


def test_another_address_and_other_codecs_cross() -> None:
    world, alice, bob = talking()
    moved = sdp("10.0.0.99", 7000, payloads="0 101")
    alice.reinvites(moved)
    world.run()
    caller, device = world.airs
    assert (caller.remotes[-1].address, caller.remotes[-1].rtp_port) == ("10.0.0.99", 7000)
    assert b"RTP/AVP 0 8 9 " in bob.call.bodies[-1]
    assert len(device.remotes) == 2
    assert caller.joined is not None
    finish(world)


def test_a_phone_may_take_its_time_for_a_bye() -> None:
    world, alice, bob = talking()
    bob.reflexes.discard("bye")
    alice.hangs_up()
    world.run()
    bob.respond(bob.call.requests[-1], 100)
    world.run()
    assert world.calls.lingering == 1
    bob.respond(bob.call.requests[-1], 200)
    world.run()
    assert world.calls.lingering == 0
    finish(world)


def test_keys_that_travel_in_the_open_are_told_once_for_each_user(
    caplog: pytest.LogCaptureFixture,
) -> None:  # RTP-7
    world, alice, bob = office()
    for _ in range(2):
        alice.invites("101", offer=keyed(alice))
        world.run()
        bob.answers()
        world.run()
        alice.hangs_up()
        world.run()
    warnings = [record.message for record in caplog.records if "keys for" in record.message]
    assert len(warnings) == 1
    assert "100's sound travel in SIP over UDP" in warnings[0]
    assert "A" * 20 not in caplog.text
    finish(world)


def test_keys_under_tls_are_nobodys_business(caplog: pytest.LogCaptureFixture) -> None:
    world, alice, bob = office()
    alice.invites("101", offer=keyed(alice))
    world.run()
    alice.call.phone.flow = alice.flow
    leg = next(iter(world.calls._board.calls.values())).caller
    leg.flow = leg.flow._replace(protocol="TLS")
    bob.answers()
    world.run()
    assert "keys for" not in caplog.text
    leg.flow = alice.flow
    finish(world)


def test_each_leg_is_secured_in_its_own_way_and_the_engine_gets_the_keys() -> None:
    world, alice, bob = office()
    configure(world, "101", encryption="dtls")
    alice.invites("101", offer=keyed(alice, tag=7))
    world.run()
    digest = bytes(range(32))
    answer = bob.sdp().replace(b"RTP/AVP", b"UDP/TLS/RTP/SAVP")
    lines = f"a=fingerprint:sha-256 {digest.hex(':')}\r\na=setup:active\r\n"
    bob.answers(body=answer + lines.encode())
    world.run()
    told = alice.call.bodies[0]
    assert b"m=audio 20002 RTP/SAVP 8 0 101\r\n" in told
    assert b"a=crypto:7 " in told
    assert b"fingerprint" not in told
    caller, device = world.airs
    keys = caller.remotes[-1].security
    assert isinstance(keys, Sdes)
    assert keys.receive_key == bytes(30)
    assert device.remotes[-1].security == Dtls(False, digest)
    finish(world)


def test_a_call_is_translated_where_the_phones_share_no_codec() -> None:
    world, alice, bob = office()
    alice.invites("101", offer=alice.sdp(payloads="0 101"))
    world.run()
    bob.answers(body=bob.sdp(payloads="8 101"))
    world.run()
    assert b"RTP/AVP 0 101\r\n" in alice.call.bodies[0]
    caller, device = world.airs
    assert [known.encoding for known in caller.remotes[-1].formats] == ["PCMU", "TELEPHONE-EVENT"]
    assert [known.encoding for known in device.remotes[-1].formats] == ["PCMA", "TELEPHONE-EVENT"]
    assert device.remotes[-1].expected == ()
    finish(world)
