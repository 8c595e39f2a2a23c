import pytest

from softswitch.media import ice, stun
from softswitch.media.ice import Agent
from tests.support.corpora import corpora

TRANSACTION = b"0123456789ab"
PASSWORD = b"ours/ours/ours/ours/ours"
PHONE = ("192.0.2.9", 50_000)
MOBILE = ("198.51.100.7", 50_002)
CONTROLLING = (0x802A, bytes(8))
"""ICE-CONTROLLING (RFC 8445 §16.1): the other side leads, as it should."""
NOMINATED = (ice.USE_CANDIDATE, b"")


def agent() -> Agent:
    return Agent("ours", PASSWORD.decode(), "theirs")


def check(
    *attributes: stun.Attribute,
    username: bytes | None = b"ours:theirs",
    password: bytes | None = PASSWORD,
    priority: int = 100,
    kind: int = stun.BINDING_REQUEST,
) -> bytes:
    named = [] if username is None else [(stun.USERNAME, username)]
    all_of_them = [*named, (ice.PRIORITY, priority.to_bytes(4, "big")), *attributes]
    return stun.build(kind, TRANSACTION, all_of_them, password)


def status(data: bytes | None) -> int:
    """Of a refusal; 200 of a success."""
    assert data is not None
    answer = stun.parse(data)
    assert answer is not None
    assert answer.transaction == TRANSACTION
    if answer.kind == stun.BINDING_SUCCESS:
        return 200
    assert answer.kind == stun.BINDING_ERROR
    error = answer.get(stun.ERROR_CODE)
    assert error is not None
    return error[2] * 100 + error[3]


def test_a_check_is_answered_with_where_it_came_from() -> None:
    data = agent().receive(check(CONTROLLING), PHONE, 0.0)
    assert data is not None
    answer = stun.parse(data)
    assert answer is not None
    assert answer.kind == stun.BINDING_SUCCESS
    assert answer.is_authentic(PASSWORD)
    expected = stun.xor_address(PHONE, TRANSACTION)
    assert answer.attributes == [(stun.XOR_MAPPED_ADDRESS, expected)]
    assert data[-8:-4] == stun.ATTRIBUTE.pack(stun.FINGERPRINT, 4)


def test_the_remote_is_where_it_nominates() -> None:
    it = agent()
    assert (it.remote, it.has_checked(PHONE)) == (None, False)
    it.receive(check(), PHONE, 0.0)
    assert (it.remote, it.has_checked(PHONE)) == (PHONE, True)
    it.receive(check(), MOBILE, 0.1)
    assert it.remote == PHONE
    it.receive(check(NOMINATED), MOBILE, 0.2)
    assert it.remote == MOBILE


def test_of_several_nominated_sources_the_best_counts_as_long_as_it_is_checked() -> None:
    it = agent()
    it.receive(check(NOMINATED, priority=100), PHONE, 0.0)
    it.receive(check(NOMINATED, priority=50), MOBILE, 0.1)
    assert it.remote == PHONE
    it.receive(check(NOMINATED, priority=200), MOBILE, 0.2)
    assert it.remote == MOBILE
    it.receive(check(NOMINATED, priority=200), MOBILE, 3.0)
    it.receive(check(NOMINATED, priority=100), PHONE, 7.0)
    assert it.remote == MOBILE
    it.receive(check(NOMINATED, priority=100), PHONE, 9.0)
    assert it.remote == PHONE


def test_checked_sources_are_bounded() -> None:
    it = agent()
    sources = [("192.0.2.1", port) for port in range(1, ice.MAX_SOURCES + 2)]
    for source in sources:
        it.receive(check(), source, 0.0)
    assert not it.has_checked(sources[0])
    assert all(it.has_checked(source) for source in sources[1:])


@pytest.mark.parametrize(
    ("data", "refused"),
    [
        (check(username=None, password=b"x" * 24), 400),
        (check(password=None), 400),
        (check(username=b"ours:another"), 401),
        (check(username=b"theirs:ours"), 401),
        (check(password=b"guess/guess/guess/guess/"), 401),
        (check((0x0026, b"????")), 420),
        (check((ice.ICE_CONTROLLED, bytes(8))), 487),
    ],
)
def test_a_check_that_cannot_be_accepted_is_refused_and_teaches_nothing(
    data: bytes, refused: int
) -> None:
    it = agent()
    assert status(it.receive(data, PHONE, 0.0)) == refused
    assert (it.remote, it.has_checked(PHONE)) == (None, False)


def test_refusals_are_signed_for_whoever_can_check_that() -> None:
    for data, signed in ((check((0x0026, b"????")), True), (check(password=b"guess"), False)):
        answer = stun.parse(agent().receive(data, PHONE, 0.0) or b"")
        assert answer is not None
        assert answer.is_authentic(PASSWORD) is signed


def test_what_was_not_understood_is_named() -> None:
    answer = stun.parse(agent().receive(check((0x0026, b""), (0x0030, b"")), PHONE, 0.0) or b"")
    assert answer is not None
    assert answer.get(stun.UNKNOWN_ATTRIBUTES) == b"\x00\x26\x00\x30"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        check()[:-1],
        check(kind=0x0011),
        check(kind=stun.BINDING_SUCCESS),
        stun.build(stun.BINDING_REQUEST, TRANSACTION, ()),
        stun.HEADER.pack(stun.BINDING_REQUEST, 0, stun.MAGIC_COOKIE, TRANSACTION),
    ],
)
def test_everything_else_is_dropped(data: bytes) -> None:
    assert agent().receive(data, PHONE, 0.0) is None


def test_no_attack_or_seed_is_answered_at_greater_length() -> None:
    folder = corpora("fuzz-seeds") / "pjsip" / "stun"
    for path in [*folder.iterdir(), *corpora("cve-class").glob("5[12]*")]:
        data = path.read_bytes()
        assert len(agent().receive(data, PHONE, 0.0) or b"") <= len(data)


def test_an_answer_is_never_longer_than_its_check() -> None:
    for source in (PHONE, ("2001:db8::9", 50_000)):
        data = check(CONTROLLING, NOMINATED)
        assert len(agent().receive(data, source, 0.0) or b"") <= len(data)


def test_an_address_of_version_6_is_answered() -> None:
    assert status(agent().receive(check(), ("2001:db8::9", 50_000), 0.0)) == 200


def test_fragments_and_passwords_have_limits() -> None:
    assert ice.is_username("a+/9")
    assert not ice.is_username("x")
    assert not ice.is_username("u" * 10_000)
    assert not ice.is_username("with:colon")
    assert ice.is_password("0123456789012345678901")
    assert not ice.is_password("012345678901234567890")
    assert not ice.is_password("p" * 257)
    assert not ice.is_password("0123456789012345678901\n")


def test_credentials_of_our_own_keep_the_limits() -> None:
    username, password = ice.fresh(lambda octets: bytes(range(octets)))
    assert ice.is_username(username)
    assert ice.is_password(password)
    assert username not in password


def test_our_only_address_is_a_host_candidate() -> None:
    assert ice.candidate("192.0.2.1", 4000) == "1 1 udp 2130706431 192.0.2.1 4000 typ host"
    assert ice.candidate("192.0.2.1", 4001, 2) == "1 2 udp 2130706430 192.0.2.1 4001 typ host"
