"""RTP bleed and injection (goal G16): calls that talk while a stranger sends to every media port.

The stranger begins before the first call does and ends after the last BYE. Some of the calls are
encrypted; into those, packets without the key come from the phone's own address too.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.attacker import MARK, Attacker, Known, Spoils
from tests.support.endpoint import Endpoint
from tests.support.rtp_socket import Address
from tests.support.scripted_call import ScriptedCall
from tests.support.switch import Switch
from tests.support.talker import KEY_OCTETS, Talker, crypto, key_in

ENCRYPTED_EVERY = 10
"""One call of so many."""
QUIET = 0.4
"""Seconds after the answers in which only the stranger and the switch send: the latches are open,
and the first to be believed would have the call."""
SETTLE = 0.3
MOST_GROWTH = 1.03
"""Of the workers' memory, in the last two thirds of the talk."""
MOST_LOST = 0.05
"""Of the phones' packets; to lose is allowed under attack, to be deaf is not."""
PORTS_PER_CALL = 4
SPARE_PORTS = 8
"""For what rounds up when the range is shared out."""


class Plan(NamedTuple):
    calls: int
    seconds: float
    """Of talk."""
    rate: float
    """Packets per second and port of the stranger."""
    interval: float = 0.02
    """Seconds between packets of a phone."""


class Call(NamedTuple):
    outgoing: ScriptedCall
    incoming: ScriptedCall
    caller: Talker
    callee: Talker

    @property
    def talkers(self) -> tuple[Talker, Talker]:
        return self.caller, self.callee


class Outcome(NamedTuple):
    spoils: Spoils
    calls: list[Call]
    up: int
    """Calls that talked when the talk was over."""
    foreign: int
    """Packets of strangers that the switch says it has counted, in all legs."""
    noticed: int
    """Legs in which it has."""
    memory: tuple[int, int]
    """Kilobytes of the media workers, after a third of the talk (by then all that is used over and
    over has been used once) and at the end."""

    @property
    def talkers(self) -> list[Talker]:
        return [talker for call in self.calls for talker in call.talkers]

    @property
    def lost(self) -> float:
        said = sum(talker.said for talker in self.talkers)
        return 1 - sum(len(talker.heard) for talker in self.talkers) / said

    def problems(self) -> list[str]:
        """What must not be; none, and the goal is met."""
        wrong = [payload for talker in self.talkers for payload in talker.wrong]
        before, after = self.memory
        heard = self.spoils.heard
        checks = {
            f"{len(heard)} packets reached the attacker, for example {heard[:3]}": not heard,
            f"somebody heard what nobody said, for example {wrong[:1]}": not wrong,
            "somebody heard a packet twice": not any(talker.doubled for talker in self.talkers),
            f"only {self.up} of {len(self.calls)} calls were still up": self.up == len(self.calls),
            f"only {self.noticed} legs counted strangers": self.noticed == 2 * len(self.calls),
            f"memory grew from {before} to {after} kB": after <= before * MOST_GROWTH,
            f"{self.lost:.1%} of what was said was lost": self.lost <= MOST_LOST,
        }
        return [problem for problem, fine in checks.items() if not fine]

    def __str__(self) -> str:
        sent = sum(self.spoils.sent.values())
        said = sum(talker.said for talker in self.talkers)
        wrong = sum(len(talker.wrong) for talker in self.talkers)
        before, after = self.memory
        return (
            f"{len(self.calls)} calls, {self.up} up at the end; the attacker sent {sent} packets "
            f"({sent / self.spoils.seconds:.0f}/s: {dict(self.spoils.sent)}) "
            f"and heard {len(self.spoils.heard)}; {self.foreign} counted as foreign in "
            f"{self.noticed} legs; phones said {said} packets, {self.lost:.2%} lost, "
            f"{wrong} wrong; media workers {before} → {after} kB"
        )


def office(folder: Path, plan: Plan, backend: str) -> Switch:
    """A switch for so many calls, with the ports that they need and hardly more."""
    extensions = [pair for number in range(plan.calls) for pair in _pair(number)]
    each: dict[str, dict[str, Any]] = {
        extension: {"encryption": "sdes"}
        for number in range(0, plan.calls, ENCRYPTED_EVERY)
        for extension in _pair(number)
    }
    ports = PORTS_PER_CALL * plan.calls + SPARE_PORTS
    return Switch(folder, users=extensions, each=each, backend=backend, rtp_ports=ports)


def attack(switch: Switch, plan: Plan) -> Outcome:
    """Let all of it happen."""
    host = switch.address[0]
    with ExitStack() as stack:
        phones = [stack.enter_context(_phones(switch, number)) for number in range(plan.calls)]
        attacker = stack.enter_context(Attacker(host, switch.rtp_ports, plan.rate))
        calls = [_connect(number, *pair) for number, pair in enumerate(phones)]
        _talk(calls, QUIET, plan.interval, silent=True)
        _talk(calls, plan.seconds / 3, plan.interval)
        before = _memory(switch)
        attacker.learn(dict(_streams(calls, plan.interval)))
        _talk(calls, plan.seconds / 3, plan.interval)
        _talk(calls, plan.seconds / 3, plan.interval, forging=True)
        _talk(calls, SETTLE, plan.interval, silent=True)
        after = _memory(switch)
        up = [call["state"] for call in switch.calls()].count("talking")
        for call in calls:
            call.outgoing.request("BYE")
            call.incoming.hung_up()
            call.outgoing.expect(200)
        spoils = attacker.stop()
    counted = _foreign(switch, calls)
    return Outcome(spoils, calls, up, sum(counted), len(counted), (before, after))


def _pair(number: int) -> tuple[str, str]:
    return str(1000 + 2 * number), str(1001 + 2 * number)


@contextmanager
def _phones(switch: Switch, number: int) -> Iterator[tuple[Endpoint, Endpoint]]:
    caller, callee = _pair(number)
    with (
        Endpoint(caller, switch.password(caller), switch.address) as anna,
        Endpoint(callee, switch.password(callee), switch.address) as jan,
    ):
        jan.register()
        yield anna, jan


def _connect(number: int, anna: Endpoint, jan: Endpoint) -> Call:
    """A call, encrypted or not; the phones are silent until it is answered."""
    encrypted = number % ENCRYPTED_EVERY == 0
    key, other = (secrets.token_bytes(KEY_OCTETS * encrypted) for _ in range(2))
    caller, callee = Talker(2 * number, anna.rtp, key), Talker(2 * number + 1, jan.rtp, other)
    outgoing = ScriptedCall.dial(anna, jan.extension, _described(anna, key))
    incoming = ScriptedCall.incoming(jan)
    incoming.reply(180)
    outgoing.expect(180)
    assert incoming.invite is not None
    tag = 1
    if encrypted:
        theirs, tag = key_in(incoming.invite.body)
        callee.unlock(theirs)
    incoming.reply(200, _described(jan, other, tag))
    answer = outgoing.expect(200)
    if encrypted:
        caller.unlock(key_in(answer.body)[0])
    outgoing.ack()
    incoming.expect("ACK")
    caller.to, callee.to = outgoing.media, incoming.media
    return Call(outgoing, incoming, caller, callee)


def _described(phone: Endpoint, key: bytes, tag: int = 1) -> bytes:
    """With its reports at the port of its sound, where nobody else has a socket."""
    extra = f"a=rtcp:{phone.rtp.address.port}\r\n"
    if not key:
        return phone.sdp(extra=extra)
    return phone.sdp(extra=extra + crypto(key, tag)).replace(b"RTP/AVP", b"RTP/SAVP")


def _talk(
    calls: list[Call],
    seconds: float,
    interval: float,
    *,
    silent: bool = False,
    forging: bool = False,
) -> None:
    """Everybody speaks and listens; who is slow catches up."""
    begin = time.monotonic()
    for turn in range(round(seconds / interval)):
        for call in calls:
            for talker, partner in (call.talkers, call.talkers[::-1]):
                if not silent:
                    talker.speak(interval)
                if forging and talker.key:
                    talker.forge(MARK)
                talker.listen(partner)
        time.sleep(max(0.0, begin + (turn + 1) * interval - time.monotonic()))


def _streams(calls: list[Call], interval: float) -> Iterator[tuple[int, Known]]:
    """By port of the switch, what comes there."""
    for call in calls:
        for talker in call.talkers:
            to: Address | None = talker.to
            assert to is not None
            yield to.port, Known(talker.ssrc, talker.sequence, interval)


def _memory(switch: Switch) -> int:
    """Kilobytes that the media workers have in memory."""
    return sum(
        int(Path(f"/proc/{pid}/status").read_text().partition("\nVmRSS:")[2].split()[0])
        for pid in switch.workers()
    )


def _foreign(switch: Switch, calls: list[Call]) -> list[int]:
    """By leg, what the log says of strangers."""
    end = time.monotonic() + 5.0
    while True:
        counts = re.findall(r"strangers sent (\d+) packets", switch.log())
        if len(counts) >= 2 * len(calls) or time.monotonic() > end:
            return [int(count) for count in counts]
        time.sleep(0.05)
