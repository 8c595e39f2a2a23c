"""One pass over the lines of a session or of a stream: what is there, bounded and checked.

A line that makes no sense is as good as none, unless guessing about it could hurt: then it raises
SdpError. Numbers, words and repetitions are bounded here, so that nobody behind has to.
"""

import re
from collections.abc import Sequence

from softswitch.media import dtls_sdp, ice, sdes
from softswitch.media.negotiation.stream import DIRECTIONS, PTIME, PTIMES
from softswitch.media.sdp import MAX_PORT, connection_address, number

MAX_PAYLOAD_TYPE = 127
MAX_CLOCK_RATE = 192_000
MAX_CHANNELS = 8
MAX_PTIME = 240
"""Milliseconds. The largest that phones offer is 120; a packet of 240 ms still fits a datagram."""

MAX_FMTP = 4
"""Lines of parameters for one payload type; one is usual."""

MAX_FAX = 16
"""Attributes of a fax: T.38 knows a dozen."""

MAX_GROUP = 65
"""Words of a group: as many streams as there may be, and its meaning."""

_RTPMAP = re.compile(r"([A-Za-z0-9._-]{1,32})/([0-9]{1,6})(?:/([0-9]{1,2}))?[ \t]*")
_T38 = re.compile(r"T38[A-Za-z]{1,28}(?::(?![0-9]{10})[A-Za-z0-9]{0,32})?", re.IGNORECASE)
_TOKEN = re.compile(r"[!#$%&'*+.^_`{|}~A-Za-z0-9-]{1,64}")


class Lines:
    """What one pass over the lines of the session, or of the chosen stream, finds."""

    __slots__ = (
        "bandwidth",
        "bundle",
        "common",
        "connection",
        "cryptos",
        "direction",
        "fax",
        "fingerprints",
        "fmtp",
        "ice_lite",
        "ice_password",
        "ice_username",
        "mid",
        "ptime",
        "rtcp_mux",
        "rtcp_port",
        "rtpmaps",
        "setup",
        "texts",
        "tls_id",
    )

    def __init__(self) -> None:
        self.bandwidth: dict[str, str] = {}
        """By type."""
        self.bundle: tuple[str, ...] = ()
        self.common: dict[str, str] = {}
        """By name."""
        self.connection: str | None = None
        self.cryptos: list[str] = []
        self.direction: str | None = None
        self.fax: list[str] = []
        self.fingerprints: list[str] = []
        self.fmtp: dict[int, str] = {}
        self.ice_lite = False
        self.ice_password = ""
        self.ice_username = ""
        self.mid = ""
        self.ptime = PTIME
        self.rtcp_mux = False
        self.rtcp_port: int | None = None
        self.rtpmaps: dict[int, tuple[str, int, int]] = {}
        self.setup: str | None = None
        self.texts: dict[int, list[str]] = {}
        """By payload type: the rtpmap, and what follows it."""
        self.tls_id = ""

    def read(self, lines: list[str], formats: Sequence[str]) -> None:
        """The last of a repeated attribute wins; the first `c=` does."""
        for line in lines:
            letter = line[0]
            if letter == "a":
                name, _, value = line[2:].partition(":")
                if name in ("rtpmap", "fmtp"):
                    self._format(line, name, value, formats)
                elif name in DIRECTIONS:
                    self.direction = name
                elif name[:3].upper() == "T38":
                    self._fax(line)
                else:
                    reader = _READERS.get(name)
                    if reader is not None:
                        reader(self, value, line)
            elif letter == "c":
                self.connection = self.connection or connection_address(line)
            elif letter == "b" and line.rpartition(":")[2].isdecimal() and len(line) < 24:
                self.bandwidth[line.partition(":")[0]] = f"{line}\r\n"

    def _format(self, line: str, name: str, value: str, formats: Sequence[str]) -> None:
        text, _, rest = value.partition(" ")
        if text not in formats or not rest:
            return
        payload_type = number(text, MAX_PAYLOAD_TYPE, "payload type")
        if name == "rtpmap":
            match = _RTPMAP.fullmatch(rest)
            if match is None or not 0 < int(match[2]) <= MAX_CLOCK_RATE:
                return
            channels = int(match[3] or "1")
            if not 0 < channels <= MAX_CHANNELS:
                return
            self.rtpmaps[payload_type] = (match[1].upper(), int(match[2]), channels)
            self.texts.setdefault(payload_type, [""])[0] = f"{line}\r\n"
            return
        texts = self.texts.setdefault(payload_type, [""])
        if len(texts) <= MAX_FMTP:
            self.fmtp[payload_type] = rest.strip()
            texts.append(f"{line}\r\n")

    def _fax(self, line: str) -> None:
        if len(self.fax) < MAX_FAX and _T38.fullmatch(line[2:]):
            self.fax.append(f"{line}\r\n")

    def _packet_time(self, value: str, line: str) -> None:
        if len(value) <= 3 and value.isdecimal() and 0 < int(value) <= MAX_PTIME:
            self.common[line.partition(":")[0]] = f"{line}\r\n"
            if line.startswith("a=ptime"):
                self.ptime = max(PTIMES[0], min(int(value), PTIMES[-1]))

    def _silence(self, value: str, line: str) -> None:
        self.common["a=silenceSupp"] = f"{line}\r\n"

    def _rtcp(self, value: str, line: str) -> None:
        # RFC 3605: a port, and perhaps an address, which with NAT is rarely the true one
        self.rtcp_port = number(value.partition(" ")[0], MAX_PORT, "RTCP port")

    def _rtcp_mux(self, value: str, line: str) -> None:
        self.rtcp_mux = True

    def _mid(self, value: str, line: str) -> None:
        if _TOKEN.fullmatch(value):
            self.mid = value

    def _group(self, value: str, line: str) -> None:
        semantics, *mids = value.split()[:MAX_GROUP] or [""]
        if semantics == "BUNDLE" and not self.bundle:
            self.bundle = tuple(mids)

    def _crypto(self, value: str, line: str) -> None:
        if len(self.cryptos) < sdes.MAX_LINES:
            self.cryptos.append(value)

    def _fingerprint(self, value: str, line: str) -> None:
        if len(self.fingerprints) < dtls_sdp.MAX_LINES:
            self.fingerprints.append(value)

    def _setup(self, value: str, line: str) -> None:
        self.setup = value.strip()

    def _tls_id(self, value: str, line: str) -> None:
        self.tls_id = dtls_sdp.parse_tls_id(value) or ""

    def _ice_username(self, value: str, line: str) -> None:
        if ice.is_username(value):
            self.ice_username = value

    def _ice_password(self, value: str, line: str) -> None:
        if ice.is_password(value):
            self.ice_password = value

    def _ice_lite(self, value: str, line: str) -> None:
        self.ice_lite = True


_READERS = {
    "ptime": Lines._packet_time,
    "maxptime": Lines._packet_time,
    "silenceSupp": Lines._silence,
    "rtcp": Lines._rtcp,
    "rtcp-mux": Lines._rtcp_mux,
    "mid": Lines._mid,
    "group": Lines._group,
    "crypto": Lines._crypto,
    "fingerprint": Lines._fingerprint,
    "setup": Lines._setup,
    "tls-id": Lines._tls_id,
    "ice-ufrag": Lines._ice_username,
    "ice-pwd": Lines._ice_password,
    "ice-lite": Lines._ice_lite,
}
