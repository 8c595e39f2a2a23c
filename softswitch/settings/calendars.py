"""Opening hours that somebody has overridden: open or closed, whatever the clock says (CAL-6).

    *281*2   closed until somebody dials *281*0 or *281*1
    *281     the next of: open, closed, automatic
    softswitch calendar override office closed --until 'mon 08:00'

What is chosen outlives the switch, and counts at once wherever the calendar is asked: its place in
`calendars` is taken by another one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from softswitch.bus import CalendarChanged
from softswitch.control import CannotAnswer
from softswitch.mailbox.dialogue import Dialogue
from softswitch.routing.calendar import CLOSED, OPEN, Calendar, Calendars
from softswitch.routing.codes import SEPARATOR
from softswitch.settings.keeping import kept
from softswitch.settings.speech import NO_SUCH_NUMBER, NOT_POSSIBLE
from softswitch.store.store import CalendarRow

if TYPE_CHECKING:
    from softswitch.control import Handler
    from softswitch.mailbox.line import Line
    from softswitch.mailbox.speech import Phrases, Prompts
    from softswitch.routing.decision import Feature
    from softswitch.settings.settings import Committed

log = logging.getLogger(__name__)

COMMAND = "softswitch calendar"
AUTOMATIC = "automatic"
STATES = {OPEN: OPEN, CLOSED: CLOSED, AUTOMATIC: ""}
"""As commands say them."""
DIALLED = {"0": "", "1": OPEN, "2": CLOSED}
NEXT = {"": OPEN, OPEN: CLOSED, CLOSED: ""}


class World(NamedTuple):
    """What is needed of everything else."""

    put: Callable[[CalendarRow], Committed]
    publish: Callable[[object], None]
    wall: Callable[[], float]
    later: Callable[[float, Callable[[], None]], Timer]


class Timer(Protocol):
    """Something that happens later, unless it is cancelled."""

    def cancel(self) -> None: ...


class Hours:
    """The calendars as they are now, and how they are overridden."""

    def __init__(self, configured: Calendars, rows: Iterable[CalendarRow], world: World) -> None:
        self._configured = configured
        self._world = world
        self._timers: dict[str, Timer] = {}
        self._known = dict(now(configured, rows, world.wall()).known)
        self.calendars = Calendars(self._known)
        """Whoever asks these has the latest."""
        for name in self._known:
            self._wait(name)

    def handlers(self) -> Mapping[str, Handler]:
        """For a ControlServer."""
        return {"calendar": self.command}

    def named(self, number: str) -> str | None:
        """The calendar that has this number behind the code."""
        found = [name for name, one in self._known.items() if number and one.code == number]
        return found[0] if found else None

    def choose(
        self,
        name: str,
        state: str,
        source: str,
        done: Callable[[bool], None],
        until: float | None = None,
    ) -> None:
        """From now on it is open or closed; empty: as its hours say. `done` hears whether it is
        kept."""
        before = self._known[name]
        at = self._world.wall()
        row = CalendarRow(name, state, until or 0.0, source, at)
        self._hold(name, overridden(self._configured.known[name], row))
        written = self._world.put(row)
        written.add_done_callback(partial(self._written, row, before, done))

    async def command(self, request: Mapping[str, Any]) -> str:
        """Choose `state` for `name`, for somebody at the command line. Raises CannotAnswer."""
        name, state = str(request.get("name", "")), str(request.get("state", ""))
        check(self._configured, name, state)
        until = request.get("until")
        await kept(lambda done: self.choose(name, STATES[state], COMMAND, done, until))
        return f"{name}: {state}"

    def _written(
        self, row: CalendarRow, before: Calendar, done: Callable[[bool], None], written: Committed
    ) -> None:
        error = written.exception()
        if error is not None:
            log.error("what %s has chosen cannot be kept: %s", row.source, error)
            self._hold(row.name, before)
        else:
            log.info("calendar %s: %s, by %s", row.name, row.state or AUTOMATIC, row.source)
            self._tell(row.name, row.state, row.source)
        done(error is None)

    def _hold(self, name: str, calendar: Calendar) -> None:
        self._known[name] = calendar
        self._wait(name)

    def _wait(self, name: str) -> None:
        """Whoever looks at the lamp sees when the hours count again."""
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()
        calendar = self._known[name]
        if calendar.override is not None and calendar.until is not None:
            wait = max(0.0, calendar.until - self._world.wall())
            self._timers[name] = self._world.later(wait, partial(self._over, name))

    def _over(self, name: str) -> None:
        self._known[name] = self._configured.known[name]
        self._tell(name, "", "its time is over")

    def _tell(self, name: str, state: str, source: str) -> None:
        self._world.publish(CalendarChanged(name, state, source, self._world.wall()))


def check(calendars: Calendars, name: str, state: str) -> None:
    """Raises CannotAnswer where there is no such calendar, or state to choose."""
    if name not in calendars.known:
        known = ", ".join(calendars.known) or "none"
        raise CannotAnswer(f"no calendar has the name {name}; there are {known}")
    if state not in STATES:
        raise CannotAnswer(f"{state} cannot be chosen; known are {', '.join(STATES)}")


def now(configured: Calendars, rows: Iterable[CalendarRow], wall: float) -> Calendars:
    """The calendars with what was chosen and still counts."""
    chosen = {row.name: row for row in rows if not 0.0 < row.until <= wall}
    return Calendars(
        {
            name: overridden(calendar, chosen[name]) if name in chosen else calendar
            for name, calendar in configured.known.items()
        }
    )


def overridden(calendar: Calendar, row: CalendarRow) -> Calendar:
    """The calendar with somebody's choice."""
    return calendar.chosen(row.state or None, row.until or None, row.source)


class CalendarCall:
    """An Application that does what `*28` asks for, and says what holds then (FC-3)."""

    def __init__(
        self, hours: Hours | None, dialled: Feature, prompts: Prompts, phrases: Phrases
    ) -> None:
        """`hours`: None where there are no calendars."""
        self._hours = hours
        self._dialled = dialled
        self._prompts = prompts
        self._phrases = phrases
        self._line: Line
        self._dialogue: Dialogue

    def begin(self, line: Line) -> None:
        """Answer, and choose."""
        self._line = line
        line.answer()
        self._dialogue = Dialogue(line, self._prompts, line.hang_up)
        number, _, wanted = self._dialled.argument.partition(SEPARATOR)
        hours = self._hours
        name = None if hours is None else hours.named(number)
        if hours is None or name is None:
            self._say([NO_SUCH_NUMBER])
            return
        state = DIALLED[wanted] if wanted else NEXT[hours.calendars.known[name].override or ""]
        source = f"phone {self._dialled.code}{self._dialled.argument} by {line.caller}"
        hours.choose(name, state, source, partial(self._chosen, hours, name))

    def digit(self, digit: str) -> None:
        """Nothing is asked."""

    def hung_up(self) -> None:
        """What has been done stays done."""
        self._dialogue.end()

    def _chosen(self, hours: Hours, name: str, fine: bool) -> None:
        """Only now is it true."""
        if not fine:
            self._say([NOT_POSSIBLE])
            return
        calendar = hours.calendars.known[name]
        number = self._phrases.digits(calendar.code)
        self._say(["code.calendar", *number, said(calendar, self._line.wall())])

    def _say(self, names: Sequence[str]) -> None:
        self._dialogue.tell(self._prompts(names), self._line.hang_up)


def said(calendar: Calendar, wall: float) -> str:
    """The prompt for what holds; whatever is not open is closed to whoever calls."""
    state = OPEN if calendar.at(wall).name == OPEN else CLOSED
    return f"code.calendar_{state}" if calendar.override else f"code.calendar_automatic_{state}"
