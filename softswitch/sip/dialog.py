"""Dialogs: what two user agents remember of each other between requests (RFC 3261 §12).

A dialog makes the requests that go out within it and judges the order of those that come in. It
sends nothing, and knows nothing of transactions.
"""

from __future__ import annotations

from collections.abc import Iterable

from softswitch.sip.flow import Flow
from softswitch.sip.headers import Headers, NameAddr
from softswitch.sip.message import Request, Response
from softswitch.sip.uri import Uri

MAX_FORWARDS = 70
"""What a request starts with (§8.1.1.6)."""

TARGET_REFRESHERS = frozenset({"INVITE", "UPDATE"})
"""Methods whose Contact moves the remote target (§12.2, RFC 3311 §5.1)."""


class Dialog:
    """One side of a dialog, seen from here: local is us, remote the peer."""

    __slots__ = (
        "call_id",
        "early",
        "flow",
        "local",
        "local_cseq",
        "local_tag",
        "remote",
        "remote_cseq",
        "remote_tag",
        "remote_target",
        "route_set",
    )

    def __init__(
        self,
        *,
        call_id: str,
        local: str,
        local_tag: str,
        remote: str,
        remote_tag: str,
        remote_target: str,
        route_set: tuple[str, ...],
        local_cseq: int,
        remote_cseq: int | None,
        flow: Flow,
        early: bool,
    ) -> None:
        self.call_id = call_id
        self.local = local
        """Our From or To, without the tag."""
        self.local_tag = local_tag
        self.remote = remote
        self.remote_tag = remote_tag
        """Empty for peers of RFC 2543."""
        self.remote_target = remote_target
        """The URI where the peer wants its requests."""
        self.route_set = route_set
        self.local_cseq = local_cseq
        self.remote_cseq = remote_cseq
        """The highest CSeq number that came in; None before the first request."""
        self.flow = flow
        self.early = early
        """Whether the INVITE has no final answer yet."""

    @classmethod
    def as_uas(cls, request: Request, local_tag: str, flow: Flow) -> Dialog:
        """The dialog that our answer with `local_tag` makes (§12.1.1).

        An INVITE without a Contact has no place to go but its From.
        """
        return cls(
            call_id=request.call_id,
            local=request.headers.get("To") or "",
            local_tag=local_tag,
            remote=_without_tag(request.headers.get("From") or "", request.from_tag),
            remote_tag=request.from_tag,
            remote_target=_target(request) or str(request.from_.uri),
            route_set=_recorded(request) if "Record-Route" in request.headers.first else (),
            local_cseq=0,
            remote_cseq=request.cseq.number,
            flow=flow,
            early=True,
        )

    @classmethod
    def as_uac(cls, request: Request, response: Response, flow: Flow) -> Dialog:
        """The dialog that an answer to our request makes (§12.1.2)."""
        return cls(
            call_id=request.call_id,
            local=_without_tag(request.headers.get("From") or "", request.from_tag),
            local_tag=request.from_tag,
            remote=request.headers.get("To") or "",
            remote_tag=response.to_tag,
            remote_target=_target(response) or request.uri,
            route_set=_recorded(response)[::-1] if "Record-Route" in response.headers.first else (),
            local_cseq=request.cseq.number,
            remote_cseq=None,
            flow=flow,
            early=response.status < 200,
        )

    def confirm(self, response: Response) -> None:
        """A 2xx for this early dialog: it says all anew but tags and numbers (§13.2.2.4)."""
        self.remote_target = _target(response) or self.remote_target
        recorded = "Record-Route" in response.headers.first
        self.route_set = _recorded(response)[::-1] if recorded else ()
        self.early = False

    @property
    def key(self) -> tuple[str, str, str]:
        """The identifier of the dialog (§12): Call-ID, our tag, theirs."""
        return (self.call_id, self.local_tag, self.remote_tag)

    def request(
        self,
        method: str,
        *,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        content_type: str = "application/sdp",
        max_forwards: int = MAX_FORWARDS,
    ) -> Request:
        """The next request of ours within the dialog, without a Via (§12.2.1.1)."""
        self.local_cseq += 1
        return self._request(method, self.local_cseq, headers, body, content_type, max_forwards)

    def ack(self, cseq_number: int, body: bytes = b"") -> Request:
        """The ACK of a 2xx: it has the number of its INVITE (§13.2.2.4)."""
        return self._request("ACK", cseq_number, (), body, "application/sdp", MAX_FORWARDS)

    def _request(
        self,
        method: str,
        cseq_number: int,
        headers: Iterable[tuple[str, str]],
        body: bytes,
        content_type: str,
        max_forwards: int,
    ) -> Request:
        uri, routes = self._way() if self.route_set else (self.remote_target, ())
        items = [
            ("Max-Forwards", str(max_forwards)),
            *([("Route", route) for route in routes] if routes else ()),
            ("From", f"{self.local};tag={self.local_tag}"),
            ("To", f"{self.remote};tag={self.remote_tag}" if self.remote_tag else self.remote),
            ("Call-ID", self.call_id),
            ("CSeq", f"{cseq_number} {method}"),
            *headers,
        ]
        if body:
            items.append(("Content-Type", content_type))
        return Request(method, uri, Headers(items), body)

    def _way(self) -> tuple[str, tuple[str, ...]]:
        """Request-URI and Route, where there is a route set (§12.2.1.1).

        A first router without `lr` is of the old, strict kind: it wants to find itself in the
        Request-URI, and the remote target at the end of the Route.
        """
        routes = self.route_set
        first = NameAddr.parse(routes[0]).uri
        if first.has_param("lr"):
            return self.remote_target, routes
        return _request_uri(first), (*routes[1:], f"<{self.remote_target}>")

    def receive(self, request: Request) -> int:
        """Take note of a request of the peer: 0, or 500 if a later one was here before (§12.2.2).

        An ACK has the number of its INVITE, and a CANCEL too: neither counts.
        """
        method = request.method
        if method not in ("ACK", "CANCEL"):
            number = request.cseq.number
            if self.remote_cseq is not None and number <= self.remote_cseq:
                return 500
            self.remote_cseq = number
            if method in TARGET_REFRESHERS:
                self.refresh(request)
        return 0

    def refresh(self, message: Request | Response) -> None:
        """Move the remote target to the message's Contact, if there is one."""
        self.remote_target = _target(message) or self.remote_target


def _target(message: Request | Response) -> str:
    """The URI in the Contact, as text; empty without one."""
    contacts = message.contacts
    return str(contacts[0].uri) if contacts else ""


def _recorded(message: Request | Response) -> tuple[str, ...]:
    """The proxies that want to stay on the way, as they stand in the message."""
    return tuple(message.headers.values("Record-Route"))


def _without_tag(value: str, tag: str) -> str:
    """A From without its tag, otherwise as its author wrote it."""
    if not tag:
        return value
    end = f";tag={tag}"
    if value.endswith(end):
        return value[: -len(end)]
    address = NameAddr.parse(value)
    address.params.pop("tag", None)
    return str(address)


def _request_uri(route: Uri) -> str:
    """A strict router as a Request-URI, where neither `method` nor headers may stand (§19.1.1)."""
    params = tuple((name, value) for name, value in route.params if name != "method")
    return str(
        Uri(
            scheme=route.scheme,
            user=route.user,
            host=route.host,
            port=route.port,
            params=params,
            password=route.password,
        )
    )
