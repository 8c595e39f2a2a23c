"""What a session description says about DTLS: fingerprints, who begins, which association.

a=fingerprint:sha-256 4A:AD:…      digest of the certificate that will be shown (RFC 8122 §5)
a=setup:actpass                    who sends the ClientHello (RFC 4145 §4, RFC 5763 §5)
a=tls-id:…                         a new value means a new association (RFC 8842 §4)
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

DIGESTS = {"sha-1": 20, "sha-256": 32, "sha-384": 48, "sha-512": 64}
"""Octets of the digests that we compare, weakest first; no two are as long. To pass for somebody
else one has to find a certificate of the same digest as theirs, which SHA-1 still withstands; MD5
and MD2 may not be used (RFC 8122 §5)."""
MAX_LINES = 16
"""Fingerprints of one description that are looked at."""

ACTIVE, PASSIVE, EITHER = "active", "passive", "actpass"

_FINGERPRINT = re.compile(
    r"([A-Za-z0-9-]{1,16})[ \t]+([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){0,127})\s*"
)
_TLS_ID = re.compile(r"[A-Za-z0-9+/_-]{20,255}")


class Fingerprint(NamedTuple):
    """The digest of a certificate in DER."""

    hash: str
    """In lower case."""
    digest: bytes


def parse_fingerprint(value: str) -> Fingerprint | None:
    """What stands behind `a=fingerprint:`; None when it is not sound."""
    match = _FINGERPRINT.fullmatch(value)
    if match is None:
        return None
    name, digest = match[1].lower(), bytes.fromhex(match[2].replace(":", ""))
    octets = DIGESTS.get(name, len(digest))
    return Fingerprint(name, digest) if len(digest) == octets else None


def fingerprint_text(digest: bytes) -> str:
    """A SHA-256 digest as it is written behind `a=fingerprint:sha-256 `."""
    return digest.hex(":").upper()


def strongest(values: Iterable[str]) -> Fingerprint | None:
    """Of the fingerprints of a description the one to compare; None when there is none we can."""
    names = [*DIGESTS]
    read = [parse_fingerprint(value) for value, _ in zip(values, range(MAX_LINES), strict=False)]
    known = [found for found in read if found is not None and found.hash in DIGESTS]
    return max(known, key=lambda found: names.index(found.hash), default=None)


def answer_setup(offered: str | None, current: str | None = None) -> str | None:
    """Our `a=setup` for that of an offer; None when there can be no association.

    Whoever leaves us the choice is to begin: it may be behind a NAT that only it can open. An offer
    that says nothing means to begin itself (RFC 4145 §4). As long as an association stands, each
    keeps the role it has: `current` is ours (RFC 8842 §5.3).
    """
    if offered == EITHER and current is not None:
        return current
    return {None: PASSIVE, EITHER: PASSIVE, ACTIVE: PASSIVE, PASSIVE: ACTIVE}.get(offered)


def begins(answered: str | None) -> bool | None:
    """Whether we, who offered `actpass`, send the ClientHello after this answer.

    None when the answer is none (RFC 5763 §5).
    """
    return {None: True, PASSIVE: True, ACTIVE: False}.get(answered)


def parse_tls_id(value: str) -> str | None:
    """What stands behind `a=tls-id:`; None when it is not sound."""
    match = _TLS_ID.fullmatch(value.strip())
    return match and match[0]
