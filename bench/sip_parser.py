"""What reading and writing SIP costs: `python -m bench.sip_parser` prints one table.

The best of several rounds, since whatever else the machine does can only make it slower.
"""

import timeit
from collections.abc import Callable

from softswitch.sip.digest import MD5, Credentials, Nonces, ha1, response_of
from softswitch.sip.headers import Headers
from softswitch.sip.message import Request, Response, respond
from softswitch.sip.parser import parse_datagram
from softswitch.sip.stream import StreamFramer
from softswitch.sip.validation import check

ROUNDS = 7
TIMES = 5_000

SDP = (
    b"v=0\r\no=- 1545997027 1 IN IP4 192.0.2.10\r\ns=call\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n"
    b"m=audio 40012 RTP/AVP 0 8 9 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
    b"a=rtpmap:9 G722/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
    b"a=sendrecv\r\n"
)
AUTHORIZATION = (
    'Digest username="100", realm="pbx.test", nonce="018bcfe5687c0000010a2b3c4d5e6f708192a3b4c5",'
    ' uri="sip:101@pbx.test", response="6629fae49393a05397450978507c4ef1", cnonce="0a4f113b",'
    " nc=00000001, qop=auth, algorithm=MD5"
)
INVITE = Request(
    "INVITE",
    "sip:101@pbx.test:5060;transport=udp",
    Headers(
        [
            ("Via", "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-524287-1---a1b2c3d4;rport"),
            ("Max-Forwards", "70"),
            ("Contact", "<sip:100@192.0.2.10:5060;transport=UDP>"),
            ("To", "<sip:101@pbx.test>"),
            ("From", '"Alice Example" <sip:100@pbx.test>;tag=7f3a2b1c'),
            ("Call-ID", "84bK2jdkf93jf-kd93jdk29dk2@192.0.2.10"),
            ("CSeq", "2 INVITE"),
            ("Allow", "INVITE, ACK, CANCEL, BYE, NOTIFY, REFER, MESSAGE, OPTIONS, INFO"),
            ("Content-Type", "application/sdp"),
            ("Authorization", AUTHORIZATION),
            ("Supported", "replaces, norefersub, extended-refer, timer, outbound, path"),
            ("User-Agent", "Example Phone 4.2.1"),
            ("Accept", "application/sdp"),
            ("Session-Expires", "1800;refresher=uac"),
            ("Min-SE", "90"),
            ("P-Preferred-Identity", "<sip:100@pbx.test>"),
            ("Date", "Sat, 13 Nov 2010 23:29:00 GMT"),
        ]
    ),
    SDP,
).serialize()


def invite() -> Request:
    """The INVITE, read."""
    message = parse_datagram(INVITE)
    assert isinstance(message, Request)
    return message


def framed() -> None:
    """The INVITE out of a TCP stream, in two segments."""
    framer = StreamFramer()
    framer.feed(INVITE[:700])
    framer.feed(INVITE[700:])


def jobs() -> dict[str, tuple[Callable[[], object], float | None]]:
    """What is measured, and the most that it may cost in µs on a quiet core."""
    request = invite()
    ringing: Response = respond(request, 180, to_tag="bob")
    ok = respond(request, 200, to_tag="bob", headers=[("Contact", "<sip:192.0.2.1>")]).serialize()
    login = Credentials.parse(AUTHORIZATION)
    secret = ha1("100", "pbx.test", "secret", MD5)
    nonces = Nonces(b"key")
    nonce = nonces.make(1e9, "192.0.2.10")
    return {
        f"parse INVITE ({INVITE.count(b': ')} fields, {len(INVITE)} octets)": (invite, 8.0),
        f"parse 200 ({ok.count(b': ')} fields)": (lambda: parse_datagram(ok), None),
        "parse and check INVITE": (lambda: check(invite()), None),
        "cut INVITE out of a stream": (framed, None),
        "first value of a field": (lambda: request.headers.get("CSeq"), None),
        "respond 180": (lambda: respond(request, 180, to_tag="bob"), 6.0),
        "serialize INVITE": (request.serialize, 3.0),
        "serialize 180": (ringing.serialize, 3.0),
        "read credentials": (lambda: Credentials.parse(AUTHORIZATION), 3.0),
        "digest response (MD5)": (lambda: response_of(login, secret, "INVITE"), None),
        "make a nonce": (lambda: nonces.make(1e9, "192.0.2.10"), None),
        "check a nonce": (lambda: nonces.age(nonce, "192.0.2.10", 1e9), None),
    }


def main() -> None:
    """Measure everything, and print the table."""
    print(f"{'':44}{'µs':>8}{'at most':>10}")
    for name, (job, limit) in jobs().items():
        seconds = min(timeit.repeat(job, number=TIMES, repeat=ROUNDS)) / TIMES
        print(f"{name:44}{seconds * 1e6:8.2f}{limit or '':>10}")


if __name__ == "__main__":
    main()
