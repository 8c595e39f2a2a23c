"""The pages of who is logged in: messages (VM-21) and settings (S0-4 to S0-6)."""

from __future__ import annotations

from aiohttp import web

from softswitch.settings import keys
from softswitch.settings.choosing import CannotChoose
from softswitch.web import ranges
from softswitch.web.desk import Desk, Refused, redirect
from softswitch.web.entry import Entry
from softswitch.web.languages import TEXTS
from softswitch.web.owner import ACTIONS
from softswitch.web.pages import counted
from softswitch.web.sessions import Session
from softswitch.web.sounds import TooBusy

CHUNK = 65_536
"""Octets that are handed to a slow browser at once."""
FIELDS = {"email": keys.EMAIL, "action": keys.MAIL_MODE}
"""What settings the fields of the form are."""


class MailboxPages:
    """Of whoever is logged in."""

    def __init__(self, desk: Desk, entry: Entry) -> None:
        self._desk = desk
        self._entry = entry
        self._parts = desk.parts

    async def messages(self, request: web.Request) -> web.Response:
        """All messages."""
        session = self._desk.reader(request)
        if not self._desk.has(session.user, "messages"):
            raise Refused(404)
        office = self._parts.office
        texts = TEXTS[office.language(session.user)]
        said, undo = self._desk.said(session)
        return self._desk.page(
            request,
            "messages",
            session=session,
            said=said,
            undo=undo,
            summary=counted(texts, office.new(session.user)),
            entries=office.messages(session.user),
            gone=office.deleted(session.user),
        )

    async def act(self, request: web.Request) -> web.Response:
        """Delete a message, bring it back, call it new or heard."""
        session = self._desk.reader(request)
        form = await self._desk.form_of(request, session)
        action = form.get("do", "")
        if action not in ACTIONS:
            raise Refused(400)
        office = self._parts.office
        message = office.find(session.user, request.match_info["id"])
        if message is None or not office.do(message, action):
            session.said = ("gone",)
        else:
            session.said = (f"said_{action}", office.about(message), message.id)
        return redirect("/messages")

    async def sound(self, request: web.Request) -> web.StreamResponse:
        """What was said, or the part of it that a player asks for; or all of it, as a file."""
        session = self._desk.session(request)
        if session is None:
            raise Refused(403)
        office = self._parts.office
        message = office.find(session.user, request.match_info["id"])
        part = request.match_info["part"]
        if message is None or (part == "introduction" and not message.introduction):
            raise Refused(404)
        path = office.path(message, introduction=part == "introduction")
        try:
            sound = await self._parts.sounds.of(path, office.bitrate(session.user))
        except TooBusy:
            raise Refused(503) from None
        except OSError:
            raise Refused(404) from None
        headers = {"Accept-Ranges": "bytes", "Content-Type": sound.kind}
        if part == "download":
            name = office.file_name(message, sound.suffix)
            headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return await _sent(request, sound.data, headers)

    async def settings(self, request: web.Request) -> web.Response:
        """What an owner may change."""
        session = self._desk.reader(request)
        said, _ = self._desk.said(session)
        return self._form(request, session, said=said)

    async def save(self, request: web.Request) -> web.Response:
        """What was typed holds from now on, all of it or nothing (S0-6)."""
        session = self._desk.reader(request)
        form = await self._desk.form_of(request, session)
        chooser, user = self._parts.chooser, session.user
        typed = {name: form[name].strip() for name in FIELDS if name in form}
        chosen = {FIELDS[name]: value or keys.OFF for name, value in typed.items()}
        allowed = {key: value for key, value in chosen.items() if self._may(user, key)}
        try:
            await chooser.set(user, allowed, f"portal by {user}")
        except CannotChoose as error:
            wrong = "bad_email" if error.key == keys.EMAIL else "not_kept"
            return self._form(request, session, wrong=wrong, typed=typed)
        session.said = ("saved",)
        return redirect("/settings")

    async def password(self, request: web.Request) -> web.Response:
        """Another password."""
        session = self._desk.reader(request)
        wrong, response = await self._entry.password(request, session)
        if wrong:
            return self._form(request, session, wrong=wrong)
        return response

    def _may(self, user: str, key: str) -> bool:
        """Whether a user has this setting, and may change it."""
        if self._parts.mail_link is None:
            return False
        has = key != keys.MAIL_MODE or self._parts.office.has_mailbox(user)
        return has and self._parts.chooser.may(user, key)

    def _form(
        self,
        request: web.Request,
        session: Session,
        *,
        said: str = "",
        wrong: str = "",
        typed: dict[str, str] | None = None,
    ) -> web.Response:
        user, chooser = session.user, self._parts.chooser
        held = {name: chooser.value(user, key) for name, key in FIELDS.items()}
        if held["email"] == keys.OFF:
            held["email"] = ""
        return self._desk.page(
            request,
            "settings",
            session=session,
            status=422 if wrong else 200,
            said=said,
            wrong=wrong,
            has_mail=self._parts.mail_link is not None,
            has_mailbox=self._parts.office.has_mailbox(user),
            mail={
                **held,
                **(typed or {}),
                "may_email": self._may(user, keys.EMAIL),
                "may_action": self._may(user, keys.MAIL_MODE),
            },
        )


async def _sent(request: web.Request, data: bytes, headers: dict[str, str]) -> web.StreamResponse:
    """The octets, or those of them that are asked for; never many at once for a slow reader."""
    part = None
    if "If-Range" not in request.headers:  # nothing here has a validator
        part = ranges.asked(request.headers.get("Range", ""), len(data))
    status = 200
    if part == ranges.NOTHING:
        headers = {"Content-Range": f"bytes */{len(data)}"}
        return web.Response(status=416, headers=headers)
    if part is not None:
        status = 206
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{len(data)}"
        data = data[part.start : part.stop]
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = len(data)
    await response.prepare(request)
    if request.method != "HEAD":
        for start in range(0, len(data), CHUNK):
            await response.write(data[start : start + CHUNK])
    await response.write_eof()
    return response
