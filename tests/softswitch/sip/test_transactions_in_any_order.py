"""Random legal and illegal sequences against the transaction layer, on a clock moved by hand.

What must hold whatever happens: every request of ours comes to exactly one end, no request is
answered with two different finals, and no timer fires for a transaction that is gone.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from softswitch.sip.actions import Action, Deliver, DeliverResponse, Failed, Send
from softswitch.sip.client_transaction import ClientTransaction
from softswitch.sip.client_transaction import State as ClientState
from softswitch.sip.flow import Flow
from softswitch.sip.message import Request, respond
from softswitch.sip.server_transaction import ServerTransaction
from softswitch.sip.server_transaction import State as ServerState
from softswitch.sip.timers import T1
from tests.support.sip_peers import TCP, UDP, LayerInTime, answer, make_request, parse_request

FLOWS = st.sampled_from([UDP, TCP])
METHODS = st.sampled_from(["INVITE", "BYE", "OPTIONS"])
STATUSES = st.sampled_from([100, 180, 200, 202, 302, 404, 486, 600])
BRANCHES = st.sampled_from(["z9hG4bK-1", "z9hG4bK-2", "old", ""])
WHICH = st.integers(0, 1000)

LAST_TIMER = 64 * T1
"""Seconds after which nothing may be left of what is answered."""


class WatchedLayer(LayerInTime):
    """Notes every action, and sees that timers fire for the living only."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[ServerTransaction, set[bytes]] = {}
        self.outcomes: dict[ClientTransaction, list[int | str]] = {}
        fire = self.layer.fire

        def watched(transaction: ClientTransaction | ServerTransaction, timer: str) -> None:
            assert transaction.state not in (ClientState.TERMINATED, ServerState.TERMINATED), timer
            fire(transaction, timer)

        self.layer.fire = watched  # type: ignore[method-assign]

    def _perform(self, actions: list[Action]) -> None:
        self.note(actions)

    def note(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Send) and isinstance(action.transaction, ServerTransaction):
                status_line = action.data.partition(b"\r\n")[0]
                if not status_line.startswith(b"SIP/2.0 1"):
                    self.answers.setdefault(action.transaction, set()).add(status_line)
            elif isinstance(action, DeliverResponse):
                self.outcomes.setdefault(action.transaction, []).append(action.response.status)
            elif isinstance(action, Failed) and isinstance(action.transaction, ClientTransaction):
                self.outcomes.setdefault(action.transaction, []).append(action.why)


class AnyOrder(RuleBasedStateMachine):
    """Two sides that obey nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.world = WatchedLayer()
        self.served: list[tuple[ServerTransaction, Request]] = []
        self.asked: list[tuple[ClientTransaction, bytes]] = []

    @rule(method=METHODS, branch=BRANCHES, flow=FLOWS, kept=st.booleans())
    def they_ask(self, method: str, branch: str, flow: Flow, kept: bool) -> None:
        request = parse_request(make_request(method, branch=branch))
        for action in self.world.layer.receive(request, flow, self.world.now):
            self.world.note([action])
            if kept and isinstance(action, Deliver):
                transaction = self.world.layer.accept(request, flow, self.world.now)
                self.served.append((transaction, request))

    @rule(method=st.sampled_from(["ACK", "CANCEL"]), branch=BRANCHES, flow=FLOWS)
    def they_acknowledge_or_cancel(self, method: str, branch: str, flow: Flow) -> None:
        request = parse_request(make_request(method, branch=branch, to_tag="bob"))
        self.world.note(self.world.layer.receive(request, flow, self.world.now))

    @rule(which=WHICH, status=STATUSES)
    def we_answer(self, which: int, status: int) -> None:
        if self.served:
            transaction, request = self.served[which % len(self.served)]
            if transaction.method == "INVITE" and transaction.is_answered and status < 300:
                # Repeating a 2xx is the core's task, and it repeats the one that it gave.
                status = 200 if b"SIP/2.0 200 OK" in self.world.answers[transaction] else 202
            response = respond(request, status, to_tag="bob")
            self.world.note(transaction.respond(response, self.world.now))

    @rule(method=METHODS, flow=FLOWS)
    def we_ask(self, method: str, flow: Flow) -> None:
        data = make_request(method, branch=f"z9hG4bK-ours-{len(self.asked)}")
        transaction, actions = self.world.layer.request(parse_request(data), flow, self.world.now)
        self.asked.append((transaction, data))
        self.world.outcomes[transaction] = []
        self.world.note(actions)

    @rule(which=WHICH, status=STATUSES)
    def they_answer(self, which: int, status: int) -> None:
        if self.asked:
            data = self.asked[which % len(self.asked)][1]
            self.world.note(self.world.layer.receive(answer(data, status), UDP, self.world.now))

    @rule(which=WHICH)
    def we_cancel(self, which: int) -> None:
        if self.asked:
            transaction = self.asked[which % len(self.asked)][0]
            self.world.note(self.world.layer.cancel(transaction, self.world.now))

    @rule(which=WHICH)
    def a_send_fails(self, which: int) -> None:
        if self.asked:
            self.world.note(self.asked[which % len(self.asked)][0].transport_failed())

    @rule()
    def the_connection_closes(self) -> None:
        self.world.note(self.world.layer.flow_closed(TCP))

    @rule(seconds=st.sampled_from([0.1, 0.5, 3.0, 5.0, 31.0, 33.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.advance(self.world.now + seconds)

    def teardown(self) -> None:
        for transaction, _ in self.asked:
            self.world.note(self.world.layer.cancel(transaction, self.world.now))
        for served, request in self.served:
            self.world.note(served.respond(respond(request, 500), self.world.now))
        # A CANCEL that waits for its 1xx goes nowhere; timer B ends the INVITE.
        self.world.advance(self.world.now + 2 * LAST_TIMER)
        self.world.advance(self.world.now + LAST_TIMER)
        assert len(self.world.layer) == 0
        assert self.world.wheel.next_deadline is None
        for finals in self.world.answers.values():
            assert len(finals) == 1
        for transaction, outcomes in self.world.outcomes.items():
            self.check_outcome(transaction, outcomes)

    def check_outcome(self, transaction: ClientTransaction, outcomes: list[int | str]) -> None:
        """Provisional responses, then one end; or, for an INVITE, the same 2xx several times."""
        ends = [each for each in outcomes if isinstance(each, str) or each >= 200]
        assert outcomes[: -len(ends)] == [each for each in outcomes if each not in ends]
        if transaction.method == "INVITE" and ends[0] in (200, 202):
            assert set(ends) <= {200, 202}
        else:
            assert len(ends) == 1


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
