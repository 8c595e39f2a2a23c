"""What signalling asks of the media engine, and what the engine reports.

Signalling knows ports, remotes and events; it never sees a packet or a socket. Every method is
synchronous and returns at once: the engine lends its port pairs in advance, so that writing an SDP
never waits for another process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from softswitch.media.formats import Format

RTP, UDPTL = "rtp", "udptl"
"""Kinds of media: audio, and fax over T.38."""


@dataclass(slots=True, eq=False)
class MediaPort:
    """One RTP/RTCP socket pair, lent to a leg until it is closed. RTCP is `rtp_port + 1`."""

    id: int
    """The worker's number of the pair; pairs are reused, so compare ports by identity."""
    worker: int
    """Which worker process: a restarted one has a new number."""
    address: str
    """The local address the pair is bound to; may be a wildcard."""
    rtp_port: int


class Sdes(NamedTuple):
    """Keys that the descriptions themselves carry (RFC 4568)."""

    suite: str
    """Its name on the wire, such as AES_CM_128_HMAC_SHA1_80."""
    send_key: bytes
    """Master key and master salt of what we send: from our own description."""
    receive_key: bytes

    def __repr__(self) -> str:
        return f"Sdes({self.suite!r}, keys hidden)"


class Dtls(NamedTuple):
    """Keys are agreed on where the media goes (RFC 5763)."""

    active: bool
    """We are the client: the remote waits for our first flight."""
    fingerprint: bytes
    """Digest of the certificate that the remote's description promises; its length says by which
    hash."""
    association: str = ""
    """Another name (`a=tls-id`) means another association; so does another fingerprint."""


class Ice(NamedTuple):
    """What connectivity checks are signed with (RFC 8445 §7.2.2); we are the lite side."""

    local_username: str
    local_password: str
    remote_username: str

    def __repr__(self) -> str:
        return f"Ice({self.local_username!r}, {self.remote_username!r}, password hidden)"


class Remote(NamedTuple):
    """Where the other side's media is, as its last offer or answer says."""

    address: str
    """IP address of the SDP. Anything else (a host name, 0.0.0.0) is never sent to."""
    rtp_port: int
    """0: nothing is sent there."""
    rtcp_port: int
    payload_types: tuple[int, ...]
    """What was negotiated; packets of other types are dropped."""
    signalling_address: str
    """The address that SIP comes from: with `nat`, RTP may be learned from it, any port."""
    nat: bool
    """The SDP address is private, or the leg is known to be behind a NAT."""
    keepalive_payload_type: int | None
    """The first packet is ours: 0 or 8 a frame of silence, another type an empty RTP packet, None
    nothing."""
    clock_rate: int = 8000
    """Ticks per second of the RTP timestamp, for jitter and for time between sources."""
    formats: tuple[Format, ...] = ()
    """What its description names, preferred first: with these payload types we send to it. Empty:
    packets cross with the numbers they have, and nothing is made for it."""
    expected: tuple[Format, ...] = ()
    """What our description to it names: with these payload types it sends. Empty: as `formats`."""
    ptime: int = 20
    """Milliseconds of audio per packet that it wants."""
    security: Sdes | Dtls | None = None
    ice: Ice | None = None
    rtcp_mux: bool = False
    """RTCP goes both ways over the RTP port (RFC 5761)."""
    kind: str = RTP
    rtcp: bool = True
    """We send reports of our own where there are none to pass on."""


class Clip(NamedTuple):
    """An audio file."""

    path: str
    begins: float = 0.0
    """Seconds of it that are left out."""


class Tones(NamedTuple):
    """Steps one after the other: sine waves (Hz) that sound together, and for how long (s).

    No frequency at all is silence.
    """

    steps: tuple[tuple[tuple[float, ...], float], ...]


class Pause(NamedTuple):
    """Silence."""

    seconds: float


Sound = Clip | Tones | Pause


class Played(NamedTuple):
    """Sounds have ended."""

    ended: str
    """"played" to the end, "stopped" by `hush` or by other sounds, "closed" with the port, or
    "failed"."""
    problem: str = ""
    """Why it failed."""


class Recorded(NamedTuple):
    """A recording has ended. What was heard until then is in the file."""

    seconds: float
    ended: str
    """"finished", "limit", "silence", "closed" with the port, "failed", or "stopped": the sounds
    behind which it was to begin did not end by themselves."""
    problem: str = ""
    """Why it failed."""
    sound_begins: float = 0.0
    """Seconds of silence before the first sound, of one voice."""
    sound_ends: float = 0.0
    """Seconds from the start to the end of the last sound; 0 when there was none."""
    gaps: float = 0.0
    """Seconds that are silent in the file because the disk did not take them in time."""
    loss: float | None = None
    """Percent of what the remote has sent meanwhile that did not come; None: nobody knows."""


class PortStatistics(NamedTuple):
    """What one port saw of its remote (RFC 3550 §6.4.1), from open to close."""

    packets_received: int = 0
    octets_received: int = 0
    """Payload octets: RTP headers are not counted."""
    packets_lost: int = 0
    packets_sent: int = 0
    jitter: float = 0.0
    """Seconds."""
    foreign: int = 0
    """Packets dropped because they came from a stranger."""
    round_trip: float | None = None
    """Seconds to the remote and back; None while no report of its own told."""
    remote_lost: int | None = None
    """What the remote misses of ours, by its reports."""
    remote_jitter: float | None = None
    """Seconds, of our stream as the remote receives it."""
    mos_received: float | None = None
    """How good what the remote says sounds here, 1 (bad) … 4.5 (G.107 by way of Annex B)."""
    mos_sent: float | None = None
    """How good what we send sounds at the remote, by its reports."""
    burst_ratio: float = 1.0
    """How much the loss comes in runs: 1 is by chance, more is worse (G.107 §7.1)."""


class RtpTimeout(NamedTuple):
    """A port heard neither RTP nor RTCP for too long.

    Said once; `set_remote`, `join` and `hold` start the time anew.
    """

    port: MediaPort


class PortsLost(NamedTuple):
    """A worker died, and these ports with it. Closing them is allowed and does nothing."""

    ports: tuple[MediaPort, ...]
    reason: str


class DigitHeard(NamedTuple):
    """The remote of a port that is listened to has pressed a key."""

    port: MediaPort
    digit: str
    """One of 0-9 * # A-D."""
    duration: float
    """Seconds."""
    source: str
    """"event" (RFC 4733) or "tone", heard in the audio."""


class Talking(NamedTuple):
    """The remote of a mixed port has begun or ceased to speak."""

    port: MediaPort
    talking: bool


class SecurityFailed(NamedTuple):
    """The port can never be secured as its descriptions promise. Said once a negotiation."""

    port: MediaPort
    why: str


class Quality(NamedTuple):
    """What a port in use has seen up to now; said every ten seconds."""

    port: MediaPort
    statistics: PortStatistics


MediaEvent = RtpTimeout | PortsLost | DigitHeard | Talking | SecurityFailed | Quality


class NoPorts(Exception):
    """No port pair is free for a new leg; calls that are up are not touched."""


class MediaEngine(Protocol):
    """Opens ports, says where their packets go, and closes them."""

    on_event: Callable[[MediaEvent], None]
    fingerprint: str
    """SHA-256 digest of our DTLS certificate, as `a=fingerprint` writes it: "AA:BB:…"."""

    def open(
        self, address: str, *, beside: MediaPort | None = None, at_once: bool = False
    ) -> MediaPort:
        """A free pair bound to `address` (or to the wildcard of its family).

        Both legs of a call must be on one worker: name the first port as `beside` of the second.
        `at_once`: its remote may speak as soon as it knows the port, and wants to be heard. Raises
        NoPorts.
        """
        ...

    def set_remote(self, port: MediaPort, remote: Remote) -> None:
        """After every offer and answer. Unlocks the latch, and starts the RTP time-out anew."""
        ...

    def join(self, one: MediaPort, other: MediaPort) -> None:
        """Packets of each go to the other from now on; earlier joins of both end.

        When they share no audio format, what we can decode is translated.
        """
        ...

    def part(self, port: MediaPort) -> None:
        """Packets of the port and of the one it was joined to go nowhere."""
        ...

    def hold(self, port: MediaPort, held: bool) -> None:
        """A held port may be silent for longer before it times out."""
        ...

    def close(self, port: MediaPort, done: Callable[[PortStatistics | None], None]) -> None:
        """Give the pair back. `done` is called once, with None when the worker is gone.

        Closing a port again is allowed; `done` is then called with None.
        """
        ...

    def play(
        self,
        port: MediaPort,
        sounds: Sequence[Sound],
        *,
        repeat: bool = False,
        done: Callable[[Played], None],
    ) -> None:
        """Send sounds to the remote, for ever with `repeat`. Sounds before are stopped.

        `done` is called once; with "closed" too when the port or its worker is gone.
        """
        ...

    def hush(self, port: MediaPort) -> None:
        """Stop the sounds."""
        ...

    def record(
        self,
        port: MediaPort,
        path: str,
        *,
        limit: float,
        silence: float | None,
        done: Callable[[Recorded], None],
    ) -> None:
        """Write what the remote says into a file, mono, for `limit` seconds at most.

        With `silence`, so many seconds without speech end it.
        """
        ...

    def play_and_record(
        self,
        port: MediaPort,
        sounds: Sequence[Sound],
        path: str,
        *,
        limit: float,
        silence: float | None,
        played: Callable[[Played], None],
        done: Callable[[Recorded], None],
    ) -> None:
        """Send sounds, and record from their end on: both of the above, but nobody has to be asked
        in between. `played` may be called a second or two late, but before any key that was pressed
        later, and before `done`."""
        ...

    def finish(self, port: MediaPort) -> None:
        """End the recording."""
        ...

    def record_call(
        self, one: MediaPort, other: MediaPort, path: str, done: Callable[[Recorded], None]
    ) -> None:
        """Write both sides of a joined call into a file, `one` on the left."""
        ...

    def finish_call(self, one: MediaPort) -> None:
        """End the recording of the call."""
        ...

    def listen(self, port: MediaPort, *, in_band: bool) -> None:
        """Say `DigitHeard` for every key; with `in_band` for those in the audio too."""
        ...

    def deafen(self, port: MediaPort) -> None:
        """Listen for keys no more."""
        ...

    def send_digits(
        self, port: MediaPort, digits: str, *, duration: float = 0.1, gap: float = 0.1
    ) -> None:
        """Press keys, one after the other (seconds each)."""
        ...

    def mix(self, port: MediaPort, room: str, *, muted: bool = False) -> None:
        """Let the remote hear, and unless muted be heard by, all others of the room."""
        ...

    def leave(self, port: MediaPort) -> None:
        """Leave the room."""
        ...

    async def start(self) -> None:
        """Start the workers; return when each has lent its first ports. Raises OSError."""
        ...

    async def stop(self) -> None:
        """Stop the workers. Open ports are gone, without an event."""
        ...
