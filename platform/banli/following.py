"""`--reload`: follows the files while they are edited. A good edit is served at once, a broken one is told of."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from quart import Quart

from banli.definitions.check import tell as as_lines
from banli.errors import DefinitionError
from banli.parts import Parts
from banli.renewal import RESTART, Found, Renewal, Wrong, said
from banli.sites import Site
from banli.watching import Stamps
from banli.web.live import Gate, News, show_news

EVERY = 0.1
"""Seconds between two looks at the files, where a look is quick."""
SHARE = 40
"""A look may take the fortieth part of the time: of ten thousand files it is taken less often."""
STILL = 0.1
"""Seconds that the files must have lain still: some editors save in two goes."""
BREATH = 0.3
"""Seconds after a change in which pages are drawn, before the words for it are looked for."""
AT_MOST = 2.0
"""Seconds after which files that never lie still are read all the same."""

Tell = Callable[[str], None]


def until_good(renewal: Renewal, make: Callable[[Site], Quart], tell: Tell) -> Quart:
    """The application made of the files, as soon as they have no mistakes that keep them from being served."""
    while True:
        seen = renewal.look()
        site = renewal.first()
        try:
            if looks := renewal.mistakes(site):
                raise DefinitionError(looks)
            return make(site)
        except DefinitionError as problem:
            tell(f"{as_lines(problem.mistakes)}\nNothing is served yet: mend this, and it starts.")
        while renewal.look() == seen:
            time.sleep(EVERY)
        time.sleep(STILL)


def follow(app: Quart, renewal: Renewal, tell: Tell) -> None:
    """The application from now on follows the files. New cases begin with what they say, whatever is published."""
    parts: Parts = app.parts  # type: ignore[attr-defined]
    parts.files_first = True
    news = News()
    gate = show_news(app, news)
    followed = _Following(parts, renewal, gate, news, tell)
    parts.broken = followed.broken

    @app.while_serving
    async def following() -> AsyncGenerator[None, None]:
        tell(f"Following {renewal.site.definitions}: new cases begin with what the files say, whatever is published.")
        running = asyncio.create_task(followed.go_on())
        yield
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@dataclass
class _Following:
    """One application that follows its files."""

    parts: Parts
    renewal: Renewal
    gate: Gate
    news: News
    tell: Tell
    seen: Stamps | None = None
    """As they were when they were read last; None: what was edited while the product started is found at the first look."""
    told: str = ""

    async def go_on(self) -> None:
        files = self.parts.files
        await asyncio.to_thread(self.renewal.warm, self.parts)
        if not await asyncio.to_thread(self.renewal.edited):  # else they are told of with the edit
            self._report(await asyncio.to_thread(self.renewal.stories, files), "")
            await self._open_all()
        pause = EVERY
        while True:
            await asyncio.sleep(pause)
            try:
                pause = await self._once()
            except Exception as problem:
                # The disk is full, or the folder is gone: what is served is not concerned.
                self.tell(_printable(f"The files cannot be followed at the moment ({type(problem).__name__}: {problem})."))
                pause = AT_MOST

    async def _open_all(self) -> None:
        """Opens what menus show, so that after the first edit too only what has changed is to be opened."""
        for company in self.parts.library.companies.values():
            for offer in company.businesses:
                self.parts.editions.now(company.id, offer.id)
                await asyncio.sleep(0.01)

    async def _once(self) -> float:
        """Looks, and when something has changed does what is to be done. Gives the seconds until the next look."""
        began = time.perf_counter()
        now = await asyncio.to_thread(self.renewal.look)
        pause = max(EVERY, SHARE * (time.perf_counter() - began))
        if now == self.seen:
            return pause
        now = await _still(self.renewal, now)
        found = await asyncio.to_thread(self.renewal.read, now, self.parts)
        self.seen = now
        if found is None:
            return pause
        was = self.parts.library
        await self.gate.alone(partial(self._put, found))
        if found.files is not None:
            took = time.perf_counter() - began
            await asyncio.sleep(BREATH)
            words = await asyncio.to_thread(said, was, found.files.library, found.names)
            wrong = await asyncio.to_thread(self.renewal.stories, found.files)
            self._report(wrong, f"Reloaded in {took:.2f} s: {words}")
        else:
            why = f"{RESTART} Until then" if found.restart else "Not reloaded:"
            self._report(found.wrong, f"{why} the last good files are served.")
        return pause

    def broken(self, problem: BaseException) -> None:
        """A request has failed: where a template is to blame, its author is told."""
        wrong = self.renewal.undrawn(problem, self.parts.site.root)
        if wrong is not None and wrong not in self.news.wrong:
            self._report([*self.news.wrong, wrong], "")

    def _put(self, found: Found) -> None:
        """In one step: the files, and what the pages say of them."""
        if found.files is not None:
            self.parts.renew(found.files)
            self.news.edition += 1
        self.news.hear(found.wrong, holding=found.files is None, restart=found.restart)

    def _report(self, wrong: Sequence[Wrong], line: str) -> None:
        """What the terminal says of an edit: the mistakes as `banli check` does, the same ones once, then one line."""
        mistakes = as_lines(one.mistake for one in wrong)
        if mistakes and mistakes == self.told:
            line = f"{line} (The mistakes are those from before.)".strip()
        lines = [text for text in (mistakes if mistakes != self.told else "", line) if text]
        self.told = mistakes
        if wrong != self.news.wrong:
            self.news.hear(wrong, holding=self.news.holding, restart=self.news.restart)
        if lines:
            self.tell(_printable("\n".join(lines)))


async def _still(renewal: Renewal, now: Stamps) -> Stamps:
    """The files as soon as nobody is writing."""
    limit = time.monotonic() + AT_MOST
    while time.monotonic() < limit:
        await asyncio.sleep(STILL)
        again = await asyncio.to_thread(renewal.look)
        if again == now:
            break
        now = again
    return now


def _printable(text: str) -> str:
    """Names of files may hold bytes that are no text."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
