"""Commands for those who write definitions: check, show, new, schemas."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from banli.cli.base import SITE, kinds_of, the_site
from banli.errors import DefinitionError


@click.command()
@SITE
@click.option("--format", "style", type=click.Choice(["text", "json", "github"]), default="text", show_default=True)
def check(folder: Path | None, style: str) -> None:
    """Tells all mistakes of the site's definitions at once; exit code 1 when there are any."""
    from banli.definitions.check import check_site, tell

    site = the_site(folder)
    mistakes = check_site(site.definitions, kinds_of(site))
    if mistakes or style == "json":
        click.echo(tell(mistakes, style))
    if not mistakes:
        click.echo(f"No mistakes in {site.definitions}.", err=True)
    sys.exit(1 if mistakes else 0)


@click.command()
@SITE
@click.argument("what")
@click.option("--company", default="", help="As this company has it.")
@click.option("--where", is_flag=True, help="With file and line of each value.")
def show(folder: Path | None, what: str, company: str, where: bool) -> None:
    """Prints a definition as a company gets it: banli show forms/other_info --company 8002."""
    from banli.definitions.library import Library
    from banli.definitions.show import show as shown

    site = the_site(folder)
    try:
        click.echo(shown(Library.read(site.definitions, kinds_of(site)), what, company, where=where))
    except (KeyError, DefinitionError) as problem:
        raise click.ClickException(str(problem).strip("'")) from None


@click.command()
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


@click.command()
@SITE
@click.argument("target", type=click.Path(path_type=Path))
def schemas(folder: Path | None, target: Path) -> None:
    """Writes the JSON Schemas of the language with this site's plugins, for editors."""
    from banli.definitions.composed import write_schemas

    for path in write_schemas(target, kinds_of(the_site(folder))):
        click.echo(f"wrote {path}")


COMMANDS = (
    check,
    show,
    new,
    schemas,
)
