"""A mail server in a thread, which can be told to refuse."""

from __future__ import annotations

import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope

from tests.support.ports import free_port


class MailServer:
    """What came is in `mails`, with the recipients each was for."""

    def __init__(self, host: str = "127.0.0.1", **options: Any) -> None:
        """`options` are those of aiosmtpd's Controller."""
        self.mails: list[tuple[EmailMessage, list[str]]] = []
        self.attempts = 0
        self.refusal = ""
        """What is said instead of taking mails."""
        self.strangers: set[str] = set()
        """Recipients that are not taken."""
        self.port = free_port(host)
        self.host = host
        self._controller = Controller(self, hostname=host, port=self.port, **options)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    async def handle_RCPT(
        self, _server: object, _session: object, envelope: Envelope, address: str, _options: object
    ) -> str:
        if address in self.strangers:
            return "550 5.1.1 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:
        self.attempts += 1
        if self.refusal:
            return self.refusal
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, _class=EmailMessage, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append((mail, list(envelope.rcpt_tos)))
        return "250 2.0.0 queued"

    def wait(self, count: int, timeout: float = 8.0) -> tuple[EmailMessage, list[str]]:
        """The last mail, when so many have come."""
        end = time.monotonic() + timeout
        while len(self.mails) < count:
            assert time.monotonic() < end, f"{len(self.mails)} mails, {self.attempts} attempts"
            time.sleep(0.02)
        return self.mails[-1]


def knows(name: str, password: str) -> Any:
    """An authenticator for one user."""

    def check(_server: object, _session: object, _envelope: object, _how: str, data: Any) -> Any:
        fine = (data.login, data.password) == (name.encode(), password.encode())
        return AuthResult(success=fine, handled=False)

    return check
