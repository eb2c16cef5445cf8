"""The command line: banli demo, serve, worker, check, show, explain, migrate, new, staff, keys, schemas."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from banli import __version__
from banli.errors import DefinitionError, Problem
from banli.sentences import SENTENCES, fill
from banli.sites import Site, open_site

if TYPE_CHECKING:
    from banli.definitions.kinds import Kinds

SITE = click.option(
    "--site",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="The site's folder (default: the working folder, or the example site).",
)


class _Sentences(click.Group):
    """What cannot go on is told in one sentence; the process ends although threads may be left behind."""

    def invoke(self, ctx: click.Context) -> Any:
        from banli.plugins import MissingPart

        try:
            return super().invoke(ctx)
        except (DefinitionError, MissingPart, OSError) as problem:
            told = str(problem)
        except Exception as problem:
            if not type(problem).__module__.startswith(("banli.store", "asyncpg", "tortoise", "sqlite3")):
                raise
            told = f"{type(problem).__name__}: {problem}"
        click.echo(f"Error: {told}", err=True)
        sys.stderr.flush()
        sys.stdout.flush()
        os._exit(1)


@click.group(cls=_Sentences, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="banli")
def main() -> None:
    """Forms and step flows from YAML."""


def _site(folder: Path | None, *, demo: bool = False) -> Site:
    if folder is not None and not (folder / "definitions").is_dir():
        raise click.ClickException(
            f"{folder} is not a site: it has no folder 'definitions'. `banli new site {folder}` makes one."
        )
    return open_site(folder, demo=demo)


def _kinds(site: Site) -> Kinds:
    from banli.hooks import Home
    from banli.parts import system_clock, wanted_plugins
    from banli.plugins import activate, installed, kinds
    from banli.themes import Themes

    available = installed()
    wanted = wanted_plugins(site)
    homes = {name: Home(site.var / "plugins" / name, system_clock, site.demo, site.definitions) for name in wanted}
    return kinds(activate(wanted, available, homes), available, Themes(site.themes, site.cache).tokens())


@main.command()
@SITE
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--open", "wanted_open", is_flag=True, help="Put the demo's clock forward to when all companies are open.")
def demo(folder: Path | None, host: str, port: int, wanted_open: bool) -> None:
    """Runs the product on the embedded default, with sample companies, clients and desk accounts."""
    from banli.app import create_app
    from banli.demo import MARK, AheadClock, ahead_of, open_all, prepare, welcome
    from banli.serving import run
    from banli.web.watch import set_up_logging

    site = _site(folder, demo=True)
    site.var.mkdir(parents=True, exist_ok=True)
    clock = AheadClock(ahead_of(site.var / MARK))
    set_up_logging((site.var / "demo.log").open("a", encoding="utf-8"))
    app = _made(lambda: create_app(site, clock=clock))
    parts = app.parts  # type: ignore[attr-defined]

    @app.while_serving
    async def hello() -> AsyncGenerator[None, None]:
        # After the parts are open: functions of before_serving would come too early.
        if wanted_open:
            open_all(parts, clock)
        (site.var / MARK).write_text(str(round(clock.ahead.total_seconds())))
        for line in welcome(site, parts, f"http://{host}:{port}", await prepare(parts)):
            click.echo(line)
        yield

    run(lambda: app, host, port)


def _made(make: Any) -> Any:
    try:
        return make()
    except DefinitionError as problem:
        raise click.ClickException(f"The definitions have mistakes:\n{problem}") from None


@main.command()
@SITE
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--workers", default=1, show_default=True, help="Web processes behind one socket.")
@click.option("--jobs/--no-jobs", default=True, show_default=True, help="Do the jobs here too, not in `banli worker`.")
@click.option(
    "--metrics", default="", help="Address of the Prometheus page, such as 127.0.0.1:9100; each further worker one port up."
)
def serve(folder: Path | None, host: str, port: int, workers: int, jobs: bool, metrics: str) -> None:
    """Serves clients and desk."""
    from banli.app import create_app
    from banli.serving import NUMBER, run
    from banli.web.watch import set_up_logging

    site = _site(folder)
    if workers > 1 and site.database.startswith("sqlite") and not os.environ.get("BANLI_DATABASE"):
        click.echo("Several processes share one SQLite file; for more than a trial set BANLI_DATABASE to PostgreSQL.", err=True)
    set_up_logging()

    address, _, at = metrics.rpartition(":")
    if metrics and not at.isdigit():
        raise click.ClickException(f"'{metrics}' is no address for metrics. Write it like 127.0.0.1:9100.")

    def make() -> Any:
        app = create_app(site, with_worker=jobs)
        if metrics:
            from prometheus_client import start_http_server

            start_http_server(int(at) + int(os.environ.get(NUMBER, "0")), address or "127.0.0.1", registry=app.meters.registry)  # type: ignore[attr-defined]
        return app

    sys.exit(run(make, host, port, workers))


@main.command()
@SITE
def worker(folder: Path | None) -> None:
    """Does the jobs: deliveries, expiries. Start as many as needed."""
    from banli.parts import Parts
    from banli.web.watch import set_up_logging

    set_up_logging()
    parts = _made(lambda: Parts(_site(folder)))

    async def work() -> None:
        import signal

        await parts.open()
        running = parts.worker()
        for sign in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(sign, running.stop)
        await running.run()
        await parts.close()

    asyncio.run(work())


@main.command()
@SITE
@click.option("--format", "style", type=click.Choice(["text", "json", "github"]), default="text", show_default=True)
def check(folder: Path | None, style: str) -> None:
    """Tells all mistakes of the site's definitions at once; exit code 1 when there are any."""
    from banli.definitions.check import check_site, tell

    site = _site(folder)
    mistakes = check_site(site.definitions, _kinds(site))
    if mistakes or style == "json":
        click.echo(tell(mistakes, style))
    if not mistakes:
        click.echo(f"No mistakes in {site.definitions}.", err=True)
    sys.exit(1 if mistakes else 0)


@main.command()
@SITE
@click.argument("what")
@click.option("--company", default="", help="As this company has it.")
@click.option("--where", is_flag=True, help="With file and line of each value.")
def show(folder: Path | None, what: str, company: str, where: bool) -> None:
    """Prints a definition as a company gets it: banli show forms/other_info --company 8002."""
    from banli.definitions.library import Library
    from banli.definitions.show import show as shown

    site = _site(folder)
    try:
        click.echo(shown(Library.read(site.definitions, _kinds(site)), what, company, where=where))
    except (KeyError, DefinitionError) as problem:
        raise click.ClickException(str(problem).strip("'")) from None


@main.command()
@SITE
@click.argument("number")
def explain(folder: Path | None, number: str) -> None:
    """Tells for every step of a case its state and why, and what waits."""
    from banli.explain import explain as explained

    lines = asyncio.run(_with_parts(_site(folder), lambda parts: explained(parts.caseload, number)))
    if lines is None:
        raise click.ClickException(f"There is no case '{number}'.")
    click.echo("\n".join(lines))


async def _with_parts(site: Site, use: Any) -> Any:
    """Opens what a command needs to look or to change: no plugin is started."""
    from banli.parts import Parts

    parts = _made(lambda: Parts(site))
    await parts.open(start_plugins=False)
    try:
        return await use(parts)
    finally:
        await parts.close()


@main.command()
@SITE
def migrate(folder: Path | None) -> None:
    """Brings the database to this version (serving does this too)."""
    from banli.parts import system_clock
    from banli.store import Store

    site = _site(folder)

    async def go() -> None:
        site.var.mkdir(parents=True, exist_ok=True)
        await (await Store.open(site.database, site.blobs, site.keys, system_clock)).close()

    asyncio.run(go())
    click.echo("The database is up to date.")


@main.command()
@click.argument("kind", type=click.Choice(["site", "form", "flow", "plugin"]))
@click.argument("name")
@SITE
def new(kind: str, name: str, folder: Path | None) -> None:
    """Writes a first site, form, flow or plugin to begin with."""
    from banli.new import NameTaken, make

    try:
        made = make(kind, name, folder or Path.cwd())
    except (NameTaken, ValueError) as problem:
        raise click.ClickException(str(problem)) from None
    for path in made:
        click.echo(f"wrote {path}")


@main.group()
def staff() -> None:
    """The people at the desk."""


@staff.command("add")
@SITE
@click.argument("login")
@click.option("--company", required=True)
@click.option("--name", required=True)
@click.option("--role", "roles", multiple=True, required=True, help="reviewer, agent, configurer, auditor, admin; repeatable.")
@click.password_option()
def staff_add(folder: Path | None, login: str, company: str, name: str, roles: tuple[str, ...], password: str) -> None:
    """Adds a person and prints the secret for their authenticator once."""
    async def go(parts: Any) -> Any:
        if company not in parts.library.company_ids:
            raise click.ClickException(f"There is no company '{company}'. There are: {', '.join(parts.library.company_ids)}.")
        return await parts.staff.add(company, login, name, roles, password)

    made = asyncio.run(_with_parts(_site(folder), go))
    if isinstance(made, Problem):
        raise click.ClickException(fill(SENTENCES.get(made.code, made.code), made.params))
    click.echo(f"Added {login}. For the authenticator, shown only now:\n{made.uri}")


@staff.command("code")
@SITE
@click.argument("login")
@click.option("--company", required=True)
def staff_code(folder: Path | None, login: str, company: str) -> None:
    """The present code of a demo account. Works on a demo's database only."""
    from banli.demo import MARK, ahead_of, code_of

    site = _site(folder, demo=True)
    if not (site.var / MARK).exists():
        raise click.ClickException(f"{site.var} was not made by `banli demo`. Codes of real accounts stay with their owners.")
    click.echo(asyncio.run(_with_parts(site, lambda parts: code_of(parts, company, login, ahead_of(site.var / MARK)))))


@main.group()
def keys() -> None:
    """The key ring that seals personal data."""


@keys.command("rotate")
@SITE
def rotate(folder: Path | None) -> None:
    """Adds a key, and seals everything with it that older ones have sealed."""

    async def go(parts: Any) -> tuple[int, dict[int, int]]:
        parts.store.vault.rotate()
        return await parts.store.rewrap(), await parts.store.key_usage()

    count, usage = asyncio.run(_with_parts(_site(folder), go))
    click.echo(f"Sealed {count} values anew. In use: {json.dumps(usage)}")


@main.command()
@SITE
@click.argument("target", type=click.Path(path_type=Path))
def schemas(folder: Path | None, target: Path) -> None:
    """Writes the JSON Schemas of the language with this site's plugins, for editors."""
    from banli.definitions.composed import write_schemas

    for path in write_schemas(target, _kinds(_site(folder))):
        click.echo(f"wrote {path}")


def with_var(site: Site, var: Path) -> Site:
    """The same site with another place to remember things; for tests."""
    return replace(site, var=var, database=f"sqlite:///{var / 'banli.db'}", blobs=f"file://{var / 'blobs'}")


if __name__ == "__main__":
    main()
