"""Commands for those who write definitions: check, show, new, schemas."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from banli.cli.base import SITE, kinds_of, the_site
from banli.errors import DefinitionError
from banli.sites import Site

if TYPE_CHECKING:
    from banli.definitions.library import Library

NEXT = {
    "site": "Next: banli demo --site {name}",
    "form": "Next: name it in a flow, `- form: {word}`, and: banli check",
    "flow": "Next: offer it, `- {word}` below `businesses` of a company.yaml, and: banli check",
    "plugin": "Next: pip install -e {name}, then `- {word}` below `plugins` of definitions/site.yaml, and: banli check",
}


@click.command()
@SITE
@click.option("--format", "style", type=click.Choice(["text", "json", "github"]), default="text", show_default=True)
def check(folder: Path | None, style: str) -> None:
    """Tells all mistakes of the site's definitions at once; exit code 1 when there are any. Warnings do not change it."""
    from banli.caseload import today
    from banli.definitions.check import soon, tell
    from banli.definitions.library import Library
    from banli.scenarios.checking import check_all

    site = the_site(folder)
    try:
        kinds = kinds_of(site)
    except DefinitionError as problem:  # without its plugins nothing else can be told of it
        click.echo(tell(problem.mistakes, style))
        sys.exit(1)
    library = Library.read(site.definitions, kinds)
    mistakes = check_all(site.definitions, kinds, library)
    warnings = soon(library, site.environment, today(datetime.now(UTC)))
    if mistakes or style == "json":
        click.echo(tell(mistakes, style))
    if warnings and style == "github":
        click.echo(tell(warnings, style, "warning"))
    for warning in warnings if style != "github" else ():
        click.echo(f"Warning: {warning}", err=True)
    if not mistakes:
        click.echo(f"No mistakes in {site.definitions}.", err=True)
    sys.exit(1 if mistakes else 0)


@click.command()
@SITE
@click.argument("what")
@click.option("--company", default="", help="As this company has it.")
@click.option("--where", is_flag=True, help="With file and line of each value.")
def show(folder: Path | None, what: str, company: str, where: bool) -> None:
    """Prints a definition as a company gets it: banli show forms/other_info --company 8002. The words of all clients' pages:
    banli show texts, or texts/basic_info_change for those of a business."""
    from banli.definitions.library import Library
    from banli.definitions.show import show as shown

    site = the_site(folder)
    try:
        library = Library.read(site.definitions, kinds_of(site))
        if what.partition("/")[0] == "texts":
            click.echo(_words(site, library, company, what.partition("/")[2], where), nl=False)
        else:
            click.echo(shown(library, what, company, where=where), nl=False)
    except (KeyError, DefinitionError) as problem:
        raise click.ClickException(str(problem).strip("'")) from None


def _words(site: Site, library: Library, company: str, business: str, where: bool) -> str:
    from banli.definitions.wordlist import wordlist
    from banli.i18n import Catalogues

    languages = tuple(str(code) for code in library.site.get("languages", ("zh_CN",)))
    return wordlist(library, Catalogues(site, languages).translator(languages[0]), company, business, where=where)


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
    click.echo(NEXT[kind].format(name=name, word=Path(name).name))


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
