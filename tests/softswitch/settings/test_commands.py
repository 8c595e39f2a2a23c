"""What commands ask of a running switch, and do without one."""

import asyncio
from pathlib import Path

import pytest

from softswitch.config import Config
from softswitch.control import CannotAnswer
from softswitch.mailbox.messages import Box
from softswitch.settings.commands import Commands, done_alone, show_kept
from softswitch.settings.opening import HISTORY, desk, open_settings
from softswitch.store.sqlite import SqliteStore, open_store
from softswitch.store.store import MailboxRow
from tests.softswitch.config.reading import read
from tests.softswitch.settings.office import NOON, Office

TEXT = "timezone: Europe/Warsaw\nusers: {101: Anna, 102: Jan}\n"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return read(tmp_path, TEXT)


def shown(answer: dict[str, object]) -> dict[str, tuple[str, str]]:
    settings = answer["settings"]
    assert isinstance(settings, list)
    return {one["key"]: (one["value"], one["origin"]) for one in settings}


def test_a_running_switch_shows_and_resets(config: Config) -> None:
    office = Office(config.users)
    office.change("101", dnd="on")
    commands = Commands(
        config,
        office.settings,
        lambda user: Box(user, pin="scrypt:x", pin_at=NOON),
        office.settings_of,
    )
    handlers = commands.handlers()
    assert list(handlers) == ["settings", "reset", "undo", "adopted"]
    answer = commands.show({"user": "101"})
    assert (answer["user"], answer["name"]) == ("101", "Anna")
    found = shown(answer)
    assert found["dnd"] == ("on", "phone *0 by 101, 2026-08-03 12:12   (default: off)")
    assert found["voicemail.pin"] == ("****", "changed by owner 2026-08-03")
    dropped = asyncio.run(commands.reset({"user": "101", "what": "all"}))
    assert dropped == ["101 dnd: on, set by phone *0 by 101"]
    assert shown(commands.show({"user": "101"}))["dnd"] == ("off", "default")


def test_what_there_is_not_cannot_be_asked(config: Config) -> None:
    office = Office(config.users)
    commands = Commands(config, office.settings, Box, office.settings_of)
    with pytest.raises(CannotAnswer, match="no user has the number 555"):
        commands.show({"user": "555"})
    with pytest.raises(CannotAnswer, match="'name' cannot be reset; known are ring_time"):
        asyncio.run(commands.reset({"user": "101", "what": "name"}))


def test_a_reset_that_cannot_be_kept_is_told(config: Config) -> None:
    office = Office(config.users)
    office.change("101", dnd="on")
    office.is_full = True
    commands = Commands(config, office.settings, Box, office.settings_of)
    with pytest.raises(CannotAnswer, match="the store cannot keep it"):
        asyncio.run(commands.reset({"user": "101", "what": "dnd"}))


def test_without_a_switch_what_was_kept_is_shown_and_reset(config: Config) -> None:
    async def main(store: SqliteStore) -> None:
        settings = await open_settings(config, store, lambda event: None, lambda: NOON)
        kept = asyncio.get_running_loop().create_future()
        settings.change("101", {"dnd": "on"}, "phone *78 by 101", kept.set_result)
        assert await kept
        await store.put_mailbox(MailboxRow("101", "scrypt:x", 4, "", "[]", 0.0, "{}", NOON))
        found = shown(await show_kept(config, store, "101"))
        assert found["dnd"] == ("on", "phone *78 by 101, 2026-08-03 12:12   (default: off)")
        assert found["voicemail.pin"] == ("****", "changed by owner 2026-08-03")
        frozen = read(config.path.parent, TEXT + "defaults: {editable: off}\n")
        assert shown(await show_kept(frozen, store, "101"))["voicemail.pin"][1] == "default"
        request = {"user": "101", "what": "dnd"}
        assert await done_alone(config, store, lambda: NOON + 1, "reset", request) == [
            "101 dnd: on, set by phone *78 by 101"
        ]
        assert await store.settings() == []
        (past,) = await store.past_settings("101", 9)
        assert past.ended_by == "softswitch reset"
        await open_settings(config, store, lambda event: None, lambda: NOON + 2 + HISTORY)
        assert await store.past_settings("101", 9) == []

    async def run() -> None:
        async with open_store(config.state / "switch.db") as store:
            await main(store)

    asyncio.run(run())
    assert shown(asyncio.run(show_kept(config, None, "101")))["dnd"] == ("off", "default")


def test_codes_are_done_with_what_the_configuration_says(config: Config) -> None:
    office = Office(config.users)
    found = desk(config, office.settings).targets("*98102", "101")
    assert found.value == "voicemail:102"
