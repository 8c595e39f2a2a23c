"""Calls between two SIPps with SRTP, through the switch, and what became of each packet."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from tests.interop.test_sipp_rtp import call_id, legs
from tests.support.ports import free_port
from tests.support.sealed_media import CUT_OFF, OWN, arrived, opened
from tests.support.sealed_sipp import Agreed, SealedSipp
from tests.support.sniffing import Sniffer
from tests.support.switch import Switch

CALLER, CALLED, STRICT = "16001", "16002", "16003"
"""STRICT must encrypt."""
ECHO = "*600"
ANSWERED, REFUSED, UNAVAILABLE = "200", "488", "480"
"""REFUSED: what the caller offers; UNAVAILABLE: what the callee answers, who is hung up."""
NOT_COMPARED = 253
"""SIPp's exit code when no packet came back as it was sent."""
ENOUGH = 0.7
"""Of its packets, a caller compares at least so many: it looks whenever it sends."""


class Case(NamedTuple):
    """What two SIPps do, and what must come of it."""

    name: str
    caller: str
    callee: str
    """Empty: nobody is called."""
    status: str = ANSWERED
    compared: bool = False
    """SIPp's own comparison has to find the same."""
    by: str = CALLER
    gap: int = 0
    """Packets that may be lost, refused or translated, in one place of each way."""


class Way(NamedTuple):
    """From one SIPp to the other."""

    sent: int
    taken: int
    """Packets that the switch authenticated, or took where nothing is to be authenticated."""
    sipp_took: int
    refused: int
    """Packets that the switch or SIPp did not take."""
    same: int
    """Packets that arrived as they were sent."""


NO_WAY = Way(0, 0, 0, 0, 0)


class Outcome(NamedTuple):
    """How a case went."""

    case: Case
    status: str
    codes: tuple[int, ...]
    """SIPp's exit codes: the caller's, then the callee's."""
    suites: str = ""
    there: Way = NO_WAY
    back: Way = NO_WAY
    compared: tuple[int, int] = (0, 0)
    """By SIPp: packets that came back as they were sent, and others."""

    def problems(self) -> list[str]:
        """What is not as it should be."""
        right = {f"ended with {self.status}": set(self.status.split()) == {self.case.status}}
        if self.case.status == ANSWERED:
            right |= self._of_a_call()
        return [f"{self.case.name}: {what}" for what, holds in right.items() if not holds]

    def _of_a_call(self) -> dict[str, bool]:
        codes = {(0, 0)} if self.case.compared else {(0, 0), (NOT_COMPARED, 0)}
        same, others = self.compared
        right = {f"SIPps ended with {self.codes}": self.codes in codes}
        for name, way in (("there", self.there), ("back", self.back)):
            right[f"{way.refused} refused {name}"] = way.refused <= self.case.gap
            enough = way.same >= max(1, way.sent - CUT_OFF - self.case.gap)
            right[f"{way.same} of {way.sent} the same {name}"] = enough
        if self.case.compared:
            enough = same >= ENOUGH * self.there.sent and others <= OWN
            right[f"SIPp found {same} the same, {others} not"] = enough
        return right


class Beside(NamedTuple):
    """Another SIPp, in the place of a switch."""

    sip: str

    def password(self, extension: str) -> str:
        return extension


class Office:
    """Where they call each other. All of it lies below the root in which SIPp is."""

    def __init__(self, folder: Path, root: Path) -> None:
        self._folder = folder
        self._root = root
        self._calls = 0
        self._place = free_port()
        """Of the called one: a phone is offered what it has offered from there."""

    def directly(self, case: Case) -> Outcome:
        """Without a switch."""
        return self._play(Beside(f"127.0.0.1:{self._place}"), case)

    def teach(self, switch: Switch, scenario: str) -> None:
        """The one that is called calls: the switch learns what it has keys for."""
        with self._sipp(scenario, switch, CALLED, calls=ECHO, port=self._place) as calling:
            calling.play()
            calling.ended()
            assert calling.status() == "200", calling.messages()

    def play(self, switch: Switch, case: Case) -> Outcome:
        """Through the switch."""
        return self._play(switch, case)

    def _play(self, server: Switch | Beside, case: Case) -> Outcome:
        with ExitStack() as open_ones:
            called = None
            if case.callee:
                called = self._sipp(case.callee, server, CALLED, port=self._place)
                open_ones.enter_context(called)
                if isinstance(server, Switch):
                    called.register()
                called.play()
            calling = self._sipp(case.caller, server, case.by, calls=CALLED)
            open_ones.enter_context(calling)
            wire = open_ones.enter_context(Sniffer())
            calling.play()
            codes = calling.ended(), called.ended() if called else 0
        outcome = Outcome(case, calling.status(), codes, compared=calling.compared())
        mine, theirs = calling.agreed(), called.agreed() if called else None
        if called is None or mine is None or theirs is None:
            return outcome
        both = Both(calling, called, mine, theirs, wire, case.gap)
        taken = recorded(server, calling) if isinstance(server, Switch) else both.seen()
        return outcome._replace(
            suites=both.suites(), there=both.there(taken[0]), back=both.back(taken[1])
        )

    def _sipp(
        self, scenario: str, server: Switch | Beside, who: str, *, calls: str = "", port: int = 0
    ) -> SealedSipp:
        self._calls += 1
        folder = self._folder / f"call-{self._calls}"
        return SealedSipp(scenario, server, who, folder, self._root, calls=calls, port=port)


def recorded(switch: Switch, calling: SealedSipp) -> tuple[int, int]:
    """Packets that the switch has taken of the caller, and of the callee."""
    caller, *others = legs(switch, call_id(calling))
    return caller["packets_received"], sum(leg["packets_received"] for leg in others)


class Both(NamedTuple):
    """Both SIPps of a call that is over."""

    calling: SealedSipp
    called: SealedSipp
    mine: Agreed
    theirs: Agreed
    wire: Sniffer
    gap: int

    def suites(self) -> str:
        """Of the caller, and of the callee."""
        used = [side.sends[-1][0] if side.sends else "none" for side in (self.mine, self.theirs)]
        return ", ".join(name.removeprefix("AES_CM_128_HMAC_SHA1_") for name in used)

    def there(self, taken: int) -> Way:
        """From the caller to the callee, of which the switch has taken so many."""
        return self._way(self.mine, self.theirs, taken, self.called.taken())

    def back(self, taken: int) -> Way:
        """What the callee has sent back."""
        return self._way(self.theirs, self.mine, taken, self.calling.taken())

    def seen(self) -> tuple[int, int]:
        """Packets of each that were on the wire until the end of the call."""
        return self._on_time(self.mine), self._on_time(self.theirs)

    def _way(self, sender: Agreed, hearer: Agreed, taken: int, sipp: tuple[int, int]) -> Way:
        said = opened(self.wire.between(sender.here, sender.there), sender.sends)
        heard = opened(self.wire.between(hearer.there, hearer.here), hearer.receives)
        missed = max(0, self._on_time(sender) - taken)
        refused = missed + sipp[1] + said.sealed_wrongly + heard.sealed_wrongly
        same = arrived(said.sounds, heard.sounds, self.gap)
        return Way(said.packets, taken, sipp[0], refused, same)

    def _on_time(self, sender: Agreed) -> int:
        """Packets before the call was over."""
        end = min(one.at for one in self.wire.datagrams if one.payload.startswith(b"BYE "))
        return sum(one.at < end for one in self.wire.between(sender.here, sender.there))
