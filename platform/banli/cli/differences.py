"""Commands for changes: diff, move."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from banli.cli.base import SITE, kinds_of, made, the_site, with_parts
from banli.errors import DefinitionError, Mistake, did_you_mean

if TYPE_CHECKING:
    from banli.definitions.library import Library
    from banli.definitions.migrations import Migration
    from banli.moves import CaseVerdict, Outcome
    from banli.parts import Parts
    from banli.sites import Site

_HASH = re.compile(r"[0-9a-f]{8,64}\Z")
_NAMED = re.compile(r"([A-Za-z0-9_-]+)/([a-z][a-z0-9_]*)(@live)?\Z")
SPEC = (
    "COMPANY/BUSINESS (what the files say), COMPANY/BUSINESS@live (what is in force), a file with a sealed edition, or 8 or "
    "more digits of a hash"
)


@click.command()
@SITE
@click.argument("old")
@click.argument("new")
@click.option("--base", is_flag=True, help="OLD and NEW are folders with definitions: what changed beneath a company.")
@click.option("--company", default="", help="With --base: the company.")
@click.option("--format", "style", type=click.Choice(["text", "json", "html"]), default="text", show_default=True)
@click.option("--language", default="en", show_default=True, help="The language of the sentences: en, zh_CN.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
def diff(
    folder: Path | None, old: str, new: str, base: bool, company: str, style: str, language: str, output: Path | None
) -> None:
    """Tells what differs between two editions of a business, or with --base what a new base changes beneath a company.

    OLD and NEW are each COMPANY/BUSINESS (what the files say), COMPANY/BUSINESS@live (what is in force), a file with a sealed
    edition, or 8 or more digits of its hash.
    """
    if base:
        found = _beneath(folder, Path(old), Path(new), company)
        _write(_told(found, style), output)
        sys.exit(1 if found else 0)
    from banli.definitions.differences import difference
    from banli.definitions.differences.telling import as_json, as_page, as_text

    site = the_site(folder)
    one, two, kinds = _bundles(site, (old, new))
    try:
        told = difference(one, two, kinds)
    except (DefinitionError, KeyError, TypeError, AttributeError, ValueError) as problem:
        raise click.ClickException(f"These cannot be compared: {type(problem).__name__}: {problem}") from None
    say = _say(site, language)
    if style == "html":
        _write(as_page(told, f"{old} → {new}", say, language.replace("_", "-")), output)
    else:
        _write(as_json(told, say) if style == "json" else as_text(told, say), output)


def _beneath(folder: Path | None, old: Path, new: Path, company: str) -> list[Mistake]:
    """The overrides of a company whose base has changed."""
    from banli.definitions.differences.overrides import overridden
    from banli.definitions.library import Library

    if not company:
        raise click.ClickException("Say for which company: --company 8002.")
    folders = [_definitions(path) for path in (old, new)]
    site = the_site(folder if folder is not None else folders[1].parent)
    kinds = kinds_of(site)
    was, now = (Library.read(path, kinds) for path in folders)
    own = Library.read(site.definitions, kinds) if folder is not None else now
    if company not in own.company_ids:
        cure = did_you_mean(company, own.company_ids)
        raise click.ClickException(f"There is no company '{company}' in {site.definitions}. {cure}".strip())
    return overridden(was, now, own, company, (f"{old}/" if was.folder != old else "", f"{new}/" if now.folder != new else ""))


def _definitions(path: Path) -> Path:
    """The folder with definitions: the one that is given, or that of the site which is given."""
    found = path / "definitions" if (path / "definitions").is_dir() else path
    if not any((found / name).exists() for name in ("forms", "flows", "site.yaml")):
        raise click.ClickException(f"{path} holds no definitions.")
    return found


def _told(mistakes: Sequence[Mistake], style: str) -> str:
    from banli.definitions.check import tell

    if style == "html":
        raise click.ClickException("--base is told as text or json.")
    return tell(mistakes, style) if mistakes or style == "json" else "Nothing that the company lies over has changed."


def _bundles(site: Site, wanted: Sequence[str]) -> tuple[Any, Any, Any]:
    """The bundles of both sides, and the kinds of the site. The store is opened only where it is asked for something."""
    from banli.definitions.library import Library

    named = [_NAMED.match(one) for one in wanted]
    if any((match and match[3]) or (not match and not Path(one).is_file()) for match, one in zip(named, wanted, strict=True)):

        async def go(parts: Parts) -> list[Any]:
            await parts.editions.refresh()
            return [await _kept(parts, one) for one in wanted]

        one, two = asyncio.run(with_parts(site, go))
        return one, two, kinds_of(site)
    kinds = kinds_of(site)
    library = made(lambda: Library.read(site.definitions, kinds, site.cache))
    one, two = (_file(one) if Path(one).is_file() else _written(library, one) for one in wanted)
    return one, two, kinds


async def _kept(parts: Parts, wanted: str) -> Any:
    named = _NAMED.match(wanted)
    if named and named[3]:
        live = parts.editions.in_force(named[1], named[2])
        sealed = [live.edition] if live is not None else [name for name, _ in await parts.store.editions_of(named[1], named[2])]
        if not sealed or not sealed[0]:
            raise click.ClickException(f"No edition of {named[1]}/{named[2]} is sealed here yet.")
        return await parts.store.edition(sealed[0])
    if (read := _read(wanted)) is not None:
        return read
    if named:
        return _written(parts.library, wanted)
    if not _HASH.match(wanted):
        raise click.ClickException(f"'{wanted}' is neither {SPEC}.")
    found = await parts.store.editions_like(wanted)
    if len(found) != 1:
        why = "begins several hashes. Give more digits." if found else "begins the hash of no edition that is sealed here."
        raise click.ClickException(f"'{wanted}' {why}")
    return await parts.store.edition(found[0])


def _read(wanted: str) -> Any:
    return _file(wanted) if Path(wanted).is_file() else None


def _file(name: str) -> Any:
    try:
        bundle = json.loads(Path(name).read_bytes())
    except ValueError:
        bundle = None
    if not isinstance(bundle, dict) or not {"language", "flow", "forms", "business"} <= set(bundle):
        raise click.ClickException(f"{name} holds no sealed edition.")
    return bundle


def _written(library: Library, wanted: str) -> Any:
    company, _, business = wanted.partition("/")
    try:
        return library.bundle(company, business)
    except DefinitionError as problem:
        raise click.ClickException(str(problem)) from None


def _say(site: Site, language: str) -> Any:
    from banli.i18n import Catalogues

    if language == "en":
        return str
    known = Catalogues(site, ("zh_CN", "en"))
    if language not in known.languages:
        raise click.ClickException(f"There is no language '{language}'. There are: {', '.join(known.languages)}.")
    return known.translator(language).gettext


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text.rstrip("\n"))
        return
    output.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
    click.echo(f"wrote {output}", err=True)


@click.command()
@SITE
@click.argument("migration")
@click.option("--company", default="", help="Only this company.")
@click.option("--apply", "act", flag_value="apply", help="Move the cases that may move.")
@click.option("--undo", "act", flag_value="undo", help="Move back those that this migration has moved.")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
def move(folder: Path | None, migration: str, company: str, act: str | None, style: str) -> None:
    """Shows what a migration would do to every open case: banli move phone_renamed. Nothing is changed without --apply.

    MIGRATION is the id or the file of definitions/migrations.
    """

    async def go(parts: Parts) -> tuple[list[CaseVerdict], list[Outcome]]:
        from banli.moves import Moves

        wanted = _migration(parts.library, migration)
        await parts.editions.refresh()
        moves, told, done = Moves(parts.caseload), list[Any](), list[Any]()
        known = moves.companies(wanted)
        if company and company not in known:
            cure = did_you_mean(company, known) or f"It is for: {', '.join(known)}."
            raise click.ClickException(f"The migration '{wanted.id}' is not for company '{company}'. {cure}")
        for one in (company,) if company else known:
            if act is None:
                told += await moves.survey(wanted, one)
            else:
                done += [outcome async for outcome in (moves.apply if act == "apply" else moves.undo)(wanted, one)]
        return told, done

    told, done = asyncio.run(with_parts(the_site(folder), go))
    if style == "json":
        click.echo(json.dumps([_row(one) for one in told or done], ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(_survey(told) if act is None else _done(done, act)))
    sys.exit(1 if any(one.done in ("busy", "failed") for one in done) else 0)


def _migration(library: Library, wanted: str) -> Migration:
    from banli.definitions.migrations import migrations

    known = migrations(library)
    name = Path(wanted).stem if wanted.endswith(".yaml") else wanted
    if name not in known:
        cure = did_you_mean(name, known) or (f"There are: {', '.join(known)}." if known else "There are none.")
        raise click.ClickException(f"There is no migration '{name}' in definitions/migrations. {cure}")
    return known[name]


WHY = {
    "submitted": "waits for review and keeps its edition",
    "in_review": "is in the hands of staff and keeps its edition",
    "touched": "waits for review, and something that the client did would be touched",
    "nothing_left": "the present flow has nothing left to ask and no end",
    "edition_unopened": "its edition cannot be opened with the present plugins",
    "keeps_nothing": "the business keeps no cases any more; this one keeps its edition",
    "plugin_unavailable": "a plugin does not answer",
    "gone_on": "something has happened to it since",
    "asks_again": "something would be asked again; 'when_unclean: restart' moves it",
    "needs_mapping": "answers would be lost; map or drop them, or 'when_unclean: restart' moves it",
}


def _survey(told: Sequence[CaseVerdict]) -> list[str]:
    if not told:
        return ["No open case is on an older edition."]
    width = max(len(one.number) for one in told)
    lines = [f"{one.number:{width}}  {one.state:10}  {one.verdict:13}  {_why(one)}".rstrip() for one in told]
    counts = {verdict: sum(one.verdict == verdict for one in told) for verdict in dict.fromkeys(one.verdict for one in told)}
    return [*lines, "", ", ".join(f"{count} {verdict}" for verdict, count in counts.items()) + ". Nothing was changed."]


def _why(one: CaseVerdict) -> str:
    parts = [f"loses {', '.join(one.lost)}"] if one.lost else []
    parts += [f"drops {', '.join(one.dropped)}"] if one.dropped else []
    parts += [f"asks again {', '.join(one.again)}"] if one.again else []
    parts += [WHY.get(one.why, one.why)] if one.why else []
    return "; ".join(parts)


def _done(done: Sequence[Outcome], act: str) -> list[str]:
    if not done:
        return ["No open case is on an older edition." if act == "apply" else "No case was moved by this migration."]
    width = max(len(one.number) for one in done)
    lines = [f"{one.number:{width}}  {one.done:6}  {WHY.get(one.why, one.why)}".rstrip() for one in done]
    counts = {what: sum(one.done == what for one in done) for what in dict.fromkeys(one.done for one in done)}
    return [*lines, "", ", ".join(f"{count} {what}" for what, count in counts.items()) + "."]


def _row(one: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(one)


COMMANDS = (
    diff,
    move,
)
