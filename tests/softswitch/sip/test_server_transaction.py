"""Server transactions: every arrow of RFC 6026 figure 7 and RFC 3261 figure 8."""

import pytest

from softswitch.sip.actions import Action, DeliverAck, Failed, NoAck, Send
from softswitch.sip.flow import Flow
from softswitch.sip.message import Request, respond
from softswitch.sip.server_transaction import (
    InviteServerTransaction,
    ServerTransaction,
    State,
)
from tests.support.sip_peers import TCP, UDP, LayerInTime, make_request, parse_request

INVITE = make_request()
BYE = make_request("BYE", to_tag="bob", cseq=2)


def accept(
    world: LayerInTime, data: bytes = INVITE, flow: Flow = UDP
) -> tuple[ServerTransaction, Request]:
    request = parse_request(data)
    return world.layer.accept(request, flow, world.now), request


def say(
    world: LayerInTime, transaction: ServerTransaction, request: Request, status: int
) -> list[Action]:
    response = respond(request, status, to_tag="bob")
    return transaction.respond(response, world.now)


def hear(world: LayerInTime, data: bytes, flow: Flow = UDP) -> list[Action]:
    return world.layer.receive(parse_request(data), flow, world.now)


def ack() -> bytes:
    return make_request("ACK", to_tag="bob")


def sent(actions: list[Action]) -> list[bytes]:
    return [each.data.partition(b"\r\n")[0] for each in actions if isinstance(each, Send)]


def state_of(transaction: ServerTransaction) -> State:
    """A call, so that the type checker does not take it for unchanged."""
    return transaction.state


def test_a_repeated_invite_hears_the_last_provisional_response_again() -> None:
    world = LayerInTime()
    transaction, request = accept(world)
    assert hear(world, INVITE) == []
    assert sent(say(world, transaction, request, 100)) == [b"SIP/2.0 100 Trying"]
    assert sent(hear(world, INVITE)) == [b"SIP/2.0 100 Trying"]
    assert transaction.to_tag == ""
    assert sent(say(world, transaction, request, 180)) == [b"SIP/2.0 180 Ringing"]
    assert sent(hear(world, INVITE)) == [b"SIP/2.0 180 Ringing"]
    assert transaction.to_tag == "bob"
    assert not transaction.is_answered


def put_off(world: LayerInTime) -> tuple[InviteServerTransaction, Request]:
    """An INVITE that is to hear 100 in 0.15 seconds."""
    transaction, request = accept(world)
    assert isinstance(transaction, InviteServerTransaction)
    transaction.put_off_trying(request, world.now + 0.15)
    return transaction, request


def said(world: LayerInTime, until: float) -> list[bytes]:
    """What timers send by then."""
    world.log.clear()
    world.advance(until)
    return sent([action for _, action in world.log])


def test_a_100_that_was_put_off_is_said_when_nothing_else_was() -> None:
    world = LayerInTime()
    transaction, request = put_off(world)
    assert said(world, 0.2) == [b"SIP/2.0 100 Trying"]
    assert sent(hear(world, INVITE)) == [b"SIP/2.0 100 Trying"]
    assert sent(say(world, transaction, request, 180)) == [b"SIP/2.0 180 Ringing"]
    assert sent(hear(world, INVITE)) == [b"SIP/2.0 180 Ringing"]


def test_a_repeated_invite_hears_100_without_waiting() -> None:
    world = LayerInTime()
    put_off(world)
    assert sent(hear(world, INVITE)) == [b"SIP/2.0 100 Trying"]
    assert said(world, 60.0) == []


@pytest.mark.parametrize("status", [180, 200, 486])
def test_a_100_that_was_put_off_is_not_said_after_anything_else(status: int) -> None:
    world = LayerInTime()
    transaction, request = put_off(world)
    assert len(sent(say(world, transaction, request, status))) == 1
    assert said(world, 0.4) == []
    assert transaction.is_answered == (status >= 200)


def test_a_refusal_is_repeated_over_udp_until_timer_h() -> None:
    world = LayerInTime()
    transaction, request = accept(world)
    say(world, transaction, request, 486)
    assert transaction.is_answered
    world.advance(60.0)
    assert world.times(Send) == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert world.log[-1] == (32.0, NoAck(transaction))
    assert len(world.layer) == 0


def test_a_refusal_is_not_repeated_over_tcp() -> None:
    world = LayerInTime()
    transaction, request = accept(world, flow=TCP)
    say(world, transaction, request, 486)
    world.advance(60.0)
    assert world.log == [(32.0, NoAck(transaction))]


def test_the_ack_of_a_refusal_ends_the_repeating_and_is_absorbed() -> None:
    world = LayerInTime()
    transaction, request = accept(world)
    say(world, transaction, request, 486)
    assert sent(hear(world, INVITE)) == [b"SIP/2.0 486 Busy Here"]
    world.advance(0.6)
    assert hear(world, ack()) == []
    assert state_of(transaction) is State.CONFIRMED
    assert hear(world, ack()) == []
    assert hear(world, INVITE) == []
    world.advance(5.5)
    assert state_of(transaction) is State.CONFIRMED
    world.advance(5.76)
    assert state_of(transaction) is State.TERMINATED
    assert world.times(Send) == [0.5]


def test_over_tcp_an_acknowledged_refusal_is_forgotten_at_once() -> None:
    world = LayerInTime()
    transaction, request = accept(world, flow=TCP)
    say(world, transaction, request, 486)
    assert hear(world, ack(), TCP) == []
    assert state_of(transaction) is State.TERMINATED
    assert len(world.layer) == 0


def test_an_ack_before_the_answer_does_nothing() -> None:
    world = LayerInTime()
    transaction, _ = accept(world)
    assert hear(world, ack()) == []
    assert state_of(transaction) is State.PROCEEDING


def test_a_2xx_is_repeated_only_when_the_core_says_so() -> None:
    world = LayerInTime()
    transaction, request = accept(world)
    assert sent(say(world, transaction, request, 200)) == [b"SIP/2.0 200 OK"]
    assert state_of(transaction) is State.ACCEPTED
    assert sent(say(world, transaction, request, 200)) == [b"SIP/2.0 200 OK"]
    world.advance(31.0)
    assert sent(say(world, transaction, request, 200)) == [b"SIP/2.0 200 OK"]
    assert world.log == []
    world.advance(32.0)
    assert state_of(transaction) is State.TERMINATED
    assert say(world, transaction, request, 200) == []


def test_repeated_invites_are_absorbed_once_accepted() -> None:
    world = LayerInTime()
    transaction, request = accept(world)
    say(world, transaction, request, 200)
    assert hear(world, INVITE) == []


def test_an_ack_of_a_2xx_with_the_branch_of_its_invite_reaches_the_core() -> None:
    world = LayerInTime()
    transaction, request = accept(world)
    say(world, transaction, request, 200)
    [delivered] = hear(world, ack())
    assert isinstance(delivered, DeliverAck)


@pytest.mark.parametrize(("first", "second"), [(200, 486), (486, 200), (486, 180), (200, 180)])
def test_an_invite_is_not_answered_twice(first: int, second: int) -> None:
    world = LayerInTime()
    transaction, request = accept(world)
    say(world, transaction, request, first)
    assert say(world, transaction, request, second) == []


def test_another_request_is_absorbed_until_there_is_an_answer() -> None:
    world = LayerInTime()
    transaction, request = accept(world, BYE)
    assert hear(world, BYE) == []
    assert sent(say(world, transaction, request, 100)) == [b"SIP/2.0 100 Trying"]
    assert sent(hear(world, BYE)) == [b"SIP/2.0 100 Trying"]
    assert state_of(transaction) is State.PROCEEDING


def test_the_final_response_of_another_request_is_repeated_when_asked_until_timer_j() -> None:
    world = LayerInTime()
    transaction, request = accept(world, BYE)
    say(world, transaction, request, 200)
    assert say(world, transaction, request, 481) == []
    world.advance(31.9)
    assert sent(hear(world, BYE)) == [b"SIP/2.0 200 OK"]
    world.advance(32.0)
    assert state_of(transaction) is State.TERMINATED
    assert world.log == []


def test_over_tcp_another_request_is_forgotten_with_its_answer() -> None:
    world = LayerInTime()
    transaction, request = accept(world, BYE, TCP)
    assert sent(say(world, transaction, request, 200)) == [b"SIP/2.0 200 OK"]
    assert len(world.layer) == 0


def test_an_ack_means_nothing_to_other_requests() -> None:
    world = LayerInTime()
    transaction, request = accept(world, BYE)
    assert transaction.receive_ack(request, UDP, world.now) == []


def test_an_answer_that_cannot_be_sent_leaves_the_state_as_it_is() -> None:
    world = LayerInTime()
    transaction, request = accept(world)
    say(world, transaction, request, 486)
    assert transaction.transport_failed() == [Failed(transaction, "transport")]
    assert state_of(transaction) is State.COMPLETED


def test_it_knows_where_to_connect_to_if_their_connection_is_gone() -> None:
    world = LayerInTime()
    transaction, _ = accept(world, make_request(sent_by="192.0.2.1:5070"), TCP)
    assert transaction.sent_by_port == 5070
