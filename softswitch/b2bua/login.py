"""Our answers to the challenges of a carrier (RFC 3261 §22.2, §22.3; RFC 7616).

A server and the proxies on the way may each ask for a password, in 401 and 407. What was answered
once is said again in later requests of the dialog, with the nonce's next number, so that a BYE is
not challenged again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from softswitch.sip.digest import Challenge, Credentials, ha1, response_of
from softswitch.sip.errors import ParseError

if TYPE_CHECKING:
    from softswitch.sip.message import Response

ANSWERS = {
    401: ("WWW-Authenticate", "Authorization"),
    407: ("Proxy-Authenticate", "Proxy-Authorization"),
}
"""The field that asks, and the one that answers (§22.1)."""

MAX_CHALLENGES = 8
"""Challenges of one response that are looked at."""

MAX_ROUNDS = 4
"""Responses with challenges that are answered in one dialog: two servers, and a stale nonce each.
"""

Fields = list[tuple[str, str]]


class Login:
    """One account at one carrier, in one dialog."""

    __slots__ = ("_asked", "_password", "_rounds", "_token", "_username", "_uses", "last")

    def __init__(self, username: str, password: str, token: Callable[[], str]) -> None:
        self._username = username
        self._password = password
        self._token = token
        self._asked: dict[tuple[str, str], Challenge] = {}
        """What was asked last, by the field that answers it and by realm."""
        self._uses: dict[str, int] = {}
        """How often each nonce was used."""
        self._rounds = 0
        self.last: Fields = []
        """What the last INVITE said; its ACK says the same."""

    def take(self, response: Response) -> bool:
        """Read a 401 or 407. False: there is no use in trying again."""
        asks, answers = ANSWERS[response.status]
        self._rounds += 1
        if not self._username or self._rounds > MAX_ROUNDS:
            return False
        found = _challenges(response.headers.all(asks))
        news = False
        for challenge in found:
            key = (answers, challenge.realm)
            before = self._asked.get(key)
            if before is not None and not challenge.stale and before.nonce in self._uses:
                continue  # it was answered, and the password was wrong
            self._asked[key] = challenge
            news = True
        return news

    def fields(self, method: str, uri: str) -> Fields:
        """The header fields that answer all challenges so far."""
        fields = [
            (answers, self._credentials(challenge, method, uri))
            for (answers, _), challenge in self._asked.items()
        ]
        if method == "INVITE":
            self.last = fields
        return fields

    def _credentials(self, challenge: Challenge, method: str, uri: str) -> str:
        uses = self._uses[challenge.nonce] = self._uses.get(challenge.nonce, 0) + 1
        credentials = Credentials(
            self._username,
            challenge.realm,
            challenge.nonce,
            uri,
            "",
            challenge.algorithm,
            "auth" if challenge.qop else "",
            f"{uses:08x}" if challenge.qop else "",
            self._token() if challenge.qop else "",
            challenge.opaque,
        )
        secret = ha1(self._username, challenge.realm, self._password, challenge.algorithm)
        credentials.response = response_of(credentials, secret, method)
        return str(credentials)


def _challenges(values: Iterable[str]) -> list[Challenge]:
    """One for each realm: the first that we know how to answer (RFC 8760 §2.4)."""
    found: dict[str, Challenge] = {}
    for value in list(values)[:MAX_CHALLENGES]:
        try:
            challenge = Challenge.parse(value)
        except ParseError:
            continue
        found.setdefault(challenge.realm, challenge)
    return list(found.values())
