"""Trunks: where they are, who speaks for them, and which of their addresses is tried first."""

from dataclasses import replace

from softswitch.bus import Bus, Registered, Unregistered
from softswitch.config.configuration import Trunk as Settings
from softswitch.location import Binding, Location
from softswitch.sip.flow import Flow
from softswitch.sip.headers import Headers
from softswitch.sip.message import Request
from softswitch.trunks import Trunk, Trunks

ONE, TWO = "198.51.100.1", "198.51.100.2"
INVITE = Request("INVITE", "sip:x@y", Headers())


def flow(host: str, port: int = 5060, protocol: str = "UDP") -> Flow:
    return Flow(protocol, ("0.0.0.0", 5060), (host, port), 0 if protocol == "UDP" else 7)


def binding(host: str, port: int = 5060) -> Binding:
    return Binding(
        1, "101", "sip:101@x", flow(host, port), (), "c", 1, 1.0, 1e9, "", "", 0, 0.0, 0.0
    )  # fmt: skip


def trunks(**settings: object) -> tuple[Trunks, Trunk]:
    plain: dict[str, object] = {"hosts": (ONE, TWO)}
    table = Trunks({"carrier": Settings("carrier", **{**plain, **settings})})  # type: ignore[arg-type]
    trunk = table.get("carrier")
    assert trunk is not None
    table.found(trunk, [(host, host) for host in trunk.settings.hosts])
    return table, trunk


def test_a_trunk_is_known_by_where_its_requests_come_from() -> None:  # TK-3
    table, trunk = trunks()
    assert table.of(INVITE, flow(ONE)) is trunk
    assert table.of(INVITE, flow(TWO, 32768, "TCP")) is trunk
    assert table.of(INVITE, flow("198.51.100.3")) is None
    from_carrier = Request("INVITE", "sip:x@y", Headers([("From", f"<sip:x@{ONE}>")]))
    assert table.of(from_carrier, flow("203.0.113.9")) is None


def test_whoever_shows_a_password_is_a_user() -> None:
    table, _ = trunks()
    request = Request("INVITE", "sip:x@y", Headers([("Authorization", "Digest")]))
    assert table.of(request, flow(ONE)) is None


def test_a_phone_that_has_registered_beside_a_trunk_stays_a_phone() -> None:  # TK-3
    bus, location = Bus(), Location()
    location.replace("101", (binding(ONE, 40000),))
    table = Trunks({"carrier": Settings("carrier", (ONE,))}, bus, location.all)
    trunk = table.get("carrier")
    assert trunk is not None
    table.found(trunk, [(ONE, ONE)])
    assert table.of(INVITE, flow(ONE, 40000)) is None
    assert table.of(INVITE, flow(ONE)) is trunk
    bus.publish(Registered(binding(ONE, 40001), refreshed=False))
    bus.publish(Registered(binding("203.0.113.9", 5060), refreshed=False))
    assert table.of(INVITE, flow(ONE, 40001)) is None
    other = replace(binding(ONE, 40001), id=2)
    bus.publish(Unregistered(other, "replaced"))
    assert table.of(INVITE, flow(ONE, 40001)) is None
    bus.publish(Unregistered(binding(ONE, 40001), "removed"))
    assert table.of(INVITE, flow(ONE, 40001)) is trunk


def test_of_two_trunks_at_one_address_the_first_speaks() -> None:
    table = Trunks({name: Settings(name, (ONE,)) for name in ("first", "second")})
    for trunk in table:
        table.found(trunk, [(ONE, ONE)])
    found = table.of(INVITE, flow(ONE))
    assert found is not None
    assert found.name == "first"
    assert len(table) == 2


def test_places_that_may_answer_come_first() -> None:  # TK-5
    _, trunk = trunks(hosts=(ONE, TWO, "198.51.100.3"))
    first, second, third = trunk.places
    first.reachable = False
    trunk.shun(second, 130.0)
    trunk.shun(second, 110.0)
    assert trunk.to_try(100.0) == [third, first, second]
    assert trunk.to_try(130.0) == [second, third, first]


def test_what_is_known_of_an_address_outlives_a_look_up() -> None:  # TK-5
    table, trunk = trunks()
    first, _ = trunk.places
    first.rtt = 0.02
    table.found(trunk, [("sip.carrier.example", "198.51.100.9"), (ONE, ONE), (ONE, ONE)])
    assert [place.address[0] for place in trunk.places] == ["198.51.100.9", ONE]
    assert trunk.places[1] is first
    assert table.of(INVITE, flow(TWO)) is None


def test_channels_are_counted_once_for_each_leg() -> None:  # TK-6
    _, trunk = trunks(max_calls=2)
    legs = [object(), object()]
    for leg in (*legs, *legs):
        trunk.join(leg)
    assert trunk.is_full
    trunk.leave(legs[0])
    trunk.leave(legs[0])
    assert not trunk.is_full
    _, unlimited = trunks()
    unlimited.calls.update(range(1000))
    assert not unlimited.is_full


def test_a_trunk_tells_its_port_and_account() -> None:
    _, trunk = trunks(port=5070, transport="tcp")
    assert trunk.places[0].address == (ONE, 5070)
    assert (trunk.protocol, trunk.account) == ("TCP", "trunk carrier")
