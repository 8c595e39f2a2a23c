"""Whose request is it? Challenges, and checks what is answered (RFC 3261 §22, RFC 8760).

No state is kept for those who have not logged in: nonces are recognised by their seal. Of those
who have, the uses of each nonce are counted, so that a request which somebody has overheard is
worth nothing (RFC 7616 §3.4, nc).

For a known user, an unknown one and a wrong password the same is done and the same is said, so
that nobody can find out who is there.

MD5 is offered first, although RFC 8760 §2.4 asks for the strongest first. What was seen:

    offered            SIPp 3.6.1   PJSIP 2.15   baresip 2025   baresip 1.0.0
    SHA-256, MD5       gives up     takes MD5    answers both   gives up
    MD5, SHA-256       takes MD5    takes SHA    answers both   gives up
    MD5                takes MD5    takes MD5    takes MD5      takes MD5

So with MD5 first more devices get in, and those who can do better, do. Devices that give up when
they see an algorithm they do not know are offered MD5 alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from hmac import compare_digest
from typing import NamedTuple

from softswitch.bans import Bans
from softswitch.silent_devices import SilentDevices
from softswitch.sip.digest import (
    ALGORITHMS,
    MD5,
    SHA256,
    Credentials,
    Nonces,
    challenge_value,
    ha1,
    response_of,
)
from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow
from softswitch.sip.message import Request, printable
from softswitch.sip.uri import Uri
from softswitch.used_nonces import ONLY_ONCE, UsedNonces

log = logging.getLogger(__name__)

MD5_ONLY = ("baresip v0.", "baresip v1.")
"""How the User-Agent of devices begins that give up when SHA-256 is offered beside MD5."""

MAX_CREDENTIALS = 4
"""Authorization lines that are looked at: one for each algorithm, and as many for others."""

NOBODY = ""
"""No hash at all; stands in for those of users where there are no users."""


class Granted(NamedTuple):
    """It is the request of this user."""

    user: str


class Challenge(NamedTuple):
    """Answer 401 with these header fields."""

    headers: list[tuple[str, str]]


class Drop(NamedTuple):
    """Do not answer."""


DROP = Drop()


class Authenticator:
    """Knows the passwords."""

    def __init__(
        self,
        passwords: Mapping[str, str],
        *,
        realm: str,
        nonce_key: bytes,
        wall: Callable[[], float],
        bans: Bans,
        is_ours: Callable[[str, int | None], bool] = lambda host, port: False,
    ) -> None:
        """`passwords` by user, `is_ours` says whether a host and port of a URI mean us."""
        self._realm = realm
        self._wall = wall
        self._bans = bans
        self._is_ours = is_ours
        self._nonce_key = nonce_key
        self._nonces = Nonces(nonce_key)
        self._used = UsedNonces(wall())
        self._silent = SilentDevices()
        self._texts = _challenge_texts(realm)
        self._ha1: dict[str, tuple[dict[str, str], list[str]]] = {}
        self.set_passwords(passwords)

    def set_passwords(self, passwords: Mapping[str, str]) -> None:
        """These and no others are valid from now on.

        All hashes are made here, not at the first login: that would take longer than others.
        """
        for algorithm in ALGORITHMS:
            hashes = {
                user: ha1(user, self._realm, password, algorithm)
                for user, password in passwords.items()
            }
            self._ha1[algorithm] = hashes, list(hashes.values()) or [NOBODY]

    def clock_moved(self, seconds: float) -> None:
        """The wall clock was set: all nonces get stale, once."""
        self._nonce_key += b"\0"
        self._nonces = Nonces(self._nonce_key)
        self._used = UsedNonces(self._wall())

    def check(self, request: Request, flow: Flow, *, lifetime: float) -> Granted | Challenge | Drop:
        """Whose request is it? `lifetime`: seconds that a nonce may be old."""
        source = flow.remote_host
        if self._bans.is_banned(source):
            return DROP
        now = self._wall()
        credentials = self._find_credentials(request)
        if credentials is None:
            device = hash((source, request.headers.first.get("User-Agent")))
            return self._challenge(request, source, now, gives_up=self._silent.asks(device, now))
        if not self._is_right(credentials, request):
            if self._bans.failed(source) == 1:
                log.info("wrong login as %s from %s", printable(credentials.username), source)
            return self._challenge(request, source, now)
        if not _names_target(credentials.uri, request, self._is_ours):
            log.info("login for %s in %s from %s", printable(credentials.uri), request, source)
            return self._challenge(request, source, now)
        if not self._is_fresh(credentials, source, now, lifetime):
            # Only who knows the password hears that nothing but the nonce was wrong: the phone
            # then tries again without asking its user (RFC 7616 §3.3).
            return self._challenge(request, source, now, stale=True)
        self._bans.succeeded(source)
        if self._silent.asked:
            device = hash((source, request.headers.first.get("User-Agent")))
            self._silent.answered(device, credentials.algorithm)
        return Granted(credentials.username)

    def _find_credentials(self, request: Request) -> Credentials | None:
        """The first that are for us and can be read (§22.3: there may be others)."""
        for value in request.headers.all("Authorization")[:MAX_CREDENTIALS]:
            try:
                credentials = Credentials.parse(value)
            except ParseError:
                continue
            if credentials.realm == self._realm:
                return credentials
        return None

    def _is_right(self, credentials: Credentials, request: Request) -> bool:
        """Whether the response proves the password. Takes as long for users who do not exist."""
        username = credentials.username
        hashes, stand_ins = self._ha1[credentials.algorithm]
        # Somebody else's hash stands in for who has none, and is looked for in any case. One for
        # all would always be in the processor's cache, and a stranger could tell by the time.
        stand_in = stand_ins[hash(username) % len(stand_ins)]
        secret = hashes.get(username, stand_in)
        expected = response_of(credentials, secret, request.method)
        given = credentials.response.encode("utf-8", "surrogateescape")
        return compare_digest(expected.encode(), given) and username in hashes

    def _is_fresh(self, credentials: Credentials, source: str, now: float, lifetime: float) -> bool:
        """Whether the nonce is ours, was made for this source, is young, and not used so far."""
        age = self._nonces.age(credentials.nonce, source, now)
        if age is None or age > lifetime:
            return False
        # Without qop nothing tells the uses of a nonce apart (RFC 2069): there is only one.
        count = int(credentials.nc, 16) if credentials.qop else ONLY_ONCE
        return self._used.use(credentials.nonce, count, now - age, now)

    def _challenge(
        self,
        request: Request,
        source: str,
        now: float,
        *,
        stale: bool = False,
        gives_up: bool = False,
    ) -> Challenge:
        algorithms: tuple[str, ...] = (MD5, SHA256)
        if gives_up or (request.headers.first.get("User-Agent") or "").startswith(MD5_ONLY):
            algorithms = (MD5,)
        nonce = self._nonces.make(now, source)
        headers = []
        for algorithm in algorithms:
            before, after = self._texts[algorithm, stale]
            headers.append(("WWW-Authenticate", f"{before}{nonce}{after}"))
        return Challenge(headers)


def _challenge_texts(realm: str) -> dict[tuple[str, bool], tuple[str, str]]:
    """What stands before and behind the nonce, by algorithm and staleness: only it changes."""
    texts = {}
    for algorithm in ALGORITHMS:
        for stale in (False, True):
            value = challenge_value(realm, "@", algorithm, stale)
            before, _, after = value.partition('nonce="@"')
            texts[algorithm, stale] = f'{before}nonce="', f'"{after}'
    return texts


def _names_target(uri: str, request: Request, is_ours: Callable[[str, int | None], bool]) -> bool:
    """Whether the credentials are for the target of this request (RFC 7616 §3.4.6).

    The Request-URI, or its host alone: so SIPp and some phones write it, and since no response
    is taken twice, nobody else can use it for another target.
    """
    if uri == request.uri:
        return True
    try:
        named = Uri.parse(uri)
    except ParseError:
        return False
    target = request.request_uri
    if named.user or not named.is_sip:
        return named.equivalent(target)
    return named.host == target.host or is_ours(named.address, named.port)
