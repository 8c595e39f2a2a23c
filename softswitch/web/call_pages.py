"""The page of calls: where they go, how long it rings, and whether they disturb (features 4.4).

    When you are busy    [ to a number  v ]  [ 102        ]

What is chosen is what a code dialled on the phone would have set, with the owner's permission.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from aiohttp import web

from softswitch.routing import destination
from softswitch.routing.destination import VOICEMAIL, parse
from softswitch.settings import keys
from softswitch.settings.choosing import CannotChoose
from softswitch.web.desk import Desk, redirect
from softswitch.web.sessions import Session

NUMBER, AS_IT_IS = "number", "as_it_is"
"""Where calls go: the number beside the choice, or what no form can say (`102 (external)`)."""
FORWARDS = {
    f"{keys.FORWARD}.always": "to_always",
    f"{keys.FORWARD}.no_answer": "to_no_answer",
    f"{keys.FORWARD}.busy": "to_busy",
    f"{keys.FORWARD}.unavailable": "to_unavailable",
    f"{keys.FORWARD}.rejected": "to_rejected",
    f"{keys.FORWARD}.dnd": "to_dnd",
}
"""Settings, as fields are called, and how a page calls them."""
SWITCHES = {
    keys.DND: "dnd_field",
    keys.CALL_WAITING: "waiting_field",
    keys.HIDE_NUMBER: "hide_field",
}
WRONG = {keys.RING_TIME: "bad_time", **dict.fromkeys(FORWARDS, "bad_number")}
LONGEST = 64
"""Characters of a number."""


class Way(NamedTuple):
    """Where calls go in one situation."""

    key: str
    label: str
    choice: str
    number: str
    held: str
    """What no form can say; empty: there is nothing of that kind."""
    may: bool


class Switch(NamedTuple):
    """On or off."""

    key: str
    label: str
    value: str
    may: bool


class CallPages:
    """Of whoever is logged in."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._parts = desk.parts

    async def calls(self, request: web.Request) -> web.Response:
        """How it is now."""
        session = self._desk.reader(request)
        said, _ = self._desk.said(session)
        return self._form(request, session, {}, said=said)

    async def save(self, request: web.Request) -> web.Response:
        """What was chosen holds from now on, all of it or nothing."""
        session = self._desk.reader(request)
        form = await self._desk.form_of(request, session)
        user, chooser = session.user, self._parts.chooser
        try:
            chosen = {
                key: value
                for key, value in _chosen(form).items()
                if chooser.may(user, key) and value != chooser.value(user, key)
            }
            await chooser.set(user, chosen, f"portal by {user}")
        except CannotChoose as error:
            return self._form(request, session, form, wrong=error.key or "not_kept")
        session.said = ("saved",)
        return redirect("/calls")

    def _form(
        self,
        request: web.Request,
        session: Session,
        typed: Mapping[str, str],
        *,
        said: str = "",
        wrong: str = "",
    ) -> web.Response:
        """`typed` stands in place of what holds; `wrong` says which of it cannot be."""
        user, may = session.user, self._parts.chooser.may
        ring_time = self._parts.chooser.value(user, keys.RING_TIME).removesuffix("s")
        switches = [
            Switch(key, label, typed.get(key, self._parts.chooser.value(user, key)), may(user, key))
            for key, label in SWITCHES.items()
        ]
        ways = [self._way(user, key, typed) for key in FORWARDS]
        return self._desk.page(
            request,
            "calls",
            session=session,
            status=422 if wrong else 200,
            said=said,
            wrong=wrong,
            why=WRONG.get(wrong, "not_kept"),
            typed=typed.get(f"{wrong}.number", ""),
            switches=switches,
            ways=ways,
            ring_time=typed.get(keys.RING_TIME, ring_time),
            may_ring_time=may(user, keys.RING_TIME),
            may_any=any(may(user, key) for key in (keys.RING_TIME, *SWITCHES, *FORWARDS)),
            has_mailbox=self._parts.office.has_mailbox(user),
        )

    def _way(self, user: str, key: str, typed: Mapping[str, str]) -> Way:
        held = self._parts.chooser.value(user, key)
        choice, number, special = _shown(held)
        if key in typed:
            choice, number = typed[key], typed.get(f"{key}.number", number)
        may = self._parts.chooser.may(user, key)
        return Way(key, FORWARDS[key], choice, number, special, may)


def _shown(held: str) -> tuple[str, str, str]:
    """The choice and the number for what holds, and what no form can say."""
    if held in (keys.OFF, VOICEMAIL):
        return held, "", ""
    if " " in held or parse(held).kind != destination.NUMBER:
        return AS_IT_IS, "", held
    return NUMBER, held, ""


def _chosen(form: Mapping[str, str]) -> dict[str, str]:
    """The settings in a form, as they are written. Raises CannotChoose."""
    chosen = {key: form[key] for key in SWITCHES if key in form}
    if keys.RING_TIME in form:
        chosen[keys.RING_TIME] = f"{form[keys.RING_TIME].strip().removesuffix('s').rstrip()}s"
    for key in FORWARDS:
        choice = form.get(key, AS_IT_IS)
        number = form.get(f"{key}.number", "").strip()
        if choice == NUMBER and not 0 < len(number) <= LONGEST:
            raise CannotChoose(key, "there is no number")
        if choice != AS_IT_IS:
            chosen[key] = number if choice == NUMBER else choice
    return chosen
