"""One stream of an offer or answer, as a value: what is said of it, where it is, how it is secured.

What a kind of phone says in call after call is a Stream, which all those calls share; address and
port of this call are in RemoteMedia. Keys and ICE passwords are new in every call: they make a
description one of a kind, which is never remembered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

from softswitch.media.formats import Format
from softswitch.media.sdes import Crypto
from softswitch.media.sdp import SessionDescription

NOT_ACCEPTABLE = 488

AUDIO, IMAGE = "audio", "image"
"""Kinds of streams that we carry: sound, and fax over T.38."""

Method = Literal["", "sdes", "dtls"]
"""How a stream is secured: not at all, by keys in the description, by keys agreed on in its way."""

PLAIN: Final = ""
SDES: Final = "sdes"
DTLS: Final = "dtls"

PLAIN_PROFILES = frozenset({"RTP/AVP", "RTP/AVPF"})
"""RFC 3551 and RFC 4585. With keys beside they are encrypted if both sides like: "optimistic"."""
SECURE_PROFILES = frozenset({"RTP/SAVP", "RTP/SAVPF"})
"""RFC 3711 and RFC 5124: by SDES, or by DTLS as before RFC 5764."""
DTLS_PROFILES = frozenset({"UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF"})
"""RFC 5764 §8."""
PROFILES = PLAIN_PROFILES | SECURE_PROFILES | DTLS_PROFILES

SENDRECV = "sendrecv"
DIRECTIONS = frozenset({SENDRECV, "sendonly", "recvonly", "inactive"})

HOLDING = frozenset({"sendonly", "inactive"})
"""Of somebody who does not want to hear."""

MIRRORED = {"sendrecv": SENDRECV, "sendonly": "recvonly", "recvonly": "sendonly"}
"""What to answer to a direction when nothing else is wished; to inactive there is one answer."""

SILENT_IN_ZEROS = frozenset({0, 8})
"""PCMU and PCMA: the payload types whose silence we can send without a codec."""

PTIME = 20
PTIMES = range(10, 61)
"""Milliseconds per packet that we make ourselves."""

NOTHING: Mapping[int, str] = MappingProxyType({})


@dataclass(slots=True, frozen=True)
class Secrets:
    """What a description says of keys; nothing of it is ever shown."""

    cryptos: tuple[Crypto, ...] = field(default=(), repr=False)
    """The sound lines of `a=crypto`."""
    digest: bytes = b""
    """Of the certificate that will be shown; b"" when none that we could compare is named."""
    setup: str | None = None
    """Who begins, as it was written."""
    tls_id: str = ""
    """Tells one DTLS association from the next."""
    ice_username: str = ""
    ice_password: str = field(default="", repr=False)
    ice_lite: bool = False
    """That side answers checks and makes none (RFC 8445 §2.5)."""


NO_SECRETS = Secrets()


@dataclass(slots=True, eq=False)
class Stream:
    """What one side says of its stream. Shared by calls: nobody may change it."""

    kind: str
    direction: str
    """From that side's view; c=0.0.0.0 is already part of it."""
    index: int
    """Which media description of `description` it is."""
    profile: str
    """As it was written."""
    method: Method
    formats: tuple[Format, ...]
    """What is named, preferred first; none of a fax."""
    texts: Mapping[int, str]
    """By payload type the `rtpmap` and `fmtp` lines, each with CRLF, as they were written."""
    common: str
    """Lines about all formats that cross, each with CRLF: packet times, those of T.38."""
    bandwidth: str
    ptime: int = PTIME
    """Milliseconds per packet, of those that we can make."""
    rtcp_mux: bool = False
    mid: str = ""
    bundled: bool = False
    """Its mid stands in a group of BUNDLE (RFC 9143 §7)."""
    secrets: Secrets = NO_SECRETS
    is_usual: bool = False
    """Other calls share it, so what follows from it is worth remembering."""
    description: SessionDescription = field(
        repr=False, default_factory=lambda: SessionDescription([], [])
    )
    """Its origin and port may be left out."""

    @property
    def payload_types(self) -> tuple[int, ...]:
        """The numbers of its formats."""
        return tuple([known.payload_type for known in self.formats])


@dataclass(slots=True)
class RemoteMedia:
    """The stream of an offer or answer in one call: where that side wants it, and how."""

    stream: Stream
    address: str
    """An IP address; the unspecified one while the side is on RFC 2543 hold or gave a host name:
    nothing can be sent there, only to where its packets come from."""
    rtp_port: int
    rtcp_port: int
    codecs: tuple[str, ...] = ()
    """What that side's user may use; empty: everything."""

    @property
    def direction(self) -> str:
        """From that side's view."""
        return self.stream.direction

    @property
    def kind(self) -> str:
        """AUDIO or IMAGE."""
        return self.stream.kind

    @property
    def payload_types(self) -> tuple[int, ...]:
        """In order of preference."""
        return self.stream.payload_types

    @property
    def held(self) -> bool:
        """That side does not want to hear us."""
        return self.stream.direction in HOLDING
