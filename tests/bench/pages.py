"""What a phone loads: requests and compressed bytes of each page kind, with an empty cache and with a filled one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from .contenders import JOURNEY, Contender
from .drive import Answer
from .site20 import BUSINESS, COMPANY

LOADED = (
    r'<link rel="stylesheet" href="([^"]+)"',
    r'<link rel="(?:modulepreload|icon|manifest)" href="([^"]+)"',
    r'<script[^>]* src="([^"]+)"',
    r'<img[^>]* src="([^"]+)"',
)
IMPORTED = r'(?:\bfrom|\bimport)\s*\(?"([./][^"]+)"'


@dataclass
class Weight:
    """Requests and bytes on the wire (bodies, compressed as sent), cold and warm."""

    name: str
    requests: int = 0
    bytes: int = 0
    warm_requests: int = 0
    warm_bytes: int = 0

    def add(self, answer: Answer) -> None:
        self.requests += 1
        self.bytes += len(answer.body)
        if "immutable" not in answer.header("cache-control"):
            self.warm_requests += 1
            self.warm_bytes += len(answer.body)


async def weigh(contender: Contender) -> list[Weight]:
    """Every page of a client's way at our contender."""
    walker = contender.walker()
    browser = walker.browser

    async def page(name: str, path: str) -> Weight:
        weight, todo, seen = Weight(name), [path], set[str]()
        while todo:
            at = todo.pop(0)
            if at in seen or at.startswith("data:"):
                continue
            seen.add(at)
            answer = await browser.ask("GET", at, compressed=True)
            assert answer.status == 200, f"{at}: {answer.status}"
            weight.add(answer)
            kind = answer.header("content-type")
            if "html" in kind:
                todo += [unescape(found) for pattern in LOADED for found in re.findall(pattern, answer.text)]
            elif "javascript" in kind:
                todo += [
                    f"{at.rpartition('/')[0]}/{found.removeprefix('./')}" for found in re.findall(IMPORTED, answer.text)
                ]
        return weight

    weights = [
        await page("entrance", "/"),
        await page("menu", f"/{COMPANY}"),
        await page("login", f"/{COMPANY}/business/{BUSINESS}"),
    ]
    await contender.begin(walker)
    names = {
        "login": "form of 2 fields",
        "form": "form of 20 fields",
        "ticks": "consents",
        "confirm": "confirmation",
        "done": "outcome",
    }
    for method, name, typed in JOURNEY:
        if method == "GET":
            weights.append(await page(names[name], walker.at))
        await walker.step(method, name, typed)
    weights.append(await page("my business", f"/{COMPANY}/my?tab=completed"))
    browser.close()
    return weights
