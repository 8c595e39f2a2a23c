import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.sip.errors import ParseError
from softswitch.sip.headers import CSeq, Headers
from softswitch.sip.message import Request, Response, printable, respond
from softswitch.sip.parser import parse_datagram
from softswitch.sip.reasons import REASONS
from softswitch.sip.uri import Uri
from tests.support.sip_text import ALICE, SDP
from tests.support.sip_text import invite as invite_text
from tests.support.sip_text import request as request_text
from tests.support.sip_text import response as response_text


def parse_request(data: bytes) -> Request:
    request = parse_datagram(data)
    assert isinstance(request, Request)
    return request


def request_with(**fields: str) -> Request:
    items = [(name.replace("_", "-"), value) for name, value in fields.items()]
    return Request("INVITE", "sip:101@pbx.test", Headers(items))


def test_a_request_reads_its_own_fields() -> None:
    request = parse_request(invite_text())
    assert request.call_id == "call-1@127.0.0.1"
    assert request.cseq == CSeq(1, "INVITE")
    assert request.via.host == "127.0.0.1"
    assert request.branch == "z9hG4bK-branch-1"
    assert request.from_.display == "Alice"
    assert (request.from_tag, request.to_tag) == ("alice-1", "")
    assert request.to.uri == Uri("sip", "101", "pbx.test")
    assert request.request_uri.user == "101"
    assert request.max_forwards == 70
    assert request.content_type == "application/sdp"
    assert request.contact is not None
    assert str(request.contact.uri) == f"sip:100@{ALICE}"
    assert request.body == SDP


def test_what_was_read_is_remembered() -> None:
    request = parse_request(invite_text())
    assert request.via is request.via
    assert request.from_ is request.from_


def test_the_topmost_via_may_share_its_line() -> None:
    request = request_with(Via="SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP b;branch=z9hG4bK2")
    assert request.via.host == "a"


def test_all_contacts_are_found() -> None:
    request = Request(
        "REGISTER",
        "sip:pbx.test",
        Headers([("Contact", '"a, b" <sip:1@h>;q=1, <sip:2@h>'), ("Contact", "sip:3@h")]),
    )
    assert [contact.uri.user for contact in request.contacts] == ["1", "2", "3"]


def test_a_star_is_no_contact() -> None:
    request = request_with(Contact="*")
    assert request.contacts == []
    assert request.contact is None


def test_what_old_peers_leave_out_is_absent() -> None:
    request = request_with(From="sip:100@pbx.test", To="sip:101@pbx.test;user=phone")
    assert (request.from_tag, request.to_tag) == ("", "")
    assert request.max_forwards is None
    assert request.content_type == ""
    assert request.contacts == []


@pytest.mark.parametrize(
    "name", ["call_id", "cseq", "via", "branch", "from_", "to", "from_tag", "to_tag"]
)
def test_a_missing_mandatory_field_is_a_parse_error(name: str) -> None:
    with pytest.raises(ParseError, match="no "):
        getattr(request_with(Subject="nothing else"), name)


def test_a_content_type_is_compared_without_case_blanks_and_parameters() -> None:
    assert request_with(Content_Type="Application / SDP ; charset=utf-8").content_type == (
        "application/sdp"
    )


@pytest.mark.parametrize(
    ("value", "tag"),
    [
        ("<sip:a@b>;tag=1", "1"),
        ("<sip:a@b>;x=y;tag=1;z", "1"),
        ("<sip:a@b>; tag = 1", "1"),
        ("<sip:a@b> ;tag=1 ", "1"),
        ("<sip:a@b>;TAG=1", "1"),
        ("sip:a@b;tag=1", "1"),
        ("<sip:a@b;tag=no>", ""),
        ("<sip:a@b>;x", ""),
        ("<sip:a@b>", ""),
        ("sip:a@b", ""),
        ('"x>;tag=no" <sip:a@b>;tag=1', "1"),
        ('<sip:a@b>;x=";tag=no";tag=1', "1"),
        ('<sip:a@b>;x=">;tag=no";tag=1', "1"),
        ('<sip:a@b>;x="tag=no"', ""),
    ],
)
def test_the_tag_is_the_fields_own(value: str, tag: str) -> None:
    request = request_with(From=value, To=value)
    assert (request.from_tag, request.to_tag) == (tag, tag)
    assert request.from_.tag == tag


@settings(max_examples=50, deadline=None)
@given(st.text(';tag=<>"sip:a@b \\1TAG', max_size=24))
def test_fast_and_careful_reading_of_tags_agree(params: str) -> None:
    request = request_with(From=f"<sip:a@b>;{params}")
    try:
        address = request.from_
    except ParseError:
        return
    assert request.from_tag == address.tag


def test_what_tells_a_message_from_others_can_be_read_at_once() -> None:
    request = parse_request(request_text("BYE", to_tag="ours"))
    request.identify()
    other = parse_request(request_text("BYE", to_tag="ours"))
    for name in ("call_id", "from_tag", "to_tag", "cseq"):
        assert vars(request)[name] == getattr(other, name)


@pytest.mark.parametrize("name", ["Call-ID", "From", "To", "CSeq"])
def test_what_tells_a_message_from_others_has_to_be_there(name: str) -> None:
    request = parse_request(request_text("BYE"))
    request.headers.remove(name)
    with pytest.raises(ParseError, match=f"no {name}"):
        request.identify()


def test_serializing_computes_the_content_length() -> None:
    request = request_with(Via="SIP/2.0/UDP a", Content_Length="999")
    request.body = b"abc"
    assert request.serialize() == (
        b"INVITE sip:101@pbx.test SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nContent-Length: 3\r\n\r\nabc"
    )


def test_a_response_is_written_with_status_and_reason() -> None:
    response = Response(180, "Ringing", Headers([("To", "sip:ü@h")]))
    assert response.serialize() == (
        b"SIP/2.0 180 Ringing\r\nTo: sip:\xc3\xbc@h\r\nContent-Length: 0\r\n\r\n"
    )
    assert not response.is_final
    assert Response(200, "OK", Headers()).is_final


def test_octets_that_are_not_utf8_survive_the_way_through() -> None:
    data = request_text(extra=[("Subject", "\udcff\udc80 caf\xe9")])
    assert b"Subject: \xff\x80 caf\xc3\xa9\r\n" in parse_request(data).serialize()


@pytest.mark.parametrize("reason", ["a\r\nEvil: 1", "a\nb", "a\r"])
def test_a_line_break_in_a_start_line_is_our_bug(reason: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        Response(400, reason, Headers()).serialize()
    with pytest.raises(ValueError, match="line break"):
        Request("OPTIONS", reason, Headers()).serialize()


@pytest.mark.parametrize("value", ["a\r\nEvil: 1", "a\nb", "a\rb", "a\r\n\r\nb"])
def test_our_own_code_cannot_smuggle_lines_into_a_message(value: str) -> None:
    for name, text in (("Subject", value), (value, "x")):
        changes = [Headers([("Via", "v"), (name, text)])]
        for change in ("append", "prepend", "set"):
            headers = Headers([("Via", "v")])
            getattr(headers, change)(name, text)
            changes.append(headers)
        for headers in changes:
            with pytest.raises(ValueError, match="line break"):
                Request("OPTIONS", "sip:a@b", headers).serialize()
            with pytest.raises(ValueError, match="line break"):
                Response(200, "OK", headers).serialize()


def test_messages_make_one_line_of_a_log() -> None:
    request = parse_request(invite_text())
    assert str(request) == "INVITE sip:101@pbx.test Call-ID call-1@127.0.0.1"
    response = parse_datagram(response_text(486, "Busy Here"))
    assert str(response) == "486 Busy Here (1 INVITE) Call-ID call-1@127.0.0.1"
    assert str(Response(200, "OK", Headers())) == "200 OK () Call-ID -"


def test_control_characters_reach_no_log() -> None:
    request = Request(
        "OPTIONS", "sip:\x1b[2J\udcff", Headers([("Call-ID", "\x08root\u2028" * 999)])
    )
    assert str(request).isprintable()
    assert len(str(request)) < 2000
    assert printable("plain") == "plain"


# Responses to requests


def test_a_response_copies_what_it_has_to() -> None:
    request = parse_request(
        invite_text(
            extra=[
                ("Via", "SIP/2.0/UDP second;branch=z9hG4bK2"),
                ("Record-Route", "<sip:p1;lr>"),
                ("Record-Route", "<sip:p2;lr>"),
                ("Timestamp", "54"),
                ("Subject", "secret"),
            ]
        )
    )
    response = respond(request, 200, to_tag="bob", body=SDP)
    assert (response.status, response.reason) == (200, "OK")
    assert list(response.headers) == [
        ("Via", f"SIP/2.0/UDP {ALICE};branch=z9hG4bK-branch-1;rport"),
        ("From", '"Alice" <sip:100@pbx.test>;tag=alice-1'),
        ("To", "<sip:101@pbx.test>;tag=bob"),
        ("Call-ID", "call-1@127.0.0.1"),
        ("CSeq", "1 INVITE"),
        ("Via", "SIP/2.0/UDP second;branch=z9hG4bK2"),
        ("Record-Route", "<sip:p1;lr>"),
        ("Record-Route", "<sip:p2;lr>"),
        ("Content-Type", "application/sdp"),
    ]
    assert response.to_tag == "bob"
    assert response.headers.get("Via") == request.headers.get("Via")
    assert response.body == SDP
    assert response.data == b""


def test_a_100_has_no_tag_and_tells_how_long_it_took() -> None:
    request = parse_request(
        invite_text(extra=[("Record-Route", "<sip:p;lr>"), ("Timestamp", "54")])
    )
    response = respond(request, 100, to_tag="bob")
    assert response.to_tag == ""
    assert response.headers.get("Timestamp") == "54"
    assert "Record-Route" not in response.headers


def test_only_what_forms_a_dialog_has_the_route_set() -> None:
    routed = [("Record-Route", "<sip:p;lr>")]
    assert "Record-Route" in respond(parse_request(invite_text(extra=routed)), 183).headers
    assert "Record-Route" not in respond(parse_request(invite_text(extra=routed)), 486).headers
    subscribe = parse_request(request_text("SUBSCRIBE", extra=routed))
    assert "Record-Route" in respond(subscribe, 200).headers
    assert "Record-Route" not in respond(subscribe, 403).headers
    options = parse_request(request_text("OPTIONS", extra=routed))
    assert "Record-Route" not in respond(options, 200).headers


def test_a_tag_that_is_there_is_kept_also_where_the_rest_is_broken() -> None:
    broken = Request("BYE", "", Headers([("To", "<sip:a@b;tag=1")]))
    assert respond(broken, 400, to_tag="2").headers.get("To") == "<sip:a@b;tag=1"


def test_a_tag_that_is_there_is_kept() -> None:
    request = parse_request(request_text("BYE", to_tag="ours"))
    assert respond(request, 200, to_tag="other").to_tag == "ours"


def test_headers_reason_and_type_can_be_given() -> None:
    request = parse_request(request_text())
    response = respond(
        request,
        400,
        "Missing Sense",
        headers=[("Warning", '399 h "x"')],
        body=b"{}",
        content_type="application/json",
    )
    assert response.reason == "Missing Sense"
    assert response.headers.get("Warning") == '399 h "x"'
    assert response.content_type == "application/json"
    assert respond(request, 499).reason == "Unknown"
    assert respond(request, 486).reason == REASONS[486]


def test_broken_requests_can_be_answered() -> None:
    response = respond(Request("INVITE", "", Headers([("Via", "x;;,")])), 400, to_tag="1")
    assert list(response.headers) == [("Via", "x;;,")]
    unfinished = respond(
        Request("INVITE", "", Headers([("To", '"x <sip:a@b>;y=z')])), 400, to_tag="1"
    )
    assert unfinished.headers.get("To") == '"x <sip:a@b>;y=z;tag=1'


@pytest.mark.parametrize("value", [",", " , ,", ",,,"])
def test_a_via_of_commas_alone_is_malformed(value: str) -> None:
    with pytest.raises(ParseError, match="Via"):
        _ = request_with(Via=value).via


def test_the_sender_is_read_at_once_where_its_via_is_as_usual() -> None:
    usual = request_with(Via="SIP/2.0/udp PBX.test:5062;branch=z9hG4bK-1.a~;rport")
    assert usual.read_sender()
    assert (usual.branch, usual.sent_by) == ("z9hG4bK-1.a~", ("pbx.test", 5062))
    assert (usual.via.branch, usual.via.port) == ("z9hG4bK-1.a~", 5062)


@pytest.mark.parametrize(
    ("via", "branch"),
    [
        ("SIP/2.0/UDP a;branch=z9hG4bK1", "z9hG4bK1"),
        ("SIP/2.0/UDP a;rport;branch=z9hG4bK1", "z9hG4bK1"),
        ("SIP/2.0/UDP a;ttl=1;branch=z9hG4bK1;rport", "z9hG4bK1"),
        ("SIP/2.0/UDP a;branch=z9hG4bK1;ttl=1;rport", "z9hG4bK1"),
        ("SIP/2.0/UDP a;branch=z9hG4bK=1;rport", "z9hG4bK=1"),
        ("SIP/2.0/UDP a;branch=;rport", ""),
        ("SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP b;branch=z9hG4bK2;rport", "z9hG4bK1"),
        ("SIP/2.0/UDP a, SIP/2.0/UDP b;branch=z9hG4bK2;rport", ""),
        (f"SIP/2.0/UDP {'a' * 60};branch=z9hG4bK1;rport", "z9hG4bK1"),
    ],
)
def test_any_other_via_is_read_with_care(via: str, branch: str) -> None:
    request = request_with(Via=via)
    assert not request.read_sender()
    assert request.branch == branch
    assert request.sent_by == (request.via.host, request.via.port)


def test_a_sender_that_is_no_host_is_refused_in_either_way() -> None:
    with pytest.raises(ParseError):
        request_with(Via="SIP/2.0/UDP a_b?;branch=z9hG4bK1;rport").read_sender()
    with pytest.raises(ParseError):
        assert request_with(Via="SIP/2.0/UDP a_b?;branch=z9hG4bK1").via
    assert not request_with(From="<sip:a@b>").read_sender()
