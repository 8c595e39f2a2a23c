"""What all calls share."""

from tests.softswitch.b2bua.network import World


def test_chance_is_spread_from_0_up_to_1() -> None:
    board = World().calls._board
    drawn = [board.chance() for _ in range(1000)]
    assert all(0 <= chance < 1 for chance in drawn)
    assert 0.4 < sum(drawn) / 1000 < 0.6
    assert len(set(drawn)) == 1000
