"""Flows."""

from softswitch.sip.flow import Flow, bracketed


def test_only_udp_needs_retransmissions() -> None:
    assert not Flow("UDP", ("0.0.0.0", 5060), ("192.0.2.1", 5060)).reliable
    assert Flow("TCP", ("0.0.0.0", 5060), ("192.0.2.1", 5060), 1).reliable


def test_a_second_connection_from_the_same_port_is_another_flow() -> None:
    first = Flow("TCP", ("0.0.0.0", 5060), ("192.0.2.1", 40000), 1)
    assert first != first._replace(connection=2)


def test_a_zone_does_not_get_into_headers() -> None:
    assert Flow("UDP", ("::", 5060), ("fe80::1%2", 5060)).remote_host == "fe80::1"
    assert Flow("UDP", ("::", 5060), ("2001:db8::1", 5060)).remote_host == "2001:db8::1"


def test_ipv6_addresses_get_brackets() -> None:
    assert bracketed("2001:db8::1") == "[2001:db8::1]"
    assert bracketed("192.0.2.1") == "192.0.2.1"
