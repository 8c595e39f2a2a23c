"""Opening hours that somebody has overridden, by phone and at the command line (CAL-6)."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from softswitch.bus import CalendarChanged
from softswitch.config.places import Zone
from softswitch.control import CannotAnswer
from softswitch.mailbox.languages import LANGUAGES
from softswitch.mailbox.phrases import LocalTime, Phrases
from softswitch.routing.calendar import Calendar, Calendars
from softswitch.routing.codes import Codes, service
from softswitch.routing.decision import Feature
from softswitch.routing.hours import DAY, EVERY_DAY, Span
from softswitch.routing.hours import Hours as Open
from softswitch.settings.calendars import CalendarCall, Hours, World, now
from softswitch.store.store import CalendarRow
from tests.mailbox.spoken import texts
from tests.mailbox.world import FakeLine, prompts
from tests.mailbox.world import World as Place
from tests.softswitch.settings.office import NOON, Write, user

OPEN = Calendar("office", Zone("UTC"), (Open("open", (Span(EVERY_DAY, 0, DAY),)),), code="1")
CALENDARS = Calendars({"office": OPEN, "door": Calendar("door", Zone("UTC"))})
PHONE = "phone *281*2 by 101"


class Timer:
    def __init__(self, wait: float, callback: Callable[[], None]) -> None:
        self.wait, self.fire, self.is_cancelled = wait, callback, False

    def cancel(self) -> None:
        self.is_cancelled = True


class Office:
    def __init__(self, *rows: CalendarRow) -> None:
        self.now = NOON
        self.rows = {row.name: row for row in rows}
        self.events: list[object] = []
        self.timers: list[Timer] = []
        self.is_full = False
        world = World(self._put, self.events.append, lambda: self.now, self._later)
        self.hours = Hours(CALENDARS, rows, world)

    def _put(self, row: CalendarRow) -> Write:
        if self.is_full:
            return Write(OSError("the disk is full"))
        self.rows[row.name] = row
        return Write(None)

    def _later(self, wait: float, callback: Callable[[], None]) -> Timer:
        self.timers.append(Timer(wait, callback))
        return self.timers[-1]

    @property
    def state(self) -> str:
        found = self.hours.calendars.at("office", self.now)
        return found.name if found is not None else ""

    def choose(self, state: str, until: float | None = None) -> bool:
        told: list[bool] = []
        self.hours.choose("office", state, PHONE, told.append, until)
        return told == [True]


def test_what_is_chosen_counts_at_once_and_outlives_the_switch() -> None:  # CAL-6
    office = Office()
    calendars = office.hours.calendars
    assert office.choose("closed")
    assert calendars.holds("office.closed", office.now) == (
        True,
        f"office is closed, because {PHONE} has said so",
    )
    assert office.events == [CalendarChanged("office", "closed", PHONE, NOON)]
    again = Office(*office.rows.values())
    assert again.state == "closed"
    assert again.choose("")
    assert again.state == "open"
    assert Office(*again.rows.values()).state == "open"
    assert CALENDARS.known["office"].override is None  # the configuration is as it was


def test_a_choice_for_a_while_is_over_by_itself_and_lamps_hear_of_it() -> None:  # CAL-6
    office = Office()
    office.choose("closed", NOON + 60)
    (timer,) = office.timers
    assert timer.wait == 60
    restarted = Office(*office.rows.values())
    assert restarted.timers[0].wait == 60
    office.now += 60
    assert office.state == "open"
    timer.fire()
    assert office.events[-1] == CalendarChanged("office", "", "its time is over", NOON + 60)
    assert office.hours.calendars.known["office"].override is None
    late = now(CALENDARS, office.rows.values(), NOON + 60)
    assert late.known["office"].override is None


def test_who_chooses_again_has_the_last_word() -> None:  # CAL-6
    office = Office()
    office.choose("closed", NOON + 60)
    office.choose("open")
    assert [timer.is_cancelled for timer in office.timers] == [True]
    assert office.hours.calendars.known["office"].until is None


def test_what_cannot_be_kept_is_not_so(caplog: pytest.LogCaptureFixture) -> None:
    office = Office()
    office.is_full = True
    with caplog.at_level(logging.ERROR):
        assert not office.choose("closed")
    assert (office.state, office.events) == ("open", [])
    assert "the disk is full" in caplog.text


def test_a_calendar_that_is_gone_is_no_obstacle() -> None:
    assert Office(CalendarRow("summer", "open", 0.0, PHONE, NOON)).state == "open"


def test_the_command_line_chooses_as_well() -> None:  # CAL-6
    office = Office()
    command = office.hours.handlers()["calendar"]
    request = {"name": "office", "state": "closed", "until": NOON + 60}
    assert asyncio.run(command(request)) == "office: closed"
    assert office.hours.calendars.known["office"].until == NOON + 60
    assert asyncio.run(command({"name": "office", "state": "automatic"})) == "office: automatic"
    assert office.state == "open"
    with pytest.raises(CannotAnswer, match="no calendar has the name hall"):
        asyncio.run(command({"name": "hall", "state": "open"}))
    with pytest.raises(CannotAnswer, match="lunch cannot be chosen"):
        asyncio.run(command({"name": "office", "state": "lunch"}))
    office.is_full = True
    with pytest.raises(CannotAnswer, match="the store cannot keep it"):
        asyncio.run(command({"name": "office", "state": "open"}))


class Caller:
    """101, who dials the code."""

    def __init__(self, folder: Path, hours: Hours | None, language: str = "en") -> None:
        self.hours = hours
        self.language = language
        self.place = Place(folder)

    def dial(self, number: str) -> str:
        """What is heard, in words."""
        codes = Codes(calendar=("*28",))
        decision = service(number, "101", {"101": user()}, codes)
        assert isinstance(decision, Feature)
        phrases = Phrases(LANGUAGES[self.language], lambda at: LocalTime(2026, 8, 3, 0, 15, 19))
        line = FakeLine(self.place, caller="101")
        line.call(CalendarCall(self.hours, decision, prompts, phrases))
        line.press("5")
        line.wait(9.0)
        assert line.is_over
        known = texts(self.language)
        return " ".join(known[name] for name in line.said)


def test_a_code_opens_and_closes_and_says_what_holds(tmp_path: Path) -> None:  # CAL-6, FC-3
    office = Office()
    caller = Caller(tmp_path, office.hours)
    heard = "Calendar one"
    assert caller.dial("*281*2") == f"{heard} is closed, until somebody changes that."
    assert office.rows["office"].source == PHONE
    assert caller.dial("*281*1") == f"{heard} is open, until somebody changes that."
    assert caller.dial("*281*0") == f"{heard} follows the clock. It is open now."
    office.is_full = True
    assert caller.dial("*281*1") == "That is not possible."


def test_the_code_alone_goes_from_one_to_the_next(tmp_path: Path) -> None:  # CAL-6
    office = Office()
    caller = Caller(tmp_path, office.hours)
    chosen = []
    for _ in range(4):
        caller.dial("*281")
        chosen.append(office.hours.calendars.known["office"].override)
    assert chosen == ["open", "closed", None, "open"]


def test_a_number_of_no_calendar_is_said_to_be_none(tmp_path: Path) -> None:
    assert Caller(tmp_path, Office().hours).dial("*282") == "There is no such number."
    assert Caller(tmp_path, None).dial("*281") == "There is no such number."


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_languages_have_the_words(tmp_path: Path, language: str) -> None:
    office = Office()
    caller = Caller(tmp_path, office.hours, language)
    heard = {caller.dial(number) for number in ("*281*0", "*281*1", "*281*2")}
    closed = Hours(
        Calendars({"office": Calendar("office", Zone("UTC"), code="1")}),
        (),
        World(lambda row: Write(None), office.events.append, lambda: NOON, office._later),
    )
    heard.add(Caller(tmp_path, closed, language).dial("*281*0"))
    assert len(heard) == 4
