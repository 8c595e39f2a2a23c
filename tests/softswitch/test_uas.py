"""The user agent server: what becomes of a request, and in which order it is decided."""

import pytest

from softswitch.auth import Challenge, Drop, Granted
from softswitch.config.configuration import Trunk as Settings
from softswitch.sip.flow import Address, Flow
from softswitch.sip.message import Request, Response
from softswitch.sip.server_transaction import ServerTransaction
from softswitch.trunks import Trunk, Trunks
from softswitch.uas import ALLOW, Uas
from softswitch.user_agent import UserAgent
from tests.support.corpora import corpora
from tests.support.sip_peers import SDP, TCP, UDP, Network, make_request, parse_response

CHALLENGE = Challenge([("WWW-Authenticate", "Digest one"), ("WWW-Authenticate", "Digest two")])


class Around:
    """Everything that the UAS asks or tells; remembers what it was told."""

    allow_events = "message-summary"

    def __init__(self) -> None:
        self.verdict: Granted | Challenge | Drop = Granted("100")
        self.lifetimes: list[float] = []
        self.registered: list[tuple[Request, ServerTransaction, Flow, str]] = []
        self.invited: list[tuple[Request, ServerTransaction, Flow, str]] = []
        self.came: list[tuple[Request, ServerTransaction, Flow, Trunk]] = []
        self.told: list[Request] = []

    def check(self, request: Request, flow: Flow, *, lifetime: float) -> Granted | Challenge | Drop:
        self.lifetimes.append(lifetime)
        return self.verdict

    def receive(
        self, request: Request, transaction: ServerTransaction, flow: Flow, user: str
    ) -> None:
        self.registered.append((request, transaction, flow, user))

    def knows(self, request: Request) -> bool:
        return request.to_tag == "ours"

    def invite(
        self, request: Request, transaction: ServerTransaction, flow: Flow, user: str
    ) -> None:
        self.invited.append((request, transaction, flow, user))

    def invite_from(
        self, request: Request, transaction: ServerTransaction, flow: Flow, trunk: Trunk
    ) -> None:
        self.came.append((request, transaction, flow, trunk))

    def in_dialog(self, request: Request, flow: Flow) -> None:
        self.told.append(request)

    def sip_address(self, flow: Flow) -> Address:
        return ("192.0.2.10", 5060)

    def is_ours(self, host: str, port: int | None) -> bool:
        return host == "192.0.2.10" and port in (None, 5060)


class Scene:
    """A UAS behind a real user agent."""

    def __init__(self, domains: tuple[str, ...] = (), trunks: Trunks | None = None) -> None:
        self.network, self.around = Network(), Around()
        self.agent = UserAgent(
            transports=self.network,
            addressing=self.around,
            clock=lambda: 0.0,
            token=lambda: "token",
            call_at=lambda when, callback: None,  # type: ignore[arg-type,return-value]
        )
        around = self.around
        self.uas = Uas(
            self.agent,
            around,
            around,
            around,
            around,
            addressing=around,
            domains=domains,
            trunks=trunks,
        )
        self.agent.on_request = self.uas.receive

    def hear(self, data: bytes, flow: Flow = UDP) -> list[Response]:
        self.agent.receive(data, flow)
        return [parse_response(sent) for sent in self.network.take()]

    def status(self, data: bytes) -> int:
        [response] = self.hear(data)
        return response.status


def test_a_registration_of_a_user_reaches_the_registrar() -> None:
    scene = Scene()
    assert scene.hear(make_request("REGISTER"), TCP) == []
    [(request, transaction, flow, user)] = scene.around.registered
    assert (request.method, transaction.method, flow, user) == ("REGISTER", "REGISTER", TCP, "100")
    assert scene.network.trusted == [TCP]
    assert scene.around.lifetimes == [300.0]


def test_a_call_of_a_user_begins_with_100() -> None:
    scene = Scene()
    assert scene.status(make_request(body=SDP)) == 100
    [(request, transaction, flow, user)] = scene.around.invited
    assert (request.method, transaction.method, flow, user) == ("INVITE", "INVITE", UDP, "100")
    assert scene.around.lifetimes == [60.0]


def carrier_at(host: str) -> Trunks:
    trunks = Trunks({"carrier": Settings("carrier", (host,))})
    trunks.found(next(iter(trunks)), [(host, host)])
    return trunks


@pytest.mark.parametrize("flow", [UDP, TCP])
def test_a_call_from_the_address_of_a_trunk_is_taken_without_a_password(flow: Flow) -> None:  # TK-3
    scene = Scene(("office.example",), carrier_at(flow.remote[0]))
    scene.around.verdict = CHALLENGE
    assert [one.status for one in scene.hear(make_request(body=SDP), flow)] == [100]
    [(request, transaction, came_by, trunk)] = scene.around.came
    assert (request.method, transaction.method, came_by) == ("INVITE", "INVITE", flow)
    assert trunk.name == "carrier"
    assert scene.network.trusted == [flow]
    assert scene.around.lifetimes == []


@pytest.mark.parametrize("method", ["REGISTER", "SUBSCRIBE"])
def test_a_trunk_is_no_user(method: str) -> None:
    scene = Scene(trunks=carrier_at(UDP.remote[0]))
    scene.around.verdict = CHALLENGE
    assert scene.status(make_request(method)) == 401


def test_whoever_shows_a_password_at_the_address_of_a_trunk_is_asked_for_the_right_one() -> None:
    scene = Scene(trunks=carrier_at(UDP.remote[0]))
    scene.around.verdict = CHALLENGE
    assert scene.status(make_request(headers=[("Authorization", "Digest x")])) == 401


def test_everybody_else_is_challenged_as_ever() -> None:  # TK-3
    alone, with_trunk = Scene(), Scene(trunks=carrier_at("198.51.100.99"))
    answers = []
    for scene in (alone, with_trunk):
        scene.around.verdict = CHALLENGE
        scene.agent.receive(make_request(), UDP)
        answers.append(scene.network.take())
    assert answers[0] == answers[1]


@pytest.mark.parametrize("method", ["INVITE", "REGISTER", "SUBSCRIBE"])
def test_strangers_are_challenged_without_keeping_state(method: str) -> None:
    scene = Scene()
    scene.around.verdict = CHALLENGE
    data = make_request(method)
    first, second = scene.hear(data)[0], scene.hear(data)[0]
    assert first.status == 401
    assert first.headers.all("WWW-Authenticate") == ["Digest one", "Digest two"]
    assert first.to_tag == second.to_tag
    assert len(scene.around.lifetimes) == 2
    assert scene.network.trusted == []
    assert len(scene.agent._transactions) == 0


def test_whoever_is_banned_hears_nothing() -> None:
    scene = Scene()
    scene.around.verdict = Drop()
    assert scene.hear(make_request()) == []
    assert scene.around.invited == []


# In the order of §8.2


def test_a_malformed_request_is_refused_first() -> None:
    data = make_request(headers=[("Max-Forwards", "0"), ("Require", "x")]).replace(b"1 INV", b"1 x")
    assert Scene().status(data) == 400


def test_a_request_without_hops_left_is_refused() -> None:
    data = make_request("REFER", headers=[("Max-Forwards", "0")])
    assert Scene().status(data) == 483


def test_options_without_hops_left_are_answered_because_they_end_here() -> None:
    assert Scene().status(make_request("OPTIONS", headers=[("Max-Forwards", "0")])) == 200


def test_a_request_that_came_by_another_way_is_refused() -> None:
    scene = Scene()
    scene.hear(make_request())
    assert scene.status(make_request(branch="z9hG4bK-other")) == 482
    assert len(scene.around.invited) == 1


@pytest.mark.parametrize(
    ("method", "status"),
    [
        ("MESSAGE", 405),
        ("PUBLISH", 405),
        ("REFER", 405),
        ("PRACK", 405),
        ("NEWMETHOD", 501),
        ("invite", 501),
    ],
)
def test_methods_that_are_not_there_are_refused_with_those_that_are(
    method: str, status: int
) -> None:
    scene = Scene()
    scene.around.verdict = CHALLENGE
    [response] = scene.hear(make_request(method, headers=[("Require", "x")]))
    assert response.status == status
    assert response.headers.get("Allow") == ALLOW
    assert scene.around.lifetimes == []


def test_extensions_that_are_not_there_are_listed() -> None:
    headers = [("Require", "path, 100rel"), ("Require", "x"), ("Proxy-Require", "y")]
    [response] = Scene().hear(make_request(headers=headers, body=b"?"))
    assert response.status == 420
    assert response.headers.get("Unsupported") == "100rel, x"


@pytest.mark.parametrize("extensions", ["Path", "outbound", "path, Outbound"])
def test_what_the_registrar_does_may_be_required_of_it(extensions: str) -> None:
    scene = Scene()
    scene.hear(make_request("REGISTER", headers=[("Require", extensions)]))
    assert len(scene.around.registered) == 1


def test_flows_of_a_device_are_no_extension_of_calls() -> None:
    [response] = Scene().hear(make_request(headers=[("Require", "outbound")]))
    assert response.headers.get("Unsupported") == "outbound"


@pytest.mark.parametrize(
    "headers",
    [
        [("Content-Type", "application/unknown")],
        [("Content-Type", "application/sdp"), ("Content-Encoding", "gzip")],
        [("Content-Type", "text/plain"), ("Content-Disposition", "session;handling=required")],
    ],
)
def test_content_that_cannot_be_read_is_refused(headers: list[tuple[str, str]]) -> None:
    [response] = Scene().hear(make_request(headers=headers, body=b"<audio/>"))
    assert response.status == 415
    assert response.headers.get("Accept") == "application/sdp"
    assert response.headers.get("Accept-Encoding") == "identity"


def test_content_that_may_be_ignored_is() -> None:
    scene = Scene()
    headers = [("Content-Type", "text/plain"), ("Content-Disposition", "x; Handling = Optional")]
    assert scene.status(make_request(headers=headers, body=b"hello")) == 100
    assert scene.around.invited[0][0].body == b""


def test_content_that_nobody_reads_does_no_harm() -> None:
    scene = Scene()
    bye = make_request("BYE", to_tag="x", headers=[("Content-Type", "a/b")], body=b"x")
    assert scene.hear(bye) == []
    assert scene.around.told[0].body == b"x"


def test_a_type_with_parameters_and_capitals_is_the_same_type() -> None:
    scene = Scene()
    headers = [
        ("Content-Type", "Application/SDP ; charset=utf-8"),
        ("Content-Encoding", "Identity"),
    ]
    assert scene.status(make_request(headers=headers, body=SDP)) == 100


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (["text/nobodyKnowsThis"], 406),
        ([""], 406),
        (["text/plain, Application/SDP;level=1"], 100),
        (["text/plain", "*/*"], 100),
        (["application/*"], 100),
    ],
)
def test_whoever_does_not_accept_sdp_cannot_be_answered(accept: list[str], status: int) -> None:
    headers = [("Accept", value) for value in accept]
    assert Scene().status(make_request(headers=headers)) == status


def test_options_may_accept_what_they_like() -> None:
    assert Scene().status(make_request("OPTIONS", headers=[("Accept", "text/x")])) == 200


@pytest.mark.parametrize("method", ["INVITE", "BYE", "INFO", "UPDATE", "OPTIONS"])
def test_requests_within_dialogs_go_to_the_calls_without_login(method: str) -> None:
    scene = Scene()
    scene.around.verdict = CHALLENGE
    scene.uas.draining = True
    assert scene.hear(make_request(method, to_tag="ours")) == []
    assert [request.method for request in scene.around.told] == [method]


@pytest.mark.parametrize("method", ["BYE", "INFO", "UPDATE"])
def test_what_lives_in_dialogs_only_is_refused_outside(method: str) -> None:
    scene = Scene()
    assert scene.status(make_request(method)) == 481
    assert scene.around.told == []


def test_a_registration_with_a_to_tag_is_one_all_the_same() -> None:
    scene = Scene()
    scene.hear(make_request("REGISTER", to_tag="odd"))
    assert len(scene.around.registered) == 1


def test_options_are_answered_without_login_whoever_they_are_for() -> None:
    scene = Scene(("pbx.example",))
    scene.around.verdict = CHALLENGE
    [response] = scene.hear(make_request("OPTIONS", "sip:nobody@elsewhere.example"))
    assert response.status == 200
    assert response.headers.get("Allow") == ALLOW
    assert response.headers.get("Accept") == "application/sdp"
    assert response.headers.get("Supported") == "path"
    assert response.headers.get("Allow-Events") == "message-summary"


def test_an_ack_out_of_the_blue_is_not_answered() -> None:
    scene = Scene()
    heard: list[Request] = []
    scene.agent.on_ack = lambda ack, flow: heard.append(ack)
    assert scene.hear(make_request("ACK")) == []
    assert len(heard) == 1


# Subscriptions


@pytest.mark.parametrize("to_tag", ["", "ours"])
def test_a_subscription_of_a_user_begins_and_goes_on_with_a_login(to_tag: str) -> None:
    scene = Scene(("pbx.example",))
    host = "192.0.2.10:5066" if to_tag else "pbx.example"  # within the dialog, as our Contact says
    data = make_request("SUBSCRIBE", f"sip:100@{host}", to_tag=to_tag)
    assert scene.hear(data) == []
    [(request, transaction, _, user)] = scene.around.registered
    assert (request.method, transaction.method, user) == ("SUBSCRIBE", "SUBSCRIBE", "100")
    assert scene.around.lifetimes == [60.0]


def test_strangers_within_a_subscription_are_challenged() -> None:
    scene = Scene()
    scene.around.verdict = CHALLENGE
    assert scene.status(make_request("SUBSCRIBE", to_tag="ours")) == 401


def test_a_subscription_that_we_have_forgotten_ends_without_login() -> None:
    scene = Scene()
    scene.around.verdict = CHALLENGE
    assert scene.status(make_request("SUBSCRIBE", to_tag="of-yesterday")) == 481
    assert scene.around.lifetimes == []


def test_users_may_not_subscribe_elsewhere() -> None:
    uri = "sip:101@elsewhere.example"
    assert Scene(("pbx.example",)).status(make_request("SUBSCRIBE", uri)) == 403


@pytest.mark.parametrize("to_tag", ["", "theirs"])
def test_nobody_has_to_notify_us_of_anything(to_tag: str) -> None:
    scene = Scene()
    assert scene.status(make_request("NOTIFY", to_tag=to_tag)) == 481
    assert (scene.around.lifetimes, scene.around.told) == ([], [])


@pytest.mark.parametrize(
    ("number", "status"), [("06", 401), ("07", 400), ("36", 405), ("37", 401), ("50", 481)]
)
def test_what_was_an_attack_on_others_is_refused(number: str, status: int) -> None:
    """Endless Accepts, no login, and a NOTIFY that nobody asked for (cve-class)."""
    [path] = corpora("cve-class").glob(f"{number}-*.sip")
    scene = Scene()
    scene.around.verdict = CHALLENGE
    assert scene.status(path.read_bytes()) == status
    assert scene.around.registered == []
    assert len(scene.agent._transactions) == 0


# Domains


@pytest.mark.parametrize(
    ("uri", "status"),
    [
        ("sip:101@pbx.example", 100),
        ("sip:101@PBX.example:5070", 100),
        ("sip:101@192.0.2.10", 100),
        ("sip:101@192.0.2.10:5066", 403),
        ("sip:101@elsewhere.example", 403),
    ],
)
def test_users_may_call_our_domains_and_addresses_only(uri: str, status: int) -> None:
    scene = Scene(("Pbx.Example",))
    assert scene.status(make_request(uri=uri)) == status
    assert len(scene.around.invited) == (status == 100)


def test_strangers_do_not_learn_which_domains_are_ours() -> None:
    scene = Scene(("pbx.example",))
    scene.around.verdict = CHALLENGE
    assert scene.status(make_request(uri="sip:101@elsewhere.example")) == 401


def test_without_domains_every_host_means_us() -> None:
    assert Scene().status(make_request(uri="sip:101@elsewhere.example")) == 100


# On the way out


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "SUBSCRIBE"])
def test_while_draining_new_calls_are_sent_away(method: str) -> None:
    scene = Scene()
    scene.uas.draining = True
    [response] = scene.hear(make_request(method))
    assert response.status == 503
    assert response.headers.get("Retry-After") == "30"


def test_while_draining_phones_may_still_register() -> None:
    scene = Scene()
    scene.uas.draining = True
    scene.hear(make_request("REGISTER"))
    assert len(scene.around.registered) == 1
