"""`voicemail_boxes:` mailboxes of nobody in particular: of a department, or of a group (VM-9)."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, ConfigDict, with_config

from softswitch.config.schema.fields import Extension, Text, as_list, as_section
from softswitch.config.schema.mail import Recipients
from softswitch.config.schema.speech import Language
from softswitch.config.schema.voicemail import VoicemailKeys


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


Names = Annotated[tuple[Extension, ...], BeforeValidator(as_list), AfterValidator(_once)]


@with_config(ConfigDict(extra="forbid"))
class BoxSection(VoicemailKeys, total=False):
    """What is written under the name of one: what stands under `voicemail` of a user, and this."""

    number: Extension
    name: Text
    language: Language
    email: Recipients
    lamp: Names
    deliver_to: Names


BoxesSection = dict[Extension, Annotated[BoxSection, BeforeValidator(as_section)]]
