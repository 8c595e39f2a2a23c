"""An office with trunks: carriers are scripted phones of no user, at addresses of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from softswitch.config.configuration import Forward, Forwarding, Trunk
from softswitch.routing.numbering import Numbering
from softswitch.routing.outside import Entrance, Outside
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone

MAIN, ANNA = "+48221112233", "+48221112235"
"""Our numbers: of the office, and of 101."""
MOBILE = "+48600100100"
"""Somebody outside."""

ONE, TWO = "198.51.100.1", "198.51.100.2"
"""Where the carriers are."""

SITUATIONS = ("always", "dnd", "busy", "no_answer", "unavailable", "rejected")


class Carrier(Phone):
    """The other end of a trunk."""

    never_crosses = ("X-Secret",)

    def challenges(self, status: int, field: str) -> None:
        """Ask for a password."""
        self._answer(self.call, status, field)


class Office:
    """Alice is 100, Bob is 101; a carrier, and as many more as are asked for."""

    def __init__(self, *others: Trunk, **settings: Any) -> None:
        """The settings are of the first trunk."""
        plain = {"hosts": (ONE,), "numbers": (MAIN, ANNA)}
        first = Trunk("carrier", **{**plain, **settings})
        trunks = (first, *others)
        outside = Outside(
            numbering=Numbering("PL", "22"),
            trunks=tuple(trunk.name for trunk in trunks),
            entrances={MAIN: Entrance("100", "a.yaml:1"), ANNA: Entrance("101", "a.yaml:2")},
        )
        self.world = World("100", "101", "102", trunks=trunks, outside=outside)
        for user in self.world.users:
            self.change(user, calls="everything")
        self.world.users["101"] = replace(self.world.users["101"], number=ANNA)
        self.alice = Phone(self.world, "100")
        self.bob = Phone(self.world, "101")
        self.carriers = [
            Carrier(self.world, host, host, registered=False)
            for trunk in trunks
            for host in trunk.hosts
        ]
        self.carrier = self.carriers[0]

    def forward(self, user: str, **settings: Any) -> None:
        """Set a user's forwards; the rest are settings of `forward`."""
        rules = {name: Forward(settings.pop(name)) for name in SITUATIONS if name in settings}
        known = self.world.users[user]
        self.world.users[user] = replace(known, forward=Forwarding(rules, **settings))

    def change(self, user: str, **settings: Any) -> None:
        """Set a user's settings."""
        self.world.users[user] = replace(self.world.users[user], **settings)


def said(phone: Phone, name: str, number: int = 0) -> str | None:
    """The value of a header field in the INVITE that a phone or carrier got."""
    return phone.calls[number].requests[0].headers.get(name)
