"""A call between two phones in which both speak at once, and what each of them has heard."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from tests.support.phones import Phone, PhoneCall

SETTLE = 0.3
"""Seconds for the jitter buffers to fill before the sound begins."""
TAIL = 0.5
"""Seconds that the last sample may be on its way: two buffers and the network."""
TAKES = 3
"""Until they have heard each other well; a switch that spoils sound spoils all of them."""


class Heard(NamedTuple):
    """Recordings of both sides."""

    by_caller: Path
    by_callee: Path


@contextmanager
def connected(one: Phone, other: Phone, number: str) -> Iterator[tuple[PhoneCall, PhoneCall]]:
    """One has called the other by that number; the call is over behind the block."""
    outgoing = one.dial(number)
    incoming = other.incoming()
    incoming.answer()
    outgoing.wait("answered")
    try:
        yield outgoing, incoming
    finally:
        outgoing.hangup()
        incoming.ended()
        outgoing.ended()


def check_both_hear(
    call: tuple[PhoneCall, PhoneCall],
    said: tuple[Path, Path],
    seconds: float,
    check: Callable[[Heard], None],
) -> None:
    """Both hear the other as `check` insists; where phones wait for the processor, not at once."""
    for take in range(1, TAKES):
        with suppress(AssertionError):
            return check(speak_at_once(call, said, seconds, f"{take}"))
    return check(speak_at_once(call, said, seconds, "last"))


def speak_at_once(
    call: tuple[PhoneCall, PhoneCall], said: tuple[Path, Path], seconds: float, take: str = "only"
) -> Heard:
    """Both play a file of so many seconds, the caller's first, and record beside it."""
    outgoing, incoming = call
    heard = Heard(*(file.with_name(f"while-{take}-{file.name}") for file in said))
    outgoing.record(heard.by_caller)
    incoming.record(heard.by_callee)
    time.sleep(SETTLE)
    outgoing.play(said[0])
    incoming.play(said[1])
    time.sleep(seconds + TAIL)
    outgoing.stop_recording()
    incoming.stop_recording()
    return heard
