"""What all commands share: which site is meant, and its parts opened for one use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from banli.errors import DefinitionError
from banli.sites import Site, open_site

if TYPE_CHECKING:
    from banli.definitions.kinds import Kinds
    from banli.parts import Parts
    from banli.plugins import Plugins

T = TypeVar("T")

SITE = click.option(
    "--site",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="The site's folder (default: the working folder, or the example site).",
)


def the_site(folder: Path | None, *, demo: bool = False) -> Site:
    if folder is not None and not (folder / "definitions").is_dir():
        raise click.ClickException(
            f"{folder} is not a site: it has no folder 'definitions'. `banli new site {folder}` makes one."
        )
    return open_site(folder, demo=demo)


def kinds_of(site: Site) -> Kinds:
    return plugins_of(site)[1]


def plugins_of(site: Site) -> tuple[Plugins, Kinds]:
    """The active plugins, made but not started, and what definitions can name with them."""
    from banli.hooks import Home
    from banli.parts import made_plugins, system_clock, wanted_plugins
    from banli.plugins import installed, kinds
    from banli.themes import Themes

    available = installed()
    wanted = wanted_plugins(site)
    homes = {name: Home(site.var / "plugins" / name, system_clock, site.demo, site.definitions) for name in wanted}
    plugins = made_plugins(site, wanted, available, homes)
    return plugins, kinds(plugins, available, Themes(site.themes, site.cache).shapes(), site.environment)


def made(make: Callable[[], T]) -> T:
    """What `make` makes of a site; a site with mistakes ends the command with all of them."""
    try:
        return make()
    except DefinitionError as problem:
        raise click.ClickException(f"The definitions have mistakes:\n{problem}") from None


async def with_parts(site: Site, use: Callable[[Parts], Awaitable[T]]) -> T:
    """Opens what a command needs to look or to change: no plugin is started."""
    from banli.parts import Parts

    parts = made(lambda: Parts(site))
    await parts.open(start_plugins=False)
    try:
        return await use(parts)
    finally:
        await parts.close()


def with_var(site: Site, var: Path) -> Site:
    """The same site with another place to remember things; for tests."""
    return replace(site, var=var, database=f"sqlite:///{var / 'banli.db'}", blobs=f"file://{var / 'blobs'}")
