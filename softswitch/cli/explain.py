"""`softswitch explain FROM TO`: where a call would go, and which line of the file says so."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from softswitch.cli import moments
from softswitch.cli.calendar import moment
from softswitch.cli.settings import calendars_now, users_now
from softswitch.cli.where import configuration, fail
from softswitch.config import Config
from softswitch.config.boxes import people
from softswitch.config.conference import numbered
from softswitch.routing.codes import Codes
from softswitch.routing.decision import (
    Conference,
    Decision,
    Dial,
    Echo,
    Feature,
    Reject,
    Retrieve,
    Ring,
    Voicemail,
)
from softswitch.routing.destination import World
from softswitch.routing.explanation import Redirected, Step
from softswitch.routing.explanation import explain as steps_of
from softswitch.routing.outcomes import Outcome
from softswitch.routing.route import REDIRECT

WRONG_USE = 2
"""Exit code, as of every command line that cannot be understood."""

WORDS = {
    Outcome.UNAVAILABLE: "is unavailable",
    Outcome.BUSY: "is busy",
    Outcome.REJECTED: "rejects",
    Outcome.NO_ANSWER: "does not answer",
    Outcome.ANSWERED: "answers",
}


def explain(
    caller: Annotated[
        str,
        typer.Argument(
            metavar="FROM", help="Who calls: a user, or a number from outside, by the first trunk."
        ),
    ],
    dialled: Annotated[str, typer.Argument(metavar="TO", help="The number that is dialled.")],
    given: Annotated[
        list[str] | None,
        typer.Option(
            help="What becomes of a user or a number outside, 101=busy: answered, no_answer, busy, "
            "rejected, unavailable, or redirect:102 if the phone sends it on. Nobody else answers.",
            metavar="WHO=OUTCOME",
        ),
    ] = None,
    at: Annotated[
        str | None, typer.Option(help=f"Not now but at this time: {moments.EXAMPLES}.")
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="The trunk by which it comes.", metavar="TRUNK")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--config", help="The configuration, a YAML file.")
    ] = None,
) -> None:
    """Tell where a call would go, step by step, without calling anybody."""
    config = configuration(file)
    config = replace(config, users=users_now(config))
    boxes = config.users.keys() - people(config.users)
    supposed: dict[str, Outcome | Redirected] = dict.fromkeys(boxes, Outcome.UNAVAILABLE)
    supposed |= dict(_supposed(one, config) for one in given or [])
    trunk = _trunk(caller, by, config)
    if trunk is not None and config.outside is not None:
        number = config.outside.normalise(caller)
        caller = caller if number is None else number.e164
    world = World(
        config.users,
        config.outside,
        calendars_now(config),
        numbered(config.conferences),
        Codes(**config.feature_codes),
    )
    steps = steps_of(caller, dialled, world, supposed, wall=moment(config, at), trunk=trunk)
    typer.echo("\n".join(lines(caller, dialled, steps, config)))


def _trunk(caller: str, by: str | None, config: Config) -> str | None:
    """By which trunk a call comes; None: it is a user's."""
    if by is not None:
        if by not in config.trunks:
            fail(f"--by {by}: no trunk has that name", WRONG_USE)
        return by
    return None if caller in config.users else next(iter(config.trunks), None)


def lines(caller: str, dialled: str, steps: Sequence[Step], config: Config) -> Iterator[str]:
    """What to print."""
    yield f"{_named(caller, config)} calls {_named(dialled, config)}"
    for number, (decision, outcome) in enumerate(steps, 1):
        yield f"{number:3} {_what(decision, config)}"
        yield f"    {decision.because}"
        if outcome is not None and isinstance(decision, Ring | Dial):
            who = decision.user if isinstance(decision, Ring) else decision.number
            yield f"    {who} {_became(outcome)}"


def _what(decision: Decision, config: Config) -> str:
    match decision:
        case Ring(user, seconds):
            return f"ring {_named(user, config)} for {seconds:g} s{_confirmed(decision)}"
        case Dial(number, trunks, principal, seconds):
            whose = f", as {_named(principal, config)}, for {seconds:g} s"
            return f"dial {number} through {' or '.join(trunks)}{whose}{_confirmed(decision)}"
        case Voicemail(user, reason):
            return f"voicemail of {_named(user, config)}, greeting for {reason}"
        case Retrieve(user):
            whose = _named(user, config) if user is not None else "whoever the caller says"
            return f"hear the messages of {whose}"
        case Conference(room):
            return f"conference room {room}"
        case Echo():
            return "the caller hears himself"
        case Feature(function, argument):
            return f"{function.replace('_', ' ')} {argument}".rstrip()
        case Reject(status, _, outcome):
            return f"the caller hears {status}, {outcome}"


def _named(number: str, config: Config) -> str:
    user = config.users.get(number)
    return f"{number} {user.name}" if user is not None and user.name else number


def _became(outcome: Outcome | Redirected) -> str:
    if isinstance(outcome, Redirected):
        return f"redirects to {outcome.to}"
    return WORDS[outcome]


def _confirmed(decision: Ring | Dial) -> str:
    return "; whoever answers has to press 1" if decision.confirm else ""


def _supposed(text: str, config: Config) -> tuple[str, Outcome | Redirected]:
    user, _, word = text.partition("=")
    if user not in config.users:
        number = None if config.outside is None else config.outside.normalise(user)
        if number is None:
            fail(f"--given {user}: no user has that number", WRONG_USE)
        user = number.e164
    kind, colon, target = word.partition(":")
    if kind == REDIRECT and colon:
        return user, Redirected(target)
    try:
        return user, Outcome(word)
    except ValueError:
        known = ", ".join(reversed(Outcome))
        fail(f"--given {text}: write it like 101=busy; known are {known}", WRONG_USE)
