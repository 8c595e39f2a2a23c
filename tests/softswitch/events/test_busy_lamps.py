"""The package of busy lamps: whom it listens to, and when it says that something is different."""

from collections.abc import Callable, Set
from dataclasses import replace

import pytest

from softswitch.b2bua.parties import CONFIRMED, EARLY, INITIATOR, RECIPIENT, Party
from softswitch.bus import Bus, CalendarChanged, CallAnswered, PartyMoved, SettingChanged
from softswitch.config import User
from softswitch.config.presets import feature_codes
from softswitch.events.busy_lamps import DEFAULT_LOOK, SETTLE, BusyLamps, Look
from softswitch.events.code_lamps import CodeLamps
from softswitch.routing.codes import Codes
from tests.support.registering import PHONE

RINGS = Party("c", EARLY, RECIPIENT, "id", "theirs", "ours", "102", "Anna")
DIALS = Party("d", EARLY, INITIATOR, "id", "theirs", "ours", "102", "Anna")


class Desk:
    """A package, the calls it asks, and the time it waits for."""

    def __init__(self, look: Look = DEFAULT_LOOK) -> None:
        self.users = {"101": User("101"), "102": User("102"), "sales": User("s", kind="mailbox")}
        self.calls: dict[str, tuple[Party, ...]] = {}
        self.bus = Bus()
        self.waits: list[Callable[[], None]] = []
        self.told: list[str] = []
        self.asked = 0
        self.lamps = BusyLamps(
            parties=self.parties,
            directory=self.users,
            codes=CodeLamps(Codes(**feature_codes()), self.users),
            bus=self.bus,
            later=self.later,
            look=look,
        )
        self.lamps.tell = self.told.append

    def parties(self, users: Set[str]) -> dict[str, tuple[Party, ...]]:
        self.asked += 1
        return {user: self.calls[user] for user in users if user in self.calls}

    def later(self, delay: float, callback: Callable[[], None]) -> None:
        assert delay == SETTLE
        self.waits.append(callback)

    def move(self, user: str, *parties: Party) -> None:
        self.calls[user] = parties
        self.bus.publish(PartyMoved(user))

    def settle(self) -> list[str]:
        """What is said to be different."""
        for callback in self.waits:
            callback()
        self.waits.clear()
        told, self.told[:] = self.told[:], []
        return told

    def body(self, resource: str) -> str:
        return self.lamps.body(resource, PHONE, "sip:101@pbx", 0).decode()


def test_blf_1_users_and_codes_can_be_watched() -> None:
    lamps = Desk().lamps
    assert lamps.resource("101", "102") == "101"
    assert lamps.resource("*78", "102") == "102/dnd"
    assert lamps.resource("*72101", "102") == "101/forward_always"


@pytest.mark.parametrize("number", ["", "999", "*98", "sales", "101/dnd", "x" * 60_000])
def test_blf_1_what_there_is_not_is_not_found(number: str) -> None:
    assert Desk().lamps.resource(number, "102") == 404


def test_nobody_listens_to_calls_while_nobody_is_watched() -> None:
    desk = Desk()
    assert not desk.bus.hears(PartyMoved)
    desk.lamps.watched("101/dnd", True)
    assert not desk.bus.hears(PartyMoved)
    desk.lamps.watched("101", True)
    desk.lamps.watched("102", True)
    desk.lamps.watched("101", False)
    assert desk.bus.hears(PartyMoved)
    desk.lamps.watched("102", False)
    desk.lamps.watched("101/dnd", False)
    assert not desk.bus.hears(PartyMoved)
    desk.lamps.watched("102", True)
    assert desk.bus.hears(PartyMoved)


def test_changes_of_a_moment_are_looked_at_together() -> None:
    desk = Desk()
    desk.lamps.watched("101", True)
    desk.lamps.watched("102", True)
    desk.asked = 0
    desk.move("101", DIALS)
    desk.move("102", RINGS)
    desk.move("101", DIALS._replace(state=CONFIRMED))
    desk.move("103", RINGS)
    assert (len(desk.waits), desk.told) == (1, [])
    assert sorted(desk.settle()) == ["101", "102"]
    assert desk.asked == 1
    assert "<state>confirmed</state>" in desk.body("101")
    assert "<state>early</state>" in desk.body("102")
    assert desk.asked == 1  # however many phones are told


def test_what_looks_the_same_is_not_told() -> None:
    desk = Desk()
    desk.calls["101"] = (RINGS,)
    desk.lamps.watched("101", True)
    desk.move("101", RINGS)
    assert desk.settle() == []
    desk.move("101")
    assert desk.settle() == ["101"]


def test_an_answer_is_a_change_of_both() -> None:
    desk = Desk()
    desk.lamps.watched("101", True)
    desk.lamps.watched("102", True)
    desk.calls = {"101": (RINGS._replace(state=CONFIRMED),), "102": (DIALS,)}
    desk.bus.publish(CallAnswered("c", "102", "101", "101", 0.0))
    assert sorted(desk.settle()) == ["101", "102"]


def test_who_is_watched_no_more_when_the_moment_is_over_is_not_told() -> None:
    desk = Desk()
    desk.lamps.watched("101", True)
    desk.move("101", RINGS)
    desk.lamps.watched("101", False)
    assert desk.settle() == []


def test_who_only_asks_is_told_how_things_are() -> None:
    desk = Desk()
    assert "terminated" in desk.body("101")
    desk.calls["101"] = (RINGS,)
    assert "early" in desk.body("101")


def test_fc_4_a_code_is_lit_as_soon_as_it_is_on() -> None:
    desk = Desk()
    assert "<state>terminated</state>" in desk.body("101/dnd")
    desk.users["101"] = replace(desk.users["101"], dnd=True)
    desk.bus.publish(SettingChanged("101", "dnd", "on", "phone *78 by 101", 0.0))
    assert desk.told == ["101/dnd"]
    assert "<state>confirmed</state>" in desk.body("101/dnd")
    desk.bus.publish(SettingChanged("101", "call_waiting", "off", "softswitch reset", 0.0))
    desk.bus.publish(SettingChanged("101", "ring_time", "30s", "softswitch reset", 0.0))
    assert desk.told == ["101/dnd", "101/call_waiting"]
    assert desk.waits == []


def test_cal_6_the_lamp_of_a_calendar_hears_of_it() -> None:
    desk = Desk()
    desk.bus.publish(CalendarChanged("office", "closed", "phone *281*2 by 101", 0.0))
    assert sorted(desk.told) == [
        "office/calendar",
        "office/calendar.closed",
        "office/calendar.open",
    ]


@pytest.mark.parametrize("dnd_is_busy", [False, True])
def test_dnd_1_do_not_disturb_may_look_busy(dnd_is_busy: bool) -> None:
    desk = Desk(Look(dnd_is_busy=dnd_is_busy))
    desk.lamps.watched("101", True)
    desk.users["101"] = replace(desk.users["101"], dnd=True)
    desk.bus.publish(SettingChanged("101", "dnd", "on", "phone *78 by 101", 0.0))
    assert desk.settle() == ["101/dnd", *(["101"] if dnd_is_busy else [])]
    assert ("confirmed" in desk.body("101")) == dnd_is_busy
    desk.move("101", DIALS)
    desk.settle()
    assert "early" in desk.body("101")  # what is really done is shown


def test_blf_6_dialling_may_look_like_talking() -> None:
    desk = Desk(Look(dialling_is_talking=True))
    desk.calls = {"101": (RINGS, DIALS)}
    states = desk.body("101").split("<state>")[1:]
    assert [state.partition("<")[0] for state in states] == ["early", "confirmed"]


def test_blf_1_with_whom_may_be_nobodys_business() -> None:
    desk = Desk(Look(says_with_whom=False))
    desk.calls = {"101": (RINGS, DIALS)}
    body = desk.body("101")
    assert "Anna" not in body
    assert "102" not in body
    assert body.count('<identity display="Anonymous">') == 1
    assert 'call-id="id" local-tag="theirs" remote-tag="ours"' in body  # it can be taken
