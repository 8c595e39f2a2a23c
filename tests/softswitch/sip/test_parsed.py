"""Properties that are worked out once."""

from softswitch.sip.message import Message
from softswitch.sip.parsed import parsed


class Line:
    def __init__(self, text: str) -> None:
        self.text = text
        self.looks = 0

    @parsed
    def words(self) -> list[str]:
        """What the line is made of."""
        self.looks += 1
        return self.text.split()


def test_what_was_read_is_not_read_again() -> None:
    line = Line("INVITE sip:101@pbx.test SIP/2.0")
    assert line.words is line.words
    assert line.looks == 1


def test_each_object_has_its_own() -> None:
    assert (Line("a b").words, Line("c").words) == (["a", "b"], ["c"])


def test_a_parsed_property_of_the_class_is_the_property_itself() -> None:
    assert Message.via.__doc__ is not None
    assert "topmost Via" in Message.via.__doc__
