"""What signalling asks of ports beyond relaying, and that whoever waits is told, once."""

from typing import Any

from softswitch.media.engine import stage_messages
from softswitch.media.engine.interface import (
    Clip,
    DigitHeard,
    MediaPort,
    Pause,
    Played,
    Recorded,
    Talking,
)
from softswitch.media.engine.performances import Performances, event

ONE, OTHER = MediaPort(1, 7, "192.0.2.1", 4000), MediaPort(2, 8, "192.0.2.1", 4002)


class Workers:
    """Those that live hear what is said."""

    def __init__(self, *gone: int) -> None:
        self.gone = gone
        self.heard: list[stage_messages.Message] = []

    def say(self, port: MediaPort, message: stage_messages.Message) -> bool:
        self.heard.append(message)
        return port.worker not in self.gone


def test_each_request_is_one_message() -> None:
    workers = Workers()
    it = Performances(workers.say)
    it.play(ONE, [Clip("a.wav"), Pause(1.0)], repeat=True, done=print)
    it.hush(ONE)
    it.record(ONE, "b.wav", limit=60.0, silence=None, done=print)
    it.finish(ONE)
    it.record_call(ONE, OTHER, "c.wav", print)
    it.finish_call(ONE)
    it.listen(ONE, in_band=True)
    it.deafen(ONE)
    it.send_digits(ONE, "12", gap=0.2)
    it.mix(ONE, "room", muted=True)
    it.leave(ONE)
    how: dict[str, Any] = {"limit": 9.0, "silence": 3.0, "played": print, "done": print}
    it.play_and_record(ONE, [Pause(1.0)], "d.wav", **how)
    assert workers.heard == [
        stage_messages.Play(1, 1, True, (Clip("a.wav"), Pause(1.0))),
        stage_messages.Hush(1),
        stage_messages.Record(1, 2, "b.wav", 60.0, None),
        stage_messages.Finish(1),
        stage_messages.RecordCall(1, 2, 3, "c.wav"),
        stage_messages.FinishCall(1),
        stage_messages.Listen(1, True),
        stage_messages.Deafen(1),
        stage_messages.SendDigits(1, "12", 0.1, 0.2),
        stage_messages.Mix(1, "room", True),
        stage_messages.Leave(1),
        stage_messages.Play(
            1, 4, False, (Pause(1.0),), stage_messages.Record(1, 5, "d.wav", 9.0, 3.0)
        ),
    ]


def test_whoever_waits_is_told_once() -> None:
    it = Performances(Workers().say)
    played: list[Played] = []
    recorded: list[Recorded] = []
    it.play(ONE, [], done=played.append)
    it.record(ONE, "b.wav", limit=60.0, silence=2.0, done=recorded.append)
    for _ in range(2):
        it.ended(stage_messages.Ended(1, ("failed", "no such file")))
        it.ended(stage_messages.Ended(2, (3.5, "silence")))
    assert played == [Played("failed", "no such file")]
    assert recorded == [Recorded(3.5, "silence")]


def test_of_ports_that_are_gone_is_said_at_once_that_they_are() -> None:
    it = Performances(Workers(7).say)
    played: list[Played] = []
    recorded: list[Recorded] = []
    it.play(ONE, [], done=played.append)
    it.record(ONE, "b.wav", limit=60.0, silence=2.0, done=recorded.append)
    it.record_call(ONE, OTHER, "c.wav", recorded.append)
    how: dict[str, Any] = {"played": played.append, "done": recorded.append}
    it.play_and_record(ONE, [], "d.wav", limit=60.0, silence=2.0, **how)
    assert played == [Played("closed")] * 2
    assert recorded == [Recorded(0.0, "closed")] * 3


def test_a_worker_that_died_ends_what_it_was_doing_and_no_more() -> None:
    it = Performances(Workers().say)
    told: list[object] = []
    it.play(ONE, [], done=told.append)
    it.play(OTHER, [], done=lambda ended: told.append(("other", ended)))
    it.record_call(ONE, OTHER, "c.wav", told.append)
    for ended in it.lost(7):
        it.ended(ended)
    assert told == [Played("closed"), Recorded(0.0, "closed")]
    assert it.lost(7) == []


def test_what_a_worker_notices_becomes_an_event() -> None:
    digit = stage_messages.Digit(1, "5", 0.1, "event")
    assert event(ONE, digit) == DigitHeard(ONE, "5", 0.1, "event")
    assert event(ONE, stage_messages.Talks(1, True)) == Talking(ONE, True)
