"""Settings of this switch, as they are when it starts."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from softswitch.config import Config
from softswitch.routing.calendar import CLOSED, OPEN
from softswitch.settings import opening
from softswitch.settings.opening import HISTORY, MOST, open_hours, open_settings, stamp
from softswitch.store.store import CalendarRow, SettingRow
from tests.softswitch.config.reading import read
from tests.softswitch.settings.office import NOON

TEXT = """
timezone: Europe/Warsaw
calendars: {office: {open: "mon-fri 9:00-17:00"}}
users: {101: Anna, 102: {name: Jan, dnd: !fixed on}}
"""


class Store:
    """What an earlier switch has left."""

    def __init__(self, *rows: SettingRow, calendars: Sequence[CalendarRow] = ()) -> None:
        self.rows, self.calendar_rows = list(rows), list(calendars)
        self.dropped: tuple[float, int] | None = None

    def put_settings(self, put: Sequence[SettingRow]) -> "asyncio.Future[None]":
        self.rows += put
        return self._done()

    def put_calendar(self, calendar: CalendarRow) -> "asyncio.Future[None]":
        self.calendar_rows.append(calendar)
        return self._done()

    async def settings(self) -> list[SettingRow]:
        return self.rows

    async def calendars(self) -> list[CalendarRow]:
        return self.calendar_rows

    async def drop_settings(self, before: float, most: int) -> None:
        self.dropped = (before, most)

    def _done(self) -> "asyncio.Future[None]":
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


def row(user: str, key: str, value: str) -> SettingRow:
    return SettingRow(f"{user} {key}", user, key, value, "", "phone *78", NOON - 60.0, 0.0, "")


def config(folder: Path) -> Config:
    return read(folder, TEXT)


def test_what_users_had_chosen_holds_again(tmp_path: Path) -> None:
    store = Store(row("101", "dnd", "on"))
    settings = asyncio.run(open_settings(config(tmp_path), store, lambda _: None, lambda: NOON))
    assert settings.users["101"].dnd
    assert not settings.configured["101"].dnd


def test_what_the_file_says_anew_counts_and_is_written_down(tmp_path: Path) -> None:
    store = Store(row("101", "dnd", "on")._replace(instead="off"))
    settings = asyncio.run(open_settings(config(tmp_path), store, lambda _: None, lambda: NOON))
    assert not settings.users["101"].dnd
    assert store.rows[-1].ended_at == NOON


def test_what_was_chosen_long_ago_is_forgotten(tmp_path: Path) -> None:
    store = Store()
    asyncio.run(open_settings(config(tmp_path), store, lambda _: None, lambda: NOON))
    assert store.dropped == (NOON - HISTORY, MOST)


def test_a_calendar_that_was_closed_is_closed(tmp_path: Path) -> None:
    async def main() -> None:
        known = config(tmp_path)
        store = Store(calendars=[CalendarRow("office", CLOSED, 0.0, "phone *281*2", NOON - 60)])
        hours = await open_hours(known, store, lambda _: None, lambda: NOON)
        assert known.calendars.known["office"].at(NOON).name == OPEN, "a Monday at noon"
        assert hours.calendars.known["office"].at(NOON).name == CLOSED

    asyncio.run(main())


def test_forms_and_codes_know_the_same_targets(tmp_path: Path) -> None:
    async def main() -> None:
        known = config(tmp_path)
        settings = await open_settings(known, Store(), lambda _: None, lambda: NOON)
        chooser = opening.chooser(known, settings)
        await chooser.set("101", {"forward.busy": "102"}, "portal by 101")
        assert settings.users["101"].forward.rules["busy"].to == "102"
        assert not chooser.may("102", "dnd"), "what is fixed is offered to nobody"

    asyncio.run(main())


def test_moments_are_shown_as_the_clocks_of_the_office_do() -> None:
    assert stamp("Europe/Warsaw")(NOON) == "2026-08-03 12:12"
    assert stamp("UTC")(NOON) == "2026-08-03 10:12"


def test_every_change_has_an_id_of_its_own() -> None:
    ids = {opening.new_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(len(one) == 2 * opening.ID_OCTETS for one in ids)
