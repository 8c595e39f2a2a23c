"""`mail:` who sends mails and through which server, and addresses to send to."""

import re
from typing import Annotated, NamedTuple, Required

from pydantic import AfterValidator, BeforeValidator, ConfigDict, PlainValidator, with_config
from typing_extensions import TypedDict

from softswitch.config import units
from softswitch.config.configuration import Mail
from softswitch.config.problems import Wrong, quoted
from softswitch.config.schema.fields import Password, Text, as_list

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


def _some(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """Each once."""
    return tuple(dict.fromkeys(addresses))


Addresses = Annotated[
    tuple[Annotated[str, PlainValidator(address)], ...],
    BeforeValidator(as_list),
    AfterValidator(_some),
]

MailSection = TypedDict(
    "MailSection",
    {
        "from": Required[Annotated[tuple[str, str], PlainValidator(sender)]],
        "server": Required[Annotated[Server, PlainValidator(server)]],
        "tls": Annotated[str, PlainValidator(units.one_of(*PORTS))],
        "username": Text,
        "password": Password,
    },
    total=False,
)
"""What is written under `mail`; `from` is a word of Python, so it cannot be a class."""
with_config(ConfigDict(extra="forbid"))(MailSection)


def mail(section: MailSection | None) -> Mail | None:
    """How mails are sent; None: there is no such section."""
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
    )
