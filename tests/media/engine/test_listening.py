"""Keys that remotes press, as signalling hears of them."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from softswitch.media.codecs.g711 import A_LAW, MU_LAW
from softswitch.media.dtmf.generator import sound
from softswitch.media.engine.department import Say
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.listening import LONGEST, MARGIN, Listeners, event_format
from softswitch.media.engine.stage_messages import Deafen, Digit, Listen
from softswitch.media.formats import Format
from softswitch.media.samples import Samples
from tests.media.dtmf.events import bad_network, dialled, report
from tests.media.engine.studio import EVENTS, FRAME, G729, PCMA, PCMU, Studio

WIDE_EVENTS = Format(102, "TELEPHONE-EVENT", 48000)


class Setup(Studio[Listeners]):
    """With a note of what is cut."""

    def __init__(self) -> None:
        self.cuts: list[tuple[int, float, float]] = []

        def cut(leg: Leg, began: float, ended: float) -> None:
            self.cuts.append((leg.id, began, ended))

        def make(legs: Mapping[int, Leg], say: Say, clock: Callable[[], float]) -> Listeners:
            return Listeners(legs, say, clock, cut)

        super().__init__(make)

    def presses(self, leg: Leg, digits: str, kind: int = 101) -> None:
        """The remote sends telephone events, and nothing else."""
        start = self.now
        packets = dialled(digits)
        for packet in packets:
            self.pass_time(start + packet.at - self.now)
            self.speak(leg, packet.sequence, packet.payload, kind, stamp=packet.timestamp)

    def sings(self, leg: Leg, samples: Samples, kind: int = 0, first: int = 0) -> None:
        """The remote says this, in packets of 20 ms."""
        octets = (A_LAW if kind == 8 else MU_LAW).payload_of(samples)
        for number in range(len(octets) // 160):
            payload = octets[160 * number : 160 * (number + 1)]
            self.speak(leg, first + number, payload, kind)
            self.pass_time(FRAME)

    @property
    def digits(self) -> list[tuple[int, str, str]]:
        return [
            (each.port, each.digit, each.source) for each in self.said if isinstance(each, Digit)
        ]


@pytest.fixture
def it() -> Setup:
    return Setup()


def test_telephone_events_are_told(it: Setup) -> None:
    leg = it.leg(PCMU, EVENTS)
    it.say(Listen(leg.id, False))
    it.presses(leg, "12#")
    assert it.said == [Digit(leg.id, digit, 0.1, "event") for digit in "12#"]


def test_nobody_who_is_not_listened_to_is_told_of(it: Setup) -> None:
    leg = it.leg(PCMU, EVENTS)
    it.presses(leg, "1")
    it.say(Listen(leg.id, False))
    it.say(Deafen(leg.id))
    it.presses(leg, "2")
    it.say(Deafen(leg.id))
    assert it.said == []
    assert it.department.next_deadline == float("inf")


def test_a_key_without_an_end_is_told_when_it_has_been_silent(it: Setup) -> None:
    leg = it.leg(PCMU, EVENTS)
    it.say(Listen(leg.id, False))
    it.speak(leg, 1, report("7", 160), 101, stamp=0)
    it.pass_time(FRAME)
    it.speak(leg, 2, report("7", 320), 101, stamp=0)
    assert it.department.next_deadline <= it.now + 0.1
    it.pass_time(0.08)
    assert it.said == []
    it.pass_time(0.04)
    assert it.said == [Digit(leg.id, "7", 0.04, "event")]
    assert it.department.next_deadline == float("inf")


def test_a_key_that_is_held_wakes_nobody_for_nothing(it: Setup) -> None:
    leg = it.leg(PCMU, EVENTS)
    it.say(Listen(leg.id, False))
    for number in range(1, 20):
        it.speak(leg, number, report("7", 160 * number), 101, stamp=0)
        it.pass_time(FRAME)
    assert it.said == []
    it.speak(leg, 20, report("7", 3200, True), 101, stamp=0)
    it.pass_time(1.0)
    assert it.said == [Digit(leg.id, "7", 0.4, "event")]


def test_durations_follow_the_clock_that_was_agreed_on(it: Setup) -> None:
    leg = it.leg(PCMU, WIDE_EVENTS)
    it.say(Listen(leg.id, False))
    it.speak(leg, 1, report("5", 4800, True), 102, stamp=0)
    it.describe(leg, PCMU, EVENTS)
    it.speak(leg, 2, report("6", 800, True), 101, stamp=9000)
    assert it.said == [Digit(leg.id, "5", 0.1, "event"), Digit(leg.id, "6", 0.1, "event")]


def test_keys_are_told_while_the_call_is_relayed_and_reach_the_other_side(it: Setup) -> None:
    anna, jan = it.leg(PCMU, EVENTS), it.leg(PCMU, EVENTS)
    it.join(anna, jan)
    it.say(Listen(anna.id, False))
    it.presses(anna, "9")
    assert it.said == [Digit(anna.id, "9", 0.1, "event")]
    assert len(it.sent(jan)) == 7


@pytest.mark.parametrize(("format_", "kind"), [(PCMU, 0), (PCMA, 8)])
def test_tones_are_heard_where_no_events_were_agreed_on(
    it: Setup, format_: Format, kind: int
) -> None:
    leg = it.leg(format_)
    it.say(Listen(leg.id, True))
    it.sings(leg, sound("159D", 0.06, 0.06), kind)
    it.pass_time(0.3)
    assert it.digits == [(leg.id, digit, "tone") for digit in "159D"]
    durations = [each.duration for each in it.said if isinstance(each, Digit)]
    assert durations == pytest.approx([0.06] * 4, abs=0.004)


def test_tones_are_not_looked_for_beside_events(it: Setup) -> None:
    leg = it.leg(PCMU, EVENTS)
    it.say(Listen(leg.id, True))
    assert not leg.taps
    it.sings(leg, sound("1", 0.06, 0.2))
    assert it.said == []
    assert it.department.next_deadline == float("inf")


def test_tones_are_not_looked_for_when_nobody_asks(it: Setup) -> None:
    leg = it.leg(PCMU)
    it.say(Listen(leg.id, False))
    assert not leg.taps
    it.say(Listen(leg.id, True))
    assert leg.taps
    it.say(Listen(leg.id, False))
    assert not leg.taps


def test_a_new_description_changes_how_keys_are_heard(it: Setup) -> None:
    leg = it.leg(PCMU)
    it.say(Listen(leg.id, True))
    it.sings(leg, sound("1", 0.06, 0.2))
    it.describe(leg, PCMU, EVENTS)
    assert not leg.taps
    it.presses(leg, "2")
    it.describe(leg, PCMU)
    it.sings(leg, sound("3", 0.06, 0.2), first=100)
    it.pass_time(0.2)
    assert it.digits == [(leg.id, "1", "tone"), (leg.id, "2", "event"), (leg.id, "3", "tone")]


def test_another_codec_is_heard_in_its_place(it: Setup) -> None:
    leg = it.leg(PCMU)
    it.say(Listen(leg.id, True))
    it.sings(leg, sound("1", 0.06, 0.2))
    it.describe(leg, PCMA)
    it.sings(leg, sound("2", 0.06, 0.2), kind=8, first=13)
    it.pass_time(0.2)
    assert it.digits == [(leg.id, "1", "tone"), (leg.id, "2", "tone")]


def test_tones_of_a_remote_that_we_cannot_decode_are_not_heard(it: Setup) -> None:
    leg = it.leg(G729)
    it.say(Listen(leg.id, True))
    it.speak(leg, 1, b"x" * 20, 18)
    it.pass_time(0.5)
    assert it.said == []


def test_many_legs_are_looked_at_together(it: Setup) -> None:
    legs = [it.leg(PCMU) for _ in range(8)]
    for leg in legs:
        it.say(Listen(leg.id, True))
    looks: list[int] = []
    detect = it.department._detector.detect

    def counted(slots, frames):  # type: ignore[no-untyped-def]
        looks.append(len(slots))
        return detect(slots, frames)

    it.department._detector.detect = counted  # type: ignore[method-assign]
    octets = [MU_LAW.payload_of(sound("12345678"[place], 0.1, 0.3)) for place in range(8)]
    for number in range(20):
        for leg, spoken in zip(legs, octets, strict=True):
            it.speak(leg, number, spoken[160 * number : 160 * (number + 1)])
        it.pass_time(FRAME)
    it.pass_time(0.2)
    assert sorted(it.digits) == [(leg.id, "12345678"[leg.id], "tone") for leg in legs]
    assert set(looks) == {8}


def test_a_key_is_cut_out_of_recordings_where_it_was(it: Setup) -> None:
    leg = it.leg(PCMU)
    it.say(Listen(leg.id, True))
    it.sings(leg, np.zeros(1600, np.int16))
    key_began = it.now
    it.sings(leg, sound("8", 0.1, 0.3), first=10)
    it.pass_time(0.3)
    (port, first_from, first_to), (_, last_from, last_to) = it.cuts
    assert port == leg.id
    assert first_to - first_from == pytest.approx(LONGEST)
    assert last_from == pytest.approx(key_began - MARGIN, abs=0.021)
    assert last_to == pytest.approx(key_began + 0.1 + MARGIN, abs=0.021)
    assert last_from <= key_began
    assert last_to >= key_began + 0.1


def test_a_leg_that_ends_is_forgotten(it: Setup) -> None:
    leg, other = it.leg(PCMU), it.leg(PCMU, EVENTS)
    it.say(Listen(leg.id, True))
    it.say(Listen(other.id, True))
    it.sings(leg, sound("1", 0.04, 0.0))
    it.speak(other, 1, report("7", 160), 101, stamp=0)
    it.department.ended(leg)
    it.department.ended(other)
    it.pass_time(1.0)
    assert it.said == []
    assert it.department.next_deadline == float("inf")
    it.department.renewed(leg)
    it.department.close()


def test_a_remote_that_is_silent_is_heard_in_time_when_it_speaks_again(it: Setup) -> None:
    leg = it.leg(PCMU)
    it.say(Listen(leg.id, True))
    it.sings(leg, sound("1", 0.1, 0.0))
    it.pass_time(0.5)
    assert it.digits == [(leg.id, "1", "tone")]


def test_events_of_the_right_clock_are_preferred() -> None:
    assert event_format((PCMU, WIDE_EVENTS, EVENTS), 8000) is EVENTS
    assert event_format((PCMU, WIDE_EVENTS, EVENTS), 16000) is WIDE_EVENTS
    assert event_format((PCMU,)) is None


@pytest.mark.parametrize("seed", range(5))
def test_keys_are_right_over_a_bad_network(it: Setup, seed: int) -> None:
    """G18: a tenth of the packets lost, a tenth doubled, 40 ms of jitter and what comes of it."""
    leg = it.leg(PCMU, EVENTS)
    it.say(Listen(leg.id, False))
    start, digits = it.now, "0123456789*#ABCD" * 3
    bad = bad_network(
        dialled(digits, 65500, 2**32 - 9999), loss=0.1, doubled=0.1, jitter=0.04, seed=seed
    )
    for packet in sorted(bad):
        while start + packet.at > it.now + FRAME:
            it.pass_time(FRAME)
        it.speak(leg, packet.sequence, packet.payload, 101, stamp=packet.timestamp)
    it.pass_time(1.0)
    assert "".join(key.digit for key in it.said if isinstance(key, Digit)) == digits
