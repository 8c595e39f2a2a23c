"""The bus: who hears what."""

import logging

import pytest

from softswitch.bus import Bus, CallRinging, Registered, Unregistered
from tests.support.registering import binding

RINGING = CallRinging("c1", "100", "101", 5.0)


def test_an_event_reaches_all_who_subscribed_to_its_kind_in_their_order() -> None:
    bus = Bus()
    heard: list[tuple[int, object]] = []
    bus.subscribe(CallRinging, lambda event: heard.append((1, event)))
    bus.subscribe(CallRinging, lambda event: heard.append((2, event)))
    bus.subscribe(Registered, lambda event: heard.append((3, event)))
    bus.publish(RINGING)
    assert heard == [(1, RINGING), (2, RINGING)]


def test_an_event_that_nobody_wants_is_no_error() -> None:
    Bus().publish(Unregistered(binding(), "expired"))


def test_who_unsubscribes_hears_no_more() -> None:
    bus = Bus()
    heard: list[object] = []
    unsubscribe = bus.subscribe(CallRinging, heard.append)
    bus.subscribe(CallRinging, heard.append)
    unsubscribe()
    bus.publish(RINGING)
    unsubscribe()
    unsubscribe()
    bus.publish(RINGING)
    assert heard == [RINGING]


def test_a_listener_that_fails_is_logged_and_the_others_hear(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(event: object) -> None:
        raise RuntimeError("a bug")

    bus = Bus()
    heard: list[object] = []
    bus.subscribe(CallRinging, fail)
    bus.subscribe(CallRinging, heard.append)
    with caplog.at_level(logging.ERROR):
        bus.publish(RINGING)
    assert heard == [RINGING]
    assert "CallRinging" in caplog.text


def test_a_listener_may_unsubscribe_while_it_hears() -> None:
    bus = Bus()
    heard: list[object] = []
    unsubscribe = bus.subscribe(CallRinging, lambda event: unsubscribe())
    bus.subscribe(CallRinging, heard.append)
    bus.publish(RINGING)
    assert heard == [RINGING]


def test_whether_anybody_listens_can_be_asked_before_an_event_is_made() -> None:
    bus = Bus()
    assert not bus.hears(CallRinging)
    unsubscribe = bus.subscribe(CallRinging, lambda event: None)
    assert bus.hears(CallRinging)
    unsubscribe()
    assert not bus.hears(CallRinging)
