"""Who is it? Challenges and answers, and what somebody gains who knows no password."""

import json
import logging
import re
from collections.abc import Iterable

import pytest

from softswitch.auth import DROP, Authenticator, Challenge, Drop, Granted
from softswitch.bans import ATTEMPTS, Bans
from softswitch.sip import digest
from softswitch.sip.digest import MD5, SHA256, Credentials, ha1, response_of
from softswitch.sip.flow import Flow
from softswitch.sip.message import Request
from tests.support.corpora import corpora
from tests.support.registering import CONTACT, NOW, PHONE, register
from tests.support.sip_peers import make_request, parse_request

REALM = "pbx.example"
ELSEWHERE = Flow("UDP", PHONE.local, ("203.0.113.9", 5062))


class Gate:
    """An authenticator with two users, and its clocks."""

    def __init__(self) -> None:
        self.now = NOW
        self.bans = Bans(lambda: self.now)
        self.authenticator = Authenticator(
            {"100": "secret", "101": "other"},
            realm=REALM,
            nonce_key=b"key",
            wall=lambda: self.now,
            bans=self.bans,
            is_ours=lambda host, port: (host, port) == ("pbx.example", None),
        )

    def check(
        self, request: Request, flow: Flow = PHONE, lifetime: float = 300.0
    ) -> Granted | Challenge | Drop:
        return self.authenticator.check(request, flow, lifetime=lifetime)

    def nonce(self, flow: Flow = PHONE) -> str:
        return nonce_of(self.check(register(CONTACT), flow))


def challenge(verdict: Granted | Challenge | Drop) -> list[digest.Challenge]:
    assert isinstance(verdict, Challenge)
    assert {name for name, _ in verdict.headers} == {"WWW-Authenticate"}
    return [digest.Challenge.parse(value) for _, value in verdict.headers]


def nonce_of(verdict: Granted | Challenge | Drop) -> str:
    return challenge(verdict)[0].nonce


def is_stale(verdict: Granted | Challenge | Drop) -> bool:
    return challenge(verdict)[0].stale


def credentials(
    nonce: str,
    *,
    user: str = "100",
    password: str = "secret",
    realm: str = REALM,
    uri: str = "sip:192.0.2.10",
    algorithm: str = MD5,
    nc: int = 1,
    qop: str = "auth",
    method: str = "REGISTER",
) -> str:
    given = Credentials(user, realm, nonce, uri, "", algorithm, qop, f"{nc:08x}", "cnonce")
    given.response = response_of(given, ha1(user, realm, password, algorithm), method)
    return str(given)


def login(*values: str, headers: Iterable[tuple[str, str]] = ()) -> Request:
    return register(CONTACT, headers=[*(("Authorization", value) for value in values), *headers])


def test_who_says_nothing_is_asked_for_md5_and_for_sha256() -> None:
    asked = challenge(Gate().check(register(CONTACT)))
    assert [each.algorithm for each in asked] == [MD5, SHA256]
    assert len({each.nonce for each in asked}) == 1
    assert all(each.realm == REALM and each.qop and not each.stale for each in asked)


@pytest.mark.parametrize("algorithm", [MD5, SHA256])
def test_the_right_password_is_granted(algorithm: str) -> None:
    gate = Gate()
    assert gate.check(login(credentials(gate.nonce(), algorithm=algorithm))) == Granted("100")


def test_the_published_vectors_are_computed_alike() -> None:
    vectors = json.loads((corpora("digest-vectors") / "digest.json").read_text())
    usable = [v for v in vectors if v["algorithm"] in (MD5, SHA256) and v["qop"] != "auth-int"]
    assert usable
    for v in usable:
        given = Credentials(
            v["username"], v["realm"], v["nonce"], v["uri"], "", v["algorithm"],
            v["qop"] or "", v["nc"] or "", v["cnonce"] or "",
        )  # fmt: skip
        secret = ha1(v["username"], v["realm"], v["password"], v["algorithm"])
        assert response_of(given, secret, v["method"]) == v["response"]


@pytest.mark.parametrize(
    "value",
    [
        "Digest",
        "Basic dXNlcjpwYXNz",
        'Digest username="100", realm="pbx.example',
        'Digest username="100", realm="elsewhere", nonce="n", uri="sip:x", response="r"',
        'Digest username="100", realm="pbx.example", nonce="n", uri="sip:x", response="r",'
        " algorithm=MD4",
        f'Digest username="100", realm="{"x" * 8000}", nonce="n", uri="sip:x", response="r"',
    ],
)
def test_credentials_that_are_none_are_like_no_credentials(value: str) -> None:
    gate = Gate()
    for _ in range(2 * ATTEMPTS):
        assert len(challenge(gate.check(login(value)))) == 2


def test_of_several_credentials_those_for_us_are_taken() -> None:
    gate = Gate()
    foreign = credentials("n", realm="elsewhere")
    assert gate.check(login(foreign, "Digest", credentials(gate.nonce()))) == Granted("100")
    assert nonce_of(gate.check(login(*[foreign] * 4, credentials(gate.nonce()))))


def test_a_wrong_password_and_an_unknown_user_hear_the_same() -> None:
    def masked(user: str, method: str) -> str:
        verdict = gate.check(login(credentials(nonce, user=user, password="x", method=method)))
        assert isinstance(verdict, Challenge)
        return re.sub('nonce="[^"]*"', "", repr(verdict))

    gate = Gate()
    nonce = gate.nonce()
    answers = {masked(user, "REGISTER") for user in ("100", "101", "999", "ü")}
    first = gate.check(register(CONTACT))
    assert answers == {re.sub('nonce="[^"]*"', "", repr(first))}


def test_without_users_nobody_logs_in() -> None:
    gate = Gate()
    gate.authenticator.set_passwords({})
    assert not is_stale(gate.check(login(credentials(gate.nonce()))))
    assert not is_stale(gate.check(login(credentials(gate.nonce(), user="", password=""))))


def test_the_hash_that_stands_in_opens_nothing() -> None:
    """With one user his hash stands in for everybody's, and yet nobody else can log in with it."""
    gate = Gate()
    gate.authenticator.set_passwords({"100": "secret"})
    value = credentials(gate.nonce(), user="100").replace('username="100"', 'username="999"')
    assert not is_stale(gate.check(login(value)))


def test_passwords_can_be_exchanged() -> None:
    gate = Gate()
    gate.authenticator.set_passwords({"100": "new"})
    assert not is_stale(gate.check(login(credentials(gate.nonce()))))
    assert gate.check(login(credentials(gate.nonce(), password="new"))) == Granted("100")
    value = credentials(gate.nonce(), user="101", password="other")
    assert not is_stale(gate.check(login(value)))


def test_a_request_that_is_sent_again_is_not_granted_again() -> None:
    gate = Gate()
    request = login(credentials(gate.nonce()))
    assert gate.check(request) == Granted("100")
    assert is_stale(gate.check(request))


def test_a_nonce_serves_as_long_as_its_count_rises() -> None:
    gate = Gate()
    nonce = gate.nonce()
    for count in (1, 2, 9):
        assert gate.check(login(credentials(nonce, nc=count))) == Granted("100")
    assert is_stale(gate.check(login(credentials(nonce, nc=8))))


def test_without_qop_a_nonce_serves_once() -> None:
    gate = Gate()
    nonce = gate.nonce()
    assert gate.check(login(credentials(nonce, qop=""))) == Granted("100")
    assert is_stale(gate.check(login(credentials(nonce, qop=""))))
    assert is_stale(gate.check(login(credentials(nonce, nc=2))))


def test_an_old_nonce_is_stale_and_the_next_one_is_granted() -> None:
    gate = Gate()
    nonce = gate.nonce()
    gate.now += 61
    assert gate.check(login(credentials(nonce)), lifetime=300) == Granted("100")
    verdict = gate.check(login(credentials(nonce, nc=2)), lifetime=60)
    assert is_stale(verdict)
    assert gate.check(login(credentials(nonce_of(verdict)))) == Granted("100")


def test_a_nonce_serves_only_where_it_was_given() -> None:
    gate = Gate()
    value = credentials(gate.nonce())
    assert is_stale(gate.check(login(value), ELSEWHERE))
    other_port = PHONE._replace(remote=(PHONE.remote[0], 1024))
    assert gate.check(login(value), other_port) == Granted("100")


@pytest.mark.parametrize("nonce", ["", "0", "a" * 42, "nönce", "0" * 10_000])
def test_a_nonce_of_somebody_else_is_stale_at_best(nonce: str) -> None:
    gate = Gate()
    value = credentials("n").replace('nonce="n"', f'nonce="{nonce}"')
    assert not is_stale(gate.check(login(value)))
    if nonce:
        assert is_stale(gate.check(login(credentials(nonce))))


def test_a_response_for_another_method_is_wrong() -> None:
    gate = Gate()
    assert not is_stale(gate.check(login(credentials(gate.nonce(), method="INVITE"))))


@pytest.mark.parametrize(
    ("uri", "granted"),
    [
        ("sip:101@192.0.2.10", True),
        ("sip:101@192.0.2.10:5060", False),
        ("SIP:101@192.0.2.10", True),
        ("sip:192.0.2.10:5070", True),
        ("sip:pbx.example", True),
        ("sip:elsewhere.example", False),
        ("sip:102@192.0.2.10", False),
        ("tel:101", False),
        ("nonsense", False),
    ],
)
def test_credentials_are_for_one_target(uri: str, granted: bool) -> None:
    """Its host alone will do (SIPp); another number will not."""
    gate = Gate()
    value = credentials(gate.nonce(), uri=uri, method="INVITE")
    invite = parse_request(make_request(headers=[("Authorization", value)]))
    verdict = gate.check(invite)
    assert verdict == Granted("100") if granted else not is_stale(verdict)


def test_wrong_answers_are_counted_and_then_nothing_is_heard() -> None:
    gate = Gate()
    for number in range(ATTEMPTS):
        gate.check(login(credentials(gate.nonce(), user=f"{number}", password="guess")))
    assert gate.check(register(CONTACT)) == DROP
    assert gate.check(register(CONTACT), ELSEWHERE) != DROP


def test_old_nonces_and_first_questions_are_no_guesses() -> None:
    gate = Gate()
    old = gate.nonce()
    gate.now += 400
    for _ in range(2 * ATTEMPTS):
        assert is_stale(gate.check(login(credentials(old))))
        gate.check(register(CONTACT))


def test_a_guess_is_logged_once_and_escaped(caplog: pytest.LogCaptureFixture) -> None:
    gate = Gate()
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            gate.check(login(credentials(gate.nonce(), user="1\x1b[2J0", password="x")))
    assert caplog.text.count("wrong login") == 1
    assert "\x1b" not in caplog.text


def test_nothing_from_before_a_restart_can_be_used_again() -> None:
    before = Gate()
    value = credentials(before.nonce())
    assert before.check(login(value)) == Granted("100")
    after = Gate()
    after.now = NOW + 1
    after.authenticator = Authenticator(
        {"100": "secret"}, realm=REALM, nonce_key=b"key", wall=lambda: NOW + 1, bans=after.bans
    )
    assert is_stale(after.check(login(value)))
    assert after.check(login(credentials(after.nonce()))) == Granted("100")


@pytest.mark.parametrize("seconds", [-31_536_000.0, -100.0, 31_536_000.0])
def test_when_the_clock_is_set_nonces_get_stale_once(seconds: float) -> None:
    gate = Gate()
    value = credentials(gate.nonce())
    gate.check(login(value))
    gate.now += seconds
    gate.authenticator.clock_moved(seconds)
    verdict = gate.check(login(value))
    assert is_stale(verdict)
    assert gate.check(login(credentials(nonce_of(verdict)))) == Granted("100")


def agent(name: str, value: str = "") -> Request:
    return login(*[value] * bool(value), headers=[("User-Agent", name)])


def test_devices_known_to_choke_on_sha256_are_asked_for_md5_alone() -> None:
    gate = Gate()
    asked = challenge(gate.check(agent("baresip v1.0.0 (x86_64/linux)")))
    assert [each.algorithm for each in asked] == [MD5]
    assert len(challenge(gate.check(agent("baresip v3.1.0")))) == 2


def test_a_device_that_never_answers_is_asked_for_md5_alone_until_it_does_better() -> None:
    gate = Gate()

    def ask(value: str = "") -> int:
        gate.now += 30
        verdict = gate.check(agent("old phone", value))
        return len(challenge(verdict))

    assert [ask(), ask(), ask(), ask()] == [2, 2, 1, 1]
    assert gate.check(agent("old phone", credentials(gate.nonce()))) == Granted("100")
    assert ask() == 1
    assert len(challenge(gate.check(agent("other phone")))) == 2
    value = credentials(gate.nonce(), algorithm=SHA256)
    assert gate.check(agent("old phone", value)) == Granted("100")
    assert ask() == 2


def test_who_asks_all_the_time_is_always_asked_the_same() -> None:
    gate = Gate()
    for _ in range(1000):
        gate.now += 0.1
        assert len(challenge(gate.check(agent("scanner")))) == 2


def test_those_who_have_not_logged_in_leave_no_trace() -> None:
    gate = Gate()
    for _ in range(ATTEMPTS - 1):
        gate.check(login(credentials(gate.nonce(), password="guess")))
    assert len(gate.authenticator._used) == 0
