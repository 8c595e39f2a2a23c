"""Where calls may be sent on to by a code, beside users and numbers outside."""

from softswitch.config import User
from softswitch.routing.codes import NO_CODES
from softswitch.settings.targets import NO_SUCH_NUMBER, Target, Targets


def test_a_conference_room_is_a_target() -> None:
    """CF-1, FC-1."""
    targets = Targets({"101": User("101")}, NO_CODES, None, {"800": "board"})
    assert targets("800", "101") == Target("800")
    assert targets("801", "101").refused == NO_SUCH_NUMBER
