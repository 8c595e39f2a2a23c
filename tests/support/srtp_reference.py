"""SRTP a second time, slowly and from the RFCs, on nothing but AES and HMAC: what ours must equal.

Itself checked against the vectors of RFC 3711, RFC 6188 and RFC 7714, which give session keys:
libsrtp takes none, it derives its own.
"""

import hashlib
import hmac
import struct
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ENCRYPTION, AUTHENTICATION, SALT = 0, 1, 2
RTCP = 3
"""Added to each label for SRTCP (RFC 3711 §4.3.2)."""
ENCRYPTED = 0x8000_0000


class Form(NamedTuple):
    """A suite: octets of key, of salt, and of the RTP tag; 0 tag octets of its own mean GCM."""

    key: int
    salt: int
    tag: int


FORMS = {
    "AES_CM_128_HMAC_SHA1_80": Form(16, 14, 10),
    "AES_CM_128_HMAC_SHA1_32": Form(16, 14, 4),
    "AES_256_CM_HMAC_SHA1_80": Form(32, 14, 10),
    "AES_256_CM_HMAC_SHA1_32": Form(32, 14, 4),
    "AEAD_AES_128_GCM": Form(16, 12, 0),
    "AEAD_AES_256_GCM": Form(32, 12, 0),
}


def key_stream(key: bytes, counter: bytes, octets: int) -> bytes:
    """AES in counter mode (§4.1.1)."""
    encryptor = Cipher(algorithms.AES(key), modes.CTR(counter)).encryptor()
    return encryptor.update(bytes(octets))


def exclusive(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def derive(key: bytes, salt: bytes, label: int, octets: int) -> bytes:
    """A session key, with a derivation rate of 0 (§4.3.1; RFC 7714 §11 for the shorter salt)."""
    salt = salt.ljust(14, b"\0")
    counter = exclusive(salt, bytes(7) + bytes((label,)) + bytes(6)) + b"\0\0"
    return key_stream(key, counter, octets)


def counter_mode(key: bytes, salt: bytes, ssrc: bytes, index: int, data: bytes) -> bytes:
    """Encrypt or decrypt (§4.1.1)."""
    place = bytes(4) + ssrc + index.to_bytes(6, "big") + b"\0\0"
    counter = exclusive(salt + b"\0\0", place)
    return exclusive(data, key_stream(key, counter, len(data)))


def galois(key: bytes, salt: bytes, place: bytes, clear: bytes, data: bytes) -> bytes:
    """Encrypt `data` and append the tag over both (RFC 7714 §8, §9)."""
    return AESGCM(key).encrypt(exclusive(salt, place), data, clear)


def tag(key: bytes, data: bytes, octets: int) -> bytes:
    return hmac.digest(key, data, hashlib.sha1)[:octets]


def protect(suite: str, master: bytes, packet: bytes, rollover: int) -> bytes:
    """A packet without CSRCs and extension, with that rollover counter."""
    form = FORMS[suite]
    key, salt = master[: form.key], master[form.key :]
    header, payload = packet[:12], packet[12:]
    (sequence,) = struct.unpack_from("!H", packet, 2)
    ssrc = packet[8:12]
    session = derive(key, salt, ENCRYPTION, form.key)
    session_salt = derive(key, salt, SALT, form.salt)
    if not form.tag:
        place = b"\0\0" + ssrc + struct.pack("!IH", rollover, sequence)
        return header + galois(session, session_salt, place, header, payload)
    index = rollover << 16 | sequence
    protected = header + counter_mode(session, session_salt, ssrc, index, payload)
    authentication = derive(key, salt, AUTHENTICATION, 20)
    return protected + tag(authentication, protected + struct.pack("!I", rollover), form.tag)


def unprotect(suite: str, master: bytes, packet: bytes, rollover: int) -> bytes | None:
    """The packet that `protect` with the same arguments makes this of; None when it makes others.

    Of the suites in counter mode.
    """
    form = FORMS[suite]
    key, salt = master[: form.key], master[form.key :]
    (sequence,) = struct.unpack_from("!H", packet, 2)
    session, session_salt = (
        derive(key, salt, ENCRYPTION, form.key),
        derive(key, salt, SALT, form.salt),
    )
    hidden, index = packet[12 : -form.tag], rollover << 16 | sequence
    shown = packet[:12] + counter_mode(session, session_salt, packet[8:12], index, hidden)
    return shown if protect(suite, master, shown, rollover) == packet else None


def protect_rtcp(suite: str, master: bytes, packet: bytes, index: int) -> bytes:
    """A report, with that SRTCP index."""
    form = FORMS[suite]
    key, salt = master[: form.key], master[form.key :]
    header, body, ssrc = packet[:8], packet[8:], packet[4:8]
    word = struct.pack("!I", ENCRYPTED | index)
    session = derive(key, salt, RTCP + ENCRYPTION, form.key)
    session_salt = derive(key, salt, RTCP + SALT, form.salt)
    if not form.tag:
        place = b"\0\0" + ssrc + b"\0\0" + struct.pack("!I", index)
        return header + galois(session, session_salt, place, header + word, body) + word
    protected = header + counter_mode(session, session_salt, ssrc, index, body) + word
    # the short tag is for RTP only (RFC 4568 §6.2.2): SRTCP always has 80 bits
    return protected + tag(derive(key, salt, RTCP + AUTHENTICATION, 20), protected, 10)
