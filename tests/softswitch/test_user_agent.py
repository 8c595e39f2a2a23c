"""The user agent, with a transport that remembers and a clock moved by hand."""

import asyncio
import logging
from collections.abc import Callable
from typing import cast
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch import user_agent
from softswitch.intake import COMPLAINT_SECONDS
from softswitch.sip.client_transaction import ClientTransaction
from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Address, Flow
from softswitch.sip.message import Request, Response, respond
from softswitch.sip.server_transaction import ServerTransaction
from softswitch.user_agent import TRYING_AFTER, UserAgent
from tests.support.sip_peers import (
    TCP,
    UDP,
    Network,
    answer,
    make_request,
    parse_request,
    parse_response,
)
from tests.support.virtual_time import run

INVITE = make_request()
OPTIONS = make_request("OPTIONS")
STUN = bytes.fromhex("0001 0000 2112a442") + b"transaction!"


class Addressing:
    """We are at 192.0.2.10."""

    def sip_address(self, flow: Flow) -> Address:
        return ("2001:db8::10" if ":" in flow.remote[0] else "192.0.2.10", 5060)


class Wake:
    """A loop's call_at, with the time in our hands."""

    def __init__(self) -> None:
        self.now = 0.0
        self.calls: list[tuple[float, Callable[[], None]]] = []
        self.armed = 0

    def call_at(self, when: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        self.armed += 1
        call = (when, callback)
        self.calls.append(call)

        class Handle:
            def cancel(handle) -> None:  # its own: `self` is the wake-up
                self.calls.remove(call)

        return cast(asyncio.TimerHandle, Handle())

    def advance(self, until: float) -> None:
        while self.calls and min(when for when, _ in self.calls) <= until:
            call = min(self.calls, key=lambda each: each[0])
            self.calls.remove(call)
            self.now = max(self.now, call[0])
            call[1]()
        self.now = until


class Core:
    """Notes what it is told; does what a test says."""

    def __init__(self, agent: UserAgent) -> None:
        self.requests: list[Request] = []
        self.acks: list[Request] = []
        self.cancels: list[tuple[Request, ServerTransaction | None]] = []
        self.closed: list[Flow] = []
        self.accepted: list[ServerTransaction] = []
        self.agent = agent
        agent.on_request = lambda request, flow: self.requests.append(request)
        agent.on_ack = lambda request, flow: self.acks.append(request)
        agent.on_cancel = lambda request, transaction, flow: self.cancels.append(
            (request, transaction)
        )
        agent.on_flow_closed = self.closed.append

    def accept_all(self) -> None:
        def accept(request: Request, flow: Flow) -> None:
            self.requests.append(request)
            self.accepted.append(self.agent.accept(request, flow))

        self.agent.on_request = accept


class Record:
    """A trace."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, bytes, bool, float]] = []

    def record(
        self, sip_call_id: str, data: bytes, sent: bool, flow: Flow, now_wall: float
    ) -> None:
        self.entries.append((sip_call_id, data.partition(b" ")[0], sent, now_wall))


class Scene:
    """An agent with everything around it."""

    def __init__(self, *, traced: bool = False, trying_after: float = 0.0) -> None:
        self.network, self.wake, self.trace = Network(), Wake(), Record()
        numbers = iter(range(1_000_000))
        self.agent = UserAgent(
            transports=self.network,
            addressing=Addressing(),
            clock=lambda: self.wake.now,
            token=lambda: f"token{next(numbers)}",
            trace=self.trace if traced else None,
            wall=lambda: 1e9 + self.wake.now,
            call_at=self.wake.call_at,
            trying_after=trying_after,
        )
        self.core = Core(self.agent)

    def answers(self) -> list[Response]:
        return [parse_response(data) for data in self.network.take()]

    def statuses(self) -> list[int]:
        return [response.status for response in self.answers()]


class Ear:
    """Listens to a client transaction."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.failures: list[str] = []

    def response(self, response: Response) -> None:
        self.statuses.append(response.status)


def ask(
    scene: Scene, method: str = "OPTIONS", flow: Flow = UDP
) -> tuple[ClientTransaction, Ear, bytes]:
    ear = Ear()
    request = parse_request(make_request(method))
    request.headers.remove("Via")
    fresh = Request(request.method, request.uri, request.headers)
    transaction = scene.agent.request(fresh, flow, ear.response, ear.failures.append)
    return transaction, ear, (scene.network.take() or [b""])[0]


# Requests that come in


def test_a_new_request_reaches_the_core() -> None:
    scene = Scene()
    scene.agent.receive(OPTIONS, UDP)
    [request] = scene.core.requests
    assert request.method == "OPTIONS"
    assert scene.network.take() == []


def test_the_answers_to_a_burst_leave_together() -> None:
    scene = Scene()
    sent: list[int] = []

    def refuse(request: Request, flow: Flow) -> None:
        scene.agent.refuse(request, flow, 404)
        sent.append(len(scene.network.sent))

    scene.agent.on_request = refuse
    scene.agent.receive_burst([(OPTIONS, UDP), (INVITE, UDP)])
    assert sent == [0, 0]
    assert scene.statuses() == [404, 404]


def test_an_invite_is_answered_100_when_it_is_accepted() -> None:
    scene = Scene()
    scene.core.accept_all()
    scene.agent.receive(INVITE, UDP)
    [trying] = scene.answers()
    assert (trying.status, trying.to_tag) == (100, "")
    scene.agent.receive(INVITE, UDP)
    assert scene.statuses() == [100]
    assert len(scene.core.requests) == 1


def test_100_may_wait_for_something_better_but_not_for_long() -> None:
    scene = Scene(trying_after=TRYING_AFTER)
    scene.core.accept_all()
    scene.agent.receive(INVITE, UDP)
    assert scene.statuses() == []
    scene.wake.advance(0.1)
    assert scene.statuses() == []
    scene.wake.advance(0.199)
    assert scene.statuses() == [100]
    scene.agent.receive(INVITE, UDP)
    assert scene.statuses() == [100]
    scene.wake.advance(60.0)
    assert scene.statuses() == []


def test_whoever_measures_the_round_trip_hears_100_at_once() -> None:
    scene = Scene(trying_after=TRYING_AFTER)
    scene.core.accept_all()
    scene.agent.receive(make_request(headers=[("Timestamp", "54")]), UDP)
    [trying] = scene.answers()
    assert (trying.status, trying.headers.get("Timestamp")) == (100, "54")


def test_other_requests_are_not_answered_100() -> None:
    scene = Scene()
    scene.core.accept_all()
    scene.agent.receive(OPTIONS, UDP)
    assert scene.statuses() == []


@pytest.mark.parametrize(
    ("sent_by", "via"),
    [
        ("10.0.0.5:5062", "SIP/2.0/UDP 10.0.0.5:5062;branch=b;received=192.0.2.1;rport=5060"),
        ("10.0.0.5;rport", "SIP/2.0/UDP 10.0.0.5;rport=5060;branch=b;received=192.0.2.1"),
        ("h;received=1.2.3.4", "SIP/2.0/UDP h;received=192.0.2.1;branch=b;rport=5060"),
        (
            "h;branch=b, SIP/2.0/UDP second",
            "SIP/2.0/UDP h;branch=b;received=192.0.2.1;rport=5060, SIP/2.0/UDP second;branch=b",
        ),
    ],
)
def test_the_topmost_via_says_where_a_request_came_from(sent_by: str, via: str) -> None:
    scene = Scene()
    scene.agent.receive(make_request("OPTIONS", sent_by=sent_by, branch="b"), UDP)
    scene.agent.refuse(scene.core.requests[0], UDP, 404)
    [response] = scene.answers()
    assert response.headers.get("Via") == via


@pytest.mark.parametrize(
    ("branch", "via"),
    [
        ("b;rport", "SIP/2.0/UDP h;branch=b;rport=5060;received=192.0.2.1"),
        ("b;received=h;rport", "SIP/2.0/UDP h;branch=b;received=192.0.2.1;rport=5060"),
        (
            "b, SIP/2.0/UDP i;rport",
            "SIP/2.0/UDP h;branch=b;received=192.0.2.1;rport=5060, SIP/2.0/UDP i;rport",
        ),
    ],
)
def test_a_via_that_ends_in_rport_says_the_same(branch: str, via: str) -> None:
    scene = Scene()
    scene.agent.receive(make_request("OPTIONS", sent_by="h", branch=branch), UDP)
    [request] = scene.core.requests
    assert request.headers.get("Via") == via
    assert (request.via.received, request.via.rport) == ("192.0.2.1", 5060)


def test_a_zone_does_not_get_into_the_via() -> None:
    scene = Scene()
    scene.agent.receive(OPTIONS, UDP._replace(remote=("fe80::1%2", 5060)))
    assert scene.core.requests[0].via.received == "fe80::1"


def test_a_refusal_keeps_no_state_and_has_the_same_tag_each_time() -> None:
    scene = Scene()
    for _ in range(2):
        scene.agent.receive(INVITE, UDP)
        request = scene.core.requests[-1]
        scene.agent.refuse(request, UDP, 401, headers=[("WWW-Authenticate", "Digest")])
    first, second = scene.answers()
    assert (first.status, first.reason) == (401, "Unauthorized")
    assert first.headers.get("WWW-Authenticate") == "Digest"
    assert first.to_tag == second.to_tag != ""
    scene.wake.advance(100.0)
    assert scene.network.take() == []


def test_the_ack_of_a_refusal_without_state_ends_in_the_trace() -> None:
    scene = Scene(traced=True)
    scene.agent.receive(INVITE, UDP)
    scene.agent.refuse(scene.core.requests[-1], UDP, 401)
    [refusal] = scene.answers()
    ack = make_request("ACK", to_tag=refusal.to_tag)
    scene.agent.receive(ack, UDP)
    scene.agent.receive(ack.replace(refusal.to_tag.encode(), b"other"), UDP)
    assert [request.to_tag for request in scene.core.acks] == ["other"]
    assert [(method, sent) for _, method, sent, _ in scene.trace.entries] == [
        (b"INVITE", False),
        (b"SIP/2.0", True),
        (b"ACK", False),
        (b"ACK", False),
    ]
    assert len({call_id for call_id, *_ in scene.trace.entries}) == 1


def test_an_ack_is_never_answered() -> None:
    scene = Scene()
    scene.agent.refuse(parse_request(make_request("ACK")), UDP, 481)
    scene.agent.receive(make_request("ACK", to_tag="x").replace(b"CSeq: 1 ACK", b"CSeq: x"), UDP)
    scene.agent.receive(make_request("ACK", to_tag="x").replace(b"1 ACK", b"1 BYE"), UDP)
    assert scene.network.take() == []
    assert scene.core.acks == []


def test_the_ack_of_a_2xx_reaches_the_core_each_time() -> None:
    scene = Scene()
    for _ in range(2):
        scene.agent.receive(make_request("ACK", to_tag="ours", branch="z9hG4bK-ack"), UDP)
    assert [ack.to_tag for ack in scene.core.acks] == ["ours", "ours"]


def test_a_cancel_reaches_the_core_with_the_invite_that_it_means() -> None:
    scene = Scene()
    scene.core.accept_all()
    scene.agent.receive(INVITE, UDP)
    scene.agent.receive(make_request("CANCEL"), UDP)
    scene.agent.receive(make_request("CANCEL", branch="z9hG4bK-wrong"), UDP)
    assert [transaction for _, transaction in scene.core.cancels] == [
        scene.core.accepted[0],
        None,
    ]


def test_an_invalid_cancel_is_refused() -> None:
    scene = Scene()
    scene.agent.receive(make_request("CANCEL").replace(b"1 CANCEL", b"1 INVITE"), UDP)
    assert scene.statuses() == [400]
    assert scene.core.cancels == []


def test_a_2xx_can_be_repeated_by_answering_again() -> None:
    scene = Scene()
    scene.core.accept_all()
    scene.agent.receive(INVITE, UDP)
    ok = respond(scene.core.requests[0], 200, to_tag="ours")
    scene.agent.respond(scene.core.accepted[0], ok)
    scene.agent.respond(scene.core.accepted[0], ok)
    assert scene.statuses() == [100, 200, 200]


def test_a_request_that_came_by_two_ways_is_noticed() -> None:
    scene = Scene()
    scene.core.accept_all()
    scene.agent.receive(INVITE, UDP)
    assert scene.agent.is_merged(parse_request(make_request(branch="z9hG4bK-other")))


def test_whoever_logs_in_is_made_known_to_the_transport() -> None:
    scene = Scene()
    scene.agent.trust(TCP)
    assert scene.network.trusted == [TCP]


# What is not SIP, or not good SIP


@pytest.mark.parametrize("data", [b"", b"\r\n\r\n", b"\r\n"])
def test_keepalives_are_ignored(data: bytes) -> None:
    scene = Scene()
    scene.agent.receive(data, UDP)
    assert scene.network.take() == []
    assert scene.agent.counts["keep-alive"] == 1


def test_line_ends_before_a_request_are_skipped() -> None:
    scene = Scene()
    scene.agent.receive(b"\r\n\r\n" + OPTIONS, UDP)
    assert len(scene.core.requests) == 1


def test_stun_is_answered_over_udp_only() -> None:
    scene = Scene()
    scene.agent.receive(STUN, UDP)
    [response] = scene.network.take()
    assert response[:2] == b"\x01\x01"
    scene.agent.receive(STUN, TCP)
    assert scene.network.take() == []
    assert (scene.agent.counts["STUN"], scene.agent.counts["not SIP"]) == (1, 1)


@pytest.mark.parametrize("data", [b"\x80\x00" + bytes(158), b"\x16\xfe\xff\x00", b"\0\0\0\0"])
def test_rtp_dtls_and_zeros_are_dropped_and_counted(data: bytes) -> None:
    scene = Scene()
    scene.agent.receive(data, UDP)
    assert scene.network.take() == []
    assert scene.agent.counts["not SIP"] == 1


def test_a_broken_request_is_answered_400_with_where_it_came_from() -> None:
    scene = Scene()
    scene.agent.receive(OPTIONS.replace(b"Content-Length: 0", b"Content-Length: 99"), UDP)
    [response] = scene.answers()
    assert (response.status, response.via.received) == (400, "192.0.2.1")
    assert response.to_tag


def test_a_request_whose_via_is_broken_is_answered_400_too() -> None:
    scene = Scene()
    scene.agent.receive(OPTIONS.replace(b";branch", b";;,;branch"), UDP)
    [data] = scene.network.take()
    assert data.startswith(b"SIP/2.0 400 ")
    assert b";;,;branch" in data


def test_a_stream_that_cannot_be_cut_is_answered_with_its_problem() -> None:
    scene = Scene()
    scene.agent.receive(OPTIONS, TCP, ParseError("too long", 513))
    [response] = scene.answers()
    assert (response.status, response.reason) == (513, "too long")
    assert scene.core.requests == []


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense",
        b"SIP/2.0 200 OK\r\n\r\n",
        b"SIP/2.0 4294967301 better than 200\r\n\r\n",
        answer(make_request(), 200).serialize(),
    ],
)
def test_nonsense_and_stray_responses_are_dropped(data: bytes) -> None:
    scene = Scene()
    scene.agent.receive(data, UDP)
    assert scene.network.take() == []


def test_a_flood_of_malformed_messages_makes_few_log_lines(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    scene = Scene()
    for _ in range(100):
        scene.agent.receive(b"nonsense", UDP)
    assert len(caplog.records) == 1
    scene.wake.now += COMPLAINT_SECONDS
    scene.agent.receive(b"nonsense", UDP)
    assert len(caplog.records) == 2
    assert "101 so far" in caplog.messages[1]
    assert scene.agent.counts["malformed"] == 101


@pytest.mark.parametrize(
    "change",
    [
        (b"From: ", b"From: <sip:"),
        (b"To: ", b'To: "'),
        (b"CSeq: 1 ", b"CSeq: 99999999999 "),
        (b"\r\nFrom", b"\r\nRecord-Route: <sip:\r\nFrom"),
        (b"\r\nFrom", b"\r\nContact: <sip:\r\nFrom"),
        (b"\r\nFrom", b"\r\nVia: SIP/2.0/UDP 255.255.255.255\r\nFrom"),
    ],
)
def test_a_malformed_response_never_reaches_the_core(change: tuple[bytes, bytes]) -> None:
    scene = Scene()
    _, ear, data = ask(scene)
    scene.agent.receive(answer(data, 200).serialize().replace(*change), UDP)
    assert ear.statuses == []
    scene.agent.receive(answer(data, 200).serialize(), UDP)
    assert ear.statuses == [200]


SIGNS = [
    b",",
    b";",
    b"<",
    b">",
    b'"',
    b"=",
    b":",
    b" ",
    b"\r\n",
    b"\r\n ",
    b"\0",
    b"\xff",
    b"[::1]",
]
WORDS = [b"99999999999", b";tag=", b"z9hG4bK", b"SIP/2.0 ", b"Via: x\r\n", b"%00"]


@settings(max_examples=100, derandomize=True)
@given(
    st.sampled_from([INVITE, OPTIONS, make_request("ACK"), make_request("CANCEL")]),
    st.lists(
        st.tuples(st.integers(0, 400), st.integers(0, 12), st.sampled_from(SIGNS + WORDS)),
        min_size=1,
        max_size=5,
    ),
)
def test_whatever_is_bent_in_a_request_is_no_bug_of_ours(
    data: bytes, changes: list[tuple[int, int, bytes]]
) -> None:
    scene = Scene()
    scene.core.accept_all()
    for start, length, fragment in changes:
        data = data[:start] + fragment + data[start + length :]
    with mock.patch.object(user_agent.log, "exception") as complaint:
        scene.agent.receive(data, UDP)
    complaint.assert_not_called()
    assert len(scene.network.take()) <= 1


# Bugs of ours


def boom(*args: object) -> None:
    raise RuntimeError("a bug")


def test_a_bug_costs_a_500_and_one_traceback_with_the_call_id(
    caplog: pytest.LogCaptureFixture,
) -> None:
    scene = Scene()
    scene.agent.on_request = boom
    scene.agent.receive(OPTIONS, UDP)
    assert scene.statuses() == [500]
    [record] = caplog.records
    assert record.exc_info
    assert "call-1" in record.getMessage()


def test_a_bug_after_accepting_is_answered_by_the_transaction(
    caplog: pytest.LogCaptureFixture,
) -> None:
    scene = Scene()

    def accept_and_fail(request: Request, flow: Flow) -> None:
        scene.agent.accept(request, flow)
        boom()

    scene.agent.on_request = accept_and_fail
    scene.agent.receive(INVITE, UDP)
    assert scene.statuses() == [100, 500]
    scene.agent.receive(INVITE, UDP)
    assert scene.statuses() == [500]


def test_a_bug_after_the_answer_changes_nothing() -> None:
    scene = Scene()

    def answer_and_fail(request: Request, flow: Flow) -> None:
        transaction = scene.agent.accept(request, flow)
        scene.agent.respond(transaction, respond(request, 404, to_tag="x"))
        boom()

    scene.agent.on_request = answer_and_fail
    scene.agent.receive(OPTIONS, UDP)
    assert scene.statuses() == [404]


def test_a_bug_in_the_answer_to_a_bug_is_survived(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene()
    scene.agent.on_request = boom
    scene.network.send = boom  # type: ignore[assignment]
    scene.agent.receive(OPTIONS, UDP)
    assert len(caplog.records) == 2


def test_a_bug_in_the_answer_to_a_malformed_message_is_survived(
    caplog: pytest.LogCaptureFixture,
) -> None:
    scene = Scene()
    scene.network.send = boom  # type: ignore[assignment]
    scene.agent.receive(OPTIONS.replace(b"Content-Length: 0", b"Content-Length: x"), UDP)
    assert len(caplog.records) == 1


def test_a_bug_in_a_listener_is_survived(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene()
    transaction, _, data = ask(scene)
    transaction.on_response = boom
    scene.agent.receive(answer(data, 200).serialize(), UDP)
    [record] = caplog.records
    assert "call-1" in record.getMessage()
    transaction, _, data = ask(scene)
    transaction.on_failure = boom
    scene.wake.advance(33.0)
    assert len(caplog.records) == 2


def test_a_bug_in_a_timer_costs_no_other_timer(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene()
    fired: list[str] = []
    scene.agent.later(1.0, boom)
    scene.agent.later(1.0, fired.append, "other")
    scene.wake.advance(1.0)
    assert fired == ["other"]
    assert len(caplog.records) == 1


def test_a_bug_at_the_end_of_a_connection_is_survived(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene()
    scene.agent.on_flow_closed = boom
    scene.agent.flow_closed(TCP)
    assert len(caplog.records) == 1


# Requests that go out


def test_a_request_gets_a_via_with_a_fresh_branch_and_max_forwards() -> None:
    scene = Scene()
    request = parse_request(OPTIONS)
    request.headers.remove("Via")
    request.headers.remove("Max-Forwards")
    request = Request("OPTIONS", "sip:x", request.headers)
    ear = Ear()
    scene.agent.request(request, UDP, ear.response, ear.failures.append)
    [data] = scene.network.take()
    sent = parse_request(data)
    assert sent.headers.get("Via") == "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKtoken0;rport"
    assert sent.max_forwards == 70


def test_a_request_keeps_its_max_forwards_and_names_an_ipv6_host_in_brackets() -> None:
    scene = Scene()
    request = parse_request(make_request("OPTIONS", headers=[("Max-Forwards", "5")]))
    flow = TCP._replace(remote=("2001:db8::1", 5060))
    scene.agent.request(request, flow, lambda response: None, lambda why: None)
    [data] = scene.network.take()
    sent = parse_request(data)
    assert sent.headers.all("Max-Forwards") == ["5"]
    assert str(sent.via).startswith("SIP/2.0/TCP [2001:db8::10]:5060;branch=z9hG4bKtoken0")


def test_responses_reach_their_listener_and_it_is_forgotten_with_the_last() -> None:
    scene = Scene()
    transaction, ear, data = ask(scene)
    for status in (100, 200, 200):
        scene.agent.receive(answer(data, status).serialize(), UDP)
    assert ear.statuses == [100, 200]
    assert transaction.on_response is None
    assert transaction.on_failure is None


def test_every_copy_of_a_2xx_of_an_invite_reaches_its_listener() -> None:
    scene = Scene()
    transaction, ear, data = ask(scene, "INVITE")
    for status in (180, 200, 200):
        scene.agent.receive(answer(data, status).serialize(), UDP)
    assert ear.statuses == [180, 200, 200]
    assert transaction.on_failure is None


def test_whoever_is_not_interested_any_more_may_stop_listening() -> None:
    scene = Scene()
    transaction, ear, data = ask(scene, "INVITE")
    scene.agent.receive(answer(data, 200).serialize(), UDP)
    transaction.on_response = None
    scene.agent.receive(answer(data, 200).serialize(), UDP)
    assert ear.statuses == [200]


def test_a_refused_invite_is_acknowledged_by_itself() -> None:
    scene = Scene()
    transaction, ear, data = ask(scene, "INVITE")
    scene.agent.receive(answer(data, 486).serialize(), UDP)
    assert [sent.partition(b" ")[0] for sent in scene.network.take()] == [b"ACK"]
    assert ear.statuses == [486]
    assert transaction.on_response is None


def test_no_answer_is_a_failure() -> None:
    scene = Scene()
    transaction, ear, _ = ask(scene)
    scene.wake.advance(33.0)
    assert ear.failures == ["timeout"]
    assert transaction.on_response is None


def test_a_request_that_cannot_be_sent_fails_but_not_before_its_sender_knows_it() -> None:
    scene = Scene()
    scene.network.closed.add(TCP)
    transaction, ear, _ = ask(scene, flow=TCP)
    assert ear.failures == []
    scene.wake.advance(0.1)
    assert ear.failures == ["transport"]
    assert not transaction.is_pending


def test_when_a_connection_closes_its_requests_fail_first() -> None:
    scene = Scene()
    _, ear, _ = ask(scene, flow=TCP)
    scene.agent.flow_closed(TCP)
    assert ear.failures == ["transport"]
    assert scene.core.closed == [TCP]


def test_a_cancelled_invite_is_cancelled_after_its_first_answer() -> None:
    scene = Scene()
    transaction, _, data = ask(scene, "INVITE")
    scene.agent.cancel(transaction, [("Reason", "SIP;cause=200")])
    assert scene.network.take() == []
    scene.agent.receive(answer(data, 180).serialize(), UDP)
    [cancel] = scene.network.take()
    assert parse_request(cancel).headers.get("Reason") == "SIP;cause=200"


def test_a_cancel_that_is_never_answered_bothers_nobody() -> None:
    scene = Scene()
    transaction, ear, data = ask(scene, "INVITE")
    scene.agent.receive(answer(data, 180).serialize(), UDP)
    scene.agent.cancel(transaction)
    scene.agent.receive(answer(data, 487).serialize(), UDP)
    scene.wake.advance(100.0)
    assert ear.statuses == [180, 487]
    assert ear.failures == []


def test_the_same_ack_can_be_sent_again() -> None:
    scene = Scene()
    ack = parse_request(make_request("ACK"))
    ack.headers.remove("Via")
    scene.agent.send_ack(ack, UDP)
    scene.agent.send_ack(ack, UDP)
    first, second = scene.network.take()
    assert first == second
    assert parse_request(first).headers.get("Via") == (
        "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKtoken0;rport"
    )


# Answers whose connection is gone


def refused_over_tcp(scene: Scene) -> ServerTransaction:
    scene.core.accept_all()
    scene.agent.receive(make_request(sent_by="192.0.2.1:5070"), TCP)
    scene.network.take()
    scene.network.closed.add(TCP)
    [transaction] = scene.core.accepted
    scene.agent.respond(transaction, respond(scene.core.requests[0], 486, to_tag="x"))
    return transaction


def test_an_answer_whose_connection_is_gone_goes_to_where_the_peer_listens() -> None:
    scene = Scene()
    transaction = refused_over_tcp(scene)
    [opened] = scene.network.opened
    assert opened.remote == ("192.0.2.1", 5070)
    assert transaction.flow == opened
    assert scene.statuses() == [486]


def test_an_answer_that_cannot_be_sent_at_all_is_given_up(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    scene = Scene()
    scene.network.can_open = False
    refused_over_tcp(scene)
    scene.wake.advance(0.1)
    assert scene.network.sent == []
    assert "could not be sent" in caplog.text


def test_an_answer_over_udp_has_only_one_way(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    scene = Scene()
    scene.network.closed.add(UDP)
    scene.core.accept_all()
    scene.agent.receive(INVITE, UDP)
    scene.wake.advance(0.1)
    assert scene.network.opened == []
    assert "could not be sent" in caplog.text


def test_a_refusal_that_is_never_acknowledged_is_noted(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    scene = Scene()
    scene.core.accept_all()
    scene.agent.receive(INVITE, UDP)
    scene.agent.respond(scene.core.accepted[0], respond(scene.core.requests[0], 486, to_tag="x"))
    scene.wake.advance(40.0)
    assert "no ACK" in caplog.text


# Trace and log


def test_every_message_is_offered_to_the_trace_with_its_call_id() -> None:
    scene = Scene(traced=True)
    scene.core.accept_all()
    scene.wake.now = 5.0
    scene.agent.receive(INVITE, UDP)
    scene.agent.refuse(scene.core.requests[0], UDP, 404)
    ask(scene)
    assert scene.trace.entries == [
        ("call-1", b"INVITE", False, 1e9 + 5.0),
        ("call-1", b"SIP/2.0", True, 1e9 + 5.0),
        ("call-1", b"SIP/2.0", True, 1e9 + 5.0),
        ("call-1", b"OPTIONS", True, 1e9 + 5.0),
    ]


def test_debugging_shows_first_lines_only_because_bodies_and_credentials_are_private(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    scene = Scene()
    scene.core.accept_all()
    scene.agent.receive(make_request(headers=[("Authorization", "Digest secret")]), UDP)
    assert [message[:1] for message in caplog.messages] == ["<", ">"]
    assert "secret" not in caplog.text


# Timers


def test_timers_share_one_wakeup_which_is_armed_only_while_there_are_any() -> None:
    scene = Scene()
    fired: list[str] = []
    assert scene.wake.calls == []
    scene.agent.later(5.0, fired.append, "second")
    scene.agent.later(1.0, fired.append, "first")
    assert [when for when, _ in scene.wake.calls] == [1.0]
    scene.wake.advance(1.0)
    assert [when for when, _ in scene.wake.calls] == [5.0]
    scene.wake.advance(10.0)
    assert fired == ["first", "second"]
    assert scene.wake.calls == []


def test_a_timer_set_by_a_timer_does_not_arm_twice() -> None:
    scene = Scene()
    scene.agent.later(1.0, scene.agent.later, 1.0, print)
    scene.wake.advance(1.0)
    assert [when for when, _ in scene.wake.calls] == [2.0]
    assert scene.wake.armed == 2


def test_a_cancelled_timer_does_not_fire() -> None:
    scene = Scene()
    fired: list[str] = []
    scene.agent.later(1.0, fired.append, "x").cancel()
    scene.wake.advance(2.0)
    assert fired == []


def test_timers_run_on_the_running_loop_unless_told_otherwise() -> None:
    async def main() -> list[float]:
        loop = asyncio.get_running_loop()
        agent = UserAgent(
            transports=Network(), addressing=Addressing(), clock=loop.time, token=lambda: "x"
        )
        fired: list[float] = []
        agent.later(0.5, lambda: fired.append(loop.time()))
        await asyncio.sleep(1.0)
        return fired

    [when] = run(main())
    assert 0.5 <= when < 0.52
