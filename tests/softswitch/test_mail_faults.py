"""Mails survive every fault of a mail server (reliability G24), in small."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).parent.parent.parent
MESSAGES = "100"


def test_no_mail_is_lost_and_none_comes_twice() -> None:  # G24, ML-2
    command = [sys.executable, "-m", "tests.acceptance.mail_faults", MESSAGES]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 lost, " in done.stdout
