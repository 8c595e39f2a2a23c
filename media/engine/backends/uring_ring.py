"""One io_uring: the two rings that we share with the kernel, and the calls that move them.

A ring's head and tail are counters that wrap at 2³²; where in the ring they point, their lower bits
say. We move the tail of submissions and the head of completions, the kernel the others, and only
while we are inside one of its calls (SINGLE_ISSUER, DEFER_TASKRUN): nothing changes meanwhile, and
a call is a memory barrier.
"""

import ctypes
import errno
import mmap
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softswitch.media.engine.backends import uring_abi as abi

SUBMISSIONS = 4096
"""More are submitted in parts."""
COMPLETIONS = 32768
"""All buffers may come back in one call after a stall, and the end of each receive with them."""
NEEDED = (
    abi.IORING_FEAT_SINGLE_MMAP
    | abi.IORING_FEAT_NODROP
    | abi.IORING_FEAT_EXT_ARG
    | abi.IORING_FEAT_CQE_SKIP
)
PASSING = frozenset({errno.ETIME, errno.EINTR, errno.EAGAIN, errno.EBUSY})
"""Time is up, a signal, no memory just now, completions to be read first: what was not submitted
is submitted by the next call."""
_WRAP = 0xFFFFFFFF
_NONE = np.zeros((0, 4), np.uint32)
_ENTER = abi.SYS_IO_URING_ENTER
_WAITING = abi.IORING_ENTER_GETEVENTS | abi.IORING_ENTER_EXT_ARG
_ARGUMENT_SIZE = abi.GETEVENTS_ARG.size

_libc = ctypes.CDLL(None, use_errno=True)
_call = _libc["syscall"]
_call.restype = ctypes.c_long
_enter = _libc["syscall"]
_enter.restype = ctypes.c_long
_enter.argtypes = [
    ctypes.c_long,
    *[ctypes.c_uint] * 4,
    ctypes.c_void_p,
    ctypes.c_size_t,
]


class Ring:
    """Submissions in, completions out. Raises OSError when the kernel has none for us."""

    def __init__(self, submissions: int = SUBMISSIONS, completions: int = COMPLETIONS) -> None:
        words = (ctypes.c_uint32 * abi.PARAMETERS_WORDS)()
        words[abi.PARAMETER_CQ_ENTRIES] = completions
        words[abi.PARAMETER_FLAGS] = (
            abi.IORING_SETUP_CQSIZE
            | abi.IORING_SETUP_SUBMIT_ALL
            | abi.IORING_SETUP_SINGLE_ISSUER
            | abi.IORING_SETUP_DEFER_TASKRUN
        )
        self._descriptor = _checked(_call(abi.SYS_IO_URING_SETUP, submissions, words))
        parameters = list(words)
        try:
            if parameters[abi.PARAMETER_FEATURES] & NEEDED != NEEDED:
                raise OSError(errno.ENOSYS, "the kernel's io_uring is too old")
            self._map(parameters)
        except BaseException:
            os.close(self._descriptor)
            raise
        self._time = (ctypes.c_int64 * 2)()
        argument = abi.GETEVENTS_ARG.pack(0, abi.SIGNAL_MASK_SIZE, 0, ctypes.addressof(self._time))
        self._argument = ctypes.create_string_buffer(argument, len(argument))
        self._argument_at = ctypes.addressof(self._argument)
        self._timeout = 0.0
        """As `_time` says it."""
        self.closed = False

    def _map(self, parameters: list[int]) -> None:
        submissions, completions = parameters[:2]
        sq, cq = parameters[abi.SQ_OFFSETS :], parameters[abi.CQ_OFFSETS :]
        size = max(sq[abi.OFFSET_ARRAY] + 4 * submissions, cq[abi.OFFSET_CQES] + 16 * completions)
        self._rings = self._mapped(size, abi.IORING_OFF_SQ_RING)
        self._submissions = self._mapped(submissions * abi.SQE_SIZE, abi.IORING_OFF_SQES)
        self._mask, self._completion_mask = submissions - 1, completions - 1
        self.size = submissions
        self._words = memoryview(self._rings).cast("I")
        self._head_at, self._tail_at = sq[abi.OFFSET_HEAD] // 4, sq[abi.OFFSET_TAIL] // 4
        self._done_head_at, self._done_tail_at = cq[abi.OFFSET_HEAD] // 4, cq[abi.OFFSET_TAIL] // 4
        self._tail = self._words[self._tail_at]
        self._done_head = self._words[self._done_head_at]
        self._sqes: NDArray[np.int64] = np.frombuffer(self._submissions, np.int64).reshape(
            submissions, -1
        )
        self._cqes: NDArray[np.uint32] = np.frombuffer(
            self._rings, np.uint32, completions * 4, cq[abi.OFFSET_CQES]
        ).reshape(completions, 4)
        # each place of the submission ring names the submission of the same index, once for all
        order = np.frombuffer(self._rings, np.uint32, submissions, sq[abi.OFFSET_ARRAY])
        order[:] = np.arange(submissions)

    def _mapped(self, size: int, offset: int) -> mmap.mmap:
        access = mmap.PROT_READ | mmap.PROT_WRITE
        return mmap.mmap(self._descriptor, size, mmap.MAP_SHARED, access, offset=offset)

    @property
    def queued(self) -> int:
        """Submissions that the kernel has not taken yet."""
        return (self._tail - self._words[self._head_at]) & _WRAP

    @property
    def unread(self) -> int:
        """Completions that nobody has fetched yet."""
        return (self._words[self._done_tail_at] - self._done_head) & _WRAP

    def submit(self, sqe: bytes) -> None:
        """Queue one submission (`SQE_STRUCT`). Raises OSError when the kernel takes none at all."""
        self._make_room(1)
        at = (self._tail & self._mask) * abi.SQE_SIZE
        self._submissions[at : at + abi.SQE_SIZE] = sqe
        self.advance(1)

    def submit_packet(self, sqe: bytes, address: int, size: int) -> None:
        """Queue a send of what lies at this address. Raises OSError like `submit`."""
        tail = self._tail
        if (tail - self._words[self._head_at]) & _WRAP == self.size:
            self.flush()
        at = (tail & self._mask) * abi.SQE_SIZE
        self._submissions[at : at + abi.SQE_SIZE] = sqe
        abi.SQE_PACKET.pack_into(self._submissions, at + abi.SQE_PACKET_AT, address, size)
        self._tail = self._words[self._tail_at] = (tail + 1) & _WRAP

    def next_rows(self, count: int) -> NDArray[np.int64] | None:
        """Where the next submissions are to be written, for `advance`; None when there is no room
        for them in one piece."""
        tail = self._tail
        at = tail & self._mask
        free = self.size - ((tail - self._words[self._head_at]) & _WRAP)
        return self._sqes[at : at + count] if count <= free and at + count <= self.size else None

    def submit_rows(self, sqes: NDArray[np.int64]) -> None:
        """Queue many submissions, each a row of eight words. Raises OSError like `submit`."""
        while len(sqes):
            at = self._tail & self._mask
            part = sqes[: self.size - at]
            count = len(part)
            self._make_room(count)
            self._sqes[at : at + count] = part
            self.advance(count)
            sqes = sqes[count:]

    def advance(self, count: int) -> None:
        """So many submissions have been written."""
        self._tail = (self._tail + count) & _WRAP
        self._words[self._tail_at] = self._tail

    def _make_room(self, count: int) -> None:
        if self.queued + count > self.size:
            self.flush()

    def flush(self) -> None:
        """Submit all that is queued. Raises OSError when the kernel does not take it."""
        self.enter(0, 0.0)
        if self.queued:
            raise OSError(errno.ENOMEM, "io_uring takes no submissions")

    def enter(self, wait: int, timeout: float) -> None:
        """Submit all that is queued; wait for so many completions, so many seconds at most.

        Raises OSError only for mistakes of ours.
        """
        if timeout != self._timeout:
            self._timeout = timeout
            whole = int(timeout)
            self._time[0] = whole
            self._time[1] = int((timeout - whole) * 1e9)
        queued = (self._tail - self._words[self._head_at]) & _WRAP
        result = _enter(
            _ENTER, self._descriptor, queued, wait, _WAITING, self._argument_at, _ARGUMENT_SIZE
        )
        if result < 0 and ctypes.get_errno() not in PASSING:
            _checked(result)

    def completions(self, most: int) -> NDArray[np.uint32]:
        """The oldest completions, at most so many, as rows of four words; they are read then."""
        head = self._done_head
        count = (self._words[self._done_tail_at] - head) & _WRAP
        if not count:
            return _NONE
        count = count if count < most else most
        at = head & self._completion_mask
        rows = self._cqes[at : at + count].copy()
        if len(rows) < count:
            rows = np.concatenate((rows, self._cqes[: count - len(rows)]))
        self._done_head = self._words[self._done_head_at] = (head + count) & _WRAP
        return rows

    def register(self, what: int, argument: Any, count: int) -> None:
        """io_uring_register, with a buffer or an address. Raises OSError."""
        _checked(_call(abi.SYS_IO_URING_REGISTER, self._descriptor, what, argument, count))

    def reserve_files(self, count: int) -> None:
        """Make an empty table of files. Raises OSError."""
        sparse = abi.RSRC_REGISTER.pack(count, abi.IORING_RSRC_REGISTER_SPARSE, 0, 0, 0)
        self.register(abi.IORING_REGISTER_FILES2, sparse, len(sparse))

    def set_files(self, first: int, *descriptors: int) -> None:
        """Enter files into the table. Raises OSError."""
        files = (ctypes.c_int32 * len(descriptors))(*descriptors)
        update = abi.FILES_UPDATE.pack(first, 0, ctypes.addressof(files))
        self.register(abi.IORING_REGISTER_FILES_UPDATE, update, len(descriptors))

    def close(self) -> None:
        """Give the ring back to the kernel, and with it every file in its table."""
        if self.closed:
            return
        self.closed = True
        del self._sqes, self._cqes
        self._words.release()
        self._rings.close()  # which have the ring open, too
        self._submissions.close()
        os.close(self._descriptor)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
