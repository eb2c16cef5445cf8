"""The photos of a client's case: taken, shown otherwise, looked at."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from weakref import WeakValueDictionary

from banli.beginnings import CLIENT
from banli.cases import Cases, Look, fields_of
from banli.clients import Visit
from banli.definitions.model import Field
from banli.engine import commands
from banli.errors import Problem
from banli.fields import Raw
from banli.judging import slot_of
from banli.limits import SENDING, UPLOADING, slowed
from banli.pictures import MOST_BYTES
from banli.store import Conflict, FileRow
from banli.uploads import Owner, Room, Upload, Uploads
from banli.views import View, Wish

MOST_FILES, MOST_VIEWS = 60, 180
"""Photos of one case; and of these and the ways in which they are shown, together."""
ROOM = Room(MOST_BYTES, 5 * MOST_BYTES)
_FILE = re.compile("[0-9a-f]{32}")


class Album:
    """What a client does with photos. As in `Cases`, a visit reaches only its own client's cases."""

    def __init__(self, cases: Cases) -> None:
        self.cases, self.store, self._hanging = cases, cases.store, asyncio.Lock()
        self.uploads = Uploads(cases.store)
        self._finishing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def add(self, visit: Visit, number: str, step: str, at: str, content: bytes) -> FileRow | Problem | None:
        """Takes a photo for the field `at`: checked, made anew, sealed. It counts once the page is answered."""
        look = await self.cases.look(visit, number, step)
        asked = _photo_field(look, at) if isinstance(look, Look) else None
        if not isinstance(look, Look) or asked is None:
            return None
        files = await self.store.files_of(look.case.id)
        if sum(View.read(file.name) is None for file in files) >= MOST_FILES or len(files) >= MOST_VIEWS:
            return Problem(at, "too_many_files")
        if problem := await slowed(self.store, UPLOADING, visit.counted):
            return replace(problem, at=at)
        taken = await self.cases.developing.taken(look.held.row, slot_of(step, at), asked, fields_of(look), content)
        if isinstance(taken, Problem):
            return replace(taken, at=at)
        async with self._hanging:
            return await self._hang(visit, number, step, at, taken)

    async def begin(self, visit: Visit, number: str, step: str, at: str, size: int, digest: str) -> Upload | Problem | None:
        """A photo for the field `at` is going to come in parts; what of it has come already. None: nothing to upload there."""
        look = await self.cases.look(visit, number, step)
        if not isinstance(look, Look) or _photo_field(look, at) is None:
            return None
        if problem := await slowed(self.store, SENDING, visit.counted):
            return replace(problem, at=at)
        owner = Owner(look.held.row, slot_of(step, at))
        upload = await self.uploads.begin(owner, size, digest, ROOM)
        if isinstance(upload, Upload) and upload.result and upload.result not in look.raw.get(at, ()):
            await self.uploads.drop(owner, upload.id)
            upload = await self.uploads.begin(owner, size, digest, ROOM)
        return replace(upload, at=at) if isinstance(upload, Problem) else upload

    async def part(
        self, visit: Visit, number: str, step: str, at: str, id: str, part: int, content: bytes, digest: str
    ) -> Upload | Problem | None:
        """One part of it. None: there is no such upload; begin again."""
        held = await self.cases.outcome(visit, number)
        if held is None:
            return None
        if problem := await slowed(self.store, SENDING, visit.counted):
            return replace(problem, at=at)
        return await self.uploads.part(Owner(held.row, slot_of(step, at)), id, part, content, digest)

    async def finish(self, visit: Visit, number: str, step: str, at: str, id: str) -> FileRow | Problem | None:
        """All parts are there: takes the photo as `add` does. A photo that is not taken stays for another try, until the next
        one comes; whoever asks twice gets the same photo. None: not all of it is there; begin again."""
        held = await self.cases.outcome(visit, number)
        if held is None:
            return None
        owner = Owner(held.row, slot_of(step, at))
        async with self._finishing.setdefault(f"{owner.name}.{id}", asyncio.Lock()):
            upload = await self.uploads.state(owner, id)
            if upload is None:
                return None
            if upload.result:
                files = await self.store.files_of(held.case.id)
                return next((file for file in files if file.id == upload.result), None)
            content = await self.uploads.content(owner, upload)
            if content is None:
                await self.uploads.drop(owner, id)
                return None
            taken = await self.add(visit, number, step, at, content)
            if isinstance(taken, FileRow):
                await self.uploads.done(owner, id, taken.id)
            return taken

    async def show_otherwise(
        self, visit: Visit, number: str, step: str, at: str, wish: Wish, raw: Raw | None = None
    ) -> FileRow | Problem | None:
        """Another view of the photo that stands in the field `at`: of the whole original, turned, or along other corners.
        `raw` is what was typed, where the page said so. None: there is no such photo, or no original of it."""
        look = await self.cases.look(visit, number, step)
        if not isinstance(look, Look) or _photo_field(look, at) is None:
            return None
        shown = (look.raw.get(at) or ("",))[0]
        files = await self.store.files_of(look.case.id)
        file = next((one for one in files if one.id == shown and one.slot == slot_of(step, at)), None)
        if file is None:
            return None
        if len(files) >= MOST_VIEWS:
            return Problem(at, "too_many_files")
        if problem := await slowed(self.store, UPLOADING, visit.counted):
            return replace(problem, at=at)
        made = await self.cases.developing.seen_anew(look.held.row, file, wish)
        if made is None or isinstance(made, Problem):
            return replace(made, at=at) if made is not None else None
        async with self._hanging:
            return await self._hang(visit, number, step, at, () if made is file else (made,), raw, made)

    async def _hang(
        self, visit: Visit, number: str, step: str, at: str, staged: Sequence[FileRow], typed: Raw | None = None,
        shown: FileRow | None = None,
    ) -> FileRow | Problem:  # fmt: skip
        """Puts a photo (the last of the files, or the one `shown`) into its field's draft. Taking it lasted a while, so the
        page is looked at again: beside this photo another may have come, or the page may have been answered."""
        look = await self.cases.look(visit, number, step)
        if not isinstance(look, Look):
            return Problem(at, "changed_meanwhile")
        answer = shown or staged[-1]
        raw = {**{name: list(texts) for name, texts in (typed or look.raw).items()}, at: [answer.id]}
        draft = commands.SaveDraft(actor=CLIENT, seen=look.case.revision, step=step, raw=raw)
        try:
            await self.cases.caseload.keep(look.held, self.cases.caseload.decide(look.held, draft), files=staged)
        except Conflict:
            return Problem(at, "changed_meanwhile")
        asked = _photo_field(look, at)
        if asked is not None and asked.options.get("reads"):
            self.cases.developing.read_soon(look.held.row, answer)
        return answer

    async def picture(self, visit: Visit, number: str, file_id: str) -> tuple[FileRow, bytes] | None:
        """A photo of the client's own case."""
        held = await self.cases.outcome(visit, number)
        return await self.store.file(held.case.id, file_id) if held is not None and _FILE.fullmatch(file_id) else None


def _photo_field(look: Look, at: str) -> Field | None:
    return next((one for one in fields_of(look) if one.name == at and one.kind == "photo"), None)
