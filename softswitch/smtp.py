"""One mail to one mail server (RFC 5321), with TLS and a log-in where they are configured."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, cast

import aiosmtplib

from softswitch.ladder import visible

if TYPE_CHECKING:
    from email.message import EmailMessage

    from softswitch.config.messaging import Mail

TIMEOUT = 30.0
"""Seconds for each answer of the server. RFC 5321 §4.5.3.2 allows it minutes; the outbox tries
again, and the mails behind this one wait meanwhile."""
GOODBYE = 2.0
"""Seconds to wait for the answer to QUIT."""
LONGEST = 300
"""Characters of what a server says that are shown."""


class ServerFailed(Exception):
    """The server cannot be reached, or takes nothing from us. The text is for the operator."""


class Outcome(NamedTuple):
    """What became of a mail."""

    answer: str
    """What the server said when it took the mail."""
    refused: dict[str, str]
    """Recipients that it did not take it for, and what it said."""


async def deliver(
    settings: Mail,
    mail: EmailMessage,
    recipients: Sequence[str],
    *,
    told: Callable[[str], None] = lambda line: None,
    context: ssl.SSLContext | None = None,
) -> Outcome:
    """Hand the mail over for these recipients. Raises ServerFailed; `told` hears each step.

    `context`: whose certificates are believed; None: the machine's own list.
    """
    where = f"{settings.server} port {settings.port}"
    client = aiosmtplib.SMTP(
        hostname=settings.server,
        port=settings.port,
        local_hostname=settings.sender.rpartition("@")[2],
        use_tls=settings.tls == "tls",
        start_tls=False,  # done below: never sent on in clear when it is not offered
        timeout=TIMEOUT,
        tls_context=context,
    )
    bare = None
    try:
        greeting = await client.connect()
        bare = client.transport
        over = " over TLS" if settings.tls == "tls" else ""
        told(f"connected to {where}{over}: {_said(greeting)}")
        await _log_in(client, settings, told)
        outcome = await _hand_over(client, settings, mail, recipients)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise ServerFailed(f"{where}: {_plain(error)}") from None
    finally:
        await _leave(client, bare)
    told(f"taken: {outcome.answer}")
    return outcome


async def _leave(client: aiosmtplib.SMTP, bare: asyncio.BaseTransport | None) -> None:
    """Say good-bye where there is somebody to hear it; what became of the mail is settled.

    `bare` is the connection beneath TLS.
    """
    encrypted = client.transport
    with suppress(aiosmtplib.SMTPException, OSError):
        if client.is_connected:
            await client.quit(timeout=GOODBYE)
    client.close()
    for transport in (encrypted, bare):
        if transport is not None:  # not waiting for a TLS good-bye that may never come
            cast(asyncio.Transport, transport).abort()


async def _log_in(client: aiosmtplib.SMTP, settings: Mail, told: Callable[[str], None]) -> None:
    if settings.tls == "starttls":
        await client.starttls()
        told("encrypted with STARTTLS")
    if settings.username:
        await client.login(settings.username, settings.password)
        told(f"logged in as {settings.username}")


async def _hand_over(
    client: aiosmtplib.SMTP, settings: Mail, mail: EmailMessage, recipients: Sequence[str]
) -> Outcome:
    try:
        refused, answer = await client.sendmail(settings.sender, recipients, mail.as_bytes())
    except aiosmtplib.SMTPRecipientsRefused as error:
        return Outcome("", {one.recipient: _plain(one) for one in error.recipients})
    return Outcome(
        _short(answer), {address: _said(response) for address, response in refused.items()}
    )


def _said(response: aiosmtplib.SMTPResponse) -> str:
    return _short(f"{response.code} {response.message}")


def _plain(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _short(f"it says {error.code} {error.message}")
    return _short(str(error) or type(error).__name__)


def _short(text: str) -> str:
    """A server's words as one line that cannot steer a terminal."""
    return visible(" ".join(text.split()))[:LONGEST]
