"""The counters of plugins at the desk: their pages, what their scripts ask, their files and wires, below `/desk/<path>`."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar, cast

from quart import Blueprint, Response, abort, jsonify, request, websocket

from banli.counters import Answer, Colleague, Counter, Stream
from banli.errors import Problem
from banli.hooks import Unavailable
from banli.sentences import _
from banli.staff import Member
from banli.web import desk_words as words
from banli.web.desk_frame import Room, colleague, note, private
from banli.web.guard import DESK
from banli.web.wires import PageWire, hold, ours

T = TypeVar("T")
MOST_SAID, MOST_BYTES = 256 * 1024, 8 * 1024 * 1024

PART = 4 * 1024 * 1024
"""Bytes of a file that are sent at once; a browser asks for the next ones by itself."""


def counter_pages(blueprint: Blueprint, room: Room) -> None:
    for plugin in room.parts.plugins.active:
        for counter in plugin.counters():
            _add(blueprint, room, counter, plugin.name)


def _add(blueprint: Blueprint, room: Room, counter: Counter, plugin: str) -> None:
    at, name = f"/{counter.path}", f"counter_{counter.path.replace('-', '_')}"

    async def who() -> tuple[Member, Colleague] | Response:
        member = await room.member()
        if member is None:
            return await room.sign_in() if request.method == "GET" else abort(401)
        found = colleague(room, member, counter)
        return (member, found) if found.companies else abort(404)

    async def page(path: str = "") -> Response:
        known = await who()
        if isinstance(known, Response):
            return known
        member, told = known
        shown = await _asked(counter.page(told, path, dict(request.args)))
        if isinstance(shown, Problem):
            lead = words.sentence(shown, room.words(), room.parts.plugins.words)
            return await room.show("message", _("Not now"), member, {"lead": lead}, 503)
        if shown is None:
            abort(404)
        template = f"{plugin}/{shown.template}"
        return await room.show(template, shown.title, member, shown.values, scripts=tuple(shown.scripts))

    async def call(path: str = "") -> Response:
        known = await who()
        if isinstance(known, Response):
            return known
        if not await room.own({}):
            abort(400)
        if (request.content_length or 0) > MOST_SAID:
            abort(413)
        said = await request.get_json(silent=True)
        if not isinstance(said, dict):
            abort(400)
        return _answered(room, await _asked(counter.call(known[1], path, said)))

    async def take(path: str = "") -> Response:
        known = await who()
        if isinstance(known, Response):
            return known
        if not await room.own({}):
            abort(400)
        if not request.content_length or request.content_length > MOST_BYTES:
            abort(413)
        content = cast(bytes, await request.get_data(as_text=False))
        return _answered(room, await _asked(counter.take(known[1], path, dict(request.args), content)))

    async def file(path: str) -> Response:
        known = await who()
        if isinstance(known, Response):
            return known
        if request.headers.get("Sec-Fetch-Dest") == "document":
            abort(404)  # only as part of a page, where it carries the reader's name
        found = await _asked(counter.file(known[1], path, dict(request.args)))
        if isinstance(found, Problem):
            abort(503)
        return await _streamed(found) if found is not None else abort(404)

    async def wire(path: str = "") -> Response | None:
        token = room.guard.token(websocket, DESK)
        member = await room.parts.staff.member(token)
        found = colleague(room, member, counter) if member is not None else None
        if not ours() or found is None or not found.companies:
            return Response("", 403)

        async def talk(one: PageWire) -> None:
            await counter.talk(found, path, one)

        async def still() -> bool:
            return await room.parts.staff.member(token) is not None

        await hold(talk, still)
        return None

    for rule in (at, f"{at}/<path:path>"):
        blueprint.add_url_rule(rule, f"{name}_page", page, methods=["GET"])
        blueprint.add_url_rule(rule, f"{name}_call", call, methods=["POST"])
        blueprint.add_url_rule(rule, f"{name}_take", take, methods=["PUT"])
    blueprint.add_url_rule(f"{at}/file/<path:path>", f"{name}_file", file, methods=["GET"])
    for rule in (f"{at}/wire", f"{at}/wire/<path:path>"):
        blueprint.add_websocket(rule, f"{name}_wire", wire)


async def _asked(asking: Awaitable[T]) -> T | Problem:
    try:
        return await asking
    except Unavailable as silent:
        return Problem("", silent.code)


def _answered(room: Room, answer: Answer) -> Response:
    if answer is None:
        abort(404)
    if isinstance(answer, Problem):
        note(problem=answer.code)
        text = words.sentence(answer, room.words(), room.parts.plugins.words)
        response: Response = jsonify(problem={"code": answer.code, "text": text})
        response.status_code = 422
        return private(response)
    return private(jsonify(said=dict(answer)))


async def _streamed(found: Stream) -> Response:
    """The whole of a short file; of a longer one the bytes that were asked for (RFC 9110, section 14)."""
    begin, end = _wanted(request.headers.get("Range", ""), found.size)
    if begin >= found.size or begin > end:
        return private(Response("", 416, {"Content-Range": f"bytes */{found.size}"}))
    content = await found.part(begin, end + 1)
    response = Response(content, 206, content_type=found.media_type)
    if (begin, end) == (0, found.size - 1):
        response.status_code = 200
    else:
        response.headers["Content-Range"] = f"bytes {begin}-{end}/{found.size}"
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return private(response)


def _wanted(asked: str, size: int) -> tuple[int, int]:
    """First and last byte of a `Range: bytes=…` with one range; of anything else the file's beginning. At most `PART` bytes."""
    unit, _, spans = asked.partition("=")
    first, dash, last = spans.partition("-")
    begin, end = 0, size - 1
    if unit.strip() == "bytes" and dash and "," not in spans and (first + last).strip().isdigit():
        if first.strip():
            begin = int(first)
            end = min(int(last), end) if last.strip() else end
        else:
            begin = max(0, size - int(last))
    return begin, min(end, begin + PART - 1)
