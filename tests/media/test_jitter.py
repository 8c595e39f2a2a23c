"""The jitter buffer against a network that misbehaves."""

import dataclasses
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.arrivals import Arrivals
from softswitch.media.jitter import LOST, MAX_PACKETS, SILENT, JitterBuffer, Missing
from tests.media.network import BAD, Arrived, Network

FRAME = 0.02
START = 1000.0


def play(
    buffer: JitterBuffer, arrivals: Iterable[Arrived], seconds: float, ticks: int = 160
) -> list[int | Missing]:
    """Numbers of the packets taken on a 20 ms grid, or what there was instead."""
    played: list[int | Missing] = []
    waiting = list(arrivals)[::-1]
    rest = 0
    ssrc = 7
    for frame in range(round(seconds / FRAME)):
        now = START + frame * FRAME
        while waiting and waiting[-1].at <= now:
            packet = waiting.pop()
            if packet.ssrc != ssrc:
                ssrc = packet.ssrc
                buffer.restart()
            buffer.put(packet.sequence, packet.timestamp, packet.payload, packet.at)
        while rest < 160:
            taken = buffer.take(now)
            if isinstance(taken, bytes):
                played.append(int.from_bytes(taken[:4], "big"))
                rest += len(taken)
            else:
                played.append(taken)
                rest += buffer.duration if taken is LOST else 160
        rest -= 160
    return played


def numbers(played: list[int | Missing]) -> list[int]:
    return [each for each in played if isinstance(each, int)]


def in_order(played: list[int | Missing]) -> bool:
    found = numbers(played)
    return found == sorted(set(found))


def test_a_perfect_network_costs_one_frame_of_delay_and_nothing_else() -> None:
    buffer = JitterBuffer(8000)
    played = play(buffer, Network().carry(60, START), 60)
    assert played == [SILENT, *range(2999)]


@pytest.mark.parametrize("ticks", [80, 160, 240, 480])
def test_packets_of_any_length_follow_each_other(ticks: int) -> None:
    buffer = JitterBuffer(8000)
    arrivals = Network(jitter=0.002).carry(30, START, ticks=ticks)
    played = play(buffer, arrivals, 30, ticks)
    found = numbers(played)
    assert found == list(range(len(found)))
    assert len(found) >= len(arrivals) - 6
    assert buffer.lost == buffer.dropped == buffer.inserted == 0


@pytest.mark.parametrize("skew", [500e-6, -500e-6, 0.0])
def test_the_bad_network_of_the_goals(skew: float) -> None:  # RTP-11
    buffer = JitterBuffer(8000)
    network = dataclasses.replace(BAD, skew=skew)
    arrivals = network.carry(
        120, START, sequence=65000, timestamp=(1 << 32) - 80000, ssrc_changes_at=3000
    )
    played = play(buffer, arrivals, 120)
    distinct = {packet.number for packet in arrivals}
    assert in_order(played)
    assert len(numbers(played)) > 0.985 * len(distinct)
    assert len(played) == 6000
    assert buffer.doubled > 300


@pytest.mark.parametrize("skew", [500e-6, -500e-6])
def test_the_delay_stays_while_the_remote_s_clock_strays(skew: float) -> None:
    buffer = JitterBuffer(8000)
    played = play(buffer, Network(skew=skew, jitter=0.002).carry(301, START), 300)
    assert in_order(played)
    strays = 300 * 500e-6 / FRAME
    changed = buffer.dropped if skew < 0 else buffer.inserted
    assert strays - 2 <= changed <= strays + 2
    last = max(numbers(played))
    assert 0.0 <= 300 - (last + 1) * FRAME * (1 + skew) < 0.08


def test_a_payload_tells_when_it_came() -> None:
    buffer = JitterBuffer(8000)
    for number in range(10):
        buffer.put(number, 160 * number, b"x" * 160, 5.0 + 0.02 * number)
    assert buffer.take(5.04) == b"x" * 160
    assert buffer.came == pytest.approx(5.0, abs=0.001)
    assert buffer.take(5.06) == b"x" * 160
    assert buffer.came == pytest.approx(5.02, abs=0.001)


def test_quiet_packets_are_left_out_first() -> None:
    buffer = JitterBuffer(8000, quiet=lambda payload: payload[3] % 50 == 0)
    played = play(buffer, Network(skew=-1000e-6).carry(60, START), 60)
    missing = set(range(max(numbers(played)))) - set(numbers(played))
    assert missing
    assert all(number % 256 % 50 == 0 for number in missing)


def test_where_nothing_is_quiet_something_else_is_left_out() -> None:
    buffer = JitterBuffer(8000, quiet=lambda _: False)
    played = play(buffer, Network(skew=-2000e-6).carry(60, START), 60)
    assert buffer.dropped >= 3
    assert in_order(played)


def test_the_delay_grows_with_the_jitter_and_shrinks_again() -> None:  # RTP-11
    buffer = JitterBuffer(8000)
    arrivals = [
        packet._replace(at=packet.at + (0.09 if 500 < packet.number < 750 else 0.0) * (n % 2))
        for n, packet in enumerate(Network().carry(60, START))
    ]
    played = play(buffer, sorted(arrivals), 60)
    assert in_order(played)
    assert buffer.inserted >= 3
    assert buffer.dropped >= 3
    assert buffer.late < 8
    assert played[-1] == 2998 - 1 or played[-1] == 2998


def test_a_gap_is_lost_for_three_packets_and_then_silence() -> None:
    buffer = JitterBuffer(8000)
    arrivals = [p for p in Network().carry(2, START) if not 20 <= p.number < 30]
    played = play(buffer, arrivals, 2)
    assert played[1:31] == [*range(20), *[LOST] * 3, *[SILENT] * 7]
    assert played[31:] == list(range(30, 99))
    assert buffer.lost == 3


def test_what_was_never_sent_is_not_lost() -> None:
    """Silence suppression: the sequence goes on, the timestamp jumps (RFC 3551 §4.1)."""
    buffer = JitterBuffer(8000)
    arrivals = [
        p._replace(sequence=p.number if p.number < 20 else p.number - 50)
        for p in Network().carry(4, START)
        if not 20 <= p.number < 70
    ]
    played = play(buffer, arrivals, 4)
    assert played[1:21] == list(range(20))
    assert played[71:] == list(range(70, 199))
    assert set(played[21:71]) <= {LOST, SILENT}


def test_a_talkspurt_that_waits_already_is_known_to_follow_silence() -> None:
    buffer = JitterBuffer(8000, 0.2, 0.2)
    for number in (0, 1, 2):
        buffer.put(number, number * 160, b"%d" % number * 160, START + number * FRAME)
    buffer.put(3, 8 * 160, b"8" * 160, START + 8 * FRAME)
    taken = [buffer.take(START + 0.2 + frame * FRAME) for frame in range(9)]
    assert taken[3:8] == [SILENT] * 5
    assert taken[8] == b"8" * 160
    assert buffer.lost == 0


def test_doubles_and_latecomers_are_forgotten() -> None:
    buffer = JitterBuffer(8000)
    for number in range(3):
        buffer.put(number, number * 160, b"x" * 160, START + number * FRAME)
    buffer.put(2, 320, b"y" * 160, START + 0.041)
    assert (len(buffer), buffer.doubled) == (3, 1)
    assert buffer.take(START + 0.05) == b"x" * 160
    buffer.put(0, 0, b"y" * 160, START + 0.051)
    assert (len(buffer), buffer.late) == (2, 1)


def test_a_network_that_has_become_slower_is_believed() -> None:
    buffer = JitterBuffer(8000)
    arrivals = [
        packet._replace(at=packet.at + (0.4 if packet.number >= 100 else 0.0))
        for packet in Network().carry(8, START)
    ]
    played = play(buffer, arrivals, 8)
    assert in_order(played)
    assert len(numbers(played)) >= 400 - 25 - 6


def test_packets_that_are_late_one_after_the_other_move_the_time() -> None:
    buffer = JitterBuffer(8000)
    arrivals = [
        packet._replace(at=packet.at + 0.003 * max(0, packet.number - 100))
        for packet in Network().carry(4, START)
    ]
    played = play(buffer, arrivals, 5)
    assert in_order(played)
    assert len(numbers(played)) > 150


def test_a_phone_that_starts_its_timestamps_anew_is_followed_at_once() -> None:
    buffer = JitterBuffer(8000)
    arrivals = [
        p._replace(timestamp=(p.timestamp + (0x5EED0000 if p.number >= 50 else 0)) & 0xFFFFFFFF)
        for p in Network().carry(2, START)
    ]
    assert play(buffer, arrivals, 2) == [SILENT, *range(99)]


def test_one_packet_from_another_time_is_not_believed() -> None:
    buffer = JitterBuffer(8000)
    arrivals = Network().carry(2, START)
    stray = arrivals[40]._replace(sequence=9999, timestamp=0x5EED0000)
    assert play(buffer, sorted([*arrivals, stray]), 2) == [SILENT, *range(99)]


def test_several_packets_from_another_time_are() -> None:
    buffer = JitterBuffer(8000)
    arrivals = [
        p._replace(
            sequence=p.number + (5000 if p.number >= 50 else 0),
            timestamp=p.timestamp + (0x5EED0000 if p.number >= 50 else 0),
        )
        for p in Network().carry(2, START)
    ]
    played = play(buffer, arrivals, 2)
    assert numbers(played)[:50] == list(range(50))
    assert numbers(played)[50:] == list(range(53, numbers(played)[-1] + 1))


def test_another_source_goes_on_where_the_first_ended() -> None:
    buffer = JitterBuffer(8000)
    arrivals = Network().carry(2, START, ssrc_changes_at=50)
    assert play(buffer, arrivals, 2) == [SILENT, *range(99)]


def test_a_source_that_comes_back_after_a_pause_takes_its_place_on_the_time_line() -> None:
    buffer = JitterBuffer(8000)
    buffer.put(1, 0, b"a" * 160, START)
    assert buffer.take(START + 0.02) == b"a" * 160
    buffer.restart()
    buffer.put(9, 77777, b"b" * 160, START + 1.0)
    assert [buffer.take(START + at) for at in (0.04, 0.06, 1.0)] == [SILENT] * 3
    assert buffer.take(START + 1.02) == b"b" * 160


def test_a_partial_gap_ends_where_the_next_packet_begins() -> None:
    buffer = JitterBuffer(8000)
    buffer.put(1, 0, b"a" * 160, START)
    buffer.put(3, 240, b"b" * 160, START + 0.02)
    assert buffer.take(START + 0.02) == b"a" * 160
    assert buffer.take(START + 0.04) is LOST
    assert buffer.take(START + 0.06) == b"b" * 160


def test_after_a_stall_of_ours_the_delay_comes_down_again() -> None:
    buffer = JitterBuffer(8000, quiet=lambda _: False)
    arrivals = Network().carry(20, START)
    for packet in arrivals[:100]:
        buffer.put(packet.sequence, packet.timestamp, packet.payload, packet.at)
        buffer.take(packet.at)
    for packet in arrivals[100:130]:
        buffer.put(packet.sequence, packet.timestamp, packet.payload, packet.at)
    for packet in arrivals[130:]:
        buffer.put(packet.sequence, packet.timestamp, packet.payload, packet.at)
        buffer.take(packet.at)
    assert len(buffer) <= 5


def test_memory_is_bounded() -> None:
    buffer = JitterBuffer(8000)
    for number in range(3000):
        buffer.put(number, number, b"x", START + number * 1e-4)
        buffer.put(60000 - 3 * number, 80 * number, b"x", START + number * 1e-4)
    assert len(buffer) <= MAX_PACKETS + 1
    assert buffer.dropped > 0


def test_memory_is_bounded_when_packets_come_in_order_and_much_too_fast() -> None:
    buffer = JitterBuffer(8000)
    for number in range(5000):
        buffer.put(number, number, b"x", START)
    assert len(buffer) == MAX_PACKETS


@given(
    st.lists(
        st.tuples(
            st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF), st.integers(1, 400), st.floats(0, 2)
        ),
        max_size=60,
    )
)
@settings(max_examples=60)
def test_nothing_a_peer_sends_raises_or_stays_for_ever(
    packets: list[tuple[int, int, int, float]],
) -> None:
    buffer = JitterBuffer(8000)
    now = START
    for sequence, timestamp, octets, pause in packets:
        now += pause
        buffer.put(sequence, timestamp, bytes(octets), now)
        buffer.take(now)
    for _ in range(len(packets) * 4 + 400):
        now += FRAME
        buffer.take(now)
    assert len(buffer) == 0
    assert buffer.take(now) is SILENT


def test_a_phone_that_sets_its_timestamps_back_a_little_is_followed_too() -> None:
    buffer = JitterBuffer(8000)
    arrivals = [
        p._replace(timestamp=p.timestamp - (4000 if p.number >= 50 else 0))
        for p in Network().carry(2, START)
    ]
    played = play(buffer, arrivals, 2)
    assert in_order(played)
    assert numbers(played)[-1] >= 96
    assert buffer.late == 4


def test_a_burst_after_a_long_stall_is_played_before_anything_is_known_of_what_follows() -> None:
    buffer = JitterBuffer(8000)
    arrivals = Network().carry(1.6, START)
    late = [packet._replace(at=max(packet.at, START + 1.5)) for packet in arrivals[20:]]
    played = play(buffer, [*arrivals[:20], *late], 4.0)
    assert in_order(played)
    assert len(numbers(played)) > 45


def test_a_run_is_what_follows_without_a_gap() -> None:
    buffer = JitterBuffer(8000)
    assert buffer.take_run(1600) == []
    for number in range(20):
        if number != 12:
            buffer.put(number, number * 160, bytes((number,)) * 160, START + number * FRAME)
    assert buffer.take_run(1600) == []
    assert buffer.take(START + 0.4) == bytes(160)
    assert [payload[0] for payload in buffer.take_run(800)] == [1, 2, 3, 4, 5]
    assert [payload[0] for payload in buffer.take_run(8000)] == [6, 7, 8, 9, 10, 11]
    assert buffer.take_run(8000) == []
    assert buffer.take(START + 0.6) is LOST
    assert [payload[0] for payload in buffer.take_run(100)] == [13]


def test_no_run_begins_where_there_is_something_to_be_thought_about() -> None:
    buffer = JitterBuffer(8000)
    for number in range(100):
        buffer.put(number, number * 160, b"x" * 160, START + number * FRAME)
    taken = [buffer.take(START + 0.02), buffer.take(START + 0.04)]
    assert taken == [b"x" * 160] * 2
    assert len(buffer.take_run(40 * 160)) == 40
    assert buffer.take_run(80_000) == []
    assert buffer.take(START + 0.02 + 42 * FRAME) == b"x" * 160
    assert len(buffer.take_run(80_000)) == 57


def test_packets_that_waited_for_long_tell_nothing_of_the_network() -> None:
    buffer = JitterBuffer(8000)
    for number in range(60):
        buffer.put(number, number * 160, b"x" * 160, START)
    taken = [buffer.take(START + 0.5 + number * FRAME) for number in range(40)]
    assert taken == [b"x" * 160] * 40


def test_with_nothing_there_nothing_is_left_out() -> None:
    buffer = JitterBuffer(8000)
    for number in range(25):
        buffer.put(number, number * 160, b"x" * 160, START + number * FRAME)
    for number in range(25):
        buffer.take(START + 0.02 + number * FRAME)
    assert buffer.take(START + 2.0) is LOST
    assert buffer.dropped == 0


@given(st.lists(st.floats(0, 0.3), min_size=1, max_size=30), st.integers(1, 29))
@settings(max_examples=100)
def test_a_run_is_put_as_its_packets_are(delays: list[float], first: int) -> None:
    one, other = JitterBuffer(8000), JitterBuffer(8000)
    payloads = [bytes([number]) * 160 for number in range(len(delays) + first)]
    for buffer in (one, other):
        for number in range(first):
            buffer.put(number, 160 * number, payloads[number], 1.0 + 0.02 * number)
    run = payloads[first:]
    times = [1.0 + 0.02 * (first + number) + delay for number, delay in enumerate(delays)]
    for number, (payload, now) in enumerate(zip(run, times, strict=True)):
        one.put(first + number, 160 * (first + number), payload, now)
    assert other.put_run(first, 160 * first, b"".join(run), Arrivals.of(times))
    assert len(one) == len(other)
    assert one.next_came == other.next_came
    for name in ("_packets", "_end", "_sequence", "_position"):
        assert getattr(one, name) == getattr(other, name), name
    seen = [(each._transits.least, each._transits.most) for each in (one, other)]
    assert seen[0] == seen[1]


def test_what_does_not_follow_or_has_no_room_is_no_run() -> None:
    buffer = JitterBuffer(8000)
    payload = b"x" * 160
    assert not buffer.put_run(0, 0, payload, Arrivals.of([1.0]))
    buffer.put(0, 0, payload, 1.0)
    assert not buffer.put_run(2, 320, payload, Arrivals.of([1.04]))
    full = Arrivals.of([1.02] * MAX_PACKETS)
    assert not buffer.put_run(1, 160, payload * MAX_PACKETS, full)
    assert buffer.put_run(1, 160, payload, Arrivals.of([1.02]))
    assert len(buffer) == 2


@given(
    st.lists(st.tuples(st.sampled_from(["run", "one", "gap", "twice"]), st.integers(1, 12))),
    st.integers(1, 400),
)
@settings(max_examples=100)
def test_runs_are_given_out_as_their_packets_would_be(
    what: list[tuple[str, int]], at_once: int
) -> None:
    one, other = JitterBuffer(8000, 0.1, 0.1), JitterBuffer(8000, 0.1, 0.1)
    came: list[tuple[int, bool]] = []
    number = 0
    for kind, count in [("one", 5), *what]:
        number += 2 * (kind == "gap")
        again = [number - 1] if kind == "twice" else []
        came += [(each, kind == "run") for each in [*again, *range(number, number + count)]]
        number += count
    waiting: list[int] = []

    def put_together() -> None:
        first = waiting[0]
        sound = b"".join(bytes([each % 251]) * 160 for each in waiting)
        times = [START + FRAME * each for each in waiting]
        if not other.put_run(first, 160 * first, sound, Arrivals.of(times)):
            for each, now in zip(waiting, times, strict=True):
                other.put(each, 160 * each, bytes([each % 251]) * 160, now)
        waiting.clear()

    for position, (each, together) in enumerate(came):
        one.put(each, 160 * each, bytes([each % 251]) * 160, START + FRAME * each)
        if waiting and waiting[-1] != each - 1:
            put_together()
        waiting.append(each)
        if not together or position == len(came) - 1:
            put_together()
    taken: list[bytes] = []
    for buffer in (one, other):
        pieces: list[bytes] = []
        now = START + 0.11
        while now < START + FRAME * number + 0.3:
            run = b"".join(buffer.take_run(at_once))
            piece = run or buffer.take(now)
            pieces.append(piece if isinstance(piece, bytes) else repr(piece).encode())
            now += FRAME * max(1, len(run) // 160)
        taken.append(b"".join(pieces))
    assert taken[0] == taken[1]
    assert (one.doubled, one.lost, one.late) == (other.doubled, other.lost, other.late)


def test_a_run_that_came_in_one_piece_is_taken_in_one_piece() -> None:
    buffer = JitterBuffer(8000)
    for number in range(2):
        buffer.put(number, 160 * number, bytes(160), START + FRAME * number)
        assert buffer.take(START + FRAME * (number + 1)) == bytes(160)
    sound = bytes(number for number in range(2, 7) for _ in range(160))
    times = Arrivals.of([START + FRAME * number for number in range(2, 7)])
    assert buffer.put_run(2, 320, sound, times)
    assert buffer.take_run(320) == [sound[:320]]
    assert buffer.take_run(8000) == [sound[320:]]
    assert buffer.duration == 160
    assert buffer.take_run(8000) == []
