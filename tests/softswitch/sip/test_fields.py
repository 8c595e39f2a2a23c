import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.sip.errors import ParseError
from softswitch.sip.fields import (
    CSeq,
    NameAddr,
    Via,
    format_params,
    is_token,
    parse_number,
    parse_params,
    quote,
    read_tag,
    split_commas,
    unquote,
)
from softswitch.sip.uri import MAX_CACHED_LENGTH, Uri


def test_tokens() -> None:
    assert is_token("INVITE")
    assert is_token("!weird-._*+`'~%")
    assert not is_token("")
    assert not is_token("IN VITE")
    assert not is_token("INVITE\n")


# Numbers


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("70", 70), ("0068", 68), ("4294967295", 2**32 - 1), ("0" * 9000 + "7", 7)],
)
def test_numbers_are_decimal_and_fit_in_32_bits(text: str, number: int) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize(
    "text",
    ["", "-1", "+1", " 1", "1_0", "0x10", "1.0", "\u0661", "\u00b2", "4294967296", "9" * 9000, "x"],
)
def test_what_is_no_such_number_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        parse_number(text)


# Lists


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("", []),
        (" ", []),
        ("a", ["a"]),
        (" a , b,c ", ["a", "b", "c"]),
        ("a,,b,", ["a", "b"]),
        ('"x, y" <sip:a@b>, <sip:c,d@e>', ['"x, y" <sip:a@b>', "<sip:c,d@e>"]),
        (r'"a\", b", c', [r'"a\", b"', "c"]),
        ('"never closed, b', ['"never closed, b']),
        ("<never closed, b", ["<never closed, b"]),
    ],
)
def test_lists_split_at_commas_outside_quotes_and_brackets(value: str, parts: list[str]) -> None:
    assert split_commas(value) == parts


@pytest.mark.parametrize("attack", ['"\\"', "<", ",", '"', "\\", '",<'])
def test_splitting_takes_linear_time(attack: str) -> None:
    assert split_commas("a," + attack * 20_000)[0] == "a"


# Parameters


@pytest.mark.parametrize(
    ("text", "params"),
    [
        ("", {}),
        (";a=b", {"a": "b"}),
        ("a=b;c", {"a": "b", "c": None}),
        (";Tag=AbC;lr;q=0.5", {"tag": "AbC", "lr": None, "q": "0.5"}),
        ("; a = b ;\tc", {"a": "b", "c": None}),
        (';a="x;y, \\"z\\"";b', {"a": '"x;y, \\"z\\""', "b": None}),
        (";a=", {"a": ""}),
        (";a=b=c", {"a": "b=c"}),
    ],
)
def test_parameters_keep_order_and_values(text: str, params: dict[str, str | None]) -> None:
    assert parse_params(text) == params
    assert list(parse_params(text)) == list(params)


@pytest.mark.parametrize(
    "text",
    [
        ";",
        ";;",
        ";a;;b",
        ";a;",
        ";=b",
        ";a;A",
        '; a;A="x"',
        ";a=b c",
        "; a b",
        ';a="x"y',
        ';a="x',
        ";a=b,c",
        ";a=<b>",
        ";a=b\x00",
        ";a=b\x0b;c",
    ],
)
def test_what_are_no_parameters_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        parse_params(text)


def test_parameters_are_written_as_they_were_read() -> None:
    assert format_params({}) == ""
    assert format_params({"a": "b", "lr": None, "c": '"x y"'}) == ';a=b;lr;c="x y"'


def test_quoting_escapes_what_would_end_the_string() -> None:
    assert quote('say "hi" \\ \x07') == '"say \\"hi\\" \\\\ \\\x07"'
    assert unquote(quote('say "hi" \\ \x07')) == 'say "hi" \\ \x07'
    assert unquote('"plain"') == "plain"


@pytest.mark.parametrize("text", ["token", '"open', '"a" b', ""])
def test_only_a_whole_quoted_string_is_unquoted(text: str) -> None:
    assert unquote(text) == text


def test_a_line_break_cannot_be_quoted() -> None:
    with pytest.raises(ValueError, match="line break"):
        quote("Alice\r\nVia: evil")


# CSeq


def test_cseq_is_a_number_and_a_method() -> None:
    cseq = CSeq.parse("0009  INVITE")
    assert (cseq.number, cseq.method, str(cseq)) == (9, "INVITE", "9 INVITE")


@pytest.mark.parametrize(
    "text", ["", "9", "INVITE", "9 INVITE x", "-1 INVITE", "36893488147419103232 BYE", "1 IN@VITE"]
)
def test_a_bad_cseq_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        CSeq.parse(text)


# Via


def test_a_via_has_a_transport_and_a_sender() -> None:
    via = Via.parse("SIP/2.0/udp 192.0.2.1:5070;branch=z9hG4bK77;received=198.51.100.9;rport=4711")
    assert (via.protocol, via.host, via.port) == ("UDP", "192.0.2.1", 5070)
    assert (via.branch, via.received, via.rport) == ("z9hG4bK77", "198.51.100.9", 4711)


def test_a_via_of_an_old_peer_has_nothing_but_a_host() -> None:
    via = Via.parse("SIP/2.0/UDP iftgw.example.com")
    assert (via.branch, via.received, via.rport, via.params) == ("", None, None, {})
    assert str(via) == "SIP/2.0/UDP iftgw.example.com"


def test_rport_may_only_be_asked_for() -> None:
    via = Via.parse("SIP/2.0/UDP host;rport;branch=z9hG4bK1")
    assert via.rport is None
    assert "rport" in via.params


@pytest.mark.parametrize("received", ["2001:db8::9", "[2001:db8::9]"])
def test_a_received_ipv6_address_may_have_brackets(received: str) -> None:
    via = Via.parse(f"SIP/2.0/UDP [2001:db8::1]:5060;received={received};branch=z9hG4bK1")
    assert (via.host, via.received) == ("[2001:db8::1]", "2001:db8::9")


@pytest.mark.parametrize(
    "text",
    [
        "SIP/2.0/UDP host:5060 ; branch = z9hG4bK1",
        "SIP  /  2.0 / UDP    host : 5060;branch=z9hG4bK1",
        "SIP/2.0/UDP\thost:5060;branch=z9hG4bK1",
        "SIP/2.0/UDP  host:5060;branch=z9hG4bK1",
        "SIP/7.0/UDP host:5060;branch=z9hG4bK1",
    ],
)
def test_blanks_and_other_versions_in_a_via_are_borne(text: str) -> None:
    assert str(Via.parse(text)) == "SIP/2.0/UDP host:5060;branch=z9hG4bK1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SIP/2.0/UDP",
        "SIP/2.0/UDP ",
        "UDP host",
        "SIP/2.0/UDP ;;;;;branch=;rport=99999;received=[[[[",
        "SIP/2.0/UDP 192.0.2.15;;",
        "SIP/2.0/UDP 192.0.2.15;",
        "SIP/2.0/UDP host:99999",
        "SIP/2.0/UDP host;rport=99999",
        "SIP/2.0/UDP ho<st",
    ],
)
def test_a_bad_via_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        Via.parse(text)


# Name and address


def test_an_address_may_have_a_name_and_parameters() -> None:
    address = NameAddr.parse('"Bell, \\"Alex\\"" <sip:alice@host;lr>;tag=1;x="<>;"')
    assert address.display == 'Bell, "Alex"'
    assert address.uri == Uri("sip", "alice", "host", None, (("lr", None),))
    assert address.params == {"tag": "1", "x": '"<>;"'}
    assert address.tag == "1"
    assert str(address) == '"Bell, \\"Alex\\"" <sip:alice@host;lr>;tag=1;x="<>;"'


@pytest.mark.parametrize(
    ("text", "display", "uri", "params"),
    [
        ("<sip:a@b>", "", "sip:a@b", {}),
        ("sip:a@b", "", "sip:a@b", {}),
        (" sip:a@b ; tag = 7 ", "", "sip:a@b", {"tag": "7"}),
        ("sip:a@b;tag=7;lr", "", "sip:a@b", {"tag": "7", "lr": None}),
        ("<sip:a@b;tag=7>", "", "sip:a@b;tag=7", {}),
        ("<sip:a@b?Route=x>;q=1", "", "sip:a@b?Route=x", {"q": "1"}),
        ("Alice Bell <sip:a@b>", "Alice Bell", "sip:a@b", {}),
        ("caller<sip:a@b>;tag=7", "caller", "sip:a@b", {"tag": "7"}),
        ("Bell, Alice <sip:a@b>", "Bell, Alice", "sip:a@b", {}),
        ('"a>b<c" <sip:a@b>', "a>b<c", "sip:a@b", {}),
        ('""<sip:a@b>', "", "sip:a@b", {}),
        ("< sip:a@b >", "", "sip:a@b", {}),
        (
            '<sip:a@b>;+sip.instance="<urn:uuid:1>"',
            "",
            "sip:a@b",
            {"+sip.instance": '"<urn:uuid:1>"'},
        ),
        ('sip:a@b;x="<y>"', "", "sip:a@b", {"x": '"<y>"'}),
        ("<tel:+15550100>", "", "tel:+15550100", {}),
    ],
)
def test_addresses_come_in_many_forms(
    text: str, display: str, uri: str, params: dict[str, str | None]
) -> None:
    address = NameAddr.parse(text)
    assert (address.display, str(address.uri), address.params) == (display, uri, params)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "Alice",
        '"Mr. J. User <sip:j.user@example.com>',
        '"Alice" sip:a@b',
        '"Alice"',
        '"a" "b" <sip:a@b>',
        'Al"ice <sip:a@b>',
        "<sip:a@b",
        "sip:a@b>",
        "<sip:a@b<c>>",
        "<>",
        "<sip:a@b> x",
        "<sip:a@b>tag=1",
        "<sip:a@b>;",
        "<sip:a@b>;;",
        "<sip:a@b>;tag=1;tag=2",
        "<sip:a@b>;tag=1, <sip:c@d>",
        "<sip:a@b>,<sip:c@d>",
        "sip:a@b;",
        "sip:a@b?Route=x",
        "sip:a,b@c",
        "sip:a@b c",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        NameAddr.parse(text)


def test_long_addresses_are_read_but_not_remembered() -> None:
    text = f'"{"x" * MAX_CACHED_LENGTH}" <sip:a@b>;tag=1'
    assert NameAddr.parse(text).display == "x" * MAX_CACHED_LENGTH


def test_addresses_that_come_again_are_values_of_their_own() -> None:
    one, other = NameAddr.parse("<sip:a@b>"), NameAddr.parse("<sip:a@b>")
    one.params["tag"] = "1"
    assert (one.tag, other.tag) == ("1", "")


lines = st.text(
    st.characters(blacklist_characters="\r\n", blacklist_categories=["Cs"]), max_size=12
)


@settings(max_examples=50, deadline=None)
@given(lines, lines)
def test_names_and_quoted_parameters_survive_writing(display: str, value: str) -> None:
    address = NameAddr(display, Uri("sip", "a", "b"), {"x": quote(value)})
    again = NameAddr.parse(str(address))
    assert again.display == display
    assert unquote(again.params["x"] or "") == value


# Tags


@pytest.mark.parametrize(
    ("value", "tag"),
    [
        ("<sip:a@b>;tag=1", "1"),
        ("<sip:a@b>", ""),
        ("<sip:a@b>;tag=", ""),
        ("<sip:a@b>;TAG=1;lr", "1"),
        ("<sip:a@b>;x;tag=1", "1"),
        ("sip:a@b;tag=1", "1"),
        ('"x;tag=2>" <sip:a@b;tag=3>', ""),
        (f"<sip:{'a' * MAX_CACHED_LENGTH}@b>;tag=1", "1"),
    ],
)
def test_a_tag_is_found_without_looking_twice_at_what_stands_before_it(
    value: str, tag: str
) -> None:
    assert read_tag(value) == NameAddr.parse(value).tag == tag


@given(st.lists(st.sampled_from([*'<>";= ax', "sip:a@b", "<sip:a@b>", ";tag=", "\\", ","])))
def test_reading_a_tag_refuses_what_the_careful_parser_refuses(parts: list[str]) -> None:
    value = "".join(parts)
    try:
        tag = NameAddr.parse(value).tag
    except ParseError:
        with pytest.raises(ParseError):
            read_tag(value)
    else:
        assert read_tag(value) == tag
