"""`voicemail:` of a user or of `defaults`: who has a mailbox, and what may be left in it."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, BeforeValidator, ConfigDict, PlainValidator, with_config
from typing_extensions import TypedDict

from softswitch.config import units
from softswitch.config.messaging import Greeting, Voicemail
from softswitch.config.problems import Wrong, quoted
from softswitch.config.schema.fields import Path as Written
from softswitch.config.schema.fields import as_list, as_section
from softswitch.config.schema.speech import Words

OFF = "off"
LAST_FOUR = "last4"
BIT_RATES = ("8", "16", "24", "32", "40", "48", "56", "64")
RANDOM = "random"
FIRST_PINS = (LAST_FOUR, RANDOM, "none")
SITUATIONS = ("no_answer", "busy", "unavailable", "rejected")
SHORTEST_PIN, LONGEST_PIN = 3, 12
"""Owners have to choose four digits at least; who writes the file may know better."""


class Pin(NamedTuple):
    """What counts until the owner chooses his own."""

    digits: str
    first: str
    """One of FIRST_PINS; it counts where there are no digits."""


def pin(value: object) -> Pin:
    """Digits, or how the first PIN comes about."""
    word = units.scalar(value)
    if word in FIRST_PINS:
        return Pin("", word)
    digits = word.isascii() and word.isdigit()
    if not digits or not SHORTEST_PIN <= len(word) <= LONGEST_PIN:
        problem = f"must be {SHORTEST_PIN} to {LONGEST_PIN} digits, or {', '.join(FIRST_PINS)}"
        raise Wrong(problem, 'a PIN is digits, such as "2580"')
    return Pin(word, LAST_FOUR)


def operator(value: object) -> str:
    """Who is rung by 0; `off`: nobody."""
    return "" if value == OFF else units.destination(value)


def quota(value: object) -> float:
    """How long all messages together may be; `off`: as long as they like."""
    return 0.0 if value == OFF else _quota(value)


def bitrate(value: object) -> int:
    """kbit/s that MPEG-2.5 layer III has at a constant rate."""
    return int(units.one_of(*BIT_RATES)(value))


_quota = units.duration_between("1m", "1000h")


def greeting(value: object) -> object:
    """`greeting: hello.wav` is `greeting: {file: hello.wav}`; `off` takes one back."""
    if isinstance(value, str):
        return {"file": "" if value == OFF else value}
    section = as_section(value)
    if isinstance(section, dict) and ("file" in section) == ("say" in section):
        raise Wrong("needs either file or say", 'such as say: "We are on holiday."')
    return section


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

    file: Written
    say: Words
    use_for: Situations


@with_config(ConfigDict(extra="forbid"))
class VoicemailKeys(TypedDict, total=False):
    """What is written under `voicemail`."""

    enabled: Annotated[bool, PlainValidator(units.switch)]
    pin: Annotated[Pin, PlainValidator(pin)]
    trust_device: Annotated[bool, PlainValidator(units.switch)]
    answers: Situations
    answer: Annotated[str, PlainValidator(units.one_of("at_greeting", "at_beep"))]
    operator: Annotated[str, PlainValidator(operator)]
    review: Annotated[bool, PlainValidator(units.switch)]
    on_message: Annotated[str, PlainValidator(units.one_of("store", "email", "both"))]
    attach: Annotated[str, PlainValidator(units.one_of("mp3", "wav", "none"))]
    mp3_bitrate: Annotated[int, PlainValidator(bitrate)]
    max_message: Annotated[float, PlainValidator(units.duration_between("5s", "1h"))]
    min_message: Annotated[float, PlainValidator(units.duration_between("0s", "30s"))]
    max_silence: Annotated[float, PlainValidator(units.duration_between("2s", "1m"))]
    max_messages: Annotated[int, PlainValidator(units.whole_between(1, 10_000))]
    quota: Annotated[float, PlainValidator(quota)]
    deleted_kept: Annotated[float, PlainValidator(units.duration_between("1h", "365d"))]
    missed_calls: Annotated[bool, PlainValidator(units.switch)]
    remote_login: Annotated[bool, PlainValidator(units.switch)]
    greeting: Annotated[GreetingSection, BeforeValidator(greeting)]


VoicemailSection = Annotated[VoicemailKeys, BeforeValidator(voicemail_section)]


def voicemail(
    below: VoicemailKeys | None,
    own: VoicemailKeys | None,
    folder: Path,
    spoken: Callable[[str], Path] = Path,
) -> Voicemail:
    """A user's mailbox: what `defaults` says, key by key replaced by the user's own.

    Files are relative to `folder`; `spoken` tells where a text is when it has been spoken.
    """
    merged: dict[str, Any] = {**(below or {}), **(own or {})}
    digits, first = merged.pop("pin", Pin("", LAST_FOUR))
    written = merged.pop("greeting", {"file": ""})
    text = written.get("say", "")
    file = spoken(text) if text else greeting_file(folder, written)
    use_for = written.get("use_for", SITUATIONS)
    greeting = Greeting(file, use_for, text) if file else None
    return Voicemail(greeting=greeting, pin=digits, first_pin=first, **merged)


def is_enabled(below: VoicemailKeys | None, own: VoicemailKeys | None) -> bool:
    """Whether a user has a mailbox."""
    merged: VoicemailKeys = {**(below or {}), **(own or {})}
    return merged.get("enabled", Voicemail().enabled)


def greeting_file(folder: Path, written: GreetingSection) -> Path | None:
    """The absolute file; None where it is off."""
    name = written.get("file", "")
    return folder.absolute() / Path(name).expanduser() if name else None
