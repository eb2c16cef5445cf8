"""The page of a demo on which the simulated authority is made to lag and to fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from banli.hooks import Page
from banli_certificate.authority.choosing import SIMULATION, Chosen

SWITCHES = ("outage", "refuses", "loses")


def simulation_page(chosen: Chosen) -> Page:
    async def show(query: Mapping[str, str]) -> Mapping[str, Any]:
        return {"how": asdict(await chosen.how()), "saved": "saved" in query}

    async def change(posted: Mapping[str, str]) -> Mapping[str, str]:
        numbers = {name: _number(name, posted) for name in ("latency", "waits")}
        await chosen.behave({**{name: name in posted for name in SWITCHES}, **numbers})
        return {"saved": "1"}

    return Page("authority", "authority.html", show, change)


def _number(name: str, posted: Mapping[str, str]) -> int:
    text = posted.get(name, "")
    return min(int(text), int(SIMULATION["properties"][name]["maximum"])) if text.isascii() and text.isdigit() else 0
