"""Commands for those who keep it going: explain, staff, keys."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import click

from banli.cli.base import SITE, the_site, with_parts
from banli.errors import Problem
from banli.sentences import SENTENCES, fill


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

    made = asyncio.run(with_parts(the_site(folder), go))
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

    site = the_site(folder, demo=True)
    if not (site.var / MARK).exists():
        raise click.ClickException(f"{site.var} was not made by `banli demo`. Codes of real accounts stay with their owners.")
    click.echo(asyncio.run(with_parts(site, lambda parts: code_of(parts, company, login, ahead_of(site.var / MARK)))))


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
    staff,
    keys,
)
