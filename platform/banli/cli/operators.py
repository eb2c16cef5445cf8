"""Commands for those who keep it going: explain, keys."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import click

from banli.cli.base import SITE, the_site, with_parts


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


@click.group()
def keys() -> None:
    """The key ring that seals personal data."""


@keys.command("rotate")
@SITE
def rotate(folder: Path | None) -> None:
    """Adds a key, and seals everything with it that older ones have sealed."""

    async def go(parts: Any) -> tuple[int, dict[int, int]]:
        parts.store.vault.rotate()
        return await parts.store.rewrap(), await parts.store.key_usage()

    count, usage = asyncio.run(with_parts(the_site(folder), go))
    click.echo(f"Sealed {count} values anew. In use: {json.dumps(usage)}")


COMMANDS = (
    explain,
    keys,
)
