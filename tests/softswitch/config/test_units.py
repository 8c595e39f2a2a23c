"""What may be written as a duration, a port, a number, an address, and what is said otherwise."""

from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softswitch.config import units
from softswitch.config.configuration import ListenAddress, every_address
from softswitch.config.problems import Wrong


def wrong(convert: Callable[[object], object], value: object) -> str:
    with pytest.raises(Wrong) as caught:
        convert(value)
    return f"{caught.value.problem} | {caught.value.suggestion}"


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("30s", 30.0),
        ("1.5s", 1.5),
        ("3m", 180.0),
        ("2h", 7200.0),
        ("7d", 604800.0),
        ("1w", 604800.0),
        ("1m30s", 90.0),
        ("500ms", 0.5),
        (" 5s ", 5.0),
        ("0s", 0.0),
    ],
)
def test_a_duration_is_a_number_with_its_unit(written: str, seconds: float) -> None:
    assert units.duration(written) == pytest.approx(seconds)


def test_a_duration_without_unit_says_how_to_write_it() -> None:
    assert wrong(units.duration, "30") == "'30' has no unit | write 30s for seconds"
    assert wrong(units.duration, "+1.5") == "'+1.5' has no unit | write 1.5s for seconds"


def test_a_negative_duration_is_refused() -> None:
    assert wrong(units.duration, "-5s") == "'-5s': a duration cannot be negative | "


@pytest.mark.parametrize("written", ["", "s", "5 minutes", "1.s", "5S", "٣s", "1e3s", "9" * 100])
def test_what_is_no_duration_is_refused(written: str) -> None:
    assert "write it like 30s" in wrong(units.duration, written)


def test_a_duration_out_of_range_names_the_range() -> None:
    convert = units.duration_between("1s", "1h")
    assert convert("1h") == 3600.0
    assert wrong(convert, "2h") == "'2h' is out of range | from 1s to 1h"
    assert wrong(convert, "0s") == "'0s' is out of range | from 1s to 1h"


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(sorted(units.SECONDS))), min_size=1)
)
def test_the_parts_of_a_duration_add_up(parts: list[tuple[int, str]]) -> None:
    written = "".join(f"{count}{unit}" for count, unit in parts)
    if len(written) <= units.MAX_TEXT:
        expected = sum(count * units.SECONDS[unit] for count, unit in parts)
        assert units.duration(written) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "nothing is written here | write a value, or leave the whole line out"),
        (["a"], "must be one value, not a list | "),
        ({"a": "b"}, "must be one value, not keys with values | "),
    ],
)
def test_a_list_or_nothing_is_no_single_value(value: object, said: str) -> None:
    assert wrong(units.scalar, value) == said


def test_a_text_may_be_in_any_language() -> None:
    assert units.text(" Księgowość 会計 ") == "Księgowość 会計"


@pytest.mark.parametrize("hostile", ["a\r\nVia: x", "\x00", "\x85", "\u2028", "\ud800"])
def test_a_text_cannot_smuggle_a_header_field(hostile: str) -> None:
    assert "control character" in wrong(units.text, f"Anna{hostile}Nowak")
    assert "control character" in wrong(units.password, f"Anna{hostile}Nowak")


def test_a_text_has_a_longest_length() -> None:
    assert units.text("x" * 200) == "x" * 200
    assert wrong(units.text, "x" * 201) == "is 201 characters long; 200 at most | "
    assert "at most 200" in wrong(units.password, "x" * 201)


def test_a_password_keeps_its_spaces_and_is_not_empty() -> None:
    assert units.password(" a b ") == " a b "
    assert wrong(units.password, "").startswith("is empty | leave the key out")


def test_a_wrong_password_is_not_repeated() -> None:
    assert "hunter2" not in wrong(units.password, "hunter2\n")


@pytest.mark.parametrize(
    ("written", "name"),
    [("pcma", "PCMA"), ("G.722", "G722"), ("Opus", "OPUS"), ("gsm", "GSM")],
)
def test_a_codec_may_be_written_in_several_ways(written: str, name: str) -> None:
    assert units.codec(written) == name


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("alaw", "did you mean pcma?"),
        ("g.711u", "did you mean pcmu?"),
        ("opsu", "did you mean opus?"),
        ("h264", "one of opus, g722, pcma, pcmu, l16, g729"),
    ],
)
def test_what_is_no_codec_gets_a_hint(written: str, hint: str) -> None:
    with pytest.raises(Wrong) as caught:
        units.codec(written)
    assert hint in caught.value.suggestion


def test_one_of_some_words() -> None:
    convert = units.one_of("debug", "info")
    assert convert("info") == "info"
    assert wrong(convert, "INFO") == "'INFO' is not known here | did you mean info?"
    assert wrong(convert, "loud") == "'loud' is not known here | one of debug, info"


def test_a_whole_number_has_a_range() -> None:
    convert = units.whole_between(1, 10)
    assert convert("010") == 10
    assert wrong(convert, "0") == "0 is out of range | from 1 to 10"
    assert wrong(convert, "11") == "11 is out of range | from 1 to 10"
    for written in ("1.5", "-1", "1_0", "0x1", "٣", "9" * 5000):
        assert "is not a whole number | from 1 to 10" in wrong(convert, written)


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("0123", "0123"),
        ("+48 22 111-22-33", "+48221112233"),
        ("*98", "*98"),
        ("**101", "**101"),
        ("#21#", "#21#"),
        ("1-00", "100"),
    ],
)
def test_a_number_keeps_what_can_be_dialled(written: str, dialled: str) -> None:
    assert units.number(written) == dialled
    assert units.extension(written) == dialled


@pytest.mark.parametrize("written", ["", "-", "+", "1+2", "12x", "١٢", "1/2", "1" * 65, "1_000"])
def test_what_cannot_be_dialled_is_no_number(written: str) -> None:
    assert "is not a number | digits, *, #, and + in front" in wrong(units.number, written)


@given(st.text("0123456789*#", min_size=1, max_size=20))
def test_spaces_and_dashes_in_a_number_mean_nothing(dialled: str) -> None:
    assert units.number(" -".join(dialled)) == dialled


@pytest.mark.parametrize("written", ["anna", "anna.k", "hall-phone", "A_1", "1a", "x*1#"])
def test_an_extension_with_a_letter_is_a_name(written: str) -> None:
    assert units.extension(written) == written


@pytest.mark.parametrize("written", ["żona", "anna nowak", "a@b", ".a", "a/b", "a:b", "x" * 65])
def test_what_cannot_stand_in_a_uri_is_no_extension(written: str) -> None:
    assert "cannot be an extension" in wrong(units.extension, written)


def test_a_port_alone_is_every_address() -> None:
    assert units.listen("5060") == every_address(5060)


def test_an_address_with_its_port() -> None:
    assert units.listen("192.0.2.1:5060") == (ListenAddress("192.0.2.1", 5060),)
    assert units.listen("[2001:DB8::1]:5060") == (ListenAddress("2001:db8::1", 5060),)
    assert units.listen("[fe80::1%eth0]:5060") == (ListenAddress("fe80::1%eth0", 5060),)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("0", "port 0 does not exist | a number from 1 to 65535"),
        ("65536", "port 65536 does not exist | a number from 1 to 65535"),
        ("sip", "'sip' is not a port | a number from 1 to 65535"),
        ("-1", "'-1' is not a port | a number from 1 to 65535"),
        ("192.0.2.1:0", "port 0 does not exist | a number from 1 to 65535"),
        ("192.0.2.1", "'192.0.2.1' has no port | write '192.0.2.1:5060'"),
        ("[::1]", "'[::1]' has no port | write '[::1]:5060'"),
        (":5060", "':5060' has no address | write 5060 for every address"),
        ("::1:5060", "'::1:5060' is ambiguous | an IPv6 address stands in [ ]: '[::1]:5060'"),
        (
            "localhost:5060",
            "'localhost' is not an IP address of this machine | write 127.0.0.1 for it",
        ),
        (
            "pbx.example:5060",
            "'pbx.example' is not an IP address of this machine | names are not resolved here",
        ),
    ],
)
def test_what_cannot_be_listened_on(written: str, said: str) -> None:
    assert wrong(units.listen, written) == said


def test_a_range_of_ports_steps_over_the_even_ones() -> None:
    assert units.port_range("20000-20999") == range(20000, 20999, 2)
    assert list(units.port_range("20000 - 20003")) == [20000, 20002]
    assert list(units.port_range("20000-20004")) == [20000, 20002]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("20000", "'20000' is not a range of ports | write it like 20000-20999"),
        ("20999-20000", "20999-20000 is reversed | write 20000-20999"),
        ("20001-20999", "must begin with an even port, as RTP does | write 20002-20999"),
        ("0-100", "port 0 does not exist | a number from 1 to 65535"),
        ("60000-65536", "port 65536 does not exist | a number from 1 to 65535"),
        ("a-b", "'a' is not a port | a number from 1 to 65535"),
    ],
)
def test_what_is_no_range_of_ports(written: str, said: str) -> None:
    assert wrong(units.port_range, written) == said


@pytest.mark.parametrize("written", ["20000-20000", "20000-20001", "20000-20002"])
def test_a_range_must_hold_one_call(written: str) -> None:
    assert f"{written} is too small: a call needs 4 ports" in wrong(units.port_range, written)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("PBX.acme.example", "pbx.acme.example"),
        ("[2001:DB8::1]", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("pbx", "pbx"),
    ],
)
def test_a_host_is_an_address_or_a_name(written: str, meant: str) -> None:
    assert units.host(written) == meant
    assert units.external(written) == meant


@pytest.mark.parametrize("written", ["", "1.2.3", "300.1.1.1", "a..b", "-a", "a b", "a:5060"])
def test_what_is_no_host(written: str) -> None:
    assert "is neither an IP address nor a host name" in wrong(units.host, written)


def test_an_address_with_a_zone_is_no_good_elsewhere() -> None:
    assert "valid on this machine only" in wrong(units.host, "fe80::1%eth0")


def test_the_external_address_is_one_to_send_to() -> None:
    assert units.external("auto") == "auto"
    assert "no address that a phone could send to" in wrong(units.external, "0.0.0.0")
    assert "no address that a phone could send to" in wrong(units.external, "::")


def test_a_stun_server_may_have_a_port() -> None:
    assert units.stun_server("stun.example.com") == ("stun.example.com", 3478)
    assert units.stun_server("192.0.2.1:19302") == ("192.0.2.1", 19302)
    assert "'x' is not a port" in wrong(units.stun_server, "stun.example.com:x")


def test_a_net_is_written_with_its_prefix() -> None:
    assert units.net("192.168.0.0/16") == ip_network("192.168.0.0/16")
    assert units.net("fd00::/8") == ip_network("fd00::/8")
    assert units.net("10.1.2.3") == ip_network("10.1.2.3/32")


def test_a_net_with_host_bits_suggests_the_net() -> None:
    said = "'192.168.1.5/24' is not a network | did you mean 192.168.1.0/24?"
    assert wrong(units.net, "192.168.1.5/24") == said
    assert "write it like 192.168.0.0/16" in wrong(units.net, "office")


@given(st.text(max_size=30))
def test_no_text_raises_anything_but_wrong(written: str) -> None:
    for convert in (
        units.duration,
        units.number,
        units.extension,
        units.listen,
        units.port_range,
        units.external,
        units.net,
        units.password,
    ):
        with suppress(Wrong):
            convert(written)
