import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media import stun
from softswitch.media.stun import Message, build, error_code, parse, xor_address
from tests.support.corpora import corpora

TRANSACTION = b"0123456789ab"
PASSWORD = b"VOkJxbRl1RmTxUk/WvJxBt"
SAMPLE = bytes.fromhex(
    "000100582112a442b7e7a701bc34d686fa87dfae"
    "802200105354554e207465737420636c69656e74"
    "002400046e0001ff"
    "80290008932ff9b151263b36"
    "000600096576746a3a68367659202020"
    "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
    "80280004e57a3bcf"
)
"""The request of RFC 5769 §2.1."""


def message(data: bytes) -> Message:
    found = parse(data)
    assert found is not None
    return found


def raw(*attributes: bytes, kind: int = 1) -> bytes:
    body = b"".join(attributes)
    return stun.HEADER.pack(kind, len(body), stun.MAGIC_COOKIE, TRANSACTION) + body


def test_the_sample_request_of_rfc_5769_is_read_and_authentic() -> None:
    request = message(SAMPLE)
    assert request.kind == stun.BINDING_REQUEST
    assert request.get(stun.USERNAME) == b"evtj:h6vY"
    assert request.get(0x0024) == bytes.fromhex("6e0001ff")
    assert request.get(0x0025) is None
    assert request.is_authentic(PASSWORD)
    assert not request.is_authentic(b"another")


def test_the_address_is_hidden_as_in_rfc_5769() -> None:
    transaction = SAMPLE[8:20]
    assert xor_address(("192.0.2.1", 32853), transaction).hex() == "0001a147e112a643"
    assert (
        xor_address(("2001:db8:1234:5678:11:2233:4455:6677%eth0", 32853), transaction).hex()
        == "0002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
    )


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8:1234:5678:11:2233:4455:6677"])
def test_the_address_that_a_server_saw_is_read(address: str) -> None:
    hidden = (stun.XOR_MAPPED_ADDRESS, xor_address((address, 32853), TRANSACTION))
    answer = message(build(stun.BINDING_SUCCESS, TRANSACTION, [hidden]))
    assert stun.mapped_address(answer) == address


def test_an_old_server_tells_the_address_bare() -> None:  # RFC 3489
    bare = (stun.MAPPED_ADDRESS, bytes.fromhex("0001a147c0000201"))
    assert stun.mapped_address(message(build(0x0101, TRANSACTION, [bare]))) == "192.0.2.1"


@pytest.mark.parametrize(
    "value", ["", "0001a147", "0002a147c0000201", "0001a14700000000", "0001a147e0000001"]
)
def test_what_is_no_address_is_none(value: str) -> None:
    bare = (stun.MAPPED_ADDRESS, bytes.fromhex(value))
    assert stun.mapped_address(message(build(0x0101, TRANSACTION, [bare]))) is None
    assert stun.mapped_address(message(build(0x0101, TRANSACTION, []))) is None


def test_an_error_is_class_and_number() -> None:
    assert error_code(487) == b"\0\0\x04\x57"


def test_a_message_without_signature_is_nobodys() -> None:
    assert not message(build(1, TRANSACTION, ())).is_authentic(PASSWORD)


def test_what_is_behind_the_signature_does_not_count() -> None:
    signed = build(1, TRANSACTION, ((stun.USERNAME, b"a:b"),), PASSWORD)[:-8]
    added = signed + stun.ATTRIBUTE.pack(0x0025, 0) + stun.ATTRIBUTE.pack(8, 4) + b"more"
    data = added[:2] + (len(added) - 20).to_bytes(2, "big") + added[4:]
    found = message(data)
    assert found.attributes == [(stun.USERNAME, b"a:b")]
    assert found.is_authentic(PASSWORD)


def test_a_repeated_attribute_does_not_count() -> None:
    found = message(build(1, TRANSACTION, ((6, b"one"), (6, b"two"))))
    assert found.get(6) == b"one"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(19),
        SAMPLE[:-1],
        SAMPLE + bytes(4),
        SAMPLE[:4] + bytes(4) + SAMPLE[8:],
        SAMPLE[:-1] + b"\0",
        b"\x80" + SAMPLE[1:],
        raw(b"\0\0"),
        raw(struct.pack("!HH", 6, 8) + b"four"),
        raw(struct.pack("!HH", 6, 0xFFFF)),
        raw(struct.pack("!HH", 8, 4) + b"four"),
        raw(struct.pack("!HH", 0x8028, 8) + bytes(8)),
        raw(struct.pack("!HH", 0x8028, 4) + bytes(4), struct.pack("!HH", 6, 0)),
        raw(struct.pack("!HH", 6, 0) * 400),
    ],
)
def test_what_is_not_sound_is_none(data: bytes) -> None:
    assert parse(data) is None


def test_an_attribute_that_lacks_its_padding_is_not_sound() -> None:
    assert parse(raw(struct.pack("!HH", 6, 3) + b"abc")) is None
    assert parse(raw(struct.pack("!HH", 6, 3) + b"abc\0")) is not None


@given(
    st.lists(st.tuples(st.integers(0x0100, 0x7FFF), st.binary(max_size=30)), max_size=8),
    st.none() | st.binary(min_size=1, max_size=30),
)
@settings(max_examples=100)
def test_what_is_built_is_read_again(
    attributes: list[stun.Attribute], password: bytes | None
) -> None:
    found = message(build(stun.BINDING_SUCCESS, TRANSACTION, attributes, password))
    assert (found.kind, found.transaction) == (stun.BINDING_SUCCESS, TRANSACTION)
    assert found.attributes == attributes
    assert password is None or found.is_authentic(password)


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_no_octets_raise(data: bytes) -> None:
    parse(data)
    parse(raw(data + bytes(-len(data) % 4)))


def test_no_attack_or_seed_raises() -> None:
    folder = corpora("fuzz-seeds") / "pjsip" / "stun"
    paths = [*folder.iterdir(), *corpora("cve-class").glob("5*.bin")]
    assert paths
    for path in paths:
        parse(path.read_bytes())
