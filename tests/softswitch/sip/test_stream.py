import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.sip.parser import MAX_BODY, MAX_START_LINE, salvage
from softswitch.sip.stream import MAX_PARTIAL, FramingError, Keepalive, StreamFramer
from tests.support.sip_text import invite, request, response

PING = Keepalive.PING
ONE = invite()
TWO = request("REGISTER", call_id="two")
THREE = response(486, "Busy Here")


def fed(*pieces: bytes) -> list[bytes | Keepalive]:
    framer = StreamFramer()
    return [found for piece in pieces for found in framer.feed(piece)]


def broken(*pieces: bytes) -> FramingError:
    with pytest.raises(FramingError) as caught:
        fed(*pieces)
    return caught.value


def test_a_whole_message_is_found_at_once() -> None:
    assert fed(ONE) == [ONE]


def test_pipelined_messages_come_in_order() -> None:
    assert fed(ONE + TWO + THREE) == [ONE, TWO, THREE]


@pytest.mark.parametrize("message", [ONE, TWO, request("MESSAGE", body=b"a\r\n\r\nb\r\n\r\n")])
def test_every_cut_gives_the_same_messages(message: bytes) -> None:
    stream = message + TWO
    for cut in range(len(stream) + 1):
        assert fed(stream[:cut], stream[cut:]) == [message, TWO]


def test_octets_may_come_one_by_one() -> None:
    stream = ONE + b"\r\n" + TWO + THREE
    assert fed(*[stream[index : index + 1] for index in range(len(stream))]) == [ONE, TWO, THREE]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from([ONE, TWO, THREE, b"\r\n", b"\r\n\r\n"]), max_size=6), st.data())
def test_any_segmentation_gives_the_same_messages(parts: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(parts)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=8).map(sorted))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    messages = [found for found in fed(*pieces) if found is not PING]
    assert messages == [part for part in parts if part.strip()]


def test_nothing_is_found_before_it_is_whole() -> None:
    framer = StreamFramer()
    assert framer.feed(ONE[:-1]) == []
    assert framer.buffered == len(ONE) - 1
    assert framer.feed(ONE[-1:]) == [ONE]
    assert framer.buffered == 0
    assert framer.feed(b"") == []


def test_a_ping_is_two_line_ends_between_messages() -> None:
    assert fed(b"\r\n\r\n") == [PING]
    assert fed(b"\r", b"\n\r", b"\n") == [PING]
    assert fed(ONE + b"\r\n\r\n" + TWO) == [ONE, PING, TWO]
    assert fed(b"\r\n") == []
    assert fed(b"\r\n", ONE, b"\r\n", TWO) == [ONE, TWO]


def test_a_flood_of_line_ends_is_one_ping_and_is_not_kept() -> None:
    framer = StreamFramer()
    assert framer.feed(b"\r\n" * 30_000) == [PING]
    assert framer.buffered == 0


@pytest.mark.parametrize(
    "spelling",
    ["Content-Length: 3", "l:3", "L : 003", "CONTENT-LENGTH\t:\r\n  3", "content-length: 3\r\n "],
)
def test_the_length_is_found_however_it_is_spelled(spelling: str) -> None:
    message = b"MESSAGE sip:h SIP/2.0\r\nSubject: l:9\r\n" + spelling.encode() + b"\r\n\r\nabc"
    assert fed(message + TWO) == [message, TWO]


@pytest.mark.parametrize(
    "line",
    [
        "Subject: none",
        "Subject: x\r\n Content-Length: 3",
        "Content-Length: 3\r\nl: 3",
        "Content-Length: 3\r\nContent-Length: 5",
        "Content-Length: -999",
        "Content-Length: three",
        "Content-Length:",
        "Content-Length: 4294967297",
        "Content-Length: 3\xff",
    ],
)
def test_without_one_length_the_stream_is_lost(line: str) -> None:
    error = broken(f"MESSAGE sip:h SIP/2.0\r\n{line}\r\n\r\nabc".encode("latin-1"))
    assert error.status == 400
    assert error.before == []


def test_what_was_whole_before_the_damage_is_kept_and_the_rest_can_be_answered() -> None:
    damaged = request(changed={"Content-Length": "-1"}, call_id="damaged")
    error = broken(ONE[:100], ONE[100:] + b"\r\n\r\n" + TWO + damaged)
    assert error.before == [ONE, PING, TWO]
    left = salvage(error.remains)
    assert left is not None
    assert left.call_id == "damaged"


def test_a_body_may_be_as_long_as_a_datagrams() -> None:
    def head(length: int) -> bytes:
        return request("MESSAGE", changed={"Content-Length": str(length)})

    assert fed(head(MAX_BODY)) == []
    whole = head(MAX_BODY) + b"x" * MAX_BODY
    assert fed(whole) == [whole]
    assert broken(head(MAX_BODY + 1)).status == 513


def test_a_start_line_that_does_not_end_is_refused() -> None:
    line = b"OPTIONS sip:" + b"x" * MAX_START_LINE
    assert fed(line[:MAX_START_LINE]) == []
    assert broken(line).status == 414
    assert broken(line + b"\r\n").status == 414
    assert broken(line[:MAX_START_LINE], line[MAX_START_LINE:]).status == 414


def test_a_head_that_does_not_end_is_refused() -> None:
    flood = b"OPTIONS sip:h SIP/2.0\r\n" + b"X-A: b\r\n" * (MAX_PARTIAL // 8)
    assert fed(flood[:MAX_PARTIAL]) == []
    assert broken(flood).status == 513
    assert broken(flood + b"\r\n").status == 513
    pieces = [flood[start : start + 1000] for start in range(0, len(flood), 1000)]
    assert broken(*pieces).status == 513


@pytest.mark.parametrize("octet", [b"\x16", b"\x00", b" ", b"\x80", b"\xff", b"\x7f"])
def test_other_protocols_are_seen_by_their_first_octet(octet: bytes) -> None:
    assert broken(octet).status == 400
    assert broken(ONE + octet).before == [ONE]


def test_feeding_takes_linear_time() -> None:
    """Seconds, were the head searched anew for each octet, or the buffer moved for each message."""
    head = request(extra=[("X-A", "x" * 15_000)] * 4)
    assert fed(*[head[index : index + 1] for index in range(len(head))]) == [head]
    tiny = b"A b SIP/2.0\r\nl:0\r\n\r\n"
    assert len(fed((b"\r\n" + tiny) * 20_000)) == 20_000
