"""Our answers to a carrier's challenges: which, how often, and with which numbers."""

from itertools import count

import pytest

from softswitch.b2bua.login import MAX_CHALLENGES, MAX_ROUNDS, Login
from softswitch.sip.digest import MD5, SHA256, Credentials, ha1, response_of
from softswitch.sip.headers import Headers
from softswitch.sip.message import Response

URI = "sip:+48600100100@carrier.example"


def login(username: str = "acme", password: str = "s3cret") -> Login:
    words = count(1)
    return Login(username, password, lambda: f"c{next(words)}")


def asked(*challenges: str, status: int = 407) -> Response:
    name = "Proxy-Authenticate" if status == 407 else "WWW-Authenticate"
    return Response(status, "", Headers([(name, one) for one in challenges]))


def challenge(nonce: str = "n1", realm: str = "carrier", rest: str = ', qop="auth"') -> str:
    return f'Digest realm="{realm}", nonce="{nonce}"{rest}'


def check(value: str, method: str = "INVITE") -> Credentials:
    found = Credentials.parse(value)
    secret = ha1("acme", found.realm, "s3cret", found.algorithm)
    assert found.response == response_of(found, secret, method)
    assert found.uri == URI
    return found


@pytest.mark.parametrize("algorithm", [MD5, SHA256])
@pytest.mark.parametrize(
    ("status", "field"), [(401, "Authorization"), (407, "Proxy-Authorization")]
)
def test_a_challenge_is_answered_in_its_own_field(status: int, field: str, algorithm: str) -> None:
    one = login()
    rest = f', algorithm={algorithm}, qop="auth", opaque="o"'
    assert one.take(asked(challenge(rest=rest), status=status))
    [(name, value)] = one.fields("INVITE", URI)
    assert name == field
    found = check(value)
    assert (found.nc, found.cnonce, found.opaque) == ("00000001", "c1", "o")
    one.fields("BYE", URI)
    assert one.last == [(name, value)]


def test_a_nonce_is_counted_from_request_to_request() -> None:
    one = login()
    assert one.take(asked(challenge()))
    numbers = [check(one.fields("BYE", URI)[0][1], "BYE").nc for _ in range(3)]
    assert numbers == ["00000001", "00000002", "00000003"]


def test_an_old_server_that_knows_no_qop_is_answered_as_it_likes() -> None:
    one = login()
    assert one.take(asked(challenge(rest="")))
    found = check(one.fields("INVITE", URI)[0][1])
    assert (found.qop, found.nc, found.cnonce) == ("", "", "")


def test_a_server_and_a_proxy_may_both_ask() -> None:
    one = login()
    assert one.take(asked(challenge(realm="proxy")))
    one.fields("INVITE", URI)
    assert one.take(asked(challenge(realm="server"), status=401))
    names = [name for name, _ in one.fields("INVITE", URI)]
    assert names == ["Proxy-Authorization", "Authorization"]


def test_a_wrong_password_is_not_tried_again() -> None:
    one = login()
    assert one.take(asked(challenge("n1")))
    one.fields("INVITE", URI)
    assert not one.take(asked(challenge("n2")))


def test_a_stale_nonce_is_replaced() -> None:
    one = login()
    assert one.take(asked(challenge("n1")))
    one.fields("INVITE", URI)
    assert one.take(asked(challenge("n2", rest=', qop="auth", stale=true')))
    assert check(one.fields("INVITE", URI)[0][1]).nonce == "n2"


def test_a_server_that_never_has_enough_is_left() -> None:
    one = login()
    answers = []
    for number in range(MAX_ROUNDS + 2):
        answers.append(one.take(asked(challenge(f"n{number}", rest=', qop="auth", stale=true'))))
        one.fields("INVITE", URI)
    assert answers == [True] * MAX_ROUNDS + [False, False]


def test_of_several_algorithms_the_first_that_we_know_is_answered() -> None:
    one = login()
    unknown = challenge("n0", rest=', algorithm=SHA-512-256, qop="auth"')
    first = challenge("n1", rest=', algorithm=SHA-256, qop="auth"')
    assert one.take(asked(unknown, first, challenge("n2")))
    [(_, value)] = one.fields("INVITE", URI)
    assert check(value).nonce == "n1"


@pytest.mark.parametrize(
    "value",
    ["", "Basic realm=x", "Digest", 'Digest realm="x"', 'Digest nonce="unfinished', "\x00" * 50],
)
def test_junk_is_no_challenge(value: str) -> None:
    assert not login().take(asked(value))


def test_a_flood_of_challenges_is_cut() -> None:
    one = login()
    assert one.take(asked(*[challenge(f"n{n}", f"realm {n}") for n in range(1000)]))
    assert len(one.fields("INVITE", URI)) == MAX_CHALLENGES


def test_without_an_account_there_is_no_answer() -> None:
    assert not login(username="").take(asked(challenge()))
