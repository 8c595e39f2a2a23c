"""The languages that a mailbox speaks, by their codes (ISO 639-1)."""

from softswitch.mailbox.languages.english import English
from softswitch.mailbox.languages.polish import Polish
from softswitch.mailbox.languages.spanish import Spanish
from softswitch.mailbox.phrases import Language

LANGUAGES: dict[str, Language] = {"en": English(), "es": Spanish(), "pl": Polish()}
