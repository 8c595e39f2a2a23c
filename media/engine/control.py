"""What signalling and a media worker say to each other.

One datagram of the channel carries many messages, each as kind (1 octet), length of the body (2),
and body. All numbers are big-endian. Both ends are of the same installation: bytes that do not
parse are a bug of ours, and raise.
"""

import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from softswitch.media.engine.interface import PortStatistics, Remote

MAX_DATAGRAM = 32 * 1024
"""Well below the default socket buffer, so that a datagram always fits an empty channel."""


class Configure(NamedTuple):
    """First to a new worker: what it owns."""

    first_port: int
    stop_port: int
    rtp_timeout: float
    held_timeout: float
    addresses: tuple[str, ...]


class Lend(NamedTuple):
    """Bind this many more pairs of an address, and lend them."""

    address: int
    """Index into the configured addresses."""
    pairs: int


class Lent(NamedTuple):
    """Pairs that may be opened from now on."""

    address: int
    exhausted: bool
    """The range is used up: there will be no more."""
    pairs: tuple[tuple[int, int], ...]
    """Number of the pair, and its RTP port."""


class Open(NamedTuple):
    """The pair is in use."""

    port: int


class SetRemote(NamedTuple):
    """A port's remote, as in the interface."""

    port: int
    remote: Remote


class Join(NamedTuple):
    """Packets of each go to the other."""

    one: int
    other: int


class Part(NamedTuple):
    """Packets of this one, and of the one it was joined to, go nowhere."""

    port: int


class Hold(NamedTuple):
    """Which RTP time-out applies."""

    port: int
    held: bool


class Close(NamedTuple):
    """The pair is out of use; answered by Closed."""

    port: int


class Closed(NamedTuple):
    """The pair may be opened again."""

    port: int
    statistics: PortStatistics


class TimedOut(NamedTuple):
    """A port's remote is silent for too long."""

    port: int


class Alive(NamedTuple):
    """The worker's heartbeat: how many ports are in use."""

    ports: int


class Trouble(NamedTuple):
    """Something for the log, which signalling writes."""

    text: str


Message = (
    Configure
    | Lend
    | Lent
    | Open
    | SetRemote
    | Join
    | Part
    | Hold
    | Close
    | Closed
    | TimedOut
    | Alive
    | Trouble
)

_HEADER = struct.Struct("!BH")
_CONFIGURE = struct.Struct("!HIdd")
_LENT = struct.Struct("!H?")
_PAIR = struct.Struct("!IH")
_REMOTE = struct.Struct("!IHHI?h")
_STATISTICS = struct.Struct("!IQQQQdQ")


def encode(message: Message) -> bytes:
    """One message, to be put into a datagram."""
    kind, encoder = _ENCODERS[type(message)]
    body = encoder(message)
    return _HEADER.pack(kind, len(body)) + body


def datagrams(encoded: Iterable[bytes]) -> list[bytes]:
    """As few datagrams as carry these messages in order."""
    result = []
    parts: list[bytes] = []
    size = 0
    for message in encoded:
        if size + len(message) > MAX_DATAGRAM:
            result.append(b"".join(parts))
            parts, size = [], 0
        parts.append(message)
        size += len(message)
    if parts:
        result.append(b"".join(parts))
    return result


def decode(datagram: bytes) -> Iterator[Message]:
    """The messages of one datagram."""
    position, end = 0, len(datagram)
    unpack, decoders, size = _HEADER.unpack_from, _DECODERS, _HEADER.size
    while position < end:
        kind, length = unpack(datagram, position)
        start = position + size
        position = start + length
        yield decoders[kind](datagram[start:position])


def _text(value: str) -> bytes:
    data = value.encode()[:255]
    return bytes((len(data),)) + data


def _texts(data: bytes) -> list[str]:
    texts = []
    while data:
        end = 1 + data[0]
        texts.append(data[1:end].decode(errors="replace"))
        data = data[end:]
    return texts


def _encode_configure(message: Configure) -> bytes:
    fixed = _CONFIGURE.pack(*message[:4])
    return fixed + b"".join(_text(address) for address in message.addresses)


def _decode_configure(body: bytes) -> Configure:
    first, stop, timeout, held_timeout = _CONFIGURE.unpack_from(body)
    return Configure(first, stop, timeout, held_timeout, tuple(_texts(body[_CONFIGURE.size :])))


def _encode_lent(message: Lent) -> bytes:
    pairs = b"".join(_PAIR.pack(*pair) for pair in message.pairs)
    return _LENT.pack(message.address, message.exhausted) + pairs


def _decode_lent(body: bytes) -> Lent:
    pairs = tuple((number, port) for number, port in _PAIR.iter_unpack(body[_LENT.size :]))
    address, exhausted = _LENT.unpack_from(body)
    return Lent(address, exhausted, pairs)


def _encode_set_remote(message: SetRemote) -> bytes:
    remote = message.remote
    keepalive = remote.keepalive_payload_type
    return (
        _REMOTE.pack(
            message.port,
            remote.rtp_port,
            remote.rtcp_port,
            remote.clock_rate,
            remote.nat,
            -1 if keepalive is None else keepalive,
        )
        + _text(remote.address)
        + _text(remote.signalling_address)
        + bytes(remote.payload_types)
    )


def _decode_set_remote(body: bytes) -> SetRemote:
    port, rtp_port, rtcp_port, clock_rate, nat, keepalive = _REMOTE.unpack_from(body)
    address_at = _REMOTE.size + 1
    address_end = address_at + body[address_at - 1]
    types_at = address_end + 1 + body[address_end]
    remote = Remote(
        body[address_at:address_end].decode(errors="replace"),
        rtp_port,
        rtcp_port,
        tuple(body[types_at:]),
        body[address_end + 1 : types_at].decode(errors="replace"),
        nat,
        None if keepalive < 0 else keepalive,
        clock_rate,
    )
    return SetRemote(port, remote)


def _encode_closed(message: Closed) -> bytes:
    seen = message.statistics
    return _STATISTICS.pack(
        message.port,
        seen.packets_received,
        seen.octets_received,
        seen.packets_lost,
        seen.packets_sent,
        seen.jitter,
        seen.foreign,
    )


def _decode_closed(body: bytes) -> Closed:
    port, *figures = _STATISTICS.unpack(body)
    return Closed(port, PortStatistics(*figures))


_Codec = tuple[type[Any], Callable[[Any], bytes], Callable[[bytes], Message]]


def _numbers(kind: type[Any], layout: str) -> _Codec:
    """A message that is nothing but numbers."""
    fixed = struct.Struct("!" + layout)
    unpack, make = fixed.unpack, kind._make
    return kind, lambda message: fixed.pack(*message), lambda body: make(unpack(body))


_CODECS: tuple[_Codec, ...] = (
    (Configure, _encode_configure, _decode_configure),
    (Lent, _encode_lent, _decode_lent),
    (SetRemote, _encode_set_remote, _decode_set_remote),
    (Closed, _encode_closed, _decode_closed),
    (Trouble, lambda message: message.text.encode(), lambda body: Trouble(body.decode())),
    _numbers(Lend, "HI"),
    _numbers(Open, "I"),
    _numbers(Join, "II"),
    _numbers(Part, "I"),
    _numbers(Hold, "I?"),
    _numbers(Close, "I"),
    _numbers(TimedOut, "I"),
    _numbers(Alive, "I"),
)


_ENCODERS = {codec[0]: (kind, codec[1]) for kind, codec in enumerate(_CODECS)}
_DECODERS = [codec[2] for codec in _CODECS]
