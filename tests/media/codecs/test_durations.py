"""How long payloads last."""

import pytest

from softswitch.media.codecs import samples_in
from softswitch.media.formats import STATIC, Format

OPUS = Format(111, "OPUS", 48000, 2)


@pytest.mark.parametrize(
    ("format_", "octets", "ticks"),
    [
        (STATIC[0], 160, 160),
        (STATIC[8], 0, 0),
        (STATIC[9], 160, 160),
        (STATIC[10], 3528, 882),
        (STATIC[11], 1765, 882),
        (STATIC[18], 20, 160),
        (STATIC[18], 12, 160),
        (STATIC[18], 2, 80),
        (STATIC[18], 3, 0),
        (STATIC[3], 66, 320),
        (STATIC[13], 1, 0),
        (Format(101, "TELEPHONE-EVENT", 8000), 4, 0),
        (Format(96, "L16", 8000, 0), 4, 2),
    ],
)
def test_octets_are_ticks(format_: Format, octets: int, ticks: int) -> None:
    assert samples_in(format_, bytes(octets)) == ticks


def test_opus_says_itself() -> None:
    assert samples_in(OPUS, b"\x08") == 960
