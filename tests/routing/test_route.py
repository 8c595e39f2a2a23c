from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.routing.codes import Codes
from softswitch.routing.decision import Decision, Hop, Reject, Retrieve, Ring, Voicemail
from softswitch.routing.destination import World
from softswitch.routing.numbering import Numbering
from softswitch.routing.outcomes import Outcome
from softswitch.routing.outside import Entrance, Outside
from softswitch.routing.plan import Facts
from softswitch.routing.route import MAX_FORWARDS, Route
from tests.routing.users import ORIGIN, Forwarding, Mailbox, Rule, User, forwards

BUSY, NO_ANSWER = Outcome.BUSY, Outcome.NO_ANSWER
UNAVAILABLE, REJECTED = Outcome.UNAVAILABLE, Outcome.REJECTED


def route(
    users: dict[str, User],
    dialled: str = "101",
    caller: str = "100",
    away: tuple[str, ...] = (),
    calls: dict[str, int] | None = None,
    before: int = 0,
) -> Route:
    def facts(name: str) -> Facts:
        return Facts(0 if name in away else 1, (calls or {}).get(name, 0))

    everybody = {"100": User(), "101": User(), "102": User(), "103": User(), **users}
    codes = Codes(leave_message=("*99",))
    return Route(dialled, caller, World(everybody, codes=codes), facts, forwarded_before=before)


def rung(decision: Decision) -> tuple[str, float]:
    """Whom it rings, and for how long."""
    assert isinstance(decision, Ring), decision
    return decision.user, decision.ring_time


def refused(decision: Decision) -> tuple[int, str]:
    """With which status, and what became of the call in a word."""
    assert isinstance(decision, Reject), decision
    return decision.status, decision.outcome


def left(decision: Decision) -> tuple[str, str]:
    """In whose mailbox, and with which greeting."""
    assert isinstance(decision, Voicemail), decision
    return decision.user, decision.reason


# Before anything rings


def test_a_registered_user_rings_for_the_configured_time() -> None:
    users = {"101": User(12.5, 3.0, 2, origin=ORIGIN)}
    assert route(users).begin(0.0) == Ring(
        "101", 12.5, 3.0, "users.101 (demo.yaml:8), ring_time 12.5 (demo.yaml:9)"
    )


def test_an_unknown_number_is_not_found() -> None:
    assert route({}, "999").begin(0.0) == Reject(404, 1, "not_found", "no user has the number 999")


def test_the_own_number_is_busy() -> None:
    assert refused(route({}, "100", "100").begin(0.0)) == (486, "busy")


def test_a_user_without_a_live_binding_is_unavailable_at_once() -> None:  # FWD-6
    decision = route({}, away=("101",)).begin(0.0)
    assert decision == Reject(480, 20, "unavailable", "101 has no live registration")


def test_a_user_at_max_calls_is_busy_and_the_line_that_says_so_is_named() -> None:
    users = {"101": User(max_calls=2, origin=ORIGIN)}
    busy = Reject(486, 17, "busy", "101 is in 2 of max_calls 2 (demo.yaml:10)")
    assert route(users, calls={"101": 2}).begin(0.0) == busy
    assert route(users, away=("101",), calls={"101": 2}).begin(0.0) == busy
    assert rung(route(users, calls={"101": 1}).begin(0.0)) == ("101", 20.0)


def test_without_call_waiting_any_call_makes_busy() -> None:
    users = {"101": User(call_waiting=False, origin={"call_waiting": "a.yaml:4"})}
    decision = route(users, calls={"101": 1}).begin(0.0)
    assert decision == Reject(486, 17, "busy", "101 is in a call, call_waiting off (a.yaml:4)")
    assert rung(route(users).begin(0.0)) == ("101", 20.0)


# One forward


@pytest.mark.parametrize(
    ("situation", "outcome"),
    [
        ("busy", BUSY),
        ("no_answer", NO_ANSWER),
        ("unavailable", UNAVAILABLE),
        ("rejected", REJECTED),
        ("busy", REJECTED),  # FWD-2
    ],
)
def test_each_outcome_has_its_forward(situation: str, outcome: Outcome) -> None:
    call = route({"101": User(forward=Forwarding({situation: Rule("102")}))})
    assert rung(call.begin(0.0)) == ("101", 20.0)
    assert rung(call.after(outcome, 20.0)) == ("102", 30.0)
    assert call.hops[0][:3] == ("101", situation, "102")


def test_a_rejected_call_prefers_its_own_forward() -> None:  # FWD-2
    call = route({"101": forwards(busy="102", rejected="103")})
    call.begin(0.0)
    assert rung(call.after(REJECTED, 1.0)) == ("103", 30.0)


@pytest.mark.parametrize("outcome", [BUSY, NO_ANSWER, UNAVAILABLE, REJECTED])
def test_an_outcome_without_a_forward_ends_the_call(outcome: Outcome) -> None:
    call = route({})
    call.begin(0.0)
    decision = call.after(outcome, 20.0)
    assert refused(decision)[1] == outcome.value
    assert isinstance(decision, Reject)
    assert decision.because == f"101: {outcome.value}"


def test_always_does_not_ring_the_user() -> None:  # FWD-1
    call = route({"101": forwards(always="102")}, away=("101",))
    assert rung(call.begin(0.0)) == ("102", 30.0)


def test_the_decision_names_the_line_of_the_forward() -> None:
    user = replace(forwards(busy="102"), origin={"forward.busy": "a.yaml:7"})
    call = route({"101": user}, calls={"101": 4})
    decision = call.begin(0.0)
    because = "forward.busy of 101 (a.yaml:7) to 102"
    hop = Hop("101", "busy", "102", because)
    assert decision == Ring("102", 30.0, 4.0, because, (hop,))


def test_a_forward_may_be_for_inside_or_outside_callers_only() -> None:  # FWD-15
    def user(callers: str) -> User:
        return User(forward=Forwarding({"always": Rule("102", callers)}))

    assert rung(route({"101": user("internal")}).begin(0.0))[0] == "102"
    assert rung(route({"101": user("external")}).begin(0.0))[0] == "101"
    assert rung(route({"101": user("external")}, caller="+48600").begin(0.0))[0] == "102"
    assert rung(route({"101": user("internal")}, caller="+48600").begin(0.0))[0] == "101"


def test_a_forward_to_a_number_that_is_gone_counts_as_unavailable() -> None:
    call = route({"101": forwards(always="555")})
    decision = call.begin(0.0)
    assert refused(decision) == (480, "unavailable")


def test_a_forward_to_the_caller_does_not_ring_it() -> None:
    call = route({"101": forwards(no_answer="100")})
    call.begin(0.0)
    assert refused(call.after(NO_ANSWER, 20.0)) == (480, "no_answer")


# Return


@pytest.mark.parametrize("outcome", [BUSY, NO_ANSWER, UNAVAILABLE, REJECTED])
def test_what_the_target_does_not_take_comes_back(outcome: Outcome) -> None:  # FWD-3
    call = route({"101": forwards(no_answer="102", return_to="103")})
    call.begin(0.0)
    assert rung(call.after(NO_ANSWER, 20.0)) == ("102", 30.0)
    assert rung(call.after(outcome, 50.0)) == ("103", 20.0)
    assert call.hops[-1][:3] == ("101", "return", "103")


def test_without_return_to_the_caller_hears_the_first_outcome() -> None:  # FWD-3, FWD-4
    call = route({"101": forwards(busy="102")}, calls={"101": 4}, away=("102",))
    assert refused(call.begin(0.0)) == (486, "busy")


def test_the_targets_own_forwards_are_not_used() -> None:  # FWD-5
    users = {"101": forwards(busy="102", return_to="103"), "102": forwards(always="100")}
    call = route(users)
    call.begin(0.0)
    assert rung(call.after(BUSY, 1.0)) == ("102", 30.0)
    assert rung(call.after(BUSY, 2.0))[0] == "103"


def test_follow_target_lets_the_target_forward_within_the_time() -> None:  # FWD-5
    users = {
        "101": forwards(busy="102", return_to="100", follow_target=True),
        "102": forwards(no_answer="103", return_after=60.0),
    }
    call = route(users, caller="104")
    call.begin(0.0)
    assert rung(call.after(BUSY, 1.0)) == ("102", 20.0)
    assert rung(call.after(NO_ANSWER, 21.0)) == ("103", 10.0)
    assert rung(call.after(NO_ANSWER, 31.0)) == ("100", 20.0)


def test_when_the_time_is_over_the_targets_forwards_come_too_late() -> None:
    users = {
        "101": forwards(busy="102", return_to="100", follow_target=True),
        "102": forwards(no_answer="103"),
    }
    call = route(users, caller="104")
    call.begin(0.0)
    call.after(BUSY, 1.0)
    assert rung(call.after(NO_ANSWER, 31.0)) == ("100", 20.0)


def test_the_last_forward_comes_back_first() -> None:
    users = {
        "101": forwards(busy="102", return_to="100", follow_target=True),
        "102": forwards(busy="103", return_to="105"),
        "105": User(),
    }
    call = route(users, caller="104")
    call.begin(0.0)
    call.after(BUSY, 1.0)
    assert rung(call.after(BUSY, 2.0))[0] == "103"
    assert rung(call.after(BUSY, 3.0)) == ("105", 20.0)
    assert rung(call.after(NO_ANSWER, 23.0)) == ("100", 20.0)


def test_without_return_after_the_call_belongs_to_the_target() -> None:
    users = {
        "101": forwards(busy="102", return_after=None, return_to="100"),
        "102": forwards(no_answer="103", return_after=None),
    }
    call = route(users, caller="104")
    call.begin(0.0)
    assert rung(call.after(BUSY, 1.0)) == ("102", 20.0)
    assert rung(call.after(NO_ANSWER, 21.0)) == ("103", 20.0)
    assert refused(call.after(NO_ANSWER, 41.0)) == (486, "busy")


def test_a_call_comes_back_to_the_same_user_once() -> None:
    users = {"101": forwards(busy="102", no_answer="102", return_to="101")}
    call = route(users)
    call.begin(0.0)
    assert rung(call.after(BUSY, 1.0))[0] == "102"
    assert rung(call.after(NO_ANSWER, 31.0))[0] == "101"
    assert rung(call.after(NO_ANSWER, 51.0))[0] == "102"
    assert refused(call.after(NO_ANSWER, 81.0)) == (486, "busy")


# Voicemail

HAS_MAILBOX = User(voicemail=Mailbox(True))


@pytest.mark.parametrize("outcome", [BUSY, NO_ANSWER, UNAVAILABLE, REJECTED])
def test_whoever_is_not_reached_has_the_mailbox_answer(outcome: Outcome) -> None:  # S0-2
    origin = {"voicemail.answers": "demo.yaml:7"}
    call = route({"101": replace(HAS_MAILBOX, origin=origin)})
    assert rung(call.begin(0.0)) == ("101", 20.0)
    decision = call.after(outcome, 20.0)
    assert left(decision) == ("101", outcome.value)
    why = f"voicemail.answers of 101 (demo.yaml:7), 101: {outcome.value}"
    assert (decision.because, call.hops) == (why, ())


def test_a_mailbox_takes_only_what_it_is_told_to() -> None:
    users = {"101": User(voicemail=Mailbox(True, ("rejected",)))}
    call = route(users)
    call.begin(0.0)
    assert left(call.after(REJECTED, 1.0)) == ("101", "rejected")
    call = route(users)
    call.begin(0.0)
    assert refused(call.after(BUSY, 1.0)) == (486, "busy")


def test_an_unregistered_phone_has_the_mailbox_answer_at_once() -> None:  # FWD-6
    assert left(route({"101": HAS_MAILBOX}, away=("101",)).begin(0.0)) == ("101", "unavailable")


def test_a_forward_comes_before_the_own_mailbox() -> None:
    users = {"101": forwards(busy="102", mailbox=True)}
    call = route(users)
    call.begin(0.0)
    assert rung(call.after(BUSY, 1.0)) == ("102", 30.0)


@pytest.mark.parametrize(
    ("situation", "outcome"),
    [("busy", BUSY), ("no_answer", NO_ANSWER), ("unavailable", UNAVAILABLE), ("busy", REJECTED)],
)
def test_a_forward_may_lead_to_the_mailbox(situation: str, outcome: Outcome) -> None:  # FWD-14
    rules = {situation: Rule("voicemail")}
    call = route({"101": replace(HAS_MAILBOX, forward=Forwarding(rules))})
    call.begin(0.0)
    decision = call.after(outcome, 1.0)
    assert left(decision) == ("101", outcome.value)
    because = f"forward.{situation} of 101 (default) to voicemail"
    assert call.hops == (Hop("101", situation, "voicemail:101", because),)


def test_all_calls_may_go_to_the_mailbox() -> None:
    users = {"101": forwards(always="voicemail", mailbox=True)}
    assert left(route(users).begin(0.0)) == ("101", "unavailable")


def test_a_forward_may_lead_to_the_mailbox_of_somebody_else() -> None:  # FWD-14
    users = {"101": forwards(busy="voicemail:102"), "102": HAS_MAILBOX}
    call = route(users)
    call.begin(0.0)
    assert left(call.after(BUSY, 1.0)) == ("102", "busy")


@pytest.mark.parametrize("target", ["voicemail", "voicemail:102", "voicemail:555"])
def test_a_forward_to_a_mailbox_that_is_not_there_is_skipped(target: str) -> None:
    call = route({"101": forwards(busy=target)})
    call.begin(0.0)
    assert refused(call.after(BUSY, 1.0)) == (486, "busy")
    call = route({"101": forwards(busy="102", return_to=target)})
    call.begin(0.0)
    call.after(BUSY, 1.0)
    assert not call.comes_back
    assert refused(call.after(NO_ANSWER, 31.0)) == (486, "busy")


@pytest.mark.parametrize("outcome", [BUSY, NO_ANSWER, UNAVAILABLE, REJECTED])
def test_a_call_comes_back_to_the_mailbox_of_whom_it_was_for(outcome: Outcome) -> None:
    users = {  # FWD-3, FWD-4, FWD-5: not that of the target, and what became of the first
        "101": forwards(busy="102", return_to="voicemail", mailbox=True),
        "102": HAS_MAILBOX,
    }
    call = route(users)
    call.begin(0.0)
    call.after(BUSY, 1.0)
    assert call.comes_back
    assert left(call.after(outcome, 31.0)) == ("101", "busy")
    assert call.hops[-1].to == "voicemail:101"


def test_a_later_forward_comes_back_to_the_first_mailbox_if_there_is_one() -> None:  # FWD-4
    for first in (True, False):
        users = {
            "101": forwards(busy="102", return_after=None, mailbox=first),
            "102": forwards(no_answer="103", return_to="voicemail", mailbox=True),
        }
        call = route(users)
        call.begin(0.0)
        call.after(BUSY, 1.0)
        assert rung(call.after(NO_ANSWER, 21.0))[0] == "103"
        assert left(call.after(NO_ANSWER, 51.0)) == ("101" if first else "102", "busy")


def test_a_target_that_is_followed_may_have_its_mailbox_answer() -> None:  # FWD-5
    users = {
        "101": forwards(busy="102", return_to="voicemail", follow_target=True, mailbox=True),
        "102": HAS_MAILBOX,
    }
    call = route(users)
    call.begin(0.0)
    call.after(BUSY, 1.0)
    assert left(call.after(NO_ANSWER, 21.0)) == ("102", "no_answer")


def test_the_mailbox_is_no_forward_of_which_there_could_be_too_many() -> None:  # FWD-12
    users = {"101": forwards(busy="voicemail", mailbox=True)}
    call = route(users, before=MAX_FORWARDS)
    call.begin(0.0)
    assert left(call.after(BUSY, 1.0)) == ("101", "busy")


def test_the_own_number_is_the_own_mailbox() -> None:  # S0-8
    assert left(route({"100": HAS_MAILBOX}, "100", "100").begin(0.0)) == ("100", "unavailable")


def test_a_code_is_no_number_of_a_user() -> None:
    assert left(route({"101": HAS_MAILBOX}, "*99101").begin(0.0)) == ("101", "unavailable")


# Loops


def test_two_users_that_forward_to_each_other_ring_nobody_for_ever() -> None:  # FWD-12
    users = {
        "101": forwards(always="102", return_after=None),
        "102": forwards(always="101", return_after=None),
    }
    decision = route(users).begin(0.0)
    assert rung(decision) == ("101", 20.0)


def test_a_call_that_was_forwarded_often_elsewhere_is_forwarded_no_more() -> None:  # FWD-12
    users = {"101": forwards(busy="102")}
    call = route(users, before=MAX_FORWARDS)
    call.begin(0.0)
    assert refused(call.after(BUSY, 1.0)) == (486, "busy")


names = st.sampled_from(["100", "101", "102", "103", "555", "voicemail", "voicemail:102"])
some = st.none() | st.sampled_from([0.0, 5.0, 30.0])
forwardings = st.builds(
    Forwarding,
    st.dictionaries(
        st.sampled_from(["always", "busy", "no_answer", "unavailable", "rejected"]),
        st.builds(Rule, names, st.sampled_from(["any", "internal", "external"])),
    ),
    some,
    st.none() | names,
    st.booleans(),
)
users = st.builds(
    User,
    max_calls=st.integers(1, 2),
    call_waiting=st.booleans(),
    forward=forwardings,
    voicemail=st.builds(Mailbox, st.booleans()),
)


@settings(max_examples=100)
@given(
    st.dictionaries(st.sampled_from(["101", "102", "103"]), users),
    st.lists(st.sampled_from(["101", "102", "103"])),
    st.dictionaries(st.sampled_from(["101", "102", "103"]), st.integers(0, 2)),
    st.lists(
        st.tuples(st.sampled_from([BUSY, NO_ANSWER, UNAVAILABLE, REJECTED]), st.floats(0, 40)),
        min_size=20,
        max_size=20,
    ),
    st.integers(0, 6),
)
def test_every_call_comes_to_an_end(
    directory: dict[str, User],
    away: list[str],
    calls: dict[str, int],
    outcomes: list[tuple[Outcome, float]],
    before: int,
) -> None:
    call = route(directory, away=tuple(away), calls=calls, before=before)
    now = 0.0
    decision = call.begin(now)
    rings = 0
    for outcome, seconds in outcomes:
        if not isinstance(decision, Ring):
            break
        rings += 1
        now += min(seconds, decision.ring_time)
        decision = call.after(outcome, now)
    assert isinstance(decision, Reject | Voicemail)
    assert rings <= MAX_FORWARDS + 1
    at_last = isinstance(decision, Voicemail)
    assert len(call.hops) <= max(0, MAX_FORWARDS - before) + at_last


# Calls to mailboxes from outside

BOXES = "+48221112233"
MESSAGE = Voicemail("101", "busy", "101 was busy")


def from_outside(
    dialled: str,
    message: Voicemail | None,
    *,
    trunk: str | None = "carrier",
    caller: str = "+48600100100",
) -> Decision:
    users = {"100": User(voicemail=Mailbox(True)), "101": User()}
    outside = Outside(Numbering("PL"), entrances={BOXES: Entrance("voicemail", "a.yaml:1")})
    codes = Codes(voicemail=("*98",), leave_message=("*99",), echo_test=("*600",))
    world = World(users, outside, codes=codes)

    def diverted() -> Voicemail | None:
        return message

    told = diverted if trunk is not None else None
    facts = Facts(1, 0)
    return Route(dialled, caller, world, lambda _: facts, trunk=trunk, diverted=told).begin(0.0)


def test_a_call_that_was_forwarded_to_a_number_of_mailboxes_is_a_message() -> None:  # FWD-10
    leads = f"{BOXES} leads to voicemail (a.yaml:1); "
    assert from_outside(BOXES, MESSAGE) == MESSAGE._replace(because=leads + MESSAGE.because)
    assert from_outside("*98", MESSAGE) == MESSAGE


def test_others_are_asked_at_that_number_for_whom_they_come() -> None:  # FWD-10, FC-7
    leads = f"{BOXES} leads to voicemail (a.yaml:1); {BOXES} is for mailboxes"
    assert from_outside(BOXES, None) == Retrieve(None, leads)
    assert refused(from_outside("*98", None)) == (404, "not_found")


@pytest.mark.parametrize("dialled", ["*98100", "*600", "*99100", "555"])
def test_no_other_code_is_for_calls_that_were_forwarded(dialled: str) -> None:  # FC-7
    assert refused(from_outside(dialled, MESSAGE)) == (404, "not_found")


@pytest.mark.parametrize(("caller", "mailbox"), [("100", "100"), ("101", None)])
def test_users_who_call_a_number_of_mailboxes_hear_their_own(
    caller: str, mailbox: str | None
) -> None:
    decision = from_outside(BOXES, MESSAGE, trunk=None, caller=caller)
    assert isinstance(decision, Retrieve)
    assert decision.user == mailbox
