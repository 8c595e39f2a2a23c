"""Conferences of three and of a hundred, narrowband, wideband and both."""

import numpy as np
import pytest

from softswitch.media.mix import Mix, Mixer
from softswitch.media.samples import Samples
from tests.support.sound import purity, sine, speech, steepest

QUIET_ROOM = np.random.default_rng(8).normal(0, 20, 160).astype(np.int16)
NARROW, WIDE = 8000, 16000


class Conference:
    """One room whose members say what they are told to, and keep what they hear."""

    def __init__(self, rates: list[int], mixer: Mixer | None = None, room: str = "room") -> None:
        self.mixer = mixer or Mixer()
        self.places = [self.mixer.join(room, rate) for rate in rates]
        self.rate_of = dict(zip(self.places, rates, strict=True))
        self.last: Mix | None = None

    def hold(self, said: dict[int, Samples]) -> dict[int, Samples]:
        """All frames of what is said, by member; returns what every member heard."""
        frames = min(
            len(sound) // (self.rate_of[self.places[one]] // 50) for one, sound in said.items()
        )
        heard: dict[int, list[Samples]] = {one: [] for one in range(len(self.places))}
        for tick in range(frames):
            for one, sound in said.items():
                place = self.places[one]
                size = self.rate_of[place] // 50
                self.mixer.put(place, sound[tick * size : (tick + 1) * size])
            self.last = self.mixer.mix()
            for one, place in enumerate(self.places):
                heard[one].append(self.frame(self.last, place))
        return {one: np.concatenate(parts) for one, parts in heard.items()}

    def frame(self, mix: Mix, place: int) -> Samples:
        rows = mix.wide if self.rate_of[place] == WIDE else mix.narrow
        heard: Samples = rows[mix.rows[place]]
        return heard


def test_three_hear_each_other_but_not_themselves() -> None:
    room = Conference([NARROW] * 3)
    one, other = speech(NARROW, 0.4, 120), speech(NARROW, 0.4, 210)
    heard = room.hold({0: one, 1: other})
    after = slice(160, None)
    assert np.array_equal(heard[0][after], other[after])
    assert np.array_equal(heard[1][after], one[after])
    assert np.array_equal(heard[2][after], one[after] + other[after])


def test_who_talks_alone_hears_silence_and_shares_it() -> None:
    room = Conference([NARROW] * 3)
    heard = room.hold({0: speech(NARROW, 0.2)})
    assert not heard[0].any()
    assert room.last is not None
    assert len(room.last.narrow) == 2
    assert np.array_equal(heard[1], heard[2])


def test_a_hundred_hear_the_talkers_and_nobody_elses_noise() -> None:
    room = Conference([NARROW] * 100)
    one, other = speech(NARROW, 0.4, 120), speech(NARROW, 0.4, 210)
    noise = {member: np.tile(QUIET_ROOM, 20) for member in range(2, 100)}
    heard = room.hold({0: one, 1: other, **noise})
    for member in (2, 50, 99):
        assert np.array_equal(heard[member][160:], one[160:] + other[160:])
    assert np.array_equal(heard[0][160:], other[160:])
    assert room.last is not None
    assert len(room.last.narrow) == 1 + 1 + 2
    assert len(set(room.last.rows[room.places[2:]].tolist())) == 1


def test_a_hundred_at_once_neither_wrap_nor_click() -> None:
    room = Conference([NARROW] * 100)
    loud = {member: sine(200 + 3 * member, NARROW, 0.2, 12_000) for member in range(100)}
    heard = room.hold(loud)
    for member in (0, 99):
        assert 5000 < np.abs(heard[member].astype(int)).max() <= 32_767
        assert steepest(heard[member]) < 40_000


def test_rooms_do_not_hear_each_other() -> None:
    one = Conference([NARROW] * 3, room="one")
    other = Conference([NARROW] * 2, one.mixer, "other")
    one.mixer.put(one.places[0], sine(500, NARROW, 0.02))
    mix = one.mixer.mix()
    assert one.frame(mix, one.places[1]).any()
    assert not other.frame(mix, other.places[0]).any()


def test_a_muted_member_hears_and_is_not_heard() -> None:
    room = Conference([NARROW] * 3)
    both = {0: speech(NARROW, 0.1, 120), 1: speech(NARROW, 0.1, 210)}
    room.hold(both)
    room.mixer.mute(room.places[0], True)
    heard = room.hold(both)
    assert np.array_equal(heard[2][160:], both[1][160:])
    assert np.array_equal(heard[0][160:], both[1][160:])
    assert steepest(heard[2]) < 2 * max(map(steepest, both.values()))
    room.mixer.mute(room.places[0], False)
    assert np.array_equal(room.hold(both)[1][160:], both[0][160:])


def test_it_is_told_who_begins_and_ceases_to_talk() -> None:
    room = Conference([NARROW] * 2)
    told = []
    for tick in range(40):
        if tick < 3:
            room.mixer.put(room.places[1], sine(300, NARROW, 0.02))
        mix = room.mixer.mix()
        told += [("began", tick, place) for place in mix.began]
        told += [("ceased", tick, place) for place in mix.ceased]
    assert told == [("began", 0, room.places[1]), ("ceased", 22, room.places[1])]


def test_talkers_come_and_go_without_a_click() -> None:
    room = Conference([NARROW] * 2)
    steady = np.full(160 * 10, 3000, np.int16)
    after = np.tile(np.full(160, 20, np.int16), 30)
    heard = room.hold({0: np.concatenate((steady, after))})
    assert steepest(heard[1][:1600]) <= 3000 // 40 + 1
    assert steepest(heard[1][1601:]) <= 2
    assert not heard[1][-160:].any()


def test_wideband_members_hear_each_other_in_full() -> None:
    room = Conference([WIDE] * 3)
    sound = sine(6000, WIDE, 0.2)
    heard = room.hold({0: sound})
    assert np.array_equal(heard[1][320:], sound[320:])
    assert room.last is not None
    assert len(room.last.narrow) == 1


def test_narrowband_and_wideband_members_hear_each_other_at_the_right_level() -> None:
    room = Conference([NARROW, WIDE, NARROW, WIDE])
    heard = room.hold({0: sine(500, NARROW, 0.6), 1: sine(1200, WIDE, 0.6)})
    half = {member: sound[len(sound) // 2 :] for member, sound in heard.items()}
    for member, frequency in ((0, 1200), (1, 500)):
        amplitude, cleanness = purity(half[member], frequency, room.rate_of[room.places[member]])
        assert abs(amplitude / 8000 - 1) < 0.01
        assert cleanness > 45
    for member in (2, 3):
        for frequency in (500, 1200):
            rate = room.rate_of[room.places[member]]
            assert abs(purity(half[member], frequency, rate)[0] / 8000 - 1) < 0.01
    assert room.last is not None
    assert len(room.last.narrow) == len(room.last.wide) == 3


def test_a_room_of_narrowband_talkers_is_wide_for_a_wideband_listener() -> None:
    room = Conference([NARROW, NARROW, WIDE])
    heard = room.hold({0: sine(700, NARROW, 0.5), 1: sine(1100, NARROW, 0.5)})
    amplitude, cleanness = purity(heard[0][2000:], 1100, NARROW)
    assert abs(amplitude / 8000 - 1) < 0.01
    assert cleanness > 45
    assert np.abs(np.fft.rfft(heard[2][4000:])[2000:]).max() < 1e-3 * 8000 * 2000


def test_what_the_common_frame_was_goes_on_in_ones_own() -> None:
    """A narrowband member of a wideband room begins to talk while another one talks."""
    room = Conference([NARROW, WIDE])
    loud = sine(300, WIDE, 1.0)
    quiet_then_loud = np.concatenate((np.zeros(4000, np.int16), sine(800, NARROW, 0.5)))
    heard = room.hold({0: quiet_then_loud, 1: loud})
    assert steepest(heard[0][400:]) < 1.1 * steepest(sine(300, NARROW, 0.5))


def test_the_first_wideband_member_makes_the_room_wide_and_the_last_one_narrow() -> None:
    room = Conference([NARROW] * 2)
    tone = {0: sine(500, NARROW, 0.2)}
    room.hold(tone)
    assert room.last is not None
    assert len(room.last.wide) == 1
    place = room.mixer.join("room", WIDE)
    room.hold(tone)
    assert len(room.last.wide) == 2
    room.mixer.leave(place)
    heard = room.hold(tone)
    assert len(room.last.wide) == 1
    assert np.array_equal(heard[1][160:], tone[0][160:])


def test_a_place_that_was_left_says_nothing_and_is_used_again() -> None:
    room = Conference([NARROW] * 3)
    room.mixer.put(room.places[0], sine(500, NARROW, 0.02))
    room.mixer.leave(room.places[0])
    assert room.mixer.mix().began == []
    assert room.mixer.join("another", NARROW) == room.places[0]
    mix = room.mixer.mix()
    assert not room.frame(mix, room.places[1]).any()


def test_a_room_ends_with_its_last_member() -> None:
    mixer = Mixer()
    for number in range(500):
        place = mixer.join(f"room {number}", NARROW)
        mixer.leave(place)
    assert len(mixer.mix().rows) == 64


def test_there_is_room_for_any_number() -> None:
    mixer = Mixer()
    places = [mixer.join(number // 3, NARROW) for number in range(300)]
    assert len(set(places)) == 300
    talkers = np.array(places[::3])
    mixer.put_all(talkers, np.tile(sine(500, NARROW, 0.02), (100, 1)))
    mix = mixer.mix()
    assert len(mix.narrow) == 101
    assert sorted(mix.began) == sorted(talkers.tolist())
    assert not mix.rows[talkers].any()


def test_frames_of_wideband_members_may_be_put_together() -> None:
    mixer = Mixer()
    places = [mixer.join("room", WIDE) for _ in range(2)]
    mixer.put_all(np.array(places), np.stack([sine(500, WIDE, 0.02), sine(900, WIDE, 0.02)]))
    mix = mixer.mix()
    assert len(mix.wide) == 4


def test_who_puts_no_frame_is_silent() -> None:
    room = Conference([NARROW] * 2)
    room.hold({0: speech(NARROW, 0.1)})
    mix = room.mixer.mix()
    assert not room.frame(mix, room.places[1]).any()


@pytest.mark.parametrize("rate", [NARROW, WIDE])
def test_frames_of_a_wrong_length_are_cut_or_filled_up(rate: int) -> None:
    room = Conference([rate] * 2)
    room.mixer.put(room.places[0], np.full(1000, 5000, np.int16))
    assert len(room.frame(room.mixer.mix(), room.places[1])) == rate // 50
    room.mixer.put(room.places[0], np.full(50, 5000, np.int16))
    heard = room.frame(room.mixer.mix(), room.places[1])
    assert heard[49] == 5000
    assert not heard[50:].any()


def test_other_rates_are_refused() -> None:
    with pytest.raises(ValueError, match="44100"):
        Mixer().join("room", 44100)


def test_without_members_there_is_nothing_to_hear() -> None:
    mix = Mixer().mix()
    assert (len(mix.narrow), len(mix.wide), len(mix.rows)) == (1, 1, 0)
