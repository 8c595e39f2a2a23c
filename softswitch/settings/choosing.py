"""What users choose in a form, such as that of the portal: text in, settings changed, or why not.

    chooser.set("101", {"email": "anna@example.com"}, "portal by 101")

Values are what the YAML file would accept (features 4.4), targets of forwards what the owner might
dial. All of a form holds, or nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from softswitch.config import units
from softswitch.config.problems import Wrong, quoted
from softswitch.config.schema.mail import address
from softswitch.control import CannotAnswer
from softswitch.routing.destination import VOICEMAIL
from softswitch.settings import features, keys, layers
from softswitch.settings.keeping import kept
from softswitch.settings.keys import OFF

if TYPE_CHECKING:
    from softswitch.settings.settings import Settings
    from softswitch.settings.targets import Targets

MOST_ADDRESSES = 10
"""Of one user: a form is no mailing list."""

MODES = ("store", "email", "both")


class CannotChoose(Exception):
    """Why a value is not taken; `key` says which. The text is for the person at the form."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(why)
        self.key = key


class Chooser:
    """Sets what users want."""

    def __init__(self, settings: Settings, targets: Targets) -> None:
        self._settings = settings
        self._targets = targets
        self._readers: dict[str, Callable[[str, str], str]] = {
            keys.RING_TIME: _ring_time,
            **dict.fromkeys(keys.SWITCHES, _switch),
            keys.EMAIL: _emails,
            keys.MAIL_MODE: _mode,
            **dict.fromkeys(keys.FORWARDS, self._forward),
        }

    def may(self, user: str, key: str) -> bool:
        """Whether the user may change it; what he may not is not to be offered (S0-21)."""
        known = self._settings.configured.get(user)
        return known is not None and key in keys.KEYS and layers.may_change(known, key)

    def value(self, user: str, key: str) -> str:
        """What holds now, as `set` takes it; of addresses without their times."""
        known = self._settings.users[user]
        if key == keys.EMAIL:
            return keys.BETWEEN.join(known.email) or OFF
        return keys.value(known, key)

    async def set(self, user: str, values: Mapping[str, object], origin: str) -> None:
        """Let all these settings be so; done when the store has them. Raises CannotChoose.

        `origin`: by what and by whom, as `softswitch show` says it: `portal by 101`.
        """
        chosen = {key: self._read(user, key, value) for key, value in values.items()}
        same = [key for key, value in chosen.items() if value == self.value(user, key)]
        changed = {key: value for key, value in chosen.items() if key not in same}
        try:
            await kept(partial(self._settings.change, user, changed, origin))
        except CannotAnswer:
            raise CannotChoose("", "it cannot be kept now; please try again later") from None

    def _read(self, user: str, key: str, value: object) -> str:
        if not self.may(user, key):
            raise CannotChoose(key, "this is not yours to change")
        try:
            return self._readers[key](units.text(value), user)
        except Wrong as wrong:
            hint = f": {wrong.suggestion}" if wrong.suggestion else ""
            raise CannotChoose(key, f"{wrong.problem}{hint}") from None

    def _forward(self, word: str, user: str) -> str:
        if word in (OFF, ""):
            return OFF
        if word == VOICEMAIL:
            return self._own_mailbox(user)
        target = self._targets(units.number(word), user)
        if target.refused:
            raise Wrong(target.why)
        return target.value

    def _own_mailbox(self, user: str) -> str:
        if not self._settings.users[user].voicemail.enabled:
            raise Wrong(f"{user} has no voicemail")
        return VOICEMAIL


def _ring_time(word: str, user: str) -> str:
    seconds = features.ring_time(f"{units.duration(word):g}")
    if seconds is None:
        raise Wrong(
            f"{quoted(word)} is out of range", f"from {keys.SHORTEST_RING}s to {keys.LONGEST_RING}s"
        )
    return seconds


def _switch(word: str, user: str) -> str:
    return keys.switch(units.switch(word))


def _mode(word: str, user: str) -> str:
    return units.one_of(*MODES)(word)


def _emails(word: str, user: str) -> str:
    """Addresses with commas, semicolons or spaces between them; none: `off`."""
    if word == OFF:
        return OFF
    words: list[Any] = word.replace(",", " ").replace(";", " ").split()
    if len(words) > MOST_ADDRESSES:
        raise Wrong(f"are {len(words)} addresses", f"{MOST_ADDRESSES} at most")
    return keys.BETWEEN.join(dict.fromkeys(map(address, words))) or OFF
