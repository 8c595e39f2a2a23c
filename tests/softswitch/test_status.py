import base64
from typing import Any

import pytest

from softswitch.b2bua.calls import CallSnapshot
from softswitch.control import CannotAnswer
from softswitch.location import Binding, Location
from softswitch.packing import unpack
from softswitch.sip.flow import Flow
from softswitch.status import Status
from softswitch.trace import Tracer

FLOW = Flow("TCP", ("::1", 5060), ("2001:db8::7", 40000), 3)


class Noon:
    def wall(self) -> float:
        return 100.0


class OneCall:
    def snapshot(self) -> list[CallSnapshot]:
        return [CallSnapshot("3f2a", "100", "101", "talking", 1.0, 2.0, ("sip:101@x",))]


def binding(number: int, user: str, expires_at: float = 900.0) -> Binding:
    return Binding(
        id=number,
        user=user,
        contact=f"sip:{user}@10.0.0.{number}",
        flow=FLOW,
        path=(),
        call_id="r",
        cseq=1,
        q=1.0,
        expires_at=expires_at,
        user_agent="Phone",
        instance="",
        reg_id=0,
        registered_at=1.0,
        refreshed_at=2.0,
        rtt=0.012,
    )


def asked(subject: str, tracer: Tracer | None = None, **details: object) -> Any:
    location = Location()
    location.replace("101", (binding(2, "101"), binding(4, "101", 99.0)))
    location.replace("100", (binding(3, "100"), binding(1, "100")))
    sink: dict[str, bytes] = {}
    ours = tracer or Tracer(sink.__setitem__)
    return Status(OneCall(), location, ours, Noon()).handlers()[subject](details)


def test_calls_are_rows() -> None:
    (row,) = asked("calls")
    assert (row["call_id"], row["state"], row["devices"]) == ("3f2a", "talking", ("sip:101@x",))


def test_registrations_that_live_are_rows_by_user() -> None:
    rows = asked("registrations")
    assert [row["contact"] for row in rows] == [
        "sip:100@10.0.0.1",
        "sip:100@10.0.0.3",
        "sip:101@10.0.0.2",
    ]
    assert rows[0]["remote"] == "TCP [2001:db8::7]:40000"
    assert (rows[0]["reachable"], rows[0]["rtt"], rows[0]["expires_at"]) == (True, 0.012, 900.0)


def holding(*call_ids: str) -> Tracer:
    tracer = Tracer(lambda call_id, blob: None)
    for call_id in call_ids:
        tracer.begin(call_id, f"{call_id}@x")
        tracer.record(f"{call_id}@x", b"INVITE", False, FLOW, 1.0)
    return tracer


def test_a_trace_is_found_by_the_beginning_of_the_id() -> None:
    answer = asked("trace", holding("3f2a", "4b"), call="3f")
    assert answer["call_id"] == "3f2a"
    assert unpack(base64.b64decode(answer["messages"])).entries[0].data == b"INVITE"


def test_no_trace_is_no_answer() -> None:
    assert asked("trace", holding("3f2a"), call="9") is None


def test_an_unclear_beginning_is_refused_with_the_first_few() -> None:
    with pytest.raises(CannotAnswer, match=r"^2 calls begin so: 31, 32$"):
        asked("trace", holding("31", "32"), call="3")
    with pytest.raises(CannotAnswer, match=r"^7 calls begin so: 0x, 1x, 2x, 3x, 4x, …$"):
        asked("trace", holding(*(f"{n}x" for n in range(7))))
