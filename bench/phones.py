"""The phones of one switch: they register, call each other, and keep calls up."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import NamedTuple

from bench.config import FIRST
from bench.sipp import HOST, SCENARIOS, Side, Sipp, phones_csv
from bench.switch import Switch, free_port

TALK = 0.5
"""Seconds from ACK to BYE: answering and hanging up are then work of different moments."""
HANG_UP = "<!-- hang up -->"
"""Where the caller's scenario may be cut: what is before it leaves the call up."""
SETUP_RATE = 400.0
"""Calls per second, when they are only to be there."""
REGISTER_RATE = 500.0


class LoadFailed(Exception):
    """What the measurement needs could not be set up."""


class Load(NamedTuple):
    """What came of a number of registrations or calls."""

    wanted: int
    succeeded: int
    retransmissions: int
    """Of both sides."""
    times: tuple[float, ...]
    """ms each of those that succeeded took to set up."""


class Phones:
    """All extensions of a switch on one socket; the callers have another."""

    def __init__(self, switch: Switch, folder: Path) -> None:
        self._switch = switch
        self._folder = folder
        self._serial = count()
        self._phone_port = free_port(HOST)
        self._caller_port = free_port(HOST)
        self._setup_only = folder / "caller-setup.xml"
        caller = (SCENARIOS / "caller.xml").read_text()
        self._setup_only.write_text(caller.partition(HANG_UP)[0] + "</scenario>")

    def register(self, wanted: int, rate: float) -> Load:
        """Register the extensions in turn, over and over if need be."""
        return self._register(0, wanted, rate)

    def register_new(self, first: int, wanted: int) -> None:
        """Register so many extensions from the `first` on."""
        done = self._register(first, wanted, REGISTER_RATE).succeeded
        if done < wanted:
            raise LoadFailed(f"only {done} of {wanted} phones could register")

    def call(self, wanted: int, rate: float) -> Load:
        """Calls from one half of the extensions to the other, hung up after a short talk."""
        scenario = SCENARIOS / "caller.xml"
        caller, callee = self._call(scenario, wanted, rate, "-d", round(TALK * 1000))
        return Load(
            wanted,
            caller.succeeded,
            caller.retransmissions + callee.retransmissions,
            caller.times,
        )

    def keep_up(self, wanted: int) -> None:
        """Add calls that nobody hangs up. They hear no media: the switch ends them after 60 s."""
        caller, _ = self._call(self._setup_only, wanted, SETUP_RATE)
        if caller.succeeded < wanted:
            raise LoadFailed(f"only {caller.succeeded} of {wanted} calls could be set up")

    def _register(self, first: int, wanted: int, rate: float) -> Load:
        extensions = range(FIRST + first, FIRST + self._switch.extensions)
        sipp = self._sipp(SCENARIOS / "register.xml", self._phone_port)
        phones = self._csv(phones_csv((extension, "") for extension in extensions))
        side = sipp.generate(wanted, rate, phones, "-default_behaviors", "all,-bye")
        return Load(wanted, side.succeeded, side.retransmissions, side.times)

    def _call(
        self, scenario: Path, wanted: int, rate: float, *options: object
    ) -> tuple[Side, Side]:
        callees = self._sipp(SCENARIOS / "callee.xml", self._phone_port)
        callers = self._sipp(scenario, self._caller_port)
        pairs = self._csv(phones_csv(pairs_of(self._switch.extensions)))
        with callees.running() as process:
            seen = callers.generate(wanted, rate, pairs, *options)
            return seen, callees.stop(process)

    def _sipp(self, scenario: Path, port: int) -> Sipp:
        return Sipp(self._switch, scenario, port, self._folder / str(next(self._serial)))

    def _csv(self, text: str) -> Path:
        file = self._folder / f"{next(self._serial)}.csv"
        file.write_text(text)
        return file


@contextmanager
def phones_of(switch: Switch) -> Iterator[Phones]:
    """Phones with a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="bench-phones-") as name:
        yield Phones(switch, Path(name))


def pairs_of(extensions: int) -> list[tuple[int, str]]:
    """Who calls whom: each of the first half one of the second."""
    half = extensions // 2
    return [(FIRST + number, str(FIRST + half + number)) for number in range(half)]
