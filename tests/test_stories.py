"""The stories of ARCHITECTURE.md are true: who is met, in which order, and how many they are.

An INVITE and an RTP packet are followed through the real code with Python's profiler.
"""

import asyncio
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from softswitch.config import load
from softswitch.sip.flow import Flow
from softswitch.user_agent import UserAgent
from tests.media.engine.driver import driver
from tests.support import running
from tests.support.endpoint import Endpoint
from tests.support.running import PASSWORD, written
from tests.support.scripted_call import ScriptedCall

pytestmark = pytest.mark.process

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "ARCHITECTURE.md").read_text()
SLACK = 0.15
"""By how much a number in the text may be off: caches are warm or cold."""

Function = tuple[str, str]
"""Module, as the text writes it, and qualified name."""


@contextmanager
def followed(calls: list[Function]) -> Iterator[None]:
    """Append every function of ours that is entered."""

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(ROOT) and "tests" not in path.parts:
            calls.append((str(path.resolve().relative_to(ROOT)), frame.f_code.co_qualname))

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(before)


def story(title: str) -> str:
    """The text of one story."""
    return TEXT.partition(f"### {title}")[2].partition("\n### ")[0]


def steps(text: str) -> list[Function]:
    """`module.py` `Function`, in the order of the text."""
    return re.findall(r"`([\w/]+\.py)`\s+`([\w.]+)`", text)


def met_in_order(wanted: list[Function], calls: list[Function]) -> None:
    remaining = iter(calls)
    for step in wanted:
        assert step in remaining, f"{step} is not met, or not there"


def test_the_story_of_an_invite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    messages: list[list[Function]] = []
    receive = UserAgent.receive

    def followed_receive(self: UserAgent, data: bytes, flow: Flow) -> None:
        calls = [("softswitch/sip/udp.py", sys._getframe(2).f_code.co_qualname)]
        with followed(calls):
            receive(self, data, flow)
        messages.append(calls)

    monkeypatch.setattr(UserAgent, "receive", followed_receive)

    async def main() -> None:
        async with running.running(written(tmp_path)) as config:
            server = ("127.0.0.1", config.network.udp[0].port)
            with (
                Endpoint("100", PASSWORD, server) as anna,
                Endpoint("101", PASSWORD, server) as bob,
            ):
                await asyncio.to_thread(two_calls, anna, bob)

    running.run(main())
    text = story("I am an INVITE")
    second = [calls for calls in messages if ("routing/route.py", "Route.begin") in calls][1]
    met_in_order(steps(text), second)
    said_calls, said_modules = map(
        int, re.findall(r"(\d+) function calls in (\d+)\s+modules", text)[0]
    )
    assert said_calls == pytest.approx(len(second), rel=SLACK)
    assert said_modules == pytest.approx(len({module for module, _ in second}), rel=SLACK)


def two_calls(anna: Endpoint, bob: Endpoint) -> None:
    bob.register()
    for _ in range(2):
        call = ScriptedCall.dial(anna, "101")
        ScriptedCall.incoming(bob).answer()
        call.expect(180)
        call.expect(200)
        call.ack()
        call.hangup()
        bob.reply(bob.expect("BYE"), 200)


@pytest.mark.parametrize("backend", ["epoll", "io_uring, all in columns"])
def test_the_story_of_an_rtp_packet(backend: str) -> None:
    calls: list[Function] = []
    with driver(backend) as it:
        anna, bob = it.phone("127.0.0.2"), it.phone("127.0.0.3")
        it.call(anna, bob)
        for sequence in range(100, 110):
            anna.send(sequence)
            bob.send(sequence)
            it.serve(2)
        bob.heard()
        anna.send(110)
        with followed(calls):
            it.worker._backend.serve(0.0)
        it.worker._backend.flush()
        assert len(bob.heard()) == 1
    told = steps(story("I am an RTP packet"))
    if backend == "epoll":
        assert [step for step in told if step[0].endswith("epoll.py")] == calls
    else:
        met_in_order([step for step in told if "uring" in step[0]], calls)


def test_the_story_of_a_yaml_line(tmp_path: Path) -> None:
    text = story("I am a YAML line")
    (line,) = re.findall(r"```yaml\nusers:\n(.*?)```", text, re.DOTALL)
    path = tmp_path / "office.yaml"
    path.write_text(f"users:\n{line}")
    calls: list[Function] = []
    with followed(calls):
        user = load(path).users["101"]
    assert (user.name, user.ring_time) == ("Bob", 20.0)
    assert user.origin["ring_time"].endswith(".yaml:2")
    met_in_order([step for step in steps(text) if "/config/" in step[0]], calls)
