import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from softswitch.media.engine import secrecy
from softswitch.media.engine.secrecy import keep_memory_private

DYING = """
import os, signal
from softswitch.media.engine.secrecy import FILTER, keep_memory_private
keep_memory_private()
print(FILTER.read_text(), flush=True)
os.kill(os.getpid(), signal.SIGSEGV)
"""


@pytest.mark.process
def test_a_process_that_crashes_leaves_nothing_behind(tmp_path: Path) -> None:
    dead = subprocess.run(
        [sys.executable, "-c", DYING],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        stdout=subprocess.PIPE,
        check=False,
    )
    assert dead.returncode == -signal.SIGSEGV
    assert int(dead.stdout, 16) == 0
    assert [*tmp_path.iterdir()] == []


def test_where_the_kernel_has_no_filter_the_limit_holds(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_CORE)
    try:
        keep_memory_private(tmp_path / "missing" / "filter")
        assert resource.getrlimit(resource.RLIMIT_CORE) == (0, before[1])
        keep_memory_private(tmp_path / "filter")
        assert (tmp_path / "filter").read_text() == secrecy.NO_MEMORY
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
