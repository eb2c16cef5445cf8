"""The questions of a form as a tree, and the layout over them: what a UI schema arranges and the file then says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from banli.exchange import formulas
from banli.exchange.formulas import Formula, both
from banli.exchange.told import Pointer

Names = tuple[str, ...]


@dataclass
class Leaf:
    """A question. `page` holds the questions inside of it, of an object or of a list's rows."""

    name: str
    at: Pointer
    schema: Mapping[str, Any]
    kind: str
    required: bool
    settings: dict[str, Any] = field(default_factory=dict)
    when: Formula = True
    page: Page | None = None
    owner: tuple[str | int, ...] = ()
    """The way to the object that it belongs to, in the schema with every `$ref` written out."""


@dataclass
class Page:
    """The questions over one object schema, in the order of the schema."""

    leaves: dict[str, Leaf] = field(default_factory=dict)

    def find(self, names: Sequence[str]) -> Leaf | None:
        leaf = self.leaves.get(names[0]) if names else None
        if leaf is None or len(names) == 1:
            return leaf
        return leaf.page.find(names[1:]) if leaf.page is not None else None


@dataclass
class Ask:
    """A question in a layout. `inside` are the entries inside of it; None: as the schema has them."""

    leaf: Leaf
    settings: dict[str, Any] = field(default_factory=dict)
    when: Formula = True
    inside: list[Item] | None = None


@dataclass
class Words:
    text: str
    when: Formula = True
    look: str = ""


@dataclass
class Section:
    id: str
    title: str
    items: list[Item]
    when: Formula = True
    hint: str = ""


Item = Ask | Words | Section


def plain(page: Page) -> list[Item]:
    """Everything in the order of the schema."""
    return [Ask(leaf) for leaf in page.leaves.values()]


def asked(items: Sequence[Item]) -> Iterator[Ask]:
    """The questions of a layout, sections opened, not those inside of questions."""
    for item in items:
        if isinstance(item, Ask):
            yield item
        elif isinstance(item, Section):
            yield from asked(item.items)


def entries(items: Sequence[Item]) -> list[Any]:
    """The layout as the file says it."""
    return [_entry(item) for item in items]


def _entry(item: Item) -> Any:
    if isinstance(item, Words):
        return {"note": {"text": item.text, **({"look": item.look} if item.look else {}), **_when(item.when)}}
    if isinstance(item, Section):
        hint = {"hint": item.hint} if item.hint else {}
        return {"group": {"id": item.id, "title": item.title, **hint, **_when(item.when), "entries": entries(item.items)}}
    settings = {**item.leaf.settings, **item.settings, **_when(both(item.leaf.when, item.when))}
    if item.leaf.page is not None:
        settings["entries"] = entries(item.inside if item.inside is not None else plain(item.leaf.page))
    return {item.leaf.name: settings} if settings else item.leaf.name


def _when(formula: Formula) -> dict[str, str]:
    return {} if formula is True else {"when": formulas.text(formula)}
