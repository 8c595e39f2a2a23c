"""The menus of a mailbox as a table: what each key does where (features §2.4).

The names on the right are methods of what listens to the menu. `0` leads to greetings and settings
from everywhere.
"""

from collections.abc import Collection

from softswitch.mailbox.dialogue import PATIENCE, Menu

MAIN_KEYS = {"1": "hear_new", "2": "hear_old", "0": "settings", "*": "main", "#": "finish"}

MAIN = Menu(("vm.main_menu",), MAIN_KEYS)
"""Nothing new, or all of it heard."""

COUNT = Menu((), MAIN_KEYS, at_end="hear_new", patience=0.0)
"""How many messages there are; then the new ones begin by themselves (S0-12)."""

MESSAGE_KEYS = {
    "2": "restart",
    "4": "previous",
    "6": "following",
    "7": "discard",
    "9": "save",
    "8": "more",
    "0": "settings",
}

ANNOUNCED = Menu((), {**MESSAGE_KEYS, "#": "start", "1": "start"}, at_end="start", patience=0.0)
"""Before a message: who, and when."""

PLAYING = Menu(
    (),
    {**MESSAGE_KEYS, "5": "pause", "*": "back", "#": "forward"},
    at_end="played",
    patience=0.0,
)

PAUSED = Menu(("vm.paused",), {**MESSAGE_KEYS, "5": "go_on", "*": "back", "#": "go_on"})

AFTER = Menu(
    ("vm.after_message",),
    {**MESSAGE_KEYS, "1": "restart", "5": "restart", "*": "main", "#": "main"},
    at_end="following",
    patience=4.0,
)
"""After a message; somebody who has no hand free hears the next one."""

_MORE = {
    "1": ("vm.more_call_back", "call_back"),
    "2": ("vm.more_forward", "forward_on"),
    "3": ("vm.more_menu", "envelope"),
    "4": ("vm.more_mail", "mail"),
    "*": ("vm.more_back", "back_to_message"),
}


def more(keys: Collection[str]) -> Menu:
    """What else can be done with a message, where only these of its keys mean something."""
    there = {key: entry for key, entry in _MORE.items() if key in keys}
    says = tuple(text for text, _ in there.values())
    return Menu(says, {key: action for key, (_, action) in there.items()})


INTRODUCTION = Menu(("vm.introduction",), {"1": "introduce", "#": "send", "*": "give_up"})
"""Before a message is sent on."""

SETTINGS = Menu(
    ("vm.settings_menu",),
    {
        "1": "record_no_answer",
        "2": "record_busy",
        "3": "record_name",
        "4": "record_temporary",
        "5": "change_pin",
        "6": "hear_which",
        "7": "delete_which",
        "*": "leave",
    },
    at_end="record_no_answer",
    patience=2.0,
)
"""Recording begins by itself (S4-13)."""

SETTINGS_AGAIN = SETTINGS._replace(at_end="", patience=PATIENCE)
"""After something was done there."""

WHICH = Menu(
    ("vm.which_greeting",),
    {
        "1": "which_no_answer",
        "2": "which_busy",
        "3": "which_name",
        "4": "which_temporary",
        "*": "settings",
    },
)

REVIEW = Menu(("vm.keep_or_again",), {"1": "keep", "2": "listen", "3": "again", "*": "throw_away"})
"""A greeting was recorded; who hangs up now keeps the one before it."""

LONGEST_GREETING = 120.0
"""Seconds."""

RECORDING = Menu((), {"#": "stop"}, at_end="stop", patience=LONGEST_GREETING)

SKIP = Menu((), {"#": "skip"}, at_end="begin_recording", patience=0.0)
"""Before a recording of the first set-up."""
