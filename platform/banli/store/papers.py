"""Papers: the PDFs that editions show, by the SHA-256 of their bytes, for ever. Public texts; they are not sealed."""

from __future__ import annotations

import hashlib

from .errors import Missing, StoreError
from .shelf import Shelf


class Papers(Shelf):
    async def put_paper(self, content: bytes) -> str:
        """Keeps the file and gives its digest. What is there already stays as it is."""
        digest = hashlib.sha256(content).hexdigest()
        if await self.paper(digest) is None:
            await self.blobs.put(_path(digest), content)
        return digest

    async def paper(self, digest: str) -> bytes | None:
        """The file with this digest; None when it was never kept here. Raises StoreError for one that was changed."""
        try:
            content = await self.blobs.get(_path(digest))
        except Missing:
            return None
        if hashlib.sha256(content).hexdigest() != digest:
            raise StoreError(f"The paper {digest} is not what was kept.")
        return content


def _path(digest: str) -> str:
    return f"papers/{digest}.pdf"
