"""Which formats can be heard, and which only relayed."""

import pytest

from softswitch.media.codecs import codec
from softswitch.media.formats import STATIC, Format


@pytest.mark.parametrize(
    ("format_", "rate"),
    [
        (STATIC[0], 8000),
        (STATIC[8], 8000),
        (Format(100, "PCMU", 8000), 8000),
        (STATIC[9], 16000),
        (Format(100, "G722", 16000), 16000),
        (STATIC[11], 44100),
        (Format(100, "L16", 16000), 16000),
        (Format(111, "OPUS", 48000, 2), 16000),
    ],
)
def test_these_can_be_heard(format_: Format, rate: int) -> None:
    found = codec(format_)
    assert found is not None
    assert found.frame_rate == rate
    assert rate in found.rates


@pytest.mark.parametrize(
    "format_",
    [
        STATIC[18],
        STATIC[3],
        STATIC[13],
        STATIC[10],
        Format(101, "TELEPHONE-EVENT", 8000),
        Format(100, "PCMU", 16000),
        Format(100, "PCMA", 8000, 2),
        Format(100, "G722", 44100),
        Format(100, "G722", 8000, 2),
        Format(100, "L16", 8001),
        Format(100, "L16", 2**31),
        Format(100, "", 0),
    ],
)
def test_these_can_only_be_relayed(format_: Format) -> None:
    assert codec(format_) is None
