"""Each talker hears the others."""

import numpy as np
import pytest

from softswitch.media.mix.limiter import Limiter
from softswitch.media.mix.sums import sums_of


@pytest.mark.parametrize("sizes", [[1], [3], [1, 2, 3], [2, 9, 1], [40]])
def test_sums_are_of_all_and_of_all_but_one(sizes: list[int]) -> None:
    rooms = np.repeat(np.arange(len(sizes)) * 2, sizes)
    talkers = np.arange(len(rooms)) + 10
    sound = np.random.default_rng(1).integers(-500, 500, (len(rooms), 160)).astype(np.float32)
    limiter = Limiter()
    limiter.grow(20)
    sums = sums_of(talkers, rooms, sound, limiter)
    assert sums.rooms.tolist() == [2 * index for index in range(len(sizes))]
    for room, common in zip(sums.rooms, sums.common, strict=True):
        assert np.array_equal(common, sound[rooms == room].sum(0))
    several = [one for one, room in zip(talkers, rooms, strict=True) if sizes[room // 2] > 1]
    assert sums.talkers.tolist() == several
    for talker, own in zip(sums.talkers, sums.own, strict=True):
        others = (rooms == rooms[talker - 10]) & (talkers != talker)
        assert np.array_equal(own, sound[others].sum(0))


def test_without_talkers_there_is_nothing() -> None:
    nobody = np.zeros(0, np.intp)
    sums = sums_of(nobody, nobody, np.zeros((0, 160), np.float32), Limiter())
    assert [len(part) for part in sums] == [0, 0, 0, 0]


def test_a_loud_room_is_turned_down_for_all_who_hear_it() -> None:
    limiter = Limiter()
    limiter.grow(1)
    three = np.zeros(3, np.intp)
    sound = np.full((3, 160), 25_000, np.float32)
    sums = sums_of(np.arange(3), three, sound, limiter)
    assert np.abs(sums.common[:, 40:]).max() < 29_300
    assert np.allclose(sums.own[:, 40:], sums.common[:, 40:] * 2 / 3)
