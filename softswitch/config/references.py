"""Mistakes that no key makes alone: two listeners on one port, SIP inside of the RTP range."""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from softswitch.config import units
from softswitch.config.configuration import LANGUAGES, ListenAddress, Network
from softswitch.config.problems import Wrong, quoted
from softswitch.config.schema.document import Document
from softswitch.config.schema.network import CertificateSection

Location = tuple[int | str, ...]
Finding = tuple[Location, Wrong]


def state_folder(path: Path, written: str) -> Path:
    """The absolute folder that `state:` means: relative to the YAML file, `~` is home."""
    return path.parent.absolute() / os.path.expanduser(written)


def check(document: Document, network: Network, state: Path) -> Iterator[Finding]:
    """What does not go together."""
    section = document.get("network", {})
    sip = section.get("sip", {})
    for protocol, listeners in (("udp", sip.get("udp", [])), ("tcp", sip.get("tcp", []))):
        yield from _overlaps(("network", "sip", protocol), listeners)
    yield from _overlaps(("network", "web"), section.get("web", []), taken_by=network.tcp)
    yield from _certificate(network, section.get("certificate"))
    if not network.udp and not network.tcp:
        yield ("network", "sip"), Wrong("udp and tcp are both off: no phone could register")
    yield from _sip_in_rtp(network)
    written = quoted(document.get("state", state.name))
    try:
        if not stat.S_ISDIR(state.stat().st_mode):
            yield ("state",), Wrong(f"{written} is a file, not a folder")
    except FileNotFoundError:
        pass  # it is made at the first start
    except OSError as error:
        yield ("state",), Wrong(f"{written} cannot be used: {error.strerror}")


def music_file(path: Path, written: str) -> Path | None:
    """The absolute file that `music:` means, in the same way; none when it is off."""
    return None if written == "off" else path.parent.absolute() / os.path.expanduser(written)


def check_music(document: Document, path: Path) -> Iterator[Finding]:
    """Is there something to hear?"""
    written = document.get("music", "off")
    music = music_file(path, written)
    if music is not None and not os.path.isfile(music):
        hint = "write off for none, or leave the key out for the music that comes along"
        yield ("music",), Wrong(f"there is no file {quoted(written)}", hint)


def prompts_folder(path: Path, written: str) -> Path:
    """The absolute folder that `prompts:` means, in the same way."""
    return path.parent.absolute() / os.path.expanduser(written)


def check_prompts(document: Document, path: Path) -> Iterator[Finding]:
    """Is there a folder?"""
    written = document.get("prompts")
    if written is not None and not os.path.isdir(prompts_folder(path, written)):
        hint = f"with a folder for each language in it: {', '.join(LANGUAGES)}"
        yield ("prompts",), Wrong(f"there is no folder {quoted(written)}", hint)


def _certificate(network: Network, written: CertificateSection | None) -> Iterator[Finding]:
    """Are there such files? What is in them, the web server says when it starts."""
    if network.certificate is None or written is None:
        return
    names = (written["cert"], written["key"])
    for key, file, name in zip(("cert", "key"), network.certificate, names, strict=True):
        if not os.path.isfile(file):
            hint = "PEM; or write certificate: self-signed"
            yield (
                ("network", "certificate", key),
                Wrong(f"there is no file {quoted(name)}", hint),
            )
        elif not os.access(file, os.R_OK):
            wrong = Wrong(f"{quoted(name)} cannot be read", "who runs the switch must be able to")
            yield ("network", "certificate", key), wrong


def _overlaps(
    location: Location,
    listeners: list[tuple[ListenAddress, ...]],
    *,
    taken_by: Iterable[ListenAddress] = (),
) -> Iterator[Finding]:
    """An address twice, or beside the wildcard of its family that holds it already."""
    taken: set[tuple[str, int]] = set()
    for address in taken_by:
        taken |= _taken(address)
    for position, addresses in enumerate(listeners):
        for address in addresses:
            if not taken.isdisjoint(_held_by(address)):
                wrong = Wrong(f"{address} is listened on already", "one of the two can go")
                yield (*location, position), wrong
                break
        for address in addresses:
            taken |= _taken(address)


def _taken(address: ListenAddress) -> set[tuple[str, int]]:
    """What a socket there keeps others from."""
    wildcard, _ = _family(address)
    return {address, (f"some {wildcard}", address.port)}


def _held_by(address: ListenAddress) -> set[tuple[str, int]]:
    """With any of these there, a second socket could not be bound to the address."""
    wildcard, is_wildcard = _family(address)
    other = f"some {wildcard}" if is_wildcard else wildcard
    return {address, (other, address.port)}


def _family(address: ListenAddress) -> tuple[str, bool]:
    """The wildcard of the address's family, and whether it is that itself."""
    wildcard = "::" if ":" in address.host else "0.0.0.0"
    return wildcard, address.host == wildcard


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
