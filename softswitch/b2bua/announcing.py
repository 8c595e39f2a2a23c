"""A caller from outside hears in words why nobody takes the call (features 2.0, last paragraph).

    carrier               switch
      │────── INVITE ──────►│
      │◄─────── 183 ────────│ ═ "is on another call" ═►     early media: the caller pays nothing
      │◄─────── 486 ────────│

Phones of our own users make a tone of the code by themselves, so they get it at once; and so does
whoever offered no SDP, or asks while there are no words for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from softswitch.b2bua import ending
from softswitch.b2bua.line import ServiceLine
from softswitch.media.sdp import SdpError

if TYPE_CHECKING:
    from softswitch.b2bua.call import Call, Verdict
    from softswitch.media.engine.interface import Sound

log = logging.getLogger(__name__)

NOT_AVAILABLE = "call.not_available"
WORDS = {
    "busy": "call.busy",
    "no_answer": NOT_AVAILABLE,
    "unavailable": NOT_AVAILABLE,
    "rejected": NOT_AVAILABLE,
    "not_found": "call.unknown_number",
}
"""The names of prompts, by what became of the call."""

Fields = Sequence[tuple[str, str]]


def words(call: Call, outcome: str) -> Sequence[Sound]:
    """What there is to say, in the language of whom the call was for; inside, nothing."""
    if call.known is not None or outcome not in WORDS:
        return ()
    return call.board.speech.say(call.turn, (WORDS[outcome],))


def refuse(call: Call, verdict: Verdict, headers: Fields, *, to_devices: Fields = ()) -> None:
    """`ending.refuse`, after some words if there are any."""
    sounds = words(call, verdict.outcome)
    if not sounds or call.caller.offer is None or call.service is not None:
        ending.refuse(call, verdict, headers, to_devices=to_devices)
        return
    call.stop_waiting()
    for leg in call.hunted:
        ending.give_up(leg, "cancelled", to_devices)
    call.hunted = []
    then = partial(ending.refuse, call, verdict, headers)
    line = call.service = ServiceLine(call, Announcement(sounds, then), "announcement")
    log.info("%s: told that the call is over: %s", call.id, verdict.outcome)
    try:
        line.open()
    except SdpError:
        then()  # the caller's codecs cannot be spoken


class Announcement:
    """An application that says something."""

    def __init__(self, sounds: Sequence[Sound], then: Callable[[], None]) -> None:
        self._sounds = sounds
        self._then = then

    def begin(self, line: ServiceLine) -> None:
        """Say it."""
        line.play(self._sounds, lambda whole: self._then())

    def digit(self, digit: str) -> None:
        """There is nothing to choose."""

    def hung_up(self) -> None:
        """Nobody listens any more."""
