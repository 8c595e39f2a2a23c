"""The certificate that we show in DTLS handshakes: made when the switch starts, kept in no file.

Nobody signs it. Its digest goes into our descriptions, and whoever trusts those trusts it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from softswitch.media.dtls_sdp import fingerprint_text

if TYPE_CHECKING:
    from datetime import datetime


class Certificate(NamedTuple):
    """With its key."""

    pem: bytes
    """Private key and certificate."""
    fingerprint: str
    """What stands behind `a=fingerprint:sha-256 `."""

    def __repr__(self) -> str:
        return f"Certificate({self.fingerprint}, key hidden)"

    @classmethod
    def make(cls, valid_from: datetime, valid_until: datetime) -> Certificate:
        """A new key on the curve P-256, which all browsers have, and a certificate of its own."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "media")])
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(valid_from)
            .not_valid_after(valid_until)
            .sign(key, hashes.SHA256())
        )
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        public = certificate.public_bytes(serialization.Encoding.PEM)
        return cls(private + public, fingerprint_text(certificate.fingerprint(hashes.SHA256())))
