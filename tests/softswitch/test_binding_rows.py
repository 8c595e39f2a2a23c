"""Bindings in the store."""

from dataclasses import asdict

from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.binding_rows import from_row, to_row
from softswitch.sip.flow import Flow
from tests.support.registering import NOW, PHONE, binding

TCP = Flow("TCP", ("::", 5060), ("2001:db8::1", 40000), 7)
text = st.text(st.characters(exclude_characters="\r\n"))


@settings(max_examples=50)
@given(
    path=st.lists(text.filter(bool), max_size=3).map(tuple),
    display=text,
    params=text,
    nat=st.booleans(),
    left=st.floats(0, 3600),
    number=st.integers(0, 2**31),
)
def test_a_binding_comes_back_as_it_was(
    path: tuple[str, ...], display: str, params: str, nat: bool, left: float, number: int
) -> None:
    kept = binding(
        number,
        path=path,
        display=display,
        params=params,
        nat=nat,
        expires_at=NOW + left,
        cseq=number,
        reg_id=number,
        instance="<urn:uuid:1>",
        user_agent="phone/1",
        q=0.3,
        refreshed_at=NOW - 5,
    )
    assert asdict(from_row(to_row(kept), NOW)) == asdict(kept)


def test_a_connection_does_not_come_back() -> None:
    back = from_row(to_row(binding(flow=TCP)), NOW)
    assert back.flow == TCP._replace(connection=0)
    assert not back.reachable


def test_reachability_is_found_out_anew() -> None:
    assert from_row(to_row(binding(flow=PHONE, reachable=False, rtt=0.1)), NOW).reachable


def test_a_clock_that_was_set_back_in_between_keeps_no_binding_for_ever() -> None:
    assert from_row(to_row(binding(expires_at=NOW)), NOW - 1e8).expires_at == NOW - 1e8 + 3600
