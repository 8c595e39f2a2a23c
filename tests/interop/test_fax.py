"""T.38: a call becomes a fax and a call again, and every datagram of the fax arrives (FAX-1…6)."""

from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.support.endpoint import Endpoint
from tests.support.rtp_socket import Address, Nothing, Rtp
from tests.support.scripted_call import ScriptedCall, connect
from tests.support.switch import Switch

DATAGRAMS = 50
FIRST = bytes(6)
"""A datagram of its own number, without an IFP."""
QUIET = 0.1

Two = tuple[Endpoint, Endpoint]


@pytest.fixture(scope="module")
def switch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switch]:
    with Switch(
        tmp_path_factory.mktemp("switch"), users=("100", "101", "102"), each={"102": {"fax": "off"}}
    ) as running:
        yield running


@pytest.fixture
def two(switch: Switch) -> Iterator[Two]:
    with (
        Endpoint("100", switch.password("100"), switch.address) as anna,
        Endpoint("101", switch.password("101"), switch.address) as jan,
    ):
        jan.register()
        yield anna, jan
        jan.register([("Expires", "0")])


def faxing(two: Two) -> tuple[ScriptedCall, ScriptedCall]:
    """A call whose called side has a fax machine."""
    outgoing, incoming = connect(*two)
    incoming.request("INVITE", incoming.endpoint.fax())
    offer = outgoing.expect("INVITE").body
    assert b"m=image " in offer
    assert b"a=T38FaxUdpEC:t38UDPRedundancy\r\n" in offer
    outgoing.reply(200, outgoing.endpoint.fax())
    answer = incoming.expect(200).body
    assert b" udptl t38\r\n" in answer
    incoming.ack()
    outgoing.expect("ACK")
    return outgoing, incoming


def finish(outgoing: ScriptedCall, incoming: ScriptedCall) -> None:
    outgoing.request("BYE")
    incoming.hung_up()
    outgoing.expect(200)


def datagrams(seed: int) -> list[bytes]:
    """A number, an IFP of its own octets, and no repetitions."""
    ifp = bytes((seed, 0xFA, 0xC5))
    return [
        number.to_bytes(2) + bytes((len(ifp) + 1, *ifp, number)) + b"\0\0"
        for number in range(1, DATAGRAMS + 1)
    ]


def carried(source: Rtp, to: Address | None, sink: Rtp, sent: list[bytes]) -> list[bytes]:
    """Send one by one, so that no socket buffer decides; what came out."""
    assert to is not None
    heard = []
    for data in sent:
        source.send_octets(data, to)
        heard.append(_fax(sink))
    return heard


def begin(source: Rtp, to: Address | None, sink: Rtp) -> None:
    """Repeat a first datagram, as T.38 does, until the relay is in place."""
    assert to is not None
    for _ in range(20):
        source.send_octets(FIRST, to)
        with suppress(Nothing):
            while sink.receive_octets(QUIET) != FIRST:
                pass
            return
    raise AssertionError("no datagram of the fax arrives")


def _fax(sink: Rtp) -> bytes:
    """The next datagram that is no sound: RTP begins with its version."""
    while True:
        data = sink.receive_octets(1.0)
        if data[0] < 0x80 and data != FIRST:
            return data


def test_every_datagram_of_a_fax_crosses_both_ways(two: Two) -> None:
    outgoing, incoming = faxing(two)
    anna, jan = two
    for source, to, sink in (
        (jan.rtp, incoming.media, anna.rtp),
        (anna.rtp, outgoing.media, jan.rtp),
    ):
        begin(source, to, sink)
        sent = datagrams(seed=to.port % 251 if to else 0)
        assert carried(source, to, sink, sent) == sent
    finish(outgoing, incoming)


def test_a_fax_becomes_a_call_again(two: Two) -> None:
    outgoing, incoming = faxing(two)
    incoming.request("INVITE", incoming.endpoint.sdp())
    assert b"m=audio " in outgoing.expect("INVITE").body
    outgoing.reply(200, outgoing.endpoint.sdp())
    assert b"m=audio " in incoming.expect(200).body
    incoming.ack()
    outgoing.expect("ACK")
    finish(outgoing, incoming)


def test_a_refresh_during_a_fax_says_the_same_again(two: Two) -> None:
    outgoing, incoming = faxing(two)
    fax = incoming.endpoint.fax()
    bodies = set()
    for _ in range(2):
        incoming.request("INVITE", fax)
        bodies.add(incoming.expect(200).body)
        incoming.ack()
    assert len(bodies) == 1
    assert outgoing.endpoint.quiet(QUIET)
    finish(outgoing, incoming)


def test_a_fax_that_the_other_side_refuses_goes_on_as_sound(two: Two) -> None:
    outgoing, incoming = connect(*two)
    incoming.request("INVITE", incoming.endpoint.fax())
    outgoing.expect("INVITE")
    outgoing.reply(606)
    incoming.ack_failure(incoming.expect(488))
    outgoing.expect("ACK")
    incoming.request("INVITE", incoming.endpoint.sdp())
    assert b"m=audio " in incoming.expect(200).body
    incoming.ack()
    finish(outgoing, incoming)


def test_a_fax_for_somebody_who_takes_none_is_refused_here(switch: Switch, two: Two) -> None:
    anna, _ = two
    with Endpoint("102", switch.password("102"), switch.address) as eva:
        eva.register()
        outgoing, incoming = connect(anna, eva)
        outgoing.request("INVITE", anna.fax())
        outgoing.ack_failure(outgoing.expect(488))
        assert eva.quiet(QUIET)
        finish(outgoing, incoming)
        eva.register([("Expires", "0")])


def test_audio_beside_a_fax_in_the_first_invite_is_taken_alone(two: Two) -> None:
    anna, jan = two
    offer = anna.sdp() + b"m=image 40010 udptl t38\r\na=T38FaxVersion:0\r\n"
    outgoing = ScriptedCall.dial(anna, "101", offer)
    incoming = ScriptedCall.incoming(jan)
    assert incoming.invite is not None
    assert b"m=image" not in incoming.invite.body
    incoming.reply(200, jan.sdp())
    answer = outgoing.expect(200).body
    assert b"m=image 0 udptl t38\r\n" in answer
    outgoing.ack()
    incoming.expect("ACK")
    finish(outgoing, incoming)
