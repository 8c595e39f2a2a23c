"""What all requests have in common: who asks, his form, pages and errors.

Only this module, `entry`, `call_pages`, `mailbox_pages` and `server` know aiohttp.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from aiohttp import web

from softswitch.web import forms
from softswitch.web.languages import TEXTS, preferred
from softswitch.web.owner import DELETE
from softswitch.web.sessions import Session, Sessions

if TYPE_CHECKING:
    from softswitch.settings.choosing import Chooser
    from softswitch.web.accounts import Accounts
    from softswitch.web.attempts import Attempts
    from softswitch.web.owner import Office
    from softswitch.web.pages import Pages
    from softswitch.web.sounds import Sounds

log = logging.getLogger(__name__)

SESSION, BROWSER = "__Host-session", "__Host-browser"
"""Cookies: who is logged in, and who has a form of ours. Browsers take ones of such names only over
HTTPS, for the whole of this host and for no other (RFC 6265bis §4.1.3.2)."""
READING = 10.0
"""Seconds for a form to arrive."""
KEY_OCTETS = 32
HASHING, HASHES_WAITING = 1, 16
"""Passwords that are looked at at once, and that wait for it: each is 40 ms of a processor, which
calls need, too."""
PAGES = ("messages", "calls", "settings")


class Refused(Exception):
    """There is no answer but an error of this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class NotLoggedIn(Exception):
    """The page is for those who are: let him log in first."""


class Parts(NamedTuple):
    """What the portal is made of."""

    office: Office
    accounts: Accounts
    attempts: Attempts
    chooser: Chooser
    sounds: Sounds
    pages: Pages
    mail_link: Callable[[str], None] | None
    """Mails a user a link; None: there is no mail server."""
    language: str
    """Of people whom nobody knows yet."""
    keep_https: bool
    """Whether browsers shall never come without TLS again (RFC 6797): not with a certificate that
    they have to be asked about."""


class Desk:
    """Over the parts of one portal."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.sessions = Sessions(lambda: secrets.token_urlsafe(KEY_OCTETS))
        self._key = secrets.token_bytes(KEY_OCTETS)
        self._hashing = asyncio.Semaphore(HASHING)
        self._waiting = 0

    def now(self) -> float:
        """Monotonic seconds."""
        return asyncio.get_running_loop().time()

    def session(self, request: web.Request) -> Session | None:
        """Who asks; None: nobody is logged in."""
        return self.sessions.find(_held(request, SESSION), self.now())

    def reader(self, request: web.Request) -> Session:
        """Who asks for a page of his own. Raises NotLoggedIn."""
        session = self.session(request)
        if session is None:
            raise NotLoggedIn
        return session

    async def form(self, request: web.Request) -> dict[str, str]:
        """What was sent. Raises Refused."""
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise Refused(403)
        if request.content_type != "application/x-www-form-urlencoded":
            raise Refused(400)
        try:
            async with asyncio.timeout(READING):
                return forms.fields(await request.read())
        except (forms.NotAForm, TimeoutError):
            raise Refused(400) from None

    async def form_of(self, request: web.Request, session: Session) -> dict[str, str]:
        """The form of somebody who is logged in, if it was ours. Raises Refused."""
        found = await self.form(request)
        if not session.accepts(found.get(forms.CSRF, "")):
            raise Refused(403)
        return found

    async def strangers_form(self, request: web.Request) -> dict[str, str]:
        """The form of somebody who is not logged in, if it was ours. Raises Refused."""
        found = await self.form(request)
        if not forms.is_ours(self._key, _held(request, BROWSER), found):
            raise Refused(403)
        return found

    def page(
        self,
        request: web.Request,
        name: str,
        *,
        session: Session | None = None,
        status: int = 200,
        reader: str = "",
        **values: Any,
    ) -> web.Response:
        """A page for who asks, or for `reader`; with a session, that of its user."""
        office = self.parts.office
        language = office.language(reader) if reader else self.language(request, session)
        if session is not None:
            values["who"] = office.name(session.user)
            values["menu"] = [one for one in PAGES if self.has(session.user, one)]
        text = self.parts.pages.make(name, language, session=session, **values)
        return web.Response(text=text, content_type="text/html", status=status)

    def strangers_page(
        self, request: web.Request, name: str, *, status: int = 200, **values: Any
    ) -> web.Response:
        """A page with a form for somebody who is not logged in."""
        word = _held(request, BROWSER) or secrets.token_urlsafe(KEY_OCTETS)
        csrf = forms.signature(self._key, word)
        response = self.page(request, name, status=status, csrf=csrf, **values)
        put_cookie(response, BROWSER, word)
        return response

    def language(self, request: web.Request, session: Session | None) -> str:
        """In which to answer."""
        if session is not None:
            return self.parts.office.language(session.user)
        accepted = request.headers.get("Accept-Language", "")
        return preferred(accepted, tuple(TEXTS), self.parts.language)

    def has(self, user: str, page: str) -> bool:
        """Whether a user has what a page is about (S0-21)."""
        return page != "messages" or self.parts.office.has_mailbox(user)

    def said(self, session: Session) -> tuple[str, str]:
        """What the page confirms, once, and which message could be brought back."""
        if not session.said:
            return "", ""
        what, *more = session.said
        session.said = ()
        texts = TEXTS[self.parts.office.language(session.user)]
        about = (more[0] if more else "") or texts["withheld"]
        undo = more[1] if what == f"said_{DELETE}" else ""
        return texts[what].format(about=about), undo

    def log_in(self, request: web.Request, user: str, to: str = "/", *said: str) -> web.Response:
        """Let a user in: on to the first page, or another one, which confirms something."""
        self.parts.attempts.succeeded(user, source(request))
        log.info("portal: %s has logged in from %s", user, source(request))
        word = self.sessions.begin(user, self.now())
        session = self.sessions.find(word, self.now())
        if session is not None:
            session.said = said
        response = redirect(to)
        put_cookie(response, SESSION, word)
        return response

    async def hashing(self, work: Callable[[], Any]) -> Any:
        """The result of work with scrypt, done in another thread. Raises Refused."""
        if self._waiting >= HASHES_WAITING:
            raise Refused(503)
        self._waiting += 1
        try:
            async with self._hashing:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1


def _held(request: web.Request, name: str) -> str:
    """The word that a browser holds; empty: none, or one that cannot be of us."""
    word = request.cookies.get(name, "")
    return word if word.isascii() else ""


def put_cookie(response: web.StreamResponse, name: str, word: str) -> None:
    """For this browser and our pages alone, until the browser is closed."""
    response.set_cookie(name, word, path="/", secure=True, httponly=True, samesite="Strict")


def redirect(path: str) -> web.Response:
    """Look there, whatever you have sent here (RFC 9110 §15.4.4)."""
    return web.Response(status=303, headers={"Location": path})


def source(request: web.Request) -> str:
    """The address that asks."""
    return request.remote or ""


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
