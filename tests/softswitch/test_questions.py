"""What is asked of somebody who may be there, and what counts as an answer."""

from collections.abc import Callable
from itertools import count

import pytest

from softswitch.questions import Questions
from softswitch.sip.flow import Address, Flow
from softswitch.sip.headers import Headers
from softswitch.sip.message import Request, Response
from tests.support.registering import PHONE


class Agent:
    """Keeps what is asked; a test answers."""

    def __init__(self) -> None:
        self.time = 100.0
        self.requests: list[Request] = []
        self.on_response: Callable[[Response], None]
        self.on_failure: Callable[[str], None]
        self._words = count(1)

    def request(
        self,
        request: Request,
        flow: Flow,
        on_response: Callable[[Response], None],
        on_failure: Callable[[str], None],
    ) -> None:
        self.requests.append(request)
        self.on_response, self.on_failure = on_response, on_failure

    def later(self, delay: float, callback: Callable[..., object], *args: object) -> None:
        raise AssertionError("nobody waits for an answer")

    def now(self) -> float:
        return self.time

    def token(self) -> str:
        return f"word{next(self._words)}"


class Addressing:
    def sip_address(self, flow: Flow) -> Address:
        return ("2001:db8::10", 5060)


class Scene:
    def __init__(self) -> None:
        self.agent = Agent()
        self.questions = Questions(self.agent, Addressing())
        self.heard: list[object] = []

    def ask(self, *routes: str) -> Request:
        self.questions.ask(
            "sip:100@192.0.2.1",
            PHONE,
            lambda status, seconds: self.heard.append((status, seconds)),
            self.heard.append,
            routes,
        )
        return self.agent.requests[-1]


def test_a_question_is_an_options_outside_any_dialog() -> None:  # RFC 3261 §11.1
    asked = Scene().ask()
    assert (asked.method, asked.uri) == ("OPTIONS", "sip:100@192.0.2.1")
    assert list(asked.headers) == [
        ("From", "<sip:[2001:db8::10]>;tag=word2"),
        ("To", "<sip:100@192.0.2.1>"),
        ("Call-ID", "word1-1"),
        ("CSeq", "1 OPTIONS"),
        ("Contact", "<sip:[2001:db8::10]:5060>"),
        ("Accept", "application/sdp"),
    ]


def test_it_goes_by_the_path_of_a_registration() -> None:  # RFC 3327 §5
    asked = Scene().ask("<sip:a.example;lr>", "<sip:b.example;lr>")
    assert asked.headers.values("Route") == ["<sip:a.example;lr>", "<sip:b.example;lr>"]


def test_every_question_has_a_call_id_of_its_own() -> None:
    scene = Scene()
    assert scene.ask().headers.get("Call-ID") != scene.ask().headers.get("Call-ID")


@pytest.mark.parametrize("status", [200, 404, 486, 503])
def test_any_final_answer_is_told_with_the_time_it_took(status: int) -> None:
    scene = Scene()
    scene.ask()
    scene.agent.time += 0.25
    scene.agent.on_response(Response(status, "", Headers([])))
    assert scene.heard == [(status, 0.25)]


def test_a_provisional_response_is_no_answer() -> None:
    scene = Scene()
    scene.ask()
    scene.agent.on_response(Response(100, "Trying", Headers([])))
    assert scene.heard == []


def test_silence_is_told_with_its_reason() -> None:
    scene = Scene()
    scene.ask()
    scene.agent.on_failure("no answer")
    assert scene.heard == ["no answer"]
