"""From the file to a Config, or to everything that is wrong with it at once.

The way of a line: files (bytes to text), nodes (text to a tree with positions), tags (`!secret`
and the like), schema (words to values), all of them in reading; then references and their like
(what must go together), and users: the built-in default, `defaults:` and the user's own keys become
one User.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from softswitch.config import (
    boxes,
    calendars,
    codes,
    conferences,
    destinations,
    mailboxes,
    outward,
    references,
)
from softswitch.config.configuration import (
    BACKUPS,
    DEFAULT_REALM,
    SHIPPED_MUSIC,
    Config,
    Log,
    Media,
    Network,
    Recordings,
)
from softswitch.config.files import read_source
from softswitch.config.reading import Reading
from softswitch.config.schema.conferences import rooms
from softswitch.config.schema.document import Document
from softswitch.config.schema.feature_codes import feature_codes
from softswitch.config.schema.mail import alerted, mail
from softswitch.config.schema.network import network as network_of
from softswitch.config.tags import Tags
from softswitch.config.users import Users

DEFAULT_STATE = "var"
"""Beside the YAML file."""


def load(path: Path, *, environment: Mapping[str, str] | None = None) -> Config:
    """The configuration in this file, all passwords filled in that are known.

    `environment` is what `!env` reads, os.environ if None. Raises ConfigErrors with every
    mistake in it; its `unreadable` tells that there was nothing to read.
    """
    source = read_source(path)
    tags = Tags(path, os.environ if environment is None else environment)
    reading = Reading(source, tags)
    whole = reading.document()
    document = boxes.joined(whole)
    network = network_of(document.get("network", {}), path.parent)
    state = references.state_folder(path, document.get("state", DEFAULT_STATE))
    written = reading.keys_of("users")
    reading.note(references.check(document, network, state))
    _check(reading, path, whole, document, written)
    reading.raise_if_wrong()
    written += boxes.numbers(document).values()
    document = outward.spelled(document)
    users = Users(reading, document, tags, path.parent, state)
    everybody = users.all(written)
    reading.raise_if_wrong()  # passwords that nobody has written are looked for in secrets.yaml
    return replace(
        _alone(path, document, network, state),
        users=everybody,
        defaults=users.below,
        outside=outward.outside(document, everybody, reading.origin),
        calendars=calendars.calendars(document, reading.origin),
        missing_passwords=tuple(
            one.extension for one in boxes.people(everybody).values() if not one.password
        ),
    )


def _check(
    reading: Reading, path: Path, whole: Document, document: Document, written: list[str]
) -> None:
    """Note what does not go together; what builds on something else, only where that is right.

    `whole` has mailboxes of nobody in a section of their own, `document` among its users.
    """
    reading.note(references.check_music(document, path))
    reading.note(references.check_prompts(document, path))
    reading.note(references.same_extensions(written), at_key=True)
    if not reading.problems:
        reading.note(calendars.check(document, written))
        reading.note(outward.check(document, written))
    if not reading.problems:
        reading.note(destinations.check(document, written))
        reading.note(codes.check(document, written))
        reading.note(boxes.check(whole, written))
        reading.note(conferences.check(document))
        reading.note(mailboxes.check(document, written, path))


def _alone(path: Path, document: Document, network: Network, state: Path) -> Config:
    """What each section says by itself. Nobody is in it yet."""
    return Config(
        path=path,
        network=network,
        state=state,
        users={},
        log=Log(**document.get("log", {})),
        media=Media(**document.get("media", {})),
        feature_codes=feature_codes(document.get("feature_codes", {})),
        mail=mail(document.get("mail"), path.parent),
        alerted=alerted(document.get("admins", [])),
        synthesiser=_command(document),
        music=_music(path, document),
        backups=document.get("backups", BACKUPS),
        timezone=document.get("timezone"),
        prompts=_prompts(path, document),
        country=document.get("country", ""),
        blf_dnd=document.get("blf_dnd", "off"),
        blf_dialling=document.get("blf_dialling", "early"),
        blf_details=document.get("blf_details", "all"),
        trunks=outward.trunks(document),
        conferences=rooms(document.get("conferences", {})),
        recordings=Recordings(document.get("recordings", {}).get("keep", Recordings().keep)),
        realm=network.domains[0] if network.domains else DEFAULT_REALM,
    )


def _prompts(path: Path, document: Document) -> Path | None:
    return references.prompts_folder(path, document["prompts"]) if "prompts" in document else None


def _command(document: Document) -> tuple[str, ...] | None:
    return tuple(document["synthesiser"]) if "synthesiser" in document else None


def _music(path: Path, document: Document) -> Path | None:
    if "music" not in document:
        return SHIPPED_MUSIC
    return references.music_file(path, document["music"])
