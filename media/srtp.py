"""SRTP and SRTCP (RFC 3711): packets of one direction, protected or unprotected under one key.

                 encrypted
    | RTP header | payload | authentication tag |

libsrtp does the work, through its binding and not through `pylibsrtp.Session`: a packet is
unprotected where it lies, an error is a number and not an exception, and a key is wiped once
libsrtp has derived its own from it.

One context serves any number of SSRCs, as long as they come one after the other: each has a
rollover counter and a replay window of its own, and beyond `MAX_STREAMS` the one heard of first is
retired: with its window gone, its packets would be new again. Only a packet whose tag is right
makes a stream, so a stranger's packets grow nothing, and no number of them ends anything.
"""

import struct
import sys
from collections.abc import Callable, Iterable
from mmap import mmap
from typing import Any, NamedTuple

from pylibsrtp._binding import ffi, lib

REPLAY_WINDOW = 128
"""Packets: two and a half seconds of audio may come out of order (RFC 3711 §3.3.2 asks for 64)."""
MAX_STREAMS = 8
"""SSRCs of one context; a phone that starts a new one every minute grows nothing."""
MAX_RETIRED = 1024
"""Former SSRCs that are remembered, so that nobody can bring them back."""
MAX_PACKET = 2048
"""Octets of a packet before protection."""
MAX_TRAILER = 4 + 16
"""Octets that protection adds at most: the SRTCP index and the longest tag."""

_data = ffi.new("char[]", MAX_PACKET + MAX_TRAILER)
"""Where packets are copied to that are protected apart from where they lie."""
_view = ffi.buffer(_data)
_RTP_HEADER = 12
_RTCP_HEADER = 8
_OK = lib.srtp_err_status_ok
_protect, _unprotect = lib.srtp_protect, lib.srtp_unprotect
_length = ffi.new("int *")
"""Of the packet that libsrtp has in hand: one thread of a process has keys."""
_POLICY = struct.Struct("=IiIiiI")
"""libsrtp's srtp_crypto_policy_t: cipher, octets of key and salt, authentication, octets of its key
and of its tag, services. The binding has no names for the fields."""
_AES_CM_128_SHA1_80 = (1, 30, 3, 20, 10, 3)
_AES_CM_256 = 5
_AES_CM_256_OCTETS = 46


class SrtpError(ValueError):
    """A suite that is not known, or a key of the wrong length."""


class Suite(NamedTuple):
    """A crypto suite of RFC 4568 §6.2, RFC 6188 or RFC 7714."""

    name: str
    key_octets: int
    salt_octets: int
    profile: int
    """libsrtp's number of it; for AES_256_CM that of the suite which differs in the key only."""

    @property
    def octets(self) -> int:
        """Of a master key with its salt behind it."""
        return self.key_octets + self.salt_octets


def _reads_policies() -> bool:
    """Whether the fields of a policy lie where we believe: AES_256_CM has to be written there."""
    policy = ffi.new("srtp_policy_t *")
    lib.srtp_crypto_policy_set_from_profile_for_rtp(
        ffi.addressof(policy.rtp), lib.srtp_profile_aes128_cm_sha1_80
    )
    field = ffi.buffer(ffi.addressof(policy.rtp))
    return len(field) == _POLICY.size and _POLICY.unpack(field[:]) == _AES_CM_128_SHA1_80


_CM_80, _CM_32 = lib.srtp_profile_aes128_cm_sha1_80, lib.srtp_profile_aes128_cm_sha1_32
_ALL = (
    Suite("AEAD_AES_128_GCM", 16, 12, lib.srtp_profile_aead_aes_128_gcm),
    Suite("AEAD_AES_256_GCM", 32, 12, lib.srtp_profile_aead_aes_256_gcm),
    Suite("AES_256_CM_HMAC_SHA1_80", 32, 14, _CM_80),
    Suite("AES_CM_128_HMAC_SHA1_80", 16, 14, _CM_80),
    Suite("AES_256_CM_HMAC_SHA1_32", 32, 14, _CM_32),
    Suite("AES_CM_128_HMAC_SHA1_32", 16, 14, _CM_32),
)
SUITES: dict[str, Suite] = {
    suite.name: suite for suite in _ALL if suite.octets != _AES_CM_256_OCTETS or _reads_policies()
}
"""Best first: GCM is the fastest and authenticates the longest, a short tag is better than none."""


class Run:
    """Packets of one source under one key, one after the other: what `Memory` needs for them."""

    __slots__ = ("_owner", "session")

    def __init__(self, owner: Any) -> None:
        self._owner = owner  # the session lives as long as that
        self.session: Any = owner[0]
        """libsrtp's; None when the source is retired: from then on all is refused."""


class Memory:
    """A large buffer that packets lie in, never resized: they are protected and unprotected there,
    many at once, since libsrtp costs half as much when it has just been at work."""

    __slots__ = ("_data",)

    def __init__(self, buffer: bytearray | memoryview | mmap) -> None:
        self._data = ffi.from_buffer("char[]", buffer)

    def unprotect_each(
        self, runs: Iterable[Run | None], starts: Iterable[int], sizes: Iterable[int]
    ) -> list[int]:
        """Octets that are left of packets, each of its run, that lie from `starts` on; -1 where
        `Receiver.unprotect` gives that. Without a run a packet stays as it is. Each has an RTP
        header, with the SSRC of its run."""
        return self._each(_unprotect, runs, starts, sizes)

    def protect_each(
        self, runs: Iterable[Run | None], starts: Iterable[int], sizes: Iterable[int]
    ) -> list[int]:
        """Octets to be sent of each packet, with MAX_TRAILER octets of room behind it; -1 where
        `Sender.protect` gives None. Else like `unprotect_each`."""
        return self._each(_protect, runs, starts, sizes)

    def _each(
        self,
        work: Callable[[Any, Any, Any], int],
        runs: Iterable[Run | None],
        starts: Iterable[int],
        sizes: Iterable[int],
    ) -> list[int]:
        data, length, left = self._data, _length, []
        for run, start, size in zip(runs, starts, sizes, strict=True):
            if run is None:
                left.append(size)
                continue
            session = run.session
            length[0] = size
            if session is None or work(session, data + start, length) != _OK:
                left.append(-1)
            else:
                left.append(length[0])
        return left


class _Context:
    """What both directions share."""

    __slots__ = ("_owner", "_retired", "_run", "_session", "_ssrc", "_streams", "suite")

    def __init__(self, suite: str, key: bytes, direction: int) -> None:
        """`key` is the master key with its salt behind it. Raises SrtpError."""
        known = SUITES.get(suite)
        if known is None:
            raise SrtpError("unknown crypto suite")
        if len(key) != known.octets:
            raise SrtpError(f"{suite} wants {known.octets} octets of key and salt, not {len(key)}")
        self.suite = suite
        self._owner = _session(known, key, direction)
        self._session = self._owner[0]
        self._ssrc = b""
        """Of the packet before."""
        self._streams: dict[bytes, None] = {}
        """SSRCs that libsrtp keeps, in the order of their first packets."""
        self._retired: dict[bytes, None] = {}
        self._run: tuple[bytes, Run] | None = None
        """The last that was asked for, and its SSRC."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.suite}>"

    def run(self, ssrc: int) -> Run | None:
        """For packets of this SSRC that follow; None before one of them was found right."""
        name = ssrc.to_bytes(4, "big")
        if name not in self._streams:
            return None
        if self._run is None or self._run[0] != name:
            self._run = name, Run(self._owner)
        return self._run[1]

    def _met(self, ssrc: bytes) -> None:
        """A packet of this SSRC was found right."""
        self._ssrc = ssrc
        streams, retired = self._streams, self._retired
        if ssrc in streams:
            return
        if len(streams) >= MAX_STREAMS:
            oldest = next(iter(streams))
            del streams[oldest]
            # libsrtp takes the number as it lies in memory
            lib.srtp_remove_stream(self._session, int.from_bytes(oldest, sys.byteorder))
            if len(retired) >= MAX_RETIRED:
                del retired[next(iter(retired))]
            retired[oldest] = None
            if self._run is not None and self._run[0] == oldest:
                self._run[1].session = None
        streams[ssrc] = None


class Receiver(_Context):
    """Takes protection off. Nothing raises, whatever the packet is."""

    __slots__ = ("_buffer", "_data")

    def __init__(self, suite: str, key: bytes) -> None:
        """`key` is the remote's master key with its salt behind it. Raises SrtpError."""
        super().__init__(suite, key, lib.ssrc_any_inbound)
        self._buffer: bytearray | None = None
        self._data: Any = None

    def unprotect(self, packet: bytearray, size: int) -> int:
        """Decrypt the first `size` octets where they lie; the octets that are left, or -1.

        -1: the tag is wrong, the packet came before, or is older than the window. The bytearray
        cannot be resized as long as it is the last that was given.
        """
        if packet is not self._buffer:
            self._data = ffi.from_buffer(packet)
            self._buffer = packet
        ssrc = packet[8:12]
        other = ssrc != self._ssrc
        if size < _RTP_HEADER or (other and bytes(ssrc) in self._retired):
            return -1
        length = _length
        length[0] = size
        if _unprotect(self._session, self._data, length) != _OK:
            return -1
        if other:
            self._met(bytes(ssrc))
        return int(length[0])

    def unprotect_rtcp(self, data: bytes) -> bytes | None:
        """The packet in clear; None when its tag is wrong or it came before."""
        size, ssrc = len(data), data[4:8]
        if not _RTCP_HEADER <= size <= MAX_PACKET or ssrc in self._retired:
            return None
        packet = bytearray(data)
        _length[0] = size
        found = ffi.from_buffer(packet)
        if lib.srtp_unprotect_rtcp(self._session, found, _length) != _OK:
            return None
        self._met(ssrc)
        return bytes(packet[: _length[0]])


class Sender(_Context):
    """Puts protection on. No packet is protected twice: the same key stream over another payload
    would show both (RFC 3711 §9.1)."""

    __slots__ = ()

    def __init__(self, suite: str, key: bytes) -> None:
        """`key` is our own master key with its salt behind it. Raises SrtpError."""
        super().__init__(suite, key, lib.ssrc_any_outbound)

    def protect(self, packet: bytes | bytearray | memoryview) -> bytes | None:
        """The packet as it is to be sent; None when its number was used or is far in the past."""
        size = len(packet)
        if not _RTP_HEADER <= size <= MAX_PACKET:
            return None
        view, length = _view, _length
        view[0:size] = packet
        ssrc: bytes = view[8:12]
        other = ssrc != self._ssrc
        if other and ssrc in self._retired:
            return None
        length[0] = size
        if _protect(self._session, _data, length) != _OK:
            return None
        if other:
            self._met(ssrc)
        protected: bytes = view[0 : length[0]]
        return protected

    def protect_rtcp(self, data: bytes) -> bytes | None:
        """The report as it is to be sent; None when it is none."""
        size, ssrc = len(data), data[4:8]
        if not _RTCP_HEADER <= size <= MAX_PACKET or ssrc in self._retired:
            return None
        _view[0:size] = data
        _length[0] = size
        if lib.srtp_protect_rtcp(self._session, _data, _length) != _OK:
            return None
        self._met(ssrc)
        protected: bytes = _view[0 : _length[0]]
        return protected


def _session(suite: Suite, key: bytes, direction: int) -> Any:
    """libsrtp's session of that suite, which frees itself; our copy of the key is wiped."""
    policy = ffi.new("srtp_policy_t *")
    rtp, rtcp = ffi.addressof(policy.rtp), ffi.addressof(policy.rtcp)
    lib.srtp_crypto_policy_set_from_profile_for_rtp(rtp, suite.profile)
    lib.srtp_crypto_policy_set_from_profile_for_rtcp(rtcp, suite.profile)
    if suite.octets == _AES_CM_256_OCTETS:
        for field in (rtp, rtcp):
            struct.pack_into("=Ii", ffi.buffer(field), 0, _AES_CM_256, _AES_CM_256_OCTETS)
    master = ffi.new("unsigned char[]", key)
    policy.key = master
    policy.ssrc.type = direction
    policy.window_size = REPLAY_WINDOW
    session = ffi.gc(ffi.new("srtp_t *"), _free)
    status = lib.srtp_create(session, policy)
    ffi.buffer(master)[:] = bytes(len(ffi.buffer(master)))
    if status != _OK:
        raise SrtpError("libsrtp refuses the key")
    return session


def _free(session: Any) -> None:
    if session[0] != ffi.NULL:
        lib.srtp_dealloc(session[0])
