"""Recordings of a site, by the operator: `python -m banli_video retention`, `hold`, `lift`, and the site's own `recorder`."""

from __future__ import annotations

import asyncio
import importlib.util
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import click

from banli.errors import DefinitionError
from banli.parts import Parts
from banli.sites import open_site
from banli_video.plugin import VideoPlugin

SITE = click.option("--site", type=click.Path(path_type=Path, file_okay=False, exists=True), help="The site's folder.")
ACTOR = "system"


@click.group()
def main() -> None:
    """The recordings of video calls."""


@main.command()
@SITE
@click.option("--company", multiple=True, help="Only these companies; default: all.")
@click.option("--dry-run", is_flag=True, help="Only tell what would go.")
def retention(site: Path | None, company: tuple[str, ...], dry_run: bool) -> None:
    """Erases what is older than its company keeps it. To be run once a day; each time anew is harmless."""

    async def run(parts: Parts, plugin: VideoPlugin) -> None:
        for one in company or tuple(parts.library.company_ids):
            done = await plugin.retention.sweep(one, plugin.files.closed, dry_run)
            for recording in done.erased:
                click.echo(f"{one} {recording.call} {recording.digest} {recording.seconds:.0f} s {recording.bytes} bytes")
            word = "would be erased" if dry_run else "erased"
            years = plugin.retention.years(one)
            click.echo(f"{one}: {len(done.erased)} {word} ({years} years), {done.held} on legal hold, {done.open} not due.")

    _on(site, run)


@main.command()
@SITE
@click.argument("case")
@click.option("--why", required=True, help="What the hold is for; it is kept with it.")
@click.option("--by", required=True, help="Who has ordered it.")
def hold(site: Path | None, case: str, why: str, by: str) -> None:
    """Keeps the recordings of a case, by its number, until `lift`."""

    async def run(parts: Parts, plugin: VideoPlugin) -> None:
        id = await _case(parts, case)
        await plugin.retention.hold(id, why, by)
        await plugin.calls.works.note(id, ACTOR, "video.held", {"why": why, "by": by})
        click.echo(f"The recordings of {case} stay until the hold is lifted.")

    _on(site, run)


@main.command()
@SITE
@click.argument("case")
@click.option("--by", required=True, help="Who has ordered it.")
def lift(site: Path | None, case: str, by: str) -> None:
    """Ends the legal hold of a case."""

    async def run(parts: Parts, plugin: VideoPlugin) -> None:
        id = await _case(parts, case)
        if not await plugin.retention.lift(id):
            raise click.ClickException(f"There is no legal hold on {case}.")
        await plugin.calls.works.note(id, ACTOR, "video.lifted", {"by": by})
        click.echo(f"The recordings of {case} are kept as long as those of others.")

    _on(site, run)


@main.command()
@SITE
@click.option("--calls", default=20, show_default=True, type=click.IntRange(1, 200), help="How many at once.")
def recorder(site: Path | None, calls: int) -> None:
    """Records the calls of steps that say `recorder: beside` or `required`, until it is stopped (SIGTERM). Any number of them
    may run, on this machine and on others."""
    if importlib.util.find_spec("aiortc") is None:
        raise click.ClickException("The recorder needs the extra `video`: pip install 'banli[video]'.")

    async def run(parts: Parts, plugin: VideoPlugin) -> None:
        from banli_video.recorder.process import Recorder

        made = Recorder(plugin, calls)
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, made.stop)
        click.echo(f"The recorder takes up to {calls} calls.")
        await made.run()

    _on(site, run)


@main.command()
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="Where; default: a free one.")
def room(port: int) -> None:
    """Serves the page of the simulated video room, for trials, until it is stopped."""
    import threading

    from banli_video.trial_room import serve

    server = serve(port)
    click.echo(f"room: {{name: simulated, origins: ['http://127.0.0.1:{server.server_port}'], ", nl=False)
    click.echo(f"options: {{address: 'http://127.0.0.1:{server.server_port}'}}}}")
    threading.Event().wait()


async def _case(parts: Parts, number: str) -> str:
    held = await parts.caseload.find(number=number)
    if held is None:
        raise click.ClickException(f"There is no case {number}.")
    return held.case.id


def _on(folder: Path | None, run: Callable[[Parts, VideoPlugin], Awaitable[None]]) -> None:
    async def doing() -> None:
        try:
            parts = Parts(open_site(folder))
        except DefinitionError as problem:
            raise click.ClickException(f"The definitions have mistakes:\n{problem}") from None
        plugin = next((one for one in parts.plugins.active if isinstance(one, VideoPlugin)), None)
        if plugin is None:
            raise click.ClickException("This site does not use banli_video. List it under `plugins` in site.yaml.")
        await parts.open(start_plugins=False)
        try:
            await run(parts, plugin)
        finally:
            await parts.close()

    asyncio.run(doing())


if __name__ == "__main__":
    main(prog_name="python -m banli_video")
