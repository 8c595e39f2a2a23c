import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.sip.errors import ParseError
from softswitch.sip.uri import MAX_CACHED_LENGTH, Uri, parse_plain, split_host_port


def test_a_uri_has_parts() -> None:
    uri = Uri.parse("sip:alice:secret@Example.NET:5070;Transport=tcp;lr?Subject=hello&Priority=x")
    assert uri == Uri(
        "sip",
        "alice",
        "example.net",
        5070,
        (("transport", "tcp"), ("lr", None)),
        "Subject=hello&Priority=x",
        "secret",
    )
    assert uri.is_sip


def test_a_uri_without_a_user_names_a_host() -> None:
    uri = Uri.parse("SIPS:pbx.test")
    assert (uri.scheme, uri.user, uri.host, uri.port) == ("sips", "", "pbx.test", None)


@pytest.mark.parametrize(
    "text",
    [
        "sip:pbx.test",
        "sip:100@pbx.test:5060",
        "sips:100:@pbx.test",
        "sip:100@[2001:db8::1]:5061;transport=tcp",
        "sip:100@10.0.0.1;lr;maddr=10.0.0.2?Route=%3Csip:x%3E",
        "tel:+15550100;phone-context=example.net",
        "urn:service:sos",
    ],
)
def test_what_is_read_is_written_again(text: str) -> None:
    assert str(Uri.parse(text)) == text


def test_parameters_are_asked_for_by_name() -> None:
    uri = Uri.parse("sip:host;lr;transport=tcp;empty=")
    assert uri.param("transport") == "tcp"
    assert uri.param("lr") is None
    assert uri.param("absent") is None
    assert uri.param("empty") == ""
    assert uri.has_param("lr")
    assert not uri.has_param("absent")


def test_empty_parameters_are_passed_over() -> None:
    assert Uri.parse("sip:host;;lr;").params == (("lr", None),)


def test_escaped_parameter_names_are_recognised() -> None:
    assert Uri.parse("sip:host;%6C%72").has_param("lr")


def test_a_user_part_may_hold_semicolons_and_question_marks() -> None:
    uri = Uri.parse("sip:100;ext=7?x/y@pbx.test")
    assert (uri.user, uri.params, uri.headers) == ("100;ext=7?x/y", (), "")


def test_escapes_in_the_user_part_are_decoded_once() -> None:
    assert Uri.parse("sip:a%2540b%20c@pbx.test").username == "a%40b c"
    assert Uri.parse("sip:%00@pbx.test").username == "\0"
    assert Uri.parse("sip:%ff@pbx.test").username == "\udcff"
    assert Uri.parse("sip:100%zz@pbx.test").username == "100%zz"
    assert Uri.parse("sip:100@pbx.test").username == "100"


def test_an_ipv6_host_keeps_its_brackets_but_has_an_address() -> None:
    uri = Uri.parse("sip:100@[2001:DB8::10]:5070")
    assert (uri.host, uri.address, uri.port) == ("[2001:db8::10]", "2001:db8::10", 5070)
    assert Uri.parse("sip:10.0.0.1").address == "10.0.0.1"


def test_a_colon_too_many_in_an_ipv6_address_is_borne() -> None:
    assert Uri.parse("sip:[2001:db8:::192.0.2.1]").host == "[2001:db8:::192.0.2.1]"


@pytest.mark.parametrize("text", ["tel:+15550100", "mailto:a@b", "nothing-i-know:a;b?c"])
def test_other_schemes_are_kept_unread(text: str) -> None:
    uri = Uri.parse(text)
    assert not uri.is_sip
    assert uri.opaque == text.partition(":")[2]
    assert (uri.host, uri.user) == ("", "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "100",
        "sip:",
        "sip:@host",
        "sip::secret@host",
        "sip:a@b@c",
        "sip:100@",
        "sip:100@host:",
        "sip:100@host:0",
        "sip:100@host:65536",
        "sip:100@host:5060x",
        "sip:100@host:\u0665",
        "sip:100@host:" + "9" * 5000,
        "sip:2001:db8::10",
        "sip:[2001:db8::10",
        "sip:[]",
        "sip:[::1]x",
        "sip:100@ho st",
        "sip:100@host\x00",
        "sip:1\r\nVia: x@host",
        'sip:"100"@host',
        "<sip:100@host>",
        "sip:100@hóst",
        "sip:host;lr;LR",
        "1sip:host",
        "sip:100@;;;;",
    ],
)
def test_what_is_no_uri_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        Uri.parse(text)


def test_long_uris_are_read_but_not_remembered() -> None:
    text = "sip:" + "1" * MAX_CACHED_LENGTH + "@pbx.test"
    assert Uri.parse(text) is not Uri.parse(text)
    assert Uri.parse(text) == Uri.parse(text)
    assert Uri.parse("sip:100@pbx.test") is Uri.parse("sip:100@pbx.test")
    assert split_host_port("a" * 200) == ("a" * 200, None)


def test_ten_thousand_parameters_are_read_in_linear_time() -> None:
    text = "sip:host" + "".join(f";p{n}={n}" for n in range(10_000))
    assert len(Uri.parse(text).params) == 10_000


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sip:alice@example.net", "SIP:alice@EXAMPLE.net"),
        ("sip:%61lice@example.net", "sip:alice@example.net"),
        ("sip:al%3bice@example.net", "sip:al%3Bice@example.net"),
        ("sip:alice@example.net;newparam=5", "sip:alice@example.net;security=on"),
        ("sip:alice@host;transport=TCP", "sip:alice@host;transport=tcp"),
        ("sip:alice@host;a=1;b=2", "sip:alice@host;b=2;a=1"),
        ("sip:alice@host?Subject=x&to=y", "sip:alice@host?TO=y&Subject=x"),
        ("sip:host:5060", "sip:host:5060"),
        ("tel:+15550100", "tel:+15550100"),
    ],
)
def test_these_name_the_same_resource(one: str, other: str) -> None:
    assert Uri.parse(one).equivalent(Uri.parse(other))
    assert Uri.parse(other).equivalent(Uri.parse(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sip:alice@host", "sip:ALICE@host"),
        ("sip:alice@host", "sips:alice@host"),
        ("sip:alice@host", "sip:host"),
        ("sip:alice@host", "sip:alice@other"),
        ("sip:alice@host", "sip:alice@host:5060"),
        ("sip:alice@host", "sip:alice:secret@host"),
        ("sip:alice@host", "sip:alice@host;transport=udp"),
        ("sip:alice@host", "sip:alice@host;user=phone"),
        ("sip:alice@host;a=1", "sip:alice@host;a=2"),
        ("sip:alice@host;method=INVITE", "sip:alice@host"),
        ("sip:alice@host", "sip:alice@host?Subject=x"),
        ("sip:%00@host", "sip:%00%00@host"),
        ("sip:a%3Bb@host", "sip:a;b@host"),
        ("sip:%e4@host", "sip:%f6@host"),
        ("tel:+15550100", "tel:+15550101"),
    ],
)
def test_these_do_not(one: str, other: str) -> None:
    assert not Uri.parse(one).equivalent(Uri.parse(other))
    assert not Uri.parse(other).equivalent(Uri.parse(one))


users = st.text("abcXYZ019-_.!~*'()&=+$,;?/%", max_size=20)
hosts = st.sampled_from(["pbx.test", "10.0.0.1", "[::1]", "h"])
names = st.from_regex(r"[a-z-]{1,8}", fullmatch=True)
parameters = st.dictionaries(names, st.none() | st.from_regex(r"[A-Za-z0-9.]*", fullmatch=True))


@settings(max_examples=60, deadline=None)
@given(users, hosts, st.none() | st.integers(1, 65535), parameters)
def test_writing_and_reading_a_uri_changes_nothing(
    user: str, host: str, port: int | None, params: dict[str, str | None]
) -> None:
    uri = Uri("sip", user, host, port, tuple(params.items()))
    assert Uri.parse(str(uri)) == uri
    assert uri.equivalent(Uri.parse(str(uri)))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40) | st.text('sip:@[];=?%<>" .-az09', max_size=40))
def test_any_text_is_a_uri_or_a_parse_error(text: str) -> None:
    try:
        uri = Uri.parse(text)
    except ParseError:
        return
    assert str(Uri.parse(str(uri))) == str(uri)
    assert uri.equivalent(uri)


@settings(max_examples=100)
@given(
    st.text("sSipP:@19.a-Z%;?<", max_size=20),
    st.sampled_from(["", ":1", ":0", ":05060", ":59999", ":60000", ":65535", ":65536", ":x"]),
)
def test_a_plain_uri_is_read_as_carefully_as_any_other(middle: str, port: str) -> None:
    text = f"sip:{middle}@Host.Example{port}"
    plain = parse_plain(text)
    if plain is not None:
        assert plain == Uri.parse(f"{text};") == Uri.parse(text)


@pytest.mark.parametrize(
    "text",
    ["sip:1000@host:60000", "sip:host", "sip:1@[::1]", "tel:1", "sip:1@host;lr", "sip:1@h\n"],
)
def test_what_may_have_more_to_it_is_not_called_plain(text: str) -> None:
    assert parse_plain(text) is None


def test_the_address_of_a_phone_is_plain() -> None:
    assert parse_plain("sips:+49-1@PBX.example:5061") == Uri("sips", "+49-1", "pbx.example", 5061)
