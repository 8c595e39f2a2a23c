"""Run pytest twice side by side; together they run every test once.

    python -m tests.support.side_by_side pytest -q tests
    python -m tests.support.side_by_side coverage run --parallel-mode -m pytest -q tests
    python -m tests.support.side_by_side --in-memory --apart tests/media,tests/mailbox pytest -q

Each takes the next file that the other has not begun (tests/support/sharing.py), which divides the
time well. With `--apart` one takes these folders and the other all else: each reads only its own
files, which is better where reading them is a good part of the work.

With `--in-memory` what the tests write lies in memory where the machine lets it, and is gone in
the end: making a folder for each test takes a disk longer than many a test takes. To see the files
of one that fails, run it alone.

What the first says is seen at once, what the other says when both are done. Exits with 0 only if
both did.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence

MEMORY = "/dev/shm"
ROOM = 256 * 1024 * 1024
"""Octets; all tests of a run write a tenth of that."""


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--apart", metavar="FOLDER,...", help="what the first runs and no other")
    parser.add_argument("--in-memory", action="store_true", help="write to memory, not to a disk")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    wanted = parser.parse_args(words)
    memory = _memory() if wanted.in_memory else None
    folder = tempfile.TemporaryDirectory(prefix="tests-", dir=memory)
    with folder as own, tempfile.TemporaryFile() as kept:
        first, second = _commands(wanted.command, wanted.apart, own)
        if memory is not None:
            first, second = [*first, f"--basetemp={own}/1"], [*second, f"--basetemp={own}/2"]
        other = subprocess.Popen(second, stdin=subprocess.DEVNULL, stdout=kept, stderr=kept)
        # Ctrl-C reaches both; then each tells what it had found so far.
        codes = [_wait(subprocess.Popen(first)), _wait(other)]
        kept.seek(0)
        sys.stdout.buffer.write(kept.read())
        sys.stdout.buffer.flush()
    return max(map(abs, codes))


def _memory() -> str | None:
    """Where files lie in memory. Containers often have little room there, or run no programs."""
    try:
        place = os.statvfs(MEMORY)
    except OSError:
        return None
    fits = place.f_bavail * place.f_frsize >= ROOM and not place.f_flag & os.ST_NOEXEC
    return MEMORY if fits and os.access(MEMORY, os.W_OK) else None


def _commands(words: list[str], apart: str | None, begun: str) -> tuple[list[str], list[str]]:
    command = [sys.executable, "-m", *words]
    if apart is not None:
        folders = apart.split(",")
        return [*command, *folders], [*command, *(f"--ignore={folder}" for folder in folders)]
    command += ["-p", "tests.support.sharing", f"--shared={begun}"]
    return command, command


def _wait(process: subprocess.Popen[bytes]) -> int:
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
