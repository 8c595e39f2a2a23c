"""The channel's messages survive their datagrams."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.engine import control, stage_messages
from softswitch.media.engine.interface import (
    UDPTL,
    Clip,
    Dtls,
    Ice,
    Pause,
    PortStatistics,
    Remote,
    Sdes,
    Tones,
)
from softswitch.media.formats import Format

u16 = st.integers(0, 0xFFFF)
u32 = st.integers(0, 0xFFFFFFFF)
text = st.text("0123456789.:", max_size=60)
counts = st.integers(0, 2**63)
keys = st.binary(max_size=46)
formats = st.lists(
    st.builds(Format, st.integers(0, 127), text, u32, st.integers(1, 9), text), max_size=3
).map(tuple)
described: dict[str, st.SearchStrategy[Any]] = {
    "formats": formats,
    "expected": formats,
    "ptime": st.integers(10, 60),
    "security": st.none()
    | st.builds(Sdes, text, keys, keys)
    | st.builds(Dtls, st.booleans(), keys),
    "ice": st.none() | st.builds(Ice, text, text, text),
    "rtcp_mux": st.booleans(),
    "kind": st.sampled_from(["rtp", UDPTL]),
    "rtcp": st.booleans(),
}
bare: dict[str, st.SearchStrategy[Any]] = {
    "address": text,
    "rtp_port": u16,
    "rtcp_port": u16,
    "payload_types": st.lists(st.integers(0, 127), max_size=30).map(tuple),
    "signalling_address": text,
    "nat": st.booleans(),
    "keepalive_payload_type": st.none() | st.integers(0, 127),
    "clock_rate": u32,
}
remotes = st.fixed_dictionaries(bare) | st.fixed_dictionaries({**bare, **described})
statistics = st.builds(
    PortStatistics,
    counts,
    counts,
    counts,
    counts,
    st.floats(0, 10),
    counts,
    *[st.none() | st.floats(0, 9)] * 5,
    st.floats(1, 9),
)
sounds = st.lists(
    st.builds(Clip, text, st.floats(0, 9))
    | st.builds(Pause, st.floats(0, 9))
    | st.just(Tones((((425.0,), 0.5), ((), 0.5)))),
    max_size=3,
).map(tuple)
records = st.builds(
    stage_messages.Record, u32, u32, text, st.floats(0, 9), st.none() | st.floats(0, 9)
)
messages: st.SearchStrategy[control.Message] = st.one_of(
    st.builds(
        control.Configure, u16, u32, st.floats(0, 1e6), st.floats(0, 1e6),
        st.lists(text, max_size=4).map(tuple), st.binary(max_size=900),
    ),
    st.builds(control.Lend, u16, u32),
    st.builds(
        control.Lent, u16, st.booleans(), st.lists(st.tuples(u32, u16), max_size=9).map(tuple)
    ),
    st.builds(control.Open, u32, st.booleans()),
    st.builds(control.SetRemote, u32, remotes.map(lambda fields: Remote(**fields))),
    st.builds(control.Join, u32, u32),
    st.builds(control.Part, u32),
    st.builds(control.Hold, u32, st.booleans()),
    st.builds(control.Close, u32),
    st.builds(control.Closed, u32, statistics),
    st.builds(control.TimedOut, u32),
    st.builds(control.Alive, u32),
    st.builds(control.Notice, text),
    st.builds(control.Trouble, text),
    st.builds(control.Insecure, u32, text),
    st.builds(control.Qualities, st.lists(st.tuples(u32, statistics), max_size=4).map(tuple)),
    st.builds(stage_messages.Play, u32, u32, st.booleans(), sounds, st.none() | records),
    records,
    st.builds(stage_messages.Listen, u32, st.booleans()),
    st.builds(stage_messages.Ended, u32, st.tuples(st.floats(0, 9), text)),
)  # fmt: skip


@given(st.lists(messages, max_size=8))
@settings(max_examples=60)
def test_messages_survive_the_channel_in_order(sent: list[control.Message]) -> None:
    datagrams = control.datagrams(control.encode(message) for message in sent)
    assert len(datagrams) == (1 if sent else 0)
    assert [message for data in datagrams for message in control.decode(data)] == sent


def test_many_messages_are_cut_into_datagrams_that_fit() -> None:
    sent = [control.Hold(number, True) for number in range(20_000)]
    datagrams = control.datagrams(control.encode(message) for message in sent)
    assert len(datagrams) > 1
    assert max(map(len, datagrams)) <= control.MAX_DATAGRAM
    assert [message for data in datagrams for message in control.decode(data)] == sent


def test_a_text_longer_than_its_length_octet_is_cut() -> None:
    remote = Remote("x" * 300, 0, 0, (), "y" * 300, False, None)
    (message,) = control.decode(control.encode(control.SetRemote(1, remote)))
    assert isinstance(message, control.SetRemote)
    assert message.remote.address == "x" * 255


def test_a_strangers_long_description_still_fits_a_datagram() -> None:
    known = tuple(Format(number, "X" * 60, 8000, 1, "y" * 9000) for number in range(128))
    remote = Remote("192.0.2.1", 0, 0, (), "", False, None, formats=known, expected=known)
    data = control.encode(control.SetRemote(1, remote))
    assert len(data) < control.MAX_DATAGRAM
    (message,) = control.decode(data)
    assert isinstance(message, control.SetRemote)
    assert message.remote.formats[0] == known[0]._replace(parameters="y" * control.MAX_PARAMETERS)


def test_many_qualities_fit_a_datagram() -> None:
    figures = (2**62,) * 4 + (1.5, 2**62, 1.5, 2**62, 1.5, 1.5, 1.5, 1.5)
    worst = PortStatistics._make(figures)
    message = control.Qualities(((2**31, worst),) * control.QUALITIES)
    assert len(control.encode(message)) < control.MAX_DATAGRAM


def test_a_plain_remote_stays_small() -> None:
    remote = Remote("192.0.2.1", 4000, 4001, (0, 8, 101), "192.0.2.1", False, 0)
    assert len(control.encode(control.SetRemote(1, remote))) < 50


def test_keys_and_passwords_are_not_shown() -> None:
    settings = control.Configure(1, 2, 60.0, 300.0, ("192.0.2.1",), b"secret")
    shown = f"{Sdes('AES', b'secret', b'secret')!r} {Ice('user', 'secret', 'other')} {settings}"
    assert "secret" not in shown
    assert "AES" in shown
    assert "user" in shown
