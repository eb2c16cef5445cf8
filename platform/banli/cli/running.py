"""Commands that run the product: demo, serve, worker, migrate."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from banli.cli.base import SITE, made, the_site
from banli.sites import Site

RELOAD = click.option(
    "--reload", is_flag=True, help="For authors: follow the files while they are edited; a broken edit changes nothing."
)


def followed(site: Site, workers: int = 1) -> Site:
    """The site as `--reload` serves it. Refused where there are real clients."""
    if os.environ.get("BANLI_ENVIRONMENT") == "production":
        raise click.ClickException(
            "--reload is for writing definitions: clients would get every edit. In production use `banli publish`."
        )
    if workers > 1:
        raise click.ClickException("--reload goes with one worker only: leave --workers out.")
    return site if site.demo or os.environ.get("BANLI_ENVIRONMENT") else replace(site, environment="development")


def following(site: Site, port: int, make: Callable[[Site], Any]) -> Any:
    """The application that follows the site's files."""
    from banli.following import follow, until_good
    from banli.renewal import Renewal

    renewal = Renewal(site, str(port))
    app = until_good(renewal, make, click.echo)
    follow(app, renewal, click.echo)
    return app


@click.command()
@SITE
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--open", "wanted_open", is_flag=True, help="Put the demo's clock forward to when all companies are open.")
@RELOAD
def demo(folder: Path | None, host: str, port: int, wanted_open: bool, reload: bool) -> None:
    """Runs the product on the embedded default, with sample companies, clients and desk accounts."""
    from banli.app import create_app
    from banli.demo import MARK, AheadClock, ahead_of, open_all, prepare, welcome
    from banli.serving import run
    from banli.web.watch import set_up_logging

    site = the_site(folder, demo=True)
    if reload:
        site = followed(site)
    site.var.mkdir(parents=True, exist_ok=True)
    clock = AheadClock(ahead_of(site.var / MARK))
    set_up_logging((site.var / "demo.log").open("a", encoding="utf-8"))
    make = partial(create_app, clock=clock, apart=True)
    app: Any = following(site, port, make) if reload else made(lambda: make(site))
    parts = app.parts

    @app.while_serving
    async def hello() -> AsyncGenerator[None, None]:
        # After the parts are open: functions of before_serving would come too early.
        if wanted_open:
            open_all(parts, clock)
        (site.var / MARK).write_text(str(round(clock.ahead.total_seconds())))
        for line in welcome(site, parts, f"http://{host}:{port}", await prepare(parts), clock.ahead, sys.argv[0]):
            click.echo(line)
        yield

    run(lambda: app, host, port)


@click.command()
@SITE
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--workers", default=1, show_default=True, help="Web processes behind one socket.")
@click.option("--jobs/--no-jobs", default=True, show_default=True, help="Do the jobs here too, not in `banli worker`.")
@click.option(
    "--metrics", default="", help="Address of the Prometheus page, such as 127.0.0.1:9100; each further worker one port up."
)
@RELOAD
def serve(folder: Path | None, host: str, port: int, workers: int, jobs: bool, metrics: str, reload: bool) -> None:
    """Serves clients and desk."""
    from banli.app import create_app
    from banli.serving import NUMBER, run
    from banli.web.watch import set_up_logging

    site = the_site(folder)
    if reload:
        site = followed(site, workers)
    if workers > 1 and site.database.startswith("sqlite") and not os.environ.get("BANLI_DATABASE"):
        click.echo("Several processes share one SQLite file; for more than a trial set BANLI_DATABASE to PostgreSQL.", err=True)
    set_up_logging()

    address, _, at = metrics.rpartition(":")
    if metrics and not at.isdigit():
        raise click.ClickException(f"'{metrics}' is no address for metrics. Write it like 127.0.0.1:9100.")

    def make() -> Any:
        make_one = partial(create_app, with_worker=jobs, apart=True)
        app: Any = following(site, port, make_one) if reload else make_one(site)
        for line in app.parts.warnings() if os.environ.get(NUMBER, "0") == "0" else ():
            click.echo(f"Warning: {line}", err=True)
        if metrics:
            from prometheus_client import start_http_server

            start_http_server(int(at) + int(os.environ.get(NUMBER, "0")), address or "127.0.0.1", registry=app.meters.registry)
        return app

    sys.exit(run(make, host, port, workers))


@click.command()
@SITE
def worker(folder: Path | None) -> None:
    """Does the jobs: deliveries, expiries. Start as many as needed."""
    from banli.parts import Parts
    from banli.web.watch import set_up_logging

    set_up_logging()
    parts = made(lambda: Parts(the_site(folder), apart=True))

    async def work() -> None:
        import signal

        await parts.open()
        running = parts.worker()
        for sign in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(sign, running.stop)
        await running.run()
        await parts.close()

    asyncio.run(work())


@click.command()
@SITE
def migrate(folder: Path | None) -> None:
    """Brings the database to this version (serving does this too)."""
    from banli.parts import system_clock
    from banli.store import Store

    site = the_site(folder)

    async def go() -> None:
        site.var.mkdir(parents=True, exist_ok=True)
        await (await Store.open(site.database, site.blobs, site.keys, system_clock)).close()

    asyncio.run(go())
    click.echo("The database is up to date.")


COMMANDS = (
    demo,
    serve,
    worker,
    migrate,
)
