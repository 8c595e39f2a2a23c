"""The flows of RFC 3665 against the running switch: registrations (§2) and sessions (§3).

The scripts come from the YAML files at run time (flows.py). Each received message is compared with
the one of the RFC: what it is, which fields it has, its tags, and whether it brings a description.
"""

import re
from collections.abc import Iterator

import pytest

from tests.interop.flows import Step, call_steps, read_flow, transport_of
from tests.support.corpora import corpora, corpus_files
from tests.support.endpoint import Endpoint, Message
from tests.support.scripted_call import ScriptedCall
from tests.support.switch import Switch

REGISTRATIONS = [name for name in corpus_files("rfc-flows", "rfc3665/*.yaml") if name < "2.05"]
UNSUCCESSFUL_REGISTRATION = "2.05_unsuccessful-registration.yaml"
SESSIONS = [name for name in corpus_files("rfc-flows", "rfc3665/*.yaml") if name > "3"]
ANOTHER_SERVERS = {
    "Record-Route", "Route", "Proxy-Authenticate", "Proxy-Authorization", "Authorization",
}  # fmt: skip
"""Fields of the proxies in the flow, or of the login, which this switch does in its own way."""
OTHERWISE_HERE: dict[str, dict[int | str, int]] = {
    "3.11_unsuccessful-temporarily-unavailable.yaml": {480: 603},
}
"""A 480 after a 180 is the user's "no" in this switch's table of outcomes, and told as 603."""
STAYS_ON_ITS_LEG = {"3.07_session-with-re-invite-ip-address-change.yaml": "alice"}
"""Of a phone that moves the other one hears nothing: this switch is a proxy to neither."""


@pytest.fixture(scope="module")
def switch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switch]:
    with Switch(tmp_path_factory.mktemp("switch"), user={"unreachable_after": "1s"}) as running:
        yield running


@pytest.mark.parametrize("name", SESSIONS)
def test_a_session_goes_as_in_the_rfc(switch: Switch, name: str) -> None:
    steps = call_steps(read_flow(corpora("rfc-flows") / "rfc3665" / name))
    steps = without_reinvites(steps, STAYS_ON_ITS_LEG.get(name, ""))
    transports = {step.who: transport_of(step) for step in reversed(steps)}
    with (
        Endpoint("100", switch.password("100"), switch.address,
                 transport=transports["alice"]) as alice,
        Endpoint("101", switch.password("101"), switch.address,
                 transport=transports.get("bob", "UDP")) as bob,
    ):  # fmt: skip
        bob.register()
        _Walk(alice, bob, OTHERWISE_HERE.get(name, {})).walk(steps)
        bob.register([("Expires", "0")])


def without_reinvites(steps: list[Step], who: str) -> list[Step]:
    """Leave out what a phone would have heard and said of the other's re-INVITE."""
    begun = False
    kept = []
    for step in steps:
        if step.who != who or not begun or step.message.method not in ("INVITE", "ACK"):
            kept.append(step)
        begun = begun or (step.who == who and step.what == "ACK")
    return kept


class _Walk:
    """Both phones follow their scripts; `otherwise` maps the RFC's final answer to ours."""

    def __init__(self, alice: Endpoint, bob: Endpoint, otherwise: dict[int | str, int]) -> None:
        self.endpoints = {"alice": alice, "bob": bob}
        self.calls: dict[str, ScriptedCall] = {}
        self.otherwise = otherwise
        self.last: dict[str, Message] = {}

    def walk(self, steps: list[Step]) -> None:
        for step in steps:
            if step.sends:
                self._send(step)
            else:
                self._receive(step)
        if all(step.what != "BYE" for step in steps) and self._is_up(steps):
            self.calls["alice"].request("BYE")
            self.calls["bob"].hung_up()
            self.calls["alice"].expect(200)

    @staticmethod
    def _is_up(steps: list[Step]) -> bool:
        return any(step.what == 200 and step.message.method == "INVITE" for step in steps)

    def _send(self, step: Step) -> None:
        endpoint = self.endpoints[step.who]
        body = endpoint.sdp() if step.message.body else b""
        call = self.calls.get(step.who)
        if call is None:
            self.calls[step.who] = ScriptedCall.dial(endpoint, "101", body)
        elif step.message.status:
            request = self.last[step.who] if step.message.method != "INVITE" else None
            if request is not None:
                endpoint.reply(request, step.message.status)
            else:
                call.reply(step.message.status, body)
        elif step.what == "CANCEL":
            call.cancel()
        elif step.what == "ACK":
            self._acknowledge(call, step.who, body)
        else:
            call.request(str(step.what), body)

    def _acknowledge(self, call: ScriptedCall, who: str, body: bytes) -> None:
        answer = self.last[who]
        if answer.status < 300:
            call.ack(body)
        else:
            call.ack_failure(answer)

    def _receive(self, step: Step) -> None:
        endpoint = self.endpoints[step.who]
        what = self.otherwise.get(step.what, step.what) if step.who == "alice" else step.what
        if step.who in self.calls:
            message = self.calls[step.who].expect(what)
        else:
            call = self.calls[step.who] = ScriptedCall.incoming(endpoint)
            assert call.invite is not None
            message = call.invite
        self.last[step.who] = message
        _compare(message, step.message)


def _compare(got: Message, wanted: Message) -> None:
    names = {name for name, _ in wanted.fields} - ANOTHER_SERVERS
    if wanted.status:
        names.discard("Max-Forwards")  # in two responses of the RFC by mistake
    if wanted.what == "ACK":
        names.discard("Contact")  # optional there (§20, table 2)
    missing = names - {name for name, _ in got.fields}
    assert not missing, f"{got!r} lacks {missing}"
    assert got.method == wanted.method
    assert bool(got.body) == bool(wanted.body), got.body
    for field in ("From", "To"):
        tags = ";tag=" in got.get(field), ";tag=" in wanted.get(field)
        assert tags[0] == tags[1] or got.method == "CANCEL", got.get(field)  # ours obeys §9.2


@pytest.fixture
def bob(switch: Switch) -> Iterator[Endpoint]:
    with Endpoint("102", switch.password("102"), switch.address) as endpoint:
        yield endpoint


@pytest.mark.parametrize("count", range(1, len(REGISTRATIONS) + 1), ids=REGISTRATIONS)
def test_registrations_go_as_in_the_rfc(bob: Endpoint, count: int) -> None:
    """Each flow stands on the ones before it: a new contact, one more, the list, none."""
    for name in REGISTRATIONS[:count]:
        messages = read_flow(corpora("rfc-flows") / "rfc3665" / name)
        request, wanted = messages[-2:]
        answer = bob.register(
            [(name, value) for name, value in request.fields if name == "Expires"],
            contact=_here(request.get("Contact"), bob),
        )
        assert _contacts(answer) == {
            re.sub("<|>", "", _here(value, bob)).partition(";")[0]
            for value in wanted.all("Contact")
        }
    bob.register([("Expires", "0")], contact="*")


def test_a_wrong_password_goes_as_in_the_rfc(switch: Switch) -> None:
    messages = read_flow(corpora("rfc-flows") / "rfc3665" / UNSUCCESSFUL_REGISTRATION)
    with Endpoint("102", "wrong", switch.address) as bob:
        uri = f"sip:{bob.server}"
        own = [("From", f"<{bob.aor}>;tag=1"), ("To", f"<{bob.aor}>"),
               ("Call-ID", "rfc3665-2.5"), ("Contact", bob.contact)]  # fmt: skip
        challenges: list[Message] = []
        for request, wanted in zip(messages[::2], messages[1::2], strict=True):
            login = [bob.credentials(challenges[-1], "REGISTER", uri)] if challenges else []
            assert bool(login) == bool(request.get("Authorization"))
            bob.send(bob.request("REGISTER", uri, [*own, *login]))
            challenges.append(bob.expect(wanted.what))
        first, second = (challenge.get("WWW-Authenticate") for challenge in challenges)
        assert first != second
        assert "stale=true" not in second


def _here(contact: str, bob: Endpoint) -> str:
    """The RFC's contact with Bob's address of today; sips is not for the loopback."""
    return re.sub(r"sips:bob@client\.biloxi\.example\.com", f"sip:102@{bob.address}", contact)


def _contacts(answer: Message) -> set[str]:
    values = ", ".join(answer.all("Contact")).split(",")
    return {re.sub("<|>", "", value).partition(";")[0].strip() for value in values if value}
