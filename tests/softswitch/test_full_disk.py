"""A disk that is full harms nobody (reliability G23), in small."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.interop

ROOT = Path(__file__).parent.parent.parent


def test_whoever_speaks_when_the_disk_is_full_is_told_and_kept() -> None:  # G23, REC-3
    command = [sys.executable, "-m", "tests.acceptance.full_disk", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "MISSED" not in done.stdout
