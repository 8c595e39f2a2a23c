"""The torture messages of RFC 4475 and RFC 5118, as datagrams and over a connection.

Each goes through the user agent and the UAS as from a stranger, and gets the answer that
`expected.tsv` wants.
"""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from softswitch.auth import Challenge
from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Address, Flow
from softswitch.sip.message import Request, Response
from softswitch.sip.server_transaction import ServerTransaction
from softswitch.sip.stream import FramingError, StreamFramer
from softswitch.trunks import Trunk
from softswitch.uas import ALLOW, Uas
from softswitch.user_agent import UserAgent
from tests.support.corpora import corpora
from tests.support.sip_peers import TCP, UDP, Network, parse_response

UNFINISHED = {"clerr", "baddn"}
"""On a stream, these wait for octets that never come; the connection's time-out ends them."""

WITHOUT_LENGTH = {"inv2543"}
"""On a stream, nobody can tell where this one ends; over UDP, its datagram does."""


class Case(NamedTuple):
    """A message and the answers that are right."""

    name: str
    data: bytes
    expected: frozenset[str]


def wire_form(data: bytes) -> bytes:
    """A message of RFC 5118 as its README tells to send it: CRLF, an empty line, its length."""
    head, _, body = data.replace(b"\n", b"\r\n").partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if line and line[:14] != b"Content-Length"]
    return b"\r\n".join([*lines, b"Content-Length: %d" % len(body), b"", body])


def as_it_is(data: bytes) -> bytes:
    return data


def cases(root: Path, suffix: str, prepare: Callable[[bytes], bytes]) -> Iterator[Case]:
    with (root / "expected.tsv").open(newline="") as table:
        for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE):
            data = (root / (row["name"] + suffix)).read_bytes()
            yield Case(row["name"], prepare(data), frozenset(row["expect"].split("|")))


CASES = {
    case.name: case
    for case in (
        *cases(corpora("rfc4475"), ".dat", as_it_is),
        *cases(corpora("rfc5118"), "", wire_form),
    )
}


class Strangers:
    """Nobody is known here, and nobody talks."""

    agent: UserAgent
    allow_events = "message-summary"

    def knows(self, request: Request) -> bool:
        return False

    def check(self, request: Request, flow: Flow, *, lifetime: float) -> Challenge:
        return Challenge([("WWW-Authenticate", 'Digest realm="x", nonce="y"')])

    def receive(
        self, request: Request, transaction: ServerTransaction, flow: Flow, user: str
    ) -> None:
        raise AssertionError("nobody has logged in")

    def invite(
        self, request: Request, transaction: ServerTransaction, flow: Flow, user: str
    ) -> None:
        raise AssertionError("nobody has logged in")

    def invite_from(
        self, request: Request, transaction: ServerTransaction, flow: Flow, trunk: Trunk
    ) -> None:
        raise AssertionError("there are no trunks")

    def in_dialog(self, request: Request, flow: Flow) -> None:
        self.agent.refuse(request, flow, 481)

    def sip_address(self, flow: Flow) -> Address:
        return ("192.0.2.10", 5060)

    def is_ours(self, host: str, port: int | None) -> bool:
        return True


class Scene:
    """A switch that nobody has registered with."""

    def __init__(self) -> None:
        self.network = Network()
        strangers = Strangers()
        self.agent = UserAgent(
            transports=self.network,
            addressing=strangers,
            clock=lambda: 0.0,
            token=lambda: "token",
            call_at=lambda when, callback: None,  # type: ignore[arg-type,return-value]
        )
        strangers.agent = self.agent
        uas = Uas(self.agent, strangers, strangers, strangers, strangers, addressing=strangers)
        self.agent.on_request = uas.receive
        self.agent.on_ack = lambda request, flow: None
        self.agent.on_cancel = lambda request, transaction, flow: None

    def over_udp(self, data: bytes) -> list[Response]:
        self.agent.receive(data, UDP)
        return [parse_response(sent) for sent in self.network.take()]

    def over_tcp(self, data: bytes) -> tuple[list[Response], bool]:
        """The answers, and whether the connection has to be closed."""
        broken = False
        try:
            found = StreamFramer().feed(data)
        except FramingError as error:
            found, broken = error.before, True
            self.agent.receive(error.remains, TCP, ParseError(error.problem, error.status))
        for item in found:
            assert isinstance(item, bytes)
            self.agent.receive(item, TCP)
        return [parse_response(sent) for sent in self.network.take()], broken


def matches(expected: frozenset[str], answers: list[Response]) -> bool:
    if not answers:
        return "drop" in expected
    status = answers[0].status
    fits = {"liberal", "ignore", "process"} & expected
    return str(status) in expected or (bool(fits) and status != 400)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_datagram_gets_the_right_answer(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    answers = Scene().over_udp(case.data)
    assert len(answers) <= 1
    assert matches(case.expected, answers), [str(answer) for answer in answers]
    assert not any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_message_on_a_stream_gets_the_right_answer(
    case: Case, caplog: pytest.LogCaptureFixture
) -> None:
    answers, is_broken = Scene().over_tcp(case.data)
    if case.name in UNFINISHED:
        assert answers == []
    elif case.name in WITHOUT_LENGTH:
        assert [answer.status for answer in answers] == [400]
        assert is_broken
    else:
        assert matches(case.expected, answers), [str(answer) for answer in answers]
    assert not any(record.exc_info for record in caplog.records)


def test_all_of_them_are_here() -> None:
    assert len(CASES) == 49 + 12


@pytest.mark.parametrize("name", ["ncl", "mcl01"])
def test_a_stream_with_a_length_that_means_nothing_is_closed(name: str) -> None:
    answers, is_broken = Scene().over_tcp(CASES[name].data)
    assert [answer.status for answer in answers] == [400]
    assert is_broken


def answer_to(name: str) -> Response:
    [answer] = Scene().over_udp(CASES[name].data)
    return answer


def test_answers_say_what_helps() -> None:
    unsupported = answer_to("bext01").headers.get("Unsupported")
    assert unsupported == "nothingSupportsThis, nothingSupportsThisEither"
    assert answer_to("intmeth").headers.get("Allow") == ALLOW
    assert answer_to("invut").headers.get("Accept") == "application/sdp"
    assert len(answer_to("longreq").headers.values("Via")) == 34


def test_a_message_behind_another_in_one_datagram_is_ignored() -> None:
    assert answer_to("dblreq").cseq.method == "REGISTER"


def test_two_requests_whose_branch_is_nothing_but_the_cookie_are_both_answered() -> None:
    scene = Scene()
    data = CASES["badbranch"].data
    assert len(scene.over_udp(data)) == 1
    assert len(scene.over_udp(data.replace(b"Call-ID: ", b"Call-ID: x"))) == 1
