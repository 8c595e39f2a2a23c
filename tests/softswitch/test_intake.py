"""What is sorted out before any transaction sees it; the rest of it is met in test_user_agent."""

import logging

import pytest

from softswitch.intake import COMPLAINT_SECONDS, Intake, check_response, note_source
from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow
from tests.support.sip_peers import TCP, UDP, Network, make_request, parse_request, parse_response

STUN = bytes.fromhex("0001 0000 2112a442") + b"transaction!"


def test_line_ends_are_taken_off_and_counted_when_there_is_nothing_else() -> None:
    intake = Intake(Network())
    assert intake.without_keepalives(b"\r\n\r\nOPTIONS", UDP) == b"OPTIONS"
    assert intake.counts["keep-alive"] == 0
    assert intake.without_keepalives(b"\r\n", UDP) == b""
    assert intake.without_keepalives(b"", UDP) == b""
    assert intake.counts["keep-alive"] == 2


def test_stun_is_answered_where_it_keeps_a_nat_open() -> None:
    network = Network()
    intake = Intake(network)
    assert intake.without_keepalives(STUN, UDP) == b""
    assert intake.without_keepalives(STUN, TCP) == b""
    assert intake.counts == {"STUN": 1, "not SIP": 1}
    assert len(network.take()) == 1


def test_complaints_are_few_and_say_how_many_there_were(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    intake = Intake(Network())
    for now in (1.0, 2.0, COMPLAINT_SECONDS + 1.0):
        intake.complain(UDP, ParseError("no empty line"), now)
    assert [record.getMessage().partition("SIP ")[2] for record in caplog.records] == [
        "(1 so far): no empty line",
        "(3 so far): no empty line",
    ]


def test_the_source_goes_into_the_topmost_via_only() -> None:
    request = parse_request(make_request())
    via = request.headers.first["Via"]
    request.headers.set("Via", f"{via}, SIP/2.0/UDP far.example;branch=z9hG4bKfar")
    note_source(request, Flow("UDP", ("192.0.2.10", 5060), ("198.51.100.7", 1234)))
    topmost, _, rest = request.headers.first["Via"].partition(", ")
    assert "received=198.51.100.7" in topmost
    assert "rport=1234" in topmost
    assert rest == "SIP/2.0/UDP far.example;branch=z9hG4bKfar"


def test_the_source_goes_behind_a_usual_via_as_it_stands() -> None:
    """REG-5."""
    request = parse_request(make_request())
    request.headers.set("Via", "SIP/2.0/UDP Phone.local:5062;branch=z9hG4bK1;rport")
    note_source(request, Flow("UDP", ("192.0.2.10", 5060), ("198.51.100.7", 1234)))
    written = "SIP/2.0/UDP Phone.local:5062;branch=z9hG4bK1;rport=1234;received=198.51.100.7"
    assert request.headers.first["Via"] == written
    assert (request.via.received, request.via.rport) == ("198.51.100.7", 1234)


def test_a_response_with_one_via_is_for_us() -> None:
    lines = [
        b"SIP/2.0 200 OK", b"Via: SIP/2.0/UDP a;branch=z9hG4bKa;n=\",\"", b"From: <sip:a@x>;tag=1",
        b"To: <sip:b@x>;tag=2", b"Call-ID: c", b"CSeq: 1 BYE", b"", b"",
    ]  # fmt: skip
    check_response(parse_response(b"\r\n".join(lines)))
    lines[1] = b"Via: SIP/2.0/UDP a;branch=z9hG4bKa"
    check_response(parse_response(b"\r\n".join(lines)))


def test_a_response_for_another_hop_is_no_response_for_us() -> None:
    lines = [
        b"SIP/2.0 200 OK", b"Via: SIP/2.0/UDP a;branch=z9hG4bKa, SIP/2.0/UDP b;branch=z9hG4bKb",
        b"From: <sip:a@x>;tag=1", b"To: <sip:b@x>;tag=2", b"Call-ID: c", b"CSeq: 1 BYE", b"", b"",
    ]  # fmt: skip
    with pytest.raises(ParseError, match="another hop"):
        check_response(parse_response(b"\r\n".join(lines)))
