"""One mail to a real server: encrypted, logged in, refused, and by a server that breaks off."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from softswitch.config.messaging import Mail
from softswitch.mailbox.mail import Sender, trial
from softswitch.mailbox.phrases import LocalTime
from softswitch.smtp import Outcome, ServerFailed, deliver
from tests.support.mail_server import MailServer, knows
from tests.support.ports import free_port

ANNA, JAN = "anna@example.com", "jan@example.com"
TRIAL = trial(Sender("vm@example.com"), ANNA, 0.0, LocalTime(1970, 1, 1, 3, 0, 0))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For localhost: key and certificate in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "localhost.pem"
    plain = serialization.NoEncryption()
    pkcs8 = serialization.PrivateFormat.PKCS8
    pem = serialization.Encoding.PEM
    file.write_bytes(key.private_bytes(pem, pkcs8, plain) + made.public_bytes(pem))
    return file


@pytest.fixture
def shown(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def settings(server: MailServer, tls: str = "none", **other: Any) -> Mail:
    return Mail("vm@example.com", "localhost", server.port, tls=tls, **other)


def sends(
    mail: Mail, *recipients: str, believed: Path | None = None
) -> tuple[Outcome | str, list[str]]:
    """What comes of it (text: the server failed), and the steps."""
    steps: list[str] = []
    context = ssl.create_default_context(cafile=believed) if believed else None

    async def main() -> Outcome | str:
        try:
            return await deliver(
                mail, TRIAL, recipients or (ANNA,), told=steps.append, context=context
            )
        except ServerFailed as error:
            return str(error)

    return asyncio.run(main()), steps


def test_a_mail_is_handed_over_and_each_step_told() -> None:
    with MailServer() as server:
        outcome, steps = sends(settings(server))
        assert outcome == Outcome("2.0.0 queued", {})
        assert steps[0].startswith(f"connected to localhost port {server.port}: 220")
        assert steps[1:] == ["taken: 2.0.0 queued"]
        mail, recipients = server.wait(1)
        assert (mail["From"], recipients) == ("vm@example.com", [ANNA])


def test_the_line_is_encrypted_before_the_password_goes_over_it(
    certificate: Path, shown: ssl.SSLContext
) -> None:
    options: dict[str, Any] = {
        "tls_context": shown,
        "require_starttls": True,
        "authenticator": knows("vm", "secret"),
        "auth_required": True,
    }
    with MailServer(**options) as server:
        fine = settings(server, "starttls", username="vm", password="secret")
        outcome, steps = sends(fine, believed=certificate)
        assert isinstance(outcome, Outcome)
        assert steps[1:3] == ["encrypted with STARTTLS", "logged in as vm"]
        wrong = settings(server, "starttls", username="vm", password="wrong")
        outcome, _ = sends(wrong, believed=certificate)
        assert isinstance(outcome, str)
        assert outcome.startswith(f"localhost port {server.port}: it says 535")
        assert "wrong" not in outcome
        assert len(server.mails) == 1


def test_a_certificate_that_nobody_vouches_for_is_not_believed(shown: ssl.SSLContext) -> None:
    with MailServer(tls_context=shown) as server:
        outcome, _ = sends(settings(server, "starttls"))
        assert "CERTIFICATE_VERIFY_FAILED" in str(outcome)
        assert server.mails == []


def test_nothing_is_sent_in_clear_when_encryption_is_wanted() -> None:
    with MailServer() as server:
        outcome, _ = sends(settings(server, "starttls"))
        assert "STARTTLS" in str(outcome)
        assert server.mails == []


def test_tls_can_begin_with_the_first_octet(certificate: Path, shown: ssl.SSLContext) -> None:
    with MailServer("localhost", ssl_context=shown) as server:
        outcome, steps = sends(settings(server, "tls"), believed=certificate)
        assert isinstance(outcome, Outcome)
        assert "over TLS" in steps[0]


def test_who_is_not_known_is_told_beside_who_is() -> None:
    with MailServer() as server:
        server.strangers = {JAN}
        outcome, _ = sends(settings(server), ANNA, JAN)
        assert outcome == Outcome("2.0.0 queued", {JAN: "550 5.1.1 nobody of that name"})
        assert server.wait(1)[1] == [ANNA]
        outcome, _ = sends(settings(server), JAN)
        assert outcome == Outcome("", {JAN: "it says 550 5.1.1 nobody of that name"})
        assert len(server.mails) == 1


def test_a_server_that_is_not_there_or_takes_nothing_is_said_so() -> None:
    outcome, steps = sends(Mail("vm@example.com", "127.0.0.1", free_port(), tls="none"))
    assert isinstance(outcome, str)
    assert "onnect" in outcome
    assert steps == []
    with MailServer() as server:
        server.refusal = "552 \x1b[31m full" + "!" * 400
        outcome, _ = sends(settings(server))
        assert isinstance(outcome, str)
        assert "it says 552" in outcome
        assert "\x1b" not in outcome
        assert len(outcome) < 400


def test_a_server_that_speaks_nonsense_is_said_so() -> None:
    async def main() -> str:
        async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"\x00\xff nonsense\r\n" * 3)
            writer.close()

        listening = await asyncio.start_server(talk, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        async with listening:
            with pytest.raises(ServerFailed) as failure:
                await deliver(Mail("vm@example.com", "127.0.0.1", port, tls="none"), TRIAL, [ANNA])
        return str(failure.value)

    assert asyncio.run(main()).isprintable()
