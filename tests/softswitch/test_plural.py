"""One message, two messages."""

from softswitch.plural import counted


def test_things_are_one_or_several() -> None:
    assert [counted(number, "message") for number in (0, 1, 2, 21)] == [
        "0 messages",
        "1 message",
        "2 messages",
        "21 messages",
    ]
