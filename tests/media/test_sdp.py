from ipaddress import IPv4Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.sdp import (
    MAX_FORMATS,
    MAX_MEDIA,
    MAX_OCTETS,
    NAME,
    PRIVATE,
    UNICAST,
    UNREACHABLE,
    UNSPECIFIED,
    MediaDescription,
    SdpError,
    SessionDescription,
    address_kind,
    address_type,
    connection_address,
    number,
)
from tests.support.corpora import corpora, corpus_files

PHONE = (
    b"v=0\r\n"
    b"o=100 1 2 IN IP4 192.168.1.20\r\n"
    b"s=Talk\r\n"
    b"c=IN IP4 192.168.1.20\r\n"
    b"t=0 0\r\n"
    b"a=sendrecv\r\n"
    b"m=audio 11780/2 RTP/AVP 8 101\r\n"
    b"b=AS:80\r\n"
    b"a=rtpmap:101 telephone-event/8000\r\n"
    b"m=video 0 RTP/AVP 96\r\n"
    b"c=IN IP6 2001:db8::1\r\n"
)


def test_a_description_is_the_sessions_lines_and_the_media() -> None:
    description = SessionDescription.parse(PHONE)
    audio, video = description.media
    assert description.connection == "192.168.1.20"
    assert description.attributes == [("sendrecv", "")]
    assert (audio.kind, audio.port, audio.port_count) == ("audio", 11780, 2)
    assert (audio.protocol, audio.formats) == ("RTP/AVP", ["8", "101"])
    assert audio.attributes == [("rtpmap", "101 telephone-event/8000")]
    assert audio.connection is None
    assert video.connection == "2001:db8::1"


def test_a_description_is_serialized_as_it_came() -> None:
    assert SessionDescription.parse(PHONE).serialize() == PHONE


def test_bare_line_feeds_blank_lines_and_a_missing_end_are_forgiven() -> None:
    sloppy = PHONE.replace(b"\r\n", b"\n").replace(b"m=video", b"\n\nm=video").rstrip()
    assert SessionDescription.parse(sloppy).serialize() == PHONE


def test_a_lone_carriage_return_cannot_hide_a_line_inside_another() -> None:
    description = SessionDescription.parse(b"v=0\r\ns=x\ra=crypto:1 x\r\n")
    assert description.lines == ["v=0", "s=x", "a=crypto:1 x"]


def test_octets_beyond_ascii_and_control_characters_survive() -> None:
    body = b"v=0\r\ns=Gda\xc5\x84sk \x85\x0b\x1c\xff\r\n"
    assert SessionDescription.parse(body).serialize() == body


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "v=0"),
        (b"\r\n\r\n", 400, "v=0"),
        (b"v=\r\no=\r\n", 400, "v=0"),
        (b"v=1\r\n", 400, "v=0"),
        (b"m=audio 1 RTP/AVP 0\r\nv=0\r\n", 400, "v=0"),
        (b"v=0\r\nhello\r\n", 400, "hello"),
        (b"v=0\r\n=x\r\n", 400, "<letter>"),
        (b"v=0\r\na\r\n", 400, "<letter>"),
        (b"v=0\r\ns=\0\r\n", 400, "NUL"),
        (b"v=0\r\nm=\r\n", 400, "0 words"),
        (b"v=0\r\nm=audio 1\r\n", 400, "2 words"),
        (b"v=0\r\nm=audio x RTP/AVP 0\r\n", 400, "'x'"),
        (b"v=0\r\nm=audio -1 RTP/AVP 0\r\n", 400, "'-1'"),
        (b"v=0\r\nm=audio 65536 RTP/AVP 0\r\n", 400, "65536"),
        (b"v=0\r\nm=audio 1/99999999 RTP/AVP 0\r\n", 400, "number of ports"),
        (b"v=0\r\nm=audio \xb2 RTP/AVP 0\r\n", 400, "media port"),
        (b"v=0\r\nm=audio 1 RTP/AVP" + b" 0" * (MAX_FORMATS + 1), 488, "129 formats"),
        (b"v=0\r\n" + b"m=audio 1 RTP/AVP 0\r\n" * (MAX_MEDIA + 1), 488, "64 media"),
        (b"v=0\r\n" + b"x" * MAX_OCTETS, 413, "octets"),
    ],
)
def test_what_is_no_description_is_refused(body: bytes, status: int, words: str) -> None:
    with pytest.raises(SdpError, match=words) as caught:
        SessionDescription.parse(body)
    assert caught.value.status == status
    assert str(caught.value) == caught.value.problem


def test_a_media_line_may_lack_formats() -> None:
    body = b"v=0\r\nm=application 0 *\r\n"
    description = SessionDescription.parse(body)
    assert description.media[0].formats == []
    assert description.serialize() == body


@pytest.mark.parametrize("line", ["c=", "c=IN IP4", "c=IN IP5 x", "c=XX IP4 x", "c=IN IP4 a b"])
def test_a_connection_line_that_is_none_is_refused(line: str) -> None:
    with pytest.raises(SdpError, match="connection line"):
        connection_address(line)


def test_a_multicasts_ttl_is_no_part_of_its_address() -> None:
    assert connection_address("c=IN IP4 224.2.1.1/127") == "224.2.1.1"


def test_a_number_of_ten_thousand_digits_costs_nothing() -> None:
    with pytest.raises(SdpError, match="99999999999999999999"):
        number("9" * 10_000, 10, "number")


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("0.0.0.0", UNSPECIFIED),
        ("::", UNSPECIFIED),
        ("8.8.8.8", UNICAST),
        ("2600::1", UNICAST),
        ("192.168.1.1", PRIVATE),
        ("100.64.0.1", PRIVATE),
        ("127.0.0.1", PRIVATE),
        ("fe80::1", PRIVATE),
        ("fd00::1", PRIVATE),
        ("224.0.0.1", UNREACHABLE),
        ("ff02::1", UNREACHABLE),
        ("255.255.255.255", UNREACHABLE),
        ("phone.example.net", NAME),
        ("010.1.1.1", NAME),
        ("fe80::1%eth0", NAME),
        ("", NAME),
    ],
)
def test_addresses_are_told_apart(address: str, kind: str) -> None:
    assert address_kind(address) == kind


@given(st.ip_addresses(v=4))
@settings(max_examples=100)
def test_neighbours_are_of_one_kind_where_they_are_taken_to_be(address: IPv4Address) -> None:
    ip = address
    kind = UNICAST if ip.is_global else PRIVATE
    if ip.is_multicast or ip.is_reserved:
        kind = UNREACHABLE
    assert address_kind(str(ip)) == (UNSPECIFIED if ip.is_unspecified else kind)


def test_the_family_of_an_address_is_named() -> None:
    assert [address_type("10.0.0.1"), address_type("::1")] == ["IP4", "IP6"]


@pytest.mark.parametrize("name", corpus_files("sdp/pion", "*.sdp"))
def test_descriptions_of_another_parser_are_stable_or_refused(name: str) -> None:
    body = (corpora("sdp/pion") / name).read_bytes()
    try:
        description = SessionDescription.parse(body)
    except SdpError:
        return
    assert SessionDescription.parse(description.serialize()) == description


@given(st.binary(max_size=200))
@settings(max_examples=50)
def test_any_octets_are_a_description_or_an_sdp_error(octets: bytes) -> None:
    for body in (octets, b"v=0\r\n" + octets, b"v=0\r\nm=" + octets):
        try:
            description = SessionDescription.parse(body)
        except SdpError:
            continue
        assert SessionDescription.parse(description.serialize()) == description


WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8)


@given(WORDS, st.integers(0, 65535), st.integers(1, 9), st.lists(WORDS, min_size=1, max_size=5))
@settings(max_examples=25)
def test_a_media_line_comes_back(kind: str, port: int, count: int, formats: list[str]) -> None:
    media = MediaDescription(kind, port, "RTP/AVP", formats, port_count=count)
    assert MediaDescription.parse(media.serialize()[0]) == media
