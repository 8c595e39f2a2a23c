"""The process as the switch sees it: it answers, refuses, hangs, dies, and is there again."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from softswitch.jobs.client import JobFailed, Jobs
from tests.support.audio import write_tone

pytestmark = pytest.mark.process

DIES = "import sys; sys.stdin.readline()"
HANGS = "import time; time.sleep(60)"
TALKS_NONSENSE = "print('nonsense', flush=True); input()"
ANSWERS_ONCE = """\
import sys
sys.stdin.readline()
print('{"octets": 2}\\nok', end="", flush=True)
"""


def asks(script: str, count: int = 1, patience: float = 20.0) -> list[bytes | str]:
    """What comes back; text is why nothing did."""

    async def main() -> list[bytes | str]:
        jobs = Jobs((sys.executable, "-S", "-c", script), patience)
        answers: list[bytes | str] = []
        for _ in range(count):
            try:
                answers.append(await jobs.mp3("a.wav", 16))
            except JobFailed as error:
                answers.append(str(error))
        await jobs.close()
        return answers

    return asyncio.run(main())


def test_a_file_becomes_mp3_in_the_real_process(tmp_path: Path) -> None:
    async def main(files: Sequence[Path]) -> list[bytes | BaseException]:
        jobs = Jobs()
        # At once: they are done one after the other.
        done = await asyncio.gather(
            *(jobs.mp3(str(file), 16) for file in files), return_exceptions=True
        )
        await jobs.close()
        return list(done)

    file = write_tone(tmp_path / "a.wav", 500.0, 0.3)
    one, missing, other = asyncio.run(main([file, tmp_path / "b.wav", file]))
    assert isinstance(one, bytes)
    assert one == other
    assert isinstance(missing, JobFailed)
    assert "LibsndfileError" in str(missing)


@pytest.mark.parametrize("script", [DIES, TALKS_NONSENSE])
def test_a_process_that_is_of_no_use_is_a_clear_failure(script: str) -> None:
    assert [str(answer)[:19] for answer in asks(script)] == ["the process is gone"]


def test_a_process_that_hangs_is_ended() -> None:
    assert asks(HANGS, patience=0.05) == ["no result after 0.05 s"]


def test_a_process_that_is_gone_is_begun_again() -> None:
    first, second, third = asks(ANSWERS_ONCE, 3)
    assert first == b"ok"
    assert b"ok" in (second, third)


def test_whoever_does_not_wait_any_more_leaves_no_process_behind() -> None:
    async def main() -> None:
        jobs = Jobs((sys.executable, "-S", "-c", HANGS))
        waiting = asyncio.get_running_loop().create_task(jobs.mp3("a.wav", 16))
        await asyncio.sleep(0.1)
        process = jobs._process
        assert process is not None
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert process.returncode is not None

    asyncio.run(main())
