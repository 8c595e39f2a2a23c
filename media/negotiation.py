"""Offers and answers that cross the switch (RFC 3264), as long as it only relays.

What one side says about its audio is said to the other side with our address in its place: codecs,
their order and numbers, packet times, bandwidth and direction are kept, so the phones agree with
each other and the relay need not understand the codec. What belongs to the path (ICE, keys, RTCP
multiplexing, SSRCs, feedback) ends here, because the path ends here.

    caller                      switch                       callee
      offer   --- read() --->  RemoteMedia  --- carry() --->  offer of ours, one m-line
      answer  <- answer_for() - RemoteMedia  <--- read() ---   answer

A late offer runs the other way with the same functions: the callee's 200 holds the offer, the
caller's ACK the answer.

Only RTP/AVP and RTP/AVPF. Encrypted profiles are refused with 488 unless a plain stream stands
beside; keys under RTP/AVP ("optimistic" encryption) are dropped, so the answer declines them.
"""

from dataclasses import dataclass
from functools import lru_cache

from softswitch.media.sdp import (
    MAX_PORT,
    NAME,
    UNICAST,
    UNREACHABLE,
    UNSPECIFIED,
    MediaDescription,
    SdpError,
    SessionDescription,
    address_kind,
    address_type,
    connection_address,
    number,
)

NOT_ACCEPTABLE = 488

PLAIN = frozenset({"RTP/AVP", "RTP/AVPF"})
"""Profiles that a relay without keys can carry (RFC 3551, RFC 4585)."""

OFFERED_PROFILE = "RTP/AVP"
"""Ours to the other side: without a=rtcp-fb the feedback profile has nothing to say, and desk
phones refuse it. The answer names the profile of the offer again."""

DIRECTIONS = frozenset({"sendrecv", "sendonly", "recvonly", "inactive"})

WITHOUT_RECEIVING = {"sendrecv": "sendonly", "recvonly": "inactive"}
"""c=0.0.0.0 asks the other side not to send (RFC 3264 §8.4): that is a direction, too."""

STATIC_PAYLOAD_TYPES = 35
"""Payload types below need no rtpmap (RFC 3551 §6)."""

MAX_PAYLOAD_TYPE = 127
MAX_PTIME = 240
"""Milliseconds. The largest that phones offer is 120; a packet of 240 ms still fits a datagram."""

SILENT_IN_ZEROS = frozenset({0, 8})
"""PCMU and PCMA: the payload types whose silence we can send without a codec."""

ANY = "0.0.0.0"
ANY6 = "::"

AUDIO = "\r\nm=audio "
ORIGIN = "\r\no="
ANY_PORT = 9
"""Stands in a description that is remembered for that of the call: the discard service's."""

USUAL_OCTETS = 2048
"""Longer descriptions are not remembered. With SHAPES they take 3 MB of memory at most."""

SHAPES = 512
"""Descriptions that are remembered: a kind of phone at an address each, with what it says on
hold. A flood of others only evicts."""


@dataclass(slots=True)
class RemoteMedia:
    """The audio stream of an offer or answer: where that side wants it, and how."""

    address: str
    """An IP address; the unspecified one while the side is on RFC 2543 hold or gave a host name:
    nothing can be sent there, only to where its packets come from."""
    rtp_port: int
    rtcp_port: int
    payload_types: tuple[int, ...]
    direction: str
    """From that side's view; c=0.0.0.0 is already part of it."""
    index: int
    """Which media description of `description` it is."""
    profile: str
    carried: str
    """The lines that cross, each with CRLF; for carry() and answer_for()."""
    bandwidth: str
    description: SessionDescription
    """Shared by calls: its origin and port may be left out, and nobody may change it."""

    @property
    def held(self) -> bool:
        """That side does not want to hear us."""
        return self.direction in ("sendonly", "inactive")

    @property
    def keepalive_payload_type(self) -> int | None:
        """The preferred codec, if a frame of silence can be made for it: 0 or 8."""
        first = self.payload_types[0]
        return first if first in SILENT_IN_ZEROS else None


def read(body: bytes) -> RemoteMedia:
    """The first plain audio stream of an offer or answer.

    Raises SdpError: 400 malformed, 413 too large, 488 nothing in it that we can relay.
    """
    usual = _without_numbers(body)
    if usual is None:
        return _read(SessionDescription.parse(body))
    text, port = usual
    media = _remembered(text)
    return RemoteMedia(
        media.address,
        port,
        port + 1,
        media.payload_types,
        media.direction,
        media.index,
        media.profile,
        media.carried,
        media.bandwidth,
        media.description,
    )


def _without_numbers(body: bytes) -> tuple[str, int] | None:
    """What a phone says in every call, and the port of this one; None when it is not that simple.

    Left out are the numbers that change with every call: the origin, which nobody here reads, and
    the port of the only stream.
    """
    if len(body) > USUAL_OCTETS:
        return None
    head, _, stream = body.decode("latin-1").partition(AUDIO)
    port, _, rest = stream.partition(" ")
    if not (0 < len(port) <= 5 and port.isdecimal() and 0 < int(port) < MAX_PORT):
        return None
    if "m=" in head or "m=" in rest or "a=rtcp:" in rest:
        return None  # perhaps another stream or port
    before, _, behind = head.partition(ORIGIN)
    origin, _, after = behind.partition("\r\n")
    if not origin.isprintable():
        return None  # perhaps more than one line
    return f"{before}\r\n{after}{AUDIO}{ANY_PORT} {rest}", int(port)


@lru_cache(maxsize=SHAPES)
def _remembered(text: str) -> RemoteMedia:
    """The same for all calls; whoever reads it must not change it."""
    return _read(SessionDescription.parse(text.encode("latin-1")))


def _read(description: SessionDescription) -> RemoteMedia:
    index = _plain_audio(description.media)
    media = description.media[index]
    default = _Lines()
    default.read(description.lines, ())
    own = _Lines()
    own.read(media.lines, media.formats)
    usable = _usable_formats(media.formats, own.named)
    address, held = _address(own.connection or default.connection)
    direction = own.direction or default.direction or "sendrecv"
    if held:
        direction = WITHOUT_RECEIVING.get(direction, direction)
    return RemoteMedia(
        address,
        media.port,
        own.rtcp_port or min(media.port + 1, MAX_PORT),
        usable,
        direction,
        index,
        media.protocol,
        "".join(own.kept),
        "".join(default.bandwidth + own.bandwidth),
        description,
    )


def carry(
    media: RemoteMedia, *, address: str, rtp_port: int, session_id: int, version: int
) -> bytes:
    """The stream as an offer of ours to the other side: one media description, at our address.

    The caller counts: `session_id` stays for the life of the leg's dialog, `version` goes up by one
    with every description on that leg that differs from the last (RFC 3264 §8).
    """
    return (
        _session(address, session_id, version) + _stream(media, OFFERED_PROFILE, address, rtp_port)
    ).encode("latin-1")


def answer_for(
    offer: RemoteMedia,
    answer: RemoteMedia,
    *,
    address: str,
    rtp_port: int,
    session_id: int,
    version: int,
) -> bytes:
    """The other side's answer, as our answer to the offerer.

    It has the offer's media descriptions, as many and in the same order; those we do not carry
    are declined with port 0 (RFC 3264 §6).
    """
    media = offer.description.media
    if len(media) == 1:
        streams = _stream(answer, offer.profile, address, rtp_port)
    else:
        streams = "".join(
            _stream(answer, offer.profile, address, rtp_port)
            if index == offer.index
            else _declined(one)
            for index, one in enumerate(media)
        )
    return (_session(address, session_id, version) + streams).encode("latin-1")


def is_private(address: str) -> bool:
    """True when the address says little about where packets will come from: latch on them.

    Addresses that are not reachable from everywhere, the unspecified one, and host names.
    """
    return address_kind(address) != UNICAST


class _Lines:
    """What one pass over the lines of the session, or of the chosen stream, finds."""

    __slots__ = ("bandwidth", "connection", "direction", "kept", "named", "rtcp_port")

    def __init__(self) -> None:
        self.connection: str | None = None
        self.direction: str | None = None
        self.rtcp_port: int | None = None
        self.named: set[str] = set()
        self.kept: list[str] = []
        self.bandwidth: list[str] = []

    def read(self, lines: list[str], formats: "list[str] | tuple[()]") -> None:
        """The last of a repeated attribute wins; the first `c=` does."""
        for line in lines:
            letter = line[0]
            if letter == "a":
                self._attribute(line, formats)
            elif letter == "c":
                self.connection = self.connection or connection_address(line)
            elif letter == "b" and line.rpartition(":")[2].isdecimal() and len(line) < 24:
                self.bandwidth.append(f"{line}\r\n")

    def _attribute(self, line: str, formats: "list[str] | tuple[()]") -> None:
        name, _, value = line[2:].partition(":")
        if name == "rtpmap" or name == "fmtp":
            payload_type, _, rest = value.partition(" ")
            if payload_type in formats and rest and (name == "fmtp" or _names_codec(rest)):
                if name == "rtpmap":
                    self.named.add(payload_type)
                self.kept.append(f"{line}\r\n")
        elif name in DIRECTIONS:
            self.direction = name
        elif name == "ptime" or name == "maxptime":
            if len(value) <= 3 and value.isdecimal() and 0 < int(value) <= MAX_PTIME:
                self.kept.append(f"{line}\r\n")
        elif name == "silenceSupp":
            self.kept.append(f"{line}\r\n")
        elif name == "rtcp":
            # RFC 3605: a port, and perhaps an address, which with NAT is rarely the true one
            self.rtcp_port = number(value.partition(" ")[0], MAX_PORT, "RTCP port")


def _names_codec(rtpmap: str) -> bool:
    """Is this the `<encoding>/<clock rate>` of an rtpmap (RFC 8866 §6.6)?"""
    encoding, _, rate = rtpmap.partition("/")
    return bool(encoding) and rate[:1].isdecimal()


def _plain_audio(media: list[MediaDescription]) -> int:
    """The index of the audio stream to relay. Raises SdpError 488."""
    encrypted = False
    for index, one in enumerate(media):
        if one.port and one.kind.lower() == "audio":
            if one.protocol.upper() in PLAIN:
                return index
            encrypted = True
    problem = "audio only with a profile we cannot relay" if encrypted else "no audio stream"
    raise SdpError(problem, NOT_ACCEPTABLE)


def _usable_formats(formats: list[str], named: set[str]) -> tuple[int, ...]:
    """Payload types in order of preference, those that nothing defines left out.

    Raises SdpError: 400 for one that is no payload type, 488 when none is left.
    """
    usable = []
    for text in formats:
        payload_type = number(text, MAX_PAYLOAD_TYPE, "payload type")
        if payload_type < STATIC_PAYLOAD_TYPES or text in named:
            usable.append(payload_type)
    if not usable:
        raise SdpError("no codec is named", NOT_ACCEPTABLE)
    return tuple(usable)


def _address(connection: str | None) -> tuple[str, bool]:
    """Where to send, and whether the address asks us not to. Raises SdpError."""
    if connection is None:
        raise SdpError("audio stream without c= line")
    kind = address_kind(connection)
    if kind == UNREACHABLE:
        raise SdpError(f"no phone has the address {connection}", NOT_ACCEPTABLE)
    if kind == NAME:
        # A name under .invalid is IPv6's way to say 0.0.0.0 (RFC 6157 §3.1)
        return ANY, connection.lower().rstrip(".").endswith(".invalid")
    return connection, kind == UNSPECIFIED


def _session(address: str, session_id: int, version: int) -> str:
    """The lines before the first stream; all ours (RFC 3264 §5)."""
    where = f"IN {address_type(address)} {address}"
    return f"v=0\r\no=- {session_id} {version} {where}\r\ns=-\r\nc={where}\r\nt=0 0\r\n"


def _stream(media: RemoteMedia, profile: str, address: str, rtp_port: int) -> str:
    formats = " ".join(map(str, media.payload_types))
    return (
        f"m=audio {rtp_port} {profile} {formats}\r\n{media.bandwidth}"
        f"{media.carried}a={media.direction}\r\n"
    )


def _declined(media: MediaDescription) -> str:
    formats = " ".join(media.formats) or "0"  # ours needs one, though nobody reads it (§6)
    return f"m={media.kind} 0 {media.protocol} {formats}\r\n"
