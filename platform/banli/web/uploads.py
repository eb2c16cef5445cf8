"""Photos, and what pages of plugins send, in parts: begun, each part put in its place, finished; every request may come twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from quart import Blueprint, Response, abort, jsonify, request

from banli.album import Album
from banli.errors import Problem
from banli.parcels import Parcels
from banli.uploads import PART, Upload
from banli.web.photos import told
from banli.web.shell import Guest, Shell, note
from banli.web.steps import answered

MOST_SAID = 1024
Shelf = Callable[[], Album | Parcels]
Finished = Callable[[Guest, str, str, Any], Response]
_ID = re.compile("[0-9a-f]{32}")
_NUMBER = re.compile("[0-9]{1,5}")


def add_uploads(blueprint: Blueprint, shell: Shell) -> None:
    parts = shell.parts

    def finished_photo(guest: Guest, number: str, step: str, result: Any) -> Response:
        return told(shell, guest, number, step, result)

    def finished_parcel(guest: Guest, number: str, step: str, result: Any) -> Response:
        return answered(guest, result)

    _add(blueprint, shell, "photo", lambda: parts.album, finished_photo)
    _add(blueprint, shell, "sent", lambda: parts.parcels, finished_parcel)


def _add(blueprint: Blueprint, shell: Shell, kind: str, shelf: Shelf, finished: Finished) -> None:
    """The same three questions for each kind. `shelf` says who may upload what, and what comes of it."""
    here = f"/<company>/cases/<number>/<step>/{kind}/<field>/parts"

    @blueprint.post(here, endpoint=f"{kind}_begin")
    async def begin(company: str, number: str, step: str, field: str) -> Response:
        guest, visit = await shell.client(company)
        _ours(guest)
        if (request.content_length or 0) > MOST_SAID:
            abort(413)
        said = await request.get_json(silent=True)
        size, digest = (said.get("size"), said.get("sha256")) if isinstance(said, dict) else (None, None)
        if type(size) is not int or not isinstance(digest, str):
            abort(400)
        return _stands(guest, step, await shelf().begin(visit, number, step, field, size, digest))

    @blueprint.put(f"{here}/<upload>/<part>", endpoint=f"{kind}_part")
    async def part(company: str, number: str, step: str, field: str, upload: str, part: str) -> Response:
        guest, visit = await shell.client(company)
        _ours(guest)
        if not _ID.fullmatch(upload) or not _NUMBER.fullmatch(part):
            abort(404)
        if (request.content_length or 0) > PART:
            abort(413)
        content: bytes = await request.get_data(cache=False, as_text=False)  # type: ignore[assignment]
        digest = request.headers.get("X-Part-Sha256", "")
        return _stands(guest, step, await shelf().part(visit, number, step, field, upload, int(part), content, digest))

    @blueprint.post(f"{here}/<upload>", endpoint=f"{kind}_finish")
    async def finish(company: str, number: str, step: str, field: str, upload: str) -> Response:
        guest, visit = await shell.client(company)
        _ours(guest)
        if not _ID.fullmatch(upload):
            abort(404)
        return finished(guest, number, step, await shelf().finish(visit, number, step, field, upload))

    def _ours(guest: Guest) -> None:
        if not shell.guard.csrf_ok(guest.token, request.headers.get("X-CSRF-Token")):
            abort(400)


def _stands(guest: Guest, step: str, upload: Upload | Problem | None) -> Response:
    """How far an upload has come."""
    if upload is None:
        abort(404)
    response: Response
    if isinstance(upload, Problem):
        note((upload,), step=step)
        response = jsonify(code=upload.code, text=guest.wording.problem(upload))
        response.status_code = 422
    else:
        have = list(range(upload.count)) if upload.result else sorted(upload.parts)
        response = jsonify(id=upload.id, part=PART, have=have)
    response.headers["Cache-Control"] = "no-store"
    return response
