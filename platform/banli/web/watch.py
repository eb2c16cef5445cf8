"""What an operator sees: one line of JSON for each request, counters, health. Never a client's data."""

from __future__ import annotations

import logging
import secrets
import sys
import time
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from quart import Blueprint, Quart, Response, g, request

from banli.parts import Parts

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Meters:
    """The counters of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "banli_requests_total", "Requests by route and status.", ["route", "status"], registry=self.registry
        )
        self.seconds = Histogram("banli_request_seconds", "Time to answer.", ["route"], buckets=BUCKETS, registry=self.registry)
        self.jobs = Counter(
            "banli_jobs_total", "Attempts at jobs by kind and outcome.", ["kind", "outcome"], registry=self.registry
        )
        self.started = Gauge("banli_start_seconds", "When this process started, in seconds since 1970.", registry=self.registry)
        self.started.set(time.time())
        # Prometheus looks a child up under a lock each time; there are only as many as routes and statuses.
        self._children: dict[tuple[str, int], tuple[Any, Any]] = {}

    def answered(self, route: str, status: int, took: float) -> None:
        """One more request; `took` in seconds."""
        children = self._children.get((route, status))
        if children is None:
            children = self.requests.labels(route, status), self.seconds.labels(route)
            self._children[route, status] = children
        counted, timed = children
        counted.inc()
        timed.observe(took)


def set_up_logging(stream: Any = None) -> None:
    """JSON lines on standard error. Libraries' own messages join them with level warning and above."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=True,
    )
    shown = logging.StreamHandler(stream or sys.stderr)
    shown.setFormatter(_Silent('{"event":"library","logger":"%(name)s","level":"%(levelname)s"}'))
    logging.basicConfig(level=logging.WARNING, handlers=[shown], force=True)


class _Silent(logging.Formatter):
    """Tells that a library had something to say, not what: its message and traceback may hold what a client has typed."""

    def formatException(self, ei: Any) -> str:
        return ""

    def formatStack(self, stack_info: str) -> str:
        return ""


def watch(app: Quart, meters: Meters) -> None:
    """Numbers, times and logs every request. The route's pattern is logged, not its values."""
    log = structlog.get_logger("banli.web")

    @app.before_request
    async def begin() -> None:
        g.request_id = secrets.token_hex(8)
        g.began = time.perf_counter()

    @app.after_request
    async def end(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule is not None else "-"
        took = time.perf_counter() - g.get("began", time.perf_counter())
        response.headers["X-Request-Id"] = g.get("request_id", "")
        meters.answered(route, response.status_code, took)
        if not route.startswith(("/static", "/healthz", "/readyz", "/-/")):
            log.info(
                "request", id=g.get("request_id"), method=request.method, route=route,
                status=response.status_code, ms=round(took * 1000, 1), **g.get("said", {}),
            )  # fmt: skip
        return response


def health(parts: Parts) -> Blueprint:
    """`/healthz`: the process answers. `/readyz`: database, files and plugins answer as well."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    async def healthz() -> tuple[str, int, dict[str, str]]:
        return "ok\n", 200, {"Content-Type": "text/plain"}

    @blueprint.get("/readyz")
    async def readyz() -> tuple[dict[str, str], int]:
        told: dict[str, str] = {}
        try:
            await parts.store.ping()
            told["database"] = "ok"
        except Exception as problem:
            told["database"] = type(problem).__name__
        if parts.editions.unopened:
            told["releases"] = "not opened: " + ", ".join(sorted(name[:12] for name in parts.editions.unopened))
        if behind := parts.editions.unpublished():
            told["files"] = f"{len(behind)} businesses differ from what is published"
        for plugin in parts.plugins.active:
            told[plugin.name] = "ok" if not await plugin.check() else "not ready"
        return told, 200 if told["database"] == "ok" else 503

    return blueprint
