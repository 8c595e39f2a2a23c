from datetime import UTC

import pytest

from softswitch.ladder import describe, ladder, visible
from softswitch.packing import Entry

ANNA = "UDP 192.0.2.1:5060 192.168.1.20:5060"
JAN = "UDP 192.0.2.1:5060 192.168.1.21:5062"
DECT = "TCP 192.0.2.1:5060 [2001:db8::7]:40000"


def response(status: str, method: str, body: bytes = b"") -> bytes:
    return f"SIP/2.0 {status}\r\nVia: x\r\nCSeq: 1 {method}\r\n\r\n".encode() + body


INVITE = b"INVITE sip:101@x SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\nv=0\r\n"
CALL = [
    Entry(1.0, False, 0, ANNA, INVITE),
    Entry(1.004, True, 0, ANNA, response("100 Trying", "INVITE")),
    Entry(1.005, True, 1, JAN, INVITE),
    Entry(1.5, True, 1, JAN, INVITE),
    Entry(1.6, False, 1, JAN, response("200 OK", "INVITE", b"v=0\r\n")),
    Entry(61.75, False, 1, JAN, b"BYE sip:x SIP/2.0\r\n\r\n"),
]


def test_a_call_of_two_legs_is_drawn() -> None:
    assert ladder(CALL, zone=UTC).splitlines() == [
        " " * 16 + "192.168.1.20:5060" + " " * 23 + "switch" + " " * 21 + "192.168.1.21:5062",
        "00:00:01.000    +0.000  │── INVITE (SDP) ─────────────────►│" + " " * 34 + "│",
        "00:00:01.004    +0.004  │◄─ 100 Trying (INVITE) ───────────│" + " " * 34 + "│",
        "00:00:01.005    +0.005  │" + " " * 34 + "│── INVITE (SDP) ─────────────────►│",
        "00:00:01.500    +0.500  │" + " " * 34 + "│── INVITE (SDP) again ───────────►│",
        "00:00:01.600    +0.600  │" + " " * 34 + "│◄─ 200 OK (INVITE, SDP) ──────────│",
        "00:01:01.750   +60.750  │" + " " * 34 + "│◄─ BYE ───────────────────────────│",
    ]


def test_two_legs_fit_into_a_hundred_columns() -> None:
    wide = response("480 " + "Temporarily " * 20, "INVITE")
    ends = "TCP [::]:5060 [2001:db8:1111:2222:3333:4444:5555:6666]:40000"
    entries = [Entry(1.0, True, 0, ends, wide), Entry(2.0, False, 1, ends, wide)]
    assert max(map(len, ladder(entries).splitlines())) <= 100


def test_a_second_devices_arrow_crosses_the_line_of_the_first() -> None:
    lines = ladder([*CALL, Entry(2.0, True, 2, DECT, INVITE)], zone=UTC).splitlines()
    assert "[2001:db8::7]:40000" in lines[0]
    assert "─┼── INVITE (SDP) ───" in lines[-1]
    assert lines[-1].endswith("─►│")


def test_a_call_that_never_reached_a_device_has_two_columns() -> None:
    lines = ladder(CALL[:2], zone=UTC).splitlines()
    assert lines[1].endswith("►│")
    assert all(line.count("│") == 2 for line in lines[1:])


def test_a_trace_without_messages_says_so() -> None:
    assert ladder([]) == "no messages"


def test_messages_that_were_not_kept_are_counted() -> None:
    assert ladder(CALL, left_out=7).endswith("\n7 messages in the middle were not kept")


def test_full_shows_every_message_below() -> None:
    shown = ladder(CALL[:1], full=True, zone=UTC).splitlines()
    assert shown[3:] == [
        "00:00:01.000    +0.000  received from 192.168.1.20:5060 over UDP at 192.0.2.1:5060",
        "    INVITE sip:101@x SIP/2.0",
        "    CSeq: 1 INVITE",
        "",
        "    v=0",
    ]
    assert "sent to 192.168.1.20:5060" in ladder(CALL[1:2], full=True)


def test_nothing_that_a_peer_wrote_steers_the_terminal() -> None:
    evil = "\x1b]0;pwned\x07 \x9b2J \u202e \r"
    entry = Entry(1.0, False, 0, ANNA, response(f"200 {evil}", evil, evil.encode()))
    shown = ladder([entry], full=True)
    assert all(line.isprintable() for line in shown.splitlines())
    assert "\\x1b]0;pwned\\x07" in shown
    assert "\\u202e" in shown


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", ""),
        (b"SIP/2.0 200 OK", "200 OK (?)"),
        (b"SIP/2.0 200 OK\r\nX: y\r\n\r\n", "200 OK (?)"),
        (b"SIP/2.0 200 OK\r\ncseq:7 BYE\r\n\r\n", "200 OK (BYE)"),
        (b"\xff\xfe", "\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"),
        (b"BYE sip:x SIP/2.0\r\n\r\n", "BYE"),
    ],
)
def test_a_message_is_described_in_a_few_words(data: bytes, words: str) -> None:
    assert describe(data) == words


def test_visible_text_stays_as_it_is() -> None:
    assert visible("Jan Żółw → 101") == "Jan Żółw → 101"
