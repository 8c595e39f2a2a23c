"""Keys that are in memory stay there: no core file of this process shows them."""

import resource
from contextlib import suppress
from pathlib import Path

FILTER = Path("/proc/self/coredump_filter")
NO_MEMORY = "0"
"""None of the kinds of memory that the kernel could write into a core file."""


def keep_memory_private(dumped: Path = FILTER) -> None:
    """Write no core file; and should the kernel hand one to a program, nothing of our memory.

    The limit alone does not hold for programs that collect core files (core(5)).
    """
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    with suppress(OSError):
        dumped.write_text(NO_MEMORY)
