"""Every business of the example site stands alone: configuration only, and without it the site and all others are as they were."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from banli.cli.base import plugins_of
from banli.definitions.edition import seal
from banli.definitions.entries import entries
from banli.definitions.library import Library
from banli.definitions.source import read
from banli.scenarios.checking import check_all
from banli.scenarios.playing import Stage
from banli.scenarios.reading import read_tales
from banli.scenarios.running import chosen, run_all
from banli.sites import Site, bundled, open_site
from lone_kit import company_without, told_of

SITE = bundled() / "definitions"
PYTHON = re.compile(r"\bpython|\.py\b|^\s*(?:import|from)\s+\w|__\w+__|\b(?:banli_\w+|banli)(?:\.\w+|:)|\blambda\b", re.I | re.M)
"""How code, or the name of a module, would look in a definition."""
POINTER = re.compile(r"^# yaml-language-server: \$schema=(?:\.\./)+platform/banli/definitions/schemas/\w+\.json$", re.M)
"""The line by which editors find our JSON Schemas."""


def offers() -> Mapping[str, tuple[str, str]]:
    """By `company/business` each business that a company offers, with its flow."""
    found = {}
    for path in sorted((SITE / "companies").glob("*/company.yaml")):
        for entry in entries((read(path.name, path.read_bytes()).data or {}).get("businesses") or []):
            found[f"{path.parent.name}/{entry.id}"] = (entry.id, str(entry.settings.get("flow", entry.id)))
    return found


OFFERS = offers()
FLOWS = sorted({path.stem for path in SITE.rglob("flows/*.yaml")})


def files(folder: Path, *kinds: str) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in kinds and path.is_file())


# ------------------------------------------------------------------ configuration only


@pytest.mark.parametrize("path", files(SITE, ".yaml"), ids=lambda path: str(path.relative_to(SITE)))
def test_no_definition_names_code(path: Path) -> None:
    """Plugins have names (banli_otp) in site.yaml; nothing else knows that there is Python."""
    text = POINTER.sub("", path.read_text(encoding="utf-8"))
    if path == SITE / "site.yaml":
        text = re.sub(r"^  - banli_\w+(:|$)", "", text, flags=re.M)
    # `banli:photo` is a sort of value, as in the README.
    text = re.sub(r"\bbanli:(?:photo|date_range)\b", "", text)
    assert PYTHON.findall(text) == []
    assert "banli_" not in text


def test_the_site_is_made_of_nothing_but_definitions_texts_and_pictures() -> None:
    kinds = {path.suffix for path in SITE.rglob("*") if path.is_file()}
    assert kinds <= {".yaml", ".po", ".md", ".pdf", ".svg", ".png", ".webp", ".jpg"}
    told = {path.relative_to(SITE).as_posix() for path in SITE.rglob("*") if path.is_file() and os.access(path, os.X_OK)}
    assert told == set()


# ------------------------------------------------------------------ each can be taken away


class Example:
    """The example site as it is: its plugins, what its businesses are when sealed, and how its stories go."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.plugins, self.kinds = plugins_of(site)
        self.mistakes = [str(one) for one in check_all(site.definitions, self.kinds)]
        self.library = Library.read(site.definitions, self.kinds)
        self.bundles = {key: self.library.bundle(*key) for key in offered(self.library)}
        self.hashes = hashes(self.library)
        self.outcomes = self.played(site.definitions, self.library)

    def own(self, flow: str) -> set[tuple[str, str]]:
        """The forms, agreements and lists that only this flow shows, as (folder, id): they may name its steps."""
        found: dict[bool, set[tuple[str, str]]] = {True: set(), False: set()}
        for key, bundle in self.bundles.items():
            for folder, kind in (("forms", "forms"), ("agreements", "agreements"), ("agreement_lists", "lists")):
                found[OFFERS["/".join(key)][1] == flow] |= {(folder, name) for name in bundle[kind]}
        return found[True] - found[False]

    def played(self, definitions: Path, library: Library) -> dict[tuple[str, str], str]:
        """By story and company what came of it."""
        stage, (tales, _) = Stage(library, self.kinds, self.plugins), read_tales(definitions)
        return {(one.scenario.file, one.company): one.what for one in run_all(chosen(tales, stage), stage, tales)}


@cache
def example() -> Example:
    return Example(open_site(bundled()))


def offered(library: Library) -> list[tuple[str, str]]:
    return [(name, offer.id) for name, company in library.companies.items() for offer in company.businesses]


def hashes(library: Library) -> dict[tuple[str, str], str]:
    return {key: seal(library.bundle(*key))[0] for key in offered(library)}


def without(flow: str, definitions: Path) -> Path:
    """The site without a flow and whatever is its own: the offers of it, what companies lay over it, its stories and its
    migrations, and the pages and agreements that no other business has. Files are hard links to those of the example, but for
    the ones that are written anew."""
    businesses = {business for business, used in OFFERS.values() if used == flow}
    own = {("flows", flow), *example().own(flow)}
    for path in (path for path in SITE.rglob("*") if path.is_file()):
        target = definitions / path.relative_to(SITE)
        if (path.parent.name, path.stem) in own:
            continue
        if path.suffix == ".yaml" and {"migrations", "scenarios"} & {*path.relative_to(SITE).parts}:
            if told_of(path) in businesses:
                continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.name == "company.yaml":
            target.write_text(company_without(path, businesses), encoding="utf-8")
        else:
            link(path, target)
    return definitions


def link(path: Path, target: Path) -> None:
    try:
        target.hardlink_to(path)
    except OSError:
        target.write_bytes(path.read_bytes())


def test_the_example_is_in_order() -> None:
    """What the tests below compare with."""
    whole = example()
    assert whole.mistakes == []
    assert {key: what for key, what in whole.outcomes.items() if what} == {}
    assert {flow for _, flow in OFFERS.values()} <= set(FLOWS)


@pytest.mark.parametrize("flow", FLOWS)
def test_a_business_can_be_taken_away_and_the_others_are_as_they_were(flow: str, tmp_path: Path) -> None:
    """Its files go, the rest passes `banli check` and tells all its stories, and every other business is sealed to the same
    edition as before: nobody else rested on it."""
    whole = example()
    definitions = without(flow, tmp_path / "definitions")
    assert [str(one) for one in check_all(definitions, whole.kinds) if str(one) not in whole.mistakes] == []
    library = Library.read(definitions, whole.kinds)
    others = {key: name for key, name in whole.hashes.items() if OFFERS["/".join(key)][1] != flow}
    assert hashes(library) == others
    told = whole.played(definitions, library)
    businesses = {business for business, used in OFFERS.values() if used == flow}
    gone = {scenario.file for scenario in read_tales(SITE)[0].scenarios if scenario.business in businesses}
    assert told == {key: what for key, what in whole.outcomes.items() if key[0] not in gone}
