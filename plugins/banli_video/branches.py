"""The lines that clients of a company can stand in: its branches, and one for who belongs to none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from banli.definitions.source import read
from banli.hooks import Home

NO_BRANCH = ""


@dataclass(frozen=True, slots=True)
class House:
    """A company as the desk names it, with its branches by code."""

    id: str
    name: str
    branches: Mapping[str, str]

    def title(self, queue: str) -> str:
        """What a line is called; "" for the company's own."""
        return self.branches.get(queue, queue)

    @property
    def queues(self) -> tuple[str, ...]:
        return (NO_BRANCH, *self.branches)


def houses(home: Home, companies: tuple[str, ...]) -> dict[str, House]:
    """These companies, as their files say now."""
    return {company: _house(home.definitions / "companies" / company / "company.yaml", company) for company in companies}


def _house(path: Path, company: str) -> House:
    try:
        return _read(path, company, path.stat().st_mtime_ns)
    except OSError:
        return House(company, company, {})


@lru_cache(maxsize=200)
def _read(path: Path, company: str, changed: int) -> House:
    told = read(path.name, path.read_bytes()).data or {}
    branches = {str(code): str(title) for code, title in (told.get("branches") or {}).items()}
    return House(company, str(told.get("short_name") or told.get("name") or company), branches)
