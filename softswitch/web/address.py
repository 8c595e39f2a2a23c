"""By which address browsers come to the portal: it stands in links that are mailed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from softswitch.addressing import WILDCARDS, own_address_towards
from softswitch.config.configuration import AUTO
from softswitch.premises import ELSEWHERE
from softswitch.sip.flow import bracketed

if TYPE_CHECKING:
    from softswitch.config.configuration import Network

HTTPS = 443


def address(network: Network) -> str:
    """What is configured, never what somebody has asked for."""
    host, port = network.web[0]
    known = names(network)
    host = known[0] if known else own_address_towards(ELSEWHERE[":" in host], host)
    return f"https://{bracketed(host)}{'' if port == HTTPS else f':{port}'}"


def names(network: Network) -> list[str]:
    """By what browsers may know this machine, as far as that is configured; the best one first."""
    external = [network.external] if network.external not in (None, AUTO) else []
    listening = [where.host for where in network.web if where.host not in WILDCARDS]
    return [*network.domains, *filter(None, external), *listening]
