"""What the load's phones say."""

import pytest

from bench.load.requests import (
    Line,
    Names,
    credentials,
    description,
    place_in,
    request,
    routes_of,
)
from softswitch.sip.digest import Credentials, ha1, response_of
from softswitch.sip.errors import ParseError
from softswitch.sip.headers import Headers
from softswitch.sip.message import Request, Response
from softswitch.sip.parser import parse_datagram

LINE = Line("127.0.40.1", 5060, "127.0.40.2", 5070)


def challenge(status: int, field: str, more: str = "") -> Response:
    text = f'Digest realm="here", nonce="n1", algorithm=MD5{more}'
    return Response(status, "", Headers([(field, text)]))


def test_a_request_is_one_that_the_switch_can_read() -> None:
    names = Names.new(LINE, 1000)
    data = request("INVITE", LINE.uri(1001), LINE, names, 2, LINE.address(1001), body="v=0\r\n")
    message = parse_datagram(data)
    assert isinstance(message, Request)
    assert message.uri == "sip:1001@127.0.40.1:5060"
    assert (message.cseq.number, message.body) == (2, b"v=0\r\n")
    assert message.headers.first["Contact"] == "<sip:1000@127.0.40.2:5070>"


@pytest.mark.parametrize(
    ("status", "asked", "answered"),
    [
        (401, "WWW-Authenticate", "Authorization"),
        (407, "Proxy-Authenticate", "Proxy-Authorization"),
    ],
)
@pytest.mark.parametrize("quality", ["", ', qop="auth"'])
def test_challenges_of_registrars_and_proxies_are_answered(
    status: int, asked: str, answered: str, quality: str
) -> None:
    name, value = credentials(challenge(status, asked, quality), "INVITE", "sip:x", 1000)
    read = Credentials.parse(value)
    assert name == answered
    assert bool(read.qop) == bool(quality)
    assert read.response == response_of(read, ha1("1000", "here", "pw1000", "MD5"), "INVITE")


def test_a_challenge_without_its_field_cannot_be_answered() -> None:
    with pytest.raises(ParseError):
        credentials(Response(401, "", Headers([])), "INVITE", "sip:x", 1000)


def test_a_description_says_where_the_leg_hears() -> None:
    assert place_in(description(3).encode()) == ("127.1.0.4", 5104)


def test_the_address_may_be_that_of_the_session_or_of_the_medium() -> None:
    session = b"v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n"
    assert place_in(session) == ("192.0.2.1", 4000)
    assert place_in(session + b"c=IN IP4 192.0.2.2\r\n") == ("192.0.2.2", 4000)


@pytest.mark.parametrize(
    "body", [b"", b"v=0\r\nc=IN IP4 192.0.2.1\r\n", b"m=audio 0 RTP/AVP 0\r\n"]
)
def test_no_description_names_no_place(body: bytes) -> None:
    assert place_in(body) is None


def test_routes_are_those_recorded_in_reverse() -> None:
    recorded = [("Record-Route", "<sip:a>, <sip:b>"), ("Record-Route", "<sip:c>")]
    response = Response(200, "", Headers(recorded))
    assert routes_of(response) == [("Route", "<sip:c>"), ("Route", "<sip:b>"), ("Route", "<sip:a>")]
