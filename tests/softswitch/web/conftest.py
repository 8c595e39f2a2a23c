"""Passwords are hashed as always, but with little work."""

import pytest

from softswitch.mailbox import pins


@pytest.fixture(autouse=True)
def _hashing_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "COST", 1 << 4)
