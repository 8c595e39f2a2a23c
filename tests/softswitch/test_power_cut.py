"""Power may go at any moment (reliability G22)."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).parent.parent.parent


def test_whatever_a_power_cut_leaves_no_acknowledged_message_is_lost() -> None:  # G22, VM-6, ML-2
    command = [sys.executable, "-m", "tests.acceptance.power_cut"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
