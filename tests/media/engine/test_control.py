"""The channel's messages survive their datagrams."""

from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.engine import control
from softswitch.media.engine.interface import PortStatistics, Remote

u16 = st.integers(0, 0xFFFF)
u32 = st.integers(0, 0xFFFFFFFF)
text = st.text("0123456789.:", max_size=60)
counts = st.integers(0, 2**63)
remotes = st.builds(
    Remote,
    address=text,
    rtp_port=u16,
    rtcp_port=u16,
    payload_types=st.lists(st.integers(0, 127), max_size=30).map(tuple),
    signalling_address=text,
    nat=st.booleans(),
    keepalive_payload_type=st.none() | st.integers(0, 127),
    clock_rate=u32,
)
statistics = st.builds(PortStatistics, counts, counts, counts, counts, st.floats(0, 10), counts)
messages: st.SearchStrategy[control.Message] = st.one_of(
    st.builds(
        control.Configure, u16, u32, st.floats(0, 1e6), st.floats(0, 1e6),
        st.lists(text, max_size=4).map(tuple),
    ),
    st.builds(control.Lend, u16, u32),
    st.builds(
        control.Lent, u16, st.booleans(), st.lists(st.tuples(u32, u16), max_size=9).map(tuple)
    ),
    st.builds(control.Open, u32),
    st.builds(control.SetRemote, u32, remotes),
    st.builds(control.Join, u32, u32),
    st.builds(control.Part, u32),
    st.builds(control.Hold, u32, st.booleans()),
    st.builds(control.Close, u32),
    st.builds(control.Closed, u32, statistics),
    st.builds(control.TimedOut, u32),
    st.builds(control.Alive, u32),
    st.builds(control.Trouble, text),
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
