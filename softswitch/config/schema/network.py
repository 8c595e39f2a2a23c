"""`network:` sockets, addresses, ports."""

from typing import Annotated

from pydantic import ConfigDict, PlainValidator, with_config
from typing_extensions import TypedDict

from softswitch.config import units
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
