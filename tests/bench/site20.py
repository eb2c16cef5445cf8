"""Writes a site whose one business is the journey that every contender walks: four pages, the second with 20 fields."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from banli.hooks import Directory, Outcome, Person, Picture, Plugin, Record
from banli.sites import Site, bundled

from .fields20 import CHOICES, HIDDEN, REQUIRED, SELECTS, TEXTS

COMPANY, BUSINESS = "8001", "journey"
FORMATS: dict[str, dict[str, Any]] = {
    "email": {"format": "email"},
    "postal_code": {"format": "cn-postal-code"},
    "phone": {"pattern": r"^1[3-9]\d{9}$"},
    "birthday": {"format": "date"},
    "income": {"type": "integer", "minimum": 0},
}


def form20() -> dict[str, Any]:
    """The 20 fields as a form of ours."""
    properties: dict[str, Any] = {}
    layout: list[Any] = []
    for name in TEXTS:
        properties[name] = {"title": name, "type": "string", "pii": True, **FORMATS.get(name, {})}
    for name, codes in CHOICES.items():
        listed = {"$ref": f"dictionary:{name}"}
        several = {"type": "array", "items": listed, "uniqueItems": True, "minItems": 1}
        properties[name] = {"title": name, **(several if name == "products" else listed)}
    for name, (other, code) in HIDDEN.items():
        properties[name] = {"title": name, "type": "string", "pii": True}
        asked = f'"{code}" in {other}' if other == "products" else f'{other} == "{code}"'
        layout.append({name: {"when": asked}})
    shown = [*({name: {}} for name in TEXTS), *({name: {"look": _look(name)}} for name in CHOICES)]
    return {
        "title": "Form",
        "schema": {"type": "object", "required": [*REQUIRED, *HIDDEN], "properties": properties},
        "layout": [*shown, *layout],
    }


def _look(name: str) -> str:
    return "select" if name in SELECTS else "checkboxes" if name == "products" else "radio"


def write_site(root: Path, more_forms: int = 0) -> Site:
    """The site in `root`, with its settings; `more_forms` are further forms of 20 fields that nothing asks."""
    folder = root / "definitions"
    ticks = {"contract": "I agree to the contract", "risk": "I understand the risks"}
    files: dict[str, Any] = {
        "site": {
            "title": "Bench", "languages": ["zh_CN", "en"], "entrance": [COMPANY], "plugins": ["bench_people"],
            "menu": {"my_business": "My business"},
        },
        "client": {
            "schema": {
                "type": "object",
                "required": ["name", "id_number"],
                "properties": {
                    "name": {"title": "Name", "type": "string", "pii": True},
                    "id_number": {"title": "ID number", "type": "string", "pii": True},
                },
            }
        },
        f"companies/{COMPANY}/company": {
            "name": "Bench Futures", "hotline": "000", "enabled": True, "theme": {"name": "plain"}, "businesses": [BUSINESS],
        },
        f"flows/{BUSINESS}": {
            "title": "Journey",
            "login": "login",
            "accounts": ["futures"],
            "steps": [
                {"form": {"id": "first"}},
                {"form": {"id": "big", "form": "form20"}},
                {"form": {"id": "ticks"}},
                {"submit": {"text": "Done.", "confirm": True}},
            ],
            "review": {"levels": 0},
        },
        "forms/login": _small({"id_number": {"type": "string"}}),
        "forms/first": _small({"id_number": {"type": "string", "pii": True}, "account": {"type": "string"}}),
        "forms/ticks": {
            "title": "Agreements",
            "schema": {
                "type": "object",
                "required": list(ticks),
                "properties": {name: {"title": said, "const": True} for name, said in ticks.items()},
            },
            "layout": [{name: {"agreement": name}} for name in ticks],
        },
        "forms/form20": form20(),
    }  # fmt: skip
    for name, said in ticks.items():
        files[f"agreements/{name}"] = {
            "title": said,
            "number": f"B-{name}",
            "kind": "contract",
            "format": "markdown",
            "text": said * 20,
        }
    for name, codes in CHOICES.items():
        files[f"dictionaries/{name}"] = {"title": name, "version": "1", "items": [{"code": c, "text": c} for c in codes]}
    for number in range(more_forms):
        files[f"forms/form{number + 1000}"] = {**form20(), "title": f"Form {number}"}
    for name, content in files.items():
        path = folder / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.dump(content, Dumper=_Plain, allow_unicode=True, sort_keys=False))
    (root / "themes").symlink_to(bundled() / "themes")
    return bench_site(root)


def bench_site(root: Path) -> Site:
    var = root / "var"
    return Site(root, var, f"sqlite:///{var / 'banli.db'}", f"file://{var / 'blobs'}", secure_cookies=False)


class _Plain(yaml.SafeDumper):
    """Our language refuses anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _small(properties: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    titled = {name: {"title": name, **schema} for name, schema in properties.items()}
    return {"title": "Login", "schema": {"type": "object", "required": ["id_number"], "properties": titled}}


class People(Directory):
    """Knows everybody."""

    async def find(self, company: str, id_number: str) -> Person | None:
        return Person(f"ref-{id_number}", ("futures",), {"name": "Sample Person", "id_number": id_number})

    async def picture(self, company: str, ref: str, name: str) -> Picture | None:
        return None

    async def update(self, company: str, ref: str, changes: Record, pictures: Mapping[str, Picture], key: str) -> Outcome:
        return Outcome(Outcome.DONE)


class BenchPeople(Plugin):
    name = "bench_people"

    def directory(self) -> Directory:
        return People()


PLUGINS: dict[str, type[Plugin]] = {"bench_people": BenchPeople}
