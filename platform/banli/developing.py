"""Photos of a case: taken in, cut upright where a plugin can do that, and seen another way without losing anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from banli.definitions.model import Field
from banli.errors import Problem
from banli.hooks import Developed, Picture
from banli.pictures import Darkroom
from banli.plugins import Plugins
from banli.store import CaseRow, FileRow, Store
from banli.views import ORIGINAL, View, Wish

KNOWN_SIDES = frozenset({"id_front", "id_back", "signature"})
"""Drawings of photo questions that say what the photo is of."""


class Developing:
    """With a plugin for imaging two files come of a photo of a card or a signature: the original, and the view that is the
    answer. The view's name says how it was made of which original."""

    def __init__(self, store: Store, plugins: Plugins) -> None:
        self.store, self.imaging = store, plugins.imaging
        self.darkroom = Darkroom()

    async def taken(
        self, row: CaseRow, slot: str, asked: Field, fields: Sequence[Field], content: bytes
    ) -> tuple[FileRow, ...] | Problem:
        """The files that come of a photo, the answer last; or why it is not taken."""
        side = side_of(asked)
        if self.imaging is None or not side:
            plain = await self.darkroom.take(content)
            if isinstance(plain, Problem):
                return plain
            return (await self.store.stage_file(row, slot, plain.media_type, plain.content),)
        made = await self.imaging.develop(content, Wish(side))
        if isinstance(made, Problem):
            return made
        refused = next((flaw for flaw in made.flaws if flaw.refuse), None)
        if refused is not None:
            other = next((f.name for f in fields if f.kind == "photo" and side_of(f) == made.side != side), "")
            return Problem("", refused.code, {"other": other})
        original = await self._staged(row, f"{slot}.{ORIGINAL}", made.original)
        view = View(original.id, made.side or side, made.quad, made.turn, made.view is None, flaws=made.flaws)
        return original, await self._staged(row, slot, made.view or made.original, view.name())

    async def seen_anew(self, row: CaseRow, file: FileRow, wish: Wish) -> FileRow | Problem | None:
        """Another view of the original of `file`, made as wished; without corners along those that are known. None: `file` is no
        view, or its original is gone."""
        before = View.read(file.name)
        original = await self.store.file(row.id, before.original) if before is not None else None
        if self.imaging is None or before is None or original is None:
            return None
        quad = wish.quad or before.quad
        view = replace(before, quad=quad, turn=wish.turn or 0, whole=wish.whole or quad is None, hand=True)
        if view == replace(before, hand=True):
            return file
        made = await self.imaging.develop(original[1], Wish(before.side, quad, view.turn, view.whole))
        if not isinstance(made, Developed):
            return made
        return await self._staged(row, file.slot, made.view or made.original, view.name())

    async def views(self, case_id: str) -> dict[str, View]:
        """The views of a case by their file's id; nothing where no plugin makes any."""
        if self.imaging is None:
            return {}
        return views_of(await self.store.files_of(case_id))

    async def _staged(self, row: CaseRow, slot: str, picture: Picture, name: str = "") -> FileRow:
        return await self.store.stage_file(row, slot, picture.media_type, picture.content, name)


def side_of(field: Field) -> str:
    """What the photo is of, as far as a plugin can know it again: said by the drawing in its empty frame."""
    example = str(field.options.get("example", ""))
    return example if example in KNOWN_SIDES else ""


def views_of(files: Sequence[FileRow]) -> dict[str, View]:
    return {file.id: view for file in files if (view := View.read(file.name)) is not None}
