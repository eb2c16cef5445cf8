"""Photos: taken in with progress, shown again to their own client only."""

from __future__ import annotations

from quart import Blueprint, Response, abort, jsonify, request

from banli.errors import Problem
from banli.pictures import MOST_BYTES
from banli.web.shell import Shell, note


def add_files(blueprint: Blueprint, shell: Shell) -> None:
    parts = shell.parts

    @blueprint.post("/<company>/cases/<number>/<step>/photo/<field>")
    async def photo(company: str, number: str, step: str, field: str) -> Response:
        guest, visit = await shell.client(company)
        await shell.posted(guest)
        sent = (await request.files).get("file")
        content = sent.read(MOST_BYTES + 1) if sent is not None else b""
        taken = await parts.cases.add_picture(visit, number, step, field, content)
        if taken is None:
            abort(404)
        response: Response
        if isinstance(taken, Problem):
            note((taken,), step=step)
            response = jsonify(code=taken.code, text=guest.wording.problem(taken))
            response.status_code = 422
        else:
            response = jsonify(id=taken.id, src=f"{guest.home}/cases/{number}/files/{taken.id}")
        return response

    @blueprint.get("/<company>/cases/<number>/files/<file>")
    async def file(company: str, number: str, file: str) -> Response:
        _, visit = await shell.client(company)
        found = await parts.cases.picture(visit, number, file)
        if found is None:
            abort(404)
        kept, content = found
        return Response(
            content, content_type=kept.media_type,
            headers={"Cache-Control": "no-store", "Content-Disposition": "inline", "Content-Security-Policy": "sandbox"},
        )  # fmt: skip
