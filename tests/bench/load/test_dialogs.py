"""Calls and registrations of the load's phones, message by message."""

from bench.load.dialogs import LONGEST_INTERVAL, PATIENCE, Incoming, Login, Outgoing, State
from bench.load.requests import Line, description
from softswitch.sip.message import Request, Response, respond
from softswitch.sip.parser import parse_datagram

LINE = Line("127.0.40.1", 5060, "127.0.40.2", 5070)
ASK = [("WWW-Authenticate", 'Digest realm="here", nonce="n1", algorithm=MD5, qop="auth"')]
CONTACT = [("Contact", "<sip:switch@127.0.40.1:5060>")]


def asked(data: bytes) -> Request:
    message = parse_datagram(data)
    assert isinstance(message, Request)
    return message


def answer(data: bytes, status: int, more: list[tuple[str, str]] = CONTACT) -> Response:
    body = description(1).encode() if status == 200 else b""
    return respond(asked(data), status, to_tag="t", headers=more, body=body)


def call() -> tuple[Outgoing, bytes]:
    outgoing = Outgoing(LINE, 1000, 1001, 0, now=0.0)
    return outgoing, outgoing.begin(0.0)


def call_up() -> tuple[Outgoing, bytes]:
    outgoing, invite = call()
    _, again = outgoing.receive(answer(invite, 401, ASK), 0.1)
    assert outgoing.receive(answer(again, 180), 0.2) == []
    (ack,) = outgoing.receive(answer(again, 200), 0.5)
    return outgoing, ack


def test_a_call_answers_the_challenge_and_is_up_with_the_200() -> None:
    outgoing, invite = call()
    ack, again = outgoing.receive(answer(invite, 401, ASK), 0.1)
    assert asked(ack).method == "ACK"
    assert asked(ack).branch == asked(invite).branch
    assert asked(again).cseq.number == 2
    assert "Authorization" in asked(again).headers
    (last,) = outgoing.receive(answer(again, 200), 0.5)
    assert outgoing.state is State.UP
    assert outgoing.answered_at == 0.5
    assert outgoing.place == ("127.1.0.2", 5104)
    assert asked(last).uri == "sip:switch@127.0.40.1:5060"


def test_a_200_that_comes_again_is_acknowledged_again() -> None:
    outgoing, invite = call()
    first = outgoing.receive(answer(invite, 200), 0.5)
    assert outgoing.receive(answer(invite, 200), 0.9) == first
    assert outgoing.answered_at == 0.5


def test_a_call_ends_with_the_answer_to_its_bye() -> None:
    outgoing, _ = call_up()
    bye = outgoing.hang_up(1.0)
    assert asked(bye).to_tag == "t"
    assert outgoing.receive(answer(bye, 200, []), 1.1) == []
    assert outgoing.state is State.DONE


def test_a_bye_that_is_refused_is_a_failure() -> None:
    outgoing, _ = call_up()
    outgoing.receive(answer(outgoing.hang_up(1.0), 481, []), 1.1)
    assert (outgoing.state, outgoing.why) == (State.FAILED, "BYE 481")


def test_a_call_that_is_refused_says_why() -> None:
    outgoing, invite = call()
    (ack,) = outgoing.receive(answer(invite, 486, []), 0.1)
    assert asked(ack).method == "ACK"
    assert (outgoing.state, outgoing.why) == (State.FAILED, "486")


def test_a_second_challenge_is_a_refusal() -> None:
    outgoing, invite = call()
    _, again = outgoing.receive(answer(invite, 401, ASK), 0.1)
    outgoing.receive(answer(again, 401, ASK), 0.2)
    assert outgoing.why == "401"


def test_a_challenge_that_comes_again_is_acknowledged_only() -> None:
    outgoing, invite = call()
    outgoing.receive(answer(invite, 401, ASK), 0.1)
    assert len(outgoing.receive(answer(invite, 401, ASK), 0.2)) == 1
    assert outgoing.state is State.ASKING


def test_a_switch_that_hangs_up_has_failed_the_call() -> None:
    outgoing, ack = call_up()
    bye = Request("BYE", "sip:x", asked(ack).headers)
    (said,) = outgoing.receive_request(bye)
    assert said.startswith(b"SIP/2.0 200")
    assert outgoing.state is State.FAILED
    assert outgoing.receive_request(Request("ACK", "sip:x", bye.headers)) == []


def test_what_is_not_answered_is_sent_again_and_given_up_in_the_end() -> None:
    outgoing, invite = call()
    assert outgoing.tick(0.4) == b""
    assert outgoing.tick(0.5) == invite
    assert outgoing.tick(1.4) == b""
    assert outgoing.tick(1.5) == invite
    for step in range(1, 12):
        outgoing.tick(1.5 + step * LONGEST_INTERVAL)
    assert (outgoing.state, outgoing.why) == (State.FAILED, "no answer")
    assert outgoing.tick(2 * PATIENCE) == b""
    assert outgoing.repeated > 2


def test_a_provisional_answer_ends_the_repetitions() -> None:
    outgoing, invite = call()
    outgoing.receive(answer(invite, 100, []), 0.1)
    assert outgoing.tick(0.6) == b""


def test_a_phone_that_is_called_rings_answers_and_lets_itself_be_hung_up() -> None:
    invite = asked(call()[1])
    incoming = Incoming(LINE, invite, 5, now=0.0)
    ringing, accepted = incoming.begin(0.0)
    assert (ringing[:11], accepted[:11]) == (b"SIP/2.0 180", b"SIP/2.0 200")
    assert incoming.place == ("127.1.0.1", 5104)
    assert incoming.receive_request(invite) == [accepted]
    assert incoming.tick(0.6) == accepted
    assert incoming.receive_request(Request("ACK", "sip:x", invite.headers)) == []
    assert (incoming.state, incoming.tick(9.0)) == (State.UP, b"")
    (said,) = incoming.receive_request(Request("BYE", "sip:x", invite.headers))
    assert said.startswith(b"SIP/2.0 200")
    assert incoming.state is State.DONE


def test_a_bye_that_overtakes_the_ack_ends_the_call_all_the_same() -> None:
    invite = asked(call()[1])
    incoming = Incoming(LINE, invite, 5, now=0.0)
    incoming.begin(0.0)
    incoming.receive_request(Request("BYE", "sip:x", invite.headers))
    incoming.receive_request(Request("ACK", "sip:x", invite.headers))
    assert incoming.state is State.DONE


def test_an_options_is_answered_and_changes_nothing() -> None:
    invite = asked(call()[1])
    incoming = Incoming(LINE, invite, 5, now=0.0)
    assert len(incoming.receive_request(Request("OPTIONS", "sip:x", invite.headers))) == 1
    assert incoming.state is State.ASKING


def test_a_login_answers_the_challenge() -> None:
    login = Login(LINE, 1000, remove=False, now=0.0)
    first = login.begin(0.0)
    assert asked(first).headers.first["Expires"] == "3600"
    (again,) = login.receive(answer(first, 401, ASK), 0.1)
    assert login.receive(answer(first, 401, ASK), 0.1) == []
    login.receive(answer(again, 200, []), 0.2)
    assert login.state is State.DONE


def test_removing_contacts_names_all_of_them() -> None:
    first = asked(Login(LINE, 1000, remove=True, now=0.0).begin(0.0))
    assert (first.headers.first["Contact"], first.headers.first["Expires"]) == ("*", "0")


def test_a_login_that_is_refused_says_why() -> None:
    login = Login(LINE, 1000, remove=False, now=0.0)
    login.receive(answer(login.begin(0.0), 403, []), 0.1)
    assert (login.state, login.why) == (State.FAILED, "403")
