"""The kinds of values that sections are made of: each is read by one function of units."""

from typing import Annotated

from pydantic import BeforeValidator, PlainValidator

from softswitch.config import units
from softswitch.config.configuration import IpNetwork, ListenAddress
from softswitch.config.problems import Wrong


def as_list(value: object) -> list[object]:
    """One value is a list of one."""
    if isinstance(value, list):
        return value
    return [units.scalar(value)]


def as_list_or_off(value: object) -> list[object]:
    """`off` is a list of none."""
    return [] if value == "off" else as_list(value)


def as_section(value: object) -> object:
    """A section under which nothing is written has its defaults."""
    if isinstance(value, str):
        raise Wrong("must be keys with values under it, not one value")
    return {} if value is None else value


Text = Annotated[str, PlainValidator(units.text)]
Path = Annotated[str, PlainValidator(units.text)]
Password = Annotated[str, PlainValidator(units.password)]
Extension = Annotated[str, PlainValidator(units.extension)]
PortRange = Annotated[range, PlainValidator(units.port_range)]
ExternalAddress = Annotated[str, PlainValidator(units.external)]
Hosts = Annotated[list[Annotated[str, PlainValidator(units.host)]], BeforeValidator(as_list)]
StunServers = Annotated[
    list[Annotated[ListenAddress, PlainValidator(units.stun_server)]], BeforeValidator(as_list)
]
Nets = Annotated[list[Annotated[IpNetwork, PlainValidator(units.net)]], BeforeValidator(as_list)]
Listeners = Annotated[
    list[Annotated[tuple[ListenAddress, ...], PlainValidator(units.listen)]],
    BeforeValidator(as_list_or_off),
]
SECTION = BeforeValidator(as_section)
