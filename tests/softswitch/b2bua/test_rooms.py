"""Calls in conference rooms: what the media engine is asked for (CF-1, CF-3, CF-5)."""

from typing import Any

import pytest

from softswitch.b2bua import service
from softswitch.config.conference import Room
from softswitch.media.engine import stage_messages
from softswitch.media.engine.interface import MediaPort, PortsLost, RtpTimeout
from softswitch.rooms.meeting import Meetings
from softswitch.rooms.service import RoomCall
from softswitch.routing.decision import Conference
from tests.softswitch.b2bua.applications import performed
from tests.softswitch.b2bua.flows import finish
from tests.softswitch.b2bua.network import MUSIC, World
from tests.softswitch.b2bua.phones import Phone


def office(**settings: Any) -> tuple[World, Phone, Phone]:
    """Two phones have dialled a room."""
    world = World("100", "101", "102")
    board = world.calls._board
    meetings = Meetings({"board": Room("board", "800", **settings)})
    board.rooms = {"800": "board"}
    board.applications = lambda visit: RoomCall(
        meetings, getattr(visit.decision, "room", ""), lambda names: ()
    )
    phones = Phone(world, "100"), Phone(world, "101")
    for phone in phones:
        phone.invites("800")
        world.run()
    return world, *phones


def mixes(world: World) -> list[tuple[str, bool]]:
    return [(one.room, one.muted) for one in performed(world, stage_messages.Mix)]


def test_two_in_a_room_are_mixed_and_the_record_says_where() -> None:
    """CF-1, CF-3: the first hears music until the second comes."""
    world, anna, jan = office()
    assert anna.call.heard == jan.call.heard == [100, 200]
    music = [one for one in performed(world, stage_messages.Play) if one.repeat]
    assert [[sound.path for sound in one.sounds] for one in music] == [[MUSIC]]
    assert mixes(world) == [("board", False), ("board", False)]
    jan.hangs_up()
    world.run()
    assert len(performed(world, stage_messages.Leave)) >= 1
    finish(world)
    assert [record.answered_by for record in world.records] == ["conference board"] * 2
    assert [record.path for record in world.records] == [
        "User 101 -> 800 -> conference board",
        "User 100 -> 800 -> conference board",
    ]


def test_who_holds_is_not_in_the_room_meanwhile() -> None:
    """What a phone plays to who it thinks is held is for no room."""
    world, anna, _ = office()
    before = len(performed(world, stage_messages.Leave))
    anna.holds()
    world.run()
    assert len(performed(world, stage_messages.Leave)) == before + 1
    assert len(mixes(world)) == 2
    anna.resumes()
    world.run()
    assert mixes(world)[2:] == [("board", False)]
    finish(world)


def test_who_holds_alone_hears_the_second_later() -> None:
    world = World("100", "101", "102")
    world, anna, jan = office()
    jan.hangs_up()
    world.run()
    anna.holds()
    world.run()
    third = Phone(world, "102")
    third.invites("800")
    world.run()
    assert len(mixes(world)) == 3
    anna.resumes()
    world.run()
    assert len(mixes(world)) == 4
    finish(world)


def test_a_member_who_is_silent_for_too_long_is_gone() -> None:
    """CF-5."""
    world, anna, jan = office()
    port = next(call.caller.port for call in world.calls._board.calls.values())
    assert port is not None
    world.calls.media_event(RtpTimeout(port))
    world.run()
    assert (anna.call.byes_heard, jan.call.byes_heard) == (1, 0)
    assert len(world.calls) == 1
    finish(world)


def test_without_music_who_is_alone_hears_nothing() -> None:
    world, _, jan = office()
    world.calls._board.music = ""
    played = len(performed(world, stage_messages.Play))
    jan.hangs_up()
    world.run()
    repeated = [one for one in performed(world, stage_messages.Play)[played:] if one.repeat]
    assert repeated == []
    finish(world)


def test_members_are_put_on_one_worker() -> None:
    world, _, _ = office()
    board = world.calls._board
    anna, jan = board.calls.values()
    wanted = Conference("board", "")
    assert service.neighbour(anna, wanted) is jan.caller.port
    assert service.neighbour(jan, wanted) is anna.caller.port
    assert service.neighbour(jan, Conference("open", "")) is None
    for call in (anna, jan):
        assert call.service is not None
        call.service.part()
    assert service.neighbour(anna, wanted) is jan.caller.port
    finish(world)


def bridged(ports: int = 10_000) -> tuple[World, Phone, Phone]:
    """Anna is on worker 1, Jan on worker 2; both are in the room."""
    world, anna, jan = office()
    jan.hangs_up()
    world.run()
    media, workers = world.media, iter([2])
    plain = media.open

    def spread(
        address: str, *, beside: MediaPort | None = None, at_once: bool = False
    ) -> MediaPort:
        port = plain(address, beside=beside, at_once=at_once)
        port.worker = next(workers, 1 if beside is None else beside.worker)
        return port

    media.open = spread  # type: ignore[method-assign]
    media.free = ports
    jan.invites("800")
    world.run()
    return world, anna, jan


def test_a_call_on_another_worker_is_bridged() -> None:
    """Over ports of our own: near is joined to the caller, far is in the room."""
    world, _, jan = bridged()
    own, near, far = list(world.media.open_ports)[-3:]
    assert (own.worker, near.worker, far.worker) == (2, 2, 1)
    assert world.media.open_ports[own].joined is near
    for here, there in ((near, far), (far, near)):
        (remote,) = world.media.open_ports[here].remotes
        assert (remote.address, remote.rtp_port) == ("127.0.0.1", there.rtp_port)
        assert [one.encoding for one in remote.formats] == ["PCMA", "TELEPHONE-EVENT"]
    assert performed(world, stage_messages.Mix)[-1].port == far.id
    world.calls.media_event(RtpTimeout(near))
    assert len(world.calls) == 2
    jan.hangs_up()
    world.run()
    assert len(world.media.open_ports) == 1
    finish(world)


def test_who_is_alone_because_the_others_worker_died_waits_for_new_ones() -> None:
    world, anna, jan = bridged()
    lost = tuple(port for port in world.media.open_ports if port.worker == 1)
    world.calls.media_event(PortsLost(lost, "killed"))
    world.run()
    assert (anna.call.byes_heard, jan.call.byes_heard) == (1, 0)
    assert len(world.media.open_ports) == 1
    finish(world)


def test_a_bridge_that_is_lost_ends_its_call() -> None:
    world, anna, jan = bridged()
    far = list(world.media.open_ports)[-1]
    world.calls.media_event(PortsLost((far,), "killed"))
    world.run()
    assert (anna.call.byes_heard, jan.call.byes_heard) == (0, 1)
    finish(world)


@pytest.mark.parametrize("ports", [1, 2])
def test_a_call_that_cannot_be_bridged_is_told_so(ports: int) -> None:
    world, anna, jan = bridged(ports)
    world.run(1.0)
    assert (anna.call.byes_heard, jan.call.byes_heard) == (0, 1)
    assert len(world.media.open_ports) == 1
    finish(world)


def test_a_call_that_is_over_is_in_no_room() -> None:
    world, _, _ = office()
    anna, _ = world.calls._board.calls.values()
    line = anna.service
    assert line is not None
    finish(world)
    assert not line.meet("board", muted=False)
    line.part()
    line.entertain()
