"""SRTP keys in a session description: `a=crypto` (RFC 4568), read, chosen from and written.

    a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20|1:4
             │ │                              │                                         │    │
           tag suite                       master key and salt, base64           lifetime  MKI

Each side sends under the key that its own line names. What a peer wrote is bounded before it is
looked at, and never raises: a line that cannot be used is as good as none. What cannot be used is
also what would weaken the stream (no encryption, no authentication) or what libsrtp's binding
cannot do (a key derivation rate, an MKI in each packet).
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from softswitch.media.srtp import SUITES

MAX_LINE = 1024
"""Characters of one attribute: four of the longest keys, each with lifetime and MKI."""
MAX_LINES = 16
"""Lines of one description that are looked at."""
MAX_KEYS = 4
MAX_LIFETIME = 1 << 48
"""Packets that one SRTP master key may ever protect (RFC 3711 §9.2)."""
MAX_MKI_OCTETS = 128

ALIASES = {
    "AES_CM_256_HMAC_SHA1_80": "AES_256_CM_HMAC_SHA1_80",
    "AES_CM_256_HMAC_SHA1_32": "AES_256_CM_HMAC_SHA1_32",
}
"""Names of an early draft of RFC 6188 that phones still write; an answer repeats them."""

_LINE = re.compile(
    r"(\d{1,9})[ \t]+([A-Za-z0-9_]{1,64})[ \t]+([!-~]+)(?:[ \t]+(.*?))?[ \t]*", re.ASCII
)
_INLINE = re.compile(r"inline:([A-Za-z0-9+/]+={0,2})((?:\|[^|]*){0,2})")
_LIFETIME = re.compile(r"2\^(\d{1,2})|(\d{1,15})", re.ASCII)
_MKI = re.compile(r"(\d{1,39}):(\d{1,3})", re.ASCII)
_HARMLESS = re.compile(r"-.*|WSH=\d{1,6}|FEC_ORDER=(?:FEC_SRTP|SRTP_FEC)")
"""Parameters that change nothing for us (RFC 4568 §6.3): a hint about the window, the order of an
error correction that is not there, and whatever its writer marked as one to be passed over."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a line."""

    material: bytes = field(repr=False)
    """Master key, and its salt behind it."""
    lifetime: int | None = None
    """Packets that it may protect: for whoever sends under it to obey."""
    mki: tuple[int, int] | None = None
    """Value and octets of the identifier that each packet would carry."""


@dataclass(frozen=True, slots=True)
class Crypto:
    """One `a=crypto` attribute."""

    tag: int
    suite: str
    """As it was written."""
    keys: tuple[Key, ...]
    parameters: tuple[str, ...] = ()

    @property
    def algorithm(self) -> str:
        """The name that `media/srtp.py` knows the suite by."""
        return ALIASES.get(self.suite, self.suite)

    @property
    def material(self) -> bytes:
        """Of the only key of a usable line."""
        return self.keys[0].material

    @property
    def usable(self) -> bool:
        """Whether we can send or receive what this line promises."""
        suite = SUITES.get(self.algorithm)
        return (
            suite is not None
            and len(self.keys) == 1
            and self.keys[0].mki is None
            and len(self.material) == suite.octets
            and all(_HARMLESS.fullmatch(parameter) for parameter in self.parameters)
        )


def parse(value: str) -> Crypto | None:
    """What stands behind `a=crypto:`; None when it is not sound, or longer than it may be."""
    if len(value) > MAX_LINE:
        return None
    match = _LINE.fullmatch(value)
    if match is None:
        return None
    tag, suite, keys, parameters = match.groups()
    texts = keys.split(";")
    found = [_key(text) for text in texts] if len(texts) <= MAX_KEYS else [None]
    sound = tuple(key for key in found if key is not None)
    if len(sound) != len(found):
        return None
    return Crypto(int(tag), suite, sound, tuple((parameters or "").split()))


def serialize(crypto: Crypto) -> str:
    """What to write behind `a=crypto:`."""
    keys = ";".join(_inline(key) for key in crypto.keys)
    return " ".join((str(crypto.tag), crypto.suite, keys, *crypto.parameters))


def offer(suites: Sequence[str], entropy: Callable[[int], bytes]) -> tuple[Crypto, ...]:
    """A line for each suite, preferred first, each with a fresh key (RFC 4568 §7.1.1).

    `entropy` gives so many octets that nobody can guess.
    """
    return tuple(
        Crypto(tag, suite, (Key(entropy(SUITES[ALIASES.get(suite, suite)].octets)),))
        for tag, suite in enumerate(suites, 1)
    )


def read(values: Iterable[str]) -> tuple[Crypto, ...]:
    """The sound lines of a description, in its order."""
    return tuple(
        crypto
        for crypto, _ in zip(map(parse, values), range(MAX_LINES), strict=False)
        if crypto is not None
    )


def choose(offered: Iterable[Crypto], suites: Sequence[str] = tuple(SUITES)) -> Crypto | None:
    """Of the usable lines the one whose suite we like best; None: the stream cannot be secured."""
    usable = [crypto for crypto in offered if crypto.usable and crypto.algorithm in suites]
    return min(usable, key=lambda crypto: suites.index(crypto.algorithm), default=None)


def answer(chosen: Crypto, entropy: Callable[[int], bytes]) -> Crypto:
    """Our line for the one that was chosen: its tag and suite, a key of our own (§7.1.2)."""
    return Crypto(chosen.tag, chosen.suite, (Key(entropy(len(chosen.material))),))


def accept(offered: Iterable[Crypto], answered: Sequence[Crypto]) -> tuple[Crypto, Crypto] | None:
    """Our line that an answer took up, and the answer's.

    None when it is not exactly one, usable, with the tag and suite of a line of ours (§7.1.3).
    """
    if len(answered) != 1 or not answered[0].usable:
        return None
    theirs = answered[0]
    for ours in offered:
        if (ours.tag, ours.suite) == (theirs.tag, theirs.suite):
            return ours, theirs
    return None


def _key(text: str) -> Key | None:
    match = _INLINE.fullmatch(text)
    if match is None:
        return None
    material = _decoded(match[1])
    lifetime, mki = _options(match[2].split("|")[1:])
    if material is None or lifetime == 0 or mki == (0, 0):
        return None
    return Key(material, lifetime, mki)


def _decoded(text: str) -> bytes | None:
    """Some phones leave the padding out."""
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except binascii.Error:
        return None


def _options(texts: list[str]) -> tuple[int | None, tuple[int, int] | None]:
    """Lifetime and MKI, either of which may be missing; 0 and (0, 0) when they are not sound."""
    lifetime: int | None = None
    mki: tuple[int, int] | None = None
    for place, text in enumerate(texts):
        if ":" in text:
            mki = _mki(text)
        elif place == 0:
            lifetime = _lifetime(text)
        else:
            return 0, None
    return lifetime, mki


def _lifetime(text: str) -> int:
    match = _LIFETIME.fullmatch(text)
    if match is None:
        return 0
    packets = 1 << int(match[1]) if match[1] else int(match[2])
    return packets if packets <= MAX_LIFETIME else 0


def _mki(text: str) -> tuple[int, int]:
    match = _MKI.fullmatch(text)
    if match is None:
        return (0, 0)
    value, octets = int(match[1]), int(match[2])
    fits = 1 <= octets <= MAX_MKI_OCTETS and value < 1 << (8 * octets)
    return (value, octets) if fits else (0, 0)


def _inline(key: Key) -> str:
    text = "inline:" + base64.b64encode(key.material).decode()
    if key.lifetime is not None:
        power = key.lifetime.bit_length() - 1
        text += f"|2^{power}" if key.lifetime == 1 << power else f"|{key.lifetime}"
    if key.mki is not None:
        text += f"|{key.mki[0]}:{key.mki[1]}"
    return text
