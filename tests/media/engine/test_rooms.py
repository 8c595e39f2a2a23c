"""Conference rooms: who hears whom."""

import numpy as np
import pytest

from softswitch.media.codecs import codec
from softswitch.media.codecs.g711 import A_LAW, MU_LAW
from softswitch.media.codecs.interface import Decoder
from softswitch.media.engine.control import Trouble
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.rooms import Rooms, rate_of
from softswitch.media.engine.stage_messages import Leave, Mix, Talks
from softswitch.media.formats import STATIC, Format
from softswitch.media.samples import Samples
from tests.media.engine.studio import G722, G729, OPUS, PCMA, PCMU, Studio, is_one_stream

SILENCE = b"\xff" * 160


@pytest.fixture
def it() -> Studio[Rooms]:
    return Studio(Rooms)


def tone(frequency: float, number: int, rate: int = 8000) -> Samples:
    """A frame of a tone that goes on from frame to frame."""
    size = rate // 50
    time = np.arange(number * size, (number + 1) * size) / rate
    return (6000 * np.sin(2 * np.pi * frequency * time)).astype(np.int16)


def talk(it: Studio[Rooms], leg: Leg, frequency: float, number: int) -> None:
    it.speak(leg, number, MU_LAW.payload_of(tone(frequency, number)))


def enter(it: Studio[Rooms], *legs: Leg, room: str = "r", muted: bool = False) -> None:
    for leg in legs:
        it.say(Mix(leg.id, room, muted))


def loudest(it: Studio[Rooms], leg: Leg, decoder: Decoder | None = None) -> list[int]:
    """The tones (Hz) in the last half second of what a G.711 remote, or a decoder, heard."""
    payloads = [payload for _, payload in it.sent(leg)]
    if decoder is None:
        sound = MU_LAW.decode(np.frombuffer(b"".join(payloads), np.uint8))
        rate = 8000
    else:
        sound = np.concatenate([decoder.decode(payload) for payload in payloads])
        rate = decoder.rate
    half = sound[-rate // 2 :].astype(float)
    spectrum = np.abs(np.fft.rfft(half)) / len(half)
    return [int(index * 2) for index in np.flatnonzero(spectrum > 800)]


def test_everybody_hears_all_others_and_not_himself(it: Studio[Rooms]) -> None:
    anna, jan, kim = (it.leg(PCMU) for _ in range(3))
    enter(it, anna, jan, kim)

    def two_talk(number: int) -> None:
        talk(it, anna, 400, number)
        talk(it, jan, 700, number)

    it.pass_time(2.0, two_talk)
    assert loudest(it, kim) == [400, 700]
    assert loudest(it, anna) == [700]
    assert loudest(it, jan) == [400]


def test_the_stream_of_a_member_has_no_gaps(it: Studio[Rooms]) -> None:
    anna, jan = it.leg(PCMU), it.leg(PCMA)
    enter(it, anna, jan)
    it.pass_time(1.0, lambda number: talk(it, anna, 400, number))
    for leg, silence, kind in ((anna, 0xFF, 0), (jan, A_LAW.silence, 8)):
        packets = it.sent(leg)
        assert len(packets) == 50
        headers = [header for header, _ in packets]
        assert is_one_stream(headers)
        assert [header.marker for header in headers] == [True] + [False] * 49
        assert {header.payload_type for header in headers} == {kind}
        assert packets[0][1] == bytes((silence,)) * 160


def test_rooms_are_apart(it: Studio[Rooms]) -> None:
    anna, jan, kim = (it.leg(PCMU) for _ in range(3))
    enter(it, anna, jan)
    enter(it, kim, room="other")
    it.pass_time(1.0, lambda number: talk(it, anna, 400, number))
    assert loudest(it, jan) == [400]
    assert loudest(it, kim) == []


def test_who_is_muted_hears_and_is_not_heard(it: Studio[Rooms]) -> None:
    anna, jan = it.leg(PCMU), it.leg(PCMU)
    enter(it, jan)
    enter(it, anna, muted=True)
    it.pass_time(1.0, lambda number: talk(it, anna, 400, number))
    assert loudest(it, jan) == []
    enter(it, anna)
    it.pass_time(1.0, lambda number: talk(it, anna, 400, 50 + number))
    assert loudest(it, jan) == [400]


def test_talking_is_told(it: Studio[Rooms]) -> None:
    anna, jan = it.leg(PCMU), it.leg(PCMU)
    enter(it, anna, jan)
    it.pass_time(1.0, lambda number: talk(it, anna, 400, number))
    it.pass_time(1.0)
    assert it.said == [Talks(anna.id, True), Talks(anna.id, False)]


def test_whoever_leaves_is_heard_no_more_and_gets_nothing(it: Studio[Rooms]) -> None:
    anna, jan = it.leg(PCMU), it.leg(PCMU)
    enter(it, anna, jan)
    it.pass_time(0.5, lambda number: talk(it, anna, 400, number))
    it.say(Leave(anna.id))
    it.say(Leave(anna.id))
    assert not anna.fed
    assert anna.stage is None
    it.sent(anna)
    it.pass_time(1.0, lambda number: talk(it, anna, 400, 25 + number))
    assert it.sent(anna) == []
    assert loudest(it, jan) == []
    it.department.ended(jan)
    assert it.department.next_deadline == float("inf")
    it.department.close()


def test_another_room_is_another_room(it: Studio[Rooms]) -> None:
    anna, jan, kim = (it.leg(PCMU) for _ in range(3))
    enter(it, anna, jan)
    enter(it, kim, room="other")
    enter(it, anna, room="other")
    it.pass_time(1.0, lambda number: talk(it, anna, 400, number))
    assert loudest(it, jan) == []
    assert loudest(it, kim) == [400]


def test_narrow_and_wideband_members_hear_each_other(it: Studio[Rooms]) -> None:
    anna, wide, opus = it.leg(PCMU), it.leg(G722), it.leg(OPUS)
    enter(it, anna, wide, opus)
    made = codec(G722)
    assert made is not None
    encoder = made.encoder()

    def both(number: int) -> None:
        talk(it, anna, 400, number)
        it.speak(wide, number, encoder.encode(tone(700, number, 16000)), 9)

    it.pass_time(2.0, both)
    assert loudest(it, anna) == [700]
    assert loudest(it, wide, made.decoder()) == [400]
    found = codec(OPUS)
    assert found is not None
    assert loudest(it, opus, found.decoder(16000)) == [400, 700]


def test_another_description_is_followed(it: Studio[Rooms]) -> None:
    anna, jan = it.leg(PCMU), it.leg(PCMU)
    enter(it, anna, jan)
    it.pass_time(0.5, lambda number: talk(it, anna, 400, number))
    it.describe(jan, PCMU._replace(payload_type=100))
    it.pass_time(0.1, lambda number: talk(it, anna, 400, 25 + number))
    it.describe(jan, PCMA)
    it.pass_time(0.1, lambda number: talk(it, anna, 400, 30 + number))
    it.describe(jan, G722)
    it.pass_time(0.1, lambda number: talk(it, anna, 400, 35 + number))
    packets = it.sent(jan)
    kinds = [header.payload_type for header, _ in packets]
    assert sorted(set(kinds), key=kinds.index) == [0, 100, 8, 9]
    assert len(packets) >= 39
    it.describe(jan, G729)
    assert it.said[-1] == Trouble("room r: we cannot speak G729 to the remote")
    assert not jan.fed
    it.describe(jan, PCMU)


def test_who_was_muted_stays_so_at_another_rate(it: Studio[Rooms]) -> None:
    anna, jan = it.leg(G722), it.leg(PCMU)
    enter(it, jan)
    enter(it, anna, muted=True)
    it.describe(anna, PCMU)
    it.pass_time(1.0, lambda number: talk(it, anna, 400, number))
    assert loudest(it, jan) == []


def test_an_announcement_goes_before_the_room(it: Studio[Rooms]) -> None:
    anna, jan = it.leg(PCMU), it.leg(PCMU)
    enter(it, anna, jan)
    it.pass_time(0.1)
    announcement = object()
    anna.feed(announcement)
    it.pass_time(0.1)
    anna.starve(announcement)
    it.pass_time(0.1)
    headers = [header for header, _ in it.sent(anna)]
    assert [header.marker for header in headers] == [True, *[False] * 4, True, *[False] * 4]


def test_what_cannot_be_mixed_is_said(it: Studio[Rooms]) -> None:
    leg = it.leg(G729)
    enter(it, leg)
    assert it.said == [Trouble("room r: we cannot speak G729 to the remote")]
    assert rate_of(STATIC[18]) == 0
    assert rate_of(Format(99, "L16", 44100)) == 0
