"""Service codes, heard by somebody with a stopwatch (features 2.1: FC-1 to FC-4)."""

import logging
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from softswitch.config import User
from softswitch.config.configuration import Forward, Forwarding
from softswitch.config.messaging import Voicemail
from softswitch.config.presets import feature_codes
from softswitch.mailbox.languages import LANGUAGES
from softswitch.mailbox.phrases import LocalTime, Phrases
from softswitch.routing.codes import Codes, service
from softswitch.routing.decision import Feature
from softswitch.routing.numbering import Numbering
from softswitch.routing.outside import Outside
from softswitch.settings.service import CodeCall
from softswitch.settings.targets import Targets
from tests.mailbox.spoken import texts
from tests.mailbox.world import FakeLine, World, prompts
from tests.softswitch.settings.office import Office, user

CODES = Codes(**feature_codes())
spoken = cache(texts)
OUTSIDE = Outside(Numbering("PL"), trunks=("carrier",))


class Caller:
    """101, who dials codes."""

    def __init__(self, folder: Path, language: str = "en", **other: User) -> None:
        people = {
            "101": user(calls="mobile"),
            "102": user("102"),
            "105": user("105"),
            "anna": user("anna"),
        }
        people["102"] = replace(people["102"], voicemail=Voicemail(enabled=False))
        self.office = Office(people | {f.removeprefix("u"): who for f, who in other.items()})
        self.desk = self.office.desk(CODES, OUTSIDE)
        self.world = World(folder)
        self.language = language
        self.line: FakeLine

    @property
    def now(self) -> User:
        return self.office.settings.users["101"]

    def dial(self, number: str, caller: str = "101") -> str:
        """What is heard, in words."""
        decision = service(number, caller, self.office.settings.users, CODES)
        assert isinstance(decision, Feature)
        phrases = Phrases(LANGUAGES[self.language], lambda at: LocalTime(2026, 8, 3, 0, 15, 19))
        line = self.line = FakeLine(self.world, caller=caller)
        line.call(CodeCall(self.desk, decision, prompts, phrases))
        assert line.answered_after == []  # FC-3: answered before anything is said
        line.wait(8.0)
        return self.heard

    @property
    def heard(self) -> str:
        known = spoken(self.language)
        return " ".join(known[name] for name in self.line.said)


@pytest.fixture
def caller(tmp_path: Path) -> Caller:
    return Caller(tmp_path)


@pytest.mark.parametrize(
    ("dialled", "situation", "said"),
    [
        ("*72102", "always", "All calls are now forwarded to one zero two"),
        ("*21*102#", "always", "All calls are now forwarded to one zero two"),
        ("*90102", "busy", "When you are busy, calls are now forwarded to one zero two"),
        ("*67*102", "busy", "When you are busy, calls are now forwarded to one zero two"),
        ("*92102", "no_answer", "When you do not answer, calls are now forwarded to one zero two"),
        (
            "*94102",
            "unavailable",
            "When your phone cannot be reached, calls are now forwarded to one zero two",
        ),
    ],
)
def test_a_forward_is_set_and_said(
    caller: Caller, dialled: str, situation: str, said: str
) -> None:  # FC-3
    assert caller.dial(dialled) == said
    assert caller.now.forward.rules == {situation: Forward("102")}
    caller.line.wait(10.0)
    assert caller.line.is_over


def test_the_code_and_who_dialled_it_are_kept(caller: Caller) -> None:  # FC-4
    caller.dial("*92102")
    (row,) = caller.office.kept.values()
    assert (row.key, row.source) == ("forward.no_answer", "phone *92 by 101")


@pytest.mark.parametrize("dialled", ["*73", "#21#", "#21"])
def test_a_forward_is_switched_off(caller: Caller, dialled: str) -> None:
    caller.dial("*72102")
    caller.dial("*90102")
    assert caller.dial(dialled) == "Calls are not sent on right away."
    assert list(caller.now.forward.rules) == ["busy"]


def test_the_code_twice_switches_all_forwards_off(caller: Caller) -> None:
    caller.dial("*72102")
    caller.dial("*90102")
    caller.dial("*73")
    assert caller.dial("*73") == "Your calls are not forwarded."
    assert caller.now.forward.rules == {}


def test_twice_is_within_a_minute(caller: Caller) -> None:
    caller.dial("*90102")
    caller.dial("*73")
    caller.world.clock.advance(60.0)
    caller.dial("*73")
    assert list(caller.now.forward.rules) == ["busy"]


def test_no_answer_and_unavailable_have_a_code_together(caller: Caller) -> None:
    when = "When you do not answer or cannot be reached, calls"
    assert caller.dial("*52102") == f"{when} are now forwarded to one zero two"
    assert set(caller.now.forward.rules) == {"no_answer", "unavailable"}
    assert caller.dial("*53") == f"{when} are not forwarded."
    assert caller.dial("*53") == f"{when} are not forwarded."
    assert caller.now.forward.rules == {}


def test_all_forwards_are_switched_off_at_once(tmp_path: Path) -> None:
    forward = Forwarding({"rejected": Forward("105"), "dnd": Forward("105")})
    caller = Caller(tmp_path, u101=user(forward=forward))
    caller.dial("*72102")
    caller.dial("*90102")
    assert caller.dial("##004#") == "When you do not take them, calls are not forwarded."
    assert list(caller.now.forward.rules) == ["always"]
    assert caller.dial("##002#") == "Your calls are not forwarded."
    assert caller.now.forward.rules == {}
    assert set(caller.office.in_force) == {"101 forward.rejected", "101 forward.dnd"}


def test_the_state_can_be_asked(caller: Caller) -> None:  # FC-3
    assert caller.dial("*#21#") == "Calls are not sent on right away."
    assert caller.dial("*#67#") == "When you are busy, calls are not forwarded."
    caller.dial("*90*98")
    assert caller.dial("*#67#") == "When you are busy, calls now go to your mailbox."
    assert len(caller.office.kept) == 1


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (Forward("hangup:busy"), "All calls are refused."),
        (Forward("voicemail:105"), "All calls now go to the mailbox of one zero five"),
        (Forward("voicemail:101"), "All calls now go to your mailbox."),
        (
            Forward("105", when="office.closed"),
            "All calls are now forwarded to one zero five But not always.",
        ),
        (
            Forward("105", callers="external"),
            "All calls are now forwarded to one zero five But not always.",
        ),
    ],
)
def test_what_the_configuration_says_is_said(tmp_path: Path, rule: Forward, said: str) -> None:
    caller = Caller(tmp_path, u101=user(forward=Forwarding({"always": rule})))
    assert caller.dial("*#21#") == said


@pytest.mark.parametrize(
    ("number", "value"),
    [
        ("105", "105"),
        ("*98", "voicemail"),
        ("*97", "voicemail"),
        ("*98101", "voicemail"),
        ("*99105", "voicemail:105"),
        ("600100100", "+48600100100"),
        ("0048600100100", "+48600100100"),
        ("+48600100100", "+48600100100"),
    ],
)
def test_a_target_is_whatever_can_be_dialled(
    caller: Caller, number: str, value: str
) -> None:  # FC-1
    caller.dial(f"*72{number}")
    assert caller.now.forward.rules["always"].to == value


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("101", "That is your own number."),
        ("555", "There is no such number."),
        ("1*2", "There is no such number."),
        ("*98102", "There is no mailbox for that."),
        ("*98555", "There is no such number."),
        ("112", "You may not call this number."),
        ("+12125550123", "You may not call this number."),
    ],
)
def test_a_target_that_cannot_be_is_refused_in_words(
    caller: Caller, number: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:  # FC-1, FC-3, FWD-8
    with caplog.at_level(logging.INFO):
        assert caller.dial(f"*72{number}") == said
    assert caller.now.forward.rules == {}
    assert "101 may not forward calls: " in caplog.text


@pytest.mark.parametrize("number", ["9" * 5000, "1\r\nX: 1", "\x00", "\u202e1", "\udc80", "*98\n"])
def test_hostile_targets_are_no_numbers(
    caller: Caller, number: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        assert caller.dial(f"*72{number}") == "There is no such number."
    (line,) = [record.getMessage() for record in caplog.records]
    assert len(line) < 120
    assert line.isprintable()


def test_without_a_mailbox_there_is_none_to_send_calls_to(caller: Caller) -> None:
    decision = service("*72*98", "102", caller.office.settings.users, CODES)
    assert isinstance(decision, Feature)
    assert caller.dial("*72*98", "102") == "There is no mailbox for that."


def test_without_trunks_there_are_no_numbers_outside(caller: Caller) -> None:
    targets = Targets(caller.office.settings.users, CODES, None)
    found = targets("600100100", "101")
    assert found == ("", "code.no_such_number", "no user has the number 600100100")
    nowhere = Targets(caller.office.settings.users, CODES, Outside(Numbering("PL")))
    assert nowhere("600100100", "101").refused == "code.not_allowed"


def test_a_number_that_is_missing_is_asked_for(caller: Caller) -> None:
    caller.dial("*72")
    assert caller.heard == "Please enter the number, then press hash."
    caller.line.press("105#")
    caller.line.wait(10.0)
    assert caller.heard.endswith("All calls are now forwarded to one zero five")
    assert caller.now.forward.rules["always"].to == "105"
    assert caller.line.is_over


def test_who_presses_nothing_is_let_go(caller: Caller) -> None:
    caller.dial("*21#")
    caller.line.wait(60.0)
    assert caller.line.is_over
    assert caller.office.kept == {}


def test_no_number_is_no_such_number(caller: Caller) -> None:
    caller.dial("*72")
    caller.line.press("#")
    assert caller.heard.endswith("There is no such number.")


def test_who_hangs_up_before_the_number_has_changed_nothing(caller: Caller) -> None:
    caller.dial("*72")
    caller.line.press("105")
    caller.line.drop()
    caller.world.clock.advance(60.0)
    assert caller.office.kept == {}


def test_who_hangs_up_while_it_is_said_has_changed_it(caller: Caller) -> None:
    decision = service("*78", "101", caller.office.settings.users, CODES)
    assert isinstance(decision, Feature)
    line = FakeLine(caller.world, caller="101")
    phrases = Phrases(LANGUAGES["en"], lambda at: LocalTime(2026, 8, 3, 0, 15, 19))
    line.call(CodeCall(caller.desk, decision, prompts, phrases))
    line.drop()
    assert caller.now.dnd


@pytest.mark.parametrize(
    ("dialled", "seconds", "said"),
    [
        ("*19*25#", 25.0, "Your phone rings for twenty five seconds."),
        ("*19*5", 5.0, "Your phone rings for five seconds."),
        ("*19*600", 600.0, "Your phone rings for six hundred seconds."),
    ],
)
def test_the_ring_time_can_be_chosen(
    caller: Caller, dialled: str, seconds: float, said: str
) -> None:
    assert caller.dial(dialled) == said
    assert caller.now.ring_time == seconds


@pytest.mark.parametrize("dialled", ["*19*4#", "*19*601#", "*19*99999999999999999999#"])
def test_a_ring_time_that_makes_no_sense_is_refused(caller: Caller, dialled: str) -> None:
    assert caller.dial(dialled) == "A phone may ring from five seconds to ten minutes."
    assert caller.office.kept == {}


def test_the_ring_time_is_asked_for(caller: Caller) -> None:
    assert caller.dial("*19#") == "Please enter the seconds, then press hash."
    caller.line.press("25#")
    assert caller.now.ring_time == 25.0


def test_the_ring_time_may_come_with_a_forward(caller: Caller) -> None:
    assert caller.dial("*61*102*20#") == (
        "When you do not answer, calls are now forwarded to one zero two"
        " Your phone rings for twenty seconds."
    )
    assert caller.now.ring_time == 20.0
    said = caller.dial("*61*105*2#")
    assert said == "A phone may ring from five seconds to ten minutes."
    assert caller.now.forward.rules["no_answer"].to == "102"


def test_do_not_disturb_is_a_state_of_the_user(caller: Caller) -> None:  # DND-1
    assert caller.dial("*#26#") == "Do not disturb is off."
    assert caller.dial("*78") == "Do not disturb is on."
    assert caller.now.dnd
    assert caller.dial("*76") == "Do not disturb is off."
    assert caller.dial("*76") == "Do not disturb is on."
    assert caller.dial("*79") == "Do not disturb is off."
    assert not caller.now.dnd
    assert caller.office.in_force == {}


def test_call_waiting_is_switched(caller: Caller) -> None:  # CW-1
    assert caller.dial("*71") == "Call waiting is off."
    assert not caller.now.call_waiting
    assert caller.dial("*#43#") == "Call waiting is off."
    assert caller.dial("*43") == "Call waiting is on."
    assert caller.now.call_waiting


def test_the_own_number_is_hidden_and_shown(caller: Caller) -> None:  # S4-5
    assert caller.dial("*#31#") == "When you call outside, your number is shown."
    assert caller.dial("*31#") == "When you call outside, your number is hidden."
    assert caller.now.hide_number
    assert caller.dial("*#31") == "When you call outside, your number is hidden."
    assert caller.dial("#31") == "When you call outside, your number is shown."
    assert not caller.now.hide_number


def test_the_clock_and_the_own_number_are_told(caller: Caller) -> None:
    assert caller.dial("*60") == "today at three nineteen P M."
    assert caller.dial("*65") == "Your number is one zero one"
    assert caller.dial("*65", "anna") == "That is not possible."


@pytest.mark.parametrize("dialled", ["*78", "*72102", "*72", "*19*25", "*61*102*20#"])
def test_what_is_frozen_cannot_be_changed(tmp_path: Path, dialled: str) -> None:
    caller = Caller(tmp_path, u101=replace(user(), editable=("call_waiting",)))
    assert caller.dial(dialled) == "This cannot be changed by phone."
    assert caller.office.kept == {}
    assert caller.dial("*71") == "Call waiting is off."


def test_a_fixed_value_cannot_be_changed(tmp_path: Path) -> None:
    fixed = frozenset({"forward.busy", "ring_time"})
    caller = Caller(tmp_path, u101=replace(user(), fixed=fixed))
    assert caller.dial("*90102") == "This cannot be changed by phone."
    assert caller.dial("*61*102*20") == "This cannot be changed by phone."
    assert caller.dial("*92102").startswith("When you do not answer")


def test_what_cannot_be_kept_is_not_claimed(caller: Caller) -> None:  # FC-3
    caller.office.is_full = True
    assert caller.dial("*78") == "That is not possible."
    assert not caller.now.dnd


@pytest.mark.parametrize(
    ("language", "dialled", "said"),
    [
        ("es", "*72102", "Todas las llamadas se desvían ahora al número uno cero dos"),
        ("es", "*19*21#", "Su teléfono suena durante veintiún segundos."),
        ("es", "*19*120#", "Su teléfono suena durante ciento veinte segundos."),
        ("es", "*60", "hoy a las quince y diecinueve"),
        ("es", "*78", "No molestar está activado."),
        (
            "pl",
            "*92102",
            "Gdy nikt nie odbiera, połączenia są teraz przekazywane na numer jeden zero dwa",
        ),
        ("pl", "*19*22#", "Czas dzwonienia to dwadzieścia dwie sekundy."),
        ("pl", "*19*25#", "Czas dzwonienia to dwadzieścia pięć sekund."),
        ("pl", "*78", "Tryb nie przeszkadzać jest włączony."),
        ("pl", "*60", "dzisiaj o piętnastej dziewiętnaście"),
    ],
)
def test_all_is_said_in_the_language_of_the_user(
    tmp_path: Path, language: str, dialled: str, said: str
) -> None:
    assert Caller(tmp_path, language).dial(dialled) == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_a_text_for_everything(tmp_path: Path, language: str) -> None:
    caller = Caller(tmp_path, language)
    for function, codes in feature_codes().items():
        if function not in ("voicemail", "leave_message", "echo_test", "calendar"):
            assert caller.dial(codes[0])
    for number in ("101", "555", "*98102", "112"):
        assert caller.dial(f"*72{number}")
    assert caller.dial("*72*98")
    assert caller.dial("*72*99105")
    assert caller.dial("*19*1")
    caller.office.is_full = True
    assert caller.dial("*76")
