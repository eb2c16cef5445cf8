"""Photos of a case: taken in, cut upright where a plugin can do that, and seen another way without losing anything."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog

from banli import outages
from banli.definitions.model import Field
from banli.errors import Problem
from banli.fields import Awaited
from banli.hooks import CardReader, Developed, Picture, Read, Unavailable
from banli.pictures import Darkroom
from banli.plugins import Plugins
from banli.steps.readings import READ
from banli.store import CaseRow, FileRow, Forgotten, Store
from banli.views import ORIGINAL, View, Wish

KNOWN_SIDES = frozenset({"id_front", "id_back", "signature"})
"""Drawings of photo questions that say what the photo is of."""
PATIENCE = 4.0
"""Seconds for which an answered page waits for what is being read on its photos; without it nothing was read."""
Told = Mapping[str, Read]


class Developing:
    """With a plugin for imaging two files come of a photo of a card or a signature: the original, and the view that is the
    answer. The view's name says how it was made of which original."""

    def __init__(self, store: Store, plugins: Plugins) -> None:
        self.store, self.imaging = store, plugins.imaging
        self.darkroom = Darkroom()
        self._reader = self.imaging if isinstance(self.imaging, CardReader) else None
        self._reading: dict[str, asyncio.Task[Told]] = {}

    async def taken(
        self, row: CaseRow, slot: str, asked: Field, fields: Sequence[Field], content: bytes
    ) -> tuple[FileRow, ...] | Problem:
        """The files that come of a photo, the answer last; or why it is not taken."""
        side = side_of(asked)
        if self.imaging is None or not side:
            return await self._plain(row, slot, content)
        try:
            made = await self.imaging.develop(content, Wish(side))
        except Unavailable as silent:
            outages.log("imaging", silent)
            return await self._plain(row, slot, content)
        if isinstance(made, Problem):
            return made
        refused = next((flaw for flaw in made.flaws if flaw.refuse), None)
        if refused is not None:
            other = next((f.name for f in fields if f.kind == "photo" and side_of(f) == made.side != side), "")
            return Problem("", refused.code, {"other": other})
        original = await self._staged(row, f"{slot}.{ORIGINAL}", made.original)
        view = View(original.id, made.side or side, made.quad, made.turn, made.view is None, flaws=made.flaws)
        return original, await self._staged(row, slot, made.view or made.original, view.name())

    async def _plain(self, row: CaseRow, slot: str, content: bytes) -> tuple[FileRow, ...] | Problem:
        """The photo made anew, and that is all."""
        plain = await self.darkroom.take(content)
        if isinstance(plain, Problem):
            return plain
        return (await self.store.stage_file(row, slot, plain.media_type, plain.content),)

    async def seen_anew(self, row: CaseRow, file: FileRow, wish: Wish) -> FileRow | Problem | None:
        """Another view of the original of `file`, made as wished; without corners along those that are known. None: `file` is no
        view, or its original is gone."""
        before = View.read(file.name)
        original = await self.store.file(row.id, before.original) if before is not None else None
        if self.imaging is None or before is None or original is None:
            return None
        quad = wish.quad or before.quad
        view = replace(before, quad=quad, turn=wish.turn or 0, whole=wish.whole or quad is None, hand=True, reading=None)
        if view == replace(before, hand=True, reading=None):
            return file
        try:
            made = await self.imaging.develop(original[1], Wish(before.side, quad, view.turn, view.whole))
        except Unavailable as silent:
            outages.log("imaging", silent)
            return Problem("", "inquiry_unavailable")
        if not isinstance(made, Developed):
            return made
        return await self._staged(row, file.slot, made.view or made.original, view.name())

    async def views(self, case_id: str) -> dict[str, View]:
        """The views of a case by their file's id; nothing where no plugin makes any."""
        if self.imaging is None:
            return {}
        return views_of(await self.store.files_of(case_id))

    def read_soon(self, row: CaseRow, file: FileRow) -> None:
        """Begins to read what stands on a photo that was just taken; nobody waits for it. It is kept with the view."""
        view = View.read(file.name)
        if self._reader is None or view is None or view.whole or view.reading is not None or file.id in self._reading:
            return
        task = self._reading[file.id] = asyncio.create_task(self._read(row, file, view))
        task.add_done_callback(lambda done: self._has_read(file.id, done))

    def _has_read(self, file_id: str, done: asyncio.Task[Told]) -> None:
        self._reading.pop(file_id, None)
        if not done.cancelled() and (wrong := done.exception()) is not None:
            structlog.get_logger("banli.photos").warning("not read", file=file_id, why=type(wrong).__name__)

    async def read_of(
        self, row: CaseRow, fields: Iterable[Field], awaits: Iterable[Awaited], files: Iterable[FileRow]
    ) -> dict[str, Any]:
        """What stands on the photos of an answered page whose questions want to know it, as verdicts: by question, by name on
        file, the text and whether it is certain."""
        wants: dict[str, Mapping[str, str]] = {one.name: one.options["reads"] for one in fields if one.options.get("reads")}
        known = {file.id: file for file in files}
        answers = {one.at: known[one.answer] for one in awaits if one.at in wants and one.answer in known}
        if self._reader is None or not answers:
            return {}
        found = await asyncio.gather(*(self._known(row, file) for file in answers.values()))
        return {
            READ + at: {wants[at][what]: [one.text, one.certain] for what, one in told.items() if what in wants[at]}
            for at, told in zip(answers, found, strict=True)
        }

    async def _known(self, row: CaseRow, file: FileRow) -> Told:
        view = View.read(file.name)
        if view is None or view.reading is not None:
            return (view.reading or {}) if view is not None else {}
        self.read_soon(row, file)
        task = self._reading.get(file.id)
        if task is None:
            return {}
        await asyncio.wait({task}, timeout=PATIENCE)
        return task.result() if task.done() and not task.cancelled() and task.exception() is None else {}

    async def _read(self, row: CaseRow, file: FileRow, view: View) -> Told:
        assert self._reader is not None
        found = await self.store.file(row.id, file.id)
        told = await self._reader.read(found[1], view.side) if found is not None else None
        if told is None:
            return {}
        try:
            async with self.store.transaction() as tx:
                await tx.name_file(row, file.id, replace(view, reading=told).name())
        except Forgotten:
            return {}
        return told

    async def close(self) -> None:
        """What is still being read is left; it is read again when it is asked for."""
        tasks = list(self._reading.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _staged(self, row: CaseRow, slot: str, picture: Picture, name: str = "") -> FileRow:
        return await self.store.stage_file(row, slot, picture.media_type, picture.content, name)


def side_of(field: Field) -> str:
    """What the photo is of, as far as a plugin can know it again: said by the drawing in its empty frame."""
    example = str(field.options.get("example", ""))
    return example if example in KNOWN_SIDES else ""


def views_of(files: Sequence[FileRow]) -> dict[str, View]:
    return {file.id: view for file in files if (view := View.read(file.name)) is not None}
