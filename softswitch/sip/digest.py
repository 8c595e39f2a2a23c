"""Digest authentication: challenges, credentials, responses, nonces (RFC 3261 §22, RFC 8760).

The arithmetic is RFC 7616's for MD5 and SHA-256, with qop=auth or, for old peers, without qop as
RFC 2069 had it. `-sess`, auth-int, SHA-512-256 and userhash are never offered and not read.
Who may do what is decided in `auth`, and responses are compared there, in constant time.
"""

import hashlib
import hmac
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .errors import ParseError, excerpt
from .fields import quote

MD5 = "MD5"
SHA256 = "SHA-256"
ALGORITHMS = {MD5: hashlib.md5, SHA256: hashlib.sha256}

_nonce_count = re.compile(r"[0-9A-Fa-f]{8}").fullmatch
_quoted_pair = re.compile(r"\\(.)", re.DOTALL)
_PARAMETER = r"""[ \t]*+[A-Za-z0-9_-]++=(?:"[^"\\]*+"|[^\s",\\]++)[ \t]*+"""
_is_plain = re.compile(f"{_PARAMETER}(?:,{_PARAMETER})*+").fullmatch
"""Without backslashes, empty parameters, or blanks around =: as phones write it."""
_plain_parameters = re.compile(r"""([A-Za-z0-9_-]++)=(?:"([^"\\]*+)"|([^\s",\\]++))""").findall
_one_parameter = re.compile(
    r"""[\s,]*([A-Za-z0-9\-_*]+)\s*=\s*(?:"((?:[^"\\]|\\.)*+)"|([^\s",]*))\s*(?=,|$)""", re.DOTALL
).match


@dataclass(slots=True)
class Challenge:
    """What a server asks for in WWW-Authenticate or Proxy-Authenticate (§22.1)."""

    realm: str
    nonce: str
    algorithm: str = MD5
    qop: bool = False
    """Whether qop=auth is offered; without it the response is RFC 2069's."""
    opaque: str = ""
    stale: bool = False
    """The password was right, only the nonce was old."""

    @classmethod
    def parse(cls, value: str) -> "Challenge":
        """Read a challenge. Raises ParseError for other schemes and algorithms."""
        fields = _parse_fields(value)
        offered = [option.strip().lower() for option in fields.get("qop", "").split(",")]
        if offered != [""] and "auth" not in offered:
            raise ParseError(f"challenge offers only qop {excerpt(fields['qop'])}")
        try:
            realm, nonce = fields["realm"], fields["nonce"]
        except KeyError as missing:
            raise ParseError(f"challenge: no {missing}") from None
        stale = fields.get("stale", "").lower() == "true"
        opaque = fields.get("opaque", "")
        return cls(realm, nonce, _algorithm(fields), "auth" in offered, opaque, stale)


@dataclass(slots=True)
class Credentials:
    """What a client answers in Authorization or Proxy-Authorization (§22.2, §22.3)."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: str = MD5
    qop: str = ""
    """"auth", or "" for RFC 2069's response."""
    nc: str = ""
    """How often the nonce has been used, eight hexadecimal digits; "" without qop."""
    cnonce: str = ""
    opaque: str = ""

    @classmethod
    def parse(cls, value: str) -> "Credentials":
        """Read credentials. Raises ParseError for other schemes, algorithms and qops."""
        fields = _parse_fields(value)
        get = fields.get
        qop = get("qop", "").lower()
        nc, cnonce = get("nc", ""), get("cnonce", "")
        algorithm = get("algorithm", MD5)
        if qop and (qop != "auth" or not cnonce or not _nonce_count(nc)):
            raise ParseError("credentials: qop is not auth, or nc or cnonce is missing")
        try:
            return cls(
                fields["username"],
                fields["realm"],
                fields["nonce"],
                fields["uri"],
                fields["response"],
                algorithm if algorithm in ALGORITHMS else _algorithm(fields),
                qop,
                nc,
                cnonce,
                get("opaque", ""),
            )
        except KeyError as missing:
            raise ParseError(f"credentials: no {missing}") from None

    def __str__(self) -> str:
        text = (
            f"Digest username={quote(self.username)}, realm={quote(self.realm)},"
            f" nonce={quote(self.nonce)}, uri={quote(self.uri)}, response={quote(self.response)},"
            f" algorithm={self.algorithm}"
        )
        if self.qop:
            text += f", qop={self.qop}, nc={self.nc}, cnonce={quote(self.cnonce)}"
        return f"{text}, opaque={quote(self.opaque)}" if self.opaque else text


def challenge_value(realm: str, nonce: str, algorithm: str, stale: bool = False) -> str:
    """The value of a WWW-Authenticate or Proxy-Authenticate field that offers qop=auth."""
    ending = ", stale=true" if stale else ""
    return (
        f"Digest realm={quote(realm)}, nonce={quote(nonce)}, algorithm={algorithm},"
        f' qop="auth"{ending}'
    )


def ha1(username: str, realm: str, password: str, algorithm: str) -> str:
    """The hash of who one is; it stands in for the password (RFC 7616 §3.4.2)."""
    return _hash(algorithm, f"{username}:{realm}:{password}")


def response_of(credentials: Credentials, ha1: str, method: str) -> str:
    """The response that these credentials should hold (RFC 7616 §3.4.1)."""
    algorithm = credentials.algorithm
    ha2 = _hash(algorithm, f"{method}:{credentials.uri}")
    if not credentials.qop:
        return _hash(algorithm, f"{ha1}:{credentials.nonce}:{ha2}")
    return _hash(
        algorithm,
        f"{ha1}:{credentials.nonce}:{credentials.nc}:{credentials.cnonce}:{credentials.qop}:{ha2}",
    )


def _hash(algorithm: str, text: str) -> str:
    data = text.encode("utf-8", "surrogateescape")
    return ALGORITHMS[algorithm](data, usedforsecurity=False).hexdigest()


def _parse_fields(value: str) -> dict[str, str]:
    """Read `Digest name="value", name=value` into lower-case names and unquoted values."""
    scheme, _, rest = value.partition(" ")
    if scheme != "Digest" and scheme.lower() != "digest":
        raise ParseError(f"{excerpt(scheme)} is not the Digest scheme")
    if _is_plain(rest):
        pairs = [(name.lower(), quoted or bare) for name, quoted, bare in _plain_parameters(rest)]
    else:
        pairs = list(_pairs_with_care(rest))
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ParseError("credentials: a parameter comes twice")
    return fields


def _pairs_with_care(text: str) -> Iterator[tuple[str, str]]:
    """The same one by one: where backslashes escape something, and where blanks are."""
    text = text.rstrip(" \t,")
    position = 0
    while position < len(text):
        match = _one_parameter(text, position)
        if match is None:
            raise ParseError(f"credentials: {excerpt(text[position:])} is not name=value")
        quoted = match[2]
        yield match[1].lower(), match[3] if quoted is None else _quoted_pair.sub(r"\1", quoted)
        position = match.end()


def _algorithm(fields: dict[str, str]) -> str:
    """One of ALGORITHMS; MD5 when nothing is said (RFC 7616 §3.3)."""
    algorithm = fields.get("algorithm", MD5).upper()
    if algorithm not in ALGORITHMS:
        raise ParseError(f"algorithm {excerpt(algorithm)} was not offered")
    return algorithm


class Nonces:
    """Makes nonces that can be recognised again without having been kept.

        12 digits: when, in ms    6: serial number    24: MAC over both and the source address

    Whoever has the key can check them, so several switches can share one. The serial number keeps
    two phones behind one address apart: each counts the uses of its own nonce.
    """

    LENGTH = 42
    MAX_SKEW = 5.0
    """Seconds by which a nonce may come from the future: the clocks of two switches differ."""

    def __init__(self, key: bytes) -> None:
        # blake2s takes at most 32 octets, and a key of any length is welcome.
        self._mac = hashlib.blake2s(key=hashlib.sha256(key).digest(), digest_size=12)
        self._serial = 0

    def make(self, now_wall: float, source: str) -> str:
        """A fresh nonce for that source address."""
        self._serial = (self._serial + 1) & 0xFFFFFF
        stamp = f"{int(now_wall * 1000) & 0xFFFFFFFFFFFF:012x}{self._serial:06x}"
        return stamp + self._seal(stamp, source)

    def age(self, nonce: str, source: str, now_wall: float) -> float | None:
        """Seconds since it was made; infinite if the clock was set back; None: not ours."""
        if len(nonce) != self.LENGTH or not nonce.isascii():
            return None
        stamp = nonce[:18]
        if not hmac.compare_digest(nonce[18:], self._seal(stamp, source)):
            return None
        age = now_wall - int(stamp[:12], 16) / 1000
        return max(age, 0.0) if age >= -self.MAX_SKEW else math.inf

    def _seal(self, stamp: str, source: str) -> str:
        mac = self._mac.copy()
        mac.update(f"{stamp}{source}".encode())
        return mac.hexdigest()
