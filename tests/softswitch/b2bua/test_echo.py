from softswitch.b2bua.echo import Echo
from tests.softswitch.b2bua.applications import CODES
from tests.softswitch.b2bua.flows import finish
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone


def test_whoever_calls_the_echo_test_hears_himself() -> None:
    world = World("100")
    board = world.calls._board
    board.codes, board.applications = CODES, lambda visit: Echo()
    alice = Phone(world, "100")
    alice.invites("*600")
    world.run()
    alice.asks("INFO", "Content-Type: application/dtmf", body=b"5")
    world.run()
    assert alice.call.answers == [200]
    ((port, air),) = world.media.open_ports.items()
    assert air.joined is port
    finish(world)
    assert (world.record.outcome, world.record.answered_by) == ("answered", "echo test")
