"""Public holidays of countries, from the package `holidays` (CAL-4).

It is asked in a process of its own: it brings 16 MB along, for what is a few hundred days.
"""

import functools
import json
import subprocess
import sys
from collections.abc import Mapping

from softswitch.config.problems import Wrong, quoted

YEARS = range(2020, 2051)
"""Rules of later years may be others; `softswitch calendar` says when the days run out."""

MAX_SECONDS = 30.0
"""It takes half a second."""

_ASK = """\
import json, sys
import holidays
country, province, first, last = sys.argv[1:]
known = holidays.list_supported_countries()
provinces = known.get(country)
if provinces is None or (province and province not in provinces):
    near = sorted(known) if provinces is None else provinces
    print(json.dumps({"known": near}))
else:
    years = range(int(first), int(last))
    days = holidays.country_holidays(country, subdiv=province or None, years=years)
    print(json.dumps({"days": {day.toordinal(): name for day, name in days.items()}}))
"""


@functools.cache
def public_days(country: str, province: str) -> Mapping[int, str]:
    """Days, counted from the year 1, and their names. Raises Wrong when there is no such country
    or province."""
    bounds = (str(YEARS.start), str(YEARS.stop))
    answer = subprocess.run(
        [sys.executable, "-c", _ASK, country, province, *bounds],
        capture_output=True,
        timeout=MAX_SECONDS,
        check=False,
    )
    if answer.returncode != 0:
        raise Wrong(f"the holidays of {quoted(country)} cannot be told: is `holidays` installed?")
    told = json.loads(answer.stdout)
    if "known" in told:
        what = f"province {province} of {country}" if province else country
        hint = f"known are {', '.join(told['known'])}" if province else "two letters, such as PL"
        raise Wrong(f"no holidays are known for {what}", hint)
    return {int(day): name for day, name in told["days"].items()}
