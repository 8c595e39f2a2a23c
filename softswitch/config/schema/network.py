"""`network:` sockets, addresses, ports."""

from typing import Annotated

from pydantic import ConfigDict, PlainValidator, with_config
from typing_extensions import TypedDict

from softswitch.config import units
from softswitch.config.configuration import ListenAddress, Network
from softswitch.config.schema.fields import (
    SECTION,
    ExternalAddress,
    Hosts,
    Listeners,
    Nets,
    PortRange,
    StunServers,
)

RtpTimeout = Annotated[float, PlainValidator(units.duration_between("1s", "1d"))]


@with_config(ConfigDict(extra="forbid"))
class SipSection(TypedDict, total=False):
    """Where SIP is heard. Of a pair, the one that is not written follows the other."""

    udp: Listeners
    tcp: Listeners


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


def network(section: NetworkSection) -> Network:
    """What the section says, and defaults for the rest."""
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
    )


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
