"""The messages of a call as octets to be kept, and back.

Packed where they repeat each other, and where they repeat what SIP messages usually say: a third
smaller so, and in three quarters of the time. Nothing is masked here; `trace` does that before.
"""

import struct
import zlib
from collections.abc import Iterable
from typing import NamedTuple

LEVEL, WINDOW, MEMORY = 1, 13, 5
"""zlib's fastest level, a window of 8 kB that finds nearly all, and tables of 16 kB: the usual ones
of 256 kB take longer to clear than the messages to pack."""

MAGIC = b"softswitch trace 1\n"
_HEAD = struct.Struct("!I")  # messages left out
_ENTRY = struct.Struct("!dBBHI")  # wall time, sent, leg, octets of the flow text, octets of data

USUAL = b"".join(
    (
        b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n",
        b"m=audio 10000 RTP/AVP 0 8 9 101\r\na=rtpmap:9 G722/8000\r\n",
        b"a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n",
        b"a=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n",
        b'SIP/2.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm="softswitch", nonce="",',
        b' algorithm=SHA-256, qop="auth"\r\nWWW-Authenticate: Digest realm="softswitch", nonce="",',
        b' algorithm=MD5, qop="auth"\r\nAuthorization: ***\r\n',
        b"INVITE sip:@127.0.0.1:5060 SIP/2.0\r\nMax-Forwards: 70\r\n",
        b"Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, INFO, UPDATE, SUBSCRIBE\r\n",
        b"Supported: replaces, timer\r\nUser-Agent: \r\nServer: \r\n",
        b"Content-Type: application/sdp\r\nContent-Length: 0\r\n\r\n",
        b"SIP/2.0 183 Session Progress\r\nSIP/2.0 180 Ringing\r\nSIP/2.0 100 Trying\r\n",
        b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK;rport=5060;received=",
        b"127.0.0.1\r\nFrom: <sip:@127.0.0.1>;tag=\r\nTo: <sip:@127.0.0.1>;tag=\r\nCall-ID: \r\n",
        b"CSeq: 1 INVITE\r\nContact: <sip:@127.0.0.1:5060>\r\nCSeq: 2 BYE\r\n",
        b'Reason: Q.850;cause=16;text="Normal call clearing"\r\n',
        b"UDP 127.0.0.1:5060 127.0.0.1:5060ACK sip:BYE sip:CANCEL sip:",
    )
)
"""What stands before each call for the packer; the most frequent last, as zlib likes it. It may not
be changed without another `MAGIC`: what is kept cannot be read with another."""

_packer = zlib.compressobj(LEVEL, zlib.DEFLATED, WINDOW, MEMORY, zdict=USUAL)
"""Has read what is usual, and is copied for each call."""


class Entry(NamedTuple):
    """One message of a trace."""

    at: float
    """Wall clock, Unix seconds."""
    sent: bool
    leg: int
    """0 is the caller's, the others are the devices' in the order they were called."""
    flow: str
    """`UDP 192.0.2.1:5060 198.51.100.7:5062`: protocol, our end, the peer's."""
    data: bytes


class Trace(NamedTuple):
    """The messages of one call, in the order they passed."""

    entries: list[Entry]
    left_out: int
    """Messages that were dropped behind the first ones, for the call was too long."""


def pack(entries: Iterable[tuple[float, bool, int, bytes, bytes]], left_out: int) -> bytes:
    """Entries (with the flow as octets) and how many are missing; for unpack()."""
    parts = [_HEAD.pack(left_out)]
    for at, sent, leg, flow, data in entries:
        parts += _ENTRY.pack(at, sent, leg, len(flow), len(data)), flow, data
    packer = _packer.copy()
    return MAGIC + packer.compress(b"".join(parts)) + packer.flush()


def unpack(blob: bytes) -> Trace:
    """What pack() gave. Raises ValueError when it is something else."""
    if not blob.startswith(MAGIC):
        raise ValueError("this is no SIP trace")
    try:
        unpacker = zlib.decompressobj(zdict=USUAL)
        text = unpacker.decompress(blob[len(MAGIC) :])
        if not unpacker.eof:
            raise zlib.error("its end is missing")
        (left_out,) = _HEAD.unpack_from(text)
        entries = []
        offset = _HEAD.size
        while offset < len(text):
            at, sent, leg, flow_size, size = _ENTRY.unpack_from(text, offset)
            middle = offset + _ENTRY.size + flow_size
            flow = text[offset + _ENTRY.size : middle].decode()
            offset = middle + size
            entries.append(Entry(at, bool(sent), leg, flow, text[middle:offset]))
    except (struct.error, zlib.error, UnicodeDecodeError) as error:
        raise ValueError(f"the SIP trace is damaged: {error}") from None
    return Trace(entries, left_out)
