"""The user agent server: RFC 3261 §8.2 step by step, then on to who can answer.

    request ─► valid? ─► hops left? ─► came by another way? ─► method? ─► extensions? ─► content?
                                                                                            │
     calls.in_dialog ◄── within a dialog ◄──────────────────────────────────────────────────┤
     200 to OPTIONS  ◄── a question about us ◄──────────────────────────────────────────────┤
     calls.invite_from ◄── INVITE from a trunk's address ◄──────────────────────────────────┤
                                                                                            ▼
     registrar.receive, calls.invite, ◄── our domain? ◄── whose is it? (401 without state)
     subscriptions.receive

Nothing is kept for a request before its sender has logged in: every refusal on the way is one
datagram, sent and forgotten.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from typing import Protocol

from softswitch.auth import Challenge, Drop, Granted
from softswitch.sip.flow import Flow
from softswitch.sip.message import Request
from softswitch.sip.server_transaction import ServerTransaction
from softswitch.sip.validation import check
from softswitch.trunks import Trunk, Trunks
from softswitch.user_agent import UserAgent

log = logging.getLogger(__name__)

METHODS = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "REGISTER", "INFO", "UPDATE", "SUBSCRIBE")
ALLOW = ", ".join(METHODS)
"""What is really there."""

KNOWN_ELSEWHERE = frozenset({"MESSAGE", "PUBLISH", "REFER", "PRACK"})
"""Methods that we know of and do not have: 405; others are 501 (§21.4.6, §21.5.2)."""

NOTIFY = "NOTIFY"
"""We send it and never ask for it, so there is no subscription that it could be of: 481, with or
without login (RFC 6665 §4.1.3)."""

PERSONAL = frozenset({"INVITE", "REGISTER"})
"""Methods outside of dialogs for which somebody has to log in; SUBSCRIBE wants it within, too."""

ACCEPT = "application/sdp"
SUPPORTED = "path"
"""Extensions that may be required of us: RFC 3327. Responses use none."""

REGISTER_SUPPORTED = frozenset({SUPPORTED, "outbound"})
"""The same of the registrar, which keeps the flows of a device apart (RFC 5626 §6)."""

READ_AS_SDP = frozenset({"INVITE", "UPDATE"})
"""Methods whose body we read; what else is attached to others does no harm."""

INVITE_NONCE_SECONDS = 60.0
REGISTER_NONCE_SECONDS = 300.0
"""How old a nonce may be: a call is dearer than a registration. SUBSCRIBE is held like a call."""

RETRY_AFTER_SECONDS = 30
"""When to try again while this process is going down: the time a drain takes at most."""

Headers = list[tuple[str, str]]


class Authenticator(Protocol):
    """Who knows the passwords."""

    def check(self, request: Request, flow: Flow, *, lifetime: float) -> Granted | Challenge | Drop:
        """Whose request is this? Challenges when it says too little, drops what is banned."""


class Registrar(Protocol):
    """Who answers REGISTER."""

    def receive(
        self, request: Request, transaction: ServerTransaction, flow: Flow, user: str
    ) -> None:
        """Answer a REGISTER of a user who has logged in."""


class Calls(Protocol):
    """Who answers INVITE and everything within dialogs."""

    def invite(
        self, request: Request, transaction: ServerTransaction, flow: Flow, user: str
    ) -> None:
        """Begin a call of a user who has logged in."""

    def invite_from(
        self, request: Request, transaction: ServerTransaction, flow: Flow, trunk: Trunk
    ) -> None:
        """Begin a call that comes by a trunk."""

    def in_dialog(self, request: Request, flow: Flow) -> None:
        """Accept and answer a request with a To tag; 481 when there is no such dialog."""


class Subscriptions(Protocol):
    """Who answers SUBSCRIBE."""

    @property
    def allow_events(self) -> str:
        """What can be subscribed to."""

    def knows(self, request: Request) -> bool:
        """Whether a SUBSCRIBE with a To tag is within a dialog that is there."""

    def receive(
        self, request: Request, transaction: ServerTransaction, flow: Flow, user: str
    ) -> None:
        """Answer a SUBSCRIBE of a user who has logged in."""


class Addressing(Protocol):
    """Who knows our addresses."""

    def is_ours(self, host: str, port: int | None) -> bool:
        """Whether a host and port of a URI lead here."""


class Uas:
    """Decides what becomes of each new request."""

    def __init__(
        self,
        agent: UserAgent,
        authenticator: Authenticator,
        registrar: Registrar,
        calls: Calls,
        subscriptions: Subscriptions,
        *,
        addressing: Addressing,
        domains: Collection[str] = (),
        trunks: Trunks | None = None,
    ) -> None:
        """`domains`: what users may call beside our own addresses; empty for everything."""
        self.draining = False
        """While set, new calls are refused: the process is about to end."""
        self._agent = agent
        self._authenticator = authenticator
        self._registrar = registrar
        self._calls = calls
        self._subscriptions = subscriptions
        self._addressing = addressing
        self._domains = frozenset(domain.lower() for domain in domains)
        self._trunks = trunks or None

    def receive(self, request: Request, flow: Flow) -> None:
        """Handle a request that belongs to no transaction: the agent's `on_request`."""
        problem = self._problem(request)
        if problem is not None:
            status, reason, headers = problem
            self._agent.refuse(request, flow, status, reason, headers)
        elif request.method == "SUBSCRIBE":
            self._receive_subscribe(request, flow)
        elif request.to_tag and request.method != "REGISTER":
            self._calls.in_dialog(request, flow)
        elif request.method == "OPTIONS":
            self._answer_options(request, flow)
        elif request.method in PERSONAL:
            self._receive_personal(request, flow)
        else:
            self._agent.refuse(request, flow, 481)  # BYE, INFO, UPDATE live in dialogs only

    def _problem(self, request: Request) -> tuple[int, str, Headers] | None:
        """Why nobody has to look any further, in the order of §8.2."""
        rejection = check(request)
        if rejection is not None:
            return rejection.status, rejection.reason, list(rejection.headers)
        # §8.2 does not ask an end point to look, but a B2BUA sends calls on (§16.3). OPTIONS are
        # answered here in any case, and Max-Forwards of zero is how a hop is asked (§11).
        method, first = request.method, request.headers.first
        seems_spent = first.get("Max-Forwards", "").startswith("0")
        if seems_spent and request.max_forwards == 0 and method != "OPTIONS":
            return 483, "", []
        if not request.to_tag and self._agent.is_merged(request):
            return 482, "", []
        if method not in METHODS:
            return _method_problem(method)
        if "Require" in first and (problem := _extension_problem(request)) is not None:
            return problem
        return _content_problem(request) if method in READ_AS_SDP else None

    def _answer_options(self, request: Request, flow: Flow) -> None:
        """What we can do (§11.2). Without login, and whoever it is for: it tells nothing more."""
        if self.draining:
            self._refuse_while_draining(request, flow)
            return
        headers = [("Allow", ALLOW), ("Accept", ACCEPT), ("Supported", SUPPORTED)]
        headers.append(("Allow-Events", self._subscriptions.allow_events))
        self._agent.refuse(request, flow, 200, headers=headers)

    def _receive_subscribe(self, request: Request, flow: Flow) -> None:
        """Of a dialog that we have forgotten nobody has to prove anything: they begin anew."""
        if request.to_tag and not self._subscriptions.knows(request):
            self._agent.refuse(request, flow, 481)
        else:
            self._receive_personal(request, flow)

    def _receive_personal(self, request: Request, flow: Flow) -> None:
        """REGISTER, an INVITE that begins a call, or SUBSCRIBE: for users only."""
        is_register = request.method == "REGISTER"
        if self.draining and not is_register:
            self._refuse_while_draining(request, flow)
            return
        if self._trunks is not None and request.method == "INVITE":
            trunk = self._trunks.of(request, flow)
            if trunk is not None:
                self._receive_from_trunk(request, flow, trunk)
                return
        lifetime = REGISTER_NONCE_SECONDS if is_register else INVITE_NONCE_SECONDS
        verdict = self._authenticator.check(request, flow, lifetime=lifetime)
        if isinstance(verdict, Challenge):
            self._agent.refuse(request, flow, 401, headers=verdict.headers)
        elif isinstance(verdict, Granted):
            if flow.connection:
                self._agent.trust(flow)
            self._receive_from_user(request, flow, verdict.user)

    def _receive_from_user(self, request: Request, flow: Flow, user: str) -> None:
        if request.method == "REGISTER":
            transaction = self._agent.accept(request, flow)
            self._registrar.receive(request, transaction, flow, user)
        elif self._domains and not (request.to_tag or self._is_for_us(request)):
            log.info("Call-ID %s: %s called %s: not ours", request.call_id, user, request.uri)
            self._agent.refuse(request, flow, 403)
        elif request.method == "SUBSCRIBE":
            transaction = self._agent.accept(request, flow)
            self._subscriptions.receive(request, transaction, flow, user)
        else:
            transaction = self._agent.accept(request, flow)
            self._calls.invite(request, transaction, flow, user)

    def _receive_from_trunk(self, request: Request, flow: Flow, trunk: Trunk) -> None:
        """Nobody is asked for a password whose address is known (TK-3). Whatever host it names, a
        number that is not ours is found by nobody."""
        self._agent.trust(flow)
        self._calls.invite_from(request, self._agent.accept(request, flow), flow, trunk)

    def _is_for_us(self, request: Request) -> bool:
        """Whether the host is one of ours: we are no relay to strange domains."""
        uri = request.request_uri
        return uri.host in self._domains or self._addressing.is_ours(uri.address, uri.port)

    def _refuse_while_draining(self, request: Request, flow: Flow) -> None:
        self._agent.refuse(request, flow, 503, headers=[("Retry-After", str(RETRY_AFTER_SECONDS))])


def _method_problem(method: str) -> tuple[int, str, Headers]:
    """§8.2.1; before anything about logins, which says nothing about users."""
    if method == NOTIFY:
        return 481, "", []
    return 405 if method in KNOWN_ELSEWHERE else 501, "", [("Allow", ALLOW)]


def _extension_problem(request: Request) -> tuple[int, str, Headers] | None:
    """§8.2.2.3. Proxy-Require is for proxies, which we are not."""
    known = REGISTER_SUPPORTED if request.method == "REGISTER" else {SUPPORTED}
    unknown = [tag for tag in request.headers.values("Require") if tag.lower() not in known]
    return (420, "", [("Unsupported", ", ".join(unknown))]) if unknown else None


def _content_problem(request: Request) -> tuple[int, str, Headers] | None:
    """§8.2.3: a body that we would have to read and cannot, an answer that they could not read.

    A body that may be ignored (RFC 3261 §20.11) is: it is taken off the request.
    """
    first = request.headers.first
    if request.body:
        encoding = first.get("Content-Encoding", "identity").lower()
        if request.content_type not in ("", ACCEPT) or encoding != "identity":
            if not _is_optional(request):
                return 415, "", [("Accept", ACCEPT), ("Accept-Encoding", "identity")]
            request.body = b""
    accepted = request.headers.all("Accept") if "Accept" in first else ()
    if accepted and request.method == "INVITE" and not _accepts_sdp(accepted):
        return 406, "", [("Accept", ACCEPT)]
    return None


def _is_optional(request: Request) -> bool:
    disposition = (request.headers.get("Content-Disposition") or "").lower()
    return "handling=optional" in disposition.replace(" ", "")


def _accepts_sdp(lines: Iterable[str]) -> bool:
    """Whether an Accept lets us answer with SDP (§20.1)."""
    for line in lines:
        for kind in line.split(","):
            if kind.partition(";")[0].strip().lower() in (ACCEPT, "application/*", "*/*"):
                return True
    return False
