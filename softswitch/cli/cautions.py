"""What is right in a configuration, and still not wise: `softswitch check` says it, too."""

from collections import defaultdict
from pathlib import Path

from softswitch.cli import where
from softswitch.config import Config
from softswitch.greetings import synthesiser, texts
from softswitch.mailbox import pins
from softswitch.mailbox.messages import Box
from softswitch.mailboxes import box_of
from softswitch.mailroom import guessable, named
from softswitch.store.store import MailboxRow, StoreError


def cautions(config: Config) -> list[str]:
    """Lines for a person."""
    return [
        *_weak_pins(config),
        *_unspoken(config),
        *_unplayable(config),
        *_unmailed(config),
        *_unshown(config),
    ]


def security(config: Config) -> list[str]:
    """Which mailboxes have a PIN that everybody knows, by what the switch has kept (VM-20)."""
    boxes = {row.mailbox: box_of(row) for row in _kept(config)}
    found = guessable(config.users, lambda mailbox: boxes.get(mailbox, Box(mailbox)))
    if not found:
        return ["security: no mailbox has a PIN that everybody knows"]
    return [
        f"security: mailbox {one} can be heard from anywhere by the last four digits of its number"
        for one in found
    ]


def _weak_pins(config: Config) -> list[str]:
    """Once for each place where one is written (VM-16); the PIN itself is not shown."""
    weak: dict[str, list[str]] = defaultdict(list)
    for mailbox, user in config.users.items():
        pin = user.voicemail.pin
        if pin and user.voicemail.enabled and not pins.is_good(pin, user.number or mailbox):
            weak[user.origin.get("voicemail.pin", str(config.path))].append(mailbox)
    return [
        f"warning: {place}: the PIN of {named(mailboxes)} is short or easily guessed"
        for place, mailboxes in weak.items()
    ]


def _unspoken(config: Config) -> list[str]:
    if synthesiser(config):
        return []
    return [
        f"warning: nothing is installed that could say the greeting of {user.extension}: callers"
        " hear the system's (apt install espeak-ng, or write synthesiser:)"
        for user, _ in texts(config)
    ]


def _unplayable(config: Config) -> list[str]:
    """Greetings whose files hold no sound (S4-14)."""
    greetings = [user.voicemail.greeting for user in config.users.values()]
    files = dict.fromkeys(one.file for one in greetings if one is not None and not one.say)
    return [
        f"warning: {file} is no sound that can be played: WAV, FLAC, OGG or MP3 is"
        for file in files
        if not _is_sound(file)
    ]


def _is_sound(file: Path) -> bool:
    import soundfile  # only here: `softswitch run` has no use for it

    try:
        return bool(soundfile.info(str(file)).frames)
    except (OSError, soundfile.LibsndfileError):
        return False


def _unmailed(config: Config) -> list[str]:
    """Who waits for mails in vain."""
    waiting = [
        mailbox
        for mailbox, user in config.users.items()
        if user.email and user.voicemail.enabled and user.voicemail.on_message != "store"
    ]
    if config.mail is not None or not waiting:
        return []
    return [f"warning: messages of {named(waiting)} are not mailed: there is no section mail:"]


def _unshown(config: Config) -> list[str]:
    """A certificate that browsers cannot be shown, and how people get into the portal."""
    if not config.network.web:
        return []
    from softswitch.web import certificate  # only here: `softswitch run` may have no use for it

    files, found = config.network.certificate, []
    if files is not None:
        try:
            certificate.context(files)
        except certificate.Unusable as error:
            found.append(f"warning: {error}")
    if config.mail is None:
        found.append(
            "warning: without a section mail: nobody is mailed a way into the portal;"
            " `softswitch portal USER` prints one"
        )
    return found


def _kept(config: Config) -> list[MailboxRow]:
    """What owners have decided; nothing where no switch has run."""
    try:
        return where.look_up(where.database(config), lambda store: store.mailboxes())
    except StoreError:
        return []
