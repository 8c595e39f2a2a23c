import hashlib
from collections.abc import Callable
from contextlib import suppress
from typing import cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from hypothesis import given, settings
from hypothesis import strategies as st
from OpenSSL import SSL

from softswitch.media import dtls
from softswitch.media.dtls import MTU, NEVER, Association, epoch, is_client_hello, records
from softswitch.media.rtp import build
from softswitch.media.srtp import Receiver, Sender
from tests.support.corpora import corpora
from tests.support.dtls_peers import association, certificate, converse, digest, endpoint, shake

ALERT = bytes.fromhex("15fefd 0000 000000000009 0002 0228".replace(" ", ""))


def both() -> tuple[Association, Association]:
    return association("anna", "jan", active=True), association("jan", "anna", active=False)


def test_both_sides_end_with_the_same_keys() -> None:
    client, server = both()
    shake(client, server)
    assert client.keys is not None
    assert server.keys is not None
    assert client.keys.suite == server.keys.suite == "AEAD_AES_128_GCM"
    assert client.keys.send_key == server.keys.receive_key != server.keys.send_key
    assert (client.failed, server.failed) == ("", "")
    assert (client.next_deadline, server.next_deadline) == (NEVER, NEVER)
    packet = build(0, 1, 160, 7, b"sound")
    protected = Sender(server.keys.suite, server.keys.send_key).protect(packet)
    assert protected is not None
    buffer = bytearray(protected)
    receiver = Receiver(client.keys.suite, client.keys.receive_key)
    assert receiver.unprotect(buffer, len(protected)) == len(packet)


def test_the_second_profile_is_taken_when_the_peer_has_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dtls, "PROFILES", {b"SRTP_AES128_CM_SHA1_80": "AES_CM_128_HMAC_SHA1_80"})
    other = dtls.Endpoint(certificate("anna").pem)
    monkeypatch.undo()
    client = Association(other, True, digest("jan"))
    server = association("jan", "anna", active=False)
    shake(client, server)
    assert client.keys is not None
    assert server.keys is not None
    assert client.keys.suite == server.keys.suite == "AES_CM_128_HMAC_SHA1_80"


@pytest.mark.parametrize("name", ["sha1", "sha256", "sha384", "sha512"])
def test_the_certificate_may_be_promised_by_any_hash(name: str) -> None:
    shown = x509.load_pem_x509_certificate(certificate("anna").pem).public_bytes(Encoding.DER)
    client = association("anna", "jan", active=True)
    server = Association(endpoint("jan"), False, hashlib.new(name, shown).digest())
    shake(client, server)
    assert server.keys is not None


@pytest.mark.parametrize("promised", [bytes(32), bytes(20), b"", bytes(7)])
def test_another_certificate_than_the_promised_gives_no_keys(promised: bytes) -> None:
    client = association("anna", "jan", active=True)
    server = Association(endpoint("jan"), False, promised)
    shake(client, server)
    assert server.keys is None
    assert server.final
    assert "certificate" in server.failed
    assert server.next_deadline == NEVER
    assert server.receive(b"more", 0.0) == []


class Bare:
    """A client of bare OpenSSL, which knows nothing of what we want."""

    def __init__(self, *, certified: bool) -> None:
        context = SSL.Context(SSL.DTLS_METHOD)
        if certified:
            pem = certificate("anna").pem
            key = load_pem_private_key(pem, None)
            assert isinstance(key, EllipticCurvePrivateKey)
            context.use_certificate(x509.load_pem_x509_certificate(pem))
            context.use_privatekey(key)
        self.connection = SSL.Connection(context, None)
        self.connection.set_connect_state()

    def receive(self, data: bytes = b"") -> list[bytes]:
        if data:
            self.connection.bio_write(data)
        with suppress(SSL.Error):
            self.connection.do_handshake()
        try:
            return [*records(self.connection.bio_read(16_384))]
        except SSL.WantReadError:
            return []


def meet(peer: Bare) -> Association:
    server = association("jan", "anna", active=False)
    converse(peer.receive(), lambda data: server.receive(data, 0.0), peer.receive)
    return server


def test_a_peer_that_wants_no_srtp_gets_no_keys() -> None:
    server = meet(Bare(certified=True))
    assert server.keys is None
    assert server.final
    assert "profile" in server.failed


def test_a_peer_without_certificate_gets_no_keys_and_may_try_again() -> None:
    server = meet(Bare(certified=False))
    assert server.keys is None
    assert server.failed.startswith("DTLS handshake: ")
    assert not server.final


def test_every_record_is_a_datagram_that_crosses_in_one_piece() -> None:
    client, server = both()
    seen: list[bytes] = []

    def watched(receive: Callable[[bytes, float], list[bytes]], data: bytes) -> list[bytes]:
        seen.append(data)
        return receive(data, 0.0)

    converse(
        client.start(0.0),
        lambda data: watched(server.receive, data),
        lambda data: watched(client.receive, data),
    )
    assert len(seen) == 13
    assert all(len(data) <= MTU and len([*records(data)]) == 1 for data in seen)


def test_flights_in_one_datagram_are_understood_too() -> None:
    client, server = both()
    datagrams = client.start(0.0)
    for turn in range(6):
        side = (server, client)[turn % 2]
        datagrams = side.receive(b"".join(datagrams), 0.0)
    assert client.keys is not None
    assert server.keys is not None


def test_a_plain_alert_is_not_believed() -> None:
    client, server = both()
    hello = client.start(0.0)
    assert server.receive(ALERT, 0.0) == []
    assert client.receive(ALERT, 0.0) == []
    converse(hello, lambda data: server.receive(data, 0.0), lambda data: client.receive(data, 0.0))
    assert client.keys is not None
    assert server.receive(ALERT, 0.0) == []
    assert server.failed == ""


def test_an_association_outlives_the_end_that_its_peer_says() -> None:
    client, server = both()
    shake(client, server)
    client._connection.shutdown()
    for data in client._drain(0.0):
        server.receive(data, 0.0)
    assert server.keys is not None
    assert server.failed == ""


def test_data_of_the_peer_is_dropped() -> None:
    client, server = both()
    shake(client, server)
    client._connection.send(b"hello")
    assert [server.receive(data, 0.0) for data in client._drain(0.0)] == [[]]


def test_nonsense_ends_no_handshake() -> None:
    client, server = both()
    hello = client.start(0.0)
    for noise in (b"", b"\x16", b"\x16\xfe\xfd", bytes(64), b"\x16" * 80, b"\xff" * 80):
        assert server.receive(noise, 0.0) == []
    converse(hello, lambda data: server.receive(data, 0.0), lambda data: client.receive(data, 0.0))
    assert server.keys is not None


@given(st.binary(max_size=100))
@settings(max_examples=50)
def test_no_octets_raise(data: bytes) -> None:
    server = association("jan", "anna", active=False)
    record = b"\x16\xfe\xfd" + bytes(8) + len(data).to_bytes(2, "big") + data
    for noise in (data, record):
        server.receive(noise, 0.0)
        is_client_hello(noise)
    assert server.keys is None


def test_the_hello_of_an_attack_gives_no_keys() -> None:
    data = (corpora("cve-class") / "58-dtls-clienthello-null.bin").read_bytes()
    server = association("jan", "anna", active=False)
    assert is_client_hello(data)
    server.receive(data, 0.0)
    assert server.keys is None


class Timed:
    """OpenSSL with a clock of ours."""

    def __init__(self, connection: SSL.Connection) -> None:
        self._connection = connection
        self.repeats = [True]

    def DTLSv1_get_timeout(self) -> float:
        return 1.0

    def DTLSv1_handle_timeout(self) -> bool:
        if not self.repeats:
            raise SSL.Error([("DTLS", "", "read timeout expired")])
        return self.repeats.pop()

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)


def test_an_unanswered_flight_is_repeated_until_it_has_no_sense_any_more() -> None:
    client, _ = both()
    client._connection = cast(SSL.Connection, Timed(client._connection))
    assert is_client_hello(client.start(10.0)[0])
    assert client.next_deadline == 11.0
    client.tick(11.0)
    assert client.next_deadline == 12.0
    client.tick(12.0)
    assert client.failed == "DTLS handshake: read timeout expired"
    assert client.next_deadline == NEVER


def test_an_error_without_a_reason_is_told_all_the_same() -> None:
    client, _ = both()
    client._fail(SSL.SysCallError(-1, "Unexpected EOF"))
    assert client.failed == "DTLS handshake: it broke off"


def test_records_are_cut_where_they_end() -> None:
    one = b"\x16\xfe\xfd" + bytes(8) + b"\0\2" + b"ab"
    assert [*records(one + one)] == [one, one]
    assert [*records(one + one[:-1])] == [one]
    assert [*records(b"")] == []
    assert epoch(one) == 0
    assert not is_client_hello(one)
    assert not is_client_hello(b"")


def test_no_key_is_shown() -> None:
    client, server = both()
    shake(client, server)
    assert repr(client.keys) == "Keys('AEAD_AES_128_GCM', keys hidden)"
