"""`--reload`: follows the files while they are edited. A good edit is served at once, a broken one is told of."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from functools import partial

from quart import Quart

from banli.definitions.check import tell as as_lines
from banli.errors import DefinitionError
from banli.parts import Parts
from banli.renewal import RESTART, Found, Renewal
from banli.sites import Site
from banli.watching import Stamps
from banli.web.live import Gate, News, show_news

EVERY = 0.2
"""Seconds between two looks at the files, where a look is quick."""
SHARE = 100
"""A look may take the hundredth part of the time: of ten thousand files it is taken less often."""
STILL = 0.1
"""Seconds that the files must have lain still: some editors save in two goes."""
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

    @app.while_serving
    async def following() -> AsyncGenerator[None, None]:
        tell(f"Following {renewal.site.definitions}: new cases begin with what the files say, whatever is published.")
        running = asyncio.create_task(_go_on(parts, renewal, gate, news, tell))
        yield
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def _go_on(parts: Parts, renewal: Renewal, gate: Gate, news: News, tell: Tell) -> None:
    seen: Stamps | None = None  # what was edited while the product started is found at the first look
    pause = EVERY
    while True:
        await asyncio.sleep(pause)
        try:
            began = time.perf_counter()
            now = await asyncio.to_thread(renewal.look)
            pause = max(EVERY, SHARE * (time.perf_counter() - began))
            if now == seen:
                continue
            seen = await _still(renewal, now)
            found = await asyncio.to_thread(renewal.read, seen, parts)
            if found is not None:
                await gate.alone(partial(_put, found, parts, news))
                tell(_printable(told(found, time.perf_counter() - began)))
        except Exception as problem:
            # The disk is full, or the folder is gone: what is served is not concerned.
            tell(f"The files cannot be followed at the moment ({type(problem).__name__}: {problem}).")
            await asyncio.sleep(AT_MOST)


def _put(found: Found, parts: Parts, news: News) -> None:
    """In one step: the files, and what the pages say of them."""
    if found.files is not None:
        parts.renew(found.files)
    news.hear(found)


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


def told(found: Found, took: float) -> str:
    """What the terminal says of an edit: the mistakes as `banli check` does, then one line."""
    mistakes = as_lines(wrong.mistake for wrong in found.wrong)
    lines = [mistakes] if mistakes else []
    if found.files is not None:
        lines.append(f"Reloaded in {took:.2f} s: {found.said}")
    else:
        lines.append(f"{RESTART if found.restart else 'Not reloaded:'} the last good files are served.")
    return "\n".join(lines)


def _printable(text: str) -> str:
    """Names of files may hold bytes that are no text."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
