"""Checks all stories of a site: their businesses, companies and sample clients, and each as it is told of each company."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from banli.definitions.edition import Edition, open_edition
from banli.definitions.kinds import Kinds
from banli.definitions.library import HARMLESS, Library
from banli.errors import Mistake, did_you_mean
from banli.scenarios.naming import Told
from banli.scenarios.reading import read_tales
from banli.scenarios.story import Scenario, Tales

NOT_ON_FILE = ("accounts",)
"""What a client has besides the record on file: the kinds of accounts, which the door looks at."""


def check_all(definitions: Path, kinds: Kinds, library: Library | None = None) -> list[Mistake]:
    """All mistakes of a site, those of its stories among them. While the definitions themselves are wrong, only the shape
    of stories is looked at."""
    library = library or Library.read(definitions, kinds)
    tales, mistakes = read_tales(definitions)
    if all(mistake.code in HARMLESS for mistake in library.mistakes):
        mistakes += Checker(library, kinds, tales).run()
    return sorted({*library.mistakes, *mistakes})


@dataclass
class Checker:
    """Looks at each story once for each of its companies; what is wrong at all of them is told once."""

    library: Library
    kinds: Kinds
    tales: Tales
    editions: dict[tuple[str, str], Edition] = field(default_factory=dict)

    def run(self) -> list[Mistake]:
        found = [mistake for scenario in self.tales.scenarios for mistake in self.scenario(scenario)]
        return found + list(self.clients())

    def scenario(self, scenario: Scenario) -> Iterator[Mistake]:
        source, known = scenario.source, self.library.company_ids
        offering = [name for name in known if scenario.business in self.offers(name)]
        for index, company in enumerate(scenario.companies or ()):
            if company not in known and not scenario.owner:
                cure = did_you_mean(company, known)
                yield source.mistake(("companies", index), "unknown-company", f"There is no company '{company}'.", cure)
            elif company not in offering:
                cure = did_you_mean(scenario.business, self.offers(company))
                what = f"Company {company} offers no business '{scenario.business}'."
                yield source.mistake(("business",), "unknown-business", what, cure)
        if not offering and scenario.companies is None:
            offered = {name for company in known for name in self.offers(company)}
            what = f"No company offers a business '{scenario.business}'."
            yield source.mistake(("business",), "unknown-business", what, did_you_mean(scenario.business, offered))
        played = [name for name in offering if scenario in self.tales.of(name)]
        told = {name: list(self.told(scenario, name).check()) for name in played}
        for company, mistakes in told.items():
            for mistake in dict.fromkeys(mistakes):
                if all(mistake in others for others in told.values()):
                    if company == played[0]:
                        yield mistake
                else:
                    yield Mistake(mistake.place, mistake.code, f"At company {company}: {mistake.what}", mistake.cure)

    def told(self, scenario: Scenario, company: str) -> Told:
        edition = self.edition(company, scenario.business)
        return Told(scenario, company, edition, self.kinds, self.tales, self.on_file(company))

    def offers(self, company: str) -> tuple[str, ...]:
        found = self.library.company(company)
        return tuple(offer.id for offer in found.businesses) if found is not None else ()

    def edition(self, company: str, business: str) -> Edition:
        if (company, business) not in self.editions:
            self.editions[company, business] = open_edition(self.library.bundle(company, business), self.kinds)
        return self.editions[company, business]

    def on_file(self, company: str) -> tuple[str, ...]:
        schema = self.library.view(company).data("client", "client").get("schema", {})
        return (*schema.get("properties", {}), *NOT_ON_FILE)

    def clients(self) -> Iterator[Mistake]:
        """The sample clients. One of the base may name what any company keeps."""
        for (owner, _), source in self.tales.clients.items():
            companies = (owner,) if owner else ("", *self.library.company_ids)
            known = {name for company in companies for name in self.on_file(company)}
            for name in source.data or {}:
                if name not in known:
                    what = f"The record on file has no '{name}'."
                    yield source.mistake((name,), "unknown-client-property", what, did_you_mean(name, known), key=True)
            if not isinstance((source.data or {}).get("accounts", []), list):
                yield source.mistake(("accounts",), "wrong-type", "The accounts must be a list.", "Write [futures].")
