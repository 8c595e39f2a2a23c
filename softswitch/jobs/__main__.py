"""`python -m softswitch.jobs`: a path and kbit/s a line come in, the sound as MP3 goes out.

An answer is a line of JSON, {"octets": 4711} with so many octets behind it, or {"error": "why"}.
The process ends when its input does: nothing is left behind by a switch that is gone.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import BinaryIO

NICENESS = 10
"""Calls come first."""


def main() -> None:
    """Work until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the switch, which ends us
    os.nice(NICENESS)
    serve(sys.stdin.buffer, sys.stdout.buffer)


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer every request, one after the other."""
    for line in requests:
        data = b""
        try:
            from softswitch.jobs.mp3 import encoded

            path, kilobits = json.loads(line)
            data = encoded(path, kilobits)
            head = json.dumps({"octets": len(data)})
        except Exception as error:  # whatever is wrong with one file, the next may be fine
            head = json.dumps({"error": f"{type(error).__name__}: {error}"})
        answers.write(head.encode() + b"\n" + data)
        answers.flush()


if __name__ == "__main__":
    main()
