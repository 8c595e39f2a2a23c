"""Messages as browsers play them."""

import asyncio
import io
from typing import BinaryIO

import pytest

from softswitch.jobs.client import JobFailed
from softswitch.web import sounds
from softswitch.web.sounds import MOST_WAITING, Sounds, TooBusy


class Encoder:
    def __init__(self, octets: int = 10) -> None:
        self.asked: list[str] = []
        self.octets = octets
        self.fails = False

    async def mp3(self, path: str, kilobits: int) -> bytes:
        self.asked.append(path)
        await asyncio.sleep(0)
        if self.fails:
            raise JobFailed("no encoder")
        return b"x" * self.octets


def read(path: str) -> BinaryIO:
    if path == "missing":
        raise FileNotFoundError(path)
    return io.BytesIO(b"RIFF")


def test_a_sound_is_made_once_however_often_it_is_asked_for() -> None:  # VM-21
    encoder = Encoder()

    async def main() -> None:
        kept = Sounds(encoder.mp3, read)
        found = await asyncio.gather(*(kept.of("a", 16) for _ in range(5)))
        assert {one.kind for one in found} == {"audio/mpeg"}
        assert (await kept.of("a", 16)).suffix == "mp3"

    asyncio.run(main())
    assert encoder.asked == ["a"]


def test_what_was_not_asked_for_lately_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sounds, "LARGEST", 25)
    encoder = Encoder()

    async def main() -> None:
        kept = Sounds(encoder.mp3, read)
        for path in ("a", "b", "a", "c", "a", "b"):
            await kept.of(path, 16)

    asyncio.run(main())
    assert encoder.asked == ["a", "b", "c", "b"]


def test_a_sound_that_is_too_large_to_keep_is_played_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sounds, "LARGEST", 5)
    encoder = Encoder()

    async def main() -> None:
        kept = Sounds(encoder.mp3, read)
        assert len((await kept.of("a", 16)).data) == 10
        assert len((await kept.of("a", 16)).data) == 10

    asyncio.run(main())
    assert encoder.asked == ["a", "a"]


def test_without_an_encoder_the_file_itself_is_played() -> None:
    encoder = Encoder()
    encoder.fails = True

    async def main() -> None:
        kept = Sounds(encoder.mp3, read)
        assert await kept.of("a", 16) == (b"RIFF", "audio/wav", "wav")
        with pytest.raises(FileNotFoundError):
            await kept.of("missing", 16)

    asyncio.run(main())


def test_too_many_at_once_are_sent_away() -> None:
    encoder = Encoder()

    async def main() -> None:
        kept = Sounds(encoder.mp3, read)
        asked = [kept.of(str(number), 16) for number in range(MOST_WAITING + 3)]
        found = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(one) for one in found].count(TooBusy) == 3
        await kept.of("later", 16)

    asyncio.run(main())
