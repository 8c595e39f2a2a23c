"""A user with several devices: all ring, the first answer wins, one refusal does not end it."""

from collections.abc import Iterator

import pytest

from tests.support.endpoint import Endpoint
from tests.support.phones import Phone
from tests.support.scripted_call import ScriptedCall
from tests.support.switch import Switch

Three = tuple[Endpoint, Endpoint, Endpoint]


@pytest.fixture
def three(switch: Switch) -> Iterator[Three]:
    """Anna, and the two devices of Jan: one over UDP, one over TCP."""
    password = switch.password("101")
    with (
        Endpoint("100", switch.password("100"), switch.address) as anna,
        Endpoint("101", password, switch.address) as desk,
        Endpoint("101", password, switch.address, transport="TCP") as mobile,
    ):
        desk.register()
        mobile.register()
        yield anna, desk, mobile
        desk.register([("Expires", "0")])
        mobile.register([("Expires", "0")])


def test_the_first_answer_wins_and_the_other_device_hears_where_the_call_went(
    three: Three,
) -> None:
    anna, desk, mobile = three
    call = ScriptedCall.dial(anna, "101")
    at_desk, at_mobile = ScriptedCall.incoming(desk), ScriptedCall.incoming(mobile)
    at_desk.reply(180)
    at_mobile.reply(180)
    call.expect(180)
    at_mobile.reply(200, mobile.sdp())
    call.expect(200)
    call.ack()
    at_mobile.expect("ACK")
    cancel = at_desk.expect("CANCEL")
    assert "cause=200" in cancel.get("Reason")
    assert "completed elsewhere" in cancel.get("Reason")
    desk.reply(cancel, 200)
    at_desk.reply(487)
    at_desk.expect("ACK")
    call.request("BYE")
    at_mobile.hung_up()
    call.expect(200)


def test_two_answers_at_once_leave_one_call_and_one_polite_goodbye(three: Three) -> None:
    anna, desk, mobile = three
    call = ScriptedCall.dial(anna, "101")
    at_desk, at_mobile = ScriptedCall.incoming(desk), ScriptedCall.incoming(mobile)
    at_desk.reply(180)
    at_desk.reply(200, desk.sdp())
    at_desk.expect("ACK")
    at_mobile.reply(200, mobile.sdp())
    while (message := mobile.receive()).what != "BYE":
        assert message.what in ("CANCEL", "ACK"), message
        if message.what == "CANCEL":
            mobile.reply(message, 200)
    mobile.reply(message, 200)
    call.expect(180)
    call.expect(200)
    call.ack()
    call.request("BYE")
    at_desk.hung_up()
    call.expect(200)


def test_one_device_that_refuses_leaves_the_other_ringing(three: Three) -> None:
    anna, desk, mobile = three
    call = ScriptedCall.dial(anna, "101")
    at_desk, at_mobile = ScriptedCall.incoming(desk), ScriptedCall.incoming(mobile)
    at_mobile.reply(180)
    call.expect(180)
    at_desk.reply(486)
    at_desk.expect("ACK")
    at_mobile.reply(200, mobile.sdp())
    call.expect(200)
    call.ack()
    at_mobile.expect("ACK")
    call.request("BYE")
    at_mobile.hung_up()
    call.expect(200)


def test_a_decline_for_everybody_stops_every_device(three: Three) -> None:
    anna, desk, mobile = three
    call = ScriptedCall.dial(anna, "101")
    at_desk, at_mobile = ScriptedCall.incoming(desk), ScriptedCall.incoming(mobile)
    at_desk.reply(180)
    at_mobile.reply(180)
    call.expect(180)
    at_desk.reply(603)
    at_desk.expect("ACK")
    mobile.reply(at_mobile.expect("CANCEL"), 200)
    at_mobile.reply(487)
    at_mobile.expect("ACK")
    call.ack_failure(call.expect(603))


def test_a_connection_that_closes_takes_its_device_along(switch: Switch, three: Three) -> None:
    anna, desk, mobile = three
    with Endpoint("101", switch.password("101"), switch.address, transport="TCP") as third:
        third.register()
    call = ScriptedCall.dial(anna, "101")
    for device in (desk, mobile):
        at_device = ScriptedCall.incoming(device)
        at_device.reply(486)
        at_device.expect("ACK")
    call.ack_failure(call.expect(486, 2.0))


def test_real_phones_of_one_user_ring_together(switch: Switch) -> None:
    password = switch.password("103")
    with (
        Phone("pjsua2", switch.sip, "102", switch.password("102")) as caller,
        Phone("pjsua2", switch.sip, "103", password) as desk,
        Phone("baresip", switch.sip, "103", password) as mobile,
    ):
        for phone in (caller, desk, mobile):
            phone.register()
        outgoing = caller.dial("103")
        at_desk, at_mobile = desk.incoming(), mobile.incoming()
        at_desk.answer()
        outgoing.wait("answered")
        at_mobile.ended()
        outgoing.hangup()
        at_desk.ended()
