"""Commands for those who publish: publish, editions."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from banli.cli.base import SITE, the_site, with_parts
from banli.cli.differences import WHY
from banli.errors import DefinitionError, Mistake, did_you_mean

if TYPE_CHECKING:
    from banli.moves import CaseVerdict
    from banli.parts import Parts
    from banli.releases import Change
    from banli.store import ReleaseRow

MOST_SENTENCES = 20
WORST = ("breaks", "needs_mapping", "asks_again", "stays", "safe")
CALM = ("safe", "stays")
NOTHING = "would lose nothing"


@click.command()
@SITE
@click.option("--company", default="", help="Only this company.")
@click.option("--business", default="", help="Only this business.")
@click.option("--effective", default="", help="From when it holds, such as 2027-01-01T00:00+08:00; without it, now.")
@click.option("--edition", default="", help="An edition sealed before, by its hash or at least 8 digits of it: the way back.")
@click.option("--note", default="", help="What it is for; kept in the trail.")
@click.option("--by", "login", default="", help="The login of the configurer who publishes.")
@click.option("--dry-run", is_flag=True, help="Tell what would be published, and publish nothing.")
@click.option("--yes", "sure", is_flag=True, help="Also when open cases could not be moved to it without a loss.")
def publish(
    folder: Path | None, company: str, business: str, effective: str, edition: str, note: str, login: str, dry_run: bool,
    sure: bool,
) -> None:  # fmt: skip
    """Makes what the files say hold for clients, now or from a time on. Open cases keep the edition that they began with."""

    async def go(parts: Parts) -> list[str]:
        if not edition and parts.library.mistakes:
            raise _wrong(parts.library.mistakes)
        at = _time(effective, parts.clock())
        wanted = _wanted(parts, company, business)
        try:
            changes = await _changes(parts, wanted, edition, at, hasten=bool(business))
        except DefinitionError as problem:
            raise _wrong(problem.mistakes) from None
        lines = [line for change in changes for line in _told(change)]
        if not edition and at is None and not business:
            lines += [line for key in wanted for line in _waits(parts, *key)]
        if not changes:
            return [*lines, "Nothing to publish: all of this is published, scheduled, or proposed and waiting for approval."]
        if dry_run:
            return [*lines, "Nothing was published (--dry-run)."]
        if not sure and (risky := [change for change in changes if change.risky]):
            click.echo("\n".join(lines))
            named = ", ".join(f"{one.company}/{one.business}" for one in risky)
            raise click.ClickException(
                f"Nothing was published: {named} could not take over all open cases. They keep their edition; if that is "
                "meant, add --yes, or write a migration first."
            )
        actors = await _actors(parts, changes, login)
        return [*lines, *await _published(parts, changes, actors, at, note)]

    click.echo("\n".join(asyncio.run(with_parts(the_site(folder), go))))


@click.command()
@SITE
@click.option("--company", default="", help="Only this company.")
@click.option("--business", default="", help="Only this business.")
def editions(folder: Path | None, company: str, business: str) -> None:
    """Lists the sealed editions with their date, what holds or will hold, and the open cases of each."""

    async def go(parts: Parts) -> list[str]:
        return [line for key in _wanted(parts, company, business) for line in await _listed(parts, *key)]

    click.echo("\n".join(asyncio.run(with_parts(the_site(folder), go))))


async def _published(
    parts: Parts, changes: Sequence[Change], actors: dict[str, str], at: datetime | None, note: str
) -> list[str]:
    from banli.store import Conflict

    try:
        rows = await parts.releases.publish(changes, actors, at, note)
    except Conflict:
        raise click.ClickException("Nothing was published: somebody else has published meanwhile. Look again.") from None
    return [_done(row) for row in rows]


def _done(row: ReleaseRow) -> str:
    name = f"{row.company}/{row.business} release {row.number}"
    if row.state == "proposed":
        return f"Proposed {name}: another configurer approves it at the desk."
    return f"Published {name}, from {_moment(row.effective_at)}."


def _wrong(mistakes: Sequence[Mistake]) -> click.ClickException:
    from banli.definitions.check import tell

    return click.ClickException(f"Nothing was published: there are mistakes.\n{tell(mistakes, 'text')}")


def _time(text: str, now: datetime) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise click.ClickException(f"'{text}' is no time. Write it like 2027-01-01T00:00+08:00.") from None
    if at.tzinfo is None:
        raise click.ClickException(f"'{text}' has no time zone. Write it like {text}+08:00.")
    if at <= now:
        raise click.ClickException(f"{_moment(at)} is over. Leave --effective out to publish now.")
    return at


def _wanted(parts: Parts, company: str, business: str) -> list[tuple[str, str]]:
    known = parts.releases.businesses()
    for what, name, names in (
        ("company", company, {key[0] for key in known} | set(parts.library.company_ids)),
        ("business", business, {key[1] for key in known if company in ("", key[0])}),
    ):
        if name and name not in names:
            raise click.ClickException(f"There is no {what} '{name}'. {did_you_mean(name, sorted(names))}".strip())
    return parts.releases.businesses(company, business)


def _waits(parts: Parts, company: str, business: str) -> Iterator[str]:
    row = parts.releases.scheduled(company, business)
    if row is not None:
        when = f"{_moment(row.effective_at)} (release {row.number})"
        yield f"{company}/{business}: scheduled for {when}; to publish it now, name it with --business"


async def _changes(
    parts: Parts, wanted: list[tuple[str, str]], edition: str, at: datetime | None, *, hasten: bool
) -> list[Change]:
    if not edition:
        return await parts.releases.changes(wanted, at, hasten=hasten)
    if len(wanted) != 1:
        raise click.ClickException("An edition is of one business: say which, with --company and --business.")
    sealed = [name for name, _ in await parts.store.editions_of(*wanted[0]) if name.startswith(edition.lower())]
    if len(edition) < 8 or len(sealed) != 1:
        raise click.ClickException(f"'{edition}' names no edition of {'/'.join(wanted[0])}. `banli editions` lists them.")
    change = await parts.releases.change(*wanted[0], sealed[0], at)
    return [change] if change is not None else []


async def _actors(parts: Parts, changes: Sequence[Change], login: str) -> dict[str, str]:
    """Who publishes for each company. Four eyes need to know the first pair."""
    from banli.staff import OPERATOR

    actors = {}
    for change in changes:
        person = await parts.releases.publisher(change.company, login) if login else None
        if login and person is None:
            raise click.ClickException(f"'{login}' is no configurer of company {change.company}.")
        if change.four_eyes and person is None:
            raise click.ClickException(
                f"Company {change.company} publishes with four eyes: say who proposes with --by LOGIN (a configurer)."
            )
        actors[change.company] = f"staff:{person.id}" if person is not None else OPERATOR
    return actors


def _told(change: Change) -> Iterator[str]:
    from banli.definitions.differences.telling import line, summary

    was, new = (
        change.replaces[:12] or ("the files" if change.first else "not offered"),
        change.edition[:12] or "no longer offered",
    )
    yield f"{change.company}/{change.business}: {was} -> {new}{' (to be approved)' if change.four_eyes else ''}"
    if change.first:
        yield "  the first release: until now the files held, from now on they change nothing until the next one"
    if change.differences is not None:
        changes = change.differences.changes
        yield f"  {summary(change.differences)}"
        yield from (f"    {line(one)}" for one in changes[:MOST_SENTENCES])
        if len(changes) > MOST_SENTENCES:
            now = f"{change.company}/{change.business}" if change.written else new
            yield f"    and {len(changes) - MOST_SENTENCES} more: banli diff {was} {now}"
    if change.classification is not None and change.classification.cases:
        yield from _open_cases(change.classification.cases)
    for row in change.later:
        yield f"  release {row.number}, scheduled for {_moment(row.effective_at)}, will replace it then"


def _open_cases(cases: Sequence[CaseVerdict]) -> Iterator[str]:
    """What would become of the open cases if they were moved; those that would lose something by their numbers."""
    keep = "1 open case keeps its edition" if len(cases) == 1 else f"{len(cases)} open cases keep their edition"
    if all(case.verdict in CALM for case in cases):
        yield f"  {keep}; moved to this one, {'it' if len(cases) == 1 else 'they'} would lose nothing"
        return
    yield f"  {keep}. Moved to this one:"
    groups: dict[str, list[str]] = {}
    for case in sorted(cases, key=lambda case: WORST.index(case.verdict)):
        groups.setdefault(_fate(case), []).append(case.number)
    for fate, numbers in groups.items():
        more = f" and {len(numbers) - MOST_SENTENCES} more" if len(numbers) > MOST_SENTENCES else ""
        named = "" if fate == NOTHING else f": {', '.join(numbers[:MOST_SENTENCES])}{more}"
        yield f"    {len(numbers)} {fate}{named}"


def _fate(case: CaseVerdict) -> str:
    match case.verdict:
        case "breaks":
            return f"cannot be moved ({WHY.get(case.why, case.why)})"
        case "needs_mapping":
            return f"would lose {', '.join(case.lost)} without a mapping"
        case "asks_again":
            return f"would be asked again ({', '.join(case.again)})"
    return NOTHING


async def _listed(parts: Parts, company: str, business: str) -> list[str]:
    from banli.releases import since

    now = parts.clock()
    rows = await parts.store.releases_of(company, business)
    counted = await parts.store.open_cases_by_edition(company, business)
    live = parts.editions.in_force(company, business)
    lines = [f"{company}/{business}"]
    for name, sealed_at in await parts.store.editions_of(company, business):
        told = []
        if live is not None and live.edition == name:
            told.append(f"live since {_moment(live.effective_at)} (release {live.number})")
        for row in rows:
            if row.edition == name and row.state == "approved" and since(row) > now:
                told.append(f"scheduled for {_moment(row.effective_at)} (release {row.number})")
            elif row.edition == name and row.state == "proposed":
                told.append(f"proposed (release {row.number})")
        cases = "1 open case" if counted.get(name) == 1 else f"{counted.get(name, 0)} open cases"
        line = f"  {name[:12]}  sealed {_moment(sealed_at)}  {cases}  {', '.join(told)}"
        lines.append(line.rstrip())
    if live is None:
        lines.append("  never published: the files hold")
    elif not live.edition:
        lines.append(f"  not offered since {_moment(live.effective_at)} (release {live.number})")
    if (company, business) in parts.editions.unpublished():
        lines.append("  the files differ from what is published")
    return lines


def _moment(moment: Any) -> str:
    from banli.caseload import CHINA

    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M %z}" if moment is not None else "its approval"


COMMANDS = (
    publish,
    editions,
)
