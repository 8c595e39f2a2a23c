import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.sip.digest import (
    ALGORITHMS,
    MD5,
    SHA256,
    Challenge,
    Credentials,
    Nonces,
    challenge_value,
    ha1,
    response_of,
)
from softswitch.sip.errors import ParseError
from tests.support.corpora import corpora

VALUE = (
    'Digest username="100", realm="pbx.test", nonce="abc", uri="sip:pbx.test",'
    ' response="00ff", algorithm=MD5, cnonce="c1", qop=auth, nc=00000001, opaque="o"'
)


def credentials(**changed: str) -> Credentials:
    fields = {"username": "100", "realm": "pbx.test", "nonce": "n", "uri": "sip:h", "response": ""}
    return Credentials(**(fields | changed))


# Reading


def test_credentials_are_read() -> None:
    assert Credentials.parse(VALUE) == Credentials(
        "100", "pbx.test", "abc", "sip:pbx.test", "00ff", MD5, "auth", "00000001", "c1", "o"
    )


def test_credentials_without_qop_are_those_of_old_peers() -> None:
    value = 'Digest username="a",realm="b",nonce="c",uri="sip:d",response="e"'
    read = Credentials.parse(value)
    assert (read.algorithm, read.qop, read.nc, read.cnonce) == (MD5, "", "", "")


@pytest.mark.parametrize(
    "value",
    [
        'DIGEST  USERNAME = "100" ,Realm="pbx.test",,nonce="abc" , uri="sip:pbx.test"'
        ',response = "00ff",algorithm="md5",cnonce="c1",qop="AUTH",nc= 00000001 ,opaque=o,',
        'digest username=100,realm=pbx.test,nonce=abc,uri="sip:pbx.test",response=00ff,cnonce=c1,'
        "nc=00000001,qop=auth,opaque=o",
        VALUE.replace("Digest ", "Digest\t ").replace("Digest\t", "Digest "),
        VALUE + ', auth-param="whatever, really"',
        VALUE.replace('"100"', '"\\1\\0\\0"'),
    ],
)
def test_credentials_are_read_in_any_spelling(value: str) -> None:
    assert Credentials.parse(value) == Credentials.parse(VALUE)


def test_quoted_values_may_hold_commas_and_escaped_quotes() -> None:
    read = Credentials.parse(VALUE.replace('"100"', '"a, b=c"'))
    assert read.username == "a, b=c"
    read = Credentials.parse(VALUE.replace('"100"', r'"a \"b\", \\c"'))
    assert read.username == r'a "b", \c'


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Digest",
        "Digest ,,,,",
        "NoOneKnowsThisScheme opaque-data=here",
        "Basic dXNlcjpwYXNz",
        'Digest username="1000,realm=softswitch.test",nonce=,uri,=,response="',
        VALUE + ', username="200"',
        VALUE + ", nc=00000002",
        VALUE + ', "nameless"',
        VALUE + ", =x",
        VALUE + ', ="x"',
        VALUE + ", flag",
        VALUE + ', flag "x"',
        VALUE + ', a=b"x"',
        VALUE + ', x="unfinished',
        VALUE + r', x="\"unfinished',
        VALUE + r', flag, x="\a"',
        VALUE + r', username="\a"',
        VALUE.replace("MD5", "SHA-512-256"),
        VALUE.replace("MD5", "MD5-sess"),
        VALUE.replace("qop=auth", "qop=auth-int"),
        VALUE.replace("nc=00000001", "nc=1"),
        VALUE.replace("nc=00000001", "nc=0000000g"),
        VALUE.replace('cnonce="c1"', 'cnonce=""'),
        *[VALUE.replace(f"{n}=", "x=") for n in ("username", "realm", " nonce", "uri", "response")],
    ],
)
def test_what_are_no_credentials_for_us_is_refused(value: str) -> None:
    with pytest.raises(ParseError):
        Credentials.parse(value)


@pytest.mark.parametrize("attack", ['"', "\\", "=", ",", 'a="', '\\"', "a=b,", 'x="\\'])
def test_reading_takes_linear_time(attack: str) -> None:
    with pytest.raises(ParseError):
        Credentials.parse("Digest " + attack * 16_000)


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(blacklist_characters="\r\n"), max_size=12), st.booleans())
def test_writing_and_reading_credentials_changes_nothing(text: str, with_qop: bool) -> None:
    written = credentials(username=text, realm=text, uri=text, algorithm=SHA256)
    if with_qop:
        written.qop, written.nc, written.cnonce, written.opaque = (
            "auth",
            "0000000a",
            "c" + text,
            text,
        )
    assert Credentials.parse(str(written)) == written


def test_a_challenge_offers_auth_and_nothing_else() -> None:
    value = challenge_value('the "pbx"', "abc", SHA256)
    assert value == 'Digest realm="the \\"pbx\\"", nonce="abc", algorithm=SHA-256, qop="auth"'
    assert Challenge.parse(value) == Challenge('the "pbx"', "abc", SHA256, qop=True)
    stale = challenge_value("pbx", "abc", MD5, stale=True)
    assert stale.endswith(", stale=true")
    assert Challenge.parse(stale) == Challenge("pbx", "abc", MD5, qop=True, stale=True)


def test_challenges_of_others_are_read() -> None:
    read = Challenge.parse('Digest realm="r", nonce="n", qop="auth-int, auth", opaque="o"')
    assert read == Challenge("r", "n", MD5, qop=True, opaque="o")
    assert Challenge.parse('Digest realm="r", nonce="n"') == Challenge("r", "n", MD5)


@pytest.mark.parametrize(
    "value",
    [
        'Digest realm="r"',
        'Digest nonce="n"',
        'Digest realm="r", nonce="n", qop="auth-int"',
        "Basic x",
    ],
)
def test_challenges_that_we_cannot_answer_are_refused(value: str) -> None:
    with pytest.raises(ParseError):
        Challenge.parse(value)


# The arithmetic


@pytest.mark.parametrize(
    ("algorithm", "qop", "response"),
    [
        (MD5, "auth", "1a6de434d187513fd5bd4d7e28f68c8e"),
        (MD5, "", "7058dfafb19babef7b5680db6842ad4f"),
        (SHA256, "auth", "901e55dde29d560c8d2846ac3ff0e3a788184682e7d64962bb94961e656eb8a7"),
        (SHA256, "", "86479089bf71063188613456a7f3e08e571bd69fbf8bc8e587e026a326df838b"),
    ],
)
def test_responses_are_those_that_md5sum_and_sha256sum_make(
    algorithm: str, qop: str, response: str
) -> None:
    login = Credentials(
        "100", "pbx.test", "abc", "sip:pbx.test", "", algorithm, qop, "00000001", "c1"
    )
    secret = ha1("100", "pbx.test", "p\u00e4ssword", algorithm)
    assert response_of(login, secret, "REGISTER") == response
    assert response_of(login, secret, "INVITE") != response


def test_the_vectors_of_the_rfcs_come_out_right() -> None:
    vectors = json.loads((corpora("digest-vectors") / "digest.json").read_text())
    checked = 0
    for vector in vectors:
        if vector["algorithm"] not in ALGORITHMS or vector["qop"] == "auth-int":
            continue
        login = Credentials(
            vector["username"],
            vector["realm"],
            vector["nonce"],
            vector["uri"],
            "",
            vector["algorithm"],
            vector["qop"] or "",
            vector["nc"] or "",
            vector["cnonce"] or "",
        )
        secret = ha1(login.username, login.realm, vector["password"], login.algorithm)
        assert response_of(login, secret, vector["method"]) == vector["response"]
        checked += 1
    assert checked >= 7


# Nonces

NOW = 1_700_000_000.5


def test_a_nonce_is_known_again_and_has_an_age() -> None:
    nonces = Nonces(b"key")
    nonce = nonces.make(NOW, "192.0.2.1")
    assert len(nonce) == Nonces.LENGTH <= 48
    assert nonces.age(nonce, "192.0.2.1", NOW + 30) == pytest.approx(30, abs=0.01)
    assert Nonces(b"key").age(nonce, "192.0.2.1", NOW) == pytest.approx(0, abs=0.01)


def test_no_two_nonces_are_alike() -> None:
    nonces = Nonces(b"key")
    assert len({nonces.make(NOW, "192.0.2.1") for _ in range(1000)}) == 1000


def test_a_nonce_of_another_key_or_address_or_no_nonce_is_not_ours() -> None:
    nonces = Nonces(b"key")
    nonce = nonces.make(NOW, "192.0.2.1")
    assert nonces.age(nonce, "192.0.2.2", NOW) is None
    assert Nonces(b"k" * 100).age(nonce, "192.0.2.1", NOW) is None
    for foreign in ("", "x" * 42, "\u00fc" * 42, nonce[:-1], nonce + "0", nonce.upper(), "0" * 42):
        assert nonces.age(foreign, "192.0.2.1", NOW) is None
    for place in range(len(nonce)):
        changed = nonce[:place] + ("0" if nonce[place] != "0" else "1") + nonce[place + 1 :]
        assert nonces.age(changed, "192.0.2.1", NOW) is None


def test_a_clock_that_was_set_back_makes_nonces_old() -> None:
    nonces = Nonces(b"key")
    nonce = nonces.make(NOW, "192.0.2.1")
    assert nonces.age(nonce, "192.0.2.1", NOW - 365 * 86400) == math.inf
    assert nonces.age(nonce, "192.0.2.1", NOW - 1) == 0.0
