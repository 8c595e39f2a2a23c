"""Descriptions with keys, and of faxes, as scripted phones say them."""

from dataclasses import replace
from typing import Any

from tests.softswitch.b2bua.dialogs import sdp
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone

SUITE = "AES_CM_128_HMAC_SHA1_80"


def keyed(phone: Phone, *, tag: int = 1, profile: str = "RTP/SAVP", key: str = "A") -> bytes:
    """A stream with a key."""
    plain = sdp(phone.host, 40000).replace(b"RTP/AVP", profile.encode())
    return plain + f"a=crypto:{tag} {SUITE} inline:{key * 40}\r\n".encode()


def fax(phone: Phone) -> bytes:
    """T.38 in place of audio."""
    return (
        f"v=0\r\no=- 42 1 IN IP4 {phone.host}\r\ns=-\r\nc=IN IP4 {phone.host}\r\nt=0 0\r\n"
        "m=image 40010 udptl t38\r\na=T38FaxVersion:0\r\na=T38FaxUdpEC:t38UDPRedundancy\r\n"
    ).encode()


def configure(world: World, extension: str, **settings: Any) -> None:
    """Another setting for one user; before his first call."""
    world.users[extension] = replace(world.users[extension], **settings)
