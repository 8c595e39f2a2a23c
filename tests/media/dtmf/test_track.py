"""One key, window by window."""

from softswitch.media.dtmf.digits import KEYPAD
from softswitch.media.dtmf.spectrum import HOP
from softswitch.media.dtmf.track import (
    MOST_DOUBTS,
    MOST_WINDOWS,
    QUIETEST,
    TWIST,
    UNSTEADY,
    WIDEST,
    Became,
    Track,
    Window,
)
from softswitch.media.levels import amplitude

KEY = KEYPAD.index("5")
LOUD = amplitude(-10.0)


def window(
    number: int,
    low: float = LOUD,
    high: float = LOUD,
    *,
    low_offset: float = 0.0,
    high_offset: float = 0.0,
    purity: float = 1.0,
) -> Window:
    peaks, offsets = [1.0] * 8, [0.0] * 8
    peaks[1], peaks[5] = low, high
    offsets[1], offsets[5] = low_offset, high_offset
    return Window(number * HOP, peaks, offsets, purity)


def shares(*loudness: float) -> list[Window]:
    return [window(number, LOUD * share, LOUD * share) for number, share in enumerate(loudness)]


def follow(windows: list[Window]) -> tuple[Track, list[Became]]:
    track = Track(KEY, windows[:1])
    return track, [track.follow(each) for each in windows[1:]]


def test_a_key_is_pressed_after_32_ms_and_released_after_20_ms_of_silence() -> None:
    track, became = follow(shares(0, 0.5, *[1.0] * 8, 0.5, 0, 0, 0, 0))
    assert track.digit == "5"
    assert became.index(Became.PRESSED) == 7
    assert became.index(Became.RELEASED) == 13
    assert track.begin == HOP
    assert track.end == 10 * HOP


def test_edges_are_read_between_the_windows() -> None:
    track, became = follow(shares(0, 0.25, *[1.0] * 8, 0.75, 0.25, 0, 0, 0, 0, 0))
    assert became[-1] is Became.RELEASED
    assert track.begin == round(HOP * (1 + 0.25 / 0.75))
    assert track.end == round(HOP * 10.5)


def test_a_short_interruption_is_bridged() -> None:
    _, became = follow(shares(0, *[1.0] * 5, 0.2, 0.2, *[1.0] * 5, 0, 0, 0, 0, 0))
    assert became.count(Became.PRESSED) == 1
    assert became.count(Became.RELEASED) == 1
    assert became[-1] is Became.RELEASED


def test_what_is_too_short_is_lost() -> None:
    _, became = follow(shares(0, *[1.0] * 5, 0, 0, 0, 0, 0, 0))
    assert Became.PRESSED not in became
    assert Became.LOST in became


def is_key(**fields: float) -> bool:
    windows = [window(0, 0, 0), *(window(number, **fields) for number in range(1, 12))]
    return Became.PRESSED in follow(windows)[1]


def test_frequencies_must_be_right() -> None:
    for name, nominal in (("low_offset", 770), ("high_offset", 1336)):
        for sign in (-1, 1):
            assert is_key(**{name: sign * nominal * (WIDEST - 0.001)})
            assert not is_key(**{name: sign * nominal * (WIDEST + 0.001)})


def test_frequencies_may_not_be_the_harmonics_of_a_voice() -> None:
    assert is_key(low_offset=-0.018 * 770, high_offset=0.018 * 1336)
    assert is_key(low_offset=0.02 * 770, high_offset=0.02 * 1336)
    assert not is_key(low_offset=-0.019 * 770, high_offset=0.0189 * 1336)
    assert not is_key(low_offset=0.0195 * 770, high_offset=-0.0195 * 1336)


def test_frequencies_must_keep() -> None:
    def glides(by: float) -> bool:
        windows = [window(0, 0, 0)]
        windows += [
            window(number, high_offset=1336 * by * (number / 10 - 0.5)) for number in range(11)
        ]
        return Became.PRESSED in follow(windows)[1]

    assert glides(UNSTEADY)
    assert not glides(3 * UNSTEADY)


def test_both_tones_must_be_loud_enough() -> None:
    for level, right in ((QUIETEST + 0.5, True), (QUIETEST - 0.5, False)):
        assert is_key(low=amplitude(level), high=amplitude(QUIETEST + 1)) is right
        assert is_key(low=amplitude(QUIETEST + 1), high=amplitude(level)) is right


def test_neither_tone_may_be_much_louder() -> None:
    for twist in TWIST:
        inside, outside = twist * 0.95, twist * 1.05
        assert is_key(low=amplitude(-12), high=amplitude(-12 + inside))
        assert not is_key(low=amplitude(-12), high=amplitude(-12 + outside))


def test_little_else_may_sound() -> None:
    assert is_key(purity=0.95)
    assert not is_key(purity=0.85)


def test_what_does_not_become_a_key_soon_is_given_up() -> None:
    track, became = follow([window(number, low_offset=50.0) for number in range(100)])
    assert became.index(Became.LOST) == MOST_WINDOWS - 1
    assert len(track.recent()) == 3


def test_what_does_not_look_like_a_key_for_a_while_is_given_up() -> None:
    _, became = follow([window(number, purity=0.5) for number in range(100)])
    assert became.index(Became.LOST) == MOST_DOUBTS - 1


def test_a_long_key_keeps_no_more_windows() -> None:
    track, became = follow([window(number) for number in range(100)])
    assert Became.LOST not in became
    assert len(track._windows) == MOST_WINDOWS


def test_another_key_takes_over_while_this_one_is_unsure_or_silent() -> None:
    track, _ = follow(shares(0, 1.0, 1.0))
    assert track.gives_way_to(KEY + 1)
    assert not track.gives_way_to(KEY)
    assert not track.gives_way_to(-1)
    pressed, _ = follow(shares(0, *[1.0] * 10))
    assert not pressed.gives_way_to(KEY + 1)
    silent, _ = follow(shares(0, *[1.0] * 10, 0.0))
    assert silent.gives_way_to(KEY + 1)


def test_a_key_that_sounds_from_the_first_window_begins_there() -> None:
    track, became = follow(shares(*[1.0] * 10))
    assert Became.PRESSED in became
    assert track.begin == 0
