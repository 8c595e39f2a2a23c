"""The address that STUN servers see. Rounds are values; the search runs on loopback."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import cast

import pytest

from softswitch import discovery
from softswitch.discovery import Discovery, Round
from softswitch.media import stun
from softswitch.sip.flow import Address
from softswitch.sip.stun import answer
from tests.support import virtual_time

ONE = ("192.0.2.1", 3478)
OTHER = ("192.0.2.2", 19302)
SEEN = "203.0.113.7"


def counting() -> Callable[[int], bytes]:
    numbers: Iterator[int] = iter(range(1, 100))
    return lambda octets: next(numbers).to_bytes(octets, "big")


def reply(question: bytes, seen: str = SEEN) -> bytes:
    plain = bytearray(question[: stun.HEADER.size])
    plain[2:4] = b"\0\0"
    said = answer(bytes(plain), (seen, 40000))
    assert said is not None
    return said


def test_all_servers_are_asked_and_each_with_a_secret_of_its_own() -> None:
    (to_one, one), (to_other, other) = Round([ONE, OTHER], counting()).questions()
    assert (one, other) == (ONE, OTHER)
    first, second = stun.parse(to_one), stun.parse(to_other)
    assert first is not None
    assert second is not None
    assert first.kind == second.kind == stun.BINDING_REQUEST
    assert first.transaction != second.transaction


def test_the_answer_of_either_tells_the_address() -> None:
    asked = Round([ONE, OTHER], counting())
    questions = asked.questions()
    assert asked.heard(reply(questions[1][0]), OTHER) == SEEN


def test_strangers_and_wrong_words_tell_nothing() -> None:
    asked = Round([ONE, OTHER], counting())
    (question, _), (to_other, _) = asked.questions()
    assert asked.heard(reply(question), ("192.0.2.66", 3478)) is None
    assert asked.heard(reply(to_other), ONE) is None
    assert asked.heard(question, ONE) is None
    assert asked.heard(b"", ONE) is None
    error = stun.build(stun.BINDING_ERROR, question[8:20], [(stun.ERROR_CODE, b"\0\0\4\0")])
    assert asked.heard(error, ONE) is None


def test_questions_are_repeated_ever_more_slowly_and_then_no_more() -> None:  # RFC 8489 §6.2.1
    asked = Round([ONE], counting())
    waits = []
    questions = set()
    while True:
        questions |= {question for question, _ in asked.questions()}
        wait = asked.wait()
        if wait is None:
            break
        waits.append(wait)
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 8.0]
    assert len(questions) == 1


class _Server(asyncio.DatagramProtocol):
    """Answers all but the first `deaf` questions."""

    def __init__(self, seen: list[str], deaf: int) -> None:
        self.seen = seen
        self.deaf = deaf

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        if self.deaf:
            self.deaf -= 1
            return
        self.transport.sendto(reply(data, self.seen.pop(0)), addr)


@asynccontextmanager
async def server(*seen: str, deaf: int = 0) -> AsyncIterator[Address]:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Server(list(seen), deaf), local_addr=("127.0.0.1", 0)
    )
    yield transport.get_extra_info("sockname")
    transport.close()


def pauses(until: int) -> tuple[list[float], Callable[[float], Awaitable[None]]]:
    """Seconds for which the search rested, and a rest that takes no time; the last ends it."""
    rested: list[float] = []

    async def rest(seconds: float) -> None:
        rested.append(seconds)
        if len(rested) == until:
            raise EOFError

    return rested, rest


def test_each_new_address_is_told_once() -> None:
    async def main() -> None:
        told: list[str] = []
        rested, rest = pauses(4)
        async with server(SEEN, SEEN, "203.0.113.8", "203.0.113.8") as address:
            search = Discovery([("localhost", address[1])], told.append, sleep=rest)
            with pytest.raises(EOFError):
                await search.run()
            await search.begin()
        assert told == [SEEN, "203.0.113.8"]
        assert rested == [discovery.AGAIN] * 4

    asyncio.run(main())


def test_a_lost_question_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "FIRST_WAIT", 0.01)

    async def main() -> None:
        told: list[str] = []
        _, rest = pauses(1)
        async with server(SEEN, deaf=2) as address:
            with pytest.raises(EOFError):
                await Discovery([address], told.append, sleep=rest).run()
        assert told == [SEEN]

    asyncio.run(main())


def test_a_start_does_not_wait_for_servers_that_are_silent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        rested, rest = pauses(1)
        search = Discovery([("127.0.0.1", 9)], lambda address: None, sleep=rest)
        started = asyncio.get_running_loop().time()
        running = asyncio.gather(search.run(), return_exceptions=True)
        await search.begin()
        assert asyncio.get_running_loop().time() - started == pytest.approx(discovery.PATIENCE)
        assert isinstance((await running)[0], EOFError)
        assert rested == [discovery.RETRY]

    with caplog.at_level(logging.WARNING):
        virtual_time.run(main())
    assert "no STUN server has answered yet" in caplog.text
    assert "(127.0.0.1:9)" in caplog.text
    assert "the address of this machine" in caplog.text


def test_without_any_server_that_has_an_address_nobody_is_asked() -> None:
    async def main() -> None:
        rested, rest = pauses(1)
        with pytest.raises(EOFError):
            await Discovery([("no..name", 1)], lambda address: None, sleep=rest).run()
        assert rested == [discovery.RETRY]

    asyncio.run(main())
