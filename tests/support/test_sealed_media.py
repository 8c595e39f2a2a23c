from itertools import accumulate, repeat

import pytest

from tests.support.rtp_socket import Packet
from tests.support.sealed_media import CUT_OFF, OWN, Sound, arrived, opened
from tests.support.sniffing import Datagram
from tests.support.srtp_reference import protect

SUITE, KEY = "AES_CM_128_HMAC_SHA1_80", bytes(range(30))
SAID = [Sound(160 * number, bytes([number])) for number in range(10)]


def sealed(count: int, first: int = 0, key: bytes = KEY) -> list[Datagram]:
    """Packets, the first with that number, which may pass 65535."""
    numbers = accumulate(repeat(1, count - 1), initial=first)
    packets = [
        (Packet(0, False, number, number * 160, 7, bytes([number & 0xFF])), number >> 16)
        for number in numbers
    ]
    return [
        Datagram(0.0, 1, 2, protect(SUITE, key, packet.octets, rollover))
        for packet, rollover in packets
    ]


def test_what_was_sealed_is_opened_and_what_comes_under_another_key_is_not() -> None:
    datagrams = sealed(5) + sealed(2, first=5, key=bytes(30))
    stream = opened(datagrams, [("NULL_HMAC_SHA1_80", KEY), (SUITE, KEY)])
    assert stream.sounds == SAID[:5]
    assert (stream.sealed_wrongly, stream.packets) == (2, 7)


def test_a_stream_is_opened_past_the_last_sequence_number() -> None:
    assert opened(sealed(6, first=65533), [(SUITE, KEY)]).sealed_wrongly == 0


def test_a_plain_stream_is_read_as_it_is() -> None:
    plain = [Datagram(0.0, 1, 2, Packet(0, False, 1, 1, 7, b"a").octets)]
    assert opened(plain, []).sounds == [Sound(0, b"a")]


def after(own: int, sounds: list[Sound]) -> list[Sound]:
    """With packets of the switch before them."""
    return [Sound(number, b"own") for number in range(own)] + [
        Sound(7777 + sound.at, sound.payload) for sound in sounds
    ]


@pytest.mark.parametrize(
    ("heard", "same"),
    [
        (SAID, 10),
        (SAID[:-CUT_OFF], 10 - CUT_OFF),
        (after(OWN, SAID), 10),
        (SAID[: -CUT_OFF - 1], 0),
        (after(OWN + 1, SAID), 0),
        (SAID[:4] + SAID[5:], 0),
        ([*SAID[:4], Sound(640, b"x"), *SAID[5:]], 0),
        ([*SAID[:4], Sound(800, SAID[4].payload), *SAID[5:]], 0),
        ([*SAID, SAID[-1]], 0),
        ([], 0),
    ],
)
def test_packets_have_arrived_when_each_is_as_it_was(heard: list[Sound], same: int) -> None:
    assert arrived(SAID, heard) == same


def test_in_one_place_packets_may_be_missing() -> None:
    assert arrived(SAID, after(1, SAID[:3] + SAID[5:]), gap=2) == 8
    assert arrived(SAID, SAID[:3] + SAID[6:], gap=2) == 0
    assert arrived(SAID, SAID[:3] + SAID[4:6] + SAID[7:], gap=2) == 0


def test_in_one_place_packets_may_be_others() -> None:
    other = Sound(480, b"in another codec")
    assert arrived(SAID, after(1, [*SAID[:3], other, *SAID[4:]]), gap=1) == 9
    assert arrived(SAID, [*SAID[:3], other, *SAID[5:]], gap=2) == 8
    assert arrived(SAID, [*SAID[:3], other, *SAID[4:6], other, *SAID[7:]], gap=1) == 0
