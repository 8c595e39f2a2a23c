from softswitch.routing.codes import Codes
from softswitch.routing.decision import Echo, Reject, Ring
from softswitch.routing.destination import World
from softswitch.routing.explanation import Redirected, Step, explain
from softswitch.routing.outcomes import Outcome
from tests.routing.users import User, forwards

USERS = World(
    {"100": User(), "101": forwards(busy="102", no_answer="103"), "102": User(), "103": User()}
)


def rung(steps: list[Step]) -> list[tuple[str, Outcome | Redirected | None]]:
    return [(one.decision.user, one.outcome) for one in steps if isinstance(one.decision, Ring)]


def test_the_way_ends_where_somebody_answers() -> None:
    given = {"101": Outcome.BUSY, "102": Outcome.ANSWERED}
    assert rung(explain("100", "101", USERS, given)) == [
        ("101", Outcome.BUSY),
        ("102", Outcome.ANSWERED),
    ]


def test_else_it_ends_with_what_the_caller_hears() -> None:
    steps = explain("100", "101", USERS, {})
    assert rung(steps) == [("101", Outcome.NO_ANSWER), ("103", Outcome.NO_ANSWER)]
    assert isinstance(steps[-1].decision, Reject)
    assert steps[-1].outcome is None


def test_who_is_unavailable_never_rings() -> None:
    steps = explain("100", "102", USERS, {"102": Outcome.UNAVAILABLE})
    assert rung(steps) == []
    assert steps[0].decision[:3] == (480, 20, "unavailable")


def test_a_code_is_explained_too() -> None:
    (step,) = explain("100", "*600", USERS._replace(codes=Codes(echo_test=("*600",))), {})
    assert isinstance(step.decision, Echo)


def test_a_phone_may_be_supposed_to_redirect() -> None:  # FWD-13
    sent_on = Redirected("103")
    steps = explain("100", "102", USERS, {"102": sent_on, "103": Outcome.ANSWERED})
    assert rung(steps) == [("102", sent_on), ("103", Outcome.ANSWERED)]
