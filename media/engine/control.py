"""What signalling and a media worker say to each other.

One datagram of the channel carries many messages, each as kind (1 octet), length of the body (2),
and body (`wire`). All numbers are big-endian. Both ends are of the same installation: bytes that
do not parse are a bug of ours, and raise.
"""

import struct
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from softswitch.media.engine import stage_messages, wire
from softswitch.media.engine.interface import Dtls, Ice, PortStatistics, Remote, Sdes
from softswitch.media.formats import Format

MAX_DATAGRAM = 32 * 1024
"""Well below the default socket buffer, so that a datagram always fits an empty channel."""


class Configure(NamedTuple):
    """First to a new worker: what it owns."""

    first_port: int
    stop_port: int
    rtp_timeout: float
    held_timeout: float
    addresses: tuple[str, ...]
    certificate: bytes = b""
    """For DTLS, with its key. Empty: there is none."""

    def __repr__(self) -> str:
        return f"Configure({self.first_port}, {self.stop_port}, {self.addresses}, key hidden)"


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
    begun: bool = False
    """The remote may have spoken already, so what has come is for this leg."""


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


class Insecure(NamedTuple):
    """A port can never be secured as promised."""

    port: int
    why: str


class Qualities(NamedTuple):
    """What ports in use have seen up to now."""

    ports: tuple[tuple[int, PortStatistics], ...]


class Alive(NamedTuple):
    """The worker's heartbeat: how many ports are in use."""

    ports: int


class Notice(NamedTuple):
    """Something for the log that is as it should be."""

    text: str


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
    | Insecure
    | Qualities
    | Alive
    | Notice
    | Trouble
    | stage_messages.Message
)

REMEMBERED = 1024
"""Descriptions, without keys."""
MAX_FORMATS = 32
MAX_PARAMETERS = 255
"""Characters. A stranger's description becomes a message, which must fit a datagram."""
QUALITIES = 200
"""Ports of one message; for the same reason."""

_HEADER = struct.Struct("!BH")
_LENT = struct.Struct("!H?")
_PAIR = struct.Struct("!IH")
_PORT = struct.Struct("!I")
_REMOTE = struct.Struct("!IHHI?h?")
_SECURITY = (Sdes, Dtls)


_SILENT = PortStatistics()
"""Of ports that nothing came to or left from: calls that nobody answered, most of all."""


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
    rest = remote[8:]
    plain = rest == _PLAIN
    types = remote.payload_types
    return (
        _REMOTE.pack(
            message.port,
            remote.rtp_port,
            remote.rtcp_port,
            remote.clock_rate,
            remote.nat,
            -1 if keepalive is None else keepalive,
            plain,
        )
        + wire.text(remote.address)
        + wire.text(remote.signalling_address)
        + bytes((len(types), *types))
        + (b"" if plain else _encode_rest(rest))
    )


def _decode_set_remote(body: bytes) -> SetRemote:
    port, rtp_port, rtcp_port, clock_rate, nat, keepalive, plain = _REMOTE.unpack_from(body)
    address_at = _REMOTE.size + 1
    address_end = address_at + body[address_at - 1]
    signalling_end = address_end + 1 + body[address_end]
    types_at = signalling_end + 1
    types_end = types_at + body[signalling_end]
    remote = Remote(
        body[address_at:address_end].decode(errors="replace"),
        rtp_port,
        rtcp_port,
        tuple(body[types_at:types_end]),
        body[address_end + 1 : signalling_end].decode(errors="replace"),
        nat,
        None if keepalive < 0 else keepalive,
        clock_rate,
        *(_PLAIN if plain else _decode_rest(body[types_end:])),
    )
    return SetRemote(port, remote)


_PLAIN = Remote("", 0, 0, (), "", False, None)[8:]
"""The later fields of a remote of which nothing but numbers is known."""


def _encode_rest(rest: tuple[Any, ...]) -> bytes:
    """Described only: remembered, for phones describe the same few lists in every call. What has
    keys or passwords is different each time, and nobody keeps it."""
    formats, expected, ptime, security, ice, *others = rest
    if security is None and ice is None:
        return b"\0" + _encode_described(rest)
    kind = -1 if security is None else _SECURITY.index(type(security))
    described = _encode_described((formats, expected, ptime, None, None, *others))
    return b"\1" + wire.pack((described, kind, tuple(security or ()), tuple(ice or ())))


def _decode_rest(body: bytes) -> tuple[Any, ...]:
    if not body[0]:
        return _decode_described(body[1:])
    described, kind, security, ice = wire.unpack(body[1:])
    rest = _decode_described(described)
    return (
        *rest[:3],
        None if kind < 0 else _SECURITY[kind](*security),
        Ice(*ice) if ice else None,
        *rest[5:],
    )


@lru_cache(REMEMBERED)
def _encode_described(rest: tuple[Any, ...]) -> bytes:
    lists = tuple(
        tuple((*known[:4], known.parameters[:MAX_PARAMETERS]) for known in formats[:MAX_FORMATS])
        for formats in rest[:2]
    )
    return wire.pack((*lists, *rest[2:]))


@lru_cache(REMEMBERED)
def _decode_described(data: bytes) -> tuple[Any, ...]:
    *lists, ptime, security, ice, rtcp_mux, kind, rtcp = wire.unpack(data)
    formats = (tuple(map(Format._make, one)) for one in lists)
    return (*formats, ptime, security, ice, rtcp_mux, kind, rtcp)


def _encode_closed(message: Closed) -> bytes:
    if message.statistics == _SILENT:
        return _PORT.pack(message.port)
    return wire.pack((message.port, tuple(message.statistics)))


def _decode_closed(body: bytes) -> Closed:
    if len(body) == _PORT.size:
        return Closed(_PORT.unpack(body)[0], _SILENT)
    port, figures = wire.unpack(body)
    return Closed(port, PortStatistics(*figures))


def _encode_qualities(message: Qualities) -> bytes:
    return wire.pack(tuple((port, tuple(figures)) for port, figures in message.ports))


def _decode_qualities(body: bytes) -> Qualities:
    ports = wire.unpack(body)
    return Qualities(tuple((port, PortStatistics(*figures)) for port, figures in ports))


_CODECS: tuple[wire.Codec, ...] = (
    (Lent, _encode_lent, _decode_lent),
    (SetRemote, _encode_set_remote, _decode_set_remote),
    (Closed, _encode_closed, _decode_closed),
    (Qualities, _encode_qualities, _decode_qualities),
    (Notice, lambda message: message.text.encode(), lambda body: Notice(body.decode())),
    (Trouble, lambda message: message.text.encode(), lambda body: Trouble(body.decode())),
    wire.values(Configure),
    wire.values(Insecure),
    wire.numbers(Lend, "HI"),
    wire.numbers(Open, "I?"),
    wire.numbers(Join, "II"),
    wire.numbers(Part, "I"),
    wire.numbers(Hold, "I?"),
    wire.numbers(Close, "I"),
    wire.numbers(TimedOut, "I"),
    wire.numbers(Alive, "I"),
    *stage_messages.CODECS,
)


_ENCODERS = {codec[0]: (kind, codec[1]) for kind, codec in enumerate(_CODECS)}
_DECODERS = [codec[2] for codec in _CODECS]
