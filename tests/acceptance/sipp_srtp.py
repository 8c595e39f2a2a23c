"""SIPp's SRTP scenarios through the switch (goal RTP-7): `python -m tests.acceptance.sipp_srtp`.

Debian 12 has a SIPp without SRTP: `--setup` installs a later one in a folder of its own (the one of
`python -m bench.load setup`). Everything happens in a network namespace; root is needed.

SIPp's caller compares what comes back with what it sent. It decrypts it under its own SSRC, though
that is part of each packet's key stream (RFC 3711 §4.1.1) and a B2BUA has SSRCs of its own: behind
one, the caller authenticates every packet and then reads noise. So what passes on the wire is
opened here, by keys from SIPp's own log and by no library of the switch, and compared packet by
packet. SIPp's own comparison counts where it can be right: without a switch, and where its caller
speaks plain RTP while SIPp at the other side decrypts, encrypts and sends it back.

Exits with 1 when a call is not as it should be.
"""

from __future__ import annotations

import os
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path

from bench.load.peers.chroot import PeerMissing, default_root, set_up
from bench.table import head, line
from softswitch.media.engine.naming import EPOLL, IO_URING
from tests.support.sealed_calls import (
    CALLED,
    CALLER,
    REFUSED,
    STRICT,
    UNAVAILABLE,
    Case,
    Office,
    Outcome,
)
from tests.support.sealed_sipp import PACKAGES
from tests.support.srtp_scenarios import (
    as_they_are,
    callee,
    caller,
    hesitating,
    insisting,
    one_suite,
    other_codec,
    without_keys,
)
from tests.support.switch import Switch

CODECS = ("g711u", "g711a", "g722", "g729")
WEAK = ("nullsha180", "nullsha132", "aescm128sha180_ue", "aescm128sha132_ue")
"""Keys without encryption: by their suite, or by a parameter of the session (RFC 4568 §6.3.2)."""
ON_THEIR_WAY = 3
"""Packets on their way when another codec is agreed on. Those in that of before are translated, and
in some 400 such calls, on a busy machine, one was lost."""
TITLES = (
    "scenario", "ended", "suites", "sent", "taken", "SIPp took", "echoed", "taken", "SIPp took",
    "refused", "same there", "same back", "SIPp compared",
)  # fmt: skip


def cases() -> Iterator[Case]:
    """Every scenario with keys, and with whom."""
    yield Case("80 bits, 32 bits", caller(), callee())
    yield Case("aescm128sha180", caller("aescm128sha180"), callee("aescm128sha180"))
    short = caller("aescm128sha132"), callee("aescm128sha132")
    yield Case("aescm128sha132", *short)
    yield Case("aescm128sha132, no other suite", one_suite(short[0]), short[1])
    for codec in CODECS:
        yield Case(codec, caller(codec), callee(codec))
    again = caller("renegotiation")
    yield Case("renegotiation: keys", again, callee())
    yield Case("renegotiation: keys, used late", hesitating(again), callee())
    both = other_codec(again), other_codec(callee("renegotiation"))
    yield Case("renegotiation: keys, codec", *both, gap=ON_THEIR_WAY)
    for codec in CODECS:
        yield Case(
            f"{codec}, plain caller", without_keys(caller(codec)), callee(codec), compared=True
        )
    yield Case("aescm128sha132, plain caller", without_keys(short[0]), short[1], compared=True)
    for kind in WEAK:
        yield Case(f"{kind} under SAVP", insisting(caller(kind)), "", REFUSED)
        yield Case(f"{kind}, encryption: required", caller(kind), "", REFUSED, by=STRICT)
        yield Case(f"{kind} in the answer", caller(), callee(kind), UNAVAILABLE)


def main() -> None:
    given = _options()
    if given.setup:
        try:
            set_up(given.root, PACKAGES)
        except PeerMissing as error:
            sys.exit(f"cannot set up SIPp: {error}")
        return
    if os.geteuid():
        sys.exit("cannot run: network namespaces need root")
    if not given.inside:
        _enter()
    try:
        sys.exit(not _run(given))
    except PeerMissing as error:
        sys.exit(f"cannot run: {error}")


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--setup", action="store_true", help="install SIPp, and no more")
    parser.add_argument("--root", type=Path, default=default_root(), help="where SIPp lives")
    parser.add_argument("--backend", choices=(EPOLL, IO_URING), default="auto")
    parser.add_argument("--only", default="", help="cases with that in their name")
    parser.add_argument("--inside", action="store_true", help="the namespace is there already")
    return parser.parse_args()


def _enter() -> None:
    """This command again, alone with a loopback interface."""
    alone = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    again = [sys.executable, "-m", __spec__.name, *sys.argv[1:], "--inside"]
    os.execvp(alone[0], [*alone, *again])


def _run(given: Namespace) -> bool:
    """Say how each case went; was all as it should be?"""
    say(head(TITLES))
    problems: list[str] = []
    folders = given.root / "var/tmp"
    with tempfile.TemporaryDirectory(dir=folders, prefix="srtp-") as folder:
        for outcome in _outcomes(Path(folder), given):
            say(line(cells(outcome)))
            problems += outcome.problems()
    for problem in problems:
        say(f"MISSED: {problem}")
    return not problems


def _outcomes(folder: Path, given: Namespace) -> Iterator[Outcome]:
    office = Office(folder, given.root)
    yield office.directly(Case("without a switch", *as_they_are(), compared=True))
    strict = {STRICT: {"encryption": "required"}}
    users = (CALLER, CALLED, STRICT)
    with Switch(folder / "switch", users=users, each=strict, backend=given.backend) as switch:
        office.teach(switch, caller())
        for case in cases():
            if given.only in case.name:
                yield office.play(switch, case)


def cells(outcome: Outcome) -> tuple[object, ...]:
    """A line of the table."""
    there, back = outcome.there, outcome.back
    found, others = outcome.compared
    return (
        outcome.case.name, outcome.status, outcome.suites,
        there.sent, there.taken, there.sipp_took, back.sent, back.taken, back.sipp_took,
        there.refused + back.refused, there.same, back.same, f"{found} of {found + others}",
    )  # fmt: skip


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
