"""Where the external test material lies: `../shared/corpora` beside the project.

It is not part of a clone. Without it those tests are skipped with the reason, but never in CI.
"""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2].parent / "shared" / "corpora"


def corpora(name: str) -> Path:
    """The folder of that corpus. Skips the calling test (or module) when it is not there."""
    folder = ROOT / name
    if not folder.is_dir():
        reason = f"no corpus {name!r} in ../shared/corpora beside the project"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason, allow_module_level=True)
    return folder


def corpus_files(name: str, pattern: str) -> list[str]:
    """File names of a corpus, for parametrising; none when it is not there.

    The test then calls `corpora` itself, and so reports why it has nothing to do.
    """
    return sorted(path.name for path in (ROOT / name).glob(pattern)) or ["(no corpus)"]
