"""Kamailio's file."""

from bench.load.peers.kamailio import configuration


def test_the_addresses_are_filled_in() -> None:
    text = configuration(("127.0.40.1", 5066), 5067)
    assert "listen=udp:127.0.40.1:5066" in text
    assert '"udp:127.0.40.1:5067"' in text
    assert "@" not in text
