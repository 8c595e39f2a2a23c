"""One pass over the lines of a description: what is found, and what strangers cannot do."""

import pytest

from softswitch.media import dtls_sdp, sdes
from softswitch.media.negotiation.lines import (
    MAX_FAX,
    MAX_FMTP,
    MAX_GROUP,
    Lines,
)
from softswitch.media.sdp import SdpError

FORMATS = ("0", "96", "101")


def found(*lines: str, formats: tuple[str, ...] = FORMATS) -> Lines:
    lines_found = Lines()
    lines_found.read(list(lines), formats)
    return lines_found


def test_nothing_is_found_in_nothing() -> None:
    nothing = found()
    assert (nothing.direction, nothing.connection, nothing.rtcp_port) == (None, None, None)
    assert (nothing.rtpmaps, nothing.cryptos, nothing.ptime) == ({}, [], 20)


def test_a_format_has_its_name_its_clock_and_its_parameters() -> None:
    it = found("a=rtpmap:96 opus/48000/2", "a=fmtp:96 useinbandfec=1 ")
    assert it.rtpmaps == {96: ("OPUS", 48000, 2)}
    assert it.fmtp == {96: "useinbandfec=1"}
    assert it.texts == {96: ["a=rtpmap:96 opus/48000/2\r\n", "a=fmtp:96 useinbandfec=1 \r\n"]}


def test_parameters_before_the_name_are_written_behind_it() -> None:
    it = found("a=fmtp:101 0-16", "a=rtpmap:101 telephone-event/8000")
    assert it.texts[101] == ["a=rtpmap:101 telephone-event/8000\r\n", "a=fmtp:101 0-16\r\n"]


@pytest.mark.parametrize(
    "line",
    [
        "a=rtpmap:97 PCMU/8000",  # nobody offers 97
        "a=rtpmap:96",
        "a=rtpmap:96 ",
        "a=rtpmap:96 opus",
        "a=rtpmap:96 opus/0",
        "a=rtpmap:96 opus/200000",
        "a=rtpmap:96 opus/48000/0",
        "a=rtpmap:96 opus/48000/9",
        "a=rtpmap:96 o<p>us/48000",
        f"a=rtpmap:96 {'x' * 33}/8000",
    ],
)
def test_a_format_that_makes_no_sense_is_as_good_as_none(line: str) -> None:
    it = found(line)
    assert (it.rtpmaps, it.texts) == ({}, {})


def test_a_payload_type_that_cannot_be_is_an_error() -> None:
    with pytest.raises(SdpError):
        found("a=rtpmap:128 PCMU/8000", formats=("128",))


def test_of_parameters_without_end_some_are_kept() -> None:
    it = found(*(f"a=fmtp:96 a={number}" for number in range(50)))
    assert len(it.texts[96]) == 1 + MAX_FMTP
    assert it.fmtp[96] == f"a={MAX_FMTP - 1}"


def test_the_last_direction_and_the_first_address_count() -> None:
    it = found("a=sendonly", "c=IN IP4 192.0.2.1", "c=IN IP4 192.0.2.9", "a=inactive")
    assert (it.direction, it.connection) == ("inactive", "192.0.2.1")


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("b=AS:64", {"b=AS": "b=AS:64\r\n"}),
        ("b=AS:lots", {}),
        ("b=AS", {}),
        ("b=AS:" + "9" * 30, {}),
    ],
)
def test_a_bandwidth_is_a_number(line: str, kept: dict[str, str]) -> None:
    assert found(line).bandwidth == kept


@pytest.mark.parametrize(
    ("value", "ptime", "passed_on"),
    [("30", 30, True), ("5", 10, True), ("240", 60, True), ("0", 20, False), ("241", 20, False)],
)
def test_a_packet_lasts_as_long_as_we_can_make_it(value: str, ptime: int, passed_on: bool) -> None:
    it = found(f"a=ptime:{value}")
    assert it.ptime == ptime
    assert ("a=ptime" in it.common) == passed_on


@pytest.mark.parametrize("value", ["", "x", "20.5", "-20", "0020", "²"])
def test_a_packet_time_that_is_no_number_is_none(value: str) -> None:
    it = found(f"a=ptime:{value}")
    assert (it.ptime, it.common) == (20, {})


def test_the_longest_packet_is_passed_on_and_chooses_nothing() -> None:
    it = found("a=maxptime:120")
    assert (it.ptime, it.common) == (20, {"a=maxptime": "a=maxptime:120\r\n"})


def test_rtcp_has_a_port_of_its_own_or_none() -> None:
    assert found("a=rtcp:40001 IN IP4 10.0.0.1").rtcp_port == 40001
    assert found("a=rtcp-mux").rtcp_mux
    with pytest.raises(SdpError):
        found("a=rtcp:70000")


def test_what_a_fax_can_do_is_kept_within_reason() -> None:
    many = [f"a=T38FaxMaxBuffer:{number}" for number in range(3 * MAX_FAX)]
    assert found(*many).fax == [f"{line}\r\n" for line in many[:MAX_FAX]]
    assert found("a=t38faxversion:0").fax == ["a=t38faxversion:0\r\n"]
    assert found("a=T38FaxVersion:1<2", "a=T38", "a=T38FaxRate:9999999999").fax == []


def test_a_bundle_is_named_once_and_has_so_many_words() -> None:
    it = found(
        "a=group:LS 1 2", "a=group:BUNDLE " + " ".join(map(str, range(99))), "a=group:BUNDLE z"
    )
    assert it.bundle == tuple(map(str, range(MAX_GROUP - 1)))
    assert found("a=group:").bundle == ()


def test_keys_and_fingerprints_are_kept_within_reason() -> None:
    many = 40
    assert len(found(*(["a=crypto:1 X inline:k"] * many)).cryptos) == sdes.MAX_LINES
    assert len(found(*(["a=fingerprint:sha-256 AB"] * many)).fingerprints) == dtls_sdp.MAX_LINES


def test_what_browsers_say_of_themselves() -> None:
    it = found(
        "a=mid:0",
        "a=setup:actpass ",
        "a=ice-ufrag:abcd",
        "a=ice-pwd:0123456789012345678901",
        "a=ice-lite",
        "a=silenceSupp:off - - - -",
        "a=something-new:of 2040",
    )
    assert (it.mid, it.setup, it.ice_lite) == ("0", "actpass", True)
    assert (it.ice_username, it.ice_password) == ("abcd", "0123456789012345678901")
    assert it.common == {"a=silenceSupp": "a=silenceSupp:off - - - -\r\n"}


@pytest.mark.parametrize(
    "line", ["a=mid:a b", "a=mid:" + "x" * 65, "a=ice-ufrag:ab", "a=ice-pwd:short", "a=tls-id:x"]
)
def test_a_word_that_cannot_be_is_none(line: str) -> None:
    it = found(line)
    assert (it.mid, it.ice_username, it.ice_password, it.tls_id) == ("", "", "", "")
