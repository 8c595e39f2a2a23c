"""SUBSCRIBE to `dialog`, as phones send it and as strangers do (features 2.23)."""

import re
from collections.abc import Callable, Coroutine, Set

import pytest

from softswitch.b2bua.parties import CONFIRMED, EARLY, RECIPIENT, Party
from softswitch.bus import PartyMoved, SettingChanged
from softswitch.config import User
from softswitch.config.presets import feature_codes
from softswitch.events.busy_lamps import SETTLE, BusyLamps
from softswitch.events.code_lamps import CodeLamps
from softswitch.events.notifier import Notifier
from softswitch.routing.codes import Codes
from softswitch.sip.message import Request, Response
from tests.softswitch.events.scene import TICK, Scene, state
from tests.support import virtual_time

RINGS = Party("c", EARLY, RECIPIENT, "id", "theirs", "ours", "102", "Anna")
TALKS = RINGS._replace(state=CONFIRMED)
ENTITY = "sip:101@pbx.example"
TIMER_F = 32.0
PAUSE = BusyLamps.pause


class Office(Scene):
    """The user 100 watches what 101 does."""

    def __init__(self) -> None:
        super().__init__()
        self.users = {"100": User("100"), "101": User("101")}
        self.calls: dict[str, tuple[Party, ...]] = {}
        self.busy = BusyLamps(
            parties=self.parties,
            directory=self.users,
            codes=CodeLamps(Codes(**feature_codes()), self.users),
            bus=self.bus,
            later=self.agent.later,
        )
        self.notifier = Notifier(agent=self.agent, addressing=self, packages=[self.busy])
        self.busy.tell = lambda resource: self.notifier.changed("dialog", resource)

    def parties(self, users: Set[str]) -> dict[str, tuple[Party, ...]]:
        return {user: self.calls[user] for user in users if user in self.calls}

    async def watch(self, uri: str = ENTITY, event: str = "dialog", **other: object) -> Response:
        return await self.subscribe(uri, event=event, **other)  # type: ignore[arg-type]

    def move(self, *parties: Party) -> None:
        self.calls["101"] = parties
        self.bus.publish(PartyMoved("101"))

    def read(self) -> list[tuple[int, str]]:
        """Version and state of each notification since the last time."""
        return [shown(request) for request in self.take()]


def shown(request: Request) -> tuple[int, str]:
    body = request.body.decode()
    version = re.search(r' version="(\d+)" state="full"', body)
    found = re.search("<state>([a-z]+)</state>", body)
    assert version is not None
    assert found is not None
    return int(version[1]), found[1]


def in_office(story: Callable[[Office], Coroutine[None, None, None]]) -> None:
    async def main() -> None:
        await story(Office())

    virtual_time.run(main())


def test_blf_1_a_lamp_follows_from_its_first_notification_on() -> None:
    async def story(office: Office) -> None:
        response = await office.watch()
        assert response.status == 200
        [first] = office.take()
        assert shown(first) == (0, "terminated")
        assert first.headers.get("Event") == "dialog"
        assert first.headers.get("Content-Type") == "application/dialog-info+xml"
        assert f'entity="{ENTITY}"' in first.body.decode()
        for number, parties in enumerate([(RINGS,), (TALKS,), ()], 1):
            office.move(*parties)
            await office.live(1)
            word = parties[0].state if parties else "terminated"
            assert office.read() == [(number, word)]
        await office.watch(to_tag=response.to_tag)
        assert office.read() == [(4, "terminated")]  # a refresh is told everything, too
        await office.watch(to_tag=response.to_tag, expires=0)
        [last] = office.take()
        assert (shown(last), state(last)) == ((5, "terminated"), "terminated;reason=timeout")
        office.move(RINGS)
        await office.live(1)
        assert office.read() == []

    in_office(story)


def test_sub_1_who_only_asks_is_told_once() -> None:
    async def story(office: Office) -> None:
        office.calls["101"] = (RINGS,)
        await office.watch(expires=0)
        assert office.read() == [(0, "early")]
        assert len(office.notifier) == 0
        assert not office.bus.hears(PartyMoved)

    in_office(story)


def test_blf_3_at_most_one_notification_in_a_while_and_the_last_state_wins() -> None:
    async def story(office: Office) -> None:
        await office.watch()
        await office.live(1)
        office.take()
        seconds = 2.0
        for number in range(40):
            office.move(RINGS._replace(id=f"c{number}"))
            await office.live(seconds / 40)
        office.move(TALKS)
        await office.live(1)
        told = office.read()
        assert told[-1][1] == "confirmed"
        assert 5 <= len(told) <= (seconds / PAUSE) + 2
        assert [version for version, _ in told] == list(range(1, len(told) + 1))

    in_office(story)


def test_blf_3_a_first_change_after_a_while_is_told_at_once() -> None:
    async def story(office: Office) -> None:
        await office.watch()
        await office.live(1)
        office.take()
        office.move(RINGS)
        await office.live(SETTLE + TICK)
        assert office.read() == [(1, "early")]
        office.move(TALKS)
        await office.live(PAUSE / 2)
        assert office.read() == []
        await office.live(PAUSE)
        assert office.read() == [(2, "confirmed")]

    in_office(story)


def test_a_refresh_takes_along_what_was_to_be_told_later() -> None:
    async def story(office: Office) -> None:
        tag = (await office.watch()).to_tag
        await office.live(1)
        office.move(RINGS)
        await office.live(TICK)
        office.move(TALKS)
        await office.live(TICK)
        office.take()
        await office.watch(to_tag=tag)
        assert office.read() == [(2, "confirmed")]
        await office.live(1)
        assert office.read() == []

    in_office(story)


def test_blf_2_one_notification_without_an_answer_does_not_end_it() -> None:
    async def story(office: Office) -> None:
        await office.watch()
        await office.live(1)
        office.take()
        office.status = 0
        office.move(RINGS)
        await office.live(TIMER_F - 1)
        office.status = 200
        office.take()
        office.move(TALKS)
        await office.live(TIMER_F)
        assert office.read()[-1][1] == "confirmed"
        assert len(office.notifier) == 1
        office.status = 408
        office.move()
        await office.live(1)
        assert len(office.notifier) == 0  # the second in a row

    in_office(story)


def test_blf_2_a_phone_that_knows_nothing_of_it_ends_it() -> None:
    async def story(office: Office) -> None:
        await office.watch()
        await office.live(1)
        office.status = 481
        office.move(RINGS)
        await office.live(1)
        assert len(office.notifier) == 0
        assert not office.bus.hears(PartyMoved)

    in_office(story)


def test_blf_2_mwi_3_phones_are_told_to_come_back_when_the_switch_stops() -> None:
    async def story(office: Office) -> None:
        await office.watch()
        await office.watch("sip:*78@pbx.example", call_id="b")
        office.take()
        office.notifier.close()
        await office.live(1)
        told = [state(request) for request in office.take()]
        assert told == 2 * ["terminated;reason=probation;retry-after=10"]
        assert len(office.notifier) == 0
        assert not office.bus.hears(PartyMoved)

    in_office(story)


def test_fc_4_a_key_is_lit_by_its_code_for_every_phone_that_watches() -> None:
    async def story(office: Office) -> None:
        office.user = "101"
        await office.watch("sip:*78@pbx.example", call_id="own")
        office.user = "100"
        await office.watch("sip:*78101@pbx.example", call_id="colleague")
        await office.live(1)
        office.take()
        office.users["101"] = User("101", dnd=True)
        office.bus.publish(SettingChanged("101", "dnd", "on", "softswitch reset", 0.0))
        await office.live(1)
        told = office.take()
        assert sorted(request.call_id for request in told) == ["colleague", "own"]
        assert [shown(request) for request in told] == 2 * [(1, "confirmed")]
        entities = [re.findall('entity="([^"]*)"', request.body.decode()) for request in told]
        assert entities == [["sip:*78@pbx.example"], ["sip:*78101@pbx.example"]]

    in_office(story)


@pytest.mark.parametrize("number", ["999", "*98", "*72999", "%00", "%ff%fe", "*", "x" * 2000])
def test_hostile_what_there_is_not_is_refused(number: str) -> None:
    async def story(office: Office) -> None:
        assert (await office.watch(f"sip:{number}@pbx.example")).status == 404
        assert (len(office.notifier), office.take()) == (0, [])

    in_office(story)


@pytest.mark.parametrize(
    "event",
    [
        "dialog;sla",
        "dialog;include-session-description",
        "dialog;call-id=x;to-tag=y;from-tag=z",
        'dialog;call-id="a;id=b<"',
    ],
)
def test_hostile_parameters_of_the_event_change_nothing(event: str) -> None:
    async def story(office: Office) -> None:
        assert (await office.watch(event=event)).status == 200
        [request] = office.take()
        assert request.headers.get("Event") == "dialog"
        assert b"session-description" not in request.body

    in_office(story)


@pytest.mark.parametrize(
    ("event", "status"), [("dialog;id=<", 400), ("dialog.winfo", 489), ("presence", 489)]
)
def test_hostile_what_is_no_event_of_ours_is_refused(event: str, status: int) -> None:
    async def story(office: Office) -> None:
        response = await office.watch(event=event)
        assert response.status == status
        assert status != 489 or response.headers.get("Allow-Events") == "dialog"

    in_office(story)


def test_hostile_who_cannot_read_it_is_not_sent_it() -> None:
    async def story(office: Office) -> None:
        refused = await office.watch(headers=(("Accept", "application/pidf+xml"),))
        assert refused.status == 406
        assert refused.headers.get("Accept") == "application/dialog-info+xml"

    in_office(story)


def test_hostile_a_body_is_nothing_to_us() -> None:
    async def story(office: Office) -> None:
        filters = (("Content-Type", "application/simple-filter+xml"),)
        body = b"<filter-set" * 1000
        assert (await office.watch(headers=filters, body=body)).status == 200
        assert office.read() == [(0, "terminated")]

    in_office(story)


def test_hostile_a_flood_of_subscriptions_does_not_fill_the_memory() -> None:
    async def story(office: Office) -> None:
        most = BusyLamps.most
        for number in range(most + 5):
            contact = f"<sip:100@192.0.2.1:{6000 + number}>"
            await office.watch(call_id=f"flood-{number}", contact=contact)
        assert len(office.notifier) == most
        ended = [request for request in office.take() if "probation" in state(request)]
        assert [request.call_id for request in ended] == [f"flood-{number}" for number in range(5)]

    in_office(story)


def test_hostile_a_name_from_outside_cannot_write_the_document() -> None:
    async def story(office: Office) -> None:
        await office.watch()
        await office.live(1)
        office.take()
        office.move(RINGS._replace(name='"/></remote><state>confirmed</state>\x00'))
        await office.live(1)
        [request] = office.take()
        assert shown(request) == (1, "early")
        assert b"<state>confirmed" not in request.body

    in_office(story)
