"""Blobs in a folder."""

import asyncio
from pathlib import Path

import pytest

from softswitch.blobs import BlobError, FolderBlobStore


@pytest.fixture
def store(tmp_path: Path) -> FolderBlobStore:
    return FolderBlobStore(tmp_path / "audio")


def files(tmp_path: Path) -> list[Path]:
    return [path for path in tmp_path.rglob("*") if path.is_file()]


def test_what_is_put_comes_back_under_an_id_of_its_own(
    store: FolderBlobStore, tmp_path: Path
) -> None:
    async def main() -> None:
        one, two = await store.put(b"one"), await store.put(b"")
        assert one != two
        assert await store.get(one) == b"one"
        assert await store.get(two) == b""

    asyncio.run(main())
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in files(tmp_path))


def test_what_is_deleted_is_gone_and_may_be_deleted_again(store: FolderBlobStore) -> None:
    async def main() -> None:
        blob_id = await store.put(b"one")
        await store.delete(blob_id)
        await store.delete(blob_id)
        with pytest.raises(BlobError, match="No such file"):
            await store.get(blob_id)

    asyncio.run(main())


@pytest.mark.parametrize(
    "blob_id",
    [
        "",
        "../../etc/passwd",
        "a" * 31,
        "a" * 33,
        "A" * 32,
        "/" + "a" * 31,
        "a" * 32 + "\n",
        "٣" * 32,
    ],
)
def test_no_id_leads_out_of_the_folder(store: FolderBlobStore, blob_id: str) -> None:
    for use in (store.get, store.delete):
        with pytest.raises(BlobError, match="not the id"):
            asyncio.run(use(blob_id))


def test_a_disk_that_refuses_leaves_nothing_half_written(tmp_path: Path) -> None:
    (tmp_path / "audio").write_text("a file, not a folder")
    store = FolderBlobStore(tmp_path / "audio")
    with pytest.raises(BlobError, match="audio"):
        asyncio.run(store.put(b"one"))
    with pytest.raises(BlobError, match="audio"):
        asyncio.run(store.delete("a" * 32))
    assert files(tmp_path) == [tmp_path / "audio"]


def test_what_a_crash_left_half_written_is_cleared_and_nothing_else(
    store: FolderBlobStore, tmp_path: Path
) -> None:
    async def main() -> None:
        blob_id = await store.put(b"one")
        half = tmp_path / "audio" / blob_id[:2] / f"{'b' * 32}.part"
        half.write_bytes(b"ha")
        assert await store.clear_unfinished() == 1
        assert await store.clear_unfinished() == 0
        assert await store.get(blob_id) == b"one"

    asyncio.run(main())
