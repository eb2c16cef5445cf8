"""The parts of one application, put together once. Nothing is global: everything that has a life hangs here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import structlog

from banli.album import Album
from banli.bindery import Bindery
from banli.caseload import Caseload, today
from banli.cases import Cases
from banli.clients import Clients
from banli.counters import Firm
from banli.definitions.almanac import Almanac
from banli.definitions.entries import entries
from banli.definitions.environments import unnamed
from banli.definitions.kinds import Kinds
from banli.definitions.library import HARMLESS, Library
from banli.definitions.source import read
from banli.deliveries import Deliveries
from banli.editions import Editions
from banli.errors import DefinitionError
from banli.hooks import Clock, Home, Plugin, Signer
from banli.i18n import Catalogues
from banli.invitations import Invitations
from banli.ledgers import PluginLedger
from banli.noticeboard import Noticeboard
from banli.papers import Papers
from banli.parcels import Parcels
from banli.pdfs import Press
from banli.plugins import MissingPart, Plugins, Unmade, activate, installed, kinds, lacking, settings_of
from banli.postman import SitePost
from banli.releases import Releases
from banli.reviews import Reviews
from banli.sites import Site
from banli.staff import Staff
from banli.staffing import Staffing
from banli.steps import StepKind
from banli.store import Store
from banli.store.worker import Worker
from banli.sweeping import keep_swept
from banli.themes import Logos, Themes
from banli.walks import Walks
from banli.works import SiteFiles, SiteWorks


def system_clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Files:
    """What comes of the files of a site: all of it is put in place together."""

    site: Site
    kinds: Kinds
    library: Library
    themes: Themes
    logos: Logos
    catalogues: Catalogues

    @staticmethod
    def of(site: Site, plugins: Iterable[str], themes: Themes, known: Kinds, library: Library) -> Files:
        """Raises DefinitionError when the library has mistakes with which nothing can be served."""
        serious = [mistake for mistake in library.mistakes if mistake.code not in HARMLESS]
        if serious:
            raise DefinitionError(serious)
        themes.here = library.site["theme"]
        languages = tuple(str(code) for code in library.site.get("languages", ("zh_CN", "en")))
        catalogues = Catalogues(site, languages, tuple(plugins))
        return Files(site, known, library, themes, Logos(site.definitions), catalogues)


class Parts:
    """Made from a site; `open` connects what needs a database. The order below is the order of the house."""

    def __init__(
        self, site: Site, clock: Clock = system_clock, available: Mapping[str, type[Plugin]] | None = None, apart: bool = False
    ) -> None:
        self.site, self.clock = site, clock
        self.available = installed() if available is None else available
        wanted = wanted_plugins(site)
        self._ledgers = {name: PluginLedger(name) for name in wanted}
        self._works, self._post, self._files = SiteWorks(), SitePost(), SiteFiles()
        homes = {name: self._home(name) for name in wanted}
        self.plugins = made_plugins(site, wanted, self.available, homes)
        self.wanted = wanted
        self.almanac = Almanac()
        self.files_first = False
        """New cases begin with what the files say, whatever is published; for authors who try what they write."""
        self.broken: Callable[[BaseException], None] = lambda problem: None
        """Hears of every request that has failed; for authors too."""
        themes, known = looks_and_kinds(site, self.plugins, self.available)
        library = Library.read(site.definitions, known, site.cache, apart=apart)
        self._use(Files.of(site, wanted, themes, known, library))

    def _use(self, files: Files) -> None:
        self.files = files
        self.site, self.kinds, self.library = files.site, files.kinds, files.library
        self.themes, self.logos, self.catalogues = files.themes, files.logos, files.catalogues

    def renew(self, files: Files) -> None:
        """From now on these are the files; to be called while no request is under way. Plugins and open cases stay as they
        are."""
        self._use(files)
        self.editions.renew(files.library, files.kinds)

    def _home(self, name: str) -> Home:
        folder = self.site.var / "plugins" / name
        return Home(
            folder, self.clock, self.site.demo, self.site.definitions, ledger=self._ledgers[name], works=self._works,
            post=self._post, files=self._files, firms=self._firms,
        )  # fmt: skip

    def _firms(self) -> dict[str, Firm]:
        return {id: Firm(id, one.short_name, dict(one.branches)) for id, one in self.library.companies.items()}

    async def open(self, *, start_plugins: bool = True) -> None:
        """Connects: migrates the database where needed, starts the plugins (a command that only looks needs none)."""
        self.site.var.mkdir(parents=True, exist_ok=True)
        self.store = await Store.open(self.site.database, self.site.blobs, self.site.keys, self.clock)
        for ledger in self._ledgers.values():
            ledger.connect(self.store)
        self.editions = Editions(self.library, self.kinds, self.plugins, self.store, files_first=self.files_first)
        self.caseload = Caseload(self.store, self.editions, self.plugins, self.clock)
        self._works.connect(self.caseload, lambda language: self.catalogues.translator(language).say)
        self._post.connect(self.store)
        self._files.connect(self.store)
        self.clients = Clients(self.store, self.editions, self.plugins, self.clock)
        self.staff = Staff(self.store, self.clock)
        self.staffing = Staffing(self.staff, lambda: self.library.companies)
        self.invitations = Invitations(self.staff)
        self.releases = Releases(self.caseload)
        self.noticeboard = Noticeboard(self.releases)
        self.cases = Cases(self.caseload, self.clients)
        self.album = Album(self.cases)
        self.parcels = Parcels(self.cases, self.album.uploads)
        self.walks = Walks(self.cases)
        self.papers = Papers(self.cases, Press(self.site.cache / "papers"))
        self.reviews = Reviews(self.caseload)
        self.deliveries = Deliveries(self.caseload)
        self.bindery = Bindery(self.caseload)
        self.started = start_plugins
        await self.editions.refresh(strict=start_plugins)
        if start_plugins:
            await self.plugins.start()
            self._watching = asyncio.create_task(self.editions.watch(_warn))
            self._sweeping = asyncio.create_task(keep_swept(self.store, self.album.uploads, plugins=self.plugins.active))
            for company, business in self.editions.unpublished():
                _warn(f"the files of {company}/{business} differ from what is published; see `banli publish --dry-run`")

    def warnings(self) -> tuple[str, ...]:
        """What an operator should know at the start though nothing is wrong yet."""
        site, day = self.library.view().data("site", "site"), date.fromisoformat(today(self.clock()))
        told = unnamed(site, self.site.environment)
        ends = self.almanac.endings(self.library, day)
        return (*self.left_out(), *((told,) if told else ()), *(str(ending.warning()) for ending in ends))

    def left_out(self) -> tuple[str, ...]:
        """The plugins and parts of them that site.yaml lists as optional and that cannot work here, each with what to install."""
        whole = (f"The plugin '{kind.name}' is left out: {lacking(kind)}" for kind in self.plugins.left_out)
        return (*whole, *(told for plugin in self.plugins.active for told in plugin.left_out()))

    def worker(self, **options: Any) -> Worker:
        """Does the jobs; in the web process on the embedded default, in a process of its own when grown."""
        return Worker(self.store, {**self.deliveries.handlers, **self.bindery.handlers}, **options)

    async def close(self) -> None:
        if self.started:
            await self.cases.developing.close()
            self._watching.cancel()
            self._sweeping.cancel()
            await self.plugins.stop()
        await self.store.close()


def _warn(told: str) -> None:
    structlog.get_logger("banli.releases").warning("releases", told=told)


def home_of(part: Plugin | StepKind | Signer) -> Path:
    """The folder of a plugin's package, with `templates/` and `static/`."""
    module = import_module(type(part).__module__.partition(".")[0])
    return Path(str(module.__file__)).parent


def looks_and_kinds(site: Site, plugins: Plugins, available: Mapping[str, type[Plugin]]) -> tuple[Themes, Kinds]:
    """The themes with the templates of these plugins, and what definitions can name with both."""
    themes = Themes(site.themes, site.cache)
    for plugin in plugins.active:
        if (folder := templates_of(plugin)).is_dir():
            themes.add_templates(plugin.name, folder)
    return themes, kinds(plugins, available, themes.shapes(), site.environment)


def templates_of(part: Plugin | StepKind | Signer) -> Path:
    return home_of(part) / "templates"


def made_plugins(
    site: Site, wanted: Mapping[str, Mapping[str, Any]], available: Mapping[str, type[Plugin]], homes: Mapping[str, Home]
) -> Plugins:
    """Raises DefinitionError where one cannot be made and site.yaml says why, MissingPart where the mistake is the plugin's."""
    from banli.definitions import settings
    from banli.definitions.source import read

    try:
        made = activate(wanted, available, homes)
    except Unmade:
        source = read("definitions/site.yaml", (site.definitions / "site.yaml").read_bytes())
        if wrong := settings.mistakes(source, settings_of(available)):
            raise DefinitionError(wrong) from None
        raise
    for plugin in made.active:
        drawn: list[StepKind | Signer] = [*plugin.steps(), *plugin.signers()]
        for what in drawn:
            of, _, name = what.template.partition("/")
            if of == plugin.name and not (path := templates_of(what) / f"{name}.html").is_file():
                raise MissingPart(f"The plugin '{plugin.name}' names a template for '{what.name}' that is not there: {path}.")
    return made


def wanted_plugins(site: Site) -> dict[str, Mapping[str, Any]]:
    """The plugins that `site.yaml` lists, with their settings; read alone, because the checker needs them first."""
    path = site.definitions / "site.yaml"
    if not path.is_file():
        return {}
    source = read("definitions/site.yaml", path.read_bytes())
    listed = (source.data or {}).get("plugins") or []
    return {entry.id: entry.settings for entry in entries(listed)}
