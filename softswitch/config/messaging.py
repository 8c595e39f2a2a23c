"""What the YAML file says of mailboxes and mail, as plain frozen values. Durations are seconds."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple


class Greeting(NamedTuple):
    """What callers hear in some situations: a file, or a text that is spoken."""

    file: Path
    """Absolute; of a text, where it will be when it has been spoken."""
    use_for: tuple[str, ...]
    say: str = ""
    """The text."""


@dataclass(frozen=True, slots=True)
class Voicemail:
    """A mailbox."""

    enabled: bool = True
    pin: str = field(default="", repr=False)
    """Empty: `first_pin` says what counts until the owner chooses his own."""
    first_pin: str = "last4"
    """last4 (of the extension), random (mailed) or none: only the own phone gets in (VM-20)."""
    trust_device: bool = False
    """Whether the owner's phone gets in without a PIN."""
    answers: tuple[str, ...] = ("no_answer", "busy", "unavailable")
    """In which situations it takes calls: these, or rejected."""
    answer: str = ""
    """Whether calls from elsewhere are answered at_greeting or at_beep (VM-5); empty: at the
    greeting if the owner can log in during it."""
    operator: str = ""
    """Who is rung when a caller presses 0; empty: nobody."""
    review: bool = False
    """Whether a caller who ends his message by a key may hear it, and say it again (VM-3)."""
    on_message: str = "both"
    """store, email (mail it, and keep it only until it is mailed) or both; where there is nobody to
    mail it to, it is stored."""
    attach: str = "mp3"
    """What a mail brings along: mp3, wav or none."""
    mp3_bitrate: int = 16
    """kbit/s."""
    missed_calls: bool = False
    """Whether the owner gets a mail about calls that nobody answered and that left no message."""
    deliver_to: tuple[str, ...] = ()
    """Mailboxes that get each message instead of this one."""
    max_message: float = 180.0
    min_message: float = 2.0
    """Seconds of sound; less is no message."""
    max_silence: float = 10.0
    max_messages: int = 100
    quota: float = 0.0
    """Seconds of all messages together; 0: as many as they like."""
    deleted_kept: float = 7 * 86400.0
    """How long a deleted message can be brought back."""
    remote_login: bool = True
    editable: bool = True
    """Whether the owner's own PIN and recordings count: whether voicemail stands in `editable`."""
    greeting: Greeting | None = None


class Template(NamedTuple):
    """What mails say in one language; empty: what comes along. Names in braces stand for values."""

    subject: str = ""
    heading: str = ""
    body: str = ""
    html: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """By whom and through which server mails are sent, and what they look like."""

    sender: str
    """The address that all mails come from."""
    server: str
    port: int
    name: str = ""
    """Of the sender: the company's."""
    tls: str = "starttls"
    """starttls, tls (from the first octet) or none."""
    username: str = ""
    """Empty: no log-in."""
    password: str = field(default="", repr=False)
    logo: Path | None = None
    """A picture above the text, absolute."""
    templates: dict[str, Template] = field(default_factory=dict)
    """By language."""
