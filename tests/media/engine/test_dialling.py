"""Keys that we press, as remotes hear them."""

import numpy as np
import pytest

from softswitch.media.codecs import codec
from softswitch.media.codecs.g711 import MU_LAW
from softswitch.media.dtmf.digits import MAX_DIGITS
from softswitch.media.dtmf.receiver import Digit, Receiver
from softswitch.media.engine.control import Trouble
from softswitch.media.engine.dialling import Diallers
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.stage_messages import SendDigits
from softswitch.media.formats import Format
from softswitch.media.rtp import Header
from tests.media.engine.studio import EVENTS, FRAME, G722, G729, PCMA, PCMU, Studio
from tests.support.keypad import digits, listen, stacked

SPEECH = bytes(range(160))
WIDE_EVENTS = Format(102, "TELEPHONE-EVENT", 48000)
OTHER_EVENTS = EVENTS._replace(payload_type=110)


@pytest.fixture
def it() -> Studio[Diallers]:
    return Studio(Diallers)


def send(
    it: Studio[Diallers], leg: Leg, keys: str, duration: float = 0.1, gap: float = 0.1
) -> None:
    it.say(SendDigits(leg.id, keys, duration, gap))


def understood(
    packets: list[tuple[Header, bytes]], kind: int = 101, rate: int = 8000
) -> list[Digit]:
    """What a right receiver makes of the telephone events in it."""
    receiver = Receiver(rate)
    found: list[Digit] = []
    for number, (header, payload) in enumerate(packets):
        if header.payload_type == kind:
            found += receiver.event(
                payload, header.ssrc, header.sequence, header.timestamp, number * FRAME
            )
    return [*found, *receiver.tick(1e6)]


def test_digits_leave_as_telephone_events(it: Studio[Diallers]) -> None:
    leg = it.leg(PCMU, EVENTS)
    send(it, leg, "1#")
    it.pass_time(0.5)
    packets = it.sent(leg)
    assert understood(packets) == [Digit("1", 0.1), Digit("#", 0.1)]
    headers = [header for header, _ in packets]
    assert [header.marker for header in headers] == ([True] + [False] * 6) * 2
    assert {header.payload_type for header in headers} == {101}
    assert [header.sequence for header in headers] == [headers[0].sequence + n for n in range(14)]
    assert [header.timestamp for header in headers[:7]] == [headers[0].timestamp] * 7
    assert headers[7].timestamp == headers[0].timestamp + 1600
    assert not leg.fed
    assert it.department.next_deadline == float("inf")


def test_the_peer_is_kept_out_meanwhile_and_goes_on_behind_in_one_stream(
    it: Studio[Diallers],
) -> None:
    anna, jan = it.leg(PCMU, EVENTS), it.leg(PCMU, EVENTS)
    it.join(anna, jan)
    for number in range(5):
        it.speak(jan, number, SPEECH)
        it.pass_time(FRAME)
    send(it, anna, "5")
    for number in range(5, 25):
        it.speak(jan, number, SPEECH)
        it.pass_time(FRAME)
    headers = [header for header, _ in it.sent(anna)]
    kinds = [header.payload_type for header in headers]
    assert kinds[:5] == [0] * 5
    assert kinds[5:12] == [101] * 7
    assert set(kinds[12:]) == {0}
    assert len(kinds) >= 5 + 7 + 9
    first = headers[0]
    assert [header.sequence for header in headers] == [
        (first.sequence + step) & 0xFFFF for step in range(len(headers))
    ]
    event, after = headers[5], headers[12]
    assert event.timestamp - headers[4].timestamp == pytest.approx(160, abs=160)
    assert after.timestamp - event.timestamp == pytest.approx(0.2 * 8000, abs=320)
    steps = np.diff([header.timestamp for header in headers[12:]])
    assert set(steps.tolist()) == {160}


@pytest.mark.parametrize("format_", [PCMU, PCMA, G722])
def test_digits_leave_as_tones_where_no_events_are_taken(
    it: Studio[Diallers], format_: Format
) -> None:
    leg = it.leg(format_)
    send(it, leg, "159D")
    it.pass_time(1.0)
    packets = it.sent(leg)
    assert [header.marker for header, _ in packets] == [True] + [False] * 39
    assert set(np.diff([header.timestamp for header, _ in packets]).tolist()) == {160}
    found = codec(format_)
    assert found is not None
    decoder = found.decoder(8000)
    heard = np.concatenate([decoder.decode(payload) for _, payload in packets])
    assert digits(listen(stacked([heard]))[0]) == "159D"
    assert not leg.fed


def test_short_wishes_are_raised_for_tones_too(it: Studio[Diallers]) -> None:
    leg = it.leg(PCMU)
    send(it, leg, "12", duration=0.0, gap=0.0)
    it.pass_time(1.0)
    octets = b"".join(payload for _, payload in it.sent(leg))
    heard = MU_LAW.decode(np.frombuffer(octets, np.uint8))
    assert digits(listen(stacked([heard]))[0]) == "12"


def test_events_of_the_audios_clock_are_chosen(it: Studio[Diallers]) -> None:
    leg = it.leg(Format(96, "OPUS", 48000, 2), EVENTS, WIDE_EVENTS)
    leg.clock_rate = 48000
    send(it, leg, "7")
    it.pass_time(0.3)
    assert understood(it.sent(leg), 102, 48000) == [Digit("7", 0.1)]


def test_a_long_press_moves_on_by_its_segments(it: Studio[Diallers]) -> None:
    leg = it.leg(Format(96, "OPUS", 48000, 2), WIDE_EVENTS)
    leg.clock_rate = 48000
    send(it, leg, "7", duration=2.0)
    it.pass_time(2.3)
    packets = it.sent(leg)
    assert understood(packets, 102, 48000) == [Digit("7", 2.0)]
    stamps = sorted({header.timestamp for header, _ in packets})
    assert np.diff(stamps).tolist() == [0xFFFF]


def test_more_digits_wait_for_those_before(it: Studio[Diallers]) -> None:
    leg = it.leg(PCMU, EVENTS)
    send(it, leg, "12")
    it.pass_time(0.1)
    send(it, leg, "34")
    it.pass_time(1.0)
    assert "".join(digit.digit for digit in understood(it.sent(leg))) == "1234"


def test_no_more_digits_wait_than_any_number_has(it: Studio[Diallers]) -> None:
    leg = it.leg(PCMU, EVENTS)
    for _ in range(100):
        send(it, leg, "1" * 10)
    it.pass_time(100 * 0.2)
    assert len(understood(it.sent(leg))) == MAX_DIGITS // 10 * 10


def test_nothing_to_press_is_nothing_to_do(it: Studio[Diallers]) -> None:
    leg = it.leg(PCMU, EVENTS)
    send(it, leg, "x y")
    assert it.department.next_deadline == float("inf")
    assert not leg.fed


def test_a_remote_that_takes_neither_is_no_secret(it: Studio[Diallers]) -> None:
    leg = it.leg(G729)
    send(it, leg, "1234")
    (trouble,) = it.said
    assert isinstance(trouble, Trouble)
    assert "G729" in trouble.text
    assert "1234" not in trouble.text
    assert not leg.fed


def test_whoever_feeds_the_leg_later_waits(it: Studio[Diallers]) -> None:
    leg = it.leg(PCMU, EVENTS)
    send(it, leg, "12")
    it.pass_time(0.05)
    music = object()
    leg.feed(music)
    it.pass_time(0.05)
    assert leg.feeder is not music
    it.pass_time(0.5)
    assert leg.feeder is music
    assert "".join(digit.digit for digit in understood(it.sent(leg))) == "12"


def test_a_new_number_for_events_is_used_at_once(it: Studio[Diallers]) -> None:
    leg = it.leg(PCMU, EVENTS)
    send(it, leg, "1")
    it.pass_time(0.04)
    it.describe(leg, PCMU, OTHER_EVENTS)
    it.pass_time(0.3)
    assert [header.payload_type for header, _ in it.sent(leg)] == [101] * 2 + [110] * 5


def test_another_way_is_used_from_the_next_digits_on(it: Studio[Diallers]) -> None:
    leg = it.leg(PCMU, EVENTS)
    send(it, leg, "1")
    send(it, leg, "2")
    it.pass_time(0.04)
    it.describe(leg, PCMU)
    it.pass_time(0.3)
    kinds = [header.payload_type for header, _ in it.sent(leg)]
    assert kinds == [101] * 2 + [0] * 10
    send(it, leg, "3")
    it.pass_time(0.04)
    it.describe(leg, PCMU._replace(payload_type=77))
    it.pass_time(0.04)
    assert [header.payload_type for header, _ in it.sent(leg)] == [0] * 2 + [77] * 2
    it.describe(leg, PCMA)
    it.pass_time(0.1)
    assert it.sent(leg) == []
    assert not leg.fed


def test_a_leg_that_ends_is_forgotten(it: Studio[Diallers]) -> None:
    leg = it.leg(PCMU, EVENTS)
    send(it, leg, "123")
    it.department.ended(leg)
    it.department.ended(leg)
    it.department.renewed(leg)
    it.department.close()
    assert it.department.next_deadline == float("inf")
