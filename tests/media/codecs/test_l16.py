"""Samples as they are."""

import numpy as np

from softswitch.media.codecs.l16 import L16


def test_octets_are_in_network_order() -> None:
    encoder, decoder = L16(16000).encoder(), L16(16000).decoder()
    samples = np.array([1, -2, 0x1234, -32768], np.int16)
    assert encoder.encode(samples) == b"\x00\x01\xff\xfe\x12\x34\x80\x00"
    assert np.array_equal(decoder.decode(encoder.encode(samples)), samples)


def test_half_a_sample_is_left_out() -> None:
    assert L16(8000).decoder().decode(b"\x00\x05\x07").tolist() == [5]


def test_a_lost_frame_goes_on_and_silence_is_noughts() -> None:
    decoder = L16(8000).decoder()
    decoder.decode(b"\x10\x00" * 400)
    assert decoder.conceal(4).tolist() == [0x1000] * 4
    assert L16(8000).silence(3) == bytes(6)
