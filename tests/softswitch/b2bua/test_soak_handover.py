"""People who are handed over, press keys or do not, and hang up when they like: as in test_soak."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from softswitch.config.configuration import Forward, Forwarding
from softswitch.config.messaging import Voicemail
from softswitch.mailbox.line import Connect
from tests.softswitch.b2bua.applications import CODES, GREETING
from tests.softswitch.b2bua.dialogs import PhoneCall
from tests.softswitch.b2bua.flows import finish
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone
from tests.softswitch.b2bua.test_soak import EXTENSIONS, SEEDS, People

CALLS = 150


class Whim:
    """An application that has no plan. It complains about what may never be told."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.line: Any = None
        self.is_over = False
        self.is_away = False

    def begin(self, line: Any) -> None:
        self.line = line
        if self.chance.random() < 0.4:
            line.answer()
        self.goes_on()

    def goes_on(self) -> None:
        assert not self.is_over
        self.is_away = False
        self.line.play([GREETING], self.played)
        what = self.chance.random()
        if what < 0.75:
            self.line.later(self.chance.random() * 5, self.connects)
        elif what < 0.9:
            self.line.later(self.chance.random() * 5, self.line.answer)
            self.line.later(8.0, self.hangs_up)
        else:
            self.hangs_up()

    def connects(self) -> None:
        self.is_away = True
        self.line.connect(Connect(self.chance.choice(EXTENSIONS), "100"), self.goes_on)

    def hangs_up(self) -> None:
        self.is_over = True
        self.line.hang_up()

    def played(self, whole: bool) -> None:
        assert not self.is_over
        assert not self.is_away

    def digit(self, digit: str) -> None:
        assert not self.is_over
        assert not self.is_away

    def hung_up(self) -> None:
        assert not self.is_over
        self.is_over = True


class Strollers(People):
    """People who call applications as well, and whose phones ask for a 1."""

    def calls(self) -> None:
        phone = self.chance.choice(self.phones)
        number = "*98" if self.chance.random() < 0.6 else self.chance.choice(EXTENSIONS)
        late = self.chance.random() < 0.1
        call = phone.invites(number, "X-Secret: 1", offer=b"" if late else None)
        self.soon(45, self.gives_up, phone, call)
        self.soon(60, self.fidgets, phone, call)
        self.soon(90, self.hangs_up, phone, call)

    def answers(self, phone: Phone, call: PhoneCall) -> None:
        super().answers(phone, call)
        if call.is_up:
            self.soon(9, self.presses, phone, call)

    def presses(self, phone: Phone, call: PhoneCall) -> None:
        if call.is_up:
            key = b"1" if self.chance.random() < 0.7 else b"5"
            phone.asks("INFO", "Content-Type: application/dtmf", body=key, call=call)


@pytest.mark.parametrize("seed", SEEDS)
def test_whoever_is_handed_over_or_asked_leaves_nothing_behind(seed: int) -> None:  # FWD-7, VM-2
    chance = random.Random(seed)
    world = World(*EXTENSIONS, max_calls=20)
    board = world.calls._board
    board.codes, board.applications = CODES, lambda visit: Whim(chance)
    for place, extension in enumerate(EXTENSIONS):
        to = EXTENSIONS[place - 1]
        situation = ("always", "no_answer", "busy")[place % 3]
        rules = {situation: Forward(to, confirm=True), "unavailable": Forward(to)}
        world.users[extension] = replace(
            world.users[extension],
            forward=Forwarding(rules, 15.0 if place % 3 else None, "voicemail"),
            voicemail=Voicemail(enabled=place % 4 == 0),
        )
    people = Strollers(world, chance)
    for _ in range(CALLS):
        people.calls()
        world.run(chance.random() * 1.5)
    world.run(400)
    for phone in people.phones:
        for call in phone.calls:
            if call.is_up:
                phone.hangs_up(call=call)
        # A key may overtake the 200 before it, and so cross to a caller whose 180 was lost.
        expected = ("no ACK", "INFO in no dialog")
        phone.complaints = [one for one in phone.complaints if not one.startswith(expected)]
    finish(world)
    assert len(world.records) == CALLS
    answered = {record.answered_by for record in world.records}
    assert len(answered & {"voicemail", *EXTENSIONS}) > 6
