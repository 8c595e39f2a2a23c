"""What a switch takes of its machine, and what it says where that is not to be had."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, cast

import pytest

from softswitch import premises
from softswitch.config.configuration import AUTO, ListenAddress, Network
from softswitch.control import SOCKET_NAME, ask
from softswitch.premises import CannotRun
from softswitch.sip.flow import Address
from softswitch.sip.transport import Transports
from softswitch.store import DATABASE_NAME

Scenario = Callable[[AsyncExitStack], Coroutine[Any, Any, None]]


def runs(scenario: Scenario) -> None:
    """All that was taken is given back in the end."""

    async def main() -> None:
        async with AsyncExitStack() as stack:
            await scenario(stack)

    asyncio.run(main())


def test_the_state_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    state = tmp_path / "var" / "state"
    premises.make_folder(state)
    premises.make_folder(state)
    assert state.stat().st_mode & 0o777 == 0o700


def test_a_state_folder_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotRun, match=r"cannot use the state folder .*/file/state: Not a dir"):
        premises.make_folder(tmp_path / "file" / "state")


def test_commands_are_answered_and_a_second_switch_finds_the_place_taken(tmp_path: Path) -> None:
    async def scenario(stack: AsyncExitStack) -> None:
        await premises.control(tmp_path, {"how": lambda request: "well"}, stack)
        assert await asyncio.to_thread(ask, tmp_path / SOCKET_NAME, "how") == "well"
        with pytest.raises(CannotRun, match="a switch is already running"):
            await premises.control(tmp_path, {}, stack)

    runs(scenario)
    assert not (tmp_path / SOCKET_NAME).exists()


def test_a_store_that_is_none_is_one_line(tmp_path: Path) -> None:
    (tmp_path / DATABASE_NAME).write_bytes(b"no database, whatever its name says" * 40)

    async def scenario(stack: AsyncExitStack) -> None:
        with pytest.raises(CannotRun, match=DATABASE_NAME) as problem:
            await premises.store(tmp_path, stack)
        assert "\n" not in str(problem.value)

    runs(scenario)


class Search:
    """For the address outside."""

    began = 0

    def __init__(self, servers: object, found: Callable[[str], None]) -> None:
        self._found = found

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def begin(self) -> None:
        Search.began += 1


@pytest.mark.parametrize(("external", "searches"), [(AUTO, 1), ("203.0.113.7", 0), (None, 0)])
def test_the_address_outside_is_looked_for_where_that_is_wanted(
    monkeypatch: pytest.MonkeyPatch, external: str | None, searches: int
) -> None:
    monkeypatch.setattr(premises, "Discovery", Search)
    Search.began = 0

    async def scenario(stack: AsyncExitStack) -> None:
        async with asyncio.TaskGroup() as tasks, AsyncExitStack() as inner:
            await premises.addressing(Network(external=external), lambda: 0.0, inner, tasks)

    runs(scenario)
    assert Search.began == searches


def test_a_name_outside_that_nobody_knows_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(*_: object) -> None:
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr(premises, "open_addressing", unknown)

    async def scenario(stack: AsyncExitStack) -> None:
        network = Network(external="pbx.example")
        with pytest.raises(CannotRun, match=r"network.external: pbx.example has no address: Name"):
            await premises.addressing(network, lambda: 0.0, stack, cast(asyncio.TaskGroup, None))

    runs(scenario)


class Sockets:
    """Binds whatever is asked for, but not port 1."""

    def listen_udp(self, host: str, port: int) -> Address:
        if port == 1:
            raise PermissionError(13, "Permission denied")
        return host, port or 5062

    async def listen_tcp(self, host: str, port: int) -> Address:
        return self.listen_udp(host, port)


def listened(*udp: ListenAddress, tcp: tuple[ListenAddress, ...] = ()) -> list[str]:
    network = Network(udp=udp, tcp=tcp)
    return asyncio.run(premises.listen(network, cast(Transports, Sockets())))


def test_it_is_said_what_to_type_into_a_phone(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {"192.0.2.1": "198.51.100.4", "2001:db8::1": "2001:db8::4"}
    monkeypatch.setattr(premises, "own_address_towards", lambda there, wildcard: own[there])
    everywhere = (ListenAddress("0.0.0.0", 5060), ListenAddress("::", 5060))
    assert listened(ListenAddress("127.0.0.1", 0), tcp=everywhere) == [
        "127.0.0.1:5062 (UDP)",
        "198.51.100.4:5060 (TCP)",
        "[2001:db8::4]:5060 (TCP)",
    ]


def test_a_port_that_is_not_for_us_is_one_line() -> None:
    with pytest.raises(CannotRun, match=r"cannot listen on UDP 127.0.0.1:1: Permission denied"):
        listened(ListenAddress("127.0.0.1", 1))


def test_opus_is_translated_where_its_library_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(premises, "import_module", lambda name: None)
    assert premises.untranslated() == frozenset()


def test_without_its_library_opus_is_passed_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def missing(name: str) -> None:
        raise Exception("Could not find Opus library")

    monkeypatch.setattr(premises, "import_module", missing)
    assert premises.untranslated() == {"OPUS"}
    assert caplog.messages == ["Opus is passed on, but not translated: Could not find Opus library"]
