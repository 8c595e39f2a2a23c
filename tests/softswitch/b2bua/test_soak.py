"""Thousands of calls of people who do what they like, over a network that does the same.

Seeded: a failure is the same failure again. What must hold in the end is in `World.run_out`,
`flows.finish`, and here: invariants I1 to I9 of the reliability goals.
"""

from __future__ import annotations

import random

import pytest

from softswitch.media.engine.interface import RtpTimeout
from tests.softswitch.b2bua.dialogs import PhoneCall
from tests.softswitch.b2bua.flows import finish
from tests.softswitch.b2bua.network import DELAY, Packet, World
from tests.softswitch.b2bua.phones import Phone

CALLS = 200
SEEDS = (0, *(pytest.param(seed, marks=pytest.mark.property) for seed in (1, 2, 3)))
"""What each brings about holds for all: one is enough while one writes."""

EXTENSIONS = [str(number) for number in range(100, 110)]


class People:
    """Whoever holds the phones."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world = world
        self.chance = chance
        self.phones = [
            Phone(world, extension, f"10.0.{device}.{number}", protocol=protocol)
            for number, extension in enumerate(EXTENSIONS[:-1])
            for device, protocol in enumerate(("UDP", "TCP", "UDP")[: 1 + number % 3])
        ]
        for phone in self.phones:
            phone.on_invite = self.is_called
        world.network.keep_log = False
        world.network.rules.append(self.weather)

    def weather(self, packet: Packet) -> float | None:
        """Datagrams are lost and overtake each other."""
        if packet.reliable:
            return DELAY
        luck = self.chance.random()
        if luck < 0.02:
            return None
        return DELAY if luck < 0.9 else self.chance.random() * 0.4

    def soon(self, most: float, what: object, *args: object) -> None:
        self.world.later(self.chance.random() * most, what, *args)  # type: ignore[arg-type]

    def calls(self) -> None:
        """Somebody dials, and may give up or hang up some time."""
        phone = self.chance.choice(self.phones)
        late = self.chance.random() < 0.1
        call = phone.invites(
            self.chance.choice(EXTENSIONS), "X-Secret: 1", offer=b"" if late else None
        )
        self.soon(45, self.gives_up, phone, call)
        self.soon(60, self.fidgets, phone, call)
        self.soon(90, self.hangs_up, phone, call)

    def is_called(self, call: PhoneCall) -> None:
        phone = call.phone
        assert isinstance(phone, Phone)
        mood = self.chance.random()
        if mood < 0.1:
            return
        if mood < 0.9:
            self.soon(3, self.rings, phone, call)
        if mood < 0.15:
            self.soon(3, self.rejects, phone, call, 603)
        elif mood < 0.3:
            self.soon(9, self.rejects, phone, call, self.chance.choice((486, 480, 404, 500, 488)))
        elif mood < 0.95:
            self.soon(20, self.answers, phone, call)
            self.soon(90, self.hangs_up, phone, call)
            self.soon(60, self.fidgets, phone, call)

    def rings(self, phone: Phone, call: PhoneCall) -> None:
        if call.state == "calling":
            early = self.chance.random() < 0.2
            phone.rings(183 if early else 180, body=phone.sdp() if early else b"", call=call)

    def rejects(self, phone: Phone, call: PhoneCall, status: int) -> None:
        if call.state == "calling":
            phone.rejects(status, call=call)

    def answers(self, phone: Phone, call: PhoneCall) -> None:
        if call.state == "calling":
            assert call.invite is not None
            body = phone.sdp() if not call.invite.body else None
            phone.answers(body=body, call=call)

    def gives_up(self, phone: Phone, call: PhoneCall) -> None:
        if call.state == "early":
            if self.chance.random() < 0.8:
                phone.cancels(call=call)
            else:
                phone.hangs_up(call=call)

    def hangs_up(self, phone: Phone, call: PhoneCall) -> None:
        if call.is_up and (call.invite is None or call.acks):
            phone.hangs_up(call=call)

    def fidgets(self, phone: Phone, call: PhoneCall) -> None:
        """Hold, resume, digits, refreshes; a stranger; a network that is silent."""
        if not call.is_up:
            return
        what = self.chance.randrange(7)
        if what < 2:
            direction = self.chance.choice(("sendonly", "sendrecv", "inactive"))
            phone.reinvites(phone.sdp(direction=direction), call=call)
        elif what == 2:
            phone.reinvites(b"", call=call)
        elif what == 3:
            phone.asks("INFO", "Content-Type: application/dtmf", body=b"5", call=call)
        elif what == 4:
            body = phone.sdp() if self.chance.random() < 0.5 else b""
            phone.asks("UPDATE", body=body, call=call)
        elif what == 5:
            ports = list(self.world.media.open_ports)
            if ports:
                self.world.calls.media_event(RtpTimeout(self.chance.choice(ports)))
        else:
            self.stranger(call)
        self.soon(20, self.fidgets, phone, call)

    def stranger(self, call: PhoneCall) -> None:
        """Somebody who knows Call-ID and tags, but is somewhere else."""
        flow = call.phone.flow._replace(remote=("10.66.0.1", 5060), connection=0)
        data = call.request("BYE", 10_000, f"z9hG4bKevil{self.chance.random()}")
        self.world.agent.receive(data, flow)


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_people_do_every_call_ends_once_and_leaves_nothing(seed: int) -> None:
    chance = random.Random(seed)
    world = World(*EXTENSIONS, max_calls=20)
    people = People(world, chance)
    for _ in range(CALLS):
        people.calls()
        world.run(chance.random() * 1.5)
    world.run(200)
    for phone in people.phones:
        for call in phone.calls:
            if call.is_up:
                phone.hangs_up(call=call)
        phone.complaints = [one for one in phone.complaints if not one.startswith("no ACK")]
    finish(world)
    assert len(world.records) == CALLS
    assert not world.media.open_ports
    outcomes = {record.outcome for record in world.records}
    assert {"answered", "busy", "rejected", "cancelled", "unavailable", "no_answer"} <= outcomes
