"""RFC 4475, RFC 5118 and PROTOS c07 over real sockets: the right answer, and life goes on."""

import csv
import re
import socket
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.corpora import corpora, corpus_files
from tests.support.endpoint import Endpoint, Message
from tests.support.rtp_socket import Nothing
from tests.support.switch import Switch

ANSWER = 2.0
"""Seconds for an answer to a message that must have one."""
SILENCE = 0.15
"""Seconds in which an answer that must not come would have come."""
ALIVE = 1.0
"""Seconds for the OPTIONS after each message (goal G1)."""
TRANSPORTS = ("UDP", "TCP")
ON_A_STREAM = {"clerr": "drop", "inv2543": "400"}
"""Where a stream differs: the switch waits for the octets that clerr promises (tests/softswitch/sip
has the time-out), and inv2543 has no Content-Length, without which it has no end (§20.14)."""
SAMPLE = 12
"""Every twelfth PROTOS case; all of them are read in the unit tests."""
LARGEST_DATAGRAM = 65_507


def expectations(corpus: str) -> dict[str, str]:
    with (corpora(corpus) / "expected.tsv").open() as table:
        return {row["name"]: row["expect"] for row in csv.DictReader(table, delimiter="\t")}


@pytest.fixture(scope="module")
def neighbour(switch: Switch) -> Iterator[Endpoint]:
    """An ordinary phone that asks the switch for a sign of life."""
    with Endpoint("100", switch.password("100"), switch.address) as endpoint:
        yield endpoint


def assert_alive(neighbour: Endpoint) -> None:
    fields = [("From", f"<{neighbour.aor}>;tag=alive"), ("To", f"<sip:{neighbour.server}>"),
              ("Call-ID", f"alive-{neighbour.sequence}")]  # fmt: skip
    neighbour.send(neighbour.request("OPTIONS", f"sip:{neighbour.server}", fields))
    neighbour.expect(200, ALIVE)


def answer_to(switch: Switch, data: bytes, transport: str, timeout: float) -> int | None:
    """The first final answer that is no 100. None: silence, or a closed connection."""
    with Endpoint("999", "", switch.address, transport=transport) as stranger:
        stranger.send(data)
        try:
            while True:
                status = stranger.receive(timeout).status
                if status > 100:
                    return status
        except Nothing:
            return None


def assert_as_expected(status: int | None, expected: str) -> None:
    words = expected.split("|")
    if words == ["drop"]:
        assert status is None
        return
    assert status is not None, f"no answer; expected {expected}"
    if "liberal" in words or "ignore" in words or str(status) in words:
        return
    assert "process" in words, f"{status}; expected {expected}"
    assert status != 400


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("name", corpus_files("rfc4475", "*.dat"))
def test_rfc4475(switch: Switch, neighbour: Endpoint, name: str, transport: str) -> None:
    data = (corpora("rfc4475") / name).read_bytes()
    stem = name.removesuffix(".dat")
    expected = expectations("rfc4475")[stem]
    if transport == "TCP":
        expected = ON_A_STREAM.get(stem, expected)
        if b"\r\n\r\n" not in data:
            data += b"\r\n"  # the archive's file ends before its empty line does
    silent = expected == "drop"
    status = answer_to(switch, data, transport, SILENCE if silent else ANSWER)
    assert_as_expected(status, expected)
    assert_alive(neighbour)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("name", corpus_files("rfc5118", "[!Re]*"))
def test_rfc5118(switch: Switch, neighbour: Endpoint, name: str, transport: str) -> None:
    data = _on_the_wire((corpora("rfc5118") / name).read_bytes())
    status = answer_to(switch, data, transport, ANSWER)
    assert_as_expected(status, expectations("rfc5118")[name])
    assert_alive(neighbour)


def _on_the_wire(stored: bytes) -> bytes:
    """The archive's text as octets: CRLF, an empty line after the head, the right length."""
    head, _, body = stored.replace(b"\r\n", b"\n").partition(b"\n\n")
    body = body.replace(b"\n", b"\r\n")
    head = re.sub(rb"(?im)^(Content-Length:).*$", rb"\1 %d" % len(body), head.rstrip(b"\n"))
    return head.replace(b"\n", b"\r\n") + b"\r\n\r\n" + body


@pytest.mark.parametrize("name", ["ncl.dat", "mcl01.dat"])
def test_a_length_that_cannot_be_closes_the_stream(switch: Switch, name: str) -> None:
    """Where the next message would begin is unknown (RFC 3261 §18.3)."""
    with socket.create_connection(switch.address, timeout=ANSWER) as stream:
        stream.sendall((corpora("rfc4475") / name).read_bytes())
        heard = b""
        while data := stream.recv(4096):
            heard += data
    assert heard.startswith(b"SIP/2.0 400 ")


def test_protos_cases_leave_the_switch_alive(
    switch: Switch, neighbour: Endpoint, tmp_path: Path
) -> None:
    cases = _protos_cases(tmp_path)
    assert len(cases) > 200
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.1", 0))
        for number, case in enumerate(cases):
            for data in _filled(case, number, sender.getsockname()[1]):
                if len(data) <= LARGEST_DATAGRAM:
                    sender.sendto(data, switch.address)
            begin = time.monotonic()
            assert_alive(neighbour)
            assert time.monotonic() - begin < ALIVE


def _protos_cases(folder: Path) -> list[bytes]:
    archive = next(corpora("protos-c07").glob("*.tar.xz"))
    with tarfile.open(archive) as tar:
        members = [member for member in tar if member.isfile()][::SAMPLE]
        tar.extractall(folder, members, filter="data")
    return [(folder / member.name).read_bytes() for member in members]


def _filled(case: bytes, number: int, port: int) -> list[bytes]:
    """The two messages of a case, its blanks filled in."""
    messages = []
    rest = case
    while rest:
        size, _, rest = rest.partition(b" ")
        if not size.isdigit():
            break
        messages.append(rest[: int(size)])
        rest = rest[int(size) :]
    blanks = {
        b"<To>": b"101@127.0.0.1", b"<From>": b"999@127.0.0.1", b"<From-Address>": b"127.0.0.1",
        b"<From-IP>": b"127.0.0.1", b"<Local-Port>": str(port).encode(),
        b"<Branch-ID>": b"%d" % number, b"<Call-ID>": b"protos-%d" % number,
        b"<CSeq>": b"%d" % (number + 1), b"<Content-Length>": b"0", b"<Teardown-Method>": b"CANCEL",
    }  # fmt: skip
    for blank, value in blanks.items():
        messages = [message.replace(blank, value) for message in messages]
    return messages


def test_an_options_is_answered_without_a_login(neighbour: Endpoint) -> None:
    fields = [("From", f"<{neighbour.aor}>;tag=o"), ("To", f"<sip:101@{neighbour.server}>"),
              ("Call-ID", "options")]  # fmt: skip
    neighbour.send(neighbour.request("OPTIONS", f"sip:101@{neighbour.server}", fields))
    answer: Message = neighbour.expect(200)
    for field in ("Allow", "Accept", "Supported"):
        assert answer.get(field), field
