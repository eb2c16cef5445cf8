"""Agreements, lists, dictionaries, hours, calendars: what each must hold by itself."""

from __future__ import annotations

from collections.abc import Iterator

from banli.definitions.checks.book import Book, unknown
from banli.definitions.entries import entries
from banli.definitions.overlay import locked_paths, reaches
from banli.definitions.source import Source
from banli.errors import Mistake
from banli.hours import flaws_in_calendar, flaws_in_hours

LOCKABLE = ("client", "forms", "flows", "agreements", "agreement_lists")


def check(book: Book) -> Iterator[Mistake]:
    for name, source in book.fresh("agreement_lists"):
        yield from agreement_list(book, name, source)
    for name, source in book.fresh("dictionaries"):
        yield from dictionary(book, name, source)
    for _, source in book.fresh("hours"):
        for flaw in flaws_in_hours(source.data, book.view.ids("calendars")):
            yield source.mistake(flaw.path, flaw.code, flaw.what, flaw.cure)
    for _, source in book.fresh("calendars"):
        for flaw in flaws_in_calendar(source.data):
            yield source.mistake(flaw.path, flaw.code, flaw.what, flaw.cure)
    for folder in LOCKABLE:
        for _, source in book.fresh(folder):
            yield from locks(source)


def agreement_list(book: Book, name: str, source: Source) -> Iterator[Mistake]:
    seen: set[str] = set()
    items = source.data["items"]
    if not items:
        yield source.mistake(
            ("items",),
            "no-agreements",
            f"The list '{name}' has no agreements.",
            "List one, or leave out the step that shows the list.",
            key=True,
        )
    for item in entries(items):
        path = ("items", *item.path)
        agreement = str(item.settings.get("agreement", item.id))
        here = (*path, "agreement") if "agreement" in item.settings else path
        yield from book.missing("agreements", agreement, source, here, key="agreement" not in item.settings)
        if item.id in seen:
            yield source.mistake(
                path,
                "duplicate-id",
                f"There is already a line '{item.id}'.",
                "Give this one an id of its own and name the agreement: '- id: {agreement: …}'.",
                key=True,
            )
        seen.add(item.id)


def dictionary(book: Book, name: str, source: Source) -> Iterator[Mistake]:
    parent = source.data.get("parent")
    outer: set[str] | None = None
    if isinstance(parent, str):
        yield from book.missing("dictionaries", parent, source, ("parent",))
        if book.view.has("dictionaries", parent):
            outer = {str(item.get("code")) for item in book.shelf.dictionaries.get(parent, {}).get("items", ())}
    seen: set[str] = set()
    for index, item in enumerate(source.data["items"]):
        code = str(item["code"])
        if code in seen:
            yield source.mistake(
                ("items", index, "code"), "duplicate-code", f"The code '{code}' is given twice.", "Keep one."
            )
        seen.add(code)
        if outer and "parent" in item and str(item["parent"]) not in outer:
            yield unknown(
                source,
                ("items", index, "parent"),
                "unknown-code",
                f"The dictionary '{parent}' has no code '{item['parent']}'.",
                str(item["parent"]),
                outer,
            )
    for system, codes in source.data.get("maps", {}).items():
        for code in codes:
            if code not in seen:
                yield unknown(
                    source,
                    ("maps", system, code),
                    "unknown-code",
                    f"This dictionary has no code '{code}'.",
                    code,
                    seen,
                    key=True,
                )
    own = book.view.own("dictionaries", name)
    if own is not None and own.data is not None:
        for index, item in enumerate(own.data.get("items", ())):
            if isinstance(item, dict) and item.get("remove") is True:
                yield own.mistake(
                    ("items", index),
                    "code-removed",
                    f"The code '{item.get('code')}' is taken away, but cases may hold it.",
                    "Write 'retired: true'.",
                )


def locks(source: Source) -> Iterator[Mistake]:
    for index, path in enumerate(locked_paths(source.data)):
        if not reaches({k: v for k, v in source.data.items() if k != "locked"}, path):
            yield source.mistake(
                ("locked", index),
                "locks-nothing",
                f"There is no '{path}' to lock.",
                "Write keys and ids with dots between them.",
            )
