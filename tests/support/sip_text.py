"""Usual requests and responses as octets, for tests that bend one thing about them.

Alice at 127.0.0.1:5070 is 100 of pbx.test; Bob is 101.
"""

from collections.abc import Collection, Iterable, Mapping

ALICE = "127.0.0.1:5070"
SDP = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    b"m=audio 40000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
)
WITH_CONTACT = frozenset({"INVITE", "REGISTER", "SUBSCRIBE", "REFER", "UPDATE"})

Lines = Iterable[tuple[str, str]]


def request(
    method: str = "OPTIONS",
    uri: str = "sip:101@pbx.test",
    *,
    branch: str = "z9hG4bK-branch-1",
    call_id: str = "call-1@127.0.0.1",
    cseq: int = 1,
    from_tag: str = "alice-1",
    to_tag: str = "",
    changed: Mapping[str, str] | None = None,
    without: Collection[str] = (),
    extra: Lines = (),
    body: bytes = b"",
    version: str = "SIP/2.0",
) -> bytes:
    """A request from Alice. `changed` replaces values, `without` leaves lines out."""
    to = "sip:100@pbx.test" if method == "REGISTER" else "sip:101@pbx.test"
    fields = {
        "Via": f"SIP/2.0/UDP {ALICE};branch={branch};rport",
        "Max-Forwards": "70",
        "From": f'"Alice" <sip:100@pbx.test>;tag={from_tag}',
        "To": f"<{to}>" + (f";tag={to_tag}" if to_tag else ""),
        "Call-ID": call_id,
        "CSeq": f"{cseq} {method}",
    }
    if method in WITH_CONTACT:
        fields["Contact"] = f"<sip:100@{ALICE}>"
    return _octets(f"{method} {uri} {version}", fields, changed, without, extra, body)


def invite(uri: str = "sip:101@pbx.test", *, body: bytes = SDP, extra: Lines = ()) -> bytes:
    """Alice calls Bob."""
    return request("INVITE", uri, extra=extra, body=body)


def response(
    status: int = 200,
    reason: str = "OK",
    method: str = "INVITE",
    *,
    branch: str = "z9hG4bK-branch-1",
    call_id: str = "call-1@127.0.0.1",
    cseq: int = 1,
    from_tag: str = "alice-1",
    to_tag: str = "bob-1",
    changed: Mapping[str, str] | None = None,
    without: Collection[str] = (),
    extra: Lines = (),
    body: bytes = b"",
) -> bytes:
    """A response of Bob's to Alice."""
    fields = {
        "Via": f"SIP/2.0/UDP {ALICE};branch={branch}",
        "From": f'"Alice" <sip:100@pbx.test>;tag={from_tag}',
        "To": "<sip:101@pbx.test>" + (f";tag={to_tag}" if to_tag else ""),
        "Call-ID": call_id,
        "CSeq": f"{cseq} {method}",
    }
    return _octets(f"SIP/2.0 {status} {reason}", fields, changed, without, extra, body)


def _octets(
    start_line: str,
    fields: dict[str, str],
    changed: Mapping[str, str] | None,
    without: Collection[str],
    extra: Lines,
    body: bytes,
) -> bytes:
    fields |= {"Content-Type": "application/sdp"} if body else {}
    fields["Content-Length"] = str(len(body))
    fields |= changed or {}
    lines = [(name, value) for name, value in fields.items() if name not in without]
    head = [start_line, *[f"{name}: {value}" for name, value in (*lines, *extra)], "", ""]
    return "\r\n".join(head).encode("utf-8", "surrogateescape") + body
