"""What is to be measured, and what counts as sustained: the options of the command line, typed."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass, fields

from bench.rates import DISTURBED, MAX_FAILED, MAX_LATE, numbers

MEASUREMENTS = ("memory", "register", "calls", "latency", "media", "voicemail")
"""In this order: memory wants a fresh switch."""


@dataclass(frozen=True)
class Plan:
    """The numbers of a comparison. Rates are per second."""

    only: tuple[str, ...] = MEASUREMENTS
    runs: int = 3
    retries: int = 3
    """Runs more at most, for those that others have disturbed."""
    seconds: float = 10.0
    search_seconds: float = 90.0
    """For each highest rate; 0: do not search."""
    registrations: tuple[int, ...] = (200, 500)
    calls: tuple[int, ...] = (50, 200)
    setups: int = 10
    """The rate at which set-up latency is measured: a light load."""
    media_calls: tuple[int, ...] = (100, 200)
    deposits: int = 50
    message_seconds: float = 10.0
    memory_calls: int = 100
    max_p99_ms: float = 1000.0
    max_delay_ms: float = 20.0
    max_loss: float = 0.001
    max_foreign: float = DISTURBED

    def rate_passed(self, wanted: int, succeeded: int, sending: float, p99_ms: float) -> bool:
        """Whether a rate was sustained. `sending`: seconds it took, of the seconds it should."""
        return (
            succeeded >= wanted * (1 - MAX_FAILED)
            and sending <= 1 + MAX_LATE
            and p99_ms <= self.max_p99_ms
        )

    def media_passed(self, *, loss: float, delay_p99_ms: float, silent: int, wrong: int) -> bool:
        """Whether so many calls were carried. Without the rule on delay, a switch that has too much
        to do would fill its sockets for seconds before it loses a packet."""
        carried = loss < self.max_loss and delay_p99_ms <= self.max_delay_ms
        return carried and not silent and not wrong


QUICK = Plan(
    runs=1,
    retries=0,
    seconds=4.0,
    search_seconds=0.0,
    registrations=(200,),
    calls=(50,),
    media_calls=(50,),
    deposits=10,
    message_seconds=4.0,
    memory_calls=50,
)
"""A first look."""

HELP = {
    "only": "of " + ",".join(MEASUREMENTS),
    "runs": "undisturbed windows of each measurement",
    "retries": "windows more, for those that were disturbed",
    "seconds": "of load per window",
    "search_seconds": "for each highest rate; 0: no search",
    "registrations": "rates per second",
    "calls": "rates per second, without media",
    "setups": "rate at which set-up latency is measured",
    "media_calls": "calls with media at once, rising",
    "deposits": "voicemail messages at once; 0: none",
    "message_seconds": "length of a voicemail message",
    "memory_calls": "calls up while memory is measured, and as many more",
    "max_p99_ms": "set-up time at which a rate counts as too high",
    "max_delay_ms": "p99 of added delay at which there are too many calls",
    "max_loss": "share of packets that may be lost",
    "max_foreign": "share of a core that others may have undisturbed",
}


def add_options(parser: ArgumentParser) -> None:
    """An option for each number, and --quick, which changes their defaults."""
    parser.add_argument("--quick", action="store_true", help="a first look in a minute")
    for field in fields(Plan):
        default = getattr(Plan, field.name)
        kind = _reader_of(default)
        name = "--" + field.name.replace("_", "-")
        parser.add_argument(name, type=kind, help=f"{HELP[field.name]} ({_shown(default)})")


def plan_of(options: Namespace) -> Plan:
    """What was asked for, over the defaults."""
    start = QUICK if options.quick else Plan()
    asked = {field.name: getattr(options, field.name) for field in fields(Plan)}
    said = {name: value for name, value in asked.items() if value is not None}
    return Plan(**(vars(start) | said))


def _reader_of(default: object) -> Callable[[str], object]:
    """What makes a value like the default of a text."""
    if isinstance(default, tuple):
        return _names if isinstance(default[0], str) else _rates
    return int if isinstance(default, int) else float


def _rates(text: str) -> tuple[int, ...]:
    return tuple(numbers(text))


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if not set(names) <= set(MEASUREMENTS):
        raise ValueError(text)
    return names


def _shown(default: object) -> str:
    return ",".join(map(str, default)) if isinstance(default, tuple) else str(default)
