"""What the kernel is asked to do, one submission each, and how its answers are told apart.

The upper half of user_data is a tag: what kind of answer it is, and the generation of the leg that
it was asked for. A leg's number is used again, its generation never: an answer that comes late
meets nobody.
"""

import enum

from softswitch.media.engine.backends import uring_abi as abi
from softswitch.media.engine.backends.uring_buffers import GROUP

GENERATIONS = 1 << 28
"""So many openings of legs until a generation comes back, a week at 500 calls a second."""
_KIND_SHIFT = 28
_SEND_FLAGS = abi.MSG_DONTWAIT | abi.MSG_NOSIGNAL
_REGISTERED_ONCE = abi.IOSQE_FIXED_FILE | abi.IOSQE_CQE_SKIP_SUCCESS


class Kind(enum.IntEnum):
    """What a completion is about."""

    RTP = 0
    RTCP = 1
    SEND = 2
    """A packet that a leg received could not be sent."""
    WORDS = 3
    """Signalling has said something."""
    OTHER = 4
    """Nobody wants to know."""


def tag(kind: Kind, generation: int) -> int:
    """The upper half of user_data."""
    return kind << _KIND_SHIFT | generation


def untag(value: int) -> tuple[int, int]:
    """Kind and generation."""
    return value >> _KIND_SHIFT, value & (GENERATIONS - 1)


def user_data(value: int, number: int) -> int:
    """A tag, and the number of a leg."""
    return value << 32 | number


def receive(file: int, message_at: int, data: int) -> bytes:
    """Receive packets with their sources, until something ends it."""
    flags = abi.IOSQE_FIXED_FILE | abi.IOSQE_BUFFER_SELECT
    return abi.SQE_STRUCT.pack(
        abi.IORING_OP_RECVMSG, flags, abi.IORING_RECV_MULTISHOT, file,
        0, message_at, 1, 0, data, GROUP, 0, 0, 0, 0, 0,
    )  # fmt: skip


def send(file: int, name: tuple[int, int], data: int) -> bytes:
    """Send to a sockaddr (address in memory and size). What, is still to be said."""
    return abi.SQE_STRUCT.pack(
        abi.IORING_OP_SEND, _REGISTERED_ONCE, 0, file,
        name[0], 0, 0, _SEND_FLAGS, data, 0, 0, name[1], 0, 0, 0,
    )  # fmt: skip


def cancel(data: int) -> bytes:
    """End the receive that was asked for with this user_data."""
    return abi.SQE_STRUCT.pack(
        abi.IORING_OP_ASYNC_CANCEL, abi.IOSQE_CQE_SKIP_SUCCESS, 0, -1,
        0, data, 0, 0, NOBODY, 0, 0, 0, 0, 0, 0,
    )  # fmt: skip


def cancel_all() -> bytes:
    """End everything."""
    every = abi.IORING_ASYNC_CANCEL_ALL | abi.IORING_ASYNC_CANCEL_ANY
    return abi.SQE_STRUCT.pack(
        abi.IORING_OP_ASYNC_CANCEL, abi.IOSQE_CQE_SKIP_SUCCESS, 0, -1,
        0, 0, 0, every, NOBODY, 0, 0, 0, 0, 0, 0,
    )  # fmt: skip


def poll(descriptor: int) -> bytes:
    """Tell once when this descriptor (no registered file) can be read."""
    return abi.SQE_STRUCT.pack(
        abi.IORING_OP_POLL_ADD, 0, 0, descriptor,
        0, 0, 0, abi.POLLIN, user_data(tag(Kind.WORDS, 0), 0), 0, 0, 0, 0, 0, 0,
    )  # fmt: skip


NOBODY = user_data(tag(Kind.OTHER, 0), 0)
