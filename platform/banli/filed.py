"""The record on file as questions: every value with its title and its kind, in the order in which the pages ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from banli.definitions.model import Field, Option
from banli.doors import login_form
from banli.editions import Issue


def record_fields(issue: Issue) -> tuple[Field, ...]:
    """The record's values as questions: titles from the record, kind and choices from the page that asks for the value.

    In the order in which the pages ask (the overview first); what no page asks comes last.
    """
    edition = issue.edition
    schemas: Mapping[str, Mapping[str, Any]] = edition.record.schema.get("properties", {})
    asked: dict[str, Field] = {}
    pages = [bound.form(edition.forms) for bound in issue.course.steps]
    for form in [login_form(issue), *pages] if edition.flow.newcomers else pages:
        for question in form.fields if form is not None else ():
            name = question.prefill.removeprefix("client.")
            if question.prefill.startswith("client.") and name in schemas:
                # A page that asks knows more of its options than the overview that only shows.
                asked[name] = question
    found = [_on_file(name, schemas[name], question) for name, question in asked.items()]
    rest = [name for name in schemas if name not in asked]
    return (*found, *(_unasked(issue, name, schemas[name]) for name in rest))


def _on_file(name: str, schema: Mapping[str, Any], question: Field) -> Field:
    return Field(
        name, question.kind, str(schema.get("title") or question.title), schema,
        pii=question.pii or schema.get("pii") is True, prefill=question.prefill, choices=question.choices,
        dictionary=question.dictionary, items=question.items, notes=question.notes, options=question.options,
    )  # fmt: skip


def _unasked(issue: Issue, name: str, schema: Mapping[str, Any]) -> Field:
    kind = next((k.name for k in issue.book.fields.kinds.values() if k.accepts(schema)), "text")
    choices: tuple[Option, ...] = ()
    codes = set((schema.get("items") or schema).get("enum", ()))
    if codes:
        lists = issue.edition.dictionaries.values()
        choices = next((one.items for one in lists if {o.code for o in one.items} == codes), ())
    if name == "branch":
        kind, choices = "choice", tuple(Option(code, text) for code, text in issue.edition.company.branches.items())
    return Field(name, kind, str(schema.get("title", name)), schema, pii=schema.get("pii") is True, choices=choices)


def is_photo(question: Field) -> bool:
    return question.schema.get("contentMediaType") == "image/*"
