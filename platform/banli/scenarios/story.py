"""What a scenario says: who the client is, when it begins, and deeds one after the other. Frozen, with the place of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from banli.definitions.source import Source
from banli.errors import Place

Path = tuple[str | int, ...]

BARE = frozenset(("start", "submit", "withdraw", "abandon", "back", "next", "release", "approve"))
"""Words that can stand alone: `- submit`."""

WORDS = BARE | frozenset((
    "answer", "confirm", "draft", "open", "old_page", "called_back", "send_back", "claim", "return", "reject", "deliver",
    "clock", "facts", "world", "expect",
))  # fmt: skip
"""What a deed can be, beside the id of a step, which is then answered. `answer` answers a step whose id is one of these."""

OLD_PAGE = frozenset(("submit", "withdraw", "abandon"))
"""What else than an answer can come from a page that was opened too early."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that happens, or is expected. `word` is one of WORDS; answering a step is `answer` with the id in `step`."""

    word: str
    value: Any
    path: Path
    place: Place
    step: str = ""


@dataclass(frozen=True)
class Scenario:
    """A story. `companies` None: all that offer the business. `owner` is the company in whose folder it lies, or ""."""

    id: str
    title: str
    business: str
    companies: tuple[str, ...] | None
    at: datetime
    client: str | Mapping[str, Any]
    facts: Mapping[str, Any]
    deeds: tuple[Deed, ...]
    owner: str = ""
    source: Source = field(default=Source("", {}), repr=False, compare=False)

    @property
    def file(self) -> str:
        return self.source.file


@dataclass(frozen=True)
class Tales:
    """All that lies in the folders `scenarios`: stories, and the sample clients by owner and name."""

    scenarios: tuple[Scenario, ...] = ()
    clients: Mapping[tuple[str, str], Source] = field(default_factory=dict)

    def of(self, company: str) -> tuple[Scenario, ...]:
        """The stories that are told of a company: its own ones stand in for those of the same name in the base."""
        own = {scenario.id: scenario for scenario in self.scenarios if scenario.owner == company}
        base = (scenario for scenario in self.scenarios if not scenario.owner)
        told = [own.pop(scenario.id, scenario) for scenario in base]
        return tuple(s for s in (*told, *own.values()) if s.companies is None or company in s.companies)

    def client(self, company: str, name: str) -> Source | None:
        """A sample client: the company's own one, else that of the base."""
        return self.clients.get((company, name)) or self.clients.get(("", name))

    def client_names(self, company: str) -> tuple[str, ...]:
        return tuple(sorted({name for owner, name in self.clients if owner in ("", company)}))


def record_of(scenario: Scenario, tales: Tales, company: str) -> dict[str, Any] | None:
    """What is on file of the story's client; None when it names a sample that is not there."""
    told = {"like": scenario.client} if isinstance(scenario.client, str) else dict(scenario.client)
    like = told.pop("like", None)
    if like is None:
        return told
    sample = tales.client(company, str(like))
    if sample is None or sample.data is None:
        return None
    return {name: value for name, value in {**sample.data, **told}.items() if value is not None}
