"""The parts of one application, put together once. Nothing is global: everything that has a life hangs here."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import structlog

from banli.caseload import Caseload, today
from banli.cases import Cases
from banli.clients import Clients
from banli.definitions.almanac import Almanac
from banli.definitions.environments import unnamed
from banli.definitions.library import Library
from banli.deliveries import Deliveries
from banli.editions import Editions
from banli.errors import DefinitionError
from banli.hooks import Clock, Home, Plugin
from banli.i18n import Catalogues
from banli.noticeboard import Noticeboard
from banli.papers import Papers
from banli.pdfs import Press
from banli.plugins import activate, installed, kinds
from banli.releases import Releases
from banli.reviews import Reviews
from banli.sites import Site
from banli.staff import Staff
from banli.store import Store
from banli.store.worker import Worker
from banli.themes import Logos, Themes


def system_clock() -> datetime:
    return datetime.now(UTC)


class Parts:
    """Made from a site; `open` connects what needs a database. The order below is the order of the house."""

    def __init__(
        self, site: Site, clock: Clock = system_clock, available: Mapping[str, type[Plugin]] | None = None
    ) -> None:
        self.site, self.clock = site, clock
        self.available = installed() if available is None else available
        wanted = wanted_plugins(site)
        homes = {name: self._home(name) for name in wanted}
        self.plugins = activate(wanted, self.available, homes)
        self.themes = Themes(site.themes, site.cache)
        self.kinds = kinds(self.plugins, self.available, self.themes.shapes(), site.environment)
        for plugin in self.plugins.active:
            if (folder := templates_of(plugin)).is_dir():
                self.themes.add_templates(plugin.name, folder)
        self.library = Library.read(site.definitions, self.kinds, site.cache)
        serious = [m for m in self.library.mistakes if m.code != "translation"]
        if serious:
            raise DefinitionError(serious)
        self.themes.here = self.library.site["theme"]
        self.logos = Logos(site.definitions)
        self.almanac = Almanac()
        languages = tuple(str(code) for code in self.library.site.get("languages", ("zh_CN", "en")))
        self.catalogues = Catalogues(site, languages, tuple(wanted))

    def _home(self, name: str) -> Home:
        return Home(self.site.var / "plugins" / name, self.clock, self.site.demo, self.site.definitions)

    async def open(self, *, start_plugins: bool = True) -> None:
        """Connects: migrates the database where needed, starts the plugins (a command that only looks needs none)."""
        self.site.var.mkdir(parents=True, exist_ok=True)
        self.store = await Store.open(self.site.database, self.site.blobs, self.site.keys, self.clock)
        self.editions = Editions(self.library, self.kinds, self.plugins, self.store)
        self.caseload = Caseload(self.store, self.editions, self.plugins, self.clock)
        self.clients = Clients(self.store, self.editions, self.plugins, self.clock)
        self.staff = Staff(self.store, self.clock)
        self.releases = Releases(self.caseload)
        self.noticeboard = Noticeboard(self.releases)
        self.cases = Cases(self.caseload, self.clients)
        self.papers = Papers(self.cases, Press(self.site.cache / "papers"))
        self.reviews = Reviews(self.caseload)
        self.deliveries = Deliveries(self.caseload)
        self.started = start_plugins
        await self.editions.refresh(strict=start_plugins)
        if start_plugins:
            await self.plugins.start()
            self._watching = asyncio.create_task(self.editions.watch(_warn))
            for company, business in self.editions.unpublished():
                _warn(f"the files of {company}/{business} differ from what is published; see `banli publish --dry-run`")

    def warnings(self) -> tuple[str, ...]:
        """What an operator should know at the start though nothing is wrong yet."""
        site, day = self.library.view().data("site", "site"), date.fromisoformat(today(self.clock()))
        told = unnamed(site, self.site.environment)
        ends = self.almanac.endings(self.library, day)
        return (*((told,) if told else ()), *(str(ending.warning()) for ending in ends))

    def worker(self, **options: Any) -> Worker:
        """Does the jobs; in the web process on the embedded default, in a process of its own when grown."""
        return Worker(self.store, self.deliveries.handlers, **options)

    async def close(self) -> None:
        if self.started:
            self._watching.cancel()
            await self.plugins.stop()
        await self.store.close()


def _warn(told: str) -> None:
    structlog.get_logger("banli.releases").warning("releases", told=told)


def templates_of(plugin: Plugin) -> Path:
    """Where a plugin keeps its templates: `templates/` beside its package."""
    module = import_module(type(plugin).__module__.partition(".")[0])
    return Path(str(module.__file__)).parent / "templates"


def wanted_plugins(site: Site) -> dict[str, Mapping[str, Any]]:
    """The plugins that `site.yaml` lists, with their settings; read alone, because the checker needs them first."""
    from banli.definitions.entries import entries
    from banli.definitions.source import read

    path = site.definitions / "site.yaml"
    if not path.is_file():
        return {}
    source = read("definitions/site.yaml", path.read_bytes())
    listed = (source.data or {}).get("plugins") or []
    return {entry.id: entry.settings for entry in entries(listed)}
