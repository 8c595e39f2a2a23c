"""Keys in the sound of calls: Q.24, noise, speech, and many calls at once."""

import re
from collections import Counter
from collections.abc import Iterable

import numpy as np
import pytest

from softswitch.media.dtmf.detector import FRAME, Detector, Tone
from softswitch.media.dtmf.digits import DIGITS
from softswitch.media.dtmf.generator import sound
from softswitch.media.samples import Samples
from tests.support.corpora import corpora
from tests.support.keypad import digits, listen, noise, quantized, stacked, tones
from tests.support.q24 import COLUMNS, Case, grid, over_dial_tone, strings
from tests.support.speech import speech


def mistakes(cases: Iterable[Case]) -> dict[str, int]:
    """How many calls of which kind were misheard."""
    listed = list(cases)
    heard = listen(stacked([case.samples for case in listed]))
    return dict(
        Counter(
            case.name
            for case, found in zip(listed, heard, strict=True)
            if digits(found) != case.expected
        )
    )


def test_the_limits_of_q24_are_kept() -> None:
    """G19: both columns, every key, all that must be heard and all that must not."""
    random = np.random.default_rng(24)
    assert mistakes(grid(random, (0.04,), "159D*0#")) == {}


def test_the_limits_are_those_of_the_table() -> None:
    table = (corpora("dtmf-q24") / "q24.tsv").read_text().splitlines()[1:]
    columns = [
        [[float(number) for number in re.findall(r"-?\d+\.?\d*", cell)] for cell in cells]
        for cells in zip(*(line.split("\t")[2:] for line in table), strict=True)
    ]
    for known, numbers in zip(COLUMNS.values(), columns, strict=True):
        assert abs(numbers[0][0]) == pytest.approx(100 * known.right_offset)
        assert abs(numbers[1][0]) == pytest.approx(100 * known.wrong_offset)
        assert numbers[2] == [known.loudest, known.quietest]
        assert numbers[3] == [known.too_quiet]
        assert {abs(number) for number in numbers[4]} == {known.high_louder, known.low_louder}
        assert numbers[5] == [1000 * known.shortest]
        assert numbers[6] == [1000 * known.too_short]
        assert numbers[7] == [1000 * known.pause]
        assert numbers[8] == [1000 * known.interruption]
        assert numbers[9] == [1000 * known.velocity]


def test_no_digit_is_missed_20_db_above_noise() -> None:
    random = np.random.default_rng(20)
    assert mistakes(strings(random, 60, 25, above_noise=20)) == {}


def test_the_first_key_is_heard_over_dial_tone() -> None:
    random = np.random.default_rng(7)
    cases = [over_dial_tone(random, digit, level) for digit in DIGITS for level in (-25, -10, -5)]
    assert mistakes(cases) == {}


def test_speech_is_no_key() -> None:
    assert not any(listen(stacked(list(speech(8, 12.8, 5)))))


def test_other_tones_are_no_keys() -> None:
    pairs = [(425,), (350, 440), (480, 620), (697, 770), (1209, 1336), (950,), (1400, 1800)]
    calls = [quantized(tones(8000, pair, -10.0)) for pair in pairs]
    assert not any(listen(stacked(calls)))


def test_noise_is_no_key() -> None:
    random = np.random.default_rng(3)
    calls = [quantized(noise(16000, level, random)) for level in (-40, -20, -6)]
    assert not any(listen(stacked(calls)))


def frames(samples: Samples) -> Iterable[Samples]:
    whole = len(samples) // FRAME * FRAME
    return samples[:whole].reshape(-1, 1, FRAME)


def test_a_key_is_said_when_it_is_sure_and_again_when_it_is_over() -> None:
    detector = Detector()
    slot = detector.open()
    samples = np.concatenate([np.zeros(400, np.int16), sound("7", 0.1, 0.1)])
    told = []
    for number, frame in enumerate(frames(samples)):
        told += [(number, tone) for tone in detector.detect(np.array([slot]), frame)]
    (pressed_in, pressed), (released_in, released) = told
    assert pressed == Tone(slot, "7", pressed.begin, None)
    assert pressed.begin == pytest.approx(400, abs=16)
    assert pressed_in <= (400 + 480) // FRAME + 1
    assert released.begin == pressed.begin
    assert released.end == pytest.approx(1200, abs=16)
    assert released_in <= (1200 + 320) // FRAME + 1


def test_a_key_may_follow_another_without_a_pause() -> None:
    samples = np.concatenate([sound("1", 0.06, 0.0), sound("2", 0.06, 0.1)])
    assert digits(listen(stacked([samples]))[0]) == "12"


def test_calls_come_and_go_and_slots_are_used_again() -> None:
    detector = Detector(1)
    one = detector.open()
    other = detector.open()
    assert one != other
    half, rest = np.split(sound("5", 0.12, 0.0)[:960], [480])
    for frame in frames(half):
        detector.detect(np.array([other]), frame)
    assert detector._tracks
    detector.close(other)
    assert not detector._tracks
    assert detector.open() == other
    found: list[Tone] = []
    for frame in frames(np.concatenate([np.zeros(320, np.int16), rest, np.zeros(480, np.int16)])):
        found += detector.detect(np.array([other]), frame)
    assert [tone.digit for tone in found] == ["5", "5"]
    assert found[0].begin == pytest.approx(320, abs=16)


def test_a_detector_grows_with_the_calls() -> None:
    detector = Detector(2)
    slots = [detector.open() for _ in range(20)]
    assert len(set(slots)) == 20
    rows = np.tile(sound("*", 0.1, 0.1), (20, 1))
    heard: Counter[int] = Counter()
    for start in range(0, rows.shape[1], FRAME):
        batch = rows[:, start : start + FRAME]
        heard.update(tone.slot for tone in detector.detect(np.array(slots), batch))
    assert heard == dict.fromkeys(slots, 2)


def test_calls_in_any_order_keep_their_own_sound() -> None:
    """Each call is on its own clock: some are heard while others are not."""
    detector = Detector()
    slots = [detector.open() for _ in range(3)]
    streams = {
        slot: list(frames(sound(key, 0.1, 0.1))) for slot, key in zip(slots, "147", strict=True)
    }
    found: list[Tone] = []
    turn = 0
    while any(streams.values()):
        chosen = [slot for place, slot in enumerate(slots) if streams[slot] and (turn + place) % 3]
        chosen.reverse()
        batch = np.concatenate(
            [streams[slot].pop(0) for slot in chosen] or [np.zeros((0, FRAME), np.int16)]
        )
        found += detector.detect(np.array(chosen, np.intp), batch)
        turn += 1
    assert sorted((tone.slot, tone.digit) for tone in found if tone.end) == [
        (slots[0], "1"),
        (slots[1], "4"),
        (slots[2], "7"),
    ]


def test_nothing_is_heard_in_no_calls() -> None:
    assert list(Detector().detect(np.zeros(0, np.intp), np.zeros((0, FRAME), np.int16))) == []
