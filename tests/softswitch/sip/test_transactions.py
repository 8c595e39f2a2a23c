"""Which transaction does a message belong to?"""

import pytest

from softswitch.sip.actions import (
    Action,
    Deliver,
    DeliverAck,
    DeliverCancel,
    DeliverResponse,
    Failed,
    Send,
)
from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow
from softswitch.sip.headers import Headers
from softswitch.sip.message import Request, respond
from softswitch.sip.server_transaction import ServerTransaction
from tests.support.sip_peers import TCP, UDP, LayerInTime, answer, make_request, parse_request

INVITE = make_request()


def hear(world: LayerInTime, data: bytes, flow: Flow = UDP) -> list[Action]:
    return world.layer.receive(parse_request(data), flow, world.now)


def accept(world: LayerInTime, data: bytes, flow: Flow = UDP) -> ServerTransaction:
    [delivered] = hear(world, data, flow)
    assert isinstance(delivered, Deliver)
    return world.layer.accept(delivered.request, flow, world.now)


def refuse(world: LayerInTime, transaction: ServerTransaction, data: bytes) -> None:
    response = respond(parse_request(data), 486, to_tag="bob")
    transaction.respond(response, world.now)


def is_repetition(actions: list[Action]) -> bool:
    """Whether the message was taken for a copy: nothing reaches the core."""
    return all(isinstance(action, Send) for action in actions)


def test_a_request_that_is_not_accepted_leaves_no_state() -> None:
    world = LayerInTime()
    for number in range(100):
        hear(world, make_request(branch=f"z9hG4bK-{number}"))
    assert len(world.layer) == 0
    assert world.wheel.next_deadline is None


def test_a_copy_of_an_accepted_request_is_not_delivered_again() -> None:
    world = LayerInTime()
    accept(world, INVITE)
    assert is_repetition(hear(world, INVITE))


@pytest.mark.parametrize(
    "other",
    [
        make_request(branch="z9hG4bK-other"),
        make_request(sent_by="192.0.2.1:5062"),
        make_request(sent_by="192.0.2.2:5060"),
        make_request("OPTIONS"),
    ],
    ids=["branch", "sent-by port", "sent-by host", "method"],
)
def test_another_branch_sender_or_method_is_another_transaction(other: bytes) -> None:
    world = LayerInTime()
    accept(world, INVITE)
    assert not is_repetition(hear(world, other))


def test_equal_branches_from_behind_different_nats_do_not_collide() -> None:
    world = LayerInTime()
    accept(world, INVITE)
    elsewhere = UDP._replace(remote=("198.51.100.1", 5060))
    assert not is_repetition(hear(world, INVITE, elsewhere))


def test_a_copy_may_come_from_another_port_of_the_nat() -> None:
    world = LayerInTime()
    accept(world, INVITE)
    assert is_repetition(hear(world, INVITE, UDP._replace(remote=("192.0.2.1", 6060))))


def test_accepting_twice_is_a_bug_of_ours() -> None:
    world = LayerInTime()
    accept(world, INVITE)
    with pytest.raises(RuntimeError, match="accepted twice"):
        world.layer.accept(parse_request(INVITE), UDP, world.now)


def test_an_accepted_request_can_be_found_again() -> None:
    world = LayerInTime()
    transaction = accept(world, INVITE)
    assert world.layer.find(parse_request(INVITE), UDP) is transaction
    assert world.layer.find(parse_request(make_request("BYE")), UDP) is None


def test_an_ack_with_a_branch_of_its_own_is_delivered() -> None:
    world = LayerInTime()
    accept(world, INVITE)
    [delivered] = hear(world, make_request("ACK", branch="z9hG4bK-ack", to_tag="bob"))
    assert isinstance(delivered, DeliverAck)


# RFC 2543 peers


@pytest.mark.parametrize("branch", ["", "1", "z9hG4bK"])
def test_requests_without_a_unique_branch_are_told_apart_by_everything_else(branch: str) -> None:
    world = LayerInTime()
    accept(world, make_request(branch=branch))
    assert is_repetition(hear(world, make_request(branch=branch)))
    assert not is_repetition(hear(world, make_request(branch=branch, call_id="call-2")))
    assert not is_repetition(hear(world, make_request(branch=branch, cseq=2)))
    assert not is_repetition(hear(world, make_request(branch=branch, from_tag="eve")))
    assert not is_repetition(hear(world, make_request(uri="sip:102@192.0.2.10", branch=branch)))
    assert not is_repetition(hear(world, make_request(branch=branch, sent_by="192.0.2.3")))


def test_an_old_ack_of_a_refusal_needs_the_to_tag_of_the_refusal() -> None:
    world = LayerInTime()
    data = make_request(branch="")
    refuse(world, accept(world, data), data)
    [stray] = hear(world, make_request("ACK", branch="", to_tag="somebody"))
    assert isinstance(stray, DeliverAck)
    assert hear(world, make_request("ACK", branch="", to_tag="bob")) == []


def test_other_old_requests_are_told_apart_by_their_to_tag() -> None:
    world = LayerInTime()
    accept(world, make_request("BYE", branch="", to_tag="bob"))
    assert is_repetition(hear(world, make_request("BYE", branch="", to_tag="bob")))
    assert not is_repetition(hear(world, make_request("BYE", branch="", to_tag="carol")))


def test_an_old_invite_can_be_cancelled() -> None:
    world = LayerInTime()
    invite = accept(world, make_request(branch="1"))
    cancel = parse_request(make_request("CANCEL", branch="1"))
    assert world.layer.receive(cancel, UDP, world.now) == [DeliverCancel(cancel, invite, UDP)]


# Merged requests


def test_a_request_that_comes_by_two_ways_is_noticed() -> None:
    world = LayerInTime()
    accept(world, INVITE)
    assert world.layer.is_merged(parse_request(make_request(branch="z9hG4bK-way2")))
    assert not world.layer.is_merged(parse_request(make_request(branch="z9hG4bK-2", cseq=2)))
    assert not world.layer.is_merged(parse_request(make_request(branch="z9hG4bK-2", to_tag="x")))
    assert not world.layer.is_merged(parse_request(make_request("OPTIONS", branch="z9hG4bK-2")))


def test_requests_within_dialogs_are_never_merged() -> None:
    world = LayerInTime()
    accept(world, make_request("BYE", to_tag="bob"))
    assert not world.layer.is_merged(parse_request(make_request("BYE", branch="z9hG4bK-way2")))


def test_the_first_way_is_forgotten_with_its_transaction() -> None:
    world = LayerInTime()
    transaction = accept(world, INVITE)
    other = accept(world, make_request(branch="z9hG4bK-way2"))
    refuse(world, transaction, INVITE)
    refuse(world, other, make_request(branch="z9hG4bK-way2"))
    world.advance(10.0)
    assert world.layer.is_merged(parse_request(make_request(branch="z9hG4bK-way3")))
    world.advance(100.0)
    assert not world.layer.is_merged(parse_request(make_request(branch="z9hG4bK-way3")))


# CANCEL


def test_a_cancel_finds_its_invite() -> None:
    world = LayerInTime()
    invite = accept(world, INVITE)
    cancel = parse_request(make_request("CANCEL"))
    assert world.layer.receive(cancel, UDP, world.now) == [DeliverCancel(cancel, invite, UDP)]


@pytest.mark.parametrize(
    "cancel",
    [
        make_request("CANCEL", branch="z9hG4bK-wrong"),
        make_request("CANCEL", sent_by="192.0.2.1:5062"),
        make_request("CANCEL", call_id="wrong"),
        make_request("CANCEL", from_tag="wrong"),
        make_request("CANCEL", cseq=2),
    ],
    ids=["branch", "sent-by", "Call-ID", "From tag", "CSeq"],
)
def test_a_forged_cancel_finds_nothing(cancel: bytes) -> None:
    world = LayerInTime()
    accept(world, INVITE)
    request = parse_request(cancel)
    assert world.layer.receive(request, UDP, world.now) == [DeliverCancel(request, None, UDP)]


@pytest.mark.parametrize("remote", [("192.0.2.66", 5060), ("192.0.2.1", 5066)])
def test_a_cancel_from_another_source_finds_nothing(remote: tuple[str, int]) -> None:
    world = LayerInTime()
    accept(world, INVITE)
    cancel, flow = parse_request(make_request("CANCEL")), UDP._replace(remote=remote)
    assert world.layer.receive(cancel, flow, world.now) == [DeliverCancel(cancel, None, flow)]


def test_over_tcp_a_cancel_may_come_over_a_new_connection_of_the_same_host() -> None:
    world = LayerInTime()
    invite = accept(world, INVITE, TCP)
    cancel = parse_request(make_request("CANCEL"))
    flow = TCP._replace(remote=("192.0.2.1", 40001), connection=8)
    assert world.layer.receive(cancel, flow, world.now) == [DeliverCancel(cancel, invite, flow)]


def test_a_repeated_cancel_hears_its_answer_again() -> None:
    world = LayerInTime()
    accept(world, INVITE)
    data = make_request("CANCEL")
    cancel = world.layer.accept(parse_request(data), UDP, world.now)
    cancel.respond(respond(parse_request(data), 200, to_tag="bob"), world.now)
    [again] = hear(world, data)
    assert isinstance(again, Send)
    assert again.transaction is cancel


# Responses


def test_a_response_finds_its_transaction_by_branch_and_method() -> None:
    world = LayerInTime()
    data = make_request("OPTIONS", branch="z9hG4bK-ours")
    transaction, _ = world.layer.request(parse_request(data), UDP, world.now)
    response = answer(data, 200)
    wrong_method = answer(data.replace(b"1 OPTIONS", b"1 INVITE"), 200)
    wrong_branch = answer(data.replace(b"-ours", b"-others"), 200)
    assert world.layer.receive(wrong_method, UDP, world.now) == []
    assert world.layer.receive(wrong_branch, UDP, world.now) == []
    assert world.layer.receive(response, UDP, world.now) == [DeliverResponse(transaction, response)]


def test_a_message_without_what_identifies_it_is_a_parse_error() -> None:
    world = LayerInTime()
    with pytest.raises(ParseError):
        world.layer.receive(Request("OPTIONS", "sip:x", Headers()), UDP, 0.0)


# Connections


def test_when_a_connection_closes_what_waits_for_it_fails_at_once() -> None:
    world = LayerInTime()
    other = TCP._replace(connection=8)
    requests = [parse_request(make_request("BYE", branch=f"z9hG4bK-{n}")) for n in range(3)]
    first, _ = world.layer.request(requests[0], TCP, world.now)
    second, _ = world.layer.request(requests[1], TCP, world.now)
    elsewhere, _ = world.layer.request(requests[2], other, world.now)
    failed = world.layer.flow_closed(TCP)
    assert sorted(id(each.transaction) for each in failed if isinstance(each, Failed)) == sorted(
        map(id, (first, second))
    )
    assert world.layer.flow_closed(TCP) == []
    assert elsewhere.is_pending
    assert len(world.layer) == 1


def test_an_answered_request_does_not_fail_with_its_connection() -> None:
    world = LayerInTime()
    data = make_request(branch="z9hG4bK-ours")
    world.layer.request(parse_request(data), TCP, world.now)
    world.layer.receive(answer(data, 200), TCP, world.now)
    assert world.layer.flow_closed(TCP) == []
    assert len(world.layer) == 0
