"""Messages survive the death of the process at any moment (reliability G21), in small."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).parent.parent.parent
KILLS = "25"


def test_no_message_that_was_acknowledged_is_lost() -> None:  # VM-6
    command = [sys.executable, "-m", "tests.acceptance.mailboxes", KILLS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith(" 0 lost\n")
