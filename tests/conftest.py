"""For every test: in CI, Hypothesis tries the same examples each time.

A run that fails there must fail here too; fresh examples are for everybody's own machine.
"""

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True, print_blob=True)
if os.environ.get("CI"):
    settings.load_profile("ci")
