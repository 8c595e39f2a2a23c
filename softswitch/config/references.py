"""Mistakes that no key makes alone: two listeners on one port, SIP inside of the RTP range."""

import os
from collections.abc import Iterator
from pathlib import Path

from softswitch.config import units
from softswitch.config.configuration import ListenAddress, Network
from softswitch.config.problems import Wrong, quoted
from softswitch.config.schema.document import Document

Location = tuple[int | str, ...]
Finding = tuple[Location, Wrong]

_WILDCARDS = ("0.0.0.0", "::")


def state_folder(path: Path, written: str) -> Path:
    """The absolute folder that `state:` means: relative to the YAML file, `~` is home."""
    return path.parent.absolute() / os.path.expanduser(written)


def check(document: Document, network: Network, state: Path) -> Iterator[Finding]:
    """What does not go together."""
    sip = document.get("network", {}).get("sip", {})
    for protocol, listeners in (("udp", sip.get("udp", [])), ("tcp", sip.get("tcp", []))):
        yield from _overlaps(("network", "sip", protocol), listeners)
    if not network.udp and not network.tcp:
        yield ("network", "sip"), Wrong("udp and tcp are both off: no phone could register")
    yield from _sip_in_rtp(network)
    if state.exists() and not state.is_dir():
        yield ("state",), Wrong(f"{quoted(document.get('state', ''))} is a file, not a folder")


def _overlaps(location: Location, listeners: list[tuple[ListenAddress, ...]]) -> Iterator[Finding]:
    """An address twice, or beside the wildcard that holds it already."""
    earlier: dict[int, list[str]] = {}
    for position, addresses in enumerate(listeners):
        for address in addresses:
            if any(_same(address.host, host) for host in earlier.get(address.port, ())):
                hint = "one of the two can go"
                yield (*location, position), Wrong(f"{address} is listened on already", hint)
                break
        for address in addresses:
            earlier.setdefault(address.port, []).append(address.host)


def _same(one: str, other: str) -> bool:
    """Would two sockets on these hosts and one port collide?"""
    if one == other:
        return True
    return (":" in one) == (":" in other) and (one in _WILDCARDS or other in _WILDCARDS)


def _sip_in_rtp(network: Network) -> Iterator[Finding]:
    for address in network.udp:
        if network.rtp.start <= address.port <= network.rtp[-1] + 1:
            wrong = Wrong(f"holds port {address.port}, on which SIP listens", "move one of the two")
            yield ("network", "rtp"), wrong
            return


def same_extensions(written: list[str]) -> Iterator[Finding]:
    """`100` and `1-00` are one number (CFG-5), so one of them would be lost."""
    earlier: dict[str, str] = {}
    for word in written:
        try:
            extension = units.extension(word)
        except Wrong:
            continue
        first = earlier.setdefault(extension, word)
        if first != word:
            wrong = Wrong(f"{quoted(word)} is the same number as {quoted(first)} above")
            yield ("users", word), wrong
