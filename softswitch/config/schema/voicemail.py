"""`voicemail:` of a user or of `defaults`: who has a mailbox, and what may be left in it."""

from pathlib import Path
from typing import Annotated, Any, Required

from pydantic import AfterValidator, BeforeValidator, ConfigDict, PlainValidator, with_config
from typing_extensions import TypedDict

from softswitch.config import units
from softswitch.config.configuration import Greeting, Voicemail
from softswitch.config.problems import Wrong, quoted
from softswitch.config.schema.fields import Path as Written
from softswitch.config.schema.fields import as_list, as_section

OFF = "off"
LAST_FOUR = "last4"
SITUATIONS = ("no_answer", "busy", "unavailable", "rejected")
SHORTEST_PIN, LONGEST_PIN = 3, 12
"""Owners have to choose four digits at least; who writes the file may know better."""


def pin(value: object) -> str:
    """Digits; `last4` is empty: those of the extension, until the owner chooses his own."""
    word = units.scalar(value)
    if word == LAST_FOUR:
        return ""
    digits = word.isascii() and word.isdigit()
    if not digits or not SHORTEST_PIN <= len(word) <= LONGEST_PIN:
        problem = f"must be {SHORTEST_PIN} to {LONGEST_PIN} digits, or {LAST_FOUR}"
        raise Wrong(problem, 'a PIN is digits, such as "2580"')
    return word


def greeting(value: object) -> object:
    """`greeting: hello.wav` is `greeting: {file: hello.wav}`; `off` takes one back."""
    return {"file": "" if value == OFF else value} if isinstance(value, str) else as_section(value)


def voicemail_section(value: object) -> object:
    """`voicemail: off` is `voicemail: {enabled: off}`."""
    if not isinstance(value, str):
        return as_section(value)
    if value.lower() not in units.SWITCH:
        raise Wrong(f"{quoted(value)} is neither on nor off", "or keys with values under it")
    return {"enabled": value}


def _some(situations: tuple[str, ...]) -> tuple[str, ...]:
    """Each once."""
    return tuple(dict.fromkeys(situations))


Situations = Annotated[
    tuple[Annotated[str, PlainValidator(units.one_of(*SITUATIONS))], ...],
    BeforeValidator(as_list),
    AfterValidator(_some),
]


@with_config(ConfigDict(extra="forbid"))
class GreetingSection(TypedDict, total=False):
    """What is written under `greeting`."""

    file: Required[Written]
    use_for: Situations


@with_config(ConfigDict(extra="forbid"))
class VoicemailKeys(TypedDict, total=False):
    """What is written under `voicemail`."""

    enabled: Annotated[bool, PlainValidator(units.switch)]
    pin: Annotated[str, PlainValidator(pin)]
    answers: Situations
    on_message: Annotated[str, PlainValidator(units.one_of("store", "email", "both"))]
    attach: Annotated[str, PlainValidator(units.one_of("mp3", "wav", "none"))]
    max_message: Annotated[float, PlainValidator(units.duration_between("5s", "1h"))]
    min_message: Annotated[float, PlainValidator(units.duration_between("0s", "30s"))]
    max_silence: Annotated[float, PlainValidator(units.duration_between("2s", "1m"))]
    max_messages: Annotated[int, PlainValidator(units.whole_between(1, 10_000))]
    remote_login: Annotated[bool, PlainValidator(units.switch)]
    greeting: Annotated[GreetingSection, BeforeValidator(greeting)]


VoicemailSection = Annotated[VoicemailKeys, BeforeValidator(voicemail_section)]


def voicemail(below: VoicemailKeys | None, own: VoicemailKeys | None, folder: Path) -> Voicemail:
    """A user's mailbox: what `defaults` says, key by key replaced by the user's own.

    Files are relative to `folder`.
    """
    merged: dict[str, Any] = {**(below or {}), **(own or {})}
    written = merged.pop("greeting", {"file": ""})
    file = greeting_file(folder, written)
    use_for = written.get("use_for", SITUATIONS)
    return Voicemail(greeting=Greeting(file, use_for) if file else None, **merged)


def is_enabled(below: VoicemailKeys | None, own: VoicemailKeys | None) -> bool:
    """Whether a user has a mailbox."""
    merged: VoicemailKeys = {**(below or {}), **(own or {})}
    return merged.get("enabled", Voicemail().enabled)


def greeting_file(folder: Path, written: GreetingSection) -> Path | None:
    """The absolute file; None where it is off."""
    return folder.absolute() / Path(written["file"]).expanduser() if written["file"] else None
