import asyncio
import json
import socket
import stat
import threading
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from softswitch import control
from softswitch.control import (
    MAX_CLIENTS,
    MAX_PATH,
    MAX_REQUEST,
    CannotAnswer,
    ControlError,
    ControlServer,
    Handler,
    NotRunning,
    ask,
)


def calls(request: Mapping[str, Any]) -> list[Any]:
    return [{"call_id": "3f2a", "limit": request.get("limit")}]


async def slow(request: Mapping[str, Any]) -> str:
    await asyncio.sleep(0)
    return "awaited"


def no(request: Mapping[str, Any]) -> None:
    raise CannotAnswer("no call begins with 9")


def broken(request: Mapping[str, Any]) -> None:
    raise RuntimeError("bug")


HANDLERS: dict[str, Handler] = {"calls": calls, "slow": slow, "no": no, "broken": broken}


def serving(
    path: Path, client: Callable[[], Awaitable[None]], handlers: Mapping[str, Handler] = HANDLERS
) -> None:
    """Run a client beside a server on that path."""

    async def main() -> None:
        server = ControlServer(path, handlers)
        await server.start()
        try:
            await client()
        finally:
            await server.stop()

    asyncio.run(main())


async def talk(path: Path, *lines: bytes) -> list[bytes]:
    """The answers to lines that are sent at once."""
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(b"".join(lines))
    writer.write_eof()
    answers = (await reader.read()).splitlines()
    writer.close()
    await writer.wait_closed()
    return answers


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


def test_a_command_gets_the_handlers_answer(path: Path) -> None:
    async def client() -> None:
        assert await asyncio.to_thread(ask, path, "calls", limit=3) == [
            {"call_id": "3f2a", "limit": 3}
        ]
        assert await asyncio.to_thread(ask, path, "slow") == "awaited"

    serving(path, client)


def test_a_refusal_reaches_the_command_in_words(path: Path) -> None:
    async def client() -> None:
        with pytest.raises(CannotAnswer, match="no call begins with 9"):
            await asyncio.to_thread(ask, path, "no")
        with pytest.raises(CannotAnswer, match=r"asked for 'x', expected one of: calls, slow"):
            await asyncio.to_thread(ask, path, "x")

    serving(path, client)


def test_a_handler_that_fails_is_logged_and_others_still_answer(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def client() -> None:
        with pytest.raises(CannotAnswer, match="its log says why"):
            await asyncio.to_thread(ask, path, "broken")
        assert await asyncio.to_thread(ask, path, "slow") == "awaited"

    serving(path, client)
    assert "the control request 'broken' failed" in caplog.text


def test_several_lines_are_answered_in_order_and_nonsense_too(path: Path) -> None:
    lines = [b'{"ask": "slow"}\n', b"hello\n", b"[]\n", b'{"ask": []}\n', b"[" * 2000 + b"\n"]

    async def client() -> None:
        answers = [json.loads(line) for line in await talk(path, *lines)]
        assert answers[0] == {"answer": "awaited"}
        assert all("error" in answer for answer in answers[1:])
        assert len(answers) == len(lines)

    serving(path, client)


def test_a_line_without_end_is_cut_off(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def client() -> None:
        assert await talk(path, b"x" * (2 * MAX_REQUEST)) == []
        assert await talk(path, b'{"ask": "slow"}\n') == [b'{"answer": "awaited"}']

    serving(path, client)
    assert f"a line of more than {MAX_REQUEST} octets" in caplog.text


def test_clients_beyond_the_limit_are_hung_up_on(path: Path) -> None:
    async def client() -> None:
        writers = []
        for _ in range(MAX_CLIENTS):
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(b'{"ask": "slow"}\n')
            await reader.readline()
            writers.append(writer)
        assert await talk(path) == []
        for writer in writers:
            writer.close()
            await writer.wait_closed()

    serving(path, client)


def test_a_client_that_goes_before_its_answer_hurts_nobody(path: Path) -> None:
    def much(request: Mapping[str, Any]) -> str:
        return "x" * 2_000_000

    async def client() -> None:
        _, writer = await asyncio.open_unix_connection(path)
        writer.write(b'{"ask": "much"}\n')
        await writer.drain()
        await asyncio.sleep(0)
        writer.transport.abort()
        assert await talk(path, b'{"ask": "slow"}\n') == [b'{"answer": "awaited"}']

    serving(path, client, {"much": much, "slow": slow})


def test_nobody_else_may_use_the_socket(path: Path) -> None:
    modes: list[int] = []

    async def client() -> None:
        modes.append(await asyncio.to_thread(lambda: path.stat().st_mode))

    serving(path, client)
    assert [stat.S_IMODE(mode) for mode in modes] == [0o600]


def test_the_socket_is_gone_afterwards(path: Path) -> None:
    async def client() -> None:
        assert await asyncio.to_thread(path.exists)

    serving(path, client)
    assert not path.exists()
    with pytest.raises(NotRunning, match="the switch is not running"):
        ask(path, "calls")


def test_clients_that_still_hang_on_do_not_keep_the_switch_from_stopping(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as idle:

        async def client() -> None:
            await asyncio.to_thread(idle.connect, str(path))
            assert await talk(path, b'{"ask": "slow"}\n') == [b'{"answer": "awaited"}']

        serving(path, client)
        assert idle.recv(1) == b""


def test_a_stop_without_a_start_does_nothing(path: Path) -> None:
    asyncio.run(ControlServer(path, {}).stop())
    assert not path.exists()


def test_another_switchs_socket_is_not_removed(path: Path) -> None:
    async def client() -> None:
        await asyncio.to_thread(path.unlink)
        await asyncio.to_thread(path.touch)

    serving(path, client)
    assert path.exists()


def test_the_socket_of_a_dead_switch_is_replaced(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))

    async def client() -> None:
        assert await talk(path, b'{"ask": "slow"}\n') == [b'{"answer": "awaited"}']

    with pytest.raises(NotRunning):
        ask(path, "calls")
    serving(path, client)


def test_a_living_switch_is_left_alone(path: Path) -> None:
    async def client() -> None:
        with pytest.raises(ControlError, match="already running"):
            await ControlServer(path, {}).start()
        assert await talk(path, b'{"ask": "slow"}\n') == [b'{"answer": "awaited"}']

    serving(path, client)


def test_a_file_in_the_way_is_left_alone(path: Path) -> None:
    path.write_text("precious")
    with pytest.raises(ControlError, match="in the way"):
        asyncio.run(ControlServer(path, {}).start())
    assert path.read_text() == "precious"


def test_a_path_that_no_socket_can_have_is_said_clearly(tmp_path: Path) -> None:
    with pytest.raises(ControlError, match="too long for a Unix socket"):
        asyncio.run(ControlServer(tmp_path / ("x" * MAX_PATH), {}).start())
    with pytest.raises(ControlError, match="path too long"):
        ask(tmp_path / ("x" * MAX_PATH), "calls")


def test_a_folder_that_is_missing_or_no_folder_is_said_clearly(tmp_path: Path) -> None:
    with pytest.raises(ControlError, match="No such file"):
        asyncio.run(ControlServer(tmp_path / "none" / "control.sock", {}).start())
    (tmp_path / "file").touch()
    with pytest.raises(ControlError, match="Not a directory"):
        ask(tmp_path / "file" / "control.sock", "calls")


def test_a_socket_of_another_kind_is_not_taken_over(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(str(path))
        with pytest.raises(ControlError, match="wrong type"):
            asyncio.run(ControlServer(path, {}).start())


def one_answer(path: Path, answer: bytes | None) -> threading.Thread:
    """A switch that says just this, or never anything, to one command."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def serve() -> None:
        with listener, listener.accept()[0] as client:
            if answer is not None:
                client.recv(1000)
                client.sendall(answer)
            else:
                while client.recv(1000):
                    pass

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


@pytest.mark.parametrize("answer", [b"", b'{"ans', b'{"answer": "x'])
def test_an_answer_that_breaks_off_is_said_clearly(path: Path, answer: bytes) -> None:
    thread = one_answer(path, answer)
    with pytest.raises(ControlError, match="broke off"):
        ask(path, "calls")
    thread.join()


def test_a_switch_that_hangs_is_said_clearly(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "ANSWER_TIMEOUT", 0.01)
    thread = one_answer(path, None)
    with pytest.raises(ControlError, match=r"did not answer in 0\.01 s"):
        ask(path, "calls")
    thread.join()
