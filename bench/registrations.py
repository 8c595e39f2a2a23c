"""CPU per registration, and registrations per second: `python -m bench.registrations`.

A registration is REGISTER, 401, REGISTER with the answer, 200; the phones are known already, as
nearly always. The switch has core 0, the load core 1. `--quick` gives a first look;
bench/README.md tells how to read the table.
"""

from bench.phones import Phones
from bench.rates import Bench, Unit, options_parser
from bench.script import parsed, run

REGISTRATION = Unit("registration", Phones.register, 0.3)


LEAST_SEARCHED = 100
"""Extensions, for a search: more than a few REGISTERs of one user at once are refused (503), and
ten users would meet that before the switch has reached its highest rate."""


def main() -> None:
    """Measure, and print the table."""
    parser = options_parser(__doc__ or "", "200,500,1000")
    options = parsed(parser, extensions=[100], rates=[500], seconds=2.0, search_seconds=8.0)
    Bench(REGISTRATION, options).main(least_searched=LEAST_SEARCHED)


if __name__ == "__main__":
    run(main)
