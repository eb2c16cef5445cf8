"""Photos and documents: kept sealed, given back whole, and gone when nobody needs them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from banli.store import Store, StoreError, Tampered
from banli.store.files import MOST
from store_kit import client_of, started


async def kept(store: Store, case, slot: str = "id_front", content: bytes = b"picture" * 1000, name: str = "照片.jpg"):
    staged = await store.stage_file(case, slot, "image/jpeg", content, name)
    async with store.transaction() as tx:
        return await tx.add_file(case, staged)


async def test_a_photo_comes_back_as_it_was_sent(store: Store, tmp_path: Path) -> None:
    case = await started(store)
    file = await kept(store, case)
    assert await store.file(case.id, file.id) == (file, b"picture" * 1000)
    assert (file.slot, file.media_type, file.size, file.name) == ("id_front", "image/jpeg", 7000, "照片.jpg")
    blobs = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert len(blobs) == 1 and b"picture" not in blobs[0].read_bytes()


async def test_the_photos_of_a_case_are_listed_by_slot(store: Store, clock) -> None:
    case = await started(store)
    front = await kept(store, case)
    clock.forward(seconds=1)
    back = await kept(store, case, "id_back")
    clock.forward(seconds=1)
    again = await kept(store, case, "id_front", b"another")
    assert await store.files_of(case.id) == [front, back, again]
    assert await store.files_of(case.id, "id_front") == [front, again]


async def test_nobody_gets_the_photo_of_another_case(store: Store) -> None:
    mine, theirs = await started(store), await started(store, client=client_of(store, "other"))
    file = await kept(store, theirs)
    assert await store.file(mine.id, file.id) is None
    staged = await store.stage_file(theirs, "id_front", "image/png", b"x")
    with pytest.raises(ValueError, match="not staged for this case"):
        async with store.transaction() as tx:
            await tx.add_file(mine, staged)


async def test_a_photo_may_have_20_mb(store: Store) -> None:
    case = await started(store)
    with pytest.raises(ValueError, match=f"{MOST} bytes"):
        await store.stage_file(case, "id_front", "image/png", bytes(MOST + 1))


async def test_a_changed_or_swapped_photo_is_told(store: Store, tmp_path: Path) -> None:
    case = await started(store)
    one, two = await kept(store, case), await kept(store, case, "id_back", b"back")
    blob_one, blob_two = (tmp_path / "blobs" / "cases" / case.id / file.id for file in (one, two))
    blob_two.write_bytes(blob_one.read_bytes())
    with pytest.raises(Tampered):
        await store.file(case.id, two.id)
    changed = bytearray(blob_one.read_bytes())
    changed[100] ^= 1
    blob_one.write_bytes(bytes(changed))
    with pytest.raises(Tampered):
        await store.file(case.id, one.id)
    blob_one.unlink()
    with pytest.raises(StoreError, match="is missing"):
        await store.file(case.id, one.id)


async def test_what_was_uploaded_and_never_saved_is_swept(store: Store, clock, tmp_path: Path) -> None:
    clock.now = datetime.now(UTC)  # files carry the machine's time
    case = await started(store)
    saved = await kept(store, case)
    dropped = await kept(store, case, "id_back")
    async with store.transaction() as tx:
        assert await tx.drop_file(case.id, dropped.id) is True
        assert await tx.drop_file(case.id, dropped.id) is False
    await store.stage_file(case, "id_front", "image/png", b"never saved")
    assert await store.sweep_files() == 0  # young content may still be on its way
    clock.forward(days=2)
    assert await store.sweep_files(timedelta(days=1)) == 2
    assert await store.files_of(case.id) == [saved]
    assert await store.file(case.id, saved.id) is not None
    assert await store.file(case.id, dropped.id) is None
