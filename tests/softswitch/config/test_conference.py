"""Conference rooms as values."""

from softswitch.config.conference import Room, numbered


def test_rooms_with_a_number_are_found_by_it() -> None:
    rooms = {"board": Room("board", "800"), "hidden": Room("hidden"), "sales": Room("sales", "801")}
    assert numbered(rooms) == {"800": "board", "801": "sales"}


def test_pins_of_a_room_are_not_shown() -> None:
    room = Room("board", "800", pin="4711", moderator_pin="0815")
    assert "4711" not in repr(room)
    assert "0815" not in repr(room)
