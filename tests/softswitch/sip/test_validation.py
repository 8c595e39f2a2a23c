import csv

import pytest

from softswitch.sip.errors import ParseError
from softswitch.sip.message import Request, Response
from softswitch.sip.parser import parse_datagram, salvage
from softswitch.sip.validation import Rejection, check, check_fields
from tests.support.corpora import corpora, corpus_files
from tests.support.sip_text import request, response

LATER = {"process", "200", "401", "405", "406", "415", "420", "483", "501", "drop", "ignore"}
"""Answers that are given to messages which are sound: by the core, for other reasons."""


def verdict(data: bytes) -> int:
    """The status that parser and validation refuse a request with; 0 for a sound message.

    A broken response has no answer: 1.
    """
    try:
        message = parse_datagram(data)
    except ParseError as error:
        return error.status if salvage(data) else 1
    if isinstance(message, Response):
        try:
            check_fields(message, whole_contacts=not 300 <= message.status < 400)
        except ParseError:
            return 1
        return 0
    rejection = check(message)
    return rejection.status if rejection else 0


def rejection_of(data: bytes) -> Rejection:
    message = parse_datagram(data)
    assert isinstance(message, Request)
    rejection = check(message)
    assert rejection is not None
    return rejection


# What is sound


@pytest.mark.parametrize(
    "method", ["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "UPDATE", "MESSAGE", "NEW"]
)
def test_usual_requests_are_sound(method: str) -> None:
    assert verdict(request(method)) == 0
    assert verdict(request(method, to_tag="bob-1")) == 0


def test_a_rich_request_is_sound() -> None:
    data = request(
        "INVITE",
        changed={
            "Via": "SIP  / 2.0 / TCP   host ;\r\n branch  =   z9hG4bK9ikj8 , SIP/2.0/UDP b",
            "To": 'caller<sip:101;x=%40@[2001:db8::1]> ; tag="quoted"',
            "Max-Forwards": "0070",
            "CSeq": "00001\r\n INVITE",
            "Contact": 'sip:100@[::1]:5070;unknown;q=0.1;+sip.instance="<urn:uuid:1>"',
        },
        extra=[
            ("Route", "<sip:p1;lr>, <sip:p2;lr;x=y>"),
            ("Record-Route", "<sip:p3;lr>;hidden"),
            ("Date", "not in GMT"),
            ("Unknown-Thing", ";;,,;;,;"),
            ("Authorization", "NoOneKnowsThisScheme x=y"),
        ],
    )
    assert verdict(data) == 0


def test_old_peers_leave_out_a_lot() -> None:
    data = request(
        "INVITE",
        changed={"Via": "SIP/2.0/UDP gw", "From": "<sip:100@h>", "To": "sip:101@h;user=phone"},
        without=["Contact", "Max-Forwards", "Content-Length"],
    )
    assert verdict(data) == 0


def test_a_registration_may_have_many_contacts_or_a_star_or_none() -> None:
    many = "<sip:1@h?Route=%3Csip:x%3E>, sip:2@h;q=0.1, <tel:+1>"
    assert verdict(request("REGISTER", changed={"Contact": many})) == 0
    assert verdict(request("REGISTER", changed={"Contact": "*"})) == 0
    assert verdict(request("REGISTER", without=["Contact"])) == 0


# What is not


@pytest.mark.parametrize("name", ["Via", "From", "To", "Call-ID", "CSeq"])
def test_each_mandatory_field_is_missed(name: str) -> None:
    rejection = rejection_of(request(without=[name]))
    assert rejection == Rejection(400, f"Bad Request: no {name}")
    assert rejection_of(request(changed={name: " "})).status == 400


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Via", "SIP/2.0/UDP 192.0.2.15;;,;,,"),
        ("Via", "SIP/2.0/UDP h;branch=z9hG4bK"),
        ("Via", "SIP/2.0/UDP ;;;branch=x"),
        ("From", '"Mr. J. User <sip:j.user@example.com>;tag=1'),
        ("From", "<sip:100@pbx.test>;tag=1;tag=2"),
        ("To", "<sip:101@pbx.test>, <sip:102@pbx.test>"),
        ("To", "101"),
        ("Call-ID", "a b"),
        ("Call-ID", "a\tb"),
        ("CSeq", "36893488147419103232 OPTIONS"),
        ("CSeq", "4294967296 OPTIONS"),
        ("CSeq", "-1 OPTIONS"),
        ("CSeq", "1 INVITE"),
        ("CSeq", "1 options"),
        ("CSeq", "1"),
        ("Max-Forwards", "256"),
        ("Max-Forwards", "-1"),
        ("Max-Forwards", ""),
        ("Contact", '"Joe" <sip:joe@example.org>;;;;'),
        ("Contact", "sip:user@example.com?Route=%3Csip:sip.example.com%3E"),
        ("Contact", "*"),
        ("Contact", "*, <sip:a@b>"),
        ("Route", "sip:x y"),
        ("Route", "<tel:+1>"),
        ("Record-Route", "<sip:p;lr>, <<sip:p>"),
        ("Path", "not a uri"),
    ],
)
def test_malformed_fields_are_refused(name: str, value: str) -> None:
    rejection = rejection_of(request(changed={name: value}))
    assert rejection.status == 400
    assert rejection.reason.isprintable()


@pytest.mark.parametrize(
    "changed",
    [
        {"Contact": "<sip:1@h>, <sip:2@h>"},
        {"Contact": "<tel:+15550100>"},
        {"Contact": "*"},
        {"Contact": ""},
    ],
)
def test_a_call_says_where_its_caller_can_be_reached(changed: dict[str, str]) -> None:
    assert verdict(request("INVITE", changed=changed)) == 400


def test_a_call_without_contact_is_refused_but_not_within_it() -> None:
    assert verdict(request("INVITE", without=["Contact"])) == 400
    assert verdict(request("INVITE", without=["Contact"], to_tag="bob-1")) == 0
    assert verdict(request("UPDATE", changed={"Contact": "<tel:1>"}, to_tag="bob-1")) == 400


@pytest.mark.parametrize("name", ["Contact", "Route", "Record-Route", "Path"])
def test_a_list_without_end_is_refused_unread(name: str) -> None:
    line = ",".join(["<sip:a@h>"] * 101)
    assert verdict(request("REGISTER", without=["Contact"], extra=[(name, line)] * 2)) == 0
    assert verdict(request("REGISTER", without=["Contact"], extra=[(name, line + ",")] * 2)) == 400


def test_a_registration_is_for_a_sip_user() -> None:
    assert verdict(request("REGISTER", changed={"To": "isbn:2983792873"})) == 400
    assert verdict(request("REGISTER", changed={"Contact": "*, <sip:a@b>"})) == 400


@pytest.mark.parametrize(
    "uri", ["tel:+15550100", "soap.beep://192.0.2.103:3002", "nobodyKnows:totallyopaque"]
)
def test_an_unknown_scheme_is_416(uri: str) -> None:
    assert verdict(request(uri=uri)) == 416


@pytest.mark.parametrize(
    "uri",
    [
        "<sip:101@pbx.test>",
        "101",
        "sip:2001:db8::10",
        "sip:101@pbx.test?Route=%3Csip:evil%3E",
        "sip:101@pbx.test:99999",
        "sip:;;;@",
    ],
)
def test_a_malformed_request_uri_is_400(uri: str) -> None:
    assert verdict(request(uri=uri)) == 400


def test_another_version_is_505_whatever_else_is_wrong() -> None:
    assert verdict(request(version="SIP/7.0", without=["CSeq"])) == 505


# Responses


def test_usual_responses_are_sound() -> None:
    assert verdict(response()) == 0
    assert verdict(response(180, "Ringing", extra=[("Contact", "<sip:101@h>")])) == 0
    assert verdict(response(302, "Moved", extra=[("Contact", "<mailto:a@b>")])) == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CSeq", "9292394834772304023312 OPTIONS"),
        ("Via", "nonsense"),
        ("To", '"x'),
        ("Contact", "<>"),
        ("Record-Route", "<>"),
    ],
)
def test_a_broken_response_says_why_it_is_dropped(name: str, value: str) -> None:
    message = parse_datagram(response(changed={name: value}))
    assert isinstance(message, Response)
    with pytest.raises(ParseError):
        check_fields(message)


# RFC 4475

OURS = {
    "badaspec": 0,
    "badbranch": 400,
    "baddate": 0,
    "baddn": 400,
    "escruri": 400,
    "ltgtruri": 400,
    "lwsruri": 400,
    "lwsstart": 400,
    "mismatch02": 400,
    "trws": 400,
}
"""Where the RFC leaves a choice: blanks inside <> and unused dates are borne, the rest is not."""


def expected(corpus: str) -> dict[str, set[str]]:
    """By name, the answers that are right."""
    with (corpora(corpus) / "expected.tsv").open() as file:
        return {
            row["name"]: set(row["expect"].split("|"))
            for row in csv.DictReader(file, delimiter="\t")
        }


@pytest.mark.parametrize("name", corpus_files("rfc4475", "*.dat"))
def test_torture_messages_get_the_right_verdict(name: str) -> None:
    data = (corpora("rfc4475") / name).read_bytes()
    name = name.removesuffix(".dat")
    right = expected("rfc4475")[name]
    status = verdict(data)
    if status == 0:
        assert right & LATER or "liberal" in right
    elif status == 1:
        assert right == {"drop"}
    else:
        assert str(status) in right
    if name in OURS:
        assert status == OURS[name]


def test_broken_torture_responses_are_told_from_sound_ones() -> None:
    folder = corpora("rfc4475")
    for name in ("unreason", "noreason", "bcast"):
        assert verdict((folder / f"{name}.dat").read_bytes()) == 0
    for name in ("bigcode", "scalarlg"):
        assert verdict((folder / f"{name}.dat").read_bytes()) == 1


# RFC 5118


def wire_form(data: bytes) -> bytes:
    """As the corpus tells to send it: CRLF, an empty line, and the right Content-Length."""
    head, _, body = data.replace(b"\n", b"\r\n").partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if line]
    lines = [line for line in lines if not line.startswith(b"Content-Length")]
    return b"\r\n".join([*lines, b"Content-Length: %d" % len(body), b"", body])


@pytest.mark.parametrize(
    "name",
    [name for name in corpus_files("rfc5118", "*") if not name.endswith((".md", ".tsv"))],
)
def test_ipv6_torture_messages_get_the_right_verdict(name: str) -> None:
    data = wire_form((corpora("rfc5118") / name).read_bytes())
    assert expected("rfc5118")[name] == ({"400"} if verdict(data) == 400 else {"process"})


# One message for each class of vulnerability

REFUSED = "01 03 07 10 11 12 13 15 32 33 43 44 45 47".split()  # noqa: SIM905
"""The others are well formed, or nothing that could be answered."""


@pytest.mark.parametrize("name", corpus_files("cve-class", "*.sip"))
def test_attacks_on_the_form_are_refused(name: str) -> None:
    status = verdict((corpora("cve-class") / name).read_bytes())
    if name[:2] in REFUSED:
        assert status in (400, 414, 513)
    else:
        assert status == 0
