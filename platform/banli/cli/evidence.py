"""Commands for those who must prove what was signed: evidence, verify."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from banli import __version__
from banli.cli.base import SITE, the_site, with_parts
from banli.hooks import Unavailable

if TYPE_CHECKING:
    from banli.parts import Parts


@click.command()
@SITE
@click.argument("number")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The zip file to write.")
@click.option("--force", is_flag=True, help="Write over a file of that name.")
def evidence(folder: Path | None, number: str, out: Path, force: bool) -> None:
    """Writes what a client has signed in a case into a file that can be checked without Banli."""
    if out.exists() and not force:
        raise click.ClickException(f"{out} is there already. Name another file, or say --force.")

    async def go(parts: Parts) -> Any:
        from banli.evidence.collecting import gather
        from banli.web.retelling import retelling

        try:
            return await gather(parts.caseload, number, retelling(parts), __version__)
        except Unavailable as silent:
            raise click.ClickException(f"The authority does not answer now ({silent.code}). Try again later.") from None

    from banli.evidence.collecting import NoEvidence
    from banli.evidence.verify import holds, verify

    made = asyncio.run(with_parts(the_site(folder), go))
    if isinstance(made, NoEvidence):
        raise click.ClickException(made.text)
    out.write_bytes(made.packed())
    click.echo(f"{out}: {made.signatures} signatures of case {number}, {len(made.files)} files. Keep it as personal data.")
    for title in made.missing:
        click.echo(f"'{title}' can no longer be shown as it was signed; its statement and signature are there.", err=True)
    for title in made.unsealed:
        said = f"'{title}' is signed but not sealed: its timestamp is missing. A worker seals it as soon as it can."
        click.echo(said, err=True)
    if made.open:
        said = f"The manifest is not sealed ({made.open}). What is in it holds without; make the file again later for the seal."
        click.echo(said, err=True)
    if not holds(verify(made.files)):
        raise click.ClickException(f"Not all of it holds. Read why: banli verify {out}")


@click.command()
@SITE
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--root", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="The root that you trust (PEM, or DER)."
)
def verify(folder: Path | None, file: Path, root: Path | None) -> None:
    """Tells line by line what of a case's evidence holds, as the verify.py in it does. Exit code 1 when something does not."""
    from banli.evidence import verify as checking

    try:
        files = checking.read(file)
    except checking.Unreadable as problem:
        raise click.ClickException(str(problem)) from None
    findings = checking.verify(files, root.read_bytes() if root is not None else None)
    if heading := _heading(folder, files):
        click.echo(heading)
    click.echo(checking.told(findings))
    if not checking.holds(findings):
        raise click.exceptions.Exit(1)


def _heading(folder: Path | None, files: dict[str, bytes]) -> str:
    """Whose case it is, with the names that this site has for companies and businesses. Nothing vouches for this line."""
    import json

    from banli.evidence.verify import MANIFEST, clean

    try:
        told = json.loads(files[MANIFEST])
        case, company, business = (str(told[name]) for name in ("case", "company", "business"))
        names = str(told.get("company_name", "")), str(told.get("business_title", "")), str(told.get("made_at", ""))
    except (KeyError, ValueError, TypeError):
        return ""
    known = _company_name(folder, company)
    return clean(f"Case {case}, {known or names[0]} ({company}), {names[1]} ({business}), made {names[2]}")


def _company_name(folder: Path | None, company: str) -> str:
    from banli.cli.base import kinds_of
    from banli.definitions.library import Library
    from banli.errors import DefinitionError

    try:
        site = the_site(folder)
        found = Library.read(site.definitions, kinds_of(site), site.cache).company(company)
    except (DefinitionError, OSError):
        return ""
    return found.name if found is not None else ""


COMMANDS = (evidence, verify)
