"""Puts the parts together: `create_app(site)`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping

import structlog
from quart import Quart, Response, abort, g, request
from werkzeug.exceptions import HTTPException

from banli.hooks import Clock, Plugin
from banli.parts import Parts, system_clock
from banli.sites import Site
from banli.store import Busy, JobRow
from banli.store.worker import Outcome, Report
from banli.web.application import Application
from banli.web.desk import desk
from banli.web.guard import Guard, headers
from banli.web.pages import message, pages
from banli.web.plugin_pages import plugin_pages
from banli.web.static import static_files
from banli.web.watch import Meters, health, watch

UPLOAD = 13 * 1024 * 1024
"""The largest request, in bytes: one photo and a page of answers."""


def create_app(
    site: Site,
    *,
    clock: Clock = system_clock,
    available: Mapping[str, type[Plugin]] | None = None,
    with_worker: bool = True,
    apart: bool = False,
) -> Quart:
    """The whole product as an ASGI application. Raises `DefinitionError` when the definitions have mistakes.

    `with_worker` does the jobs in this process (the embedded default); a grown site runs `banli worker` beside it.
    `apart` reads what has changed in a process of its own; for one that has no thread yet (see `definitions.cache.apart`).
    """
    parts = Parts(site, clock, available, apart)
    guard, meters = Guard(site), Meters()
    app = Application("banli", static_folder=None, template_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=UPLOAD, MAX_FORM_MEMORY_SIZE=512 * 1024, MAX_FORM_PARTS=1000)
    app.url_map.strict_slashes = False
    app.parts, app.meters = parts, meters  # type: ignore[attr-defined]

    @app.while_serving
    async def live() -> AsyncGenerator[None, None]:
        try:
            await parts.open()
        except Exception as problem:
            app.failed = problem  # type: ignore[attr-defined]
            raise
        worker = parts.worker(report=_report(meters)) if with_worker else None
        running = asyncio.create_task(worker.run()) if worker is not None else None
        yield
        if worker is not None and running is not None:
            worker.stop()
            await running
        await parts.close()

    watch(app, meters)

    @app.before_request
    async def look_first() -> None:
        if code := guard.refuses(request):
            abort(code)

    for blueprint in (health(parts), static_files(parts), plugin_pages(parts, guard), desk(parts, guard), pages(parts, guard)):
        app.register_blueprint(blueprint)

    framed = [origin for plugin in parts.plugins.active for origin in plugin.frames()]
    always = [*headers(framed).items(), *([("Strict-Transport-Security", "max-age=31536000")] if site.secure_cookies else [])]

    @app.after_request
    async def guarded(response: Response) -> Response:
        # Werkzeug makes an exception for each header that it does not find, so it is not asked for them one by one.
        given = {name.lower() for name, _ in response.headers}
        for name, value in always:
            if name.lower() not in given:
                response.headers.add(name, value)
        return response

    @app.errorhandler(HTTPException)
    async def refused(problem: HTTPException) -> Response:
        return await message(parts, problem.code or 500)

    @app.errorhandler(Busy)
    async def away(problem: Busy) -> Response:
        structlog.get_logger("banli.web").error(
            "away", id=g.get("request_id"), why=str(problem).partition("\n")[0], where=_where(problem), method=request.method
        )
        response = await message(parts, 503)
        response.headers["Retry-After"] = "5"
        return response

    @app.errorhandler(Exception)
    async def broken(problem: Exception) -> Response:
        structlog.get_logger("banli.web").error(
            "broken", id=g.get("request_id"), error=type(problem).__name__, where=_where(problem), method=request.method
        )
        parts.broken(problem)
        return await message(parts, 500)

    return app


def _where(problem: BaseException) -> str:
    """File and line of the deepest frame of ours: enough to find it, without any value."""
    places = []
    step = problem.__traceback__
    while step is not None:
        name = step.tb_frame.f_code.co_filename
        if "banli" in name:
            places.append(f"{name.rpartition('/banli')[2].lstrip('/')}:{step.tb_lineno}")
        step = step.tb_next
    return places[-1] if places else ""


def _report(meters: Meters) -> Report:
    log = structlog.get_logger("banli.jobs")

    def report(job: JobRow, outcome: Outcome, error: BaseException | None) -> None:
        told = type(outcome).__name__.lower()
        meters.jobs.labels(job.kind, told).inc()
        log.info("job", kind=job.kind, outcome=told, attempts=job.attempts, code=getattr(outcome, "error", ""))
        if error is not None:
            log.error("job broken", kind=job.kind, error=type(error).__name__, where=_where(error))

    return report
