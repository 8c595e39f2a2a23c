"""What tests of the io_uring backend share."""

import pytest

from tests.media.engine.driver import refused

needs_io_uring = pytest.mark.skipif(bool(refused()), reason=f"NOT TESTED: {refused()}")
