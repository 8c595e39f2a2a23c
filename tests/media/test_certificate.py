from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from softswitch.media.certificate import Certificate
from softswitch.media.dtls_sdp import Fingerprint, parse_fingerprint

FROM, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)


def test_a_certificate_is_new_and_fits_its_key_and_its_fingerprint() -> None:
    one, other = Certificate.make(FROM, UNTIL), Certificate.make(FROM, UNTIL)
    assert one.fingerprint != other.fingerprint
    shown = x509.load_pem_x509_certificate(one.pem)
    assert (shown.not_valid_before_utc, shown.not_valid_after_utc) == (FROM, UNTIL)
    assert shown.public_key() == load_pem_private_key(one.pem, None).public_key()
    public = shown.public_key()
    assert isinstance(public, EllipticCurvePublicKey)
    assert public.curve.name == "secp256r1"
    digest = shown.fingerprint(SHA256())
    assert parse_fingerprint(f"sha-256 {one.fingerprint}") == Fingerprint("sha-256", digest)


def test_its_key_is_not_shown() -> None:
    made = Certificate.make(FROM, UNTIL)
    assert repr(made) == f"Certificate({made.fingerprint}, key hidden)"
