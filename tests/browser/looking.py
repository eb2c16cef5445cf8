"""Looks at a page as several people would: with a screen reader, on a narrow phone, with the console open."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, Request, Response, TimeoutError

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
"""`wcag22aa` holds the size of touch targets, which axe does not ask for by itself."""
AT_NIGHT = ["color-contrast", "link-in-text-block"]
ARTEFACTS = Path(os.environ.get("BANLI_ARTEFACTS") or Path(__file__).parents[2] / "artefacts" / "browser")

# The reader's name over a photo at the desk is part of the picture: WCAG 1.4.3 does not ask for contrast there.
_RUN = """async (rules) => {
    const told = await axe.run({ exclude: [".mark[aria-hidden]"] }, { runOnly: rules, resultTypes: ["violations"] });
    const where = (node) => node.target.join(" ") + ": " + node.failureSummary.replace(/\\s+/g, " ");
    return told.violations.map((one) => [one.id, one.nodes.map(where)]);
}"""

_NAMELESS = """() => {
    const said = (text) => Boolean((text || "").trim());
    const labelled = (e) => [...(e.labels || [])].some((label) => said(label.textContent));
    const named = (e) => labelled(e) || said(e.getAttribute("aria-label"))
        || (e.getAttribute("aria-labelledby") || "")
            .split(/\\s+/).some((id) => said(document.getElementById(id)?.textContent));
    return [...document.querySelectorAll("input:not([type=hidden]), select, textarea")]
        .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !named(e))
        .map((e) => e.outerHTML.slice(0, 200));
}"""

_TOO_WIDE = """() => {
    const page = document.scrollingElement, seen = page.clientWidth, most = window.screen.width;
    if (page.scrollWidth <= seen && seen <= most) return [];
    const wide = [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > most + 1);
    return [`${page.scrollWidth} > ${seen}`, ...wide.slice(0, 5).map((e) => e.outerHTML.slice(0, 160))];
}"""

_SMALL = """() => [...document.querySelectorAll("a[href], button, select, input:not([type=hidden]), summary")]
    .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest(".vh, .skip, p, li span, dd"))
    .map((e) => [e, (e.closest("label") || e).getBoundingClientRect()])
    .filter(([e, box]) => box.width > 1 && (box.width < 24 || box.height < 24))
    .map(([e, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${e.outerHTML.slice(0, 120)}`)"""

_BROKEN = """() => [...document.images]
    .filter((e) => e.complete && !e.naturalWidth && e.getAttribute("src"))
    .map((e) => e.outerHTML.slice(0, 160))"""


def violations(page: Page) -> list[Any]:
    """What axe finds by day; and by night whatever has to do with colour."""
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(AXE)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    # Wherever the page happens to be scrolled to: what lies beside a bar that sticks lies elsewhere in a moment.
    page.evaluate(_FLAT)
    found = page.evaluate(_RUN, {"type": "tag", "values": TAGS})
    page.emulate_media(color_scheme="dark")
    found += [["dark " + name, nodes] for name, nodes in page.evaluate(_RUN, {"type": "rule", "values": AT_NIGHT})]
    page.emulate_media(color_scheme="light")
    page.evaluate(_AS_IT_WAS)
    return list(found)


def nameless(page: Page) -> list[str]:
    """Visible questions without a label or an aria-label; axe takes a placeholder for a name, people do not."""
    return list(page.evaluate(_NAMELESS))


def too_wide(page: Page) -> list[str]:
    """What makes the page scroll sideways."""
    return list(page.evaluate(_TOO_WIDE))


def small_targets(page: Page) -> list[str]:
    """What a finger misses: below 24 by 24 pixels and not within a sentence."""
    return list(page.evaluate(_SMALL))


def flaws(page: Page, *, finger: bool) -> dict[str, list[Any]]:
    """All of the above that is not empty; what is too small for a finger where pages are touched."""
    found = {
        "axe": violations(page),
        "without a label": nameless(page),
        "too wide": too_wide(page),
        "broken pictures": list(page.evaluate(_BROKEN)),
        "too small": small_targets(page) if finger else [],
    }
    return {what: where for what, where in found.items() if where}


_FLAT = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(".bar, .foot, .end, header, footer { position: static !important }");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""
# One that is folded away and lazy does not come at all.
_LOADED = "() => [...document.images].every((image) => image.complete || !image.checkVisibility())"
_AS_IT_WAS = "() => { document.adoptedStyleSheets = document.adoptedStyleSheets.slice(0, -1); }"


def shoot(page: Page, journey: str, step: str) -> None:
    """Keeps what the whole page looks like, for the people who read the run; bars that stick lie where they begin."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w-]+", "-", f"{journey}-{step}").strip("-")
    try:
        _shoot(page, ARTEFACTS / f"{name}.png")
    except Error:  # a page that waits for something may have loaded itself anew just now
        page.wait_for_load_state()
        _shoot(page, ARTEFACTS / f"{name}.png")


def _shoot(page: Page, path: Path) -> None:
    with suppress(TimeoutError):
        page.wait_for_function(_LOADED, timeout=5000)
    page.evaluate(_FLAT)
    page.screenshot(path=str(path), full_page=True)
    page.evaluate(_AS_IT_WAS)


def give_cookie(context: BrowserContext, name: str, value: str, path: str) -> None:
    """A cookie as the product sets it."""
    context.add_cookies(
        [{"name": name, "value": value, "domain": "127.0.0.1", "path": path, "httpOnly": True, "sameSite": "Lax"}]
    )


class Console:
    """Hears everything that goes wrong in a browser: errors, refusals of the policy, requests that fail.

    `expected` holds patterns of what a test brings about on purpose.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.complaints: list[str] = []
        self.expected: list[str] = []
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(f"script: {error.error}"))
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)

    def unexpected(self) -> list[str]:
        return [said for said in self.complaints if not any(re.search(pattern, said) for pattern in self.expected)]

    def _console(self, message: ConsoleMessage) -> None:
        # A status is heard of in `_answered`, with its address.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.complaints.append(f"console {message.type}: {message.text}")

    def _failed(self, request: Request) -> None:
        # Leaving a page cuts off what it was still loading: that is no failure.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.method} {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        # 422 is the same page with a sentence at each wrong answer. Where reading stopped is told by a page that is left, and a
        # test that logs somebody else in meanwhile has made that too late.
        if response.status >= 400 and response.status != 422 and not response.url.endswith("/place"):
            self.complaints.append(f"status {response.status}: {response.request.method} {response.url}")
