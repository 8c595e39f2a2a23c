"""Keys cross between phones that say them in INFO and phones that say them as telephone events."""

import time
from pathlib import Path

import pytest

from softswitch.media.dtmf.receiver import Digit, Receiver
from tests.support.conversation import connected
from tests.support.endpoint import Endpoint
from tests.support.phones import Phone
from tests.support.rtp_socket import PATIENCE, Nothing, Packet
from tests.support.scripted_call import ScriptedCall
from tests.support.sipp import OWN, Sipp
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


def test_keys_of_a_phone_arrive_as_info_at_one_that_has_agreed_on_no_events(
    switch: Switch, tmp_path: Path
) -> None:  # RTP-6
    with (
        Phone("pjsua2", switch.sip, "100", switch.password("100")) as phone,
        Sipp((OWN / "callee_takes_info.xml").read_text(), switch, "101", tmp_path) as called,
    ):
        phone.register()
        called.register()
        called.play()
        call = phone.dial("101")
        call.wait("answered")
        call.send_digits("15#")
        called.wait_for("Signal=", 3)
        call.hangup()
        called.finish()
    withdraw(switch, "101")


def test_keys_of_a_phone_that_says_them_in_info_arrive_as_events(
    switch: Switch,
) -> None:  # RTP-6
    password = switch.password("100")
    with (
        Phone("baresip", switch.sip, "100", password, keys_by_info=True) as phone,
        Endpoint("101", switch.password("101"), switch.address) as jan,
    ):
        phone.register()
        jan.register()
        call = phone.dial("101")
        at_jan = ScriptedCall.incoming(jan)
        at_jan.reply(200, jan.sdp())
        at_jan.expect("ACK")
        call.wait("answered")
        call.send_digits("7*")
        assert pressed(jan, 2) == "7*"
        call.hangup()
        at_jan.hung_up()
        jan.register([("Expires", "0")])


def test_two_real_phones_hear_each_others_keys_in_either_manner(switch: Switch) -> None:  # RTP-6
    with (
        Phone("pjsua2", switch.sip, "100", switch.password("100")) as one,
        Phone("baresip", switch.sip, "101", switch.password("101"), keys_by_info=True) as other,
    ):
        one.register()
        other.register()
        with connected(one, other, "101") as (outgoing, incoming):
            outgoing.send_digits("159#")
            assert incoming.digits(4) == "159#"
            incoming.send_digits("0*72")
            assert outgoing.digits(4) == "0*72"


def withdraw(switch: Switch, extension: str) -> None:
    """Of what is registered for it, nothing is left."""
    with Endpoint(extension, switch.password(extension), switch.address) as phone:
        phone.register([("Expires", "0")], contact="*")


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


def pressed(endpoint: Endpoint, count: int) -> str:
    """So many keys, among the audio."""
    receiver = Receiver()
    found = ""
    end = time.monotonic() + PATIENCE
    while len(found) < count:
        now = time.monotonic()
        assert now < end, found
        packet = endpoint.rtp.receive()
        if packet.payload_type == EVENTS:
            heard = receiver.event(
                packet.payload, packet.ssrc, packet.sequence, packet.timestamp, now
            )
            found += "".join(digit.digit for digit in heard)
    return found


def understood(packets: list[Packet]) -> list[Digit]:
    receiver = Receiver()
    found: list[Digit] = []
    for number, packet in enumerate(packets):
        found += receiver.event(
            packet.payload, packet.ssrc, packet.sequence, packet.timestamp, number * 0.02
        )
    return found
