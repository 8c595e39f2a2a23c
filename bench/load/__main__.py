"""Measure a switch, ours or another: `python -m bench.load SWITCH`.

python -m bench.load ours|asterisk|kamailio     started for it, on core 0
python -m bench.load 127.0.0.1:5060 --pid 4711  one that runs already
python -m bench.load setup asterisk|kamailio    install it, in a folder of its own
python -m bench.load report FILE…               tables of what --out has kept
"""

import json
import os
import shutil
import sys
import tempfile
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from functools import partial
from importlib import import_module
from pathlib import Path

from bench import script
from bench.load import latency, media, memory, rates, voicemail
from bench.load.peers.chroot import PeerMissing, default_root, set_up
from bench.load.plan import Plan, add_options, plan_of
from bench.load.report import NotAResult, report, rows_in
from bench.load.sound import SoundFailed
from bench.load.target import PEERS, NoTarget, Target, target_of
from bench.load.voicemail import NoVoicemail
from bench.load.window import Row
from bench.rates import numbers
from bench.sipp import CORE

Measure = Callable[[Target, Plan], Iterator[Row]]
MEASURES: dict[str, Measure] = {
    "memory": memory.measure,
    "register": partial(rates.measure, "register"),
    "calls": partial(rates.measure, "calls"),
    "latency": latency.measure,
    "media": media.measure,
    "voicemail": voicemail.measure,
}


def main() -> None:
    """What the command line asks for."""
    commands = {"setup": _set_up, "report": _report}
    first = sys.argv[1] if len(sys.argv) > 1 else ""
    if first in commands:
        commands[first](sys.argv[2:])
    else:
        _measure(sys.argv[1:])


def _measure(arguments: list[str]) -> None:
    options = _measure_options(arguments)
    plan = plan_of(options)
    if shutil.which("sipp") is None:
        sys.exit("cannot measure: sipp is missing (apt install sip-tester)")
    os.sched_setaffinity(0, {CORE})
    name = options.name or options.switch
    rows: list[Row] = []
    try:
        with (
            _alone(),
            target_of(options.switch, options.pid, options.root, options.spool) as target,
        ):
            for test in plan.only:
                for row in _rows(test, target, plan):
                    rows.append({"switch": name, **row})
                    _keep(rows[-1], options.out)
    except (NoTarget, PeerMissing, SoundFailed) as error:
        sys.exit(f"cannot measure: {error}")
    finally:
        if rows:
            print(report(rows))


def _measure_options(arguments: list[str]) -> Namespace:
    about = RawDescriptionHelpFormatter
    parser = ArgumentParser("python -m bench.load", description=__doc__, formatter_class=about)
    parser.add_argument("switch", help="ours, asterisk, kamailio, or HOST:PORT")
    parser.add_argument("--pid", type=numbers, default=[], help="of a switch that runs already")
    parser.add_argument("--name", help="in the tables")
    parser.add_argument("--root", type=Path, default=default_root(), help="where peers live")
    parser.add_argument("--spool", type=Path, help="where voicemail messages become WAV files")
    parser.add_argument("--out", type=Path, help="add lines of JSON to this file")
    add_options(parser)
    return parser.parse_args(arguments)


def _rows(test: str, target: Target, plan: Plan) -> Iterator[Row]:
    try:
        yield from MEASURES[test](target, plan)
    except NoVoicemail as error:
        print(f"no voicemail: {error}", file=sys.stderr)


def _keep(row: Row, file: Path | None) -> None:
    text = json.dumps(row)
    print(text, file=sys.stderr)
    if file:
        with file.open("a") as out:
            out.write(f"{text}\n")


@contextmanager
def _alone() -> Iterator[None]:
    """Two at once would measure each other: the second one waits."""
    with (Path(tempfile.gettempdir()) / "bench-load.lock").open("w") as file:
        flock(file, LOCK_EX)
        yield


def _set_up(arguments: list[str]) -> None:
    parser = ArgumentParser("python -m bench.load setup")
    parser.add_argument("peer", choices=list(PEERS))
    parser.add_argument("--root", type=Path, default=default_root())
    options = parser.parse_args(arguments)
    packages = import_module(f"bench.load.peers.{options.peer}").PACKAGES
    try:
        set_up(options.root, packages)
    except PeerMissing as error:
        sys.exit(f"cannot set up {options.peer}: {error}")


def _report(arguments: list[str]) -> None:
    parser = ArgumentParser("python -m bench.load report")
    parser.add_argument("files", nargs="+", type=Path)
    try:
        files = parser.parse_args(arguments).files
        print(report([row for file in files for row in rows_in(file.read_text())]))
    except (OSError, NotAResult) as error:
        sys.exit(f"cannot report: {error}")


if __name__ == "__main__":
    script.run(main)
