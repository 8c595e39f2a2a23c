"""Calls to numbers outside: which trunk is asked, what it is asked again, what the caller hears."""

import pytest

from softswitch.config.configuration import Forward, Forwarding, Trunk
from softswitch.sip.digest import Credentials, ha1, response_of
from tests.softswitch.b2bua.carriers import MAIN, MOBILE, ONE, TWO, Office, said
from tests.softswitch.b2bua.flows import finish, heard
from tests.softswitch.b2bua.phones import Phone

SECOND = Trunk("second", (TWO,), numbers=(MAIN,))
THIRD = "198.51.100.3"

CHALLENGE = 'Digest realm="carrier", nonce="n1", algorithm=MD5, qop="auth"'


def calling(*others: Trunk, **settings: object) -> Office:
    """Alice has dialled a number outside, and the first carrier has her call."""
    office = Office(*others, **settings)
    office.alice.invites("600100100")
    office.world.run()
    return office


def test_a_number_outside_rings_through_the_trunk_and_talks() -> None:  # OUT-1, OUT-9, CLI-2
    office = calling()
    invite = office.carrier.call.requests[0]
    assert invite.uri == f"sip:{MOBILE}@{ONE}"
    assert invite.headers.get("To") == f"<sip:{MOBILE}@{ONE}>"
    assert (invite.headers.get("From") or "").startswith(f"<sip:{MAIN}@{ONE}>;tag=")
    assert invite.headers.get("P-Asserted-Identity") == f"<sip:{MAIN}@{ONE}>"
    assert invite.headers.get("Contact") == f"<sip:{MAIN}@192.0.2.1:5060>"
    assert "Diversion" not in invite.headers
    office.carrier.rings()
    office.world.run()
    office.carrier.answers()
    office.world.run()
    assert office.alice.call.heard == [100, 180, 200]
    one, other = office.world.airs
    assert one.joined is not None
    assert other.joined is not None
    finish(office.world)
    record = office.world.record
    assert (record.caller, record.callee, record.answered_by) == ("100", "600100100", MOBILE)
    assert [leg.result for leg in record.legs] == ["answered", "answered"]
    assert record.legs[1].device == f"sip:{MOBILE}@{ONE}:5060"


def test_the_early_media_of_a_lone_number_is_heard() -> None:
    office = calling()
    carrier = office.carrier
    carrier.rings(183, body=carrier.answer_to(carrier.call))
    office.world.run()
    assert office.alice.call.heard == [100, 183]
    office.alice.cancels()
    office.world.run()
    assert heard(carrier.call, "CANCEL") == [""]
    finish(office.world)


@pytest.mark.parametrize(
    ("status", "after_ringing", "expected", "cause", "outcome"),
    [
        (486, False, 486, 17, "busy"),
        (600, False, 486, 17, "busy"),
        (603, False, 603, 21, "rejected"),
        (486, True, 603, 21, "rejected"),
        (480, False, 480, 20, "unavailable"),
        (404, False, 404, 1, "not_found"),
        (604, False, 404, 1, "not_found"),
        (484, False, 484, 28, "failed"),
        (403, False, 403, 57, "failed"),
        (503, True, 480, 20, "unavailable"),
    ],
)
def test_what_a_carrier_says_of_the_number_is_final(
    status: int, after_ringing: bool, expected: int, cause: int, outcome: str
) -> None:  # OUT-9, features 2.0
    office = calling(SECOND)
    if after_ringing:
        office.carrier.rings()
        office.world.run()
    office.carrier.rejects(status)
    office.world.run()
    assert office.alice.call.heard[-1] == expected
    assert f"cause={cause};" in (office.alice.call.responses[-1].headers.get("Reason") or "")
    assert not office.carriers[1].calls
    assert office.world.record.outcome == outcome
    finish(office.world)


@pytest.mark.parametrize("status", [408, 500, 503, 302])
def test_a_carrier_that_cannot_take_the_call_is_followed_by_the_next(status: int) -> None:  # TK-9
    office = calling(SECOND)
    office.carrier.rejects(status)
    office.world.run()
    second = office.carriers[1]
    assert said(second, "To") == f"<sip:{MOBILE}@{TWO}>"
    second.rings()
    office.world.run()
    second.answers()
    office.world.run()
    assert office.alice.call.heard == [100, 180, 200]
    finish(office.world)
    assert [leg.result for leg in office.world.record.legs] == [
        "answered",
        "unavailable",
        "answered",
    ]


def test_a_carrier_that_says_nothing_is_followed_within_eight_seconds() -> None:  # TK-9
    office = Office(SECOND)
    office.carrier.deaf = True
    office.alice.invites("600100100")
    office.world.run(4.5)
    office.carriers[1].answers()
    office.world.run()
    assert office.alice.call.is_up
    assert not office.carrier.calls
    finish(office.world)


def test_a_carrier_that_was_silent_is_tried_last_for_a_while() -> None:  # TK-5
    office = Office(SECOND)
    office.carrier.deaf = True
    office.alice.invites("600100100")
    office.world.run(4.5)
    office.carrier.deaf = False
    places = office.world.trunks.get("carrier")
    assert places is not None
    assert places.places[0].shunned_until > office.world.now
    office.carriers[1].rejects(486)
    finish(office.world)


def test_a_carrier_that_tries_for_too_long_is_followed_only_if_there_is_another() -> None:  # TK-9
    office = calling(SECOND)  # a carrier here says 100 by itself
    office.world.run(8.5)
    assert heard(office.carrier.call, "CANCEL") == [""]
    office.carriers[1].answers()
    office.world.run()
    assert office.alice.call.is_up
    finish(office.world)

    alone = calling()
    alone.world.run(20.0)
    assert heard(alone.carrier.call, "CANCEL") == []
    alone.carrier.answers()
    alone.world.run()
    assert alone.alice.call.is_up
    finish(alone.world)


def test_a_call_that_rings_stays_with_its_carrier() -> None:  # TK-9
    office = calling(SECOND)
    office.carrier.rings(183)
    office.world.run(20.0)
    assert not office.carriers[1].calls
    office.alice.cancels()
    finish(office.world)


def test_the_addresses_of_a_trunk_are_tried_in_their_order() -> None:  # TK-5
    office = Office(hosts=(ONE, TWO, THIRD))
    office.carrier.deaf = True
    office.alice.invites("600100100")
    office.world.run(4.5)
    office.carriers[1].rejects(503, "Retry-After: 120")
    office.world.run()
    office.carriers[2].answers()
    office.world.run()
    assert office.alice.call.is_up
    trunk = office.world.trunks.get("carrier")
    assert trunk is not None
    in_order = [place.address[0] for place in trunk.to_try(office.world.now)]
    assert in_order == [THIRD, ONE, TWO]
    assert trunk.places[1].shunned_until == pytest.approx(office.world.now + 120, abs=1)
    finish(office.world)


def test_an_answer_that_comes_too_late_is_hung_up() -> None:  # SIP-1
    office = calling(SECOND)
    office.world.network.delay(f"{ONE} > 200 INVITE", 0.5)
    office.world.run(7.7)
    office.carrier.answers()
    office.world.run(1.0)
    assert heard(office.carrier.call, "BYE") == ['Q.850;cause=16;text="Normal call clearing"']
    office.carriers[1].answers()
    office.world.run()
    assert office.alice.call.is_up
    finish(office.world)


def test_without_any_carrier_left_the_caller_hears_503_with_cause_38() -> None:
    office = calling(SECOND)
    office.carrier.rejects(500)
    office.world.run()
    office.carriers[1].rejects(503)
    office.world.run()
    assert office.alice.call.heard == [100, 503]
    reason = office.alice.call.responses[-1].headers.get("Reason") or ""
    assert "cause=38;" in reason
    finish(office.world)
    assert office.world.record.reason == "no trunk can be reached"


def test_a_trunk_without_a_free_channel_is_passed_over() -> None:  # TK-6
    office = calling(max_calls=1)
    office.bob.invites("600100100")
    office.world.run()
    assert office.bob.call.heard == [100, 503]
    assert "cause=34;" in (office.bob.call.responses[-1].headers.get("Reason") or "")
    office.carrier.answers()
    office.world.run()
    office.alice.hangs_up()
    office.world.run()
    office.bob.invites("600100100")
    office.world.run()
    assert office.bob.call.heard == [100]
    office.carrier.rejects(486)
    finish(office.world)


def test_a_trunk_over_tcp_that_cannot_be_connected_to_is_passed_over() -> None:  # TK-5
    office = Office(SECOND, transport="tcp", hosts=("198.51.100.77",))
    office.world.network.phones.pop(("198.51.100.77", 5060))
    office.alice.invites("600100100")
    office.world.run()
    second = office.carriers[1]
    assert said(second, "To") == f"<sip:{MOBILE}@{TWO}>"
    second.rejects(486)
    finish(office.world)


def test_without_an_address_nothing_is_tried() -> None:
    office = Office(hosts=("sip.carrier.example",))
    trunk = office.world.trunks.get("carrier")
    assert trunk is not None
    office.world.trunks.found(trunk, [])
    office.alice.invites("600100100")
    office.world.run()
    assert office.alice.call.heard == [100, 503]
    finish(office.world)


def test_a_trunk_without_a_socket_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office()
    monkeypatch.setattr(office.world.network, "flow_to", lambda *place: None)
    office.alice.invites("600100100")
    office.world.run()
    assert office.alice.call.heard == [100, 503]
    finish(office.world)


def test_without_a_port_for_the_trunk_the_caller_hears_so() -> None:
    office = Office()
    office.world.media.free = 1
    office.alice.invites("600100100")
    office.world.run()
    assert office.alice.call.heard == [100, 503]
    assert office.world.record.reason == "no RTP port is free"
    finish(office.world)


def test_what_may_not_be_offered_to_a_trunk_is_not(caplog: pytest.LogCaptureFixture) -> None:
    office = Office(codecs=("OPUS",))
    office.alice.payloads = "8"
    trunk = office.world.trunks.get("carrier")
    office.world.calls._board.untranslated = frozenset({"OPUS"})
    office.world.calls._board._policies["trunk carrier"] = office.world.calls._board._policies[
        "trunk carrier"
    ]._replace(untranslated=frozenset({"OPUS"}))
    office.alice.invites("600100100")
    office.world.run()
    assert office.alice.call.heard == [100, 503]
    assert "no offer for trunk carrier" in caplog.text
    assert trunk is not None
    assert not trunk.calls
    finish(office.world)


def test_an_answer_without_sdp_fails() -> None:
    office = calling()
    office.carrier.answers(body=b"")
    office.world.run()
    assert office.alice.call.heard[-1] == 480
    finish(office.world)


def test_a_number_that_nobody_answers_is_given_up() -> None:
    office = calling()
    office.carrier.rings()
    office.world.run(181.0)
    assert office.alice.call.heard[-1] == 480
    assert office.world.record.outcome == "no_answer"
    finish(office.world)


def credentials(office: Office, number: int) -> Credentials:
    """Of the so manyeth request in the carrier's last call, checked as a carrier does."""
    request = office.carrier.call.requests[number]
    value = request.headers.get("Proxy-Authorization") or request.headers.get("Authorization")
    assert value is not None, request
    found = Credentials.parse(value)
    secret = ha1("acme", found.realm, "s3cret", found.algorithm)
    assert found.response == response_of(found, secret, request.method)
    return found


@pytest.mark.parametrize(
    ("status", "field"), [(401, "WWW-Authenticate"), (407, "Proxy-Authenticate")]
)
def test_a_carrier_that_asks_for_a_password_gets_it(status: int, field: str) -> None:
    office = calling(username="acme", password="s3cret")
    carrier = office.carrier
    carrier.challenges(status, f"{field}: {CHALLENGE}")
    office.world.run()
    again = carrier.call.requests[-1]
    assert again.method == "INVITE"
    assert again.cseq.number == 2
    assert {call.call_id for call in carrier.calls} == {again.call_id}
    found = credentials(office, -1)
    assert (found.username, found.nc) == ("acme", "00000001")
    carrier.rings()
    office.world.run()
    carrier.answers()
    office.world.run()
    assert office.alice.call.is_up
    acks = office.world.network.seen(f"{ONE} < ACK")
    assert acks[-1].message.cseq.number == 2
    assert "Authorization" in acks[-1].data.decode()
    office.alice.hangs_up()
    office.world.run()
    bye = credentials(office, -1)
    assert bye.nc == "00000002"
    finish(office.world)


def test_a_wrong_password_is_said_once_and_no_more(caplog: pytest.LogCaptureFixture) -> None:
    office = calling(SECOND, username="acme", password="wrong")
    carrier = office.carrier
    carrier.challenges(407, f"Proxy-Authenticate: {CHALLENGE}")
    office.world.run()
    carrier.challenges(407, f"Proxy-Authenticate: {CHALLENGE}")
    office.world.run()
    assert len(office.world.network.seen(f"{ONE} < INVITE")) == 2
    assert "asks for a password, and does not take ours" in caplog.text
    assert len(office.carriers[1].calls) == 1
    office.carriers[1].rejects(486)
    finish(office.world)


def test_the_caller_gives_up_while_the_carrier_asks_for_a_password() -> None:
    office = calling(username="acme", password="s3cret")
    carrier = office.carrier
    office.world.network.delay(f"{ONE} > 407 INVITE", 0.3)
    carrier.reflexes.discard("cancel")
    carrier.challenges(407, f"Proxy-Authenticate: {CHALLENGE}")
    office.alice.cancels()
    office.world.run(1.0)
    assert len(office.world.network.seen(f"{ONE} < INVITE")) == 1
    finish(office.world)


def test_whoever_speaks_for_the_carrier_in_a_call_may() -> None:
    office = Office(hosts=(ONE, TWO))
    office.alice.invites("600100100")
    office.world.run()
    office.carrier.answers()
    office.world.run()
    assert office.alice.call.is_up
    other = office.carriers[1]
    office.carrier.flow = other.flow
    office.world.network.phones[other.flow.remote] = office.carrier
    office.carrier.hangs_up()
    office.world.run()
    assert office.alice.call.byes_heard == 1
    finish(office.world)


@pytest.mark.parametrize("value", ["", "soon", "-5", "0"])
def test_a_strange_retry_after_asks_for_nothing(value: str) -> None:  # TK-5
    office = calling()
    office.carrier.rejects(503, f"Retry-After: {value}")
    office.world.run()
    trunk = office.world.trunks.get("carrier")
    assert trunk is not None
    assert trunk.places[0].shunned_until == 0.0
    finish(office.world)


def test_a_carrier_cannot_ask_to_be_left_alone_for_ever() -> None:  # TK-5
    office = calling()
    office.carrier.rejects(503, "Retry-After: 999999999999")
    office.world.run()
    trunk = office.world.trunks.get("carrier")
    assert trunk is not None
    assert trunk.places[0].shunned_until < office.world.now + 601
    finish(office.world)


def talking(**settings: object) -> Office:
    """Alice talks to somebody outside, and the carrier wants to see passwords from now on."""
    office = calling(username="acme", password="s3cret", **settings)
    office.carrier.answers()
    office.world.run()
    office.carrier.reflexes.discard("bye")
    return office


def test_a_bye_that_is_challenged_is_said_again() -> None:
    office = talking()
    carrier = office.carrier
    office.alice.hangs_up()
    office.world.run()
    bye = carrier.call.requests[-1]
    assert bye.method == "BYE"
    carrier.respond(bye, 407, f"Proxy-Authenticate: {CHALLENGE}")
    office.world.run()
    again = carrier.call.requests[-1]
    assert again.cseq.number == bye.cseq.number + 1
    assert credentials(office, -1).nonce == "n1"
    carrier.respond(again, 200)
    finish(office.world)


@pytest.mark.parametrize("challenge", [CHALLENGE, "Basic x"])
def test_a_bye_is_said_twice_at_most(challenge: str) -> None:
    office = talking()
    carrier = office.carrier
    office.alice.hangs_up()
    for _ in range(3):
        office.world.run()
        carrier.respond(carrier.call.requests[-1], 401, f"WWW-Authenticate: {challenge}")
    office.world.run()
    byes = [request for request in carrier.call.requests if request.method == "BYE"]
    assert len(byes) == (2 if challenge == CHALLENGE else 1)
    carrier.call.over()
    office.world.run_out()


def test_a_forward_outside_may_want_a_1_pressed() -> None:  # FWD-7
    """A mobile's own mailbox answers, and says nothing: the call comes back."""
    office = Office()
    rules = {"always": Forward("600100100", confirm=True)}
    office.change("101", forward=Forwarding(rules, return_after=10.0, return_to="102"))
    carla = Phone(office.world, "102")
    call = office.alice.invites("101")
    office.world.run()
    office.carrier.answers()
    office.world.run(11.0)
    assert not office.carrier.call.is_up
    assert len(carla.calls) == 1
    carla.answers()
    office.world.run()
    assert call.is_up
    finish(office.world)
