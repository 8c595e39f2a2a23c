"""Keys of packets on the short way of io_uring; with sockets they are tested with the worker."""

import mmap
from typing import Any, cast

import numpy as np
import pytest

from softswitch.media.engine.backends import uring_abi as abi
from softswitch.media.engine.backends.uring_buffers import SIZE, Buffers, Where
from softswitch.media.engine.backends.uring_keys import Keys
from softswitch.media.engine.leg import Leg
from softswitch.media.formats import STATIC
from tests.media.engine.legs import frame, hear, pair
from tests.media.engine.locks import Lock

PCMU = STATIC[0]
COUNT = 8
IDS = np.array([5, 1, 3])


class Room:
    """Buffers without a ring."""

    def __init__(self) -> None:
        self.memory = mmap.mmap(-1, COUNT * SIZE)
        self.view = memoryview(self.memory)
        self.ids = np.arange(COUNT)

    def put(self, where: Where, packets: list[bytes]) -> None:
        for place, packet in zip(self.ids[where].tolist(), packets, strict=True):
            start = place * SIZE + abi.PACKET_AT
            self.view[start : start + len(packet)] = packet

    def get(self, place: int, size: int) -> bytes:
        start = place * SIZE + abi.PACKET_AT
        return bytes(self.view[start : start + size])


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def keys(room: Room) -> Keys:
    return Keys(cast("Buffers", room))


def talking(number: int, hers: Lock | None, his: Lock | None) -> Leg:
    """The leg of this number in the middle of a call."""
    anna, jan = pair((PCMU,), (PCMU,))
    anna.id = number
    anna.guard, jan.guard = hers, his
    anna.guarded()
    for sequence in range(3):
        hear(anna, frame(sequence) + b"k" * (hers is not None), sequence * 0.02)
    return anna


def legs(keys: Keys) -> list[Leg]:
    """Numbers 1, 2 and 3: keys on both sides, none, on the far side."""
    lock = Lock()
    found = [talking(1, lock, lock), talking(2, None, None), talking(3, None, lock)]
    assert all(keys.load(leg) for leg in found)
    return found


def sends(*sizes: int) -> Any:
    rows = np.zeros((len(sizes), 8), np.int64)
    rows.view(np.uint32)[:, 2 * abi.SQE_LEN] = sizes
    return rows


def lengths(rows: Any) -> list[int]:
    found: list[int] = rows.view(np.uint32)[:, 2 * abi.SQE_LEN].tolist()
    return found


@pytest.mark.parametrize("where", [slice(2, 5), IDS], ids=["in a row", "anywhere"])
def test_each_packet_is_treated_as_its_leg_needs_it(keys: Keys, room: Room, where: Where) -> None:
    legs(keys)
    plain = frame(3)
    room.put(where, [plain + b"k", plain, plain])
    numbers = np.array([1, 2, 3])
    sizes = np.array([161, 160, 160], np.uint32)
    same, left, there = keys.take_off(numbers, sizes, where)
    assert same is numbers
    assert there is where
    assert left.tolist() == [160] * 3
    rows = keys.put_on(numbers, sends(172, 172, 172), where)
    assert lengths(rows) == [173, 172, 173]
    first, second, third = room.ids[where].tolist()
    assert room.get(first, 173) == room.get(third, 173) == plain + b"k"
    assert room.get(second, 173) == plain + b"\0"


@pytest.mark.parametrize("where", [slice(2, 5), IDS], ids=["in a row", "anywhere"])
def test_a_wrong_tag_is_a_strangers_and_goes_no_further(
    keys: Keys, room: Room, where: Where
) -> None:
    anna = legs(keys)[0]
    room.put(where, [frame(3) + b"x", frame(3), frame(3)])
    sizes = np.array([161, 160, 160], np.uint32)
    numbers, left, there = keys.take_off(np.array([1, 2, 3]), sizes, where)
    assert (numbers.tolist(), left.tolist()) == ([2, 3], [160, 160])
    assert room.ids[there].tolist() == room.ids[where].tolist()[1:]
    assert anna.foreign == 1


def test_what_cannot_be_protected_is_counted_and_not_sent(keys: Keys, room: Room) -> None:
    lock = Lock()
    anna = talking(1, None, lock)
    assert keys.load(anna)
    lock.ready = False
    room.put(slice(0, 1), [frame(3)])
    assert len(keys.put_on(np.array([1]), sends(172), slice(0, 1))) == 0
    assert anna.failed == 1


def test_a_leg_whose_packets_need_a_closer_look_is_not_loaded(keys: Keys) -> None:
    lock = Lock()
    anna = talking(1, lock, lock)
    lock.ready = False
    assert not keys.load(anna)
    anna.look_closer()
    assert keys.load(anna)  # nothing is secured: the leg says what is plain


def test_who_has_left_has_no_keys_here(keys: Keys, room: Room) -> None:
    for leg in legs(keys):
        keys.leave(leg.id)
    sizes, numbers, where = np.array([161], np.uint32), np.array([1]), slice(0, 1)
    assert keys.take_off(numbers, sizes, where) == (numbers, sizes, where)
    rows = sends(172)
    assert keys.put_on(numbers, rows, where) is rows
