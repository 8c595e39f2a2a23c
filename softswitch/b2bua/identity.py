"""Who is calling: as the switch knows it, and as phones are told (features CLI-4, CLI-5, CLI-6).

A user is who has logged in, whatever From, P-Asserted-Identity or Remote-Party-ID of the phone say.
Of a call from outside From is believed, because somebody has to be; the others only where the
trunk is trusted to have looked at them. Who withholds the number is shown to nobody as a number:
it is kept for the record alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from softswitch.sip.errors import ParseError
from softswitch.sip.headers import NameAddr, quote

if TYPE_CHECKING:
    from collections.abc import Callable

    from softswitch.b2bua.switchboard import Subscriber
    from softswitch.sip.message import Request
    from softswitch.sip.uri import Uri

ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>'
"""RFC 3323 §4.1.1.3."""
ANONYMOUS_USER = "anonymous"
ANONYMOUS_HOST = "anonymous.invalid"
NOBODY = (ANONYMOUS_USER, ANONYMOUS_USER)
"""Of whom nothing is known: for the record, and for our Contact."""

PRIVATE = frozenset({"id", "user", "header", "critical"})
"""Privacy values by which a number is withheld (RFC 3323 §4.2, RFC 3325 §9.3)."""

ASSERTED = "P-Asserted-Identity"
REMOTE_PARTY = "Remote-Party-Id"
"""As the parser spells it."""

MAX_LENGTH = 60
"""Characters of a number, with what stands between its digits."""
MAX_NAME = 64
"""Characters of a name from outside: phones have small displays."""

_number = re.compile(r"\+?[A-Za-z0-9*._-]{1,40}").fullmatch
_written = re.compile(r"[ ()/.-]*\+?[0-9 ()/.-]+").fullmatch
_separators = str.maketrans("", "", " ()/.-")


class Identity(NamedTuple):
    """Who is calling. Worked out once: a call is told of in many places."""

    number: str
    """The user, or the number outside; empty: nobody knows."""
    name: str
    """As it may be shown; empty: none."""
    outside: bool
    """Whether the call comes from outside."""
    withheld: bool
    """Whether the caller asks that nobody outside, or no user, sees the number."""
    display: str
    """The name as it stands before an address in a header field."""
    shown: str
    """The number, for users; empty: they may not know."""
    shown_name: str
    """The name, for users."""
    recorded: str
    """The number, for the record of the call (CLI-5)."""
    contact_user: str
    """The user part of our Contact towards a phone."""

    def address(self, host: str) -> str:
        """The From towards a phone, without its tag."""
        return f"{self.display}<sip:{self.shown}@{host}>" if self.shown else ANONYMOUS


def of_user(user: str, known: Subscriber | None, request: Request) -> Identity:
    """Who has logged in."""
    name = known.name if known is not None else ""
    first = request.headers.first
    withheld = "Privacy" in first or ANONYMOUS_HOST in first.get("From", "")
    withheld = withheld and _asks_privacy(request)
    return Identity(user, name, False, withheld, displayed(name), user, name, user, user)


def of_trunk(
    request: Request,
    *,
    trusted: bool,
    normalise: Callable[[str], str],
    dialled: Callable[[str], str],
) -> Identity:
    """Who calls from outside. `trusted`: what the trunk asserts is believed. `dialled` tells how a
    user would dial the number: so it is shown, and can be called back (CLI-6)."""
    source = _from(request)
    if trusted:
        source = _asserted(request) or source
    hidden = _asks_privacy(request)
    number = name = ""
    if source is not None:
        number = _plain(source.uri, normalise)
        name = source.display[:MAX_NAME].strip()
        name = name if name.isprintable() else ""
    shown = dialled(number)
    display = displayed(name or shown)
    if not number:
        return Identity(number, name, True, hidden, display, "", "", *NOBODY)
    if hidden:
        kept = f"{number} (withheld)"
        return Identity(number, name, True, hidden, display, "", "", kept, ANONYMOUS_USER)
    return Identity(number, name, True, hidden, display, shown, name, number, shown)


def displayed(name: str) -> str:
    """A name as it stands before an address."""
    return f"{quote(name)} " if name and name.isprintable() else ""


def read_number(uri: Uri) -> str:
    """The digits or the name in a sip, sips or tel URI, without what only people need to read it;
    empty when it is neither."""
    text = uri.username if uri.is_sip else uri.opaque if uri.scheme == "tel" else ""
    text = text.partition(";")[0]
    if len(text) > MAX_LENGTH:
        return ""
    if _written(text):
        text = text.translate(_separators)
    return text if _number(text) else ""


def _plain(uri: Uri, normalise: Callable[[str], str]) -> str:
    if uri.is_sip and (uri.host == ANONYMOUS_HOST or uri.username.lower() == ANONYMOUS_USER):
        return ""
    number = read_number(uri)
    return normalise(number) if number else ""


def _from(request: Request) -> NameAddr | None:
    try:
        return request.from_
    except ParseError:
        return None


def _asserted(request: Request) -> NameAddr | None:
    """The first identity that somebody vouches for (RFC 3325 §9.1), of either kind."""
    for field in (ASSERTED, REMOTE_PARTY):
        for value in request.headers.values(field):
            try:
                found = NameAddr.parse(value)
            except ParseError:
                continue
            if read_number(found.uri):
                return found
    return None


def _asks_privacy(request: Request) -> bool:
    """Whether the caller's number is withheld, in one of the ways there are (CLI-1)."""
    for value in request.headers.all("Privacy"):
        if PRIVATE & {part.strip().lower() for part in value.split(";")}:
            return True
    source = _from(request)
    if source is not None and source.uri.is_sip and source.uri.host == ANONYMOUS_HOST:
        return True
    return any("privacy=full" in value.lower() for value in request.headers.all(REMOTE_PARTY))
