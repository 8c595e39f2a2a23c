"""What the kernel is asked, as linux/io_uring.h has it, and how its answers find home."""

import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.engine.backends import uring_abi as abi
from softswitch.media.engine.backends import uring_requests as requests
from softswitch.media.engine.backends.uring_requests import GENERATIONS, NOBODY, Kind

kinds = st.sampled_from(list(Kind))
generations = st.integers(0, GENERATIONS - 1)


def fields(sqe: bytes) -> dict[str, int]:
    """Some of a submission, at the places where the kernel looks."""
    assert len(sqe) == abi.SQE_SIZE
    opcode, flags, ioprio, file = struct.unpack_from("=BBHi", sqe)
    address, length, options, data, group = struct.unpack_from("=QIIQH", sqe, 16)
    return {
        "opcode": opcode,
        "flags": flags,
        "ioprio": ioprio,
        "file": file,
        "address": address,
        "length": length,
        "options": options,
        "data": data,
        "group": group,
    }


@given(kinds, generations, st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_an_answer_says_what_it_is_about_and_for_whom(
    kind: Kind, generation: int, number: int
) -> None:
    data = requests.user_data(requests.tag(kind, generation), number)
    assert 0 <= data < 2**64
    assert requests.untag(data >> 32) == (kind, generation)
    assert data & 0xFFFFFFFF == number


@given(kinds, generations, st.integers(0, 2**20), generations)
@settings(max_examples=30)
def test_an_answer_for_a_leg_that_is_gone_meets_nobody(
    kind: Kind, generation: int, number: int, other: int
) -> None:
    """The number of a leg is used again, its generation is another."""
    late = requests.user_data(requests.tag(kind, generation), number)
    new = requests.user_data(requests.tag(kind, other), number)
    assert (late == new) == (generation == other)


def test_a_receive_goes_on_until_something_ends_it() -> None:
    said = fields(requests.receive(7, 0x1000, 99))
    assert said["opcode"] == 10  # IORING_OP_RECVMSG
    assert said["flags"] == 1 | 1 << 5, "a registered file, and a buffer of ours when one is needed"
    assert said["ioprio"] == 1 << 1, "again and again"
    assert (said["file"], said["address"], said["data"], said["group"]) == (7, 0x1000, 99, 0)


def test_a_send_is_answered_only_when_it_failed_and_never_waits() -> None:
    sqe = requests.send(7, (0x2000, 28), 99)
    said = fields(sqe)
    assert said["opcode"] == 26  # IORING_OP_SEND
    assert said["flags"] == 1 | 1 << 6
    assert said["options"] == 0x40 | 0x4000, "neither waits nor raises a signal"
    assert struct.unpack_from("=Q", sqe, 8) == (0x2000,), "addr2: to whom"
    assert struct.unpack_from("=H", sqe, 44) == (28,), "addr_len"
    assert (said["address"], said["length"]) == (0, 0), "what is sent is still to be said"


def test_what_is_sent_is_said_behind_the_rest() -> None:
    sqe = bytearray(requests.send(7, (0x2000, 28), 99))
    abi.SQE_PACKET.pack_into(sqe, abi.SQE_PACKET_AT, 0x3000, 172)
    said = fields(bytes(sqe))
    assert (said["address"], said["length"], said["data"]) == (0x3000, 172, 99)
    assert struct.unpack_from("=Q", sqe, abi.SQE_ADDR * 8) == (0x3000,)


def test_what_is_ended_is_found_by_what_it_was_asked_with() -> None:
    said = fields(requests.cancel(99))
    assert (said["opcode"], said["address"], said["data"]) == (14, 99, NOBODY)
    every = fields(requests.cancel_all())
    assert (every["opcode"], every["options"], every["data"]) == (14, 1 << 0 | 1 << 2, NOBODY)


def test_signalling_is_listened_to_on_a_file_that_is_not_registered() -> None:
    said = fields(requests.poll(5))
    assert (said["opcode"], said["flags"], said["file"], said["options"]) == (6, 0, 5, 1)
    assert requests.untag(said["data"] >> 32) == (Kind.WORDS, 0)
