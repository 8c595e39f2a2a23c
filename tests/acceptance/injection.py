"""RTP bleed and injection, in full size (goal G16): `python -m tests.acceptance.injection`.

Five hundred calls for ten minutes on each backend, a tenth of them encrypted, while a stranger
sends to every media port of the switch from before the first INVITE until the last BYE: RTP with
guessed and with true SSRC and sequence, RTCP, STUN and DTLS. Into the encrypted calls come packets
without the key from the phone's own address too. Nothing may reach the stranger or anybody's ear.

The stranger, the phones and the switch share one machine, and 500 packets a second to each of 2,000
ports would be a million: so he sends `--packets` in all, to each port in turn, ten in sequence at
a time, which is more than a latch needs to learn. For the same reason a thousand phones speak less
often than a phone does. With `--calls 20` both are as in life. Exits with 1 when the goal is
missed.
"""

import resource
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path

from softswitch.media.engine.backends.probe import why_not
from softswitch.media.engine.naming import EPOLL, IO_URING
from tests.support.injection import PORTS_PER_CALL, Plan, attack, office

RATE = 500.0
"""Packets per second and port, if there is time for so many."""
FRAME = 0.02
PHONES_PER_SECOND = 4000
"""Packets that the phones can send, hear and compare beside all others."""
DESCRIPTORS = 6
"""Per call: each phone has two sockets, and some are needed for the rest."""


def main() -> None:
    options = ArgumentParser(description=__doc__)
    options.add_argument("--calls", type=int, default=500)
    options.add_argument("--seconds", type=float, default=600.0, help="of talk, on each backend")
    options.add_argument("--packets", type=float, default=40_000, help="of the stranger per second")
    options.add_argument("--backend", choices=(EPOLL, IO_URING), help="only this one")
    given = options.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 100 + DESCRIPTORS * given.calls), most))
    plan = planned(given.calls, given.seconds, given.packets)
    say(f"{plan.rate:.0f} packets a second to each port, phones speak every {plan.interval:g} s")
    backends = [given.backend] if given.backend else [EPOLL, IO_URING]
    sys.exit(not all([withstands(backend, plan) for backend in backends]))


def planned(calls: int, seconds: float, packets: float) -> Plan:
    """As much as one machine does."""
    rate = min(RATE, packets / (PORTS_PER_CALL * calls))
    return Plan(calls, seconds, rate, max(FRAME, 2 * calls / PHONES_PER_SECOND))


def withstands(backend: str, plan: Plan) -> bool:
    """Say what happened; was nothing of it bad?"""
    if backend == IO_URING and why_not():
        say(f"{backend}: NOT TESTED: {why_not()}")
        return True
    with (
        tempfile.TemporaryDirectory() as folder,
        office(Path(folder), plan, backend) as switch,
    ):
        outcome = attack(switch, plan)
    problems = outcome.problems()
    say(f"{backend}: {outcome}")
    for problem in problems:
        say(f"{backend}: MISSED: {problem}")
    return not problems


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
