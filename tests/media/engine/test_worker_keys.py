"""Keys heard and pressed by a worker, through real sockets and every backend."""

from collections.abc import Iterator

import pytest

from softswitch.media.codecs.g711 import MU_LAW
from softswitch.media.dtmf.generator import sound
from softswitch.media.dtmf.receiver import Receiver
from softswitch.media.engine import control
from softswitch.media.engine.interface import Remote
from softswitch.media.engine.stage_messages import Deafen, Digit, Listen, SendDigits
from softswitch.media.formats import STATIC, Format
from softswitch.media.rtp import build, parse
from tests.media.dtmf.events import dialled
from tests.media.engine.driver import BACKENDS, Driver, Phone, driver

PCMU = STATIC[0]
EVENTS = Format(101, "TELEPHONE-EVENT", 8000)


@pytest.fixture(params=BACKENDS)
def it(request: pytest.FixtureRequest) -> Iterator[Driver]:
    with driver(request.param) as started:
        yield started


@pytest.fixture
def anna(it: Driver) -> Phone:
    return it.phone("127.0.0.5")


@pytest.fixture
def jan(it: Driver) -> Phone:
    return it.phone("127.0.0.6")


def described(phone: Phone, *formats: Format) -> Remote:
    return phone.remote(*(known.payload_type for known in formats))._replace(formats=formats)


def call(it: Driver, anna: Phone, jan: Phone, *formats: Format) -> None:
    it.call(anna, jan)
    it.say(
        control.SetRemote(0, described(anna, *formats)),
        control.SetRemote(1, described(jan, *formats)),
    )
    for sequence in range(5):
        anna.send(sequence)
        jan.send(sequence)
        it.serve(2)


def press(it: Driver, phone: Phone, digits: str, first: int) -> list[control.Message]:
    told = []
    for packet in dialled(digits, first, first * 160):
        data = build(101, packet.sequence, packet.timestamp, 7, packet.payload)
        phone.rtp.sendto(data, phone.to)
        it.serve(2)
        told += it.heard()
    return told


def keys(messages: list[control.Message]) -> list[Digit]:
    return [message for message in messages if isinstance(message, Digit)]


def events(phone: Phone) -> str:
    """The keys that a phone understands of what it was sent."""
    receiver, found = Receiver(), ""
    for number, packet in enumerate(phone.heard()):
        header = parse(packet, len(packet))
        assert header is not None
        if header.payload_type == 101:
            for digit in receiver.event(
                packet[12:], header.ssrc, header.sequence, header.timestamp, number * 0.02
            ):
                found += digit.digit
    return found


def test_keys_are_told_and_cross_in_the_middle_of_a_call(
    it: Driver, anna: Phone, jan: Phone
) -> None:
    call(it, anna, jan, PCMU, EVENTS)
    it.say(Listen(0, False))
    told = press(it, anna, "12", 5)
    assert keys(told) == [Digit(0, "1", 0.1, "event"), Digit(0, "2", 0.1, "event")]
    assert events(jan) == "12"
    it.say(Deafen(0))
    assert keys(press(it, anna, "3", 19)) == []
    assert events(jan) == "3"


def test_keys_are_pressed_on_one_side_of_a_call(it: Driver, anna: Phone, jan: Phone) -> None:
    call(it, anna, jan, PCMU, EVENTS)
    jan.heard()
    it.say(SendDigits(1, "7#", 0.1, 0.1))
    for sequence in range(5, 30):
        anna.send(sequence)
        it.serve(1)
    packets = jan.heard()
    headers = [header for packet in packets if (header := parse(packet, len(packet))) is not None]
    kinds = [header.payload_type for header in headers]
    assert kinds.count(101) == 14
    between = kinds[kinds.index(101) : len(kinds) - kinds[::-1].index(101)]
    assert set(between) == {101}
    assert kinds[-1] == 0
    first = headers[0].sequence
    assert [header.sequence for header in headers] == list(range(first, first + len(headers)))
    stamps = [header.timestamp for header in headers]
    assert stamps == sorted(stamps)


def test_tones_are_heard_in_the_audio_of_a_call(it: Driver, anna: Phone, jan: Phone) -> None:
    call(it, anna, jan, PCMU)
    it.say(Listen(0, True))
    octets = MU_LAW.encode(sound("4", 0.1, 0.3)).tobytes()
    told = []
    for number in range(20):
        anna.send(5 + number, payload=octets[160 * number : 160 * (number + 1)])
        it.serve(1)
        told += it.heard()
    it.serve(10)
    (key,) = keys(told + it.heard())
    assert (key.port, key.digit, key.source) == (0, "4", "tone")
    assert key.duration == pytest.approx(0.1, abs=0.01)
    assert len(jan.heard()) == 25
