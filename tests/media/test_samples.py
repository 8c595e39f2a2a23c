"""Numbers in between become int16 without wrapping."""

import numpy as np

from softswitch.media.samples import rounded


def test_sound_is_rounded_to_the_nearest_sample() -> None:
    assert rounded(np.array([0.4, 0.6, -0.6, 1.5], np.float32)).tolist() == [0, 1, -1, 2]


def test_what_is_too_loud_is_clipped_and_never_wraps() -> None:
    sound = np.array([[32767.6, 40_000.0], [-32769.0, -1e9]], np.float32)
    assert rounded(sound).tolist() == [[32767, 32767], [-32768, -32768]]
