"""Numbers and layouts of io_uring, by their names in linux/io_uring.h and linux/socket.h.

    submission (SQE, 64 octets)   what the kernel is to do     we write, it reads
    completion (CQE, 16 octets)   what has become of it        it writes, we read

Both are rows of numpy arrays here, so that a batch of packets is a few operations on columns.
"""

import struct

import numpy as np

SYS_IO_URING_SETUP, SYS_IO_URING_ENTER, SYS_IO_URING_REGISTER = 425, 426, 427
"""The same on every architecture that Linux has gained or kept since 2019."""

# io_uring_setup
IORING_SETUP_CQSIZE = 1 << 3
IORING_SETUP_SUBMIT_ALL = 1 << 7
"""One bad submission does not hold up the rest of its batch."""
IORING_SETUP_SINGLE_ISSUER = 1 << 12
"""Only the thread that made the ring uses it: the kernel saves locks."""
IORING_SETUP_DEFER_TASKRUN = 1 << 13
"""Packets are received while we are in io_uring_enter, and never interrupt us before (6.1)."""

IORING_FEAT_SINGLE_MMAP = 1 << 0
IORING_FEAT_NODROP = 1 << 1
"""Completions that find the ring full are kept until there is room."""
IORING_FEAT_EXT_ARG = 1 << 8
"""io_uring_enter takes a time to wait."""
IORING_FEAT_CQE_SKIP = 1 << 11

IORING_OFF_SQ_RING = 0
IORING_OFF_SQES = 0x10000000

# io_uring_enter
IORING_ENTER_GETEVENTS = 1 << 0
IORING_ENTER_EXT_ARG = 1 << 3

# io_uring_register
IORING_UNREGISTER_FILES = 3
IORING_REGISTER_FILES_UPDATE = 6
IORING_REGISTER_FILES2 = 13
IORING_REGISTER_PBUF_RING = 22
IORING_RSRC_REGISTER_SPARSE = 1 << 0
"""A table of files that is empty at first."""

# submissions
IORING_OP_POLL_ADD = 6
IORING_OP_RECVMSG = 10
IORING_OP_ASYNC_CANCEL = 14
IORING_OP_SEND = 26
IOSQE_FIXED_FILE = 1 << 0
"""`fd` is an index into the table of files: the kernel need not look it up."""
IOSQE_BUFFER_SELECT = 1 << 5
"""The kernel takes a buffer of ours when a packet is there, not before."""
IOSQE_CQE_SKIP_SUCCESS = 1 << 6
"""A completion only if it failed."""
IORING_RECV_MULTISHOT = 1 << 1
"""In `ioprio`: receive again and again, until something ends it."""
IORING_ASYNC_CANCEL_ALL = 1 << 0
IORING_ASYNC_CANCEL_ANY = 1 << 2

# completions
IORING_CQE_F_BUFFER = 1 << 0
"""The upper 16 bits of the flags say which buffer was taken."""
IORING_CQE_F_MORE = 1 << 1
"""The receive goes on; without it, it has to be armed again."""
IORING_CQE_BUFFER_SHIFT = 16
RECEIVED = IORING_CQE_F_BUFFER | IORING_CQE_F_MORE
"""Of a packet from a receive that goes on."""

# linux/socket.h
MSG_TRUNC = 0x20
MSG_DONTWAIT = 0x40
"""A send that cannot be done at once fails: none is ever left pending, so that all buffers of a
batch are free when io_uring_enter returns."""
MSG_NOSIGNAL = 0x4000

# linux/poll.h
POLLIN = 1

SQE_SIZE = 64
SQE_STRUCT = struct.Struct("=BBHiQQIIQHHHHQQ")
"""struct io_uring_sqe: opcode, flags, ioprio, fd, addr2, addr, len, msg_flags, user_data,
buf_group, personality, addr_len, 0, 0, 0."""
SQE_PACKET, SQE_PACKET_AT = struct.Struct("=QI"), 16
"""What is sent: address and length."""
SQE_ADDR, SQE_LEN = 2, 3
"""Words of eight octets of a submission: the address, and in the lower half of the next the length
of what is sent."""

USER_DATA, TAG, RESULT, FLAGS = range(4)
"""Columns of completions, each a row of four 32-bit words: the two halves of user_data, `res` (to
be read as signed), `flags`."""

BUFFER = np.dtype([("addr", "u8"), ("len", "u4"), ("bid", "u2"), ("tail", "u2")])
"""struct io_uring_buf; in the first one of a ring, `tail` is the ring's tail, not a buffer's. The
kernel reads it only while we are in its call: until then it may be anything."""
BUFFER_RING_TAIL = 7
"""Where it is, in 16-bit words."""

PARAMETERS_WORDS = 30
"""struct io_uring_params in 32-bit words, and where some of them stand."""
PARAMETER_CQ_ENTRIES, PARAMETER_FLAGS, PARAMETER_FEATURES = 1, 2, 5
SQ_OFFSETS, CQ_OFFSETS = 10, 20
OFFSET_HEAD, OFFSET_TAIL = 0, 1
OFFSET_ARRAY = 6
"""Of the submission ring: where the indices of submissions stand."""
OFFSET_CQES = 5
"""Of the completion ring."""

GETEVENTS_ARG = struct.Struct("=QIIQ")
"""struct io_uring_getevents_arg: signal mask, its size, 0, address of a time."""
SIGNAL_MASK_SIZE = 8
FILES_UPDATE = struct.Struct("=IIQ")
"""struct io_uring_files_update: first index, 0, address of the descriptors."""
RSRC_REGISTER = struct.Struct("=IIQQQ")
"""struct io_uring_rsrc_register: entries, flags, 0, data, tags."""
BUFFER_RING = struct.Struct("=QIHHQQQ")
"""struct io_uring_buf_reg: address, entries, group, flags, 0, 0, 0."""

# What a multishot RECVMSG writes into a buffer: struct io_uring_recvmsg_out, the source, the packet
NAME_AT = 16
NAME_ROOM = 32
"""A sockaddr_in6 has 28 octets; with four more the RTP header does not straddle a cache line."""
PACKET_AT = NAME_AT + NAME_ROOM
RECVMSG_OUT = struct.Struct("=IIII32s")
"""Lengths of source, control data and packet; flags; the source, and whatever was there before."""
MESSAGE_HEADER = struct.Struct("=QIIQQQQII")
"""struct msghdr of a 64-bit machine: address and room for the source; the rest is 0."""
