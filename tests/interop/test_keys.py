"""Keys that a phone sends as INFO reach one that only understands telephone events."""

import pytest

from softswitch.media.dtmf.receiver import Digit, Receiver
from tests.support.endpoint import Endpoint
from tests.support.rtp_socket import PATIENCE, Nothing, Packet
from tests.support.scripted_call import ScriptedCall
from tests.support.switch import Switch

EVENTS = 101
DIGIT_PACKETS = 7
"""100 ms in packets of 20 ms, and the last one twice more."""


@pytest.mark.parametrize("digits", ["5", "1#"])
def test_digits_of_an_info_arrive_as_telephone_events(switch: Switch, digits: str) -> None:
    with (
        Endpoint("100", switch.password("100"), switch.address) as anna,
        Endpoint("101", switch.password("101"), switch.address) as jan,
    ):
        jan.register()
        call = ScriptedCall.dial(anna, "101")
        at_jan = ScriptedCall.incoming(jan)
        at_jan.reply(200, jan.sdp())
        call.expect(200)
        call.ack()
        at_jan.expect("ACK")
        for digit in digits:
            inform(call, digit)
            call.expect(200)
        packets = events(jan, DIGIT_PACKETS * len(digits))
        call.request("BYE")
        at_jan.hung_up()
        call.expect(200)
        jan.register([("Expires", "0")])
    assert understood(packets) == [Digit(digit, 0.1) for digit in digits]
    assert [packet.marker for packet in packets] == ([True] + [False] * 6) * len(digits)
    assert len({packet.timestamp for packet in packets}) == len(digits)


def inform(call: ScriptedCall, digit: str) -> None:
    fields = [
        ("From", call.local),
        ("To", call.remote),
        ("Call-ID", call.call_id),
        ("Content-Type", "application/dtmf-relay"),
    ]
    body = f"Signal={digit}\r\nDuration=100\r\n".encode()
    call.endpoint.send(call.endpoint.request("INFO", call.target, fields, body))


def events(endpoint: Endpoint, count: int) -> list[Packet]:
    """So many packets of telephone events, and all that come soon after."""
    found: list[Packet] = []
    while True:
        try:
            packet = endpoint.rtp.receive(PATIENCE if len(found) < count else 0.1)
        except Nothing:
            return found
        if packet.payload_type == EVENTS:
            found.append(packet)


def understood(packets: list[Packet]) -> list[Digit]:
    receiver = Receiver()
    found: list[Digit] = []
    for number, packet in enumerate(packets):
        found += receiver.event(
            packet.payload, packet.ssrc, packet.sequence, packet.timestamp, number * 0.02
        )
    return found
