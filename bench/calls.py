"""CPU per authenticated call, and calls per second: `python -m bench.calls`.

A call is INVITE, 401, ACK, INVITE with the answer, 100, 180, 200, ACK, BYE, 200 on both legs,
without media but with its ports. The switch has core 0, the load core 1. `--quick` gives a first
look; bench/README.md tells how to read the table.
"""

from bench.phones import TALK, Phones
from bench.rates import Bench, Unit, options_parser
from bench.script import parsed, run

CALL = Unit("call", Phones.call, TALK + 0.5)


def main() -> None:
    """Measure, and print the table."""
    parser = options_parser(__doc__ or "", "50,200,400")
    parser.add_argument("--calls-up", type=int, default=500, help="for one row more; 0: none")
    options = parsed(
        parser, extensions=[10], rates=[200], calls_up=0, seconds=2.0, search_seconds=8.0
    )
    Bench(CALL, options).main(options.calls_up)


if __name__ == "__main__":
    run(main)
