"""What the form of an account promises about ringing and forwarding, row by row."""

import pytest

from softswitch.routing.decision import Reject, Voicemail
from softswitch.routing.outcomes import Outcome
from tests.routing.test_route import left, refused, route, rung
from tests.routing.users import Forwarding, Mailbox, Rule, User, forwards

SITUATIONS = {
    "no_answer": Outcome.NO_ANSWER,
    "busy": Outcome.BUSY,
    "unavailable": Outcome.UNAVAILABLE,
}


def test_the_ring_time_is_how_long_a_user_rings() -> None:  # S4-8
    call = route({"101": User(ring_time=30.0, voicemail=Mailbox(enabled=True))})
    assert rung(call.begin(0.0)) == ("101", 30.0)
    assert left(call.after(Outcome.NO_ANSWER, 30.0)) == ("101", "no_answer")


@pytest.mark.parametrize("waiting", [True, False])
def test_a_second_call_is_signalled_or_hears_busy(waiting: bool) -> None:  # S4-9
    users = {"101": User(call_waiting=waiting)}
    decision = route(users, calls={"101": 1}).begin(0.0)
    if waiting:
        assert rung(decision)[0] == "101"
    else:
        assert refused(decision) == (486, "busy")
        forwarded = {"101": forwards(busy="102")}
        without = {"101": User(call_waiting=False, forward=forwarded["101"].forward)}
        assert rung(route(without, calls={"101": 1}).begin(0.0))[0] == "102"


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("target", ["102", "voicemail", "voicemail:102"])
def test_a_call_goes_on_to_an_extension_or_a_mailbox(situation: str, target: str) -> None:  # S4-16
    anna = User(forward=Forwarding({situation: Rule(target)}), voicemail=Mailbox(enabled=True))
    users = {"101": anna, "102": User(voicemail=Mailbox(enabled=True))}
    call = route(users)
    assert rung(call.begin(0.0))[0] == "101"
    decision = call.after(SITUATIONS[situation], 20.0)
    if target == "102":
        assert rung(decision)[0] == "102"
    else:
        assert left(decision)[0] == ("102" if ":" in target else "101")


def test_no_answer_is_when_the_ring_time_is_over() -> None:  # S4-17
    call = route({"101": forwards(no_answer="102", busy="103")})
    call.begin(0.0)
    assert rung(call.after(Outcome.NO_ANSWER, 20.0))[0] == "102"


@pytest.mark.parametrize("outcome", [Outcome.BUSY, Outcome.REJECTED])
def test_busy_is_also_who_rejects(outcome: Outcome) -> None:  # S4-18
    call = route({"101": forwards(no_answer="102", busy="103")})
    call.begin(0.0)
    assert rung(call.after(outcome, 1.0))[0] == "103"


def test_whoever_is_not_registered_is_unavailable_at_once() -> None:  # S4-19
    call = route({"101": forwards(unavailable="102")}, away=("101",))
    assert rung(call.begin(0.0))[0] == "102"


@pytest.mark.parametrize("mailbox", [True, False])
def test_after_30_seconds_the_call_is_back_with_the_first_user(mailbox: bool) -> None:  # S4-20
    users = {"101": forwards(busy="102", return_to="voicemail", mailbox=mailbox)}
    call = route(users)
    call.begin(0.0)
    assert rung(call.after(Outcome.BUSY, 1.0)) == ("102", 30.0)
    decision = call.after(Outcome.NO_ANSWER, 31.0)
    if mailbox:
        assert isinstance(decision, Voicemail)
        assert (decision.user, decision.reason) == ("101", "busy")
    else:
        assert isinstance(decision, Reject)
        assert decision.status == 486
