"""Certificates: the office's own, or ours."""

import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from softswitch.config.configuration import CertificateFiles
from softswitch.web import certificate

NOW = 1_785_751_920.0
DAY = 86_400.0


def test_ours_is_for_the_owner_alone_and_stays(tmp_path: Path) -> None:
    file, fingerprint = certificate.own(tmp_path, ["pbx.example.com", "192.0.2.1"], NOW)
    assert file.stat().st_mode & 0o777 == 0o600
    assert certificate.own(tmp_path, ["pbx.example.com", "192.0.2.1"], NOW + DAY) == (
        file,
        fingerprint,
    )
    assert len(fingerprint) == 95
    made = x509.load_pem_x509_certificate(file.read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["pbx.example.com", "localhost"]
    assert "192.0.2.1" in map(str, names.get_values_for_type(x509.IPAddress))
    assert (made.not_valid_after_utc - made.not_valid_before_utc).days < 825
    tls = certificate.context(CertificateFiles(file, file))
    assert tls.minimum_version == ssl.TLSVersion.TLSv1_2
    assert tls.options & ssl.OP_NO_RENEGOTIATION


@pytest.mark.parametrize(
    ("names", "later"), [(["other.example.com"], 0.0), (["pbx.example.com"], 800 * DAY)]
)
def test_ours_is_made_anew_for_other_names_and_before_it_is_over(
    tmp_path: Path, names: list[str], later: float
) -> None:
    _, before = certificate.own(tmp_path, ["pbx.example.com"], NOW)
    _, after = certificate.own(tmp_path, names, NOW + later)
    assert after != before


@pytest.mark.parametrize("damage", [b"", b"no PEM", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_ours_is_made_anew_when_it_is_damaged(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "web.pem").write_bytes(damage)
    (tmp_path / "web.new").write_bytes(b"left by a crash")
    file, _ = certificate.own(tmp_path, [], NOW)
    certificate.context(CertificateFiles(file, file))


def test_without_a_folder_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        certificate.own(tmp_path / "nowhere", [], NOW)


def two(folder: Path) -> tuple[Path, Path]:
    for name in ("a", "b"):
        (folder / name).mkdir()
    return tuple(certificate.own(folder / name, [], NOW)[0] for name in ("a", "b"))  # type: ignore[return-value]


def test_files_that_are_no_certificate_are_named(tmp_path: Path) -> None:
    file, other = two(tmp_path)
    nothing = tmp_path / "nothing.pem"
    nothing.write_text("not PEM")
    for files, why in (
        (CertificateFiles(file, other), "they do not belong together"),
        (CertificateFiles(nothing, file), "not PEM"),
        (CertificateFiles(tmp_path / "missing.pem", file), "No such file"),
    ):
        with pytest.raises(certificate.Unusable, match=why):
            certificate.context(files)


def test_a_key_that_asks_for_a_password_is_named(tmp_path: Path) -> None:
    file, _ = certificate.own(tmp_path, [], NOW)
    key = serialization.load_pem_private_key(file.read_bytes(), None)
    locked = tmp_path / "locked.pem"
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    with pytest.raises(certificate.Unusable, match=r"locked\.pem is encrypted"):
        certificate.context(CertificateFiles(file, locked))
