"""`softswitch calendar`: the state of calendars, what changes next, which days are special.

`calendar override office closed` says for a while something else than the hours do (CAL-6).
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from softswitch.cli import moments
from softswitch.cli.settings import asked, calendars_now
from softswitch.cli.where import configuration, database, fail, write
from softswitch.clock import Clock
from softswitch.config import Config
from softswitch.control import CannotAnswer
from softswitch.ladder import visible
from softswitch.premises import make_folder
from softswitch.routing.calendar import Calendar, Calendars, month_and_day
from softswitch.settings.calendars import COMMAND, STATES, check
from softswitch.store.store import CalendarRow, Store

NEXT_CHANGE = "next"
WRONG_USE = 2
"""Exit code, as of every command line that cannot be understood."""

app = typer.Typer(help="Opening hours: the state now, the next change, holidays.")

ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="The configuration, a YAML file.")
]


@app.callback(invoke_without_command=True)
def now(context: typer.Context, file: ConfigFile = None) -> None:
    """Tell the state of every calendar, and what changes next."""
    if context.invoked_subcommand is None:
        following(None, file)


@app.command("next")
def following(
    at: Annotated[
        str | None, typer.Option(help=f"Not now but at this time: {moments.EXAMPLES}.")
    ] = None,
    file: ConfigFile = None,
) -> None:
    """Tell the state of every calendar, and what changes next."""
    config = configuration(file)
    if not config.calendars.known:
        fail("there are no calendars in the configuration")
    typer.echo("\n".join(states(calendars_now(config), moment(config, at))))


@app.command()
def override(
    name: Annotated[str, typer.Argument(help="The calendar.")],
    state: Annotated[str, typer.Argument(help=f"One of {', '.join(STATES)}.")],
    until: Annotated[
        str | None,
        typer.Option(help=f"For how long: next (the next change), or {moments.EXAMPLES}."),
    ] = None,
    file: ConfigFile = None,
) -> None:
    """Open or close, whatever the hours say; automatic: let them count again.

    Without --until that holds until somebody chooses something else, here or by phone.
    """
    config = configuration(file)
    try:
        check(config.calendars, name, state)
    except CannotAnswer as error:
        fail(str(error))
    end = _end(config, name, until)

    def done() -> str:
        row = CalendarRow(name, STATES[state], end or 0.0, COMMAND, Clock().wall())

        async def keep(store: Store) -> str:
            await store.put_calendar(row)
            return f"{name}: {state}"

        make_folder(config.state)
        return write(database(config), keep)

    told = asked(config, "calendar", done, name=name, state=state, until=end)
    when = "" if end is None else f" until {moments.shown(end, config.calendars.known[name].place)}"
    typer.echo(visible(f"{told}{when}"))


def _end(config: Config, name: str, until: str | None) -> float | None:
    """When the hours count again; None: that is not said."""
    if until != NEXT_CHANGE:
        return None if until is None else moment(config, until, "--until")
    change = config.calendars.known[name].next_change(Clock().wall())
    if change is None:
        fail(f"{name} does not change for more than a year")
    return change[0]


@app.command()
def show(
    year: Annotated[int, typer.Argument(min=1970, max=9998, help="Such as 2027.")],
    file: ConfigFile = None,
) -> None:
    """List the days of a year on which other hours are kept."""
    config = configuration(file)
    for calendar in config.calendars.known.values():
        typer.echo("\n".join(special_days(calendar, year)))


def moment(config: Config, at: str | None, option: str = "--at") -> float:
    """The time that is meant, seconds since 1970; fails with one line when it is none."""
    wall = Clock().wall()
    if at is None:
        return wall
    try:
        return moments.wall(at, wall, moments.office(config))
    except ValueError:
        fail(f"{option} {at}: write it like {moments.EXAMPLES}", WRONG_USE)


def states(calendars: Calendars, wall: float) -> Iterator[str]:
    """`office: open until Fri 2026-12-18 18:00, then closed`, and why."""
    for name, calendar in calendars.known.items():
        state = calendar.at(wall)
        change = calendar.next_change(wall)
        when = "for more than a year" if calendar.override is None else "until that is changed"
        if change is not None:
            when = f"until {moments.shown(change[0], calendar.place)}, then {change[1].name}"
        yield f"{name}: {state.name} {when}"
        yield f"    {state.because}"
        last = calendar.last_dated()
        if last is not None and last < calendar.place.local(wall).day:
            yield f"    the last day with a date of its own was {date.fromordinal(last)}"


def special_days(calendar: Calendar, year: int) -> Iterator[str]:
    """`2027-01-06 Wed  holiday  Trzech Króli`, day by day; seasons as one line."""
    first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    yield f"{calendar.name} {year}"
    for special in calendar.specials:
        if not special.yearly and special.last >= first and special.first <= last:
            days = f"{date.fromordinal(special.first)}..{date.fromordinal(special.last)}"
            yield f"  {days}  {special.because}"
    for day in range(first, last + 1):
        name = calendar.holidays.get(day) or calendar.yearly.get(month_and_day(day))
        if name is not None:
            shown = date.fromordinal(day)
            yield f"  {shown} {shown:%a}  holiday  {name}"
