"""Greetings that the configuration gives as texts: spoken once, and kept below the state.

    greeting: {say: "We are on holiday."} ──► synthesiser ──► STATE/spoken/5f0c….wav

A text that cannot be spoken is left out: callers hear the system's greeting.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from softswitch.config import Config, User
from softswitch.config.messaging import Greeting
from softswitch.synthesiser import ESPEAK, CannotSpeak, is_installed

log = logging.getLogger(__name__)

MODE = 0o700


def synthesiser(config: Config) -> tuple[str, ...]:
    """The command that speaks; empty: there is none."""
    command = ESPEAK if config.synthesiser is None else config.synthesiser
    return command if is_installed(command) else ()


def texts(config: Config) -> Iterator[tuple[User, Greeting]]:
    """Whose greetings are texts."""
    for user in config.users.values():
        greeting = user.voicemail.greeting
        if greeting is not None and greeting.say and user.voicemail.enabled:
            yield user, greeting


def prepared(config: Config) -> Config:
    """Speak what has not been spoken yet; the configuration without what cannot be."""
    command = synthesiser(config)
    users = dict(config.users)
    wanted = set()
    for user, greeting in texts(config):
        wanted.add(greeting.file)
        try:
            if not greeting.file.is_file():
                _speak(command, greeting, user.language)
        except (CannotSpeak, OSError) as error:
            log.warning("the greeting of %s is not spoken: %s", user.extension, error)
            silent = replace(user.voicemail, greeting=None)
            users[user.extension] = replace(user, voicemail=silent)
    for folder in {file.parent for file in wanted}:
        _tidy(folder, wanted)
    return replace(config, users=users)


def _speak(command: tuple[str, ...], greeting: Greeting, language: str) -> None:
    if not command:
        raise CannotSpeak("no synthesiser is installed")
    from softswitch.speaking import speak, write  # 13 MB that most switches never need

    sound = speak(command, greeting.say, language)
    greeting.file.parent.mkdir(mode=MODE, parents=True, exist_ok=True)
    beside = greeting.file.with_suffix(".part")
    write(beside, sound)
    beside.replace(greeting.file)


def _tidy(folder: Path, wanted: set[Path]) -> None:
    """Remove what nobody says any more."""
    for file in folder.glob("*"):
        if file not in wanted:
            with suppress(OSError):
                file.unlink()
