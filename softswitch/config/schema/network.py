"""`network:` sockets, addresses, ports."""

from pathlib import Path
from typing import Annotated, Required

from pydantic import BeforeValidator, ConfigDict, PlainValidator, with_config
from typing_extensions import TypedDict

from softswitch.config import units
from softswitch.config.configuration import CertificateFiles, ListenAddress, Network
from softswitch.config.problems import Wrong, quoted
from softswitch.config.schema.fields import (
    SECTION,
    ExternalAddress,
    Hosts,
    Listeners,
    Nets,
    PortRange,
    StunServers,
)
from softswitch.config.schema.fields import Path as Written

RtpTimeout = Annotated[float, PlainValidator(units.duration_between("1s", "1d"))]


@with_config(ConfigDict(extra="forbid"))
class SipSection(TypedDict, total=False):
    """Where SIP is heard. Of a pair, the one that is not written follows the other."""

    udp: Listeners
    tcp: Listeners


SELF_SIGNED = "self-signed"


def certificate(value: object) -> object:
    """`self-signed` is what holds when no files are named."""
    if isinstance(value, dict) and not {"cert", "key"} <= value.keys():
        raise Wrong("needs both cert and key", "or write self-signed")
    if not isinstance(value, str):
        return value
    if value != SELF_SIGNED:
        hint = "self-signed, or {cert: FILE, key: FILE}"
        raise Wrong(f"{quoted(value)} is not known here", hint)
    return {"cert": "", "key": ""}


@with_config(ConfigDict(extra="forbid"))
class CertificateSection(TypedDict, total=False):
    """What is written under `certificate`: two files."""

    cert: Required[Written]
    key: Required[Written]


@with_config(ConfigDict(extra="forbid"))
class NetworkSection(TypedDict, total=False):
    """What is written under `network`."""

    sip: Annotated[SipSection, SECTION]
    rtp: PortRange
    external: ExternalAddress
    stun: StunServers
    local_nets: Nets
    domains: Hosts
    rtp_timeout: RtpTimeout
    web: Listeners
    certificate: Annotated[CertificateSection, BeforeValidator(certificate)]


def network(section: NetworkSection, folder: Path = Path()) -> Network:
    """What the section says, and defaults for the rest. Files are relative to `folder`."""
    sip = section.get("sip", {})
    built = Network()
    udp = _addresses(sip.get("udp"))
    tcp = _addresses(sip.get("tcp"))
    return Network(
        udp=_first(udp, tcp, built.udp),
        tcp=_first(tcp, udp, built.tcp),
        rtp=section.get("rtp", built.rtp),
        external=section.get("external"),
        stun=tuple(section.get("stun", built.stun)),
        local_nets=tuple(section.get("local_nets", built.local_nets)),
        domains=tuple(section.get("domains", built.domains)),
        rtp_timeout=section.get("rtp_timeout", built.rtp_timeout),
        web=_addresses(section.get("web")) or (),
        certificate=certificate_files(section, folder),
    )


def certificate_files(section: NetworkSection, folder: Path) -> CertificateFiles | None:
    """The absolute files; None: the switch makes its own."""
    written = section.get("certificate", {"cert": "", "key": ""})
    if not written["cert"]:
        return None
    names = (written["cert"], written["key"])
    return CertificateFiles(*(folder.absolute() / Path(name).expanduser() for name in names))


def _addresses(
    listeners: list[tuple[ListenAddress, ...]] | None,
) -> tuple[ListenAddress, ...] | None:
    if listeners is None:
        return None
    return tuple(address for addresses in listeners for address in addresses)


def _first(
    own: tuple[ListenAddress, ...] | None,
    other: tuple[ListenAddress, ...] | None,
    default: tuple[ListenAddress, ...],
) -> tuple[ListenAddress, ...]:
    """What is written; else what is written for the other protocol; else the default."""
    if own is not None:
        return own
    return other or default
