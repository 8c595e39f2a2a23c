"""Public holidays of countries (CAL-4)."""

import subprocess
import sys
from datetime import date

import pytest

from softswitch.config.problems import Wrong
from softswitch.config.public_days import public_days

pytestmark = pytest.mark.process


def test_the_holidays_of_a_country_are_known_for_years() -> None:
    days = public_days("PL", "")
    assert date(2026, 12, 25).toordinal() in days
    assert date(2026, 4, 6).toordinal() in days  # Easter Monday
    assert date(2026, 12, 27).toordinal() not in days
    assert "holidays" not in sys.modules


def test_a_province_has_holidays_of_its_own() -> None:
    saint_isidore = date(2026, 5, 2).toordinal()
    assert saint_isidore in public_days("ES", "MD")
    assert saint_isidore not in public_days("ES", "CT")


def test_who_is_not_known_is_named() -> None:
    with pytest.raises(Wrong, match="no holidays are known for XX"):
        public_days("XX", "")
    with pytest.raises(Wrong, match="no holidays are known for province XX of ES"):
        public_days("ES", "XX")


def test_without_the_package_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object, **__: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess([], 1, b"", b"no module")

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(Wrong, match="is `holidays` installed"):
        public_days("DE", "")
