"""Packets that leave one by one lie still until the kernel has read them."""

import ctypes
import socket
from typing import cast

from softswitch.media.engine.backends.uring_names import encode
from softswitch.media.engine.backends.uring_outbox import PLACE_SIZE, PLACES, Outbox
from softswitch.media.engine.backends.uring_ring import Ring


class Kernel:
    """Reads what is queued when it is told to, and not before."""

    def __init__(self) -> None:
        self.waiting: list[tuple[bytes, int, int]] = []
        self.sent: list[bytes] = []

    @property
    def queued(self) -> int:
        return len(self.waiting)

    def submit_packet(self, sqe: bytes, address: int, size: int) -> None:
        self.waiting.append((sqe, address, size))

    def flush(self) -> None:
        for _, address, size in self.waiting:
            self.sent.append(ctypes.string_at(address, size))
        self.waiting.clear()


def outbox(capacity: int = 4) -> tuple[Outbox, Kernel]:
    kernel = Kernel()
    return Outbox(cast(Ring, kernel), capacity), kernel


def test_packets_are_there_as_they_were_when_the_kernel_reads_them() -> None:
    box, kernel = outbox()
    packet = bytearray(b"first")
    box.send(b"to anna", memoryview(packet))
    packet[:] = b"later"
    box.send(b"to jan", memoryview(packet))
    assert kernel.sent == []
    kernel.flush()
    assert kernel.sent == [b"first", b"later"]


def test_more_packets_than_there_is_room_for_leave_in_parts() -> None:
    box, kernel = outbox()
    packets = [number.to_bytes(2, "big") for number in range(PLACES + 3)]
    for packet in packets:
        box.send(b"", packet)
    assert (len(kernel.sent), kernel.queued) == (PLACES, 3)
    kernel.flush()
    assert kernel.sent == packets


def test_a_packet_that_fits_no_place_is_lost_as_in_any_network() -> None:
    box, kernel = outbox()
    box.send(b"", bytes(PLACE_SIZE + 1))
    box.send(b"", bytes(PLACE_SIZE))
    kernel.flush()
    assert [len(packet) for packet in kernel.sent] == [PLACE_SIZE]


def test_each_leg_has_a_name_of_its_own_for_its_remote() -> None:
    box, _ = outbox()
    anna, jan = ("192.0.2.1", 4000), ("2001:db8::7", 5000)
    names = [box.name(0, anna), box.name(3, jan)]
    found = [ctypes.string_at(address, size) for address, size in names]
    assert found == [encode(anna), encode(jan)]
    assert found[0][:2] == socket.AF_INET.to_bytes(2, "little")


def test_what_is_queued_goes_to_the_remote_of_before() -> None:
    """The kernel reads the name when it reads the packet."""
    box, kernel = outbox()
    address, _ = box.name(0, ("192.0.2.1", 4000))
    box.send(b"", b"for the old one")
    box.name(0, ("192.0.2.9", 4000))
    assert kernel.sent == [b"for the old one"]
    box.name(0, ("192.0.2.8", 4000))
    assert ctypes.string_at(address, 8) == encode(("192.0.2.8", 4000))[:8]
