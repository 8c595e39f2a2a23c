"""DTLS-SRTP (RFC 5763, RFC 5764): the handshake that two sides agree on SRTP keys with.

    client (setup:active)                         server (setup:passive)
      ClientHello, use_srtp ─────────────────────►
                    ◄───────── ServerHello, certificate, certificate request …
      certificate, key exchange, Finished ───────►
                    ◄───────── Finished             both: certificate = a=fingerprint? then keys

OpenSSL speaks, over memory; whoever holds an `Association` moves its datagrams and asks it when it
wants to be woken. Who the peer is, its certificate does not say: the description does, by the
digest of it, and until that was compared there are no keys.

No cookies are exchanged: whoever is answered here has been named by the description, or has passed
the checks of ICE. Plain alerts are not believed, since anybody could have sent them.
"""

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL

from softswitch.media.dtls_sdp import DIGESTS
from softswitch.media.srtp import SUITES

MTU = 1200
"""Octets of a datagram: with IP and UDP, and in a tunnel or two, it still crosses in one piece."""
MAX_DATAGRAM = 16_384
RECORD_HEADER = 13
HANDSHAKE, ALERT = 22, 21
CLIENT_HELLO = 1
DTLS_1_2 = 0xFEFD
NEVER = float("inf")

CIPHERS = (
    b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:"
    b"ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:"
    b"ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-SHA"
)
"""All with forward secrecy. RSA is for peers who have such a certificate, when we begin."""
PROFILES = {
    b"SRTP_AEAD_AES_128_GCM": "AEAD_AES_128_GCM",
    b"SRTP_AES128_CM_SHA1_80": "AES_CM_128_HMAC_SHA1_80",
}
"""Preferred first; to the name of the suite."""
EXPORTER_LABEL = b"EXTRACTOR-dtls_srtp"

WRONG_FINGERPRINT = "the certificate is not the one that the description promised"
NO_PROFILE = "no SRTP profile in common"

_HASHES = {octets: name.replace("-", "") for name, octets in DIGESTS.items()}


class Keys(NamedTuple):
    """What a handshake ends with: master key with salt, one for each direction."""

    suite: str
    send_key: bytes
    receive_key: bytes

    def __repr__(self) -> str:
        return f"Keys({self.suite!r}, keys hidden)"


class Endpoint:
    """What all associations of a process share."""

    def __init__(self, pem: bytes) -> None:
        """Of `media/certificate.py`."""
        context = SSL.Context(SSL.DTLS_METHOD)
        context.set_min_proto_version(DTLS_1_2)
        context.set_max_proto_version(DTLS_1_2)
        context.use_certificate(x509.load_pem_x509_certificate(pem))
        key = serialization.load_pem_private_key(pem, None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        context.use_privatekey(key)
        context.set_cipher_list(CIPHERS)
        context.set_tlsext_use_srtp(b":".join(PROFILES))
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_options(SSL.OP_NO_QUERY_MTU | SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION)
        # any certificate will do here: the digest decides, when all is said
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        self._context = context

    def connection(self, active: bool) -> SSL.Connection:
        """OpenSSL's side of one association."""
        connection = SSL.Connection(self._context, None)
        connection.set_ciphertext_mtu(MTU)
        if active:
            connection.set_connect_state()
        else:
            connection.set_accept_state()
        return connection


class Association:
    """One handshake with one peer, and its memory of it: a lost last flight is sent again."""

    __slots__ = ("_active", "_connection", "_fingerprint", "failed", "keys", "next_deadline")

    def __init__(self, endpoint: Endpoint, active: bool, fingerprint: bytes) -> None:
        """`fingerprint` is a digest of the peer's certificate; its length says by which hash."""
        self._connection = endpoint.connection(active)
        self._active = active
        self._fingerprint = fingerprint
        self.keys: Keys | None = None
        """When the handshake has ended well."""
        self.failed = ""
        """Why it never will."""
        self.next_deadline = NEVER
        """Monotonic seconds: when `tick` wants to be called."""

    @property
    def final(self) -> bool:
        """The peer, whoever it is, did all it could: to begin again would change nothing."""
        return self.failed in {WRONG_FINGERPRINT, NO_PROFILE}

    def start(self, now: float) -> list[bytes]:
        """The first flight, when it is ours; datagrams to be sent."""
        return self._proceed(now)

    def receive(self, data: bytes, now: float) -> list[bytes]:
        """Enter a datagram; returns the datagrams to be sent."""
        if self.failed:
            return []
        for record in records(data):
            if record[0] == ALERT and not epoch(record):
                continue
            self._connection.bio_write(record)
        return self._proceed(now)

    def tick(self, now: float) -> list[bytes]:
        """The time is up: send our last flight again (RFC 6347 §4.2.4)."""
        try:
            self._connection.DTLSv1_handle_timeout()
        except SSL.Error as error:
            self._fail(error)
        return self._drain(now)

    def _proceed(self, now: float) -> list[bytes]:
        try:
            if self.keys is None:
                self._connection.do_handshake()
                self._finish()
            # sends the last flight again when the peer repeats its own; data itself is unwanted
            while not self.failed:
                self._connection.recv(MAX_DATAGRAM)
        except SSL.WantReadError:
            pass
        except SSL.Error as error:
            self._fail(error)
        return self._drain(now)

    def _fail(self, error: SSL.Error) -> None:
        """An association that has its keys outlives whatever comes later."""
        if self.keys is None:
            reasons = error.args[0] if error.args else ()
            text = reasons[-1][-1] if isinstance(reasons, list) and reasons else "it broke off"
            self.failed = f"DTLS handshake: {text}"

    def _finish(self) -> None:
        """The handshake is over: is it the right peer, and what are the keys (RFC 5764 §4.2)?"""
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        name = _HASHES.get(len(self._fingerprint))
        if certificate is None or name is None:
            self.failed = WRONG_FINGERPRINT
            return
        shown = certificate.public_bytes(serialization.Encoding.DER)
        if hashlib.new(name, shown).digest() != self._fingerprint:
            self.failed = WRONG_FINGERPRINT
            return
        suite = SUITES.get(PROFILES.get(self._connection.get_selected_srtp_profile(), ""))
        if suite is None:
            self.failed = NO_PROFILE
            return
        key, both_keys = suite.key_octets, 2 * suite.key_octets
        salt_end = both_keys + suite.salt_octets
        material = self._connection.export_keying_material(EXPORTER_LABEL, 2 * suite.octets, None)
        client = material[:key] + material[both_keys:salt_end]
        server = material[key:both_keys] + material[salt_end:]
        ours, theirs = (client, server) if self._active else (server, client)
        self.keys = Keys(suite.name, ours, theirs)

    def _drain(self, now: float) -> list[bytes]:
        """What OpenSSL wants to send: it forgets where one datagram ends."""
        written = []
        try:
            while True:
                written.append(self._connection.bio_read(MAX_DATAGRAM))
        except SSL.Error:
            pass
        timeout = None if self.failed or self.keys else self._connection.DTLSv1_get_timeout()
        self.next_deadline = NEVER if timeout is None else now + timeout
        return list(records(b"".join(written)))


def records(data: bytes) -> Iterator[bytes]:
    """The whole records of a datagram (RFC 6347 §4.1)."""
    position = 0
    while position + RECORD_HEADER <= len(data):
        octets = int.from_bytes(data[position + 11 : position + RECORD_HEADER], "big")
        end = position + RECORD_HEADER + octets
        if end > len(data):
            return
        yield data[position:end]
        position = end


def epoch(record: bytes) -> int:
    """0: anybody can have written it."""
    return int.from_bytes(record[3:5], "big")


def is_client_hello(data: bytes) -> bool:
    """Does somebody begin?"""
    return (
        len(data) > RECORD_HEADER
        and data[0] == HANDSHAKE
        and not epoch(data)
        and data[RECORD_HEADER] == CLIENT_HELLO
    )
