import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from softswitch.media.engine import stage_messages
from softswitch.media.engine.control import Message
from softswitch.media.engine.departments import (
    DIALLERS,
    GUARDS,
    LISTENERS,
    PLAYERS,
    RECORDERS,
    RESPONSIBLE,
    ROOMS,
    Departments,
)
from softswitch.media.engine.interface import Ice, Remote
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.outgoing import OutgoingStream
from softswitch.media.engine.patience import Patience
from softswitch.media.engine.sockets import SocketPair
from softswitch.media.formats import STATIC
from softswitch.media.latch import Address
from tests.media.engine.lanes import Inline
from tests.support.dtls_peers import certificate

pytestmark = pytest.mark.process

NEVER = float("inf")
PLAIN = Remote("127.0.0.5", 4000, 4001, (0,), "127.0.0.5", False, None)


class Nobody:
    """Has no sockets to lend."""

    def __init__(self) -> None:
        self.lent = 0

    def lend(self, leg: Leg) -> SocketPair:
        self.lent += 1
        return cast(SocketPair, self)

    def line(self, remote: Address) -> socket.socket:
        """None."""
        raise OSError

    def take_back(self, leg: Leg) -> None:
        self.lent -= 1

    def hear(self, leg: Leg) -> None:
        """Nothing has come."""


@pytest.fixture
def legs() -> dict[int, Leg]:
    return {0: Leg(0, OutgoingStream(1, 2, 3))}


@pytest.fixture
def all_of_them(legs: dict[int, Leg]) -> Iterator[Departments]:
    said: list[Message] = []
    patience = Patience(Nobody(), lambda: 1.0, lambda: 1.0)
    departments = Departments(legs, said.append, lambda: 1.0, Inline, patience)
    yield departments
    departments.close()


def described(leg: Leg, remote: Remote) -> Leg:
    leg.set_remote(remote, remote.address, frozenset({remote.address}), 1.0)
    return leg


def opened(departments: Departments) -> set[int]:
    return set(departments._opened)


def test_a_plain_leg_needs_none(all_of_them: Departments, legs: dict[int, Leg]) -> None:
    leg = described(legs[0], PLAIN)
    all_of_them.renewed(leg)
    all_of_them.ended(leg)
    assert opened(all_of_them) == set()
    assert (all_of_them.busy, all_of_them.next_deadline) == (False, NEVER)


def test_a_secured_leg_has_a_guard_until_it_ends(
    all_of_them: Departments, legs: dict[int, Leg]
) -> None:
    all_of_them.certify(certificate("switch").pem)
    leg = described(legs[0], PLAIN._replace(ice=Ice("us", "p" * 22, "they")))
    all_of_them.renewed(leg)
    assert leg.guard is not None
    assert opened(all_of_them) == {GUARDS}
    all_of_them.certify(certificate("switch").pem)
    assert all_of_them.next_deadline <= NEVER
    assert all_of_them.busy
    leg.guard = None
    leg.set_remote(PLAIN, None, frozenset(), 2.0)
    all_of_them.ended(leg)
    assert all_of_them.next_deadline == NEVER
    assert not all_of_them.busy


@pytest.mark.parametrize(
    ("message", "which"),
    [
        (stage_messages.Hush(0), {PLAYERS}),
        (stage_messages.FinishCall(0), {RECORDERS}),
        (stage_messages.Leave(0), {ROOMS}),
        (stage_messages.Deafen(0), {RECORDERS, LISTENERS}),
        (stage_messages.SendDigits(0, "", 0.1, 0.1), {DIALLERS}),
    ],
)
def test_what_signalling_says_opens_who_does_it(
    all_of_them: Departments, legs: dict[int, Leg], message: Any, which: set[int]
) -> None:
    all_of_them.hand_on(message)
    assert opened(all_of_them) == which
    assert all_of_them.busy
    all_of_them.tick(1.0)
    assert all_of_them.next_deadline == NEVER
    all_of_them.ended(legs[0])
    assert all_of_them.next_deadline == NEVER
    assert not all_of_them.busy


def test_they_take_turns_in_the_same_order_however_they_were_opened(
    all_of_them: Departments,
) -> None:
    for number in reversed(range(6)):
        all_of_them.of(number)
    assert list(all_of_them._in_order) == [all_of_them.of(number) for number in range(6)]


def test_each_does_all_that_it_is_asked_for(all_of_them: Departments) -> None:
    for kind, number in RESPONSIBLE.items():
        assert kind in all_of_them.of(number).handlers
    known = [kind for number in range(6) for kind in all_of_them.of(number).handlers]
    assert set(known) == set(RESPONSIBLE)


def test_only_who_is_due_has_a_turn(all_of_them: Departments) -> None:
    class Turns:
        def __init__(self, at: float) -> None:
            self.next_deadline = at
            self.had: list[float] = []

        tick = property(lambda self: partial(list.append, self.had))

        def close(self) -> None:
            """Nothing to do."""

    early, late = Turns(1.0), Turns(2.0)
    all_of_them._in_order = (late, early)  # type: ignore[assignment]
    assert all_of_them.next_deadline == 1.0
    all_of_them.tick(1.5)
    assert (early.had, late.had) == ([1.5], [])


def test_a_worker_starts_without_what_only_departments_need() -> None:
    look = "import sys, softswitch.media.engine.worker; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, check=True, text=True
    )
    heavy = {"OpenSSL", "cryptography", "soundfile", "pylibsrtp", "numpy.random", "numpy.fft"}
    assert heavy.isdisjoint(loaded.stdout.split())


def test_a_leg_is_read_now_and_then_as_long_as_nobody_waits_for_it(
    legs: dict[int, Leg], tmp_path: Path
) -> None:
    said: list[Message] = []
    lender = Nobody()
    patience = Patience(lender, lambda: 1.0, lambda: 1.0)
    departments = Departments(legs, said.append, lambda: 1.0, Inline, patience)
    leg = described(legs[0], PLAIN._replace(formats=(STATIC[0],)))
    record = stage_messages.Record(0, 1, str(tmp_path / "one.wav"), 60.0, None)
    departments.hand_on(record)
    assert leg in patience
    assert departments.next_deadline == patience.next_deadline <= 1.2
    departments.tick(1.1)
    departments.unlock(leg)
    departments.renewed(leg)
    assert lender.lent == 1
    peer = Leg(1, OutgoingStream(1, 2, 3))
    leg.join(peer, 1.0)
    departments.renewed(leg)
    assert (leg in patience, lender.lent) == (False, 0)
    leg.part()
    departments.hand_on(stage_messages.Finish(0))
    assert lender.lent == 1
    departments.ended(leg)
    assert leg not in patience
    departments.close()
