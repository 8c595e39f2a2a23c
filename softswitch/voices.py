"""How the switch speaks: prompts and phrases in each user's language, by the office's clock."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from softswitch.b2bua.speech import Speech
from softswitch.config.configuration import SHIPPED_PROMPTS
from softswitch.mailbox import speech
from softswitch.mailbox.languages import LANGUAGES
from softswitch.mailbox.phrases import LocalTime, Phrases
from softswitch.mailbox.prompts import Prompts, find
from softswitch.media.indications import COUNTRIES, DEFAULT

if TYPE_CHECKING:
    from softswitch.config import Config
    from softswitch.media.engine.interface import Sound

log = logging.getLogger(__name__)

LEAST = ("vm.leave_a_message", "vm.goodbye")
"""Without these a mailbox can hardly be understood."""


class Voice(NamedTuple):
    """How mailboxes speak in one language."""

    prompts: speech.Prompts
    phrases: speech.Phrases


def local_time(timezone: str | None) -> Callable[[float], LocalTime]:
    """What the clock of a time zone shows; None: the machine's own."""
    zone = None if timezone is None else ZoneInfo(timezone)

    def local(at: float) -> LocalTime:
        moment = datetime.fromtimestamp(at, zone)
        day = (moment.year, moment.month, moment.day, moment.weekday())
        return LocalTime(*day, moment.hour, moment.minute)

    return local


class Voices:
    """The voice for each user; the files are looked for once, at the start."""

    def __init__(self, config: Config) -> None:
        self._users = config.users
        self._tones = COUNTRIES.get(config.country, COUNTRIES[DEFAULT])
        folders = [SHIPPED_PROMPTS, *([config.prompts] if config.prompts else [])]
        spoken = Counter(user.language for user in config.users.values())
        self._usual = spoken.most_common(1)[0][0] if spoken else "en"
        local = local_time(config.timezone)
        prompts = {code: Prompts(find(folders, code)) for code in LANGUAGES}
        self._voices = {
            code: Voice(prompts[code], Phrases(language, local))
            for code, language in LANGUAGES.items()
        }
        for code in sorted({user.language for user in config.users.values()}):
            missing = prompts[code].missing(LEAST)
            if missing:
                log.warning(
                    "prompts: nothing to say %s in %s: callers hear only tones then",
                    ", ".join(missing),
                    code,
                )

    def __call__(self, user: str) -> Voice:
        """For a user; for anybody else as most are spoken to."""
        known = self._users.get(user)
        return self._voices[self._usual if known is None else known.language]

    @property
    def speech(self) -> Speech:
        """What people hear of the switch in the middle of a call."""
        return Speech(self._say, self._tones)

    def _say(self, user: str, names: Sequence[str]) -> Sequence[Sound]:
        """For a user, or for nobody in particular: then as most are spoken to."""
        known = self._users.get(user)
        return self._voices[self._usual if known is None else known.language].prompts(names)
