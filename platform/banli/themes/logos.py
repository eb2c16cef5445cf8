"""The companies' logos: read once from beside their company.yaml, with an address that changes with the picture."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from banli.definitions.model import Company
from banli.logos import flaw, media_type


@dataclass(frozen=True, slots=True)
class Picture:
    content: bytes
    media_type: str
    version: str


@dataclass(frozen=True, slots=True)
class Logo:
    """As a page shows it. `dark` is "" where it is the same by night."""

    src: str
    dark: str
    alt: str


class Logos:
    """A picture that is not there, or that could do something, is not shown: `banli check` has told of it."""

    def __init__(self, definitions: Path) -> None:
        self.definitions = definitions
        self._pictures: dict[tuple[str, str], Picture | None] = {}

    def of(self, company: Company) -> Logo | None:
        told: Mapping[str, Any] = company.theme.get("logo") or {}
        src = self._address(company, str(told.get("file", "")))
        return Logo(src, self._address(company, str(told.get("dark", ""))), str(told.get("alt", ""))) if src else None

    def picture(self, company: Company, file: str) -> Picture | None:
        """One of the files that the company's looks name; None for any other."""
        told: Mapping[str, Any] = company.theme.get("logo") or {}
        if not file or file not in (told.get("file"), told.get("dark")):
            return None
        key = (company.id, file)
        if key not in self._pictures:
            self._pictures[key] = self._read(company, file)
        return self._pictures[key]

    def _address(self, company: Company, file: str) -> str:
        found = self.picture(company, file)
        return f"/{company.id}/logo/{file}?v={found.version}" if found is not None else ""

    def _read(self, company: Company, file: str) -> Picture | None:
        path = self.definitions / "companies" / company.id / file
        try:
            content = path.read_bytes()
        except OSError:
            return None
        if flaw(content) is not None:
            return None
        return Picture(content, media_type(content), hashlib.sha256(content).hexdigest()[:12])
