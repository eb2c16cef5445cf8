"""The lines that clients of a company can stand in: its branches, and one for who belongs to none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

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


def houses(home: Home, companies: Iterable[str]) -> dict[str, House]:
    """These companies, as their files say now."""
    firms = home.firms()
    return {id: House(id, firms[id].short_name, firms[id].branches) for id in companies if id in firms}
