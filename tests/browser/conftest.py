"""What browser tests need: a server of their own for each worker, Debian's Chromium, a phone and a desk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from at_desk import DESK, Desk
from chromium import launch
from house import Served
from looking import Console, shoot
from on_phone import PHONE, Phone
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

PATIENCE = float(os.environ.get("BANLI_PATIENCE", "30")) * 1000
"""How long a page may take on a busy machine, in milliseconds."""
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = Served(tmp_path_factory.mktemp("served"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Of a module, not of the whole run: as long as Playwright is open, no other test could have an event loop."""
    with sync_playwright() as playwright:
        opened = launch(playwright.chromium)
        yield opened
        opened.close()


@pytest.fixture
def house(served: Served) -> Served:
    """The server, within service hours and with a core system that behaves."""
    served.open_hours()
    served.ask("switch", outage=False, latency=[0, 0], refuse_next=0, lose_next=False)
    return served


Open = Callable[..., BrowserContext]


@pytest.fixture
def opened(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Open]:
    """Opens contexts; at the end nothing may have gone wrong in any of them that the test did not bring about."""
    contexts: list[tuple[BrowserContext, Console]] = []

    def open_context(**how: Any) -> BrowserContext:
        context = browser.new_context(**how)
        context.set_default_timeout(PATIENCE)
        console = Console(context)
        context.console_heard = console  # type: ignore[attr-defined]
        contexts.append((context, console))
        return context

    yield open_context
    heard = [said for _, console in contexts for said in console.unexpected()]
    failed = getattr(request.node, "failed_in_call", False)
    for number, (context, _) in enumerate(contexts):
        if failed:
            for page in context.pages:
                shoot(page, "FAILED-" + request.node.name, str(number))
        context.close()
    assert heard == []


@pytest.fixture
def phone(opened: Open, house: Served, request: pytest.FixtureRequest) -> Phone:
    return Phone(opened(**PHONE), house, _journey(request))


@pytest.fixture
def phones(opened: Open, house: Served, request: pytest.FixtureRequest) -> Callable[..., Phone]:
    """More phones, or other ones: `phones(viewport={"width": 360, "height": 640})`."""
    return lambda **how: Phone(opened(**{**PHONE, **how}), house, _journey(request))


@pytest.fixture
def desk(opened: Open, house: Served, request: pytest.FixtureRequest) -> Desk:
    return Desk(opened(**DESK), house, _journey(request))


@pytest.fixture
def desks(opened: Open, house: Served, request: pytest.FixtureRequest) -> Callable[..., Desk]:
    return lambda **how: Desk(opened(**{**DESK, **how}), house, _journey(request))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome: Any = yield
    if outcome.get_result().failed and outcome.get_result().when == "call":
        item.failed_in_call = True  # type: ignore[attr-defined]


def _journey(request: pytest.FixtureRequest) -> str:
    return str(request.node.name).removeprefix("test_")
