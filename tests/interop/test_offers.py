"""Offers and answers across the switch: late ones, hold in all its forms, two that cross."""

from collections.abc import Iterator

import pytest

from tests.support.endpoint import Endpoint
from tests.support.scripted_call import ScriptedCall, connect
from tests.support.switch import Switch

QUIET = 0.1
SECOND_TRY = 5.0
"""Seconds until the owner of a Call-ID tries again: 2.1 to 4 (§14.1), and some slack."""

Two = tuple[Endpoint, Endpoint]


@pytest.fixture
def two(switch: Switch) -> Iterator[Two]:
    with (
        Endpoint("100", switch.password("100"), switch.address) as anna,
        Endpoint("101", switch.password("101"), switch.address, transport="TCP") as jan,
    ):
        jan.register()
        yield anna, jan
        jan.register([("Expires", "0")])


def finish(outgoing: ScriptedCall, incoming: ScriptedCall) -> None:
    outgoing.request("BYE")
    incoming.hung_up()
    outgoing.expect(200)


def test_an_invite_without_an_offer_gets_one_in_the_200(two: Two) -> None:
    anna, jan = two
    outgoing = ScriptedCall.dial(anna, "101", b"")
    incoming = ScriptedCall.incoming(jan)
    incoming.reply(180)
    outgoing.expect(180)
    incoming.reply(200, jan.sdp())
    assert b"m=audio" in outgoing.expect(200).body
    outgoing.ack(anna.sdp())
    incoming.expect("ACK")
    assert outgoing.media is not None
    assert outgoing.media.port != jan.rtp.address.port
    finish(outgoing, incoming)


def held(holder: ScriptedCall, body: bytes, other: ScriptedCall) -> str:
    """A re-INVITE that stays on its leg: the direction in our answer."""
    holder.request("INVITE", body)
    response = holder.expect(200)
    holder.ack()
    assert other.endpoint.quiet(QUIET)
    return response.body.decode()


def music_at(endpoint: Endpoint) -> bool:
    """Does something other than silence come?"""
    heard = [endpoint.rtp.receive(1.0) for _ in range(40)]
    return sum(len(set(packet.payload)) > 1 for packet in heard) > 20


@pytest.mark.parametrize("direction", ["sendonly", "inactive"])
@pytest.mark.parametrize("holder", ["caller", "callee"])
def test_each_side_may_hold_and_the_other_hears_music(
    two: Two, holder: str, direction: str
) -> None:
    outgoing, incoming = connect(*two)
    one, other = (outgoing, incoming) if holder == "caller" else (incoming, outgoing)
    reverse = {"sendonly": "recvonly", "inactive": "inactive"}[direction]
    answer = held(one, one.endpoint.sdp(direction=direction), other)
    assert f"a={reverse}" in answer
    assert music_at(other.endpoint)
    assert "a=sendrecv" in held(one, one.endpoint.sdp(), other)
    finish(outgoing, incoming)


def test_the_old_way_of_holding_is_understood(two: Two) -> None:
    """c=0.0.0.0 (RFC 2543 §B.5)."""
    outgoing, incoming = connect(*two)
    old = outgoing.endpoint.sdp().replace(b"c=IN IP4 127.0.0.1", b"c=IN IP4 0.0.0.0")
    assert "a=recvonly" in held(outgoing, old, incoming)
    assert music_at(incoming.endpoint)
    held(outgoing, outgoing.endpoint.sdp(), incoming)
    finish(outgoing, incoming)


def test_a_reinvite_without_an_offer_gets_one_in_the_200(two: Two) -> None:
    outgoing, incoming = connect(*two)
    outgoing.request("INVITE", b"")
    assert b"m=audio" in outgoing.expect(200).body
    outgoing.ack(outgoing.endpoint.sdp())
    assert incoming.endpoint.quiet(QUIET)
    finish(outgoing, incoming)


def other_codecs(endpoint: Endpoint) -> bytes:
    """What the other side has to know of."""
    return endpoint.sdp().replace(b"RTP/AVP 0 101", b"RTP/AVP 0 8 101")


def cross(outgoing: ScriptedCall, incoming: ScriptedCall) -> None:
    """Both want other codecs at the same moment, and both say 491 (RFC 3261 §14.2)."""
    outgoing.request("INVITE", other_codecs(outgoing.endpoint))
    theirs = incoming.endpoint.expect("INVITE")
    ours = incoming.request("INVITE", other_codecs(incoming.endpoint))
    refused = incoming.endpoint.expect(491)
    assert refused.get("CSeq") == ours.get("CSeq")
    incoming.ack_failure(refused)
    incoming.invite = theirs
    incoming.reply(491)
    incoming.endpoint.expect("ACK")


def test_an_offer_that_met_another_is_made_again(two: Two) -> None:
    outgoing, incoming = connect(*two)
    cross(outgoing, incoming)
    incoming.expect("INVITE", SECOND_TRY)
    incoming.reply(200, incoming.endpoint.sdp(direction="recvonly"))
    outgoing.expect(200)
    outgoing.ack()
    incoming.expect("ACK")
    finish(outgoing, incoming)


def test_of_two_offers_that_met_the_one_repeated_first_goes_first(two: Two) -> None:
    outgoing, incoming = connect(*two)
    cross(outgoing, incoming)
    first = outgoing.invite
    assert first is not None
    incoming.request("INVITE", other_codecs(incoming.endpoint))
    refused = outgoing.endpoint.expect(491)
    assert refused.get("CSeq") == first.get("CSeq")
    outgoing.ack_failure(refused)
    outgoing.expect("INVITE")
    outgoing.reply(200, outgoing.endpoint.sdp(direction="recvonly"))
    incoming.expect(200)
    incoming.ack()
    outgoing.expect("ACK")
    finish(outgoing, incoming)


def test_an_offer_that_the_other_side_refuses_leaves_the_call_as_it_was(two: Two) -> None:
    outgoing, incoming = connect(*two)
    before = outgoing.media
    outgoing.request("INVITE", other_codecs(outgoing.endpoint))
    incoming.expect("INVITE")
    incoming.reply(488)
    incoming.expect("ACK")
    outgoing.ack_failure(outgoing.expect(488))
    assert outgoing.media == before
    finish(outgoing, incoming)
