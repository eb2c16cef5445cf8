"""The parts of one application, put together once. Nothing is global: everything that has a life hangs here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from banli.caseload import Caseload
from banli.cases import Cases
from banli.clients import Clients
from banli.definitions.library import Library
from banli.deliveries import Deliveries
from banli.editions import Editions
from banli.errors import DefinitionError
from banli.hooks import Clock, Home, Plugin
from banli.i18n import Catalogues
from banli.plugins import activate, installed, kinds
from banli.reviews import Reviews
from banli.sites import Site
from banli.staff import Staff
from banli.store import Store
from banli.store.worker import Worker
from banli.themes import Themes


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
        self.kinds = kinds(self.plugins, self.available, self.themes.tokens())
        for plugin in self.plugins.active:
            if (folder := templates_of(plugin)).is_dir():
                self.themes.add_templates(plugin.name, folder)
        self.library = Library.read(site.definitions, self.kinds, site.cache)
        serious = [m for m in self.library.mistakes if m.code != "translation"]
        if serious:
            raise DefinitionError(serious)
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
        self.cases = Cases(self.caseload, self.clients)
        self.reviews = Reviews(self.caseload)
        self.deliveries = Deliveries(self.caseload)
        self.started = start_plugins
        if start_plugins:
            await self.plugins.start()

    def worker(self, **options: Any) -> Worker:
        """Does the jobs; in the web process on the embedded default, in a process of its own when grown."""
        return Worker(self.store, self.deliveries.handlers, **options)

    async def close(self) -> None:
        if self.started:
            await self.plugins.stop()
        await self.store.close()


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
