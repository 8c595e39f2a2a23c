"""What was changed, by whom, and what was there before; and how the last change is taken back.

    row set at 1 ─────────► ended at 5                 changes, the newest first:
                            row set at 5 ──►              5: the second instead of the first
                                                          1: the first instead of the configuration

A change of several settings at once, as by `*61*102*20#`, is taken back as a whole. Taking back is
a change like any other, so doing it twice brings back what was first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from softswitch.store.store import SettingRow

UNDO = "softswitch undo"


class Change(NamedTuple):
    """One setting became another, at a time."""

    at: float
    key: str
    before: SettingRow | None
    """None: what the configuration said."""
    after: SettingRow | None
    """None: what the configuration says."""

    @property
    def by(self) -> str:
        """Who did it; of what the configuration has ended, why."""
        if self.after is not None:
            return self.after.source
        return self.before.ended_by if self.before is not None else ""


def changes(rows: Iterable[SettingRow]) -> list[Change]:
    """All changes of one user, the newest first. `rows`: those in force, and those over."""
    before: dict[tuple[float, str], SettingRow] = {}
    after: dict[tuple[float, str], SettingRow] = {}
    for row in rows:
        after[row.changed_at, row.key] = row
        if row.ended_at:
            before[row.ended_at, row.key] = row
    found = [
        Change(at, key, before.get((at, key)), after.get((at, key)))
        for at, key in {*before, *after}
    ]
    return sorted(found, key=lambda change: (-change.at, change.key))


def last(rows: Iterable[SettingRow], key: str = "") -> list[Change]:
    """What was changed last, of one key if it is named: all that was changed at once."""
    found = [change for change in changes(rows) if key in ("", change.key)]
    return [change for change in found if change.at == found[0].at]


def taken_back(found: Iterable[Change]) -> Mapping[str, str | None]:
    """The values that were there before; None: what the configuration says."""
    return {one.key: None if one.before is None else one.before.value for one in found}
