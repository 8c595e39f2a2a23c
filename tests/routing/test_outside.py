"""Who may call where, and which way (OUT-1 to OUT-4, OUT-9)."""

import pytest

from softswitch.routing.numbering import Number, Numbering
from softswitch.routing.outside import LEVELS, Allowed, Outside, Refused, Way, needed
from tests.routing.users import User

PLAN = Numbering("PL", "22")
KINDS = {
    "none": Number("112", "emergency", "PL"),
    "toll_free": Number("+48800123456", "toll_free", "PL"),
    "local": Number("+48221112233", "local", "PL"),
    "national": Number("+48585551122", "national", "PL"),
    "mobile": Number("+48600100100", "mobile", "PL"),
    "europe": Number("+4930123456", "international", "DE"),
    "international": Number("+18765551234", "international", "JM"),
    "everything": Number("+48700123456", "premium", "PL"),
}


@pytest.mark.parametrize("level", LEVELS)
def test_each_level_includes_those_before_it(level: str) -> None:  # OUT-3
    outside = Outside(PLAN)
    for name, number in KINDS.items():
        verdict = outside.permitted(User(calls=level), number)
        assert isinstance(verdict, Allowed) is (LEVELS.index(level) >= LEVELS.index(name)), name


def test_dear_numbers_take_the_highest_level() -> None:
    assert [needed(Number("+1", kind)) for kind in ("satellite", "unknown", "shared_cost")] == [
        "everything",
        "international",
        "mobile",
    ]


def test_the_refusal_names_the_line_and_what_it_would_take() -> None:  # OUT-4
    user = User(origin={"calls": "a.yaml:7"})
    assert Outside(PLAN).permitted(user, KINDS["international"]) == Refused(
        "calls: national (a.yaml:7) does not include +18765551234 (international, JM): "
        "that takes international"
    )


def test_what_is_denied_stays_so_whatever_else_is_said() -> None:  # OUT-3
    outside = Outside(PLAN)
    user = User(calls="none", allow=("EU", "+1876"), deny=("+49301",), origin={"deny": "a:1"})
    berlin = outside.permitted(user, KINDS["europe"])
    assert berlin == Refused("deny +49301 (a:1) forbids +4930123456 (international, DE)")
    assert isinstance(outside.permitted(user, Number("+4940123", "international", "DE")), Allowed)
    jamaica = outside.permitted(user, KINDS["international"])
    permits = "allow +1876 (default) permits +18765551234 (international, JM)"
    assert jamaica == Allowed(permits)
    assert isinstance(
        outside.permitted(User(calls="everything", deny=("JM",)), KINDS["international"]), Refused
    )
    assert isinstance(outside.permitted(User(deny=("112",)), KINDS["none"]), Allowed)


def test_the_first_route_that_matches_says_which_trunks() -> None:  # OUT-9
    ways = (
        Way(("emergency",), ("a", "b")),
        Way(("PL", "+1876"), ("b",)),
        Way(("EUROPE",), ()),
        Way((), ("c",)),
    )
    outside = Outside(PLAN, ("a", "b", "c"), ways)
    names = ["none", "mobile", "international", "europe"]
    assert [outside.way(KINDS[name]) for name in names] == [("a", "b"), ("b",), ("b",), ()]
    assert outside.way(Number("+12125551234", "international", "US")) == ("c",)
    assert Outside(PLAN, ("a", "b")).way(KINDS["local"]) == ("a", "b")


def test_numbers_are_those_of_the_plan() -> None:
    assert Outside(PLAN).normalise("600100100") == KINDS["mobile"]
