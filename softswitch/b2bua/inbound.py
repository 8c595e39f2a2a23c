"""A call from a trunk: which of our numbers is meant, and who calls (features TK-4, CLI-4 … 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from softswitch.b2bua import diverted, identity
from softswitch.b2bua.identity import Identity, read_number
from softswitch.b2bua.number_format import at_home, read
from softswitch.routing.codes import asks_for_mailboxes
from softswitch.routing.diverted import message
from softswitch.sip.errors import ParseError
from softswitch.sip.headers import NameAddr
from softswitch.sip.uri import Uri

if TYPE_CHECKING:
    from softswitch.b2bua.call import Call
    from softswitch.b2bua.switchboard import Switchboard
    from softswitch.routing.decision import Voicemail
    from softswitch.sip.headers import Headers
    from softswitch.sip.message import Request
    from softswitch.trunks import Trunk

CALLED = "P-Called-Party-Id"
"""As the parser spells it (RFC 7315 §4.2)."""

MAX_DIVERSIONS = 5
"""Entries that are looked at for a number of ours."""


def caller_of(board: Switchboard, trunk: Trunk, request: Request) -> Identity:
    """Who calls."""
    return identity.of_trunk(
        request,
        trusted=trunk.settings.trust_identity,
        normalise=partial(_normalise, board, trunk),
        dialled=partial(_dialled, board),
    )


def dialled(board: Switchboard, trunk: Trunk, request: Request) -> str:
    """The number that was called, E.164 where it is a public one.

    Carriers write it in different places; it stands where there is a number of ours. If there is
    none anywhere, the Request-URI counts; "" when nothing in it could be a number. The code of
    mailboxes is meant as it stands, where it can be.
    """
    code = request.request_uri.username
    if diverted.is_told(request.headers) and _leads_to_mailboxes(board, trunk, request, code):
        return code
    first = ""
    for uri in _uris(request):
        number = read_number(uri)
        number = _normalise(board, trunk, number) if number else ""
        if number and _is_ours(board, trunk, number):
            return number
        first = first or number
    return first


def diverted_by(
    call: Call, request: Request, trunk: Trunk
) -> Callable[[], Voicemail | None] | None:
    """Tells for whom the call is a message if it came to mailboxes, and which greeting it hears
    (FWD-10); None: nobody has forwarded it."""
    if not diverted.is_told(request.headers):
        return None
    return partial(_message, call.board, trunk, request.headers, call.arrived_at)


def _message(board: Switchboard, trunk: Trunk, headers: Headers, wall: float) -> Voicemail | None:
    told = diverted.forwards(headers, partial(_normalise, board, trunk))
    return message(told, board.world, wall)


def _leads_to_mailboxes(board: Switchboard, trunk: Trunk, request: Request, code: str) -> bool:
    if not asks_for_mailboxes(code, board.directory, board.codes):
        return False
    return _message(board, trunk, request.headers, board.clock.wall()) is not None


def _uris(request: Request) -> Iterator[Uri]:
    """Where the number may stand, the likeliest place first."""
    yield request.request_uri
    values = [request.headers.get("To") or ""]
    values += request.headers.all(CALLED)[:1]
    values += request.headers.values("Diversion")[:MAX_DIVERSIONS]
    for value in values:
        try:
            yield NameAddr.parse(value).uri
        except ParseError:
            continue


def _is_ours(board: Switchboard, trunk: Trunk, number: str) -> bool:
    outside = board.outside
    known = number in outside.entrances if outside is not None else False
    return known or number in trunk.settings.numbers


def _normalise(board: Switchboard, trunk: Trunk, number: str) -> str:
    """E.164, if it is a number that has such a form."""
    number = read(number, trunk.settings.number_format)
    found = board.outside.normalise(number) if board.outside is not None else None
    return found.e164 if found is not None else number


def _dialled(board: Switchboard, number: str) -> str:
    """A number as a user would dial it, if that leads to the same number again."""
    outside = board.outside
    if outside is None or not number.startswith("+"):
        return number
    numbering = outside.numbering
    local = numbering.prefix + at_home(number, numbering.country)
    found = outside.normalise(local)
    return local if found is not None and found.e164 == number else number
