"""The whole file: the sections, side by side."""

import functools
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict, is_typeddict

from softswitch.config.schema.backups import Backups
from softswitch.config.schema.boxes import BoxesSection
from softswitch.config.schema.calendars import CalendarsSection, Country
from softswitch.config.schema.conferences import ConferencesSection
from softswitch.config.schema.feature_codes import FeatureCodesSection
from softswitch.config.schema.fields import SECTION, Path
from softswitch.config.schema.lamps import Details, Dialling, Dnd
from softswitch.config.schema.log import LogSection
from softswitch.config.schema.mail import AdminsSection, MailSection
from softswitch.config.schema.media import MediaSection
from softswitch.config.schema.network import NetworkSection
from softswitch.config.schema.recordings import RecordingsSection
from softswitch.config.schema.speech import Command, Language, TimeZone
from softswitch.config.schema.trunks import NumbersSection, OutgoingSection, TrunksSection
from softswitch.config.schema.users import DefaultsSection, UsersSection


@with_config(ConfigDict(extra="forbid"))
class Document(TypedDict, total=False):
    """What is written at the left margin."""

    network: Annotated[NetworkSection, SECTION]
    media: Annotated[MediaSection, SECTION]
    state: Path
    backups: Backups
    music: Path
    language: Language
    timezone: TimeZone
    prompts: Path
    synthesiser: Command
    country: Country
    blf_dnd: Dnd
    blf_dialling: Dialling
    blf_details: Details
    users: Annotated[UsersSection, SECTION]
    defaults: Annotated[DefaultsSection, SECTION]
    feature_codes: Annotated[FeatureCodesSection, SECTION]
    calendars: Annotated[CalendarsSection, SECTION]
    trunks: Annotated[TrunksSection, SECTION]
    numbers: Annotated[NumbersSection, SECTION]
    outgoing: Annotated[OutgoingSection, SECTION]
    voicemail_boxes: Annotated[BoxesSection, SECTION]
    conferences: Annotated[ConferencesSection, SECTION]
    recordings: Annotated[RecordingsSection, SECTION]
    mail: Annotated[MailSection, SECTION]
    admins: AdminsSection
    log: Annotated[LogSection, SECTION]


ADAPTER: TypeAdapter[Document] = TypeAdapter(Document)


@functools.cache
def hints(section: type[Any]) -> dict[str, Any]:
    """The keys of a section and what stands under them."""
    return get_type_hints(section)


def known_keys(location: tuple[int | str, ...]) -> tuple[str, ...]:
    """The keys that may stand at this place of the document."""
    kind: Any = Document
    for part in location:
        kind = hints(kind)[str(part)] if is_typeddict(kind) else get_args(kind)[-1]
    return tuple(hints(kind)) if is_typeddict(kind) else ()


def every_key(kind: Any = Document, above: str = "") -> list[str]:
    """The path of every key of the schema; `*` stands for any extension."""
    if is_typeddict(kind):
        names = hints(kind)
        return [
            path
            for name, below in names.items()
            for path in (above + name, *every_key(below, f"{above}{name}."))
        ]
    if get_origin(kind) is dict:
        return every_key(get_args(kind)[-1], f"{above}*.")
    return []
