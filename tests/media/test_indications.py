"""Indications by country."""

import pytest

from softswitch.media.engine.interface import Tones
from softswitch.media.indications import COUNTRIES, DEFAULT, indication


def test_the_countries_that_we_know() -> None:
    known = {"AR", "BR", "DE", "ES", "FR", "GB", "IT", "MX", "PL", "US"}
    assert set(COUNTRIES) == known | {DEFAULT}


def test_the_american_ringback() -> None:
    assert indication("us", "ringback") == Tones((((440, 480), 2.0), ((), 4.0)))


def test_the_special_information_tone_rises() -> None:
    frequencies = [step[0] for step in indication("PL", "special_information").steps]
    assert frequencies == [(950,), (1400,), (1800,), ()]


def test_an_unknown_country_hears_the_default() -> None:
    assert indication("XX", "busy") == COUNTRIES[DEFAULT].busy


@pytest.mark.parametrize("name", ["", "bussy", "count", "_fields"])
def test_an_unknown_name_is_a_mistake(name: str) -> None:
    with pytest.raises(KeyError):
        indication("US", name)
