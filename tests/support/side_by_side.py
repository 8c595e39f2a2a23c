"""Run pytest twice side by side; together they run every test once.

    python -m tests.support.side_by_side pytest -q tests
    python -m tests.support.side_by_side coverage run --parallel-mode -m pytest -q tests
    python -m tests.support.side_by_side --apart tests/media,tests/mailbox pytest -q

Each takes the next file that the other has not begun (tests/support/sharing.py), which divides the
time well. With `--apart` one takes these folders and the other all else: each reads only its own
files, which is better where reading them is a good part of the work.

What the first says is seen at once, what the other says when both are done. Exits with 0 only if
both did.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence


def main(words: Sequence[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="tests-") as begun, tempfile.TemporaryFile() as kept:
        first, second = _commands(words, begun)
        other = subprocess.Popen(second, stdin=subprocess.DEVNULL, stdout=kept, stderr=kept)
        # Ctrl-C reaches both; then each tells what it had found so far.
        codes = [_wait(subprocess.Popen(first)), _wait(other)]
        kept.seek(0)
        sys.stdout.buffer.write(kept.read())
        sys.stdout.buffer.flush()
    return max(map(abs, codes))


def _commands(words: Sequence[str], begun: str) -> tuple[list[str], list[str]]:
    module = [sys.executable, "-m"]
    if words[0] == "--apart":
        folders, command = words[1].split(","), [*module, *words[2:]]
        return [*command, *folders], [*command, *(f"--ignore={folder}" for folder in folders)]
    command = [*module, *words, "-p", "tests.support.sharing", f"--shared={begun}"]
    return command, command


def _wait(process: subprocess.Popen[bytes]) -> int:
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
