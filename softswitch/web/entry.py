"""Getting in: log-in, links by mail, passwords (S0-20).

Whoever tries hears the same, after the same work, whether there is such a user or not.
"""

from __future__ import annotations

import secrets
from functools import partial

from aiohttp import web

from softswitch.mailbox import pins
from softswitch.store.store import StoreError
from softswitch.web import accounts
from softswitch.web.accounts import plain
from softswitch.web.desk import SESSION, Desk, Refused, redirect, source
from softswitch.web.languages import TEXTS
from softswitch.web.sessions import Session

LONGEST_USER = 64
SAVED = "password_saved"
"""What the next page confirms."""


class Entry:
    """The pages for those who are not in yet, and their way out."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._parts = desk.parts

    async def first(self, request: web.Request) -> web.Response:
        """The first page of whoever it is."""
        session = self._desk.reader(request)
        return redirect("/messages" if self._desk.has(session.user, "messages") else "/settings")

    async def login_page(self, request: web.Request) -> web.Response:
        """The form to log in with."""
        if self._desk.session(request) is not None:
            return redirect("/")
        return self._form(request)

    async def login(self, request: web.Request) -> web.Response:
        """Extension and password."""
        form = await self._desk.strangers_form(request)
        user, where = _user(form), source(request)
        attempts = self._parts.attempts
        if not attempts.is_heard(where):
            return self._form(request, user, "silenced", 429)
        if await self._is_password(user, form) and not attempts.is_locked(user, where):
            return self._desk.log_in(request, user)
        attempts.failed(user, where)
        return self._form(request, user, "wrong", 403)

    async def logout(self, request: web.Request) -> web.Response:
        """Nobody is logged in with this browser any more."""
        session = self._desk.reader(request)
        await self._desk.form_of(request, session)
        self._desk.sessions.end(request.cookies[SESSION])
        said = TEXTS[self._desk.language(request, None)]["logged_out"]
        response = self._desk.strangers_page(request, "login", user="", wrong="", said=said)
        response.del_cookie(SESSION, path="/", secure=True, httponly=True, samesite="Strict")
        return response

    async def forgot_page(self, request: web.Request) -> web.Response:
        """The form to ask for a link."""
        return self._desk.strangers_page(request, "forgot")

    async def forgot(self, request: web.Request) -> web.Response:
        """A link is mailed to whom there is; everybody sees the same."""
        form = await self._desk.strangers_form(request)
        user, where = _user(form), source(request)
        may = self._parts.attempts.may_have_link(user, where)
        if may and self._parts.mail_link is not None:
            self._parts.mail_link(user)
        return self._desk.strangers_page(request, "sent", user=user)

    async def link_page(self, request: web.Request) -> web.Response:
        """Choose a password. Nothing is used up by looking."""
        return self._choice(request)

    async def link(self, request: web.Request) -> web.Response:
        """It is chosen, and the link is over."""
        form = await self._desk.strangers_form(request)
        word = request.match_info["word"]
        user = self._parts.accounts.whose(word)
        if user is None:
            return self._choice(request)
        password = plain(form.get("password", ""))
        wrong = accounts.wrong_with(password, plain(form.get("again", "")), user)
        if wrong:
            return self._choice(request, wrong)
        self._parts.accounts.use(word)  # before anything is waited for: it works once
        await self._set(user, password)
        self._parts.attempts.opened(user)
        return self._desk.log_in(request, user, "/", SAVED)

    async def password(self, request: web.Request, session: Session) -> tuple[str, web.Response]:
        """Another password for who is logged in: what is wrong with it, or who is in again."""
        form = await self._desk.form_of(request, session)
        user, where = session.user, source(request)
        password = plain(form.get("password", ""))
        wrong = accounts.wrong_with(password, plain(form.get("again", "")), user)
        if wrong:
            return wrong, redirect("/settings")
        attempts = self._parts.attempts
        knows = await self._is_password(user, {"password": form.get("old", "")})
        if not knows or attempts.is_locked(user, where):
            attempts.failed(user, where)
            return "wrong_old", redirect("/settings")
        await self._set(user, password)
        return "", self._desk.log_in(request, user, "/settings", SAVED)

    async def _is_password(self, user: str, form: dict[str, str]) -> bool:
        password = plain(form.get("password", ""))[: accounts.LONGEST + 1]
        kept = self._parts.accounts.kept(user)
        return bool(await self._desk.hashing(partial(pins.matches, password, kept)))

    async def _set(self, user: str, password: str) -> None:
        salt = secrets.token_bytes(pins.SALT_OCTETS)
        hashed = await self._desk.hashing(partial(pins.hashed, password, salt))
        try:
            await self._parts.accounts.set_password(user, str(hashed))
        except StoreError:
            raise Refused(503) from None
        self._desk.sessions.end_all(user)

    def _form(
        self, request: web.Request, user: str = "", wrong: str = "", status: int = 200
    ) -> web.Response:
        return self._desk.strangers_page(request, "login", status=status, user=user, wrong=wrong)

    def _choice(self, request: web.Request, wrong: str = "") -> web.Response:
        word = request.match_info["word"]
        user = self._parts.accounts.whose(word)
        if user is None:
            return self._desk.strangers_page(request, "over", status=410)
        status = 422 if wrong else 200
        return self._desk.strangers_page(
            request, "link", status=status, reader=user, word=word, user=user, wrong=wrong
        )


def _user(form: dict[str, str]) -> str:
    """As typed: an extension."""
    return "".join(form.get("user", "").split())[:LONGEST_USER]
