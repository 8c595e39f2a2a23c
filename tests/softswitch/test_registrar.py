"""The registrar with a real user agent, a store whose moments are chosen, and no network."""

import asyncio
import gc
import logging
import tracemalloc
from collections.abc import Callable, Coroutine, Sequence

import pytest

from softswitch.binding_rows import to_row
from softswitch.bus import Bus, Registered, Unregistered
from softswitch.location import Location
from softswitch.registrar import MAX_WAITING, STORE_TIMEOUT, SWEEP_EVERY, Registrar
from softswitch.sip.flow import Address, Flow
from softswitch.sip.message import Request, Response
from softswitch.store.store import BindingRow, Committed, StoreError
from softswitch.user_agent import UserAgent
from tests.support import virtual_time
from tests.support.registering import CONTACT, NOW, PHONE, binding, register
from tests.support.sip_peers import Network, parse_response

TCP = Flow("TCP", PHONE.local, ("192.0.2.1", 40000), 7)
OVER_TCP = "<sip:100@192.0.2.1:40000;transport=tcp>"


class SlowStore:
    """A store that commits when it is told to, unless it is prompt."""

    def __init__(self) -> None:
        self.prompt = True
        self.kept: dict[int, BindingRow] = {}
        self.writes: list[tuple[Committed, Sequence[BindingRow], Sequence[int]]] = []

    def put_bindings(self, put: Sequence[BindingRow], drop: Sequence[int] = ()) -> Committed:
        done: Committed = asyncio.get_running_loop().create_future()
        self.writes.append((done, put, drop))
        if self.prompt:
            self.commit()
        return done

    def commit(self) -> None:
        done, put, drop = self.writes.pop(0)
        self.kept |= {row.id: row for row in put}
        for binding_id in drop:
            self.kept.pop(binding_id, None)
        done.set_result(None)

    def fail(self) -> None:
        self.writes.pop(0)[0].set_exception(StoreError("the disk is full"))

    async def bindings(self) -> list[BindingRow]:
        return [self.kept[binding_id] for binding_id in sorted(self.kept)]


class Ours:
    """Addresses: ours is 192.0.2.10, here is 192.0.2.0/24 and 192.168.1.0/24."""

    def sip_address(self, flow: Flow) -> Address:
        return ("192.0.2.10", 5060)

    def is_ours(self, host: str, port: int | None) -> bool:
        return host in ("192.0.2.10", "192.168.1.5") and port in (None, 5060)

    def is_local(self, host: str) -> bool:
        return host.startswith(("192.0.2.", "192.168.1."))


class Office:
    """A registrar, and everything that it needs."""

    def __init__(self) -> None:
        self.network, self.location, self.store = Network(), Location(), SlowStore()
        self.events: list[object] = []
        bus = Bus()
        bus.subscribe(Registered, self.events.append)
        bus.subscribe(Unregistered, self.events.append)
        self.branches = 0
        self.loop = asyncio.get_running_loop()
        ours = Ours()
        self.agent = UserAgent(
            transports=self.network, addressing=ours, clock=self.loop.time, token=lambda: "token"
        )
        self.registrar = Registrar(
            agent=self.agent,
            location=self.location,
            store=self.store,
            bus=bus,
            addressing=ours,
            wall=self.wall,
            max_devices=lambda user: 2,
        )

    def wall(self) -> float:
        return NOW + self.loop.time()

    def send(self, request: Request, flow: Flow = PHONE, user: str = "100") -> None:
        """The request arrives, as the one it says or with a branch of its own."""
        self.branches += 1
        via = f"SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK-office-{self.branches}"
        request.headers.set("Via", via)
        transaction = self.agent.accept(request, flow)
        self.registrar.receive(request, transaction, flow, user)

    async def answers(self) -> list[Response]:
        """What was sent until now."""
        for _ in range(3):
            await asyncio.sleep(0)
        return [parse_response(data) for data in self.network.take()]

    async def ask(self, request: Request, flow: Flow = PHONE, user: str = "100") -> Response:
        self.send(request, flow, user)
        [response] = await self.answers()
        return response

    def bindings(self) -> list[str]:
        return [each.contact for each in self.location.bindings("100", self.wall())]


def in_office(story: Callable[[Office], Coroutine[None, None, None]]) -> None:
    """Run the story on virtual time."""

    async def main() -> None:
        office = Office()
        await office.registrar.load()
        await story(office)

    virtual_time.run(main())


def test_a_phone_registers_and_hears_for_how_long() -> None:
    async def story(office: Office) -> None:
        ok = await office.ask(register(CONTACT))
        assert ok.status == 200
        assert ok.headers.all("Contact") == [f"{CONTACT};expires=3600"]
        assert ok.headers.get("Date") == "Fri, 15 Jan 2027 08:00:00 GMT"
        assert ok.headers.values("Supported") == ["path", "outbound"]
        assert ok.to_tag == "token"
        assert "Require" not in ok.headers
        assert office.bindings() == ["sip:100@192.0.2.1:5062"]
        [event] = office.events
        assert isinstance(event, Registered)
        assert not event.refreshed

    in_office(story)


def test_a_phone_that_asks_hears_everything_that_is_registered() -> None:
    async def story(office: Office) -> None:
        await office.ask(register(f"{CONTACT};q=0.5"))
        other = PHONE._replace(remote=("192.0.2.2", 5060))
        await office.ask(register('"Anna" <sip:100@192.0.2.2>', call_id="b"), other)
        await asyncio.sleep(100.4)
        ok = await office.ask(register(call_id="c"))
        assert ok.headers.all("Contact") == [
            f"{CONTACT};q=0.5;expires=3500",
            '"Anna" <sip:100@192.0.2.2>;expires=3500',
        ]
        assert len(office.store.kept) == 2

    in_office(story)


def test_nobody_registers_for_somebody_else() -> None:
    async def story(office: Office) -> None:
        for to in ("<sip:101@192.0.2.10>", "<sip:999@192.0.2.10>", "<sip:192.0.2.10>"):
            assert (await office.ask(register(CONTACT, to=to))).status == 403
        assert len(office.location) == 0
        escaped = register(CONTACT, to="<sip:%3100@192.0.2.10>")
        assert (await office.ask(escaped)).status == 200

    in_office(story)


@pytest.mark.parametrize(
    ("contact", "remote", "status"),
    [
        ("<sip:100@192.0.2.10>", "192.0.2.1", 403),
        ("<sip:100@192.0.2.10:5070>", "192.0.2.1", 200),
        ("<sip:100@192.168.1.5>", "192.168.1.9", 403),
        ("<sip:100@192.168.1.5>", "203.0.113.9", 200),
        ("<sip:100@192.0.2.10>, <sip:100@192.0.2.1:5062>", "192.0.2.1", 403),
        ("mailto:100@192.0.2.10", "192.0.2.1", 200),
    ],
)
def test_a_contact_that_is_ourselves_is_refused(contact: str, remote: str, status: int) -> None:
    """Unless it is an address in somebody else's private network."""

    async def story(office: Office) -> None:
        flow = PHONE._replace(remote=(remote, 5062))
        assert (await office.ask(register(contact), flow)).status == status
        assert len(office.location) == (status == 200)

    in_office(story)


def test_a_refusal_changes_nothing_and_says_what_would_do() -> None:
    async def story(office: Office) -> None:
        await office.ask(register(CONTACT))
        brief = await office.ask(register(f"{CONTACT};expires=5", cseq=2))
        assert (brief.status, brief.headers.get("Min-Expires")) == (423, "60")
        crowd = register(*(f"<sip:100@192.0.2.{n}>" for n in range(20, 31)), cseq=3)
        assert (await office.ask(crowd)).status == 403
        assert (await office.ask(register("*", cseq=4))).status == 400
        assert (await office.ask(register(CONTACT, cseq=1))).status == 500
        assert office.bindings() == ["sip:100@192.0.2.1:5062"]
        assert len(office.events) == 1

    in_office(story)


def test_everything_can_be_removed_at_once() -> None:
    async def story(office: Office) -> None:
        await office.ask(register(CONTACT))
        ok = await office.ask(register("*", cseq=2, headers=[("Expires", "0")]))
        assert ok.status == 200
        assert "Contact" not in ok.headers
        assert office.bindings() == []
        assert office.store.kept == {}
        assert isinstance(office.events[-1], Unregistered)
        assert office.events[-1].why == "removed"

    in_office(story)


def test_one_device_too_many_replaces_the_oldest() -> None:
    async def story(office: Office) -> None:
        for number in (1, 2, 3):
            flow = PHONE._replace(remote=(f"192.0.2.{number}", 5060))
            request = register(f"<sip:100@192.0.2.{number}>", call_id=f"{number}")
            assert (await office.ask(request, flow)).status == 200
            await asyncio.sleep(1)
        assert sorted(office.bindings()) == ["sip:100@192.0.2.2", "sip:100@192.0.2.3"]
        assert len(office.store.kept) == 2

    in_office(story)


def test_the_path_is_kept_and_shown_to_who_knows_what_it_is() -> None:
    async def story(office: Office) -> None:
        path = ("Path", "<sip:edge.example;lr>, <sip:inner.example;lr>")
        knows = ("Supported", "gruu, PATH")
        ok = await office.ask(register(CONTACT, headers=[path, knows]))
        assert ok.headers.values("Path") == ["<sip:edge.example;lr>", "<sip:inner.example;lr>"]
        ok = await office.ask(register(CONTACT, cseq=2, headers=[path]))
        assert ok.status == 200
        assert "Path" not in ok.headers
        [kept] = office.location.of("100")
        assert kept.path == ("<sip:edge.example;lr>", "<sip:inner.example;lr>")

    in_office(story)


def test_a_device_with_numbered_flows_is_told_that_they_are_used() -> None:
    async def story(office: Office) -> None:
        contact = f'{CONTACT};+sip.instance="<urn:uuid:1>";reg-id=1'
        ok = await office.ask(register(contact, headers=[("Supported", "outbound")]))
        assert ok.headers.get("Require") == "outbound"
        assert ok.headers.get("Flow-Timer") == "120"
        assert ok.headers.all("Contact") == [f"{contact};expires=3600"]

    in_office(story)


def test_nothing_is_acknowledged_or_seen_before_it_is_kept() -> None:
    async def story(office: Office) -> None:
        office.store.prompt = False
        office.send(register(CONTACT))
        assert await office.answers() == []
        assert office.bindings() == []
        office.store.commit()
        assert [each.status for each in await office.answers()] == [200]
        assert len(office.bindings()) == 1

    in_office(story)


def test_what_cannot_be_kept_has_not_happened() -> None:
    async def story(office: Office) -> None:
        office.store.prompt = False
        office.send(register(CONTACT))
        office.store.fail()
        [sorry] = await office.answers()
        assert (sorry.status, sorry.headers.get("Retry-After")) == (500, "5")
        assert office.bindings() == []
        office.store.prompt = True
        assert (await office.ask(register(CONTACT, cseq=2))).status == 200

    in_office(story)


def test_a_store_that_is_too_slow_is_not_waited_for() -> None:
    async def story(office: Office) -> None:
        office.store.prompt = False
        office.send(register(CONTACT))
        office.send(register(CONTACT, cseq=2))
        await asyncio.sleep(STORE_TIMEOUT + 0.1)
        both = await office.answers()
        assert [(r.status, r.headers.get("Retry-After")) for r in both] == [(503, "5")] * 2
        office.store.commit()
        assert await office.answers() == []
        assert len(office.bindings()) == 1  # kept late, but kept
        assert office.store.writes == []  # the second has been told to come again
        office.store.prompt = True
        assert (await office.ask(register(CONTACT, cseq=3))).status == 200

    in_office(story)


def test_registers_of_one_user_wait_for_each_other_and_others_do_not() -> None:
    async def story(office: Office) -> None:
        office.store.prompt = False
        office.send(register(CONTACT, cseq=2))
        office.send(register(CONTACT, cseq=1))
        office.send(register())
        office.send(register(f"{CONTACT};expires=0", cseq=3))
        office.send(register(CONTACT, to="<sip:101@x>", call_id="b"), user="101")
        assert len(office.store.writes) == 2
        office.store.commit()
        assert [each.status for each in await office.answers()] == [200, 500, 200]
        office.store.commit()
        assert [each.status for each in await office.answers()] == [200]
        assert office.location.users() == ["100", "101"]
        office.store.commit()
        assert [each.status for each in await office.answers()] == [200]
        assert office.location.users() == ["101"]

    in_office(story)


def test_a_user_in_a_hurry_does_not_fill_memory() -> None:
    async def story(office: Office) -> None:
        office.store.prompt = False
        for number in range(MAX_WAITING + 3):
            office.send(register(CONTACT, cseq=number + 1))
        assert [each.status for each in await office.answers()] == [503, 503]
        office.store.prompt = True
        office.store.commit()
        assert [each.status for each in await office.answers()] == [200] * 3
        for _ in range(10):
            await office.answers()
        assert office.location.of("100")[0].cseq == MAX_WAITING + 1

    in_office(story)


def test_a_closed_connection_takes_its_bindings_along() -> None:
    async def story(office: Office) -> None:
        await office.ask(register(OVER_TCP), TCP)
        assert len(office.store.kept) == 1
        office.registrar.flow_closed(TCP)
        office.registrar.flow_closed(TCP)
        assert office.bindings() == []
        assert office.store.kept == {}
        assert [type(event) for event in office.events] == [Registered, Unregistered]

    in_office(story)


def test_a_connection_that_closes_while_its_binding_is_kept_leaves_none() -> None:
    async def story(office: Office) -> None:
        office.store.prompt = False
        office.send(register(OVER_TCP), TCP)
        office.registrar.flow_closed(TCP)
        office.store.commit()
        office.store.prompt = True
        await office.answers()
        assert office.bindings() == []
        assert office.store.kept == {}

    in_office(story)


def test_what_is_not_refreshed_is_swept_out_and_told() -> None:
    async def story(office: Office) -> None:
        await office.ask(register(f"{CONTACT};expires=60"))
        await asyncio.sleep(60 + SWEEP_EVERY)
        assert len(office.location) == 0
        assert office.store.kept == {}
        last = office.events[-1]
        assert isinstance(last, Unregistered)
        assert last.why == "expired"

    in_office(story)


def test_bindings_are_there_again_after_a_restart() -> None:
    async def main() -> None:
        office = Office()
        rows = [
            binding(3, registered_at=NOW - 10),
            binding(5, contact="sip:100@192.0.2.9", registered_at=NOW - 20),
            binding(8, expires_at=NOW - 1),
            binding(9, user="101", flow=TCP),
        ]
        office.store.kept = {each.id: to_row(each) for each in rows}
        await office.registrar.load()
        assert [each.id for each in office.location.of("100")] == [5, 3]
        assert not office.location.of("101")[0].reachable
        assert sorted(office.store.kept) == [3, 5, 9]
        await office.ask(register("<sip:102@192.0.2.7>", to="<sip:102@x>"), user="102")
        assert office.location.of("102")[0].id == 10
        assert (await office.ask(register(CONTACT, cseq=1))).status == 500

    virtual_time.run(main())


def test_when_the_clock_is_set_bindings_are_kept_with_their_new_times() -> None:
    async def story(office: Office) -> None:
        await office.ask(register(CONTACT))
        office.registrar.clock_moved(-1e7)
        [row] = office.store.kept.values()
        assert row.expires_at == NOW - 1e7 + 3600
        assert office.location.of("100")[0].expires_at == row.expires_at

    in_office(story)


def test_the_log_tells_who_came_and_went(caplog: pytest.LogCaptureFixture) -> None:
    async def story(office: Office) -> None:
        evil = [("User-Agent", "phone\x1b[2J")]
        await office.ask(register(CONTACT, headers=evil))
        await office.ask(register(CONTACT, cseq=2, headers=evil))
        await office.ask(register(f"{CONTACT};expires=0", cseq=3))

    with caplog.at_level(logging.INFO):
        in_office(story)
    lines = [line for line in caplog.messages if line.startswith("100 ")]
    assert [line.split(" over")[0] for line in lines] == [
        "100 registered sip:100@192.0.2.1:5062",
        "100 unregistered sip:100@192.0.2.1:5062",
    ]
    assert "\x1b" not in caplog.text


def test_a_registered_phone_takes_little_memory() -> None:
    async def story(office: Office) -> None:
        def phones(numbers: range) -> None:
            for number in numbers:
                flow = PHONE._replace(remote=(f"198.51.{number // 250}.{number % 250}", 5062))
                contact = f"<sip:{number}@192.168.1.2:5062>"
                request = register(
                    contact,
                    to=f"<sip:{number}@x>",
                    call_id=f"{number}-0123456789abcdef@192.168.1.2",
                    headers=[("User-Agent", "A Desk Phone 1.2.3.4")],
                )
                office.send(request, flow, f"{number}")

        phones(range(50))
        await asyncio.sleep(40)  # the transactions end
        office.network.take()
        office.store.kept.clear()
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        phones(range(1000, 1300))
        await asyncio.sleep(40)
        office.network.take()
        office.store.kept.clear()
        office.events.clear()
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert (after - before) / 300 < 3000  # octets, with the URIs that the parser remembers

    in_office(story)
