"""Who is asked whether it is there, when, and what its silence means."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from softswitch.bus import Bus, DeviceReachable, DeviceUnreachable, Registered
from softswitch.keepalive import LONGEST, SHORTEST, Keepalive
from softswitch.location import Binding, Location
from softswitch.sip.flow import Address, Flow
from softswitch.sip.message import Request
from softswitch.user_agent import UserAgent
from tests.support import virtual_time
from tests.support.registering import PHONE, binding
from tests.support.sip_peers import Network, answer, parse_request

NAT = PHONE._replace(remote=("203.0.113.5", 1024))
TIMER_F = 32.0


class Scene:
    """Keepalives through a real user agent; the phone answers if it is told to."""

    def __init__(self, random: float = 0.5) -> None:
        self.network, self.location, self.bus = Network(), Location(), Bus()
        self.events: list[object] = []
        self.bus.subscribe(DeviceReachable, self.events.append)
        self.bus.subscribe(DeviceUnreachable, self.events.append)
        self.asked: list[tuple[float, Request, Flow]] = []
        self.words = 0
        loop = asyncio.get_running_loop()
        self.agent = UserAgent(
            transports=self.network, addressing=self, clock=loop.time, token=self.token
        )
        self.keepalive = Keepalive(
            agent=self.agent,
            location=self.location,
            bus=self.bus,
            addressing=self,
            random=lambda: random,
        )

    def token(self) -> str:
        self.words += 1
        return f"word{self.words}"

    def sip_address(self, flow: Flow) -> Address:
        return ("2001:db8::10", 5060)

    def put(self, *bindings: Binding, tell: bool = True) -> None:
        self.location.replace("100", bindings)
        for each in bindings if tell else ():
            self.bus.publish(Registered(each, refreshed=False))

    async def live(self, seconds: float, status: int | None = None, delay: float = 0.0) -> None:
        """Time passes. With a status the phone answers everything, after the delay."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while loop.time() < end:
            await asyncio.sleep(min(0.25, end - loop.time()))
            for data, flow in self.network.sent:
                self.asked.append((loop.time(), parse_request(data), flow))
                if status is not None:
                    response = answer(data, status).serialize()
                    loop.call_later(delay, self.agent.receive, response, flow)
            self.network.sent.clear()


def on_scene(story: Callable[[Scene], Coroutine[None, None, None]], random: float = 0.5) -> None:
    async def main() -> None:
        await story(Scene(random))

    virtual_time.run(main())


@pytest.mark.parametrize(("random", "pause"), [(0.0, SHORTEST), (1.0, LONGEST)])
def test_a_device_behind_a_nat_is_asked_again_and_again(random: float, pause: float) -> None:
    async def story(scene: Scene) -> None:
        scene.put(binding(flow=NAT, nat=True))
        await scene.live(3 * pause + 1, 200)
        times = [round(when) for when, _, _ in scene.asked]
        assert times == [pause, 2 * pause, 3 * pause]
        assert len({request.call_id for _, request, _ in scene.asked}) == 3

    on_scene(story, random)


def test_the_question_goes_the_way_that_calls_go() -> None:
    async def story(scene: Scene) -> None:
        inner = "sip:100@192.168.1.2:5062;ob"
        scene.put(binding(flow=NAT, nat=True, contact=inner, path=("<sip:edge.example;lr>",)))
        await scene.live(40, 200)
        [(_, request, flow)] = scene.asked
        assert (request.method, request.uri, flow) == ("OPTIONS", inner, NAT)
        assert request.headers.all("Route") == ["<sip:edge.example;lr>"]
        assert str(request.from_.uri) == "sip:[2001:db8::10]"
        assert request.from_tag
        assert str(request.to.uri) == inner

    on_scene(story)


@pytest.mark.parametrize(
    "fields",
    [
        {"nat": False},
        {"nat": True, "flow": Flow("TCP", PHONE.local, NAT.remote, 7)},
        {"nat": True, "flow": NAT, "contact": "mailto:anna@example.net"},
    ],
)
def test_nobody_else_is_asked(fields: dict[str, Any]) -> None:
    async def story(scene: Scene) -> None:
        scene.put(binding(**fields))
        await scene.live(100)
        assert scene.asked == []
        assert len(scene.keepalive) == 0

    on_scene(story)


def test_devices_from_before_the_start_are_asked_soon_and_not_all_at_once() -> None:
    async def story(scene: Scene) -> None:
        scene.put(binding(flow=NAT, nat=True), tell=False)
        scene.keepalive.start()
        await scene.live(LONGEST * 0.1 + 1, 200)
        assert len(scene.asked) == 1

    on_scene(story, 0.1)


@pytest.mark.parametrize("status", [200, 404, 481, 501])
def test_any_answer_will_do_and_says_how_far_the_device_is(status: int) -> None:
    async def story(scene: Scene) -> None:
        device = binding(flow=NAT, nat=True)
        scene.put(device)
        await scene.live(SHORTEST + 10, status, delay=0.5)
        assert device.rtt is not None
        assert 0.5 <= device.rtt < 0.8
        assert scene.events == []

    on_scene(story, 0.0)


def test_a_provisional_answer_is_not_one_yet() -> None:
    async def story(scene: Scene) -> None:
        device = binding(flow=NAT, nat=True)
        scene.put(device)
        await scene.live(SHORTEST + 1, 100)
        assert device.rtt is None

    on_scene(story, 0.0)


def test_two_questions_without_answer_make_a_device_unreachable_and_one_does_not() -> None:
    async def story(scene: Scene) -> None:
        device = binding(flow=NAT, nat=True)
        scene.put(device)
        await scene.live(LONGEST + TIMER_F + 1)
        assert device.reachable
        await scene.live(LONGEST)
        assert not device.reachable
        await scene.live(2 * LONGEST)
        assert scene.events == [DeviceUnreachable(device)]
        await scene.live(LONGEST, 200)
        assert device.reachable
        assert scene.events[1:] == [DeviceReachable(device)]

    on_scene(story, 1.0)


def test_a_device_that_registers_has_shown_that_it_is_there() -> None:
    async def story(scene: Scene) -> None:
        scene.put(binding(flow=NAT, nat=True))
        await scene.live(LONGEST + TIMER_F + 1)
        again = binding(flow=NAT, nat=True)
        scene.put(again)
        await scene.live(LONGEST)
        assert again.reachable
        assert len(scene.keepalive) == 1

    on_scene(story, 1.0)


@pytest.mark.parametrize("status", [None, 200])
def test_an_answer_or_silence_of_yesterday_says_nothing_about_a_device_that_moved(
    status: int | None,
) -> None:
    async def story(scene: Scene) -> None:
        scene.put(binding(flow=NAT, nat=True))
        await scene.live(SHORTEST + 1, status, delay=5.0)
        moved = binding(flow=NAT._replace(remote=("203.0.113.6", 1)), nat=True, reachable=False)
        scene.put(moved, tell=False)
        await scene.live(SHORTEST - 2)
        assert moved.rtt is None
        assert scene.events == []

    on_scene(story, 0.0)


def test_a_device_that_is_gone_is_not_asked_any_more() -> None:
    async def story(scene: Scene) -> None:
        scene.put(binding(1, flow=NAT, nat=True), binding(2, flow=NAT, nat=True))
        await scene.live(SHORTEST + 1, delay=5.0)
        scene.put(binding(2, flow=NAT, nat=False), tell=False)
        scene.asked.clear()
        await scene.live(100)
        assert all(when < SHORTEST + TIMER_F + 1 for when, _, _ in scene.asked)
        assert len(scene.keepalive) == 0

    on_scene(story, 0.0)
