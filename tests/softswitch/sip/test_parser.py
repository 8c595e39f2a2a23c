import tarfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.sip.errors import ParseError
from softswitch.sip.headers import Headers
from softswitch.sip.message import Request, Response, respond
from softswitch.sip.parser import (
    MAX_BODY,
    MAX_HEAD,
    MAX_HEADER_LINE,
    MAX_HEADERS,
    MAX_START_LINE,
    MAX_VIAS,
    parse_datagram,
    salvage,
)
from softswitch.sip.validation import check, check_fields
from tests.support.corpora import corpora
from tests.support.sip_text import SDP, invite, request, response


def parse_request(data: bytes) -> Request:
    message = parse_datagram(data)
    assert isinstance(message, Request)
    return message


def problem_of(data: bytes) -> ParseError:
    with pytest.raises(ParseError) as caught:
        parse_datagram(data)
    return caught.value


# What is read


def test_a_request_has_method_uri_fields_and_body() -> None:
    data = invite()
    message = parse_request(data)
    assert (message.method, message.uri, message.version) == (
        "INVITE",
        "sip:101@pbx.test",
        "SIP/2.0",
    )
    assert message.headers.get("Call-ID") == "call-1@127.0.0.1"
    assert message.body == SDP
    assert message.data == data


def test_a_response_has_status_and_reason() -> None:
    message = parse_datagram(response(486, "Busy Here"))
    assert isinstance(message, Response)
    assert (message.status, message.reason, message.body) == (486, "Busy Here", b"")


@pytest.mark.parametrize(
    ("line", "reason"),
    [("100 ", ""), ("100", ""), ("200 \u0434\u0430 = 2**3", "\u0434\u0430 = 2**3")],
)
def test_a_reason_may_be_empty_or_in_any_script(line: str, reason: str) -> None:
    data = response().replace(b"200 OK", line.encode())
    message = parse_datagram(data)
    assert isinstance(message, Response)
    assert message.reason == reason


def test_fields_are_known_by_any_spelling() -> None:
    message = parse_request(
        b"OPTIONS sip:h SIP/2.0\r\nv: SIP/2.0/UDP a;branch=z9hG4bK1\r\nVIA : SIP/2.0/UDP b\r\n"
        b"f:sip:a@h;tag=1\r\nT \t:  sip:b@h  \r\ni:1\r\ncseq:1 OPTIONS\r\nL:0\r\n\r\n"
    )
    assert message.headers.all("Via") == ["SIP/2.0/UDP a;branch=z9hG4bK1", "SIP/2.0/UDP b"]
    assert message.headers.get("To") == "sip:b@h"
    assert message.cseq.method == "OPTIONS"


@pytest.mark.parametrize(
    "spelling",
    ["P-Asserted-Identity ", "p-asserted-identity\t", "P-ASSERTED-IDENTITY", "P-Asserted-Identity"],
)
def test_a_field_that_is_to_be_removed_cannot_hide(spelling: str) -> None:
    message = parse_request(request(extra=[(spelling, "<sip:911@pbx.test>")]))
    message.headers.remove("P-Asserted-Identity")
    assert b"911" not in message.serialize()


def test_folded_lines_are_one_field() -> None:
    message = parse_request(
        request(
            changed={"To": "\r\n \t<sip:101@pbx.test> ;\r\n tag\r\n\t= 7"}, extra=[("s", "\r\n ")]
        )
    )
    assert message.headers.get("To") == "<sip:101@pbx.test> ; tag = 7"
    assert message.to_tag == "7"
    assert message.headers.get("Subject") == ""


def test_a_folded_line_that_looks_like_a_field_is_none() -> None:
    message = parse_request(request(extra=[("Subject", "x\r\n Route: <sip:evil>\r\n Via")]))
    assert "Route" not in message.headers
    assert message.headers.get("Subject") == "x Route: <sip:evil> Via"


def test_line_ends_before_a_message_are_passed_over() -> None:
    assert parse_request(b"\r\n\r\n" + request()).method == "OPTIONS"


def test_octets_behind_the_body_are_ignored() -> None:
    message = parse_request(request("REGISTER") + invite())
    assert (message.method, message.body) == ("REGISTER", b"")


def test_a_length_with_leading_zeros_is_the_same_length() -> None:
    length = {"Content-Length": f"000{len(SDP)}"}
    assert parse_request(request("INVITE", changed=length, body=SDP)).body == SDP
    assert parse_request(request("INVITE", changed=length, body=SDP) + b"more").body == SDP


def test_without_content_length_the_body_ends_with_the_datagram() -> None:
    message = parse_request(request("INVITE", without=["Content-Length"], body=SDP))
    assert message.body == SDP


def test_a_body_is_octets() -> None:
    body = bytes(range(256)) + b"\r\n\r\nSIP/2.0 200 OK\r\n\r\n"
    assert parse_request(request("MESSAGE", body=body)).body == body


def test_methods_are_any_token_and_case_counts() -> None:
    for method in ("!interesting-Method0123456789_*+`.%indeed'~", "RE%47IST%45R", "invite"):
        assert parse_request(request(method)).method == method


def test_another_version_is_left_to_validation() -> None:
    assert parse_request(request(version="SIP/7.0")).version == "SIP/7.0"
    assert parse_request(request(version="sip/2.0")).version == "SIP/2.0"


def test_escapes_are_left_alone() -> None:
    uri = "sip:sips%3Auser%40example.com@example.net"
    assert parse_request(request(uri=uri)).uri == uri


def test_a_quoted_pair_may_be_any_control_character() -> None:
    message = parse_request(request(changed={"To": '"\\\0 \\\x07" <sip:b@h>'}))
    assert message.to.display == "\0 \x07"


# What is refused


@pytest.mark.parametrize(
    "start_line",
    [
        "",
        "OPTIONS",
        "OPTIONS sip:h",
        "OPTIONS  sip:h SIP/2.0",
        "OPTIONS sip:h  SIP/2.0",
        "OPTIONS sip:h SIP/2.0 ",
        " OPTIONS sip:h SIP/2.0",
        "OPTIONS  SIP/2.0",
        "OPTIONS sip:h; lr SIP/2.0",
        "OPTIONS sip:h HTTP/1.1",
        "OPTIONS sip:h SIP/2.0x",
        "OPTIONS sip:h SIP/\u0662.0",
        "OPT@IONS sip:h SIP/2.0",
        "SIP/2.0 OK",
        "SIP/2.0 99 Low",
        "SIP/2.0 099 Low",
        "SIP/2.0 700 High",
        "SIP/2.0 4294967301 Wraps",
        "SIP/2.0 2\u06600 OK",
        "SIP/3.0 200 OK",
        "SIP/2.0  200 OK",
    ],
)
def test_a_start_line_has_one_form(start_line: str) -> None:
    data = request().partition(b"\r\n")[2]
    assert problem_of(start_line.encode() + b"\r\n" + data).status == 400


@pytest.mark.parametrize(
    "line",
    [
        "no colon",
        "Via",
        ": empty name",
        "two words: x",
        "P-Asserted-Identity\0: x",
        "Subject: a\rb",
        "Subject: a\nRoute: <sip:evil>",
        "Subject: a\n",
        "\nRoute: x",
        "Subject: \0",
        "Subject: \\\\\0",
        "Subject\x0b: x",
    ],
)
def test_a_header_line_has_one_meaning(line: str) -> None:
    data = request().replace(b"Max-Forwards: 70", line.encode())
    assert problem_of(data).status == 400


def test_a_start_line_cannot_be_folded() -> None:
    data = request().replace(b"\r\n", b"\r\n x\r\n", 1)
    assert "start line" in problem_of(data).problem


def test_header_fields_have_to_end() -> None:
    assert "empty line" in problem_of(request()[:-2]).problem
    assert "empty line" in problem_of(request().replace(b"\r\n", b"\n")).problem
    for nothing in (b"", b"\r\n", b"\r\n\r\n", b"\0\0\0\0", bytes(range(128, 256))):
        problem_of(nothing)


@pytest.mark.parametrize(
    "length", ["-1", "+0", "1", "999", "4294967297", "x", "", "0 0", "0x0", "9" * 6000, "\u0660"]
)
def test_a_content_length_is_not_more_than_came(length: str) -> None:
    assert problem_of(request(changed={"Content-Length": length})).status == 400


@pytest.mark.parametrize(
    "name", ["Call-ID", "i", "CSEQ", "From", "t", "Max-Forwards", "l", "Content-Length ", "Expires"]
)
def test_a_field_that_says_one_thing_comes_once(name: str) -> None:
    data = request(extra=[("Expires", "60"), (name, "0")])
    assert "more than one" in problem_of(data).problem


# Limits


def test_a_start_line_may_have_8_kilobytes() -> None:
    def with_start_line(length: int) -> bytes:
        padding = "x" * (length - len("OPTIONS sip:@h SIP/2.0"))
        return request(uri=f"sip:{padding}@h")

    assert len(parse_request(with_start_line(MAX_START_LINE)).uri) > 8000
    assert problem_of(with_start_line(MAX_START_LINE + 1)).status == 414


def test_a_header_line_may_have_16_kilobytes() -> None:
    def with_line(length: int) -> bytes:
        return request(extra=[("Subject", "x" * (length - len("Subject: ")))])

    assert len(parse_request(with_line(MAX_HEADER_LINE)).headers.get("Subject") or "") > 16_000
    assert problem_of(with_line(MAX_HEADER_LINE + 1)).status == 513


def test_a_request_may_have_200_fields() -> None:
    def with_fields(count: int) -> bytes:
        return request(extra=[("X-A", "x")] * (count - 7))

    assert len(parse_request(with_fields(MAX_HEADERS)).headers) == MAX_HEADERS
    assert problem_of(with_fields(MAX_HEADERS + 1)).status == 400


def test_all_fields_together_may_have_64_kilobytes() -> None:
    def with_head(length: int) -> bytes:
        rest = length - (len(request()) - 4) - 5 * len("\r\nX-A: ")
        sizes = [16_000] * 4 + [rest - 64_000]
        return request(extra=[("X-A", "x" * size) for size in sizes])

    assert len(parse_request(with_head(MAX_HEAD)).headers) == 12
    assert problem_of(with_head(MAX_HEAD + 1)).status == 513


def test_a_request_may_have_come_over_70_hops() -> None:
    def with_vias(count: int) -> bytes:
        return request(extra=[("v", "SIP/2.0/UDP h")] * (count - 1))

    assert len(parse_request(with_vias(MAX_VIAS)).headers.all("Via")) == MAX_VIAS
    assert problem_of(with_vias(MAX_VIAS + 1)).status == 400
    assert parse_request(request(extra=[("Route", "<sip:h;lr>")] * MAX_VIAS))


def test_a_body_may_have_256_kilobytes() -> None:
    assert len(parse_request(request("MESSAGE", body=b"x" * MAX_BODY)).body) == MAX_BODY
    assert problem_of(request("MESSAGE", body=b"x" * (MAX_BODY + 1))).status == 513


# What is left of a broken request


def test_a_broken_request_can_still_be_answered() -> None:
    broken = request("INVITE", changed={"Content-Length": "-9"}, extra=[("v", "SIP/2.0/UDP b")])
    assert problem_of(broken)
    left = salvage(broken)
    assert left is not None
    answer = respond(left, 400, to_tag="x")
    assert answer.headers.all("Via")[1] == "SIP/2.0/UDP b"
    assert answer.call_id == "call-1@127.0.0.1"
    assert left.data == broken


def test_of_doubled_fields_the_first_is_answered() -> None:
    left = salvage(request(extra=[("Call-ID", "other"), ("To", "sip:other@h")]))
    assert left is not None
    assert left.call_id == "call-1@127.0.0.1"
    assert left.headers.all("To") == ["<sip:101@pbx.test>"]


def test_an_answer_repeats_nothing_harmful() -> None:
    left = salvage(
        request(
            changed={"To": "<sip:b@h>\nRoute: x", "From": "\0", "Call-ID": ""},
            extra=[("no name", "x"), ("Subject", "x")],
        )
    )
    assert left is not None
    assert [name for name, _ in left.headers] == ["Via", "CSeq"]


def test_folded_lines_are_salvaged_whole() -> None:
    left = salvage(request(changed={"To": "\r\n <sip:b@h>"}, extra=[("CSeq", "again")]))
    assert left is not None
    assert left.headers.get("To") == "<sip:b@h>"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0\0\0",
        b"GET / HTTP/1.1\r\nVia: 1.1 proxy\r\n\r\n",
        b"OPTIONS sip:h SIP/2.0\r\nTo: sip:h\r\n\r\n",
        response(),
        request("ACK", extra=[("To", "again")]),
        request(extra=[("Via", "SIP/2.0/UDP h")] * MAX_VIAS),
        request(changed={"Via": "x" * (MAX_HEADER_LINE + 1)}),
        b"OPT@IONS sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n\r\n",
    ],
)
def test_what_cannot_or_must_not_be_answered_is_dropped(data: bytes) -> None:
    assert salvage(data) is None


# Anything at all


def read_whole(data: bytes) -> None:
    """As the core does: parse, check, and what is left for the answer. Raises nothing."""
    try:
        message = parse_datagram(data)
    except ParseError as error:
        left = salvage(data)
        if left is not None:
            respond(left, error.status, error.problem, to_tag="x").serialize()
        return
    if isinstance(message, Request):
        rejection = check(message)
        if rejection is not None:
            respond(message, rejection.status, rejection.reason, to_tag="x").serialize()
    else:
        with suppress(ParseError):
            check_fields(message)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode()))
def test_any_octets_are_a_message_or_a_parse_error(data: bytes) -> None:
    read_whole(data)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 40), st.binary(max_size=12))
def test_any_damage_to_a_request_is_survived(place: int, length: int, damage: bytes) -> None:
    data = invite(extra=[("Route", "<sip:h;lr>"), ("s", "\r\n folded")])
    place %= len(data)
    read_whole(data[:place] + damage + data[place + length :])


values = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x24F, blacklist_characters="\x7f"), max_size=20
).map(lambda text: text.strip(" "))
headers = st.lists(
    st.tuples(st.sampled_from(["Subject", "X-A", "Via", "Route"]), values), max_size=5
)


@settings(max_examples=60, deadline=None)
@given(headers, st.binary(max_size=20))
def test_writing_and_reading_a_message_changes_nothing(
    items: list[tuple[str, str]], body: bytes
) -> None:
    written = Request("OPTIONS", "sip:h", Headers(items), body).serialize()
    message = parse_request(written)
    assert [item for item in message.headers if item[0] != "Content-Length"] == items
    assert message.body == body
    assert message.serialize() == written


# The corpora


def test_one_message_of_each_class_of_vulnerability_is_survived() -> None:
    for path in sorted(corpora("cve-class").glob("[0-9]*")):
        read_whole(path.read_bytes())


def test_the_seeds_of_other_fuzzers_are_survived() -> None:
    folder = corpora("fuzz-seeds")
    for kind in ("pjsip/sip", "pjsip/sip-dialog", "pjsip/stun", "pjsip/uri", "profuzzbench"):
        for path in sorted((folder / kind).rglob("*")):
            if path.is_file():
                read_whole(path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
                read_whole(path.read_bytes())


@pytest.mark.property  # thousands of messages
def test_the_protos_suite_is_survived() -> None:
    archive = corpora("protos-c07") / "protos-c07-dev.tar.xz"
    for data in protos_cases(archive):
        read_whole(data)


PROTOS_VALUES = {
    b"<To>": b"101@pbx.test",
    b"<From>": b"100@pbx.test",
    b"<From-Address>": b"127.0.0.1",
    b"<From-IP>": b"127.0.0.1",
    b"<Local-Port>": b"5070",
    b"<Branch-ID>": b"1",
    b"<Call-ID>": b"1",
    b"<CSeq>": b"1",
}


def protos_cases(archive: Path) -> list[bytes]:
    """The first message of every case, placeholders filled."""
    cases = []
    with tarfile.open(archive) as files:
        for member in files:
            stored = files.extractfile(member)
            if stored is not None:
                length, _, rest = stored.read().partition(b" ")
                cases.append(filled(rest[: int(length)]))
    return cases


def filled(case: bytes) -> bytes:
    for placeholder, value in PROTOS_VALUES.items():
        case = case.replace(placeholder, value)
    body = case.partition(b"\r\n\r\n")[2]
    return case.replace(b"<Content-Length>", str(len(body)).encode())
