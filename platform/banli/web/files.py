"""Photos: taken in with progress, shown again to their own client only."""

from __future__ import annotations

from quart import Blueprint, Response, abort, request

from banli.errors import Problem
from banli.pictures import MOST_BYTES
from banli.web.photos import told, wish_in
from banli.web.shell import Shell

MOST_SAID = 4096
"""Bytes in which a script says how to show a photo."""


def add_files(blueprint: Blueprint, shell: Shell) -> None:
    parts = shell.parts

    @blueprint.post("/<company>/cases/<number>/<step>/photo/<field>")
    async def photo(company: str, number: str, step: str, field: str) -> Response:
        guest, visit = await shell.client(company)
        await shell.posted(guest)
        sent = (await request.files).get("file")
        content = sent.read(MOST_BYTES + 1) if sent is not None else b""
        taken = await parts.album.add(visit, number, step, field, content)
        if taken is None:
            abort(404)
        return told(shell, guest, number, step, taken)

    @blueprint.post("/<company>/cases/<number>/<step>/photo/<field>/view")
    async def view(company: str, number: str, step: str, field: str) -> Response:
        """The same photo shown another way, asked for by the page's script."""
        guest, visit = await shell.client(company)
        if not shell.guard.csrf_ok(guest.token, request.headers.get("X-CSRF-Token")):
            abort(400)
        if (request.content_length or 0) > MOST_SAID:
            abort(413)
        wish = wish_in(await request.get_json(silent=True))
        if wish is None:
            return told(shell, guest, number, step, Problem(field, "photo_corners_wrong"))
        return told(shell, guest, number, step, await parts.album.show_otherwise(visit, number, step, field, wish))

    @blueprint.get("/<company>/cases/<number>/files/<file>")
    async def file(company: str, number: str, file: str) -> Response:
        _, visit = await shell.client(company)
        found = await parts.album.picture(visit, number, file)
        if found is None:
            abort(404)
        kept, content = found
        return Response(
            content, content_type=kept.media_type,
            headers={"Cache-Control": "no-store", "Content-Disposition": "inline", "Content-Security-Policy": "sandbox"},
        )  # fmt: skip
