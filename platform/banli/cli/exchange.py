"""Commands for those who come from other tools or go to them: import, export."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import click

from banli.cli.base import SITE, kinds_of, made, plugins_of, the_site
from banli.errors import Mistake

COMPANY = click.option("--company", default="", help="As this company has it.")
OUTPUT = click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write it there, not to the terminal.")
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group("import")
def import_() -> None:
    """Makes definitions of what other tools have written."""


@import_.command("json-schema")
@SITE
@click.argument("file", type=FILE)
@click.option("--ui", "ui_file", type=FILE, help="A UI schema of JSON Forms, or a uiSchema of react-jsonschema-form.")
@click.option("--name", default="", help="The form's id (default: from the file's name).")
@click.option("--title", default="", help="The form's title (default: the schema's).")
@click.option("--company", default="", help="Make it a form of this company alone.")
@click.option("--stdout", "to_stdout", is_flag=True, help="Print the form and write nothing.")
@click.option("--force", is_flag=True, help="Write over a form of that name.")
@click.option("--strict", is_flag=True, help="Exit code 1 when anything was left out, and nothing is written.")
def import_json_schema(
    folder: Path | None,
    file: Path,
    ui_file: Path | None,
    name: str,
    title: str,
    company: str,
    to_stdout: bool,
    force: bool,
    strict: bool,
) -> None:
    """Makes a form of a JSON Schema (draft 4 to 2020-12).

    What cannot be shown is told with its place, one line each: path: code: what. cure.
    """
    from banli.exchange import Trial, import_form

    site = the_site(folder)
    name = name or _id_of(file)
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise click.ClickException(f"'{name}' cannot be the name of a form. Use a to z, 0 to 9 and _, starting with a letter.")
    trial = Trial.of(site.definitions, kinds_of(site), company)
    if company and company not in trial.library.company_ids:
        raise click.ClickException(f"There is no company '{company}'. There are: {', '.join(trial.library.company_ids)}.")
    if company and trial.library.view().has("forms", name):
        raise click.ClickException(
            f"All companies have a form '{name}'. Choose another name; {company} could only change parts of that one."
        )
    target = site.definitions / (f"companies/{company}/" if company else "") / "forms" / f"{name}.yaml"
    if target.exists() and not (force or to_stdout):
        raise click.ClickException(f"{target} exists already. Choose another --name, or write over it with --force.")
    schema = _json(file)
    form = import_form(
        schema, _json(ui_file) if ui_file else None, name, trial, (file.name, ui_file.name if ui_file else ""), title
    )
    _tell(form.told)
    if form.wrong:
        _tell(form.wrong)
        raise click.ClickException("Nothing was written.")
    if form.untranslated:
        click.echo(f"{trial.file(name)}: translation: {len(form.untranslated)} texts need a translation in locales/.", err=True)
    if strict and form.told:
        raise click.ClickException(f"{len(form.told)} things are not as they were. Nothing was written.")
    if to_stdout:
        click.echo(form.text, nl=False)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(form.text, encoding="utf-8")
    click.echo(f"wrote {target}")


def _id_of(file: Path) -> str:
    """`Account-Opening.schema.json` as account_opening."""
    plain = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", file.name.partition(".")[0]).lower()).strip("_")
    return plain if plain[:1].isalpha() else f"form_{plain}".rstrip("_")


def _json(file: Path) -> Any:
    from banli.exchange import read_json

    data, mistake = read_json(file.name, file.read_bytes())
    if mistake is not None:
        raise click.ClickException(str(mistake))
    return data


def _tell(mistakes: tuple[Mistake, ...]) -> None:
    for mistake in mistakes:
        click.echo(str(mistake), err=True)
    sys.stderr.flush()


@click.group()
def export() -> None:
    """Gives definitions to people and tools that do not know our language."""


def _shapes(*shapes: str) -> Any:
    return click.option("--as", "shape", type=click.Choice(shapes), required=True)


LANGUAGE = click.option("--language", default="", help="The language of the texts (default: the site's first).")


@export.command("form")
@SITE
@click.argument("name")
@_shapes("json-schema", "xlsx", "html")
@COMPANY
@LANGUAGE
@OUTPUT
def export_form(folder: Path | None, name: str, shape: str, company: str, language: str, output: Path | None) -> None:
    """A form as a JSON Schema for other systems, a workbook for business people, a page to print.

    What a JSON Schema cannot say is told, one line each.
    """
    offering = _offering(folder, company, language)
    if shape == "json-schema":
        text, told = _there(lambda: offering.form_schema(name))
        _tell(told)
        _give(text, output)
    elif shape == "html":
        _give(_there(lambda: offering.form_page(name)), output)
    else:
        _give(_workbook(lambda: offering.form_workbook(name)), output or Path(f"{name}.xlsx"))


@export.command("dictionary")
@SITE
@click.argument("name")
@_shapes("csv", "xlsx")
@COMPANY
@LANGUAGE
@OUTPUT
def export_dictionary(folder: Path | None, name: str, shape: str, company: str, language: str, output: Path | None) -> None:
    """A code list with its texts and the codes of other systems."""
    offering = _offering(folder, company, language)
    if shape == "csv":
        _give(_there(lambda: offering.dictionary_csv(name)), output)
    else:
        _give(_workbook(lambda: offering.dictionary_workbook(name)), output or Path(f"{name}.xlsx"))


def _offering(folder: Path | None, company: str, language: str) -> Any:
    from banli.definitions.library import Library
    from banli.exchange.offering import Offering
    from banli.i18n import Catalogues

    site = the_site(folder)
    plugins, kinds = plugins_of(site)
    library = Library.read(site.definitions, kinds)
    languages = [str(one) for one in library.site.get("languages", ["zh_CN"])]
    if language and language not in languages:
        raise click.ClickException(f"The site has no language '{language}'. It has: {', '.join(languages)}.")
    catalogues = Catalogues(site, languages, [plugin.name for plugin in plugins.active])
    return Offering(library, catalogues.translator(language or languages[0]), plugins.fields.kind, company)


def _there(make: Any) -> Any:
    from banli.exchange.offering import NotThere

    try:
        return made(make)
    except NotThere as problem:
        raise click.ClickException(str(problem)) from None


def _workbook(make: Any) -> bytes:
    from banli.exchange.tables import Missing

    try:
        book: bytes = _there(make)
    except Missing as problem:
        raise click.ClickException(str(problem)) from None
    return book


def _give(content: str | bytes, output: Path | None) -> None:
    if output is None:
        click.echo(content, nl=False)
        return
    output.write_bytes(content.encode() if isinstance(content, str) else content)
    click.echo(f"wrote {output}")


COMMANDS = (
    import_,
    export,
)
