"""A small town for stories: the example site's definitions, a real store, the simulated core system, people and a clock."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from banli.album import Album
from banli.beginnings import Elsewhere
from banli.caseload import Caseload
from banli.cases import Cases, Look
from banli.clients import Clients, Visit
from banli.definitions.library import Library
from banli.deliveries import Deliveries
from banli.editions import Editions
from banli.hooks import Home
from banli.papers import Opened, Papers
from banli.pdfs import Press
from banli.plugins import activate, installed, kinds
from banli.sites import bundled
from banli.store import Store
from banli.store.worker import Worker

SITE = bundled()
WANTED: dict[str, Mapping[str, Any]] = {
    "banli_captcha": {},
    "banli_otp": {"gateway": "outbox"},
    "banli_email": {"gateway": "outbox"},
    "banli_directory": {"system": "simulator"},
}
NAMED: dict[str, Mapping[str, Any]] = {"banli_video": {}, "banli_certificate": {"name": "Sample"}}
"""What the definitions of another company name besides: known to the checker, never started."""
JIA = "410105199508130039"
"""样本甲 of company 8001: everything on file, an ID that is valid until 2041."""


@dataclass
class Town:
    store: Store
    clock: Any
    plugins: Any
    editions: Editions
    caseload: Caseload
    clients: Clients
    cases: Cases
    deliveries: Deliveries

    async def enter(self, id_number: str = JIA, company: str = "8001") -> Visit:
        """A client who has logged in."""
        person = await self.plugins.directory.find(company, id_number)
        row = await self.store.new_session(
            "client", company, self.clients.client_hash(company, id_number),
            {"ref": person.ref, "id_number": id_number, "consents": []}, lasts=timedelta(hours=12),
        )  # fmt: skip
        return Visit(row, company, row.subject)

    async def start(self, visit: Visit, business: str = "basic_info_change") -> str:
        begun = await self.cases.start(visit, business)
        assert isinstance(begun, Elsewhere), begun
        return begun.number

    async def say(self, visit: Visit, number: str, step: str, **raw: str | list[str]) -> Any:
        """Answers a step as a browser would: what the page shows, with these fields changed. `contact__x` is `contact.x`."""
        look = await self.cases.look(visit, number, step)
        assert isinstance(look, Look), look
        shown = {name: list(texts) for name, texts in look.raw.items()}
        typed = {name.replace("__", "."): [text] if isinstance(text, str) else text for name, text in raw.items()}
        return await self.cases.answer(visit, number, step, {**shown, **typed}, look.case.revision)

    async def read(self, visit: Visit, number: str, row: str, step: str = "agreements") -> None:
        """Opens an agreement, lets it lie open as long as it must, and reads it to the end."""
        opened = await self.papers.open(visit, number, step, row)
        assert opened is not None
        if opened.waits:
            self.clock.forward(seconds=opened.waits + 1)
        assert isinstance(await self.papers.note_read(visit, number, step, row, opened.token, end=True), Opened)

    @cached_property
    def album(self) -> Album:
        return Album(self.cases)

    @cached_property
    def papers(self) -> Papers:
        return Papers(self.cases, Press(Path(tempfile.gettempdir()) / "banli-press"))

    async def sign(self, visit: Visit, number: str) -> Any:
        """Reads every agreement of the list and agrees."""
        look = await self.cases.look(visit, number, "agreements")
        assert isinstance(look, Look), look
        bound = look.standing.bound
        for row, _ in bound.kind.rows(bound.step, look.held.issue.book, look.standing.names):
            await self.read(visit, number, row)
        return await self.say(visit, number, "agreements", agree="true")

    async def to_form(self, visit: Visit, number: str, section: str) -> None:
        """Up to the change form, with the photos on file."""
        await self.say(visit, number, "overview", edit=section)
        if section == "identity":
            for slot in ("id_front", "id_back"):
                await self.album.add(visit, number, "photos", slot, photo())
        went = await self.say(visit, number, "photos", certificate_safety="true")
        assert isinstance(went, Elsewhere), went.problems

    async def work(self) -> int:
        """Does the jobs that are due."""
        return await Worker(self.store, self.deliveries.handlers).run_due()


def open_town(store: Store, clock: Any, folder: Path, definitions: Path = SITE / "definitions") -> Town:
    available = installed()
    homes = {name: Home(folder / name, clock, True, definitions) for name in (*WANTED, *NAMED)}
    plugins = activate(WANTED, available, homes)
    known = kinds(activate({**WANTED, **NAMED}, available, homes), available)
    library = Library.read(definitions, known, folder / "cache")
    editions = Editions(library, known, plugins, store)
    caseload = Caseload(store, editions, plugins, clock)
    clients = Clients(store, editions, plugins, clock)
    return Town(store, clock, plugins, editions, caseload, clients, Cases(caseload, clients), Deliveries(caseload))


def photo(colour: str = "lightblue", size: tuple[int, int] = (856, 540)) -> bytes:
    """A plain picture, as a phone would send it."""
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()
