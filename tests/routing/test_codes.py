import pytest

from softswitch.config.presets import feature_codes
from softswitch.routing.codes import NO_CODES, Codes, asks_for_mailboxes, has_mailbox, service
from softswitch.routing.decision import Echo, Feature, Reject, Retrieve, Voicemail
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


@pytest.mark.parametrize(
    ("dialled", "expected"),
    [("*98", True), ("*97#", True), ("*98105", False), ("*99", False), ("98", False), ("", False)],
)
def test_the_code_of_mailboxes_is_known_without_a_caller(dialled: str, expected: bool) -> None:
    assert asks_for_mailboxes(dialled, USERS, CODES) is expected


def test_who_has_a_mailbox() -> None:
    assert [has_mailbox(one, USERS) for one in ("100", "101", "555")] == [False, True, False]


ALL = Codes(**feature_codes())


def asked(dialled: str) -> tuple[str, str, str] | None:
    """The function, the number and the seconds."""
    decision = service(dialled, "101", USERS, ALL)
    assert decision is None or isinstance(decision, Feature)
    return decision and (decision.function, decision.argument, decision.seconds)


@pytest.mark.parametrize(
    ("dialled", "function", "argument"),
    [
        ("*72102", "forward_always_on", "102"),
        ("*72+48600100100", "forward_always_on", "+48600100100"),
        ("*72*98", "forward_always_on", "*98"),
        ("*72", "forward_always_on", ""),
        ("*21*102", "forward_always_on", "102"),
        ("*21*102#", "forward_always_on", "102"),
        ("*21", "forward_always_on", ""),
        ("*21*", "forward_always_on", ""),
        ("*73", "forward_always_off", ""),
        ("#21#", "forward_always_off", ""),
        ("#21", "forward_always_off", ""),
        ("*#21#", "forward_always_ask", ""),
        ("*90102", "forward_busy_on", "102"),
        ("*67*102#", "forward_busy_on", "102"),
        ("*92102", "forward_no_answer_on", "102"),
        ("*62*102", "forward_unavailable_on", "102"),
        ("*52102", "forward_unanswered_on", "102"),
        ("##002#", "forward_off", ""),
        ("##004", "forward_conditional_off", ""),
        ("*19*25#", "ring_time", "25"),
        ("*19", "ring_time", ""),
        ("*78", "dnd_on", ""),
        ("#26#", "dnd_off", ""),
        ("*76", "dnd_toggle", ""),
        ("*43", "call_waiting_on", ""),  # not the echo test: the phone may have kept the hash
        ("*#43#", "call_waiting_ask", ""),
        ("*31", "hide_number_on", ""),
        ("#31#", "hide_number_off", ""),
        ("*60", "clock", ""),
        ("*65", "my_number", ""),
    ],
)
def test_both_families_are_understood(
    dialled: str, function: str, argument: str
) -> None:  # FC-1, FC-2
    assert asked(dialled) == (function, argument, "")


def test_the_ring_time_may_stand_behind_the_number() -> None:
    assert asked("*61*102*20#") == ("forward_no_answer_on", "102", "20")
    assert asked("*61*102*x#") == ("forward_no_answer_on", "102*x", "")
    assert asked("*61**98#") == ("forward_no_answer_on", "*98", "")
    assert asked("*21*102*20#") == ("forward_always_on", "102*20", "")


@pytest.mark.parametrize("dialled", ["*19*x", "*19*25*", "*781", "*6", "##", "*7", "002"])
def test_a_code_is_all_of_what_was_dialled(dialled: str) -> None:  # FC-1
    assert asked(dialled) is None


def test_a_decision_names_the_line_of_the_code() -> None:
    decision = service("*78", "101", USERS, ALL)
    because = "*78 is dnd_on (feature_codes.dnd_on)"
    assert decision == Feature("dnd_on", "", because, code="*78")


@pytest.mark.parametrize("dialled", ["*78", "*98", "*99105", "*600"])
def test_only_users_have_codes(dialled: str) -> None:  # FC-7
    assert service(dialled, "+48600100100", USERS, ALL) is None


def test_a_code_that_is_off_is_none() -> None:
    codes = Codes(**feature_codes((), {"voicemail": ()}))
    assert service("*98", "101", USERS, codes) is None
    assert service("*72102", "101", USERS, codes) is None


@pytest.mark.parametrize(
    ("dialled", "argument"),
    [("*281", "1"), ("*2812", "12"), ("*281*1", "1*1"), ("*281*2#", "1*2"), ("*281*0", "1*0")],
)
def test_a_calendar_stands_behind_its_code(dialled: str, argument: str) -> None:  # CAL-6
    found = service(dialled, "101", {"101": User()}, Codes(calendar=("*28",)))
    assert isinstance(found, Feature)
    assert (found.function, found.code, found.argument) == ("calendar", "*28", argument)


@pytest.mark.parametrize("dialled", ["*28", "*28*1", "*281*3", "*281*", "*281*11", "*28x"])
def test_what_is_no_calendar_is_none(dialled: str) -> None:  # CAL-6, FC-1
    assert service(dialled, "101", {"101": User()}, Codes(calendar=("*28",))) is None
