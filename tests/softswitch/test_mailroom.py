"""What the app opens of mailboxes: lamps, first PINs, and the warning of those that all know."""

import asyncio
import logging
from contextlib import AsyncExitStack
from pathlib import Path
from typing import cast

import pytest

from softswitch.bus import Bus, MailboxChanged, SettingChanged
from softswitch.config import Config, User
from softswitch.config.configuration import Log, Network
from softswitch.config.messaging import Mail, Voicemail
from softswitch.mailbox import pins
from softswitch.mailbox.boxes import Boxes
from softswitch.mailbox.messages import Box, Message
from softswitch.mailboxes import row_of
from softswitch.mailer import Mailer
from softswitch.mailroom import Mailroom, _look_again, guessable, lamps, named, open_mailroom, shown
from softswitch.store.sqlite import open_store
from tests.mailbox.world import World

pytestmark = pytest.mark.process

MAIL = Mail("vm@example.com", "127.0.0.1", 9)
"""Nothing listens there."""


def test_whoever_has_voicemail_has_a_lamp() -> None:
    users = {"100": User("100", voicemail=Voicemail(enabled=False)), "101": User("101")}
    assert lamps(users) == {"101": ("101",)}


class Stuck:
    """A mailer that could not send some messages."""

    def __init__(self, *ids: str) -> None:
        self.ids = ids

    def is_stuck(self, message: Message) -> bool:
        return message.id in self.ids


@pytest.mark.parametrize(
    ("on_message", "email", "stuck", "lamp"),
    [
        ("both", ("jan@example.com",), (), (2, 0)),
        ("email", (), (), (2, 0)),
        ("email", ("jan@example.com",), (), (0, 0)),
        ("email", ("jan@example.com",), ("m2",), (1, 0)),
    ],
)
def test_what_is_only_mailed_lights_no_lamp_unless_it_is_stuck(
    tmp_path: Path,
    on_message: str,
    email: tuple[str, ...],
    stuck: tuple[str, ...],
    lamp: tuple[int, int],
) -> None:  # S0-5, ML-3
    world = World(tmp_path)
    world.leave()
    world.leave()
    users = {"101": User("101", voicemail=Voicemail(on_message=on_message), email=email)}
    summary = shown(users, world.boxes, cast(Mailer, Stuck(*stuck)))
    assert summary("101") == lamp
    assert summary("555") == (0, 0)
    assert shown(users, world.boxes, None)("101") == (2, 0)


def test_a_shared_mailbox_is_on_several_lamps() -> None:  # VM-9, MWI-5
    users = {
        "100": User("100", voicemail=Voicemail(enabled=False)),
        "101": User("101"),
        "290": User("290", kind="mailbox", lamp=("100", "101")),
        "291": User("291", kind="mailbox"),
    }
    assert lamps(users) == {"101": ("101", "290"), "100": ("290",)}


def test_a_mailbox_that_is_mailed_from_now_on_looks_different(tmp_path: Path) -> None:  # S0-4
    world, heard = World(tmp_path), list[object]()
    world.leave()
    bus = Bus()
    bus.subscribe(MailboxChanged, heard.append)
    for key in ("email", "voicemail.on_message", "dnd"):
        _look_again(bus, world.boxes, SettingChanged("101", key, "", "portal by 101", 0.0))
    assert heard == [MailboxChanged("101", 1, 0)] * 2


def opened(folder: Path, users: dict[str, User], mail: Mail | None = MAIL) -> Mailroom:
    async def main() -> Mailroom:
        config = Config(folder, Network(), folder, users, Log(), mail=mail, timezone="UTC")
        async with open_store(folder / "softswitch.db") as store, asyncio.TaskGroup() as tasks:
            async with AsyncExitStack() as stack:
                room = await open_mailroom(config, store, Bus(), lambda: 1e9, stack, tasks)
                await asyncio.sleep(0.05)
            return room

    return asyncio.run(main())


def rows(folder: Path) -> list[str]:
    async def main() -> list[str]:
        async with open_store(folder / "softswitch.db", read_only=True) as store:
            return [row.message_id for row in await store.outbox()]

    return asyncio.run(main())


def test_a_random_pin_is_made_once_and_mailed_once(tmp_path: Path) -> None:  # VM-20
    random = Voicemail(first_pin="random")
    users = {
        "101": User("101", voicemail=random, email=("anna@example.com",)),
        "102": User("102"),
        "103": User("103", voicemail=Voicemail(first_pin="none")),
    }
    first = opened(tmp_path, users).tenants
    pin = first.first_pin("101")
    assert pin is not None
    assert pins.is_good(pin, "101")
    assert len(pin) == 6
    assert first.first_pin("102") == "0102"
    assert first.first_pin("103") is None
    room = opened(tmp_path, users)
    assert room.tenants.first_pin("101") == pin
    assert rows(tmp_path) == ["first_pin-101"]


def test_whoever_has_chosen_a_pin_gets_none(tmp_path: Path) -> None:
    random = Voicemail(first_pin="random")
    users = {"101": User("101", voicemail=random, email=("anna@example.com",))}

    async def choose() -> None:
        async with open_store(tmp_path / "softswitch.db") as store:
            await store.put_mailbox(row_of(Box("101", pin="x", pin_length=4)))

    asyncio.run(choose())
    assert opened(tmp_path, users, None).tenants.first_pin("101") is None
    assert rows(tmp_path) == []


def test_pins_that_everybody_knows_are_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:  # VM-16, VM-20
    caplog.set_level(logging.WARNING)
    users = {
        "100": User("100", voicemail=Voicemail(enabled=False)),
        "101": User("101"),
        "102": User("102", voicemail=Voicemail(pin="2580")),
        "103": User("103", voicemail=Voicemail(remote_login=False)),
        "104": User("104", voicemail=Voicemail(first_pin="none")),
        "105": User("105"),
        "106": User("106"),
    }
    boxes = {"105": Box("105", pin="x"), "106": Box("106", pin="x", pin_instead="y")}
    assert guessable(users, lambda mailbox: boxes.get(mailbox, Box(mailbox))) == ["101", "106"]
    opened(tmp_path, {"101": users["101"]}, None)
    assert "anybody can guess the PIN of mailbox 101; `softswitch check" in caplog.text


def test_not_too_many_mailboxes_are_named() -> None:
    assert named(["101"]) == "mailbox 101"
    assert named(["101", "102"]) == "mailboxes 101, 102"
    many = [str(number) for number in range(100, 112)]
    assert named(many).endswith("108, 109 and 2 more")


def test_deleted_messages_go_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("softswitch.mailroom.PURGE", 0.01)  # VM-14
    purged = []
    monkeypatch.setattr(Boxes, "purge", lambda boxes: purged.append(boxes))
    opened(tmp_path, {"101": User("101")}, None)
    assert len(purged) >= 2


def test_without_an_encoder_the_switch_says_so_at_its_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:  # ML-4
    users = {"101": User("101", voicemail=Voicemail(pin="2580"))}
    opened(tmp_path, users)
    assert caplog.text == ""
    monkeypatch.setattr("softswitch.mailroom.find_spec", lambda name: None)
    opened(tmp_path, users, None)
    assert caplog.text == ""
    opened(tmp_path, users)
    assert "mail: lameenc is not installed: WAV is attached in place of MP3" in caplog.text
