"""What lies in a jitter buffer, packet by packet or in one piece."""

from softswitch.media.shelf import Shelf

RUN = b"".join(bytes([number]) * 160 for number in range(5))


def shelf() -> Shelf:
    it = Shelf()
    it.put_run(1600, RUN, 160)
    return it


def test_a_run_is_as_many_packets_as_it_has() -> None:
    it = Shelf()
    assert not it
    assert it.first() is None
    it[0] = b"x" * 160
    it.put_run(1600, RUN, 160)
    assert it
    assert len(it) == 6
    assert it.first() == 0
    assert len(it) == 6


def test_whole_packets_are_taken_until_the_end_is_reached() -> None:
    it = shelf()
    assert it.take_run(1760, 3000) == b"", "it begins before that"
    assert it.take_run(1600, 1601) == RUN[:160]
    assert it.take_run(1760, 2080) == RUN[160:480]
    assert it.take_run(2080, 9999) == RUN[480:]
    assert it.take_run(2400, 9999) == b""
    assert not it


def test_what_follows_is_put_behind() -> None:
    it = shelf()
    it.take_run(1600, 1920)
    it.put_run(2400, RUN, 160)
    assert len(it) == 8
    assert it.take_run(1920, 9999) == RUN[320:] + RUN


def test_what_does_not_follow_is_another_run_and_the_first_one_is_unfolded() -> None:
    it = shelf()
    it.put_run(8000, RUN, 160)
    it.put_run(8800, RUN, 80)
    assert it.step == 80
    assert sorted(it) == [*range(1600, 2400, 160), *range(8000, 8800, 160)]
    assert it[1760] == RUN[160:320]
    assert len(it) == 20
    assert it.take_run(8800, 8801) == RUN[:80]


def test_unfolded_packets_lie_at_their_positions() -> None:
    it = shelf()
    it.take_run(1600, 1601)
    assert it.first() == 1760
    assert dict(it) == {1600 + 160 * number: bytes([number]) * 160 for number in range(1, 5)}
    assert it.take_run(1760, 9999) == b""
