"""Packets that are read many at a time."""

import socket
import time
from collections.abc import Iterator

import pytest

from softswitch.media.arrivals import LONGEST
from softswitch.media.engine.runs import HEADER, LARGEST, MOST, PAYLOAD, WHOLE, Kept, Reader
from softswitch.media.engine.sockets import deepen
from softswitch.media.rtp import build

pytestmark = pytest.mark.process
HOST = "127.0.0.1"


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A phone's socket and ours, whose packets are stamped."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours,
    ):
        for end in (phone, ours):
            end.bind((HOST, 0))
            end.setblocking(False)
        phone.connect(ours.getsockname())
        yield phone, ours


def test_packets_come_whole_whatever_their_size(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    phone, ours = ends
    sizes = [0, 1, HEADER - 1, HEADER, HEADER + 1, WHOLE, WHOLE + 1, 500, LARGEST, LARGEST + 1]
    sent = [bytes((size + at) & 0xFF for at in range(size)) for size in sizes]
    for packet in sent:
        phone.send(packet)
    reader = Reader(lambda: 0.0)
    count = reader.take(ours.fileno())
    assert reader.sizes(count) == sizes
    assert [bytes(packet) for packet in reader.packets(count)] == sent


def test_headers_and_payloads_of_usual_packets_lie_side_by_side(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    phone, ours = ends
    for number in range(3):
        phone.send(bytes([number]) * HEADER + bytes([100 + number]) * PAYLOAD)
    reader = Reader(lambda: 0.0)
    assert reader.take(ours.fileno()) == 3
    assert reader.headers[: 3 * HEADER] == b"".join(bytes([one]) * HEADER for one in range(3))
    assert bytes(reader.sound[: 3 * PAYLOAD]) == b"".join(
        bytes([100 + one]) * PAYLOAD for one in range(3)
    )


def test_one_call_takes_so_many_and_the_next_one_the_rest(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    phone, ours = ends
    for number in range(MOST + 2):
        phone.send(bytes([number]))
    reader = Reader(lambda: 0.0)
    assert reader.take(ours.fileno()) == MOST
    assert reader.take(ours.fileno()) == 2
    assert reader.packets(2) == [bytes([MOST]), bytes([MOST + 1])]
    assert reader.take(ours.fileno()) == 0


def test_the_kernel_tells_when_each_packet_came(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    phone, ours = ends
    deepen(ours)
    wall = time.clock_gettime(time.CLOCK_REALTIME)
    phone.send(b"one")
    phone.send(b"two")
    reader = Reader(lambda: 1000.0 - wall)
    count = reader.take(ours.fileno())
    first, second = reader.times(count, 1001.0)
    assert 1000.0 - 0.01 <= first <= second < 1001.0
    assert second - first < 0.5


def test_without_stamps_packets_came_just_now(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    phone, ours = ends
    phone.send(b"one")
    reader = Reader(lambda: 0.0)
    assert reader.times(reader.take(ours.fileno()), 7.0) == [7.0]


def test_a_socket_that_is_closed_has_nothing() -> None:
    assert Reader(lambda: 0.0).take(-1) == 0


def test_when_the_clock_was_set_packets_came_just_now(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    phone, ours = ends
    deepen(ours)
    wall = time.clock_gettime(time.CLOCK_REALTIME)
    for moved in (-3600.0, 3600.0):
        phone.send(b"one")
        reader = Reader(lambda moved=moved: 1000.0 - wall + moved)  # type: ignore[misc]
        assert reader.times(reader.take(ours.fileno()), 1000.0) == [1000.0]


def frames(*numbers: int, kind: int = 0, payload: bytes = bytes(PAYLOAD)) -> list[bytes]:
    return [build(kind, number, 160 * number, 7, payload) for number in numbers]


def test_stamped_packets_of_the_usual_length_are_usual(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    phone, ours = ends
    reader = Reader(lambda: 0.0)

    def are_usual(packets: list[bytes]) -> bool:
        for packet in packets:
            phone.send(packet)
        count = reader.take(ours.fileno())
        assert reader.packets(count) == packets
        return reader.are_usual(count)

    assert not are_usual(frames(1))
    deepen(ours)
    assert are_usual(frames(1, 2, 3, kind=8))
    assert not are_usual(frames(1, 2, kind=8) + frames(3, kind=8, payload=b"short"))
    assert are_usual(frames(*range(MOST)))
    assert not are_usual(frames(1, payload=bytes(PAYLOAD + 1)))
    assert are_usual(frames(1))


def test_what_is_kept_stays_when_the_next_packets_are_read(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    phone, ours = ends
    deepen(ours)
    wall = time.clock_gettime(time.CLOCK_REALTIME)
    reader = Reader(lambda: 1000.0 - wall)
    parts = []
    for numbers in ((1, 2), (3,)):
        for packet in frames(*numbers):
            phone.send(packet)
        parts.append(reader.kept(reader.take(ours.fileno())))
    whole = Kept.joined(parts)
    assert whole.run() == (0x8000, 1, 160, 7)
    assert whole.packets() == frames(1, 2, 3)
    assert whole.sound == bytes(3 * PAYLOAD)
    assert [round(at) for at in reader.times_of(whole, 1000.0)] == [1000] * 3


@pytest.mark.parametrize(
    "packets",
    [
        frames(1, 3),
        frames(2, 1),
        [build(0, 0xFFFF, 0, 7, bytes(PAYLOAD)), build(0, 0, 160, 7, bytes(PAYLOAD))],
        [build(0, 1, 0xFFFFFF60, 7, bytes(PAYLOAD)), build(0, 3, 0, 7, bytes(PAYLOAD))],
        frames(*range(LONGEST + 1)),
        [*frames(1), build(0, 2, 480, 7, bytes(PAYLOAD))],
        [*frames(1), build(0, 2, 320, 8, bytes(PAYLOAD))],
        frames(1) + frames(2, kind=8),
    ],
    ids=["gap", "order", "wrap", "carry", "many", "time", "source", "kind"],
)
def test_what_does_not_follow_is_no_run(packets: list[bytes]) -> None:
    headers = b"".join(packet[:HEADER] for packet in packets)
    sound = b"".join(packet[HEADER:] for packet in packets)
    kept = Kept(headers, sound, b"")
    assert kept.run() is None
    assert kept.packets() == packets
