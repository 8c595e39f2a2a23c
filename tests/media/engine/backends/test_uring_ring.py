"""A ring of the kernel's, and the buffers in it."""

import ctypes
import errno
import socket

import numpy as np
import pytest
from numpy.typing import NDArray

from softswitch.media.engine.backends import uring_abi as abi
from softswitch.media.engine.backends import uring_requests as requests
from softswitch.media.engine.backends import uring_ring
from softswitch.media.engine.backends.uring_buffers import SIZE, Buffers
from softswitch.media.engine.backends.uring_ring import Ring
from tests.media.engine.backends.rings import needs_io_uring

pytestmark = needs_io_uring


def poll(descriptor: int) -> NDArray[np.int64]:
    """A submission as a row."""
    return np.frombuffer(requests.poll(descriptor), np.int64).reshape(1, -1)


def test_submissions_wrap_and_are_submitted_in_parts() -> None:
    ring = Ring(4, 64)
    one, other = socket.socketpair()
    other.send(b"x")
    polls = np.concatenate([poll(one.fileno())] * 11)
    ring.submit(requests.poll(one.fileno()))
    ring.submit_rows(polls)
    assert ring.queued > 0
    ring.flush()
    assert ring.queued == 0
    assert len(ring.completions(100)) == 12
    ring.close()
    one.close()
    other.close()


def test_submissions_may_be_written_where_they_are_queued_when_there_is_room_in_one_piece() -> None:
    ring = Ring(4, 64)
    one, other = socket.socketpair()
    other.send(b"x")
    for count in (3, 1, 2):
        place = ring.next_rows(count)
        assert place is not None
        place[:] = poll(one.fileno())
        ring.advance(count)
        assert ring.queued == count
        ring.flush()
        del place
    assert len(ring.completions(100)) == 6
    assert ring.next_rows(3) is None  # beyond the end
    ring.advance(2)
    assert ring.next_rows(3) is None  # not sent yet
    ring.close()
    one.close()
    other.close()


def test_completions_wrap_and_those_that_found_the_ring_full_come_later() -> None:
    ring = Ring(4, 8)
    one, other = socket.socketpair()
    other.send(b"x")
    heard = 0
    for count in (5, 20):
        ring.submit_rows(np.concatenate([poll(one.fileno())] * count))
        for _ in range(5):
            ring.enter(0, 0.0)
            heard += len(ring.completions(100))
    assert heard == 25
    ring.submit_rows(np.concatenate([poll(one.fileno())] * 3))
    ring.enter(3, 1.0)
    assert [len(ring.completions(2)) for _ in range(3)] == [2, 1, 0]
    ring.close()
    one.close()
    other.close()


def test_a_wait_ends_in_time() -> None:
    ring = Ring(4, 8)
    ring.enter(1, 0.001)
    assert len(ring.completions(10)) == 0
    ring.close()


def test_a_kernel_that_takes_nothing_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = Ring(1, 8)
    monkeypatch.setattr(Ring, "enter", lambda *_: None)
    ring.submit(requests.poll(0))
    with pytest.raises(OSError, match="takes no submissions"):
        ring.submit(requests.poll(0))
    ring.close()


def test_mistakes_of_ours_raise() -> None:
    ring = Ring(4, 8)
    with pytest.raises(OSError, match="No such device"):
        ring.set_files(0, 0)
    ring.close()
    ring.close()


def test_an_enter_that_fails_for_good_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = Ring(4, 8)
    monkeypatch.setattr(ctypes, "get_errno", lambda: errno.EBADF)
    monkeypatch.setattr(uring_ring, "_enter", lambda *_: -1)
    with pytest.raises(OSError, match="Bad file descriptor"):
        ring.enter(0, 0.0)
    monkeypatch.undo()
    ring.close()


def test_a_kernel_without_what_we_need_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uring_ring, "NEEDED", 1 << 31)
    with pytest.raises(OSError, match="too old"):
        Ring(4, 8)


def test_buffers_come_back_in_any_order_and_round_the_end() -> None:
    """Eight buffers carry a hundred packets, whose contents and sources are right."""
    ring = Ring(8, 16)
    ring.reserve_files(1)
    buffers = Buffers(ring, 8)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        ring.set_files(0, sock.fileno())
        header = np.frombuffer(abi.MESSAGE_HEADER.pack(0, abi.NAME_ROOM, *[0] * 7), np.uint8)
        ring.submit(requests.receive(0, header.ctypes.data, 1))
        ring.flush()
        heard = []
        for turn in range(20):
            for packet in range(5):
                sock.sendto(b"%d" % (5 * turn + packet), sock.getsockname())
            ring.enter(5, 1.0)
            flags = ring.completions(16)[:, abi.FLAGS]
            assert len(flags) == 5
            ids = (flags >> abi.IORING_CQE_BUFFER_SHIFT).astype(np.intp)
            for number in ids.tolist():
                start = number * SIZE + abi.PACKET_AT
                heard.append(int(bytes(buffers.view[start : start + 3]).rstrip(b"\0")[:2]))
                buffers.view[start : start + 3] = bytes(3)
                assert not buffers.about(number)[1]
            buffers.give_back(ids[::-1] if turn % 2 else ids)
    assert heard == list(range(100))
    ring.close()


def test_buffers_may_come_back_in_pieces_of_any_order() -> None:
    ring = Ring(8, 32)
    ring.reserve_files(1)
    buffers = Buffers(ring, 16)
    taken: list[int] = []

    def receive(packets: int) -> None:
        for _ in range(packets):
            sock.sendto(b"x", sock.getsockname())
        ring.enter(packets, 1.0)
        flags = ring.completions(32)[:, abi.FLAGS]
        taken.extend((flags >> abi.IORING_CQE_BUFFER_SHIFT).tolist())

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        ring.set_files(0, sock.fileno())
        header = np.frombuffer(abi.MESSAGE_HEADER.pack(0, abi.NAME_ROOM, *[0] * 7), np.uint8)
        ring.submit(requests.receive(0, header.ctypes.data, 1))
        ring.flush()
        receive(8)
        for piece in (slice(4, 8), slice(0, 4)):
            buffers.give_back(piece)
        receive(15)  # one is left, for want of another would end the receive
    assert taken == [*range(16), 4, 5, 6, 7, 0, 1, 2]
    ring.close()
