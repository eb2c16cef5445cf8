"""Migrations: do they name a business that is offered, and steps, questions and options that are there now?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from banli.definitions.build import build_flow
from banli.definitions.checks.book import Book, Way, unknown
from banli.definitions.entries import entries
from banli.definitions.source import Source
from banli.errors import Mistake, did_you_mean


@dataclass
class _Present:
    """What the business has now at the companies that are meant: by step its questions (None: it has none), by
    `step.question` the codes that can be chosen."""

    steps: dict[str, set[str] | None] = field(default_factory=dict)
    codes: dict[str, set[str]] = field(default_factory=dict)


def check(books: Sequence[Book]) -> Iterator[Mistake]:
    """`books` are those of the base and of each company."""
    base, firms = books[0], {book.view.company: book for book in books[1:]}
    for name, source in base.sound("migrations"):
        yield from _check(source, firms, name)


def _check(source: Source, firms: Mapping[str, Book], name: str) -> Iterator[Mistake]:
    data, offers = source.data, {company: dict(_offers(book)) for company, book in firms.items()}
    business = data["business"]
    known = sorted({one for offered in offers.values() for one in offered})
    if business not in known:
        yield unknown(source, ("business",), "unknown-business", f"No company offers a business '{business}'.", business, known)
        return
    wanted = [str(one) for one in data.get("companies", firms)]
    for index, company in enumerate(wanted):
        path: Way = ("companies", index)
        if company not in firms:
            yield unknown(source, path, "unknown-company", f"There is no company '{company}'.", company, firms)
        elif "companies" in data and business not in offers[company]:
            cure = "Take it from the list."
            yield source.mistake(path, "unknown-business", f"Company {company} offers no business '{business}'.", cure)
    present = _Present()
    for company in wanted:
        if business in offers.get(company, {}):
            _gather(firms[company], offers[company][business], present)
    if present.steps:
        yield from _names(source, present)


def _offers(book: Book) -> Iterator[tuple[str, str]]:
    """The businesses of a company with their flows."""
    for offer in entries(book.data("company", book.view.company).get("businesses")):
        yield offer.id, str(offer.settings.get("flow", offer.id))


def _gather(book: Book, flow_id: str, present: _Present) -> None:
    source = book.view.get("flows", flow_id)
    if source is None or ("flows", flow_id) in book.broken:
        return
    for step in build_flow(flow_id, source.data).steps:
        shape = book.kinds.steps.get(step.kind)
        asked = book.form(shape.form(step.id, step.options)) if shape is not None and shape.fields else None
        if asked is None:
            present.steps.setdefault(step.id, None)
            continue
        known = present.steps.get(step.id) or set()
        present.steps[step.id] = known | {one.name for one in asked.form.shown}
        for one in asked.form.fields:
            codes = {option.code for option in one.choices if not option.retired}
            present.codes[f"{step.id}.{one.name}"] = present.codes.get(f"{step.id}.{one.name}", set()) | codes


def _names(source: Source, present: _Present) -> Iterator[Mistake]:
    data = source.data
    dropped = set(data.get("drop", ()))
    for old, new in data.get("steps", {}).items():
        if new not in present.steps:
            yield unknown(source, ("steps", old), "unknown-step", f"There is no step '{new}'.", new, present.steps)
        if old in dropped:
            yield _both(source, ("steps", old), old)
    for old, new in data.get("fields", {}).items():
        yield from _place(source, ("fields", old), new, present)
        step, dot, name = old.partition(".")
        if not (step and dot and name) or "." in name:
            what = f"'{old}' is not written as it must be here."
            yield source.mistake(("fields", old), "bad-form", what, "Write step.question.", key=True)
        if old in dropped or step in dropped:
            yield _both(source, ("fields", old), old)
    for at, codes in data.get("options", {}).items():
        wrong = list(_place(source, ("options", at), at, present, key=True))
        yield from wrong
        known = present.codes.get(at, set())
        if wrong:
            continue
        if not known:
            yield source.mistake(
                ("options", at), "no-options", f"'{at}' has no options to choose from.", "Delete this.", key=True
            )
            continue
        for old, new in codes.items():
            if str(new) not in known:
                what = f"'{at}' has no option '{new}' now."
                yield unknown(source, ("options", at, old), "unknown-option", what, str(new), sorted(known))


def _place(source: Source, path: Way, at: str, present: _Present, *, key: bool = False) -> Iterator[Mistake]:
    """Is there such a step with such a question?"""
    step, _, name = at.partition(".")
    if step not in present.steps:
        yield unknown(source, path, "unknown-step", f"There is no step '{step}'.", step, present.steps, key=key)
        return
    questions = present.steps[step]
    if questions is not None and name not in questions:
        what = f"The step '{step}' asks no '{name}'."
        yield source.mistake(path, "unknown-field", what, did_you_mean(name, sorted(questions)), key=key)


def _both(source: Source, path: Way, old: str) -> Mistake:
    return source.mistake(path, "mapped-and-dropped", f"'{old}' is given a new place and dropped.", "Keep one.", key=True)
