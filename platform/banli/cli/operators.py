"""Commands for those who keep it going: explain, audit, backup, keys."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from banli.cli.base import SITE, the_site, with_parts

if TYPE_CHECKING:
    from banli.parts import Parts


@click.command()
@SITE
@click.argument("number")
def explain(folder: Path | None, number: str) -> None:
    """Tells for every step of a case its state and why, and what waits."""
    from banli.explain import explain as explained

    lines = asyncio.run(with_parts(the_site(folder), lambda parts: explained(parts.caseload, number)))
    if lines is None:
        raise click.ClickException(f"There is no case '{number}'.")
    click.echo("\n".join(lines))


@click.command()
@SITE
def audit(folder: Path | None) -> None:
    """Opens everything that is kept of all cases, and names what was changed, lost or cannot be opened; exit 1 then."""
    from banli.store.survey import Looked, survey

    async def go(parts: Parts) -> tuple[list[Looked], int, int, int]:
        flawed, cases, events, files = [], 0, 0, 0
        async for looked in survey(parts.store):
            cases, events, files = cases + 1, events + looked.events, files + looked.files
            if looked.flaws:
                flawed.append(looked)
                click.echo("\n".join(f"{looked.number}: {flaw}" for flaw in looked.flaws))
        return flawed, cases, events, files

    flawed, cases, events, files = asyncio.run(with_parts(the_site(folder), go))
    click.echo(f"Opened {cases} cases with {events} events and {files} files; {len(flawed) or 'none'} with flaws.")
    if flawed:
        raise SystemExit(1)


@click.command()
@SITE
@click.argument("to", type=click.Path(path_type=Path, file_okay=False))
def backup(folder: Path | None, to: Path) -> None:
    """Copies database and files of the embedded default into the folder TO, while it runs; the key ring stays out."""
    from banli.backups import CannotBackUp, back_up

    site = the_site(folder)
    try:
        copied = back_up(site, to)
    except (CannotBackUp, OSError) as problem:
        raise click.ClickException(str(problem)) from None
    click.echo(f"{to}: {copied.databases} databases, {copied.files} files, {copied.fresh} of them copied now.")
    click.echo(f"The key ring is not in it, and without it nothing can be read. Keep {site.keys} in another place.")


@click.group()
def keys() -> None:
    """The key ring that seals personal data."""


@keys.command("rotate")
@SITE
def rotate(folder: Path | None) -> None:
    """Adds a key, and seals everything with it that older ones have sealed."""

    async def go(parts: Parts) -> tuple[int, dict[int, int]]:
        parts.store.vault.rotate()
        return await parts.store.rewrap(), await parts.store.key_usage()

    count, usage = asyncio.run(with_parts(the_site(folder), go))
    click.echo(f"Sealed {count} values anew. In use: {json.dumps(usage)}")


@keys.command("retire")
@SITE
@click.argument("version", type=int)
def retire(folder: Path | None, version: int) -> None:
    """Takes a key off the ring, once it seals nothing any more."""

    async def go(parts: Parts) -> tuple[int, ...]:
        vault, usage = parts.store.vault, await parts.store.key_usage()
        if version not in vault.versions:
            raise click.ClickException(f"There is no key {version}. There are: {', '.join(map(str, vault.versions))}.")
        if version == vault.current:
            raise click.ClickException(f"Key {version} is the current one. Run 'banli keys rotate' first.")
        if usage.get(version):
            raise click.ClickException(f"Key {version} still seals {usage[version]} values. Run 'banli keys rotate' first.")
        vault.retire(version)
        return vault.versions

    left = asyncio.run(with_parts(the_site(folder), go))
    click.echo(f"Key {version} is off the ring. Left: {', '.join(map(str, left))}. Backups that it sealed open with no other.")


COMMANDS = (
    explain,
    audit,
    backup,
    keys,
)
