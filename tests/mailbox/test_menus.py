"""The table of keys: nothing in it leads nowhere, and everything it says can be said."""

import re
from pathlib import Path

import pytest
import yaml

from softswitch.mailbox import menus
from softswitch.mailbox.dialogue import Menu
from softswitch.mailbox.dictation import Dictation
from softswitch.mailbox.forwarding import Forwarding
from softswitch.mailbox.listening import Listening
from softswitch.mailbox.personal import Personal
from softswitch.mailbox.retrieval import Retrieval

ROOT = Path(__file__).parent.parent.parent


def test_every_key_of_every_menu_does_something() -> None:
    for name, menu in {**vars(menus), "more": menus.more("1234*")}.items():
        if isinstance(menu, Menu):
            actions = {*menu.keys.values(), *([menu.at_end] if menu.at_end else [])}
            owners = [
                kind
                for kind in (Retrieval, Listening, Personal, Forwarding, Dictation)
                if all(callable(getattr(kind, action, None)) for action in actions)
            ]
            assert owners, name


@pytest.mark.parametrize("language", ["en", "es", "pl"])
def test_everything_that_is_said_can_be_said_in_every_language(language: str) -> None:
    said = set()
    for module in (ROOT / "mailbox").glob("*.py"):
        said |= set(re.findall(r'"(vm\.[a-z_]+)"', module.read_text()))
    prompts = ROOT / "conf" / "prompts"
    texts = yaml.safe_load((prompts / f"{language}.yaml").read_text())["texts"]
    assert said <= set(texts)
    assert all((prompts / language / f"{name}.ogg").is_file() for name in said)
