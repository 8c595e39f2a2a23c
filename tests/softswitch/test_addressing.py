"""Which address is shown to whom. Kernel and network are asked for loopback only."""

import asyncio
import ipaddress

import pytest

from softswitch import addressing
from softswitch.addressing import Addressing, is_own_address, own_address_towards
from softswitch.sip.flow import Address, Flow

LOCAL_NETS = [ipaddress.ip_network("192.168.1.0/24"), ipaddress.ip_network("fd00::/8")]


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def make(*listen: Address, external: str | None = None, now: Time | None = None) -> Addressing:
    return Addressing(
        listen or [("192.168.1.5", 5060)],
        external=external,
        local_nets=LOCAL_NETS,
        domains=["PBX.example"],
        now=now or Time(),
    )


def flow(local: Address, remote: str) -> Flow:
    return Flow("UDP", local, (remote, 40000))


BOUND = ("192.168.1.5", 5060)
ANY = ("0.0.0.0", 5060)
ANY6 = ("::", 5060)


def test_a_bound_socket_shows_its_own_address() -> None:
    assert make().sip_address(flow(BOUND, "203.0.113.9")) == BOUND
    assert make().media_address(flow(BOUND, "203.0.113.9")) == ("192.168.1.5", "192.168.1.5")


def test_neighbours_see_the_inner_address_and_others_the_external_one() -> None:
    ours = make(external="198.51.100.1")
    assert ours.sip_address(flow(BOUND, "192.168.1.77")) == BOUND
    assert ours.sip_address(flow(BOUND, "203.0.113.9")) == ("198.51.100.1", 5060)
    assert ours.media_address(flow(BOUND, "203.0.113.9")) == ("192.168.1.5", "198.51.100.1")


def test_an_external_address_is_for_its_own_family_only() -> None:
    ours = make(external="198.51.100.1")
    assert ours.sip_address(flow(("fd00::5", 5060), "2001:db8::9")) == ("fd00::5", 5060)


def test_a_wildcard_socket_shows_the_address_towards_the_other_side() -> None:
    ours = make(ANY, ANY6)
    assert ours.sip_address(flow(ANY, "127.0.0.3")) == ("127.0.0.1", 5060)
    assert ours.sip_address(flow(ANY6, "::1")) == ("::1", 5060)
    assert ours.media_address(flow(ANY, "127.0.0.3")) == ("0.0.0.0", "127.0.0.1")


def test_without_a_route_the_wildcard_stands_in() -> None:
    assert own_address_towards("not an address", "0.0.0.0") == "0.0.0.0"


def test_the_kernel_is_asked_once_a_minute_for_each_remote(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def towards(remote: str, bound: str) -> str:
        asked.append(remote)
        return "10.0.0.1"

    monkeypatch.setattr(addressing, "own_address_towards", towards)
    time = Time()
    ours = make(ANY, now=time)
    for _ in range(3):
        ours.sip_address(flow(ANY, "10.0.0.2"))
    assert asked == ["10.0.0.2"]
    time.now = 61.0
    ours.sip_address(flow(ANY, "10.0.0.2"))
    assert asked == ["10.0.0.2"] * 2


def test_many_remotes_do_not_fill_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addressing, "MAX_REMOTES", 10)
    ours = make()
    for number in range(100):
        ours.sip_address(flow(BOUND, f"203.0.113.{number}"))
        assert len(ours._remotes) <= 10


def test_names_and_foreign_addresses_are_not_local() -> None:
    ours = make()
    assert ours.is_local("192.168.1.9")
    assert ours.is_local("fd00::1%eth0")
    assert not ours.is_local("192.168.2.9")
    assert not ours.is_local("phone.example")


@pytest.mark.parametrize(
    ("host", "port", "ours"),
    [
        ("192.168.1.5", 5060, True),
        ("192.168.1.5", None, True),
        ("192.168.1.5", 5070, False),
        ("192.168.1.6", 5060, False),
        ("pbx.EXAMPLE", None, True),
        ("pbx.example", 5070, False),
        ("phone.example", None, False),
        ("switch.example", None, True),
        ("198.51.100.1", None, False),
        ("::1", 5060, False),
    ],
)
def test_it_knows_its_own_places(host: str, port: int | None, ours: bool) -> None:
    assert make(external="switch.example").is_ours(host, port) is ours


def test_a_wildcard_socket_is_at_every_address_of_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def is_own(address: str) -> bool:
        asked.append(address)
        return address == "127.0.0.9"

    monkeypatch.setattr(addressing, "is_own_address", is_own)
    ours = make(ANY, ("fd00::5", 5060))
    assert ours.is_ours("127.0.0.9", 5060)
    assert ours.is_ours("127.0.0.9", 5060)
    assert not ours.is_ours("203.0.113.9", 5060)
    assert ours.is_ours("fd00:0::5", 5060)
    assert asked == ["127.0.0.9", "203.0.113.9"]


def test_only_own_addresses_can_be_bound() -> None:
    assert is_own_address("127.0.0.1")
    assert is_own_address("::1")
    assert not is_own_address("203.0.113.9")


def test_an_external_name_is_resolved_at_the_start() -> None:
    ours = make(external="localhost")
    asyncio.run(ours.resolve())
    assert ours.sip_address(flow(BOUND, "203.0.113.9"))[0] == "127.0.0.1"
    assert ours.is_ours("localhost", 5060)
    assert ours.is_ours("127.0.0.1", 5060)


def test_an_external_address_needs_no_resolver() -> None:
    ours = make(external="198.51.100.1")
    asyncio.run(ours.resolve())
    assert ours.is_ours("198.51.100.1", 5060)


def test_an_external_name_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(OSError, match=r"."):
        asyncio.run(make(external="name..with-an-empty-label.invalid").resolve())
