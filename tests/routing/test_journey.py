"""Where calls go on to: do not disturb, calendars, numbers outside, phones that redirect."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.routing.calendar import Calendar, Calendars
from softswitch.routing.codes import Codes
from softswitch.routing.decision import Decision, Dial, Reject, Ring, Voicemail
from softswitch.routing.destination import World
from softswitch.routing.hours import DAY, EVERY_DAY, Hours, Moment, Span
from softswitch.routing.journey import MAX_FORWARDS
from softswitch.routing.numbering import Number, Numbering
from softswitch.routing.outcomes import Outcome
from softswitch.routing.outside import Entrance, Outside, Way
from softswitch.routing.plan import Facts
from softswitch.routing.ringing import OUTSIDE_RING_TIME
from softswitch.routing.route import Route
from tests.routing.users import Forwarding, Mailbox, Rule, User, forwards

BUSY, NO_ANSWER = Outcome.BUSY, Outcome.NO_ANSWER
UNAVAILABLE, REJECTED = Outcome.UNAVAILABLE, Outcome.REJECTED
NOON, NIGHT = DAY / 2, DAY - 60.0
MOBILE = "+48600100100"


class Everywhere:
    """A place without summer time, whose first day is that of the wall clock."""

    def local(self, wall: float) -> Moment:
        return Moment(int(wall // DAY) + 1, int(wall % DAY))

    def walls(self, moment: Moment) -> tuple[float, ...]:
        return ((moment.day - 1) * DAY + moment.second,)


CALENDARS = Calendars(
    {
        "office": Calendar(
            "office", Everywhere(), (Hours("open", (Span(EVERY_DAY, 8 * 3600, 18 * 3600),)),)
        )
    }
)


class Numbers(Numbering):
    """The plan, without its tables: nothing here is about what numbers are."""

    def normalise(self, dialled: str) -> Number | None:
        kinds = {
            "+48600": "mobile",
            "+48221": "local",
            "+1876": "international",
            "112": "emergency",
        }
        for start, kind in kinds.items():
            if dialled.startswith(start):
                return Number(dialled, kind, "PL")
        return None


BEYOND = Outside(
    Numbers("PL"),
    ("carrier", "backup"),
    (Way(("+48221999",), ()), Way((), ("carrier", "backup"))),
    {
        "+48221000": Entrance("102", "a.yaml:3"),
        "+48221001": Entrance("hangup", "a.yaml:4", "office", {"open": "101"}),
        "+48221002": Entrance(MOBILE, "a.yaml:5"),
        "+48221003": Entrance("voicemail:101", "a.yaml:6"),
    },
    {"carrier": Entrance("103", "a.yaml:7")},
)


def route(
    users: dict[str, User] | None = None,
    dialled: str = "101",
    caller: str = "100",
    *,
    wall: float = NOON,
    trunk: str | None = None,
    before: int = 0,
    outside: Outside | None = BEYOND,
    calls: dict[str, int] | None = None,
) -> Route:
    def facts(name: str) -> Facts:
        return Facts(1, (calls or {}).get(name, 0))

    everybody = {"100": User(), "101": User(), "102": User(), "103": User(), **(users or {})}
    return Route(
        dialled,
        caller,
        World(everybody, outside, CALENDARS, codes=Codes(leave_message=("*99",))),
        facts,
        forwarded_before=before,
        wall=wall,
        trunk=trunk,
    )


def rung(decision: Decision) -> tuple[str, float]:
    assert isinstance(decision, Ring), decision
    return decision.user, decision.ring_time


def dialled(decision: Decision) -> tuple[str, str, float]:
    assert isinstance(decision, Dial), decision
    return decision.number, decision.principal, decision.ring_time


def refused(decision: Decision) -> tuple[int, int, str]:
    assert isinstance(decision, Reject), decision
    return decision.status, decision.cause, decision.outcome


# Do not disturb


def test_who_does_not_want_to_be_disturbed_is_busy() -> None:  # DND-1, features 2.0
    decision = route({"101": User(dnd=True, origin={"dnd": "a.yaml:5"})}).begin(0.0)
    assert refused(decision) == (486, 17, "busy")
    assert decision.because == "101 does not want to be disturbed, dnd (a.yaml:5)"


def test_some_callers_ring_all_the_same() -> None:  # DND-2
    quiet = {"101": User(dnd=True, dnd_allow=("100", MOBILE))}
    assert rung(route(quiet).begin(0.0))[0] == "101"
    assert rung(route(quiet, caller=MOBILE, dialled="101", trunk="carrier").begin(0.0))[0] == "101"
    assert refused(route(quiet, caller="102").begin(0.0)) == (486, 17, "busy")


def test_always_comes_before_do_not_disturb_and_that_before_limits() -> None:  # FWD-1
    user = replace(forwards(always="102", dnd="103"), dnd=True)
    assert rung(route({"101": user}).begin(0.0))[0] == "102"
    full = replace(forwards(busy="102", dnd="103"), dnd=True, max_calls=1)
    assert rung(route({"101": full}, calls={"101": 1}).begin(0.0))[0] == "103"


def test_without_a_destination_of_its_own_it_is_that_of_busy() -> None:  # FWD-1
    call = route({"101": replace(forwards(busy="102", mailbox=True), dnd=True)})
    assert rung(call.begin(0.0))[0] == "102"
    assert call.hops[0].situation == "busy"
    alone = route({"101": User(dnd=True, voicemail=Mailbox(True))}).begin(0.0)
    assert isinstance(alone, Voicemail)
    assert alone.reason == "busy"


# Calendars


@pytest.mark.parametrize(("wall", "first"), [(NOON, "101"), (NIGHT, "102")])
def test_a_forward_may_wait_for_a_calendar(wall: float, first: str) -> None:  # FWD-15, CAL-1
    user = User(forward=Forwarding({"always": Rule("102", when="closed")}))
    assert rung(route({"101": user}, wall=wall).begin(5.0))[0] == first


def test_the_time_that_counts_is_that_of_the_forward() -> None:  # FWD-15
    user = User(forward=Forwarding({"no_answer": Rule("102", when="office.closed")}))
    call = route({"101": user}, wall=18 * 3600.0 - 10.0)
    call.begin(100.0)
    assert rung(call.after(NO_ANSWER, 120.0))[0] == "102"


def test_who_asks_why_is_told_what_a_forward_waits_for() -> None:
    origin = {"forward.busy": "a.yaml:9"}
    user = User(forward=Forwarding({"busy": Rule("102", when="closed")}), origin=origin)
    call = route({"101": user})
    call.begin(0.0)
    assert call.after(BUSY, 1.0).because == (
        "forward.busy of 101 (a.yaml:9) waits for closed: office is open, the hours of the week "
        "(default); 101: busy"
    )


# Numbers outside


def test_a_number_outside_is_dialled_by_permission_of_who_dials() -> None:  # OUT-1
    call = route({"100": User(calls="mobile")}, MOBILE)
    decision = call.begin(0.0)
    assert decision == Dial(
        MOBILE,
        ("carrier", "backup"),
        "100",
        OUTSIDE_RING_TIME,
        False,
        f"100: calls: mobile (default) permits {MOBILE} (mobile)",
    )
    assert refused(call.after(BUSY, 5.0)) == (486, 17, "busy")


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (MOBILE, (403, 57, "failed")),
        ("+18765551234", (403, 57, "failed")),
        ("555", (404, 1, "not_found")),
        ("+48221999", (503, 38, "unavailable")),
    ],
)
def test_what_cannot_be_dialled_says_why(number: str, expected: tuple[int, int, str]) -> None:
    decision = route({}, number).begin(0.0)
    assert refused(decision) == expected
    assert isinstance(decision, Reject)
    assert decision.reason.startswith(f"Q.850;cause={expected[1]}")


def test_without_trunks_there_is_no_outside() -> None:
    assert refused(route({}, MOBILE, outside=None).begin(0.0)) == (404, 1, "not_found")
    assert refused(route({}, MOBILE, caller="+1").begin(0.0)) == (404, 1, "not_found")


def test_a_code_is_no_number_outside() -> None:
    users = {"101": User(voicemail=Mailbox(True))}
    assert isinstance(route(users, "*99101").begin(0.0), Voicemail)


def test_help_may_be_called_by_everybody() -> None:  # EM-1
    decision = route({"100": User(calls="none")}, "112").begin(0.0)
    assert dialled(decision) == ("112", "100", OUTSIDE_RING_TIME)


def test_who_may_call_nobody_may_not_call_colleagues_either() -> None:  # OUT-3
    decision = route({"100": User(calls="none", origin={"calls": "a:1"})}).begin(0.0)
    assert refused(decision) == (403, 57, "failed")
    assert decision.because == "100 may only call for help, calls: none (a:1)"


def test_a_forward_uses_the_permission_of_whose_it_is() -> None:  # FWD-8
    user = replace(forwards(busy=MOBILE), calls="mobile")
    for caller in ("100", "+48221555"):
        call = route({"100": User(calls="none"), "101": user}, caller=caller)
        call = route({"101": user}, caller=caller)
        call.begin(0.0)
        decision = call.after(BUSY, 1.0)
        assert dialled(decision) == (MOBILE, "101", 30.0)
        assert call.hops[0][:3] == ("101", "busy", MOBILE)


def test_a_forward_that_is_not_permitted_is_passed_over_and_told() -> None:  # FWD-8
    call = route({"100": User(calls="everything"), "101": forwards(busy=MOBILE, mailbox=True)})
    call.begin(0.0)
    decision = call.after(BUSY, 1.0)
    assert isinstance(decision, Voicemail)
    assert decision.because.startswith(
        f"forward.busy of 101 (default) to {MOBILE} is passed over: calls: national (default) "
        f"does not include {MOBILE} (mobile): that takes mobile; voicemail.answers of 101"
    )


def test_a_forward_to_the_caller_outside_does_not_call_him_back() -> None:
    user = replace(forwards(busy=MOBILE, return_to="102"), calls="mobile")
    call = route({"101": user}, caller=MOBILE, trunk="carrier")
    call.begin(0.0)
    assert rung(call.after(BUSY, 1.0))[0] == "102"


def test_a_circle_is_told_where_it_is_left() -> None:  # FWD-12
    users = {
        "101": forwards(always="102", return_after=None),
        "102": forwards(always="101", return_after=None),
    }
    decision = route(users).begin(0.0)
    assert "is passed over: the call was forwarded so before" in decision.because


def test_a_number_outside_gives_the_call_back() -> None:  # FWD-3
    user = replace(forwards(no_answer=MOBILE, return_to="102"), calls="mobile")
    call = route({"101": user})
    call.begin(0.0)
    assert dialled(call.after(NO_ANSWER, 20.0)) == (MOBILE, "101", 30.0)
    assert call.comes_back
    assert rung(call.after(UNAVAILABLE, 21.0)) == ("102", 20.0)


def test_a_call_may_come_back_to_a_number_outside() -> None:  # FWD-3
    user = replace(forwards(busy="102", return_to=MOBILE), calls="mobile")
    call = route({"101": user})
    call.begin(0.0)
    call.after(BUSY, 1.0)
    assert dialled(call.after(BUSY, 2.0)) == (MOBILE, "101", OUTSIDE_RING_TIME)
    assert refused(call.after(NO_ANSWER, 9.0)) == (486, 17, "busy")
    poor = forwards(busy="102", return_to=MOBILE)
    call = route({"101": replace(poor, origin={"forward.return_to": "a:2"})})
    call.begin(0.0)
    call.after(BUSY, 1.0)
    assert not call.comes_back
    assert "is passed over" in call.after(BUSY, 2.0).because


def test_without_return_a_number_outside_may_ring_for_long() -> None:
    user = replace(forwards(always=MOBILE, return_after=None), calls="mobile")
    assert dialled(route({"101": user}).begin(0.0)) == (MOBILE, "101", OUTSIDE_RING_TIME)


@pytest.mark.parametrize(("confirm", "asked"), [(None, False), (False, False), (True, True)])
@pytest.mark.parametrize("target", ["102", MOBILE])
def test_a_single_target_need_not_confirm_unless_it_is_written(
    confirm: bool | None, asked: bool, target: str
) -> None:  # FWD-7
    rules = {"always": Rule(target, confirm=confirm)}
    decision = route({"101": User(calls="mobile", forward=Forwarding(rules))}).begin(0.0)
    assert isinstance(decision, Ring | Dial)
    assert decision.confirm is asked


def test_a_forward_to_a_number_of_ours_stays_inside() -> None:
    call = route({"101": forwards(always="+48221000")})
    assert rung(call.begin(0.0)) == ("102", 30.0)


@pytest.mark.parametrize(
    ("target", "to_trunk", "expected"),
    [
        ("hangup", None, (603, 21, "rejected")),
        ("hangup", "carrier", (486, 17, "rejected")),
        ("hangup:busy", None, (486, 17, "busy")),
        ("hangup:not_found", None, (404, 1, "not_found")),
    ],
)
def test_a_forward_may_end_the_call(
    target: str, to_trunk: str | None, expected: tuple[int, int, str]
) -> None:
    call = route({"101": forwards(always=target)}, trunk=to_trunk)
    assert refused(call.begin(0.0)) == expected
    assert call.hops[0].to == target


def test_hanging_up_says_what_became_of_the_call() -> None:
    call = route({"101": forwards(no_answer="hangup")})
    call.begin(0.0)
    assert refused(call.after(NO_ANSWER, 20.0)) == (480, 19, "no_answer")
    call = route({"101": forwards(busy="102", return_to="hangup:not_found")})
    call.begin(0.0)
    call.after(BUSY, 1.0)
    assert not call.comes_back
    assert refused(call.after(BUSY, 1.0)) == (404, 1, "not_found")


# From outside


def test_a_call_from_outside_goes_where_its_number_leads() -> None:
    decision = route({}, "+48221000", "+48600", trunk="carrier").begin(0.0)
    assert rung(decision) == ("102", 20.0)
    assert decision.because.startswith("+48221000 leads to 102 (a.yaml:3); users.102")


@pytest.mark.parametrize(("wall", "status"), [(NOON, None), (NIGHT, 486)])
def test_a_calendar_may_decide_where_a_number_leads(wall: float, status: int | None) -> None:
    decision = route({}, "+48221001", "+48600", trunk="carrier", wall=wall).begin(0.0)
    if status is None:
        assert rung(decision)[0] == "101"
    else:
        assert refused(decision)[0] == status


def test_a_number_that_nobody_has_goes_where_the_trunk_says() -> None:
    assert rung(route({}, "+48221777", "+48600", trunk="carrier").begin(0.0))[0] == "103"
    decision = route({}, "+48221777", "+48600", trunk="backup").begin(0.0)
    assert refused(decision) == (404, 1, "not_found")
    alone = route({}, "+48221777", "+48600", trunk="carrier", outside=None).begin(0.0)
    assert refused(alone) == (404, 1, "not_found")


def test_an_extension_may_be_called_from_outside_but_no_code() -> None:  # FC-7
    assert rung(route({}, "102", "+48600", trunk="carrier").begin(0.0))[0] == "102"
    users = {"101": User(voicemail=Mailbox(True))}
    decision = route(users, "*99101", "+48600", trunk="backup").begin(0.0)
    assert refused(decision) == (404, 1, "not_found")


def test_a_call_from_outside_never_leaves_again_by_itself() -> None:  # OUT-1
    decision = route({}, "+48221002", "+48600", trunk="carrier").begin(0.0)
    assert refused(decision) == (404, 1, "not_found")
    assert isinstance(route({}, MOBILE, "100", trunk="backup").begin(0.0), Reject)


def test_a_mailbox_may_have_a_number_of_its_own() -> None:
    users = {"101": User(voicemail=Mailbox(True))}
    decision = route(users, "+48221003", "+48600", trunk="carrier").begin(0.0)
    assert isinstance(decision, Voicemail)
    assert decision.because == "+48221003 leads to voicemail:101 (a.yaml:6)"


def test_whoever_calls_from_outside_is_no_user_whatever_he_says() -> None:  # CLI-4
    user = User(forward=Forwarding({"always": Rule("102", "external")}))
    call = route({"101": user}, "101", "101", trunk="carrier")
    assert rung(call.begin(0.0))[0] == "102"


def test_a_rejection_does_not_stop_the_carriers_other_branches() -> None:  # features 2.0
    call = route({}, "101", "+48600", trunk="carrier")
    call.begin(0.0)
    assert refused(call.after(REJECTED, 1.0)) == (486, 17, "rejected")


def test_users_reach_our_numbers_without_a_trunk() -> None:
    assert rung(route({}, "+48221000").begin(0.0)) == ("102", 20.0)
    assert refused(route({}, "+48221000", "102").begin(0.0)) == (486, 17, "busy")


# Phones that redirect


def redirecting(user: User, *targets: str, caller: str = "100") -> tuple[Route, Decision]:
    call = route({"101": user}, caller=caller)
    call.begin(0.0)
    return call, call.redirected(targets, 1.0)


def test_a_phone_may_send_a_call_on_once() -> None:  # FWD-13
    call, decision = redirecting(User(), "102")
    assert rung(decision) == ("102", 30.0)
    assert call.hops[0][:3] == ("101", "redirect", "102")
    assert decision.because == "the phone of 101 redirects to 102"
    assert refused(call.redirected(["103"], 2.0)) == (603, 21, "rejected")


def test_a_second_phone_may_not_send_it_on_again() -> None:  # FWD-13
    call = route({"101": forwards(return_after=None)})
    call.begin(0.0)
    assert rung(call.redirected(["102"], 1.0)) == ("102", 20.0)
    assert refused(call.redirected(["103"], 2.0)) == (603, 21, "rejected")


def test_a_phone_may_call_no_number_that_its_owner_may_not() -> None:  # FWD-13, OUT-1
    _, decision = redirecting(User(calls="mobile"), MOBILE)
    assert dialled(decision) == (MOBILE, "101", 30.0)
    _, decision = redirecting(User(), MOBILE)
    assert refused(decision) == (603, 21, "rejected")
    assert "does not include" in decision.because
    _, decision = redirecting(User(), MOBILE, "102")
    assert rung(decision)[0] == "102"


@pytest.mark.parametrize("target", ["101", "555", "voicemail:101", "hangup", "", "*99101"])
def test_a_phone_that_redirects_nowhere_has_rejected_the_call(target: str) -> None:  # FWD-13
    user = replace(User(), voicemail=Mailbox(True, ()))
    assert refused(redirecting(user, target)[1]) == (603, 21, "rejected")


def test_redirection_may_be_denied() -> None:  # FWD-13
    user = replace(forwards(busy="103"), phone_redirect=False)
    assert rung(redirecting(user, "102")[1])[0] == "103"


def test_the_phone_of_a_target_does_not_take_the_call_away() -> None:  # FWD-5, FWD-13
    call = route({"101": forwards(busy="102", return_to="103")})
    call.begin(0.0)
    call.after(BUSY, 1.0)
    assert rung(call.redirected(["100"], 2.0))[0] == "103"


def test_a_redirected_call_comes_back_as_a_forwarded_one_does() -> None:  # FWD-3, FWD-13
    call, _ = redirecting(forwards(return_to="103"), "102")
    assert rung(call.after(NO_ANSWER, 31.0))[0] == "103"


def test_too_many_forwards_end_redirection_as_well() -> None:  # FWD-12, FWD-13
    call = route(before=MAX_FORWARDS)
    call.begin(0.0)
    assert refused(call.redirected(["102"], 1.0)) == (603, 21, "rejected")


# Services that send callers on


def test_an_operator_is_rung_with_all_rules_of_its_own() -> None:
    call = route(
        {"102": forwards(busy="103", return_to="hangup")}, caller="+48600", trunk="carrier"
    )
    call.begin(0.0)
    call.after(NO_ANSWER, 20.0)
    decision = call.transfer("102", "101", 30.0)
    assert rung(decision) == ("102", 20.0)
    assert decision.because.startswith("101 sends the caller to 102; users.102")
    assert rung(call.after(BUSY, 31.0))[0] == "103"


def test_a_call_back_is_made_with_the_permission_of_the_mailboxs_owner() -> None:  # VM-17, OUT-1
    users = {"100": User(calls="none"), "101": User(calls="mobile")}
    decision = route(users, "101").transfer(MOBILE, "101", 1.0)
    assert dialled(decision) == (MOBILE, "101", OUTSIDE_RING_TIME)
    assert decision.because == (
        f"101 sends the caller to {MOBILE}; calls: mobile (default) permits {MOBILE} (mobile)"
    )
    assert refused(route(users).transfer(MOBILE, "100", 1.0)) == (403, 57, "failed")


def test_a_caller_is_not_connected_with_himself() -> None:
    assert refused(route().transfer("100", "101", 1.0)) == (486, 17, "busy")


def test_a_transfer_begins_a_new_way() -> None:  # FWD-12
    users = {"101": forwards(busy="102", return_to="103"), "103": forwards(busy="102")}
    call = route(users)
    call.begin(0.0)
    for turn in range(10):
        assert rung(call.transfer("103", "101", float(turn)))[0] == "103"
        assert rung(call.after(BUSY, float(turn)))[0] == "102"
    assert refused(call.after(NO_ANSWER, 60.0)) == (486, 17, "busy")
    assert call.first is BUSY


def test_a_service_may_send_a_caller_to_a_mailbox_or_end_the_call() -> None:
    users = {"102": User(voicemail=Mailbox(True))}
    decision = route(users).transfer("voicemail:102", "101", 1.0)
    assert isinstance(decision, Voicemail)
    assert decision.because == "101 sends the caller to voicemail:102"
    assert refused(route(users).transfer("hangup:busy", "101", 1.0))[0] == 486
    assert refused(route(users).transfer("555", "101", 1.0)) == (480, 20, "unavailable")


# All together

NAMES = ["101", "102", "103"]
targets = st.sampled_from(
    [
        *("100", *NAMES, "555", "voicemail", "voicemail:102", "hangup", "hangup:busy"),
        *(MOBILE, "+48221555", "+48221000", "+48221001", "+48221002", "+18765551234", "112"),
    ]
)
rules = st.builds(
    Rule,
    targets,
    st.sampled_from(["any", "internal", "external"]),
    st.sampled_from([None, "closed", "office.open", "nowhere.open"]),
    st.sampled_from([None, True, False]),
)
situations = st.sampled_from(["always", "dnd", "busy", "no_answer", "unavailable", "rejected"])
users = st.builds(
    User,
    max_calls=st.integers(1, 2),
    call_waiting=st.booleans(),
    dnd=st.booleans(),
    phone_redirect=st.booleans(),
    calls=st.sampled_from(["none", "national", "mobile", "everything"]),
    deny=st.sampled_from([(), ("PL",)]),
    forward=st.builds(
        Forwarding,
        st.dictionaries(situations, rules),
        st.sampled_from([None, 0.0, 5.0, 30.0]),
        st.none() | targets,
        st.booleans(),
    ),
    voicemail=st.builds(Mailbox, st.booleans()),
)
happenings = st.tuples(
    st.sampled_from([BUSY, NO_ANSWER, UNAVAILABLE, REJECTED]) | st.lists(targets, max_size=2),
    st.floats(0, 40),
)


@settings(max_examples=100)
@given(
    st.dictionaries(st.sampled_from(NAMES), users),
    st.sampled_from([*NAMES, "555", MOBILE, "+48221000", "+48221001", "+48221003"]),
    st.sampled_from(["100", "101", "+48600555"]),
    st.sampled_from([None, "carrier", "backup"]),
    st.dictionaries(st.sampled_from(NAMES), st.integers(0, 2)),
    st.lists(happenings, min_size=20, max_size=20),
    st.integers(0, 6),
    st.floats(0, 7 * DAY),
)
def test_every_call_comes_to_an_end_whatever_is_configured(
    directory: dict[str, User],
    to: str,
    caller: str,
    trunk: str | None,
    calls: dict[str, int],
    outcomes: list[tuple[Outcome | list[str], float]],
    before: int,
    wall: float,
) -> None:  # FWD-12, FWD-13
    call = route(directory, to, caller, trunk=trunk, calls=calls, before=before, wall=wall)
    now = 0.0
    decision = call.begin(now)
    rings = 0
    for outcome, seconds in outcomes:
        if not isinstance(decision, Ring | Dial):
            break
        rings += 1
        now += min(seconds, decision.ring_time)
        if isinstance(outcome, list):
            decision = call.redirected(outcome, now)
        else:
            decision = call.after(outcome, now)
    assert isinstance(decision, Reject | Voicemail)
    assert decision.because
    assert rings <= MAX_FORWARDS + 1
    hung_up = any(word in decision.because for word in ("hangup", "+48221001"))
    at_last = isinstance(decision, Voicemail) or hung_up  # ends the call, and is no forward
    assert len(call.hops) <= max(0, MAX_FORWARDS - before) + at_last
    assert sum(hop.situation == "redirect" for hop in call.hops) <= 1
