"""Client transactions: every arrow of RFC 6026 figure 5 and RFC 3261 figure 6."""

import gc
import weakref

import pytest

from softswitch.sip.actions import Action, DeliverResponse, Failed, Send
from softswitch.sip.client_transaction import ClientTransaction, State
from softswitch.sip.flow import Flow
from softswitch.sip.headers import Headers
from softswitch.sip.message import Request
from tests.support.sip_peers import TCP, UDP, LayerInTime, answer, make_request, parse_request


def start(
    world: LayerInTime, method: str = "INVITE", flow: Flow = UDP, **options: object
) -> tuple[ClientTransaction, bytes]:
    """Send a request; the transaction and the octets."""
    data = make_request(method, branch="z9hG4bK-ours", **options)  # type: ignore[arg-type]
    transaction, actions = world.layer.request(parse_request(data), flow, world.now)
    [sent] = actions
    assert isinstance(sent, Send)
    assert sent.flow == flow
    return transaction, sent.data


def hear(world: LayerInTime, data: bytes, status: int, to_tag: str = "bob") -> list[Action]:
    return world.layer.receive(answer(data, status, to_tag), UDP, world.now)


def statuses(actions: list[Action]) -> list[int]:
    return [each.response.status for each in actions if isinstance(each, DeliverResponse)]


def state_of(transaction: ClientTransaction) -> State:
    """A call, so that the type checker does not take it for unchanged."""
    return transaction.state


def test_an_invite_is_repeated_over_udp_at_doubling_intervals_until_timer_b() -> None:
    world = LayerInTime()
    transaction, _ = start(world)
    world.advance(60.0)
    assert world.times(Send) == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert world.log[-1] == (32.0, Failed(transaction, "timeout"))
    assert state_of(transaction) is State.TERMINATED
    assert len(world.layer) == 0


def test_an_invite_is_not_repeated_over_tcp() -> None:
    world = LayerInTime()
    transaction, _ = start(world, flow=TCP)
    world.advance(60.0)
    assert world.log == [(32.0, Failed(transaction, "timeout"))]


def test_a_provisional_response_stops_the_repeating_and_the_time_out() -> None:
    world = LayerInTime()
    transaction, data = start(world)
    world.advance(0.7)
    assert statuses(hear(world, data, 180)) == [180]
    assert statuses(hear(world, data, 183)) == [183]
    world.advance(600.0)
    assert world.times(Send) == [0.5]
    assert world.times(Failed) == []
    assert state_of(transaction) is State.PROCEEDING


@pytest.mark.parametrize("method", ["INVITE", "BYE"])
def test_whoever_has_said_something_is_heard(method: str) -> None:
    world = LayerInTime()
    transaction, data = start(world, method)
    assert transaction.is_unheard
    hear(world, data, 100)
    heard: list[bool] = [not transaction.is_unheard]
    hear(world, data, 200)
    assert [*heard, not transaction.is_unheard] == [True, True]


def test_every_copy_of_a_2xx_is_delivered_until_timer_m() -> None:
    world = LayerInTime()
    transaction, data = start(world)
    assert statuses(hear(world, data, 200)) == [200]
    world.advance(31.0)
    assert state_of(transaction) is State.ACCEPTED
    assert statuses(hear(world, data, 200)) == [200]
    assert statuses(hear(world, data, 200, "another phone behind a fork")) == [200]
    assert hear(world, data, 180) == []
    assert hear(world, data, 486) == []
    world.advance(32.0)
    assert state_of(transaction) is State.TERMINATED
    assert hear(world, data, 200) == []
    assert world.log == []


def test_a_2xx_after_a_provisional_response_is_accepted_too() -> None:
    world = LayerInTime()
    transaction, data = start(world)
    hear(world, data, 180)
    assert statuses(hear(world, data, 200)) == [200]
    assert state_of(transaction) is State.ACCEPTED


def test_a_refusal_is_acknowledged_hop_by_hop_each_time_and_delivered_once() -> None:
    world = LayerInTime()
    headers = [("Route", "<sip:a.example;lr>"), ("Route", "<sip:b.example;lr>")]
    transaction, data = start(world, headers=headers, cseq=17)
    ack, delivered = hear(world, data, 486)
    assert isinstance(ack, Send)
    assert statuses([delivered]) == [486]
    message = parse_request(ack.data)
    assert (message.method, message.uri) == ("ACK", "sip:101@192.0.2.10")
    assert message.headers.all("Via") == parse_request(data).headers.all("Via")
    assert message.headers.all("Route") == ["<sip:a.example;lr>", "<sip:b.example;lr>"]
    assert message.headers.get("To") == "<sip:101@192.0.2.10>;tag=bob"
    assert message.headers.get("From") == "<sip:100@192.0.2.10>;tag=alice"
    assert message.call_id == "call-1"
    assert message.cseq == (17, "ACK")

    world.advance(31.0)
    assert hear(world, data, 486) == [Send(ack.data, UDP, transaction)]
    assert hear(world, data, 200) == []
    world.advance(32.0)
    assert state_of(transaction) is State.TERMINATED
    assert hear(world, data, 486) == []


def test_over_tcp_a_refused_invite_is_forgotten_at_once() -> None:
    world = LayerInTime()
    transaction, data = start(world, flow=TCP)
    assert [type(each) for each in hear(world, data, 404)] == [Send, DeliverResponse]
    assert state_of(transaction) is State.TERMINATED
    assert len(world.layer) == 0


def test_cancel_waits_for_the_first_provisional_response() -> None:
    world = LayerInTime()
    transaction, data = start(world, headers=[("Route", "<sip:a.example;lr>")], cseq=3)
    reason = ("Reason", 'SIP;cause=200;text="Call completed elsewhere"')
    assert world.layer.cancel(transaction, world.now, [reason]) == []
    assert world.layer.cancel(transaction, world.now) == []
    delivered, sent = hear(world, data, 100)
    assert statuses([delivered]) == [100]
    assert isinstance(sent, Send)
    cancel = parse_request(sent.data)
    invite = parse_request(data)
    assert (cancel.method, cancel.uri) == ("CANCEL", invite.uri)
    assert cancel.headers.all("Via") == invite.headers.all("Via")
    assert cancel.headers.all("Route") == ["<sip:a.example;lr>"]
    assert cancel.headers.get("To") == invite.headers.get("To")
    assert cancel.headers.get("From") == invite.headers.get("From")
    assert cancel.cseq == (3, "CANCEL")
    assert cancel.headers.get("Reason") == reason[1]
    assert statuses(hear(world, data, 180)) == [180]


def test_cancel_goes_out_at_once_after_a_provisional_response() -> None:
    world = LayerInTime()
    transaction, data = start(world)
    hear(world, data, 180)
    [sent] = world.layer.cancel(transaction, world.now)
    assert isinstance(sent, Send)
    assert sent.data.startswith(b"CANCEL ")
    assert world.layer.cancel(transaction, world.now) == []


def test_cancel_is_a_transaction_of_its_own() -> None:
    world = LayerInTime()
    transaction, data = start(world)
    hear(world, data, 180)
    [cancel] = world.layer.cancel(transaction, world.now)
    assert isinstance(cancel, Send)
    world.advance(0.6)
    assert world.times(Send) == [0.5]
    assert statuses(hear(world, cancel.data, 200)) == [200]
    assert [type(each) for each in hear(world, data, 487)] == [Send, DeliverResponse]


@pytest.mark.parametrize("status", [200, 486])
def test_after_a_final_response_nothing_is_cancelled(status: int) -> None:
    world = LayerInTime()
    transaction, data = start(world)
    hear(world, data, status)
    assert world.layer.cancel(transaction, world.now) == []


def test_a_final_response_overtakes_a_cancel_that_waits() -> None:
    world = LayerInTime()
    transaction, data = start(world)
    world.layer.cancel(transaction, world.now)
    assert statuses(hear(world, data, 200)) == [200]
    world.advance(100.0)
    assert world.log == []


def test_a_cancelled_invite_that_is_never_answered_fails_after_64_t1() -> None:
    world = LayerInTime()
    transaction, data = start(world)
    hear(world, data, 180)
    world.advance(10.0)
    world.layer.cancel(transaction, world.now)
    world.advance(100.0)
    assert (42.0, Failed(transaction, "timeout")) in world.log


def test_only_an_invite_can_be_cancelled() -> None:
    world = LayerInTime()
    transaction, data = start(world, "OPTIONS")
    hear(world, data, 100)
    assert world.layer.cancel(transaction, world.now) == []


def test_other_requests_are_repeated_at_most_every_t2_until_timer_f() -> None:
    world = LayerInTime()
    transaction, _ = start(world, "BYE")
    world.advance(60.0)
    assert world.times(Send) == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert world.log[-1] == (32.0, Failed(transaction, "timeout"))


def test_other_requests_are_not_repeated_over_tcp() -> None:
    world = LayerInTime()
    transaction, _ = start(world, "BYE", TCP)
    world.advance(60.0)
    assert world.log == [(32.0, Failed(transaction, "timeout"))]


def test_a_provisional_response_slows_other_requests_down_and_does_not_save_them() -> None:
    world = LayerInTime()
    transaction, data = start(world, "BYE")
    assert statuses(hear(world, data, 100)) == [100]
    world.advance(60.0)
    assert world.times(Send)[:3] == [0.5, 4.5, 8.5]
    assert world.log[-1] == (32.0, Failed(transaction, "timeout"))


def test_the_final_response_of_another_request_is_delivered_once() -> None:
    world = LayerInTime()
    transaction, data = start(world, "BYE")
    assert statuses(hear(world, data, 200)) == [200]
    assert hear(world, data, 200) == []
    assert state_of(transaction) is State.COMPLETED
    world.advance(5.0)
    assert state_of(transaction) is State.TERMINATED
    assert world.log == []


def test_over_tcp_an_answered_request_is_forgotten_at_once() -> None:
    world = LayerInTime()
    transaction, data = start(world, "BYE", TCP)
    assert statuses(hear(world, data, 481)) == [481]
    assert state_of(transaction) is State.TERMINATED
    assert len(world.layer) == 0


@pytest.mark.parametrize("method", ["INVITE", "BYE"])
def test_a_request_that_cannot_be_sent_fails_once(method: str) -> None:
    world = LayerInTime()
    transaction, _ = start(world, method)
    assert transaction.transport_failed() == [Failed(transaction, "transport")]
    assert transaction.transport_failed() == []
    world.advance(100.0)
    assert world.log == []


def test_an_ack_that_cannot_be_sent_is_nobodys_business() -> None:
    world = LayerInTime()
    transaction, data = start(world)
    hear(world, data, 486)
    assert transaction.transport_failed() == []


@pytest.mark.parametrize("status", [200, 486])
def test_while_it_lingers_a_transaction_does_not_hold_its_request(status: int) -> None:
    world = LayerInTime()
    data = make_request(branch="z9hG4bK-ours")
    request = Request("INVITE", "sip:101@192.0.2.10", Headers(parse_request(data).headers))
    watch = weakref.ref(request)
    transaction, _ = world.layer.request(request, UDP, world.now)
    assert transaction.is_pending
    hear(world, data, status)
    del request
    gc.collect()
    assert watch() is None
    assert not transaction.is_pending
    assert state_of(transaction) is not State.TERMINATED


def test_it_knows_its_method() -> None:
    transaction, _ = start(LayerInTime(), "OPTIONS")
    assert transaction.method == "OPTIONS"
