"""The command for stories: test."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from banli.cli.base import SITE, plugins_of, the_site


@click.command("test")
@SITE
@click.argument("patterns", nargs=-1, metavar="[PATTERN]...")
@click.option("--company", default="", help="Only at this company.")
@click.option("--format", "style", type=click.Choice(["text", "junit"]), default="text", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the report to this file.")
@click.option("--coverage", is_flag=True, help="Tell what no story touches.")
@click.option("--fail-under", type=click.FloatRange(0, 100), help="Fail when less than this percentage is touched.")
@click.option("-v", "--verbose", is_flag=True, help="Tell each story.")
def test(
    folder: Path | None, patterns: tuple[str, ...], company: str, style: str, output: Path | None, coverage: bool,
    fail_under: float | None, verbose: bool,
) -> None:  # fmt: skip
    """Runs the site's scenarios without a server, all or those that a PATTERN names (id, file, business, words of the title).

    Exit code 1 when one goes another way than told.
    """
    from banli.definitions.library import HARMLESS, Library
    from banli.scenarios import reports
    from banli.scenarios.checking import Checker
    from banli.scenarios.coverage import Coverage
    from banli.scenarios.playing import Stage
    from banli.scenarios.reading import read_tales
    from banli.scenarios.running import chosen, run_all

    site = the_site(folder)
    plugins, kinds = plugins_of(site)
    library = Library.read(site.definitions, kinds)
    if serious := [str(mistake) for mistake in library.mistakes if mistake.code not in HARMLESS]:
        raise click.ClickException("The definitions have mistakes:\n" + "\n".join(serious))
    if company and company not in library.company_ids:
        raise click.ClickException(f"There is no company '{company}'. There are: {', '.join(library.company_ids)}.")
    tales, mistakes = read_tales(site.definitions)
    stage = Stage(library, kinds, plugins)
    mistakes = sorted({*mistakes, *Checker(library, kinds, tales).run()})
    wanted = chosen(tales, stage, patterns, company)
    wrong = {mistake.place.file for mistake in mistakes}
    wanted = [(scenario, name) for scenario, name in wanted if scenario.file not in wrong]
    if patterns and not wanted and not mistakes:
        raise click.ClickException(f"No scenario fits {' or '.join(patterns)}.")
    seen = Coverage(kinds)
    outcomes = list(run_all(wanted, stage, tales, seen.heard))
    lines = [str(mistake) for mistake in mistakes]
    if verbose:
        lines += [reports.line(outcome) for outcome in outcomes]
    lines += reports.failures(outcomes)
    least = 100.0
    if coverage or fail_under is not None:
        named = {scenario.business for scenario, _ in wanted} if patterns else None
        for name in library.company_ids if not company else (company,):
            for business in stage.offers(name):
                if named is None or business in named:
                    touched = seen.of(stage.issue(name, business))
                    least = min(least, reports.percent(touched))
                    lines += reports.coverage(name, business, touched) if coverage else []
    low = fail_under is not None and least < fail_under
    if low:
        lines.append(f"Only {least:.1f} % is touched, less than {fail_under:g} %.")
    lines.append(reports.summary(outcomes, len({scenario.file for scenario, _ in wanted})))
    _report(lines, reports.junit(outcomes) if style == "junit" else "", output)
    sys.exit(1 if mistakes or low or not all(outcome.good for outcome in outcomes) else 0)


def _report(lines: list[str], document: str, output: Path | None) -> None:
    """The report to the file, or to standard output; with a document the lines are for whoever looks on."""
    text = "\n".join(lines) + "\n"
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(document or text, encoding="utf-8")
        click.echo(text, nl=False, err=bool(document))
    elif document:
        click.echo(document, nl=False)
        click.echo(text, nl=False, err=True)
    else:
        click.echo(text, nl=False)


COMMANDS = (test,)
