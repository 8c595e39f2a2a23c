"""Can this machine relay with io_uring? Asked once, when a worker starts.

Containers often forbid it, an administrator may (kernel.io_uring_disabled), and kernels before 6.1
lack some of it. Version numbers say little of that, so one packet makes the whole way: received by
an armed socket into a buffer of ours, and sent to an address from a registered socket.
"""

import errno
import socket
import struct
import sys

import numpy as np

from softswitch.media.engine.backends import uring_abi as abi
from softswitch.media.engine.backends import uring_requests as requests
from softswitch.media.engine.backends.uring_buffers import SIZE, Buffers
from softswitch.media.engine.backends.uring_names import encode
from softswitch.media.engine.backends.uring_ring import Ring

REASONS = {
    errno.ENOSYS: "this kernel has no io_uring, or one of before 6.1",
    errno.EINVAL: "the io_uring of this kernel is older than 6.1",
    errno.EPERM: "io_uring is not permitted here (kernel.io_uring_disabled, or the container)",
    errno.EACCES: "io_uring is not permitted here (the container)",
    errno.ENOMEM: "not enough memory may be locked for io_uring (ulimit -l)",
}
HOST = "127.0.0.1"
PATIENCE = 0.1
"""Seconds; on loopback the packet is there before we look."""
_PACKET = b"is it there?"


def why_not() -> str:
    """Why io_uring is not for us, in a few words; empty when it is."""
    if sys.byteorder != "little" or struct.calcsize("P") != 8:
        return "io_uring is used on little-endian machines of 64 bits only"
    try:
        return "" if _works() else "the io_uring of this kernel is older than 6.1"
    except OSError as error:
        return REASONS.get(error.errno or 0, f"io_uring: {error.strerror}")


def _works() -> bool:
    """Does a packet come back that is sent to ourselves? Raises OSError when something refuses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((HOST, 0))
        address = sock.getsockname()
        ring = Ring(8, 16)
        try:
            return _send_and_receive(ring, sock.fileno(), encode(address))
        finally:
            ring.close()


def _send_and_receive(ring: Ring, descriptor: int, name: bytes) -> bool:
    ring.reserve_files(1)
    ring.set_files(0, descriptor)
    buffers = Buffers(ring, 8)
    header = np.frombuffer(abi.MESSAGE_HEADER.pack(0, abi.NAME_ROOM, *[0] * 7), np.uint8)
    memory = np.frombuffer(name + _PACKET, np.uint8)
    at = memory.ctypes.data
    data = requests.user_data(requests.tag(requests.Kind.RTP, 1), 0)
    ring.submit(requests.receive(0, header.ctypes.data, data))
    send = requests.send(0, (at, len(name)), data)
    ring.submit_packet(send, at + len(name), len(_PACKET))
    ring.enter(1, PATIENCE)
    for completion in ring.completions(2).tolist():
        flags = completion[abi.FLAGS]
        number = flags >> abi.IORING_CQE_BUFFER_SHIFT
        if flags & abi.IORING_CQE_F_BUFFER and flags & abi.IORING_CQE_F_MORE:
            start = number * SIZE + abi.PACKET_AT
            source, _ = buffers.about(number)
            return (source, bytes(buffers.view[start : start + len(_PACKET)])) == (name, _PACKET)
    return False
