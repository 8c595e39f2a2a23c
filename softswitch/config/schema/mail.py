"""`mail:` who sends mails and through which server, and addresses to send to."""

import re
from collections.abc import Sequence
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, NamedTuple, Required

from pydantic import BeforeValidator, ConfigDict, PlainValidator, with_config
from typing_extensions import TypedDict

from softswitch.config import units
from softswitch.config.messaging import Mail, Template
from softswitch.config.problems import Wrong, quoted
from softswitch.config.schema.fields import SECTION, Password, Text, as_list
from softswitch.config.schema.fields import Path as Written
from softswitch.config.schema.forward import when
from softswitch.config.schema.speech import Language

PORTS = {"starttls": 587, "tls": 465, "none": 25}
"""Where servers listen unless something else is written (RFC 6409 §3.1, RFC 8314 §3.3)."""

_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}").fullmatch
_NAMED = re.compile(r'"?([^<>"]*?)"?\s*<([^<>]*)>').fullmatch
_SERVER = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(?::([^:]*))?").fullmatch


class Server(NamedTuple):
    """Where mails go; port 0: as `tls` says."""

    host: str
    port: int


def address(value: object) -> str:
    """`anna@example.com`."""
    word = units.text(value)
    local, at, domain = word.rpartition("@")
    if not at or not _LOCAL_PART(local):
        raise Wrong(f"{quoted(word)} is no mail address", "write it like anna@example.com")
    return f"{local}@{units.host(domain)}"


def sender(value: object) -> tuple[str, str]:
    """`vm@example.com` or `Company <vm@example.com>`: address and name."""
    word = units.text(value)
    named = _NAMED(word)
    return (address(named[2]), named[1]) if named else (address(word), "")


def server(value: object) -> Server:
    """`smtp.example.com`, with a port or without."""
    word = units.text(value)
    parts = _SERVER(word)
    if parts is None:  # an IPv6 address without brackets
        return Server(units.host(word), 0)
    return Server(units.host(parts[1]), 0 if parts[2] is None else units.port(parts[2]))


def as_some(value: object) -> list[object]:
    """One is a list of one."""
    return [value] if isinstance(value, dict) else as_list(value)


@with_config(ConfigDict(extra="forbid"))
class RecipientSection(TypedDict, total=False):
    """One who gets mails."""

    to: Required[Annotated[str, PlainValidator(address)]]
    when: Annotated[str, PlainValidator(when)]


def recipient(value: object) -> object:
    """An address alone gets them at all times."""
    return {"to": value} if isinstance(value, str) else value


Recipients = Annotated[
    list[Annotated[RecipientSection, BeforeValidator(recipient)]], BeforeValidator(as_some)
]


def mailed(section: Sequence[RecipientSection]) -> dict[str, Any]:
    """What a user has of them: each address once; when it gets mails, if not always (ML-7)."""
    return {
        "email": tuple(dict.fromkeys(one["to"] for one in section)),
        "mail_when": {one["to"]: one["when"] for one in section if "when" in one},
    }


PLACEHOLDERS = (
    "caller_number",
    "caller_name",
    "date",
    "time",
    "duration",
    "mailbox",
    "new_count",
    "company",
    "portal",
)
"""What names in braces stand for (ML-5)."""
LONGEST_TEMPLATE = 20_000


def template(value: object) -> str:
    """A text with placeholders in it; a brace that is none is written twice."""
    text = units.scalar(value)
    if len(text) > LONGEST_TEMPLATE:
        raise Wrong(f"is {len(text)} characters long; {LONGEST_TEMPLATE} at most")
    try:
        names = [(name, form, how) for _, name, form, how in Formatter().parse(text)]
    except ValueError:
        raise Wrong("has a brace that is not closed", "a brace itself is {{ or }}") from None
    for name, form, how in names:
        if name is not None and (name not in PLACEHOLDERS or form or how):
            known = ", ".join(f"{{{one}}}" for one in PLACEHOLDERS)
            raise Wrong(f"{quoted(name)} in braces stands for nothing", f"known here: {known}")
    return text


def subject(value: object) -> str:
    """The same, in one line."""
    return template(units.text(value))


Words = Annotated[str, PlainValidator(template)]


@with_config(ConfigDict(extra="forbid"))
class TemplateSection(TypedDict, total=False):
    """What is written under one language."""

    subject: Annotated[str, PlainValidator(subject)]
    heading: Annotated[str, PlainValidator(subject)]
    body: Words
    html: Words


MailSection = TypedDict(
    "MailSection",
    {
        "from": Required[Annotated[tuple[str, str], PlainValidator(sender)]],
        "server": Required[Annotated[Server, PlainValidator(server)]],
        "tls": Annotated[str, PlainValidator(units.one_of(*PORTS))],
        "username": Text,
        "password": Password,
        "logo": Written,
        "templates": Annotated[dict[Language, Annotated[TemplateSection, SECTION]], SECTION],
    },
    total=False,
)
"""What is written under `mail`; `from` is a word of Python, so it cannot be a class."""
with_config(ConfigDict(extra="forbid"))(MailSection)


def mail(section: MailSection | None, folder: Path = Path()) -> Mail | None:
    """How mails are sent; None: there is no such section. Files are relative to `folder`."""
    if section is None:
        return None
    where, name = section["from"]
    host, port = section["server"]
    tls = section.get("tls", "starttls")
    return Mail(
        sender=where,
        name=name,
        server=host,
        port=port or PORTS[tls],
        tls=tls,
        username=section.get("username", ""),
        password=section.get("password", ""),
        logo=logo_file(section, folder),
        templates={code: Template(**one) for code, one in section.get("templates", {}).items()},
    )


def logo_file(section: MailSection, folder: Path) -> Path | None:
    """The absolute file."""
    name = section.get("logo")
    return folder.absolute() / Path(name).expanduser() if name else None


@with_config(ConfigDict(extra="forbid"))
class AdminSection(TypedDict, total=False):
    """One of `admins`."""

    email: Required[Annotated[str, PlainValidator(address)]]
    alerts: Annotated[bool, PlainValidator(units.switch)]


def admin(value: object) -> object:
    """An address alone is one who wants to know of alerts."""
    return {"email": value} if isinstance(value, str) else value


AdminsSection = Annotated[
    list[Annotated[AdminSection, BeforeValidator(admin)]], BeforeValidator(as_some)
]


def alerted(admins: Sequence[AdminSection]) -> tuple[str, ...]:
    """Who gets mails about what an administrator should see."""
    return tuple(dict.fromkeys(one["email"] for one in admins if one.get("alerts", True)))
