"""The switch as a whole: it starts, carries a call, stops politely, or says why it cannot."""

import asyncio
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from softswitch import premises
from softswitch.app import App
from softswitch.config import load
from softswitch.control import SOCKET_NAME, ask
from softswitch.premises import CannotRun
from softswitch.store import DATABASE_NAME
from softswitch.store.sqlite import open_store
from tests.support import running
from tests.support.endpoint import Endpoint
from tests.support.ports import free_port
from tests.support.running import PASSWORD, written
from tests.support.scripted_call import ScriptedCall

pytestmark = pytest.mark.process


def phones(port: int) -> tuple[Endpoint, Endpoint]:
    server = ("127.0.0.1", port)
    return Endpoint("100", PASSWORD, server), Endpoint("101", PASSWORD, server)


def test_two_phones_talk_and_ctrl_c_says_goodbye(tmp_path: Path) -> None:
    async def main() -> None:
        async with running.running(written(tmp_path)) as config:
            anna, bob = phones(config.network.udp[0].port)
            with anna, bob:
                state = config.state / SOCKET_NAME
                await asyncio.to_thread(talk, anna, bob)
                (call,) = await asyncio.to_thread(ask, state, "calls")
                assert (call["caller"], call["callee"], call["state"]) == ("100", "101", "talking")
                rows = await asyncio.to_thread(ask, state, "registrations")
                assert [row["user"] for row in rows] == ["101"]
                trace = await asyncio.to_thread(ask, state, "trace", call=call["call_id"])
                assert trace["call_id"] == call["call_id"]
                running.interrupt()
                await asyncio.gather(
                    asyncio.to_thread(expect_bye, anna), asyncio.to_thread(expect_bye, bob)
                )
        async with open_store(config.state / DATABASE_NAME, read_only=True) as store:
            (row,) = await store.calls(10)
            assert (row.outcome, row.reason) == ("answered", "the switch was stopped")
            assert await store.trace(row.call_id)

    running.run(main())


def talk(anna: Endpoint, bob: Endpoint) -> None:
    bob.register()
    call = ScriptedCall.dial(anna, "101")
    ScriptedCall.incoming(bob).answer()
    call.expect(180)
    call.expect(200)
    call.ack()


def expect_bye(phone: Endpoint) -> None:
    phone.reply(phone.expect("BYE"), 200)


def test_registrations_are_back_after_a_restart(tmp_path: Path) -> None:
    path = written(tmp_path)

    async def main() -> None:
        async with running.running(path) as config:
            anna, bob = phones(config.network.udp[0].port)
            with anna, bob:
                await asyncio.to_thread(bob.register)
        async with running.running(path) as config:
            rows = await asyncio.to_thread(ask, config.state / SOCKET_NAME, "registrations")
            assert [row["user"] for row in rows] == ["101"]

    running.run(main())


def cannot_run(path: Path) -> str:
    with pytest.raises(CannotRun) as caught:
        running.run(App(load(path)).run(lambda config, servers: None))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_a_taken_port_is_one_clear_line(tmp_path: Path, kind: socket.SocketKind) -> None:
    port = free_port()
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", port))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        problem = cannot_run(written(tmp_path, port=port))
    protocol = "UDP" if kind == socket.SOCK_DGRAM else "TCP"
    assert problem == f"cannot listen on {protocol} 127.0.0.1:{port}: Address already in use"


def test_a_second_switch_on_the_same_state_does_not_start(tmp_path: Path) -> None:
    path = written(tmp_path)

    async def main() -> None:
        async with running.running(path):
            second = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "softswitch", "run", str(path), stderr=subprocess.PIPE
            )
            _, problem = await second.communicate()
            assert second.returncode == 1
            assert b"already running" in problem

    running.run(main())


def test_a_state_folder_that_cannot_be_is_one_clear_line(tmp_path: Path) -> None:
    problem = cannot_run(written(tmp_path, "state: /proc/nowhere\n" + running.YAML))
    assert problem.startswith("cannot use the state folder /proc/nowhere: ")


def test_only_the_owner_may_look_into_the_state_folder(tmp_path: Path) -> None:
    async def main() -> None:
        async with running.running(written(tmp_path)) as config:
            assert config.state.stat().st_mode & 0o777 == 0o700

    running.run(main())


def test_a_damaged_store_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / DATABASE_NAME).write_bytes(b"no database at all" * 100)
    assert DATABASE_NAME in cannot_run(written(tmp_path))


def test_an_external_name_that_nobody_knows_is_one_clear_line(tmp_path: Path) -> None:
    text = running.YAML.replace("network:\n", "network:\n  external: no-such-host.invalid\n")
    assert "no-such-host.invalid" in cannot_run(written(tmp_path, text))


def test_an_address_that_is_not_ours_is_one_clear_line(tmp_path: Path) -> None:
    text = running.YAML.replace("127.0.0.1", "192.0.2.77")
    assert "192.0.2.77" in cannot_run(written(tmp_path, text))


def test_what_has_no_library_here_is_not_translated(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(premises, "OPUS_BINDING", "no_such_binding")
    assert premises.untranslated() == {"OPUS"}
    assert "Opus is passed on, but not translated" in caplog.text
