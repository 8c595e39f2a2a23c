"""The certificate that browsers are shown: the office's own, or one that signs itself.

Nobody vouches for one of the second kind, so browsers warn once. It is made when it is missing,
soon over, or for other names than are configured, and kept in the state folder (mode 0600).
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from softswitch.config.configuration import CertificateFiles

FILE = "web.pem"
LASTS = timedelta(days=820)
"""No browser believes one that lasts for longer than 825 days."""
RENEWED_BEFORE = timedelta(days=60)
YESTERDAY = timedelta(days=1)
"""It holds since then: clocks of browsers may be slow."""
LOCAL = ("localhost", "127.0.0.1", "::1")


class Unusable(Exception):
    """Why there can be no HTTPS, in one line for the operator."""


def context(files: CertificateFiles) -> ssl.SSLContext:
    """How to speak TLS with this certificate. Raises Unusable."""
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.minimum_version = ssl.TLSVersion.TLSv1_2
    found.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    found.set_alpn_protocols(["http/1.1"])
    try:
        found.load_cert_chain(files.cert, files.key, password=_no_password)
    except ssl.SSLError as error:
        why = "they do not belong together" if "MISMATCH" in str(error.reason) else "not PEM"
        raise Unusable(f"network.certificate: {files.cert}, {files.key}: {why}") from None
    except _Encrypted:
        raise Unusable(f"network.certificate: {files.key} is encrypted") from None
    except OSError as error:
        raise Unusable(f"network.certificate: {files.cert}: {error.strerror}") from None
    return found


class _Encrypted(Exception):
    pass


def _no_password() -> str:
    raise _Encrypted


def own(folder: Path, names: Sequence[str], now: float) -> tuple[Path, str]:
    """Our own certificate with its key, and its fingerprint (SHA-256). Raises OSError.

    `names`: by what browsers may know us; `now`: wall clock seconds.
    """
    file, wanted = folder / FILE, (*names, *LOCAL)
    moment = datetime.fromtimestamp(now, UTC)
    with suppress(OSError, ValueError, x509.ExtensionNotFound):
        kept = x509.load_pem_x509_certificate(file.read_bytes())
        if _names(kept) == _named(wanted) and kept.not_valid_after_utc > moment + RENEWED_BEFORE:
            return file, _fingerprint(kept)
    made, pem = _made(wanted, moment)
    _write(file, pem)
    return file, _fingerprint(made)


def _made(names: Sequence[str], now: datetime) -> tuple[x509.Certificate, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - YESTERDAY)
        .not_valid_after(now + LASTS)
        .add_extension(x509.SubjectAlternativeName(_named(names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return made, private + made.public_bytes(serialization.Encoding.PEM)


def _named(names: Sequence[str]) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for name in dict.fromkeys(names):
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name))
    return found


def _names(certificate: x509.Certificate) -> list[x509.GeneralName]:
    return list(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _write(file: Path, data: bytes) -> None:
    """Beside it, and then under its name: a crash leaves the old one or the new one."""
    beside = file.with_suffix(".new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())
    beside.replace(file)
