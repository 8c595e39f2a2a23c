"""Hundreds of calls to, from and through carriers who do what they like, over such a network.

Seeded, as test_soak. In the end no channel of a trunk is occupied (`World.run_out`), and whatever
came of a call, it came to one record.
"""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from softswitch.config.configuration import Forward, Forwarding, Trunk
from softswitch.routing.numbering import Numbering
from softswitch.routing.outside import Entrance, Outside
from tests.softswitch.b2bua.carriers import Carrier
from tests.softswitch.b2bua.dialogs import PhoneCall
from tests.softswitch.b2bua.flows import finish
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone
from tests.softswitch.b2bua.test_soak import EXTENSIONS, SEEDS, People

CALLS = 150
HOSTS = ("198.51.100.1", "198.51.100.2", "198.51.100.3")
OURS = ("+48221112230", "+48221112231")
OUTSIDE = ("600100100", "+48600200200", "0034911222333", "221112230")

CHALLENGE = 'Proxy-Authenticate: Digest realm="carrier", nonce="n", algorithm=MD5, qop="auth"'


def office() -> World:
    """Two trunks, the first with two addresses and few channels; some users forward outside."""
    plain = (
        Trunk("one", HOSTS[:2], numbers=OURS[:1], max_calls=8),
        Trunk("two", HOSTS[2:], numbers=OURS[1:], forwarded_cli="original"),
    )
    trunks = tuple(replace(trunk, username="acme", password="s3cret") for trunk in plain)
    entrances = {number: Entrance(EXTENSIONS[n], "a.yaml:1") for n, number in enumerate(OURS)}
    outside = Outside(Numbering("PL"), ("one", "two"), entrances=entrances)
    world = World(*EXTENSIONS, trunks=trunks, outside=outside, max_calls=20)
    for number, user in enumerate(EXTENSIONS):
        rules = {"busy": Forward("600100100"), "no_answer": Forward("+48600200200")}
        forward = Forwarding(rules if number % 2 else {}, return_after=15.0, return_to="100")
        world.users[user] = replace(world.users[user], calls="everything", forward=forward)
    return world


class Outsiders(People):
    """Users, and people behind carriers."""

    def __init__(self, world: World, chance: random.Random) -> None:
        super().__init__(world, chance)
        self.carriers = [Carrier(world, host, host, registered=False) for host in HOSTS]
        for carrier in self.carriers:
            carrier.on_invite = self.is_called

    def dials(self) -> None:
        """A user dials outside, or somebody there one of our numbers."""
        phone: Phone = self.chance.choice(self.phones)
        number = self.chance.choice(OUTSIDE)
        lines = ["Privacy: id"] if self.chance.random() < 0.2 else []
        if self.chance.random() < 0.4:
            phone, number = self.chance.choice(self.carriers), self.chance.choice(OURS)
        call = phone.invites(number, *lines)
        self.soon(45, self.gives_up, phone, call)
        self.soon(90, self.hangs_up, phone, call)

    def is_called(self, call: PhoneCall) -> None:
        phone = call.phone
        if isinstance(phone, Carrier):
            mood = self.chance.random()
            if mood < 0.2:
                self.soon(2, self.challenges, phone, call)
            elif mood < 0.4:
                self.soon(6, self.rejects, phone, call, self.chance.choice((408, 503, 302, 404)))
        elif self.chance.random() < 0.1:
            self.soon(2, self.redirects, phone, call)
        super().is_called(call)

    def challenges(self, carrier: Carrier, call: PhoneCall) -> None:
        if call.state == "calling":
            carrier._answer(call, 407, CHALLENGE)

    def redirects(self, phone: Phone, call: PhoneCall) -> None:
        if call.state == "calling":
            phone.rejects(302, f"Contact: <sip:{self.chance.choice(OUTSIDE)}@x>", call=call)


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_whatever_carriers_do_no_call_and_no_channel_is_left(seed: int) -> None:
    chance = random.Random(seed)
    world = office()
    people = Outsiders(world, chance)
    for number in range(CALLS):
        if number % 3:
            people.dials()
        else:
            people.calls()
        world.run(chance.random() * 2.5)
    world.run(250)
    for phone in (*people.phones, *people.carriers):
        for call in phone.calls:
            if call.is_up:
                phone.hangs_up(call=call)
        phone.complaints = [one for one in phone.complaints if not one.startswith("no ACK")]
    finish(world)
    assert len(world.records) == CALLS
    assert any(leg.device.startswith("sip:+48600") for one in world.records for leg in one.legs)
    assert sum("->" in record.path for record in world.records) > CALLS / 10
