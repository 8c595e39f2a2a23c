"""Opens the portal where one is configured; else nothing of it is so much as imported.

store, mailboxes, settings, mail ──► WebServer ──► sockets
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from softswitch.config.boxes import people
from softswitch.config.configuration import CertificateFiles
from softswitch.control import CannotAnswer, Handler
from softswitch.premises import CannotRun
from softswitch.store.store import StoreError
from softswitch.web.address import address, names

if TYPE_CHECKING:
    from softswitch.config import Config
    from softswitch.mailroom import Mailroom
    from softswitch.settings.settings import Settings
    from softswitch.store.store import Store
    from softswitch.web.accounts import Accounts

log = logging.getLogger(__name__)

WORD_OCTETS = 32


async def open_portal(
    config: Config,
    store: Store,
    room: Mailroom,
    settings: Settings,
    wall: Callable[[], float],
    answers: dict[str, Handler],
    stack: AsyncExitStack,
    tasks: asyncio.TaskGroup,
) -> None:
    """Serve the portal until the stack is closed, if it is configured.

    `answers` gets what commands ask of it. Raises CannotRun.
    """
    network = config.network
    if not network.web:
        return
    from softswitch.web import certificate
    from softswitch.web.accounts import Accounts
    from softswitch.web.server import WebServer

    try:
        files = network.certificate
        if files is None:
            path, fingerprint = certificate.own(config.state, names(network), wall())
            log.info("portal: certificate of our own, SHA-256 %s", fingerprint)
            files = CertificateFiles(path, path)
        tls = certificate.context(files)
        rows = await store.portal()
    except certificate.Unusable as error:
        raise CannotRun(str(error)) from None
    except (OSError, StoreError) as error:
        raise CannotRun(f"the portal cannot start: {error}") from None
    accounts = Accounts(
        rows,
        store.put_portal,
        users=people(config.users),
        wall=wall,
        token=lambda: secrets.token_urlsafe(WORD_OCTETS),
    )
    base = address(network)
    server = WebServer(_parts(config, room, settings, accounts, base), tls, tasks)
    await server.start()
    stack.push_async_callback(server.stop)
    for where in network.web:
        try:
            server.open(*where)
        except OSError as error:
            why = error.strerror or str(error)
            raise CannotRun(f"cannot listen on {where} for the portal: {why}") from None
    answers["portal link"] = Links(accounts, base).link
    log.info("portal: %s", base)


def _parts(
    config: Config, room: Mailroom, settings: Settings, accounts: Accounts, base: str
) -> Any:
    """What the server is made of."""
    from softswitch.bans import Bans
    from softswitch.settings.opening import chooser
    from softswitch.voices import local_time
    from softswitch.web.attempts import Attempts
    from softswitch.web.desk import Parts
    from softswitch.web.owner import Office
    from softswitch.web.pages import Pages
    from softswitch.web.sounds import Sounds

    mailer, now = room.mailer, asyncio.get_running_loop().time

    def mail_link(user: str) -> None:
        assert mailer is not None
        mailer.tell_link(user, lambda: link(base, accounts.new_link(user)))

    return Parts(
        office=Office(settings.users, room.boxes, local_time(config.timezone)),
        accounts=accounts,
        attempts=Attempts(now, accounts, Bans(now)),
        chooser=chooser(config, settings),
        sounds=Sounds(room.jobs.mp3, room.boxes.blobs.open),
        pages=Pages(config.mail.name if config.mail is not None else ""),
        mail_link=None if mailer is None else mail_link,
        language=usual(config),
        keep_https=config.network.certificate is not None,
    )


class Links:
    """What commands ask."""

    def __init__(self, accounts: Accounts, base: str) -> None:
        self._accounts = accounts
        self._base = base

    def link(self, request: Mapping[str, Any]) -> str:
        """A link for `user`, to be told by other means than mail. Raises CannotAnswer."""
        user = str(request.get("user", ""))
        if user not in self._accounts:
            raise CannotAnswer(f"no user has the number {user}")
        return link(self._base, self._accounts.new_link(user))


def link(base: str, word: str) -> str:
    """Where a user chooses a password."""
    return f"{base}/link/{word}"


def usual(config: Config) -> str:
    """The language of most."""
    spoken = [user.language for user in people(config.users).values()]
    return max(dict.fromkeys(spoken), key=spoken.count, default="en")
