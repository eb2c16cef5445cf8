"""A page made from a JSON Schema as an author writes it, with all its conditions compiled, for tests of what it accepts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from banli.definitions.build import Shelf, build_form
from banli.definitions.edition import form_conditions, wanted_of
from banli.definitions.model import Field, Form
from banli.definitions.scopes import form_names, inside_names, rule_names, type_of
from banli.expressions import FUNCTIONS, Condition, Scope, Type, compile
from banli.expressions.conditions import Wants
from banli.fields import Fields, FormReader
from definition_kinds import KINDS

FIELDS = Fields()


class Page:
    """A form with its reader. `record` holds the schemas of what is on file. A `loose` one takes names that it does not know
    for those of steps before it, of which anything may be answered."""

    def __init__(
        self, schema: Mapping[str, Any], layout: Any = None, *, record: Mapping[str, Any] | None = None,
        dictionaries: Mapping[str, Any] | None = None, loose: bool = False, **more: Any,
    ) -> None:  # fmt: skip
        self.loose = loose
        data = {"title": "Page", "schema": {"type": "object", **schema}, **more}
        data |= {"layout": layout} if layout is not None else {}
        client = {"schema": {"type": "object", "properties": dict(record or {})}}
        self.form: Form = build_form("page", data, Shelf(KINDS, dictionaries or {}, client))
        self.names: dict[str, Type] = {"today": Type("date", nullable=False)}
        self.names |= {f"client.{name}": type_of(inner) for name, inner in (record or {}).items()}
        self.conditions: dict[tuple[str, str], Condition] = {}
        names = form_names(self.form.fields, self.names)
        self._compile("", form_conditions(self.form), names)
        self._compile("", [rule.when for rule in (*self.form.refuse, *self.form.warn)], rule_names(self.form, names))
        for place, one in enumerate(self.form.computed):
            self._compile("", [one.text], rule_names(self.form, names, place), wanted_of(one.field.schema))
        self._inside("", self.form.fields, names)
        self.reader = FormReader(self.form, FIELDS.kind, self.condition)

    def condition(self, text: str, at: str = "") -> Condition:
        return self.conditions[at, text]

    def write(self, values: Mapping[str, Any]) -> dict[str, list[str]]:
        """The values as a browser would post them."""
        raw: dict[str, list[str]] = {}
        for field in self.form.fields:
            raw |= FIELDS.kind(field.kind).write(field, values.get(field.name))
        return raw

    def _inside(self, way: str, fields: Iterable[Field], around: Mapping[str, Type]) -> None:
        for field in fields:
            if field.items:
                here, names = f"{way}.{field.name}" if way else field.name, inside_names(field, around)
                self._compile(here, [entry.when for entry in field.inside], names)
                self._inside(here, field.items, names)

    def _compile(self, at: str, texts: Iterable[str], names: Mapping[str, Type], wants: Wants = "bool") -> None:
        for text in texts:
            if text:
                known = dict(names)
                found = compile(text, Scope(known, FUNCTIONS), wants)
                while self.loose and isinstance(found, list) and found[0].code == "unknown-name":
                    name = found[0].what.split("'")[1]
                    known[name] = Type("string" if name.startswith("client.") else "dyn")  # derived of the record: texts
                    found = compile(text, Scope(known, FUNCTIONS), wants)
                assert isinstance(found, Condition), (text, found)
                self.conditions[at, text] = found
