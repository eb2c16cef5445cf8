"""Migration files: how the answers of open cases come from older editions to the present one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from banli.definitions.source import Source


@dataclass(frozen=True, slots=True)
class Migration:
    """What `migrations/<id>.yaml` says. `companies` and `editions` empty: any."""

    id: str
    title: str
    business: str
    companies: tuple[str, ...] = ()
    editions: tuple[str, ...] = ()
    steps: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    drop: frozenset[str] = frozenset()
    unclean: Literal["keep", "restart"] = "keep"
    submitted: bool = False

    def concerns(self, company: str, business: str, edition: str = "") -> bool:
        """Is it for cases of this company and business (on this edition)?"""
        if business != self.business or (self.companies and company not in self.companies):
            return False
        return not edition or not self.editions or any(edition.startswith(one) for one in self.editions)


class Sources(Protocol):
    """The library."""

    @property
    def sources(self) -> Mapping[tuple[str, str, str], Source]: ...


def migrations(library: Sources) -> dict[str, Migration]:
    """All migrations of a site by id."""
    found = ((name, source.data) for (owner, folder, name), source in library.sources.items() if folder == "migrations")
    return {name: build_migration(name, data) for name, data in sorted(found, key=lambda one: one[0]) if data is not None}


def build_migration(migration_id: str, data: Mapping[str, Any]) -> Migration:
    editions = data.get("from", "any")
    return Migration(
        id=migration_id,
        title=str(data.get("title", "")),
        business=str(data.get("business", "")),
        companies=tuple(str(one) for one in data.get("companies", ())),
        editions=tuple(str(one) for one in editions) if isinstance(editions, list) else (),
        steps={str(old): str(new) for old, new in data.get("steps", {}).items()},
        fields={str(old): str(new) for old, new in data.get("fields", {}).items()},
        options={str(at): {str(old): str(new) for old, new in codes.items()} for at, codes in data.get("options", {}).items()},
        drop=frozenset(str(one) for one in data.get("drop", ())),
        unclean=data.get("when_unclean", "keep"),
        submitted=data.get("submitted", "keep") == "move",
    )
