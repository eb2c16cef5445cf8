"""The site and its companies: plugins, menus, entrances, looks, fixed sentences; and one number for one text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from banli.definitions import settings
from banli.definitions.build import build_agreement
from banli.definitions.checks import looks, words
from banli.definitions.checks.book import Book, Way, unknown
from banli.definitions.entries import entries
from banli.definitions.source import Source
from banli.errors import Mistake, Place, did_you_mean


def site(book: Book, companies: tuple[str, ...], folder: str) -> Iterator[Mistake]:
    """site.yaml, and that there are a site.yaml and a client.yaml at all."""
    for name in ("site", "client"):
        if not book.view.has(name, name):
            yield Mistake(Place(f"{folder}/{name}.yaml"), "missing-file", "This file is missing.", "Write it.")
    for _, source in book.sound("site"):
        yield from words.announced(book, source)
        yield from looks.site(book, source)
        for index, code in enumerate(source.data.get("entrance", ())):
            if str(code) not in companies:
                yield unknown(
                    source, ("entrance", index), "unknown-company", f"There is no company '{code}'.", str(code), companies
                )
        seen: set[str] = set()
        known = book.kinds.plugins
        for plugin in entries(source.data.get("plugins")):
            path: Way = ("plugins", *plugin.path)
            if plugin.id in seen:
                yield source.mistake(
                    path, "duplicate-id", f"The plugin '{plugin.id}' is listed twice.", "Keep one.", key=True
                )
            seen.add(plugin.id)
            if plugin.id not in known:
                yield source.mistake(
                    path,
                    "unknown-plugin",
                    f"There is no plugin '{plugin.id}'.",
                    did_you_mean(plugin.id, known) or "Install it, or delete it here.",
                    key=True,
                )
            else:
                yield from settings.bare(source, plugin, known[plugin.id])


def company(book: Book, files: Mapping[str, bytes]) -> Iterator[Mistake]:
    """company.yaml of the company of this view."""
    name = book.view.company
    source = book.view.get("company", name)
    if source is None or source.data is None or ("company", name) in book.broken:
        return
    seen: set[str] = set()
    for offer in entries(source.data["businesses"]):
        path: Way = ("businesses", *offer.path)
        if offer.id in seen:
            yield source.mistake(path, "duplicate-id", f"The business '{offer.id}' is offered twice.", "Keep one.", key=True)
        seen.add(offer.id)
        flow = str(offer.settings.get("flow", offer.id))
        here = (*path, "flow") if "flow" in offer.settings else path
        yield from book.missing("flows", flow, source, here, key="flow" not in offer.settings)
        if isinstance(offer.settings.get("hours"), str):
            yield from book.missing("hours", offer.settings["hours"], source, (*path, "hours"), what="hours")
    yield from _without(book, source)
    yield from words.announced(book, source)
    yield from looks.company(book, source, files)


def _without(book: Book, source: Source) -> Iterator[Mistake]:
    """The company does without kinds of steps: each must be one that can be left out somewhere."""
    told = source.data.get("without", ()) if source.data is not None else ()
    flows = [flow for _, flow in book.view.all("flows") if flow.data is not None] if told else []
    can = {step.word for flow in flows for step in entries(flow.data.get("steps")) if step.settings.get("optional") is True}  # type: ignore[union-attr]
    for index, kind in enumerate(told):
        if kind not in can:
            yield unknown(source, ("without", index), "without-nothing", f"No optional step is a '{kind}'.", str(kind), can)


def homeless(sources: Mapping[tuple[str, str, str], Source], companies: tuple[str, ...]) -> Iterator[Mistake]:
    """Files of a company that has no company.yaml."""
    told = set()
    for (owner, _, _), source in sources.items():
        if owner and owner not in companies and owner not in told:
            told.add(owner)
            yield Mistake(
                Place(source.file),
                "no-company",
                f"There is no company.yaml for '{owner}'.",
                did_you_mean(owner, companies) or "Write it, or delete the folder.",
            )


def numbers(books: Iterable[Book]) -> Iterator[Mistake]:
    """A number stands for one text for ever, over all companies."""
    first: dict[str, tuple[str, Place]] = {}
    for book in books:
        for name, source in book.fresh("agreements"):
            found = build_agreement(name, source.data)
            digest, place = first.setdefault(found.number, (found.digest, source.place(("number",))))
            if digest == found.digest:
                continue
            text, number = source.place(("text",)), source.place(("number",))
            where = ("number",) if number.file == text.file else ("text",)
            yield source.mistake(
                where,
                "number-taken",
                f"The number '{found.number}' is that of another text, in {place}.",
                "A changed text gets a new number.",
                key=where == ("text",),
            )
