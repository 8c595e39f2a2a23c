import pytest

from softswitch.routing.codes import NO_CODES, Codes, has_mailbox, service
from softswitch.routing.decision import Echo, Reject, Retrieve, Voicemail
from tests.routing.users import Mailbox, User

CODES = Codes(voicemail=("*98", "*97"), leave_message=("*99",), echo_test=("*600",))
USERS = {"100": User(), "101": User(voicemail=Mailbox(True)), "105": User(voicemail=Mailbox(True))}


@pytest.mark.parametrize("dialled", ["*98", "*97", "*98#"])  # FC-2
def test_the_own_mailbox_needs_no_number(dialled: str) -> None:
    decision = service(dialled, "101", USERS, CODES)
    assert isinstance(decision, Retrieve)
    assert decision.user == "101"


def test_whoever_has_no_mailbox_is_asked_for_one() -> None:
    decision = service("*98", "100", USERS, CODES)
    assert decision == Retrieve(None, "*98 is the own mailbox (feature_codes.voicemail)")


def test_the_mailbox_of_somebody_else_stands_behind_the_code() -> None:
    decision = service("*98105", "101", USERS, CODES)
    assert decision == Retrieve("105", "*98 and 105: that mailbox (feature_codes.voicemail)")


def test_a_message_can_be_left_without_ringing() -> None:
    decision = service("*99105#", "101", USERS, CODES)
    why = "*99 and 105: a message for 105 (feature_codes.leave_message)"
    assert decision == Voicemail("105", "unavailable", why)


@pytest.mark.parametrize("dialled", ["*99100", "*98100"])
def test_a_user_without_voicemail_cannot_be_left_a_message(dialled: str) -> None:
    decision = service(dialled, "101", USERS, CODES)
    assert isinstance(decision, Reject)
    assert (decision.status, decision.because) == (480, "100 has no voicemail")


def test_the_echo_test_is_a_code() -> None:
    assert service("*600", "101", USERS, CODES) == Echo(
        "*600 is the echo test (feature_codes.echo_test)"
    )


@pytest.mark.parametrize("dialled", ["*60", "*6000", "*98555", "*99", "98", "#", ""])  # FC-1
def test_what_is_not_all_of_a_code_is_none(dialled: str) -> None:
    assert service(dialled, "101", USERS, CODES) is None


def test_without_codes_there_is_nothing_to_ask() -> None:
    assert service("*98", "101", USERS, NO_CODES) is None


def test_who_has_a_mailbox() -> None:
    assert [has_mailbox(one, USERS) for one in ("100", "101", "555")] == [False, True, False]
