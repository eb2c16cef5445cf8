"""Commands for the accounts of the desk: the first administrator, and what an administrator does there too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from banli.cli.base import SITE, the_site, with_parts
from banli.errors import Problem
from banli.sentences import SENTENCES, fill
from banli.staff_words import STAFF_SENTENCES

if TYPE_CHECKING:
    from banli.invitations import Link
    from banli.parts import Parts

COMPANY = click.option("--company", required=True)
ROLE = click.option(
    "--role", "roles", multiple=True, required=True, help="reviewer, agent, configurer, auditor, admin; repeatable."
)


@click.group()
def staff() -> None:
    """The people at the desk."""


@staff.command("add")
@SITE
@click.argument("login")
@COMPANY
@click.option("--name", required=True)
@ROLE
@click.password_option()
def staff_add(folder: Path | None, login: str, company: str, name: str, roles: tuple[str, ...], password: str) -> None:
    """Adds a person and prints the secret for their authenticator once."""

    async def go(parts: Parts) -> Any:
        _known(parts, company)
        return await parts.staff.add(company, login, name, roles, password)

    made = _told(folder, go)
    click.echo(f"Added {login}. For the authenticator, shown only now:\n{made.uri}")


@staff.command("invite")
@SITE
@click.argument("login")
@COMPANY
@click.option("--name", required=True)
@ROLE
@click.option("--branch", "branches", multiple=True, help="A branch of the company; repeatable. None: all of it.")
def staff_invite(
    folder: Path | None, login: str, company: str, name: str, roles: tuple[str, ...], branches: tuple[str, ...]
) -> None:
    """Adds a person and prints the link with which they choose a password and an authenticator."""
    from banli.staffing import Draft

    async def go(parts: Parts) -> Any:
        _known(parts, company)
        made = await parts.staffing.invite(None, company, login, Draft(name, roles, branches))
        return made if isinstance(made, Problem) else _address(parts, made[1])

    click.echo(f"Added {login}. Their link, good once and shown only now:\n{_told(folder, go)}")


@staff.command("list")
@SITE
def staff_list(folder: Path | None) -> None:
    """Prints every account: company, login, name, roles, branches, how it stands, the last sign-in."""

    async def go(parts: Parts) -> Any:
        return await parts.staffing.everybody(None)

    for one in _told(folder, go):
        draft, seen = one.draft, one.signed_in_at.isoformat(" ", "minutes") if one.signed_in_at else "-"
        told = (
            one.company or "-",
            one.login,
            draft.name,
            ",".join(draft.roles),
            ",".join(draft.branches) or "*",
            one.state,
            seen,
        )
        click.echo("\t".join(told))


@staff.command("shut")
@SITE
@click.argument("login")
@COMPANY
def staff_shut(folder: Path | None, login: str, company: str) -> None:
    """Shuts an account at once and ends its sessions."""
    _told(folder, _to(company, login, lambda parts, id: parts.staffing.shut(None, id)))
    click.echo(f"{login} is shut.")


@staff.command("open")
@SITE
@click.argument("login")
@COMPANY
def staff_open(folder: Path | None, login: str, company: str) -> None:
    """Opens an account that was shut, or locked after wrong tries."""
    _told(folder, _to(company, login, lambda parts, id: parts.staffing.open(None, id)))
    click.echo(f"{login} is open.")


@staff.command("reset")
@SITE
@click.argument("login")
@COMPANY
@click.option("--what", type=click.Choice(["both", "password", "code"]), default="both", help="code: the authenticator.")
def staff_reset(folder: Path | None, login: str, company: str, what: str) -> None:
    """Makes password, authenticator or both void, and prints a link to choose new ones."""

    async def go(parts: Parts) -> Any:
        done = await _to(company, login, lambda parts, id: parts.staffing.reset(None, id, what))(parts)
        return done if isinstance(done, Problem) else _address(parts, done[1])

    click.echo(f"The link for {login}, good once and shown only now:\n{_told(folder, go)}")


@staff.command("code")
@SITE
@click.argument("login")
@COMPANY
def staff_code(folder: Path | None, login: str, company: str) -> None:
    """The present code of a demo account. Works on a demo's database only."""
    from banli.demo import MARK, ahead_of, code_of

    site = the_site(folder, demo=True)
    if not (site.var / MARK).exists():
        raise click.ClickException(f"{site.var} was not made by `banli demo`. Codes of real accounts stay with their owners.")
    code = asyncio.run(with_parts(site, lambda parts: code_of(parts, company, login, ahead_of(site.var / MARK))))
    if code is None:
        raise click.ClickException(f"There is no '{login}' with a code in company '{company}'.")
    click.echo(code)


def _told(folder: Path | None, go: Callable[[Parts], Awaitable[Any]]) -> Any:
    """What came of it; a problem in words."""
    done = asyncio.run(with_parts(the_site(folder), go))
    if isinstance(done, Problem):
        raise click.ClickException(fill({**SENTENCES, **STAFF_SENTENCES}.get(done.code, done.code), done.params))
    return done


def _to(company: str, login: str, do: Callable[[Parts, str], Awaitable[Any]]) -> Callable[[Parts], Awaitable[Any]]:
    """Does it to the account with this login."""

    async def go(parts: Parts) -> Any:
        row = await parts.store.staff_by_login(company, login)
        return await do(parts, row.id) if row is not None else Problem("login", "login_unknown")

    return go


def _known(parts: Parts, company: str) -> None:
    if company not in parts.library.company_ids:
        raise click.ClickException(f"There is no company '{company}'. There are: {', '.join(parts.library.company_ids)}.")


def _address(parts: Parts, link: Link) -> str:
    return f"{(parts.site.address or '').rstrip('/')}{link.path}"


COMMANDS = (staff,)
