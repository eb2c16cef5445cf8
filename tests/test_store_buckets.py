"""Photos in a bucket: kept, swept and given back as in a folder; a bucket that is away is told soon, and nothing is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from banli.store import Busy, Missing, Store
from bucket import CUT, Bucket, bucket
from store_fixtures import MovableClock
from store_kit import started


@pytest.fixture
def away() -> Iterator[Bucket]:
    with bucket("sample-files") as server:
        yield server


@pytest.fixture
async def store(
    sqlite_url: str, away: Bucket, keys_path: Path, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Store]:
    for name, value in away.settings.items():
        monkeypatch.setenv(name, value)
    opened = await Store.open(sqlite_url, "s3://sample-files/banli", keys_path, clock)
    yield opened
    await opened.close()


async def test_a_photo_in_a_bucket_comes_back_and_is_sealed_there(store: Store, away: Bucket) -> None:
    case = await started(store)
    staged = await store.stage_file(case, "id_front", "image/jpeg", b"picture" * 1000, "照片.jpg")
    async with store.transaction() as tx:
        file = await tx.add_file(case, staged)
    assert await store.file(case.id, file.id) == (file, b"picture" * 1000)
    assert [(key, b"picture" in content) for key, (content, _) in away.kept.items()] == [
        (f"banli/cases/{case.id}/{file.id}", False)
    ]
    away.kept.clear()
    with pytest.raises(Missing, match=f"The blob cases/{case.id}/{file.id} is missing"):
        await store.file(case.id, file.id)


async def test_what_was_never_saved_is_swept_from_the_bucket(store: Store, away: Bucket, clock: MovableClock) -> None:
    case = await started(store)
    orphan = await store.stage_file(case, "id_front", "image/jpeg", b"never saved")
    kept = await store.stage_file(case, "id_back", "image/jpeg", b"saved")
    async with store.transaction() as tx:
        await tx.add_file(case, kept)
    clock.now = datetime.now(UTC) + timedelta(days=2)  # the bucket carries the machine's time
    assert await store.sweep_files() == 1
    assert sorted(away.kept) == [f"banli/cases/{case.id}/{kept.id}"]
    assert orphan.id not in str(away.kept)


@pytest.mark.parametrize("refused", [(503, "SlowDown"), (403, "AccessDenied"), CUT], ids=["busy", "key withdrawn", "cut"])
async def test_a_bucket_that_is_away_is_told_and_taken_up_again(store: Store, away: Bucket, refused: tuple[int, str]) -> None:
    case = await started(store)
    staged = await store.stage_file(case, "id_front", "image/jpeg", b"here")
    async with store.transaction() as tx:
        file = await tx.add_file(case, staged)
    away.refuses = refused
    for failing in (store.file(case.id, file.id), store.stage_file(case, "id_back", "image/png", b"x"), store.ping()):
        with pytest.raises(Busy, match="The files cannot be reached"):
            await failing
    assert len(away.asked) <= 1 + 3 * 4, "tried a few times, not for minutes"
    away.refuses = None
    assert await store.file(case.id, file.id) == (file, b"here")
