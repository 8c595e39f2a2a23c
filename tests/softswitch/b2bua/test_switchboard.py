"""What all calls share."""

from softswitch.b2bua.switchboard import MAX_MANNERS
from softswitch.media.negotiation import UNSECURED, Policy
from softswitch.media.negotiation.policy import BY_KEYS
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.secrets import configure


def test_chance_is_spread_from_0_up_to_1() -> None:
    board = World().calls._board
    drawn = [board.chance() for _ in range(1000)]
    assert all(0 <= chance < 1 for chance in drawn)
    assert 0.4 < sum(drawn) / 1000 < 0.6
    assert len(set(drawn)) == 1000


def test_what_a_user_may_do_with_media_is_what_is_configured() -> None:
    world = World()
    configure(world, "101", codecs=("PCMA",), encryption="sdes", fax="off")
    board = world.calls._board
    assert board.policy("101") == Policy(("PCMA",), "sdes", "off")
    assert board.policy("101") is board.policy("101")
    assert board.policy("stranger") == Policy()


def test_how_phones_secure_their_media_is_remembered_of_so_many_at_most() -> None:
    board = World().calls._board
    for port in range(MAX_MANNERS + 10):
        board.remember_manner("100", ("10.0.0.1", port), BY_KEYS)
        board.remember_manner("100", ("10.0.0.1", port), BY_KEYS)
    assert len(board.manners) == MAX_MANNERS
    assert board.manner("100", ("10.0.0.1", 0)) is None
    assert board.manner("100", ("10.0.0.1", 20)) is BY_KEYS
    board.remember_manner("100", ("10.0.0.1", 20), UNSECURED)
    assert board.manner("100", ("10.0.0.1", 20)) is None
