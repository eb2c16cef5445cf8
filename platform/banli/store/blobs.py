"""Bytes by name, in a local folder or an S3 bucket. What comes in is sealed already."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from .errors import Busy, Missing, StoreError

if TYPE_CHECKING:
    from obstore.store import ObjectStore, RetryConfig

BATCH = 500
PATIENCE: RetryConfig = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}
"""A bucket that does not answer is told soon: a client waits in front of it, and can send the photo once more."""


class Blobs:
    """`file:///abs/folder`, or what obstore knows, such as `s3://bucket/prefix` (keys from the environment)."""

    def __init__(self, url: str) -> None:
        # Takes 30 ms to import and is not needed before the first photo, so it comes late.
        self._url = url
        self._store: ObjectStore | None = None
        parts = urlsplit(url)
        self.folder = Path(unquote(parts.path)) if parts.scheme == "file" else None
        if parts.scheme not in ("file", "s3"):
            raise StoreError(f"There is no blob store kind '{parts.scheme}'. Write file:///folder or s3://bucket/prefix.")

    @property
    def store(self) -> ObjectStore:
        if self._store is None:
            from obstore.store import LocalStore, from_url

            if self.folder is None:
                self._store = from_url(self._url, retry_config=PATIENCE)
            else:
                self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._store = LocalStore(self.folder)
        return self._store

    async def put(self, path: str, content: bytes) -> None:
        """On return the bytes outlive the process, and on a local disk a power cut too. Like all here it raises Busy when the
        folder or the bucket cannot be written or read now (away, full, refused)."""
        with _told():
            await self.store.put_async(path, content)
            if self.folder is not None:
                await asyncio.to_thread(_sync, self.folder / path)

    async def get(self, path: str) -> bytes:
        """Raises Missing when there is nothing by this name."""
        try:
            with _told():
                found = await self.store.get_async(path)
                return bytes(await found.bytes_async())
        except FileNotFoundError:
            raise Missing(f"The blob {path} is missing.") from None

    async def delete(self, paths: Sequence[str]) -> None:
        if paths:
            with _told():
                await self.store.delete_async(list(paths))

    async def older_than(self, prefix: str, before: datetime) -> AsyncIterator[list[str]]:
        """The names under `prefix` that were written before, in batches."""
        batch: list[str] = []
        with _told():
            async for found in self.store.list(prefix, chunk_size=BATCH):
                batch.extend(meta["path"] for meta in found if meta["last_modified"] < before)
                if len(batch) >= BATCH:
                    yield batch
                    batch = []
        if batch:
            yield batch

    async def ping(self) -> None:
        """Raises when the store does not answer."""
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not os.access(self.folder, os.W_OK):
                raise StoreError(f"The blob folder {self.folder} cannot be written to.")
            return
        with _told():
            async for _ in self.store.list("ping/", chunk_size=1):
                break


@contextmanager
def _told() -> Iterator[None]:
    """The errors of folders and buckets, as ours."""
    from obstore.exceptions import BaseError

    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as problem:
        raise Busy(f"The files cannot be reached: {problem}") from problem


def _sync(path: Path) -> None:
    for name in (path, path.parent):
        handle = os.open(name, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
