"""What the YAML file says, as plain frozen values: all that the rest of the switch sees of it.

Durations are seconds. A default stands here and nowhere else.
"""

import functools
import socket
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal, NamedTuple

from softswitch.config.conference import Room
from softswitch.config.messaging import Mail, Voicemail
from softswitch.config.presets import Dialled, feature_codes
from softswitch.routing.calendar import NO_CALENDARS, Calendars
from softswitch.routing.outside import Outside

EDITABLE = ("ring_time", "call_waiting", "dnd", "hide_number", "forward", "voicemail", "email")
"""What users may change by themselves, unless the file says otherwise."""

Encryption = Literal["off", "optional", "sdes", "dtls", "required"]
Fax = Literal["t38", "passthrough", "off"]
BusyScope = Literal["user", "device"]

IpNetwork = IPv4Network | IPv6Network

SIP_PORT = 5060
RTP_PORTS = range(20000, 20999, 2)
DEFAULT_REALM = "softswitch"
LOCAL_NETS: tuple[IpNetwork, ...] = tuple(
    ip_network(net)
    for net in (
        "10.0.0.0/8",  # RFC 1918
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",  # link-local, RFC 3927
        "127.0.0.0/8",
        "fc00::/7",  # unique local, RFC 4193
        "fe80::/10",  # link-local, RFC 4291 §2.5.6
        "::1/128",
    )
)


class ListenAddress(NamedTuple):
    """Where a listening socket is bound; `host` is an IP address without brackets."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


AUTO = "auto"
"""The external address is found out by asking."""
STUN_SERVERS = (
    ListenAddress("stun.l.google.com", 19302),
    ListenAddress("stun.cloudflare.com", 3478),
)
"""Open to everybody, and of two companies: both are asked, one is enough."""


@functools.cache
def has_ipv6() -> bool:
    """Can this machine bind an IPv6 socket? Containers often cannot, whatever Python says."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def every_address(port: int) -> tuple[ListenAddress, ...]:
    """The wildcard addresses of both families, or of IPv4 alone where there is no IPv6."""
    hosts = ("0.0.0.0", "::") if has_ipv6() else ("0.0.0.0",)
    return tuple(ListenAddress(host, port) for host in hosts)


def _default_addresses() -> tuple[ListenAddress, ...]:
    return every_address(SIP_PORT)


class CertificateFiles(NamedTuple):
    """A certificate with those that signed it, and its key: PEM, absolute."""

    cert: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Network:
    """Sockets and addresses. `rtp` steps over the even ports; RTCP is one above each."""

    udp: tuple[ListenAddress, ...] = field(default_factory=_default_addresses)
    tcp: tuple[ListenAddress, ...] = field(default_factory=_default_addresses)
    rtp: range = RTP_PORTS
    external: str | None = None
    """An IP address, a host name, or AUTO."""
    stun: tuple[ListenAddress, ...] = STUN_SERVERS
    """Who is asked for the external address when it is AUTO."""
    local_nets: tuple[IpNetwork, ...] = LOCAL_NETS
    domains: tuple[str, ...] = ()
    rtp_timeout: float = 60.0
    web: tuple[ListenAddress, ...] = ()
    """Where the portal is heard, by HTTPS; empty: there is none."""
    certificate: CertificateFiles | None = None
    """Shown there; None: one that the switch makes."""


@dataclass(frozen=True, slots=True)
class Media:
    """How media workers get packets in and out of the kernel: "auto", "io_uring" or "epoll"."""

    backend: str = "auto"


@dataclass(frozen=True, slots=True)
class Forward:
    """One forward of a user."""

    to: str
    callers: str = "any"
    """internal, external or any: whose calls it is for."""
    when: str | None = None
    """In which states of a calendar it is used, such as `office.closed`; several with commas
    between them. None: at any time."""
    confirm: bool | None = None
    """Whether whoever answers has to press 1 (FWD-7); None: no, a single target need not."""


@dataclass(frozen=True, slots=True)
class Forwarding:
    """Where calls for a user go on to, by situation."""

    rules: dict[str, Forward] = field(default_factory=dict)
    """always, dnd, busy, no_answer, unavailable, rejected."""
    return_after: float | None = 30.0
    """Seconds the target has to answer until the call comes back; None: it does not."""
    return_to: str | None = "voicemail"
    """Who gets a call that came back; None: nobody, the caller hears the first outcome. A mailbox
    that is not there is nobody as well."""
    follow_target: bool = False
    """Whether the target's own forwards are used meanwhile."""


@dataclass(frozen=True, slots=True)
class User:
    """One extension. `origin` tells for each key where its value was written."""

    extension: str
    name: str = ""
    password: str = field(default="", repr=False)
    ring_time: float = 30.0
    max_calls: int = 4
    max_devices: int = 5
    unreachable_after: float = 4.0
    codecs: tuple[str, ...] = ()
    """Encodings as descriptions name them, preferred first; empty: all."""
    encryption: Encryption = "optional"
    fax: Fax = "t38"
    language: str = "en"
    """In which the switch speaks to the user, and to those who reach the user's mailbox."""
    call_waiting: bool = True
    dnd: bool = False
    """Do not disturb: calls find the user busy."""
    dnd_allow: tuple[str, ...] = ()
    """Whose calls ring all the same: extensions, and numbers outside as E.164 (DND-2)."""
    dnd_repeat: float | None = None
    """Seconds within which a second call of the same caller rings; None: none does."""
    busy_scope: BusyScope = "user"
    """Without call waiting: whether one phone in a call makes the user busy, or itself (CW-3)."""
    ring_splash: bool = False
    """Whether the phones ring shortly when forward.always sends a call on (FWD-1)."""
    phone_redirect: bool = True
    """Whether a phone may send calls on by itself, with a 3xx response."""
    calls: str = "national"
    """How far the user may call (OUT-3)."""
    allow: tuple[str, ...] = ()
    """Countries and prefixes that may be called all the same."""
    deny: tuple[str, ...] = ()
    """Countries and prefixes that may not, whatever else is said."""
    number: str | None = None
    """The user's own number outside, E.164."""
    caller_id: str | None = None
    """Which number is shown outside, E.164; None: the own one, else the trunk's."""
    hide_number: bool = False
    """Whether it is withheld all the same (CLIR)."""
    record: str = "off"
    """Which calls are recorded: off, always, inbound, outbound or on_demand (REC-1)."""
    forward: Forwarding = field(default_factory=Forwarding)
    voicemail: Voicemail = field(default_factory=Voicemail)
    email: tuple[str, ...] = ()
    """Where messages are mailed to."""
    mail_when: dict[str, str] = field(default_factory=dict)
    """In which states of a calendar an address gets mails, if not always (ML-7)."""
    kind: str = "person"
    """person, or mailbox: one that nobody can log in as."""
    lamp: tuple[str, ...] = ()
    """On whose phones, beside the own ones, a lamp shows the messages."""
    editable: tuple[str, ...] = EDITABLE
    """What the user may change: all forwards are one, and so is a mailbox but for its address."""
    fixed: frozenset[str] = frozenset()
    """Single keys that the user may not change although `editable` says so: marked `!fixed`."""
    origin: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    """key → "file:line", or "default"; of `password` also "secrets.yaml" or "missing". Keys of
    `forward` and `voicemail` stand as `forward.busy`."""


@dataclass(frozen=True, slots=True)
class Log:
    """How much is logged, and for how long the SIP of past calls is kept."""

    level: str = "info"
    keep_traces: float = 7 * 86400.0


@dataclass(frozen=True, slots=True)
class Recordings:
    """What becomes of recorded calls."""

    keep: float = 90 * 86400.0
    """Seconds until they are removed."""


@dataclass(frozen=True, slots=True)
class Trunk:
    """A way to the outside."""

    name: str
    hosts: tuple[str, ...]
    """Addresses or names, the preferred one first; calls come from all of them."""
    port: int | None = None
    """None: that of SIP."""
    transport: str = "udp"
    """udp or tcp."""
    numbers: tuple[str, ...] = ()
    """Our numbers at this carrier, E.164; the first is shown unless a user has another one."""
    to: str | None = None
    """Where calls go to numbers that nobody else has; None: nowhere."""
    max_calls: int | None = None
    """At the same time, in both directions; None: any number."""
    forwarded_cli: str = "own"
    """Whose number a forwarded call shows (FWD-9): own, original or original+diversion."""
    diversion: bool = True
    """Whether Diversion header fields are sent (FWD-10)."""
    history_info: bool = True
    """Whether History-Info header fields are sent."""
    number_format: str = "e164+"
    """How numbers are written to the carrier: e164+, e164, national or 0national (CLI-2)."""
    identity: str = "pai"
    """Where our number stands beside From: pai, ppi, rpid or from (there alone)."""
    trust_identity: bool = False
    """Whether P-Asserted-Identity and Remote-Party-ID of this carrier are believed (CLI-4)."""
    clip_name: bool = False
    """Whether the caller's name is sent along."""
    domain: str = ""
    """The host in From and To; empty: that of the trunk."""
    username: str = ""
    """Answers a challenge; empty: there is no account."""
    password: str = field(default="", repr=False)
    codecs: tuple[str, ...] = ()
    encryption: Encryption = "off"


LANGUAGES = ("en", "es", "pl")
"""In which there are prompts."""

BACKUPS = 7

SHIPPED_PROMPTS = Path(__file__).parent.parent / "prompts"
"""Made by `softswitch prompts build`."""

SHIPPED_MUSIC = Path(__file__).parent.parent / "music.ogg"
"""Made by conf/music.py."""


@dataclass(frozen=True, slots=True)
class Config:
    """The whole file. `state` is absolute; users in `missing_passwords` have password ""."""

    path: Path
    network: Network
    state: Path
    users: dict[str, User]
    log: Log
    media: Media = Media()
    defaults: dict[str, str] = field(default_factory=dict)
    """What stands under `defaults`: key → "file:line"."""
    feature_codes: Dialled = field(default_factory=feature_codes)
    """What is dialled to ask something of the switch itself."""
    mail: Mail | None = None
    """None: no mails are sent."""
    alerted: tuple[str, ...] = ()
    """Administrators' addresses."""
    synthesiser: tuple[str, ...] | None = None
    """The command that speaks texts; empty: nothing does; None: what is installed."""
    music: Path | None = SHIPPED_MUSIC
    """What held people hear; None: nothing."""
    backups: int = BACKUPS
    """So many daily copies of the database are kept; 0: none are made."""
    timezone: str | None = None
    """By whose clock times are said; None: the machine's."""
    prompts: Path | None = None
    """A folder of the office's own recordings, which take the place of ours."""
    country: str = ""
    """Of two letters: how tones sound; empty: as in most."""
    blf_dnd: str = "off"
    """How the lamp of a user looks who does not want to be disturbed: busy, or off."""
    blf_dialling: str = "early"
    """How that of a user looks whose call has no answer yet: early, or confirmed like a talk."""
    blf_details: str = "all"
    """Who is told with whom somebody talks: all who watch, or none."""
    trunks: dict[str, Trunk] = field(default_factory=dict)
    outside: Outside | None = None
    """Numbers and permissions of the world outside; None: there are no trunks."""
    calendars: Calendars = NO_CALENDARS
    conferences: dict[str, Room] = field(default_factory=dict)
    """Rooms, by name."""
    recordings: Recordings = Recordings()
    realm: str = DEFAULT_REALM
    missing_passwords: tuple[str, ...] = ()
