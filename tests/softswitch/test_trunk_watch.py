"""Looking after trunks: their addresses, and whether they answer (TK-5)."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from softswitch.config.configuration import Trunk as Settings
from softswitch.sip.flow import Address, Flow
from softswitch.sip.headers import Headers
from softswitch.sip.message import Request, Response
from softswitch.trunk_watch import LOOK_UP_EVERY, TrunkWatch, look_up
from softswitch.trunks import Trunks
from tests.support import virtual_time

ONE, TWO = "198.51.100.1", "198.51.100.2"


class Agent:
    """A user agent of which a test plays the carrier."""

    def __init__(self) -> None:
        self.time = 0.0
        self.waiting: list[tuple[float, Callable[..., object], tuple[object, ...]]] = []
        self.asked: list[tuple[Request, Flow, Callable[[Response], None], Callable[[str], None]]]
        self.asked = []
        self.reaches = True

    def request(
        self,
        request: Request,
        flow: Flow,
        on_response: Callable[[Response], None],
        on_failure: Callable[[str], None],
    ) -> None:
        self.asked.append((request, flow, on_response, on_failure))

    def flow_to(self, host: str, port: int, protocol: str) -> Flow | None:
        return Flow(protocol, ("0.0.0.0", 5060), (host, port)) if self.reaches else None

    def later(self, delay: float, callback: Callable[..., object], *args: object) -> None:
        self.waiting.append((self.time + delay, callback, args))

    def now(self) -> float:
        return self.time

    def token(self) -> str:
        return "t"

    def run(self, until: float) -> None:
        while due := [one for one in self.waiting if one[0] <= until]:
            first = min(due, key=lambda one: one[0])
            self.waiting.remove(first)
            self.time, callback, args = first
            callback(*args)
        self.time = until

    def answer(self, status: int, number: int = -1) -> None:
        self.asked[number][2](Response(status, "", Headers()))


class Addresses:
    def sip_address(self, flow: Flow) -> Address:
        return "192.0.2.1", 5060


def watch(
    *hosts: str, names: dict[str, list[str]] | None = None, **settings: Any
) -> tuple[Agent, Trunks, TrunkWatch]:
    agent, known = Agent(), names or {}

    async def resolver(host: str) -> list[str]:
        if host not in known:
            raise OSError(f"{host}: nobody knows")
        return known[host]

    trunks = Trunks({"carrier": Settings("carrier", hosts, **settings)})
    watching = TrunkWatch(
        trunks, agent=agent, addressing=Addresses(), random=lambda: 0.5, look_up=resolver
    )
    return agent, trunks, watching


def rounds(watching: TrunkWatch, number: int) -> list[float]:
    """Let names be looked up so many times."""
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == number:
            raise asyncio.CancelledError

    async def run() -> None:
        with pytest.raises(asyncio.CancelledError):
            await watching.run(sleep)

    virtual_time.run(run())
    return pauses


def addresses(trunks: Trunks) -> list[str]:
    return [place.address[0] for trunk in trunks for place in trunk.places]


def test_an_address_needs_no_look_up() -> None:
    _, trunks, _ = watch(ONE, TWO)
    assert addresses(trunks) == [ONE, TWO]


def test_a_name_is_looked_up_again_and_again(caplog: pytest.LogCaptureFixture) -> None:  # TK-5
    names = {"sip.carrier.example": [ONE]}
    _, trunks, watching = watch("sip.carrier.example", TWO, names=names)
    assert addresses(trunks) == [TWO]
    assert rounds(watching, 1) == [LOOK_UP_EVERY]
    assert addresses(trunks) == [ONE, TWO]
    names["sip.carrier.example"] = ["198.51.100.9"]
    rounds(watching, 2)
    assert addresses(trunks) == ["198.51.100.9", TWO]
    names.clear()
    rounds(watching, 1)
    assert addresses(trunks) == ["198.51.100.9", TWO]
    assert "sip.carrier.example has no address" in caplog.text


def test_each_address_is_asked_every_half_minute_or_so() -> None:  # TK-5
    agent, _, watching = watch(ONE, port=5070)
    agent.run(100.0)
    assert len(agent.asked) == 3
    request, flow, _, _ = agent.asked[0]
    assert (request.method, request.uri, flow.remote) == ("OPTIONS", f"sip:{ONE}", (ONE, 5070))
    assert len({one[0].call_id for one in agent.asked}) == 3
    [row] = watching.rows()
    assert (row["reachable"], row["rtt"]) == (None, None)


def test_whoever_answers_is_there_unless_he_has_no_room(
    caplog: pytest.LogCaptureFixture,
) -> None:  # TK-5
    caplog.set_level("INFO")
    agent, trunks, watching = watch(ONE, max_calls=30)
    agent.run(1.0)
    agent.answer(100)
    agent.time += 0.02
    agent.answer(404)
    [row] = watching.rows()
    assert row["reachable"]
    assert row["rtt"] == pytest.approx(0.52)
    assert (row["name"], row["address"]) == ("carrier", f"UDP {ONE}:5060")
    assert (row["calls"], row["max_calls"]) == (0, 30)
    agent.answer(503)
    assert not next(iter(trunks)).places[0].reachable
    agent.asked[-1][3]("timeout")
    agent.answer(200)
    assert next(iter(trunks)).places[0].reachable
    assert caplog.text.count("answers 503") == 1
    assert caplog.text.count("is there again") == 1


def test_whoever_is_silent_is_not_there(caplog: pytest.LogCaptureFixture) -> None:
    agent, trunks, _ = watch(ONE)
    agent.run(1.0)
    agent.asked[0][3]("timeout")
    assert next(iter(trunks)).places[0].reachable is False
    assert "does not answer (timeout)" in caplog.text


def test_an_address_without_a_socket_is_not_there() -> None:
    agent, trunks, _ = watch("2001:db8::1")
    agent.reaches = False
    agent.run(1.0)
    assert not agent.asked
    assert next(iter(trunks)).places[0].reachable is False


def test_an_address_that_is_gone_is_asked_no_more() -> None:
    names = {"sip.carrier.example": [ONE]}
    agent, _, watching = watch("sip.carrier.example", names=names)
    rounds(watching, 1)
    agent.run(1.0)
    names["sip.carrier.example"] = [TWO]
    rounds(watching, 1)
    agent.run(200.0)
    assert {one[1].remote[0] for one in agent.asked[1:]} == {TWO}
    names["sip.carrier.example"] = [ONE]
    rounds(watching, 1)
    before = len(agent.asked)
    agent.run(300.0)
    assert {one[1].remote[0] for one in agent.asked[before:]} >= {ONE}


def test_a_trunk_without_an_address_is_shown_too() -> None:
    _, _, watching = watch("sip.carrier.example", domain="carrier.example")
    [row] = watching.rows()
    assert (row["address"], row["reachable"]) == ("", False)


@pytest.mark.process
def test_the_resolver_of_the_system_knows_this_machine() -> None:
    assert "127.0.0.1" in asyncio.run(look_up("localhost"))


def test_a_resolver_that_is_slow_or_asked_nonsense_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask(host: str) -> list[str]:
        loop = asyncio.get_running_loop()

        async def never(*args: object, **settings: object) -> list[object]:
            await asyncio.sleep(3600)
            return []

        monkeypatch.setattr(loop, "getaddrinfo", never)
        return await look_up(host)

    with pytest.raises(OSError, match="does not answer"):
        virtual_time.run(ask("slow.example"))
    with pytest.raises(OSError, match=r"label|encod|long"):
        asyncio.run(look_up("x" * 300))
