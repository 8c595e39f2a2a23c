"""The relay between two RTP endpoints of our own: every octet of every payload, both ways."""

import contextlib
import itertools
import random
import socket
from collections.abc import Iterator

import pytest

from tests.support.endpoint import Endpoint
from tests.support.rtp_socket import Address, Nothing, Packet, Rtp
from tests.support.scripted_call import ScriptedCall, connect
from tests.support.switch import Switch

PACKETS = 100
PCMU, TELEPHONE_EVENT = 0, 101
SAMPLES = 160
QUIET = 0.3

Call = tuple[Endpoint, ScriptedCall, Endpoint, ScriptedCall]


@pytest.fixture
def call(switch: Switch) -> Iterator[Call]:
    with (
        Endpoint("100", switch.password("100"), switch.address) as anna,
        Endpoint("101", switch.password("101"), switch.address) as jan,
    ):
        jan.register()
        outgoing, incoming = connect(anna, jan)
        for listener in (anna, jan):
            listener.rtp.receive()  # the switch speaks first: now the relay is in place
        yield anna, outgoing, jan, incoming
        outgoing.request("BYE")
        incoming.hung_up()
        outgoing.expect(200)
        jan.register([("Expires", "0")])


def stream(seed: int, count: int = PACKETS) -> list[Packet]:
    """Packets of random octets from a random place in all three counters."""
    random.seed(seed)
    ssrc, sequence, timestamp = random.getrandbits(32), 65500, 4294960000
    return [
        Packet(PCMU, index == 0, (sequence + index) & 0xFFFF,
               (timestamp + SAMPLES * index) & 0xFFFFFFFF, ssrc, random.randbytes(SAMPLES))
        for index in range(count)
    ]  # fmt: skip


def relay(source: Rtp, to: Address | None, sink: Rtp, packets: list[Packet]) -> list[Packet]:
    """Send one by one, so that no socket buffer decides; what came out."""
    assert to is not None
    heard = []
    for packet in packets:
        source.send(packet, to)
        heard.append(_sound(sink))
    return heard


def _sound(sink: Rtp) -> Packet:
    """The next packet that is not the switch's own silence (it sends first: RTP-4)."""
    while True:
        packet = sink.receive(1.0)
        if packet.payload and set(packet.payload) != {0xFF}:
            return packet


def test_payloads_cross_unchanged_in_both_directions(call: Call) -> None:
    anna, outgoing, jan, incoming = call
    for source, to, sink in (
        (anna.rtp, outgoing.media, jan.rtp),
        (jan.rtp, incoming.media, anna.rtp),
    ):
        sent = stream(seed=to.port if to else 0)
        heard = relay(source, to, sink, sent)
        assert [packet.payload for packet in heard] == [packet.payload for packet in sent]
        assert {packet.payload_type for packet in heard} == {PCMU}


def test_the_listener_hears_one_continuous_stream_over_wraparounds(call: Call) -> None:
    anna, outgoing, jan, _ = call
    heard = relay(anna.rtp, outgoing.media, jan.rtp, stream(seed=7))
    assert len({packet.ssrc for packet in heard}) == 1
    for earlier, later in itertools.pairwise(heard):
        assert (later.sequence - earlier.sequence) & 0xFFFF == 1
        assert (later.timestamp - earlier.timestamp) & 0xFFFFFFFF == SAMPLES


def test_telephone_events_pass_with_their_payload_and_timestamp(call: Call) -> None:
    """RFC 4733 §2.5.1.2: one digit is one timestamp, its duration grows, its end comes thrice."""
    anna, outgoing, jan, _ = call
    digit = [
        Packet(TELEPHONE_EVENT, index == 0, 500 + index, 8000, 77,
               bytes((5, 0x80 | 10 if index > 4 else 10)) + (min(index + 1, 6) * 160).to_bytes(2))
        for index in range(8)
    ]  # fmt: skip
    heard = relay(anna.rtp, outgoing.media, jan.rtp, digit)
    assert [packet.payload for packet in heard] == [packet.payload for packet in digit]
    assert {packet.payload_type for packet in heard} == {TELEPHONE_EVENT}
    assert len({packet.timestamp for packet in heard}) == 1
    assert [packet.marker for packet in heard] == [packet.marker for packet in digit]


def test_a_strangers_packets_are_not_heard(call: Call) -> None:
    anna, outgoing, jan, _ = call
    relay(anna.rtp, outgoing.media, jan.rtp, stream(seed=1, count=5))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.66", 0))
        assert outgoing.media is not None
        for _ in range(20):
            probe.sendto(b"\x80\x00" + bytes(10) + b"intruder" * 20, outgoing.media)
        probe.settimeout(QUIET)
        with pytest.raises(TimeoutError):
            probe.recv(2048)
    assert all(b"intruder" not in packet.payload for packet in _rest(jan.rtp))


def _rest(sink: Rtp) -> Iterator[Packet]:
    """Every packet that is still to come."""
    with contextlib.suppress(Nothing):
        while True:
            yield sink.receive(QUIET)


def test_early_media_is_heard_before_the_answer(switch: Switch) -> None:
    with (
        Endpoint("102", switch.password("102"), switch.address) as anna,
        Endpoint("103", switch.password("103"), switch.address) as jan,
    ):
        jan.register()
        outgoing = ScriptedCall.dial(anna, "103")
        incoming = ScriptedCall.incoming(jan)
        incoming.reply(183, jan.sdp())
        outgoing.expect(183)
        anna.rtp.receive()
        jan.rtp.receive()
        sent = stream(seed=3, count=10)
        heard = relay(jan.rtp, incoming.media, anna.rtp, sent)
        assert [packet.payload for packet in heard] == [packet.payload for packet in sent]
        outgoing.cancel()
        anna.expect(200)
        jan.reply(incoming.expect("CANCEL"), 200)
        incoming.reply(487)
        outgoing.ack_failure(outgoing.expect(487))
        incoming.expect("ACK")
