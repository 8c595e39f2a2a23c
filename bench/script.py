"""What every script does at its start and end."""

import os
import signal
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from types import FrameType

from bench import sipp, switch
from bench.accounting import ProcessEnded
from bench.phones import LoadFailed


def run(main: Callable[[], None]) -> None:
    """Run a script; whatever ends it, what it has started ends with it."""
    if not {switch.CORE, sipp.CORE} <= os.sched_getaffinity(0):
        sys.exit("this needs two cores: one for the switch, one for the load")
    signal.signal(signal.SIGTERM, _terminated)
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("interrupted")
    except (LoadFailed, ProcessEnded, switch.DidNotStart) as error:
        sys.exit(f"cannot measure: {error}")


def parsed(parser: ArgumentParser, **quick: object) -> Namespace:
    """The options; what `--quick` means is the default then."""
    options = parser.parse_args()
    if options.quick:
        parser.set_defaults(**quick)
        options = parser.parse_args()
    return options


def _terminated(_number: int, _frame: FrameType | None) -> None:
    sys.exit("terminated")
