"""The names that conditions can use, with their types, taken from the JSON Schemas that define them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from banli.definitions.kinds import Kinds, StepShape
from banli.definitions.model import Field, Form, Record, Step
from banli.expressions import Type

Names = Mapping[str, Type]
_KINDS = {"string": "string", "integer": "int", "number": "double", "boolean": "bool", "object": "map", "array": "list<dyn>"}


def type_of(schema: Mapping[str, Any]) -> Type:
    """The type of what such a schema accepts."""
    told = schema.get("type")
    if isinstance(told, list):
        told = next((name for name in told if name != "null"), "")
    if "const" in schema and told is None:
        told = {bool: "boolean", int: "integer", float: "number", str: "string"}.get(type(schema["const"]), "")
    choices = schema.get("enum")
    if choices is None and isinstance(schema.get("oneOf"), list):
        titled = [one["const"] for one in schema["oneOf"] if isinstance(one, Mapping) and "const" in one]
        choices = titled or None
    if choices is not None and all(isinstance(choice, str) for choice in choices):
        return Type("string", options=tuple(choices))
    if told == "array":
        items = schema.get("items")
        if not isinstance(items, Mapping):
            return Type("list<dyn>")
        item = type_of(items)
        return Type("list<dyn>") if item.is_list else Type(f"list<{item.kind}>", item.options, item.fields)
    if told == "object":
        inner = schema.get("properties")
        return Type("map", fields={k: type_of(v) for k, v in inner.items()} if isinstance(inner, Mapping) else None)
    if told == "string" and schema.get("format") == "date":
        return Type("date")
    return Type(_KINDS.get(str(told), "dyn"))


def client_names(record: Record, *, derived: bool = True) -> dict[str, Type]:
    """`client.…`: the record on file and what is derived from it."""
    names = {f"client.{name}": type_of(schema) for name, schema in record.schema.get("properties", {}).items()}
    if derived:
        names |= {f"client.{one.name}": type_of(one.schema) for one in record.derived}
    return names


def common_names(record: Record, kinds: Kinds) -> dict[str, Type]:
    """What every condition can use."""
    always = Type("string", nullable=False)
    facts = {name: type_of(schema) for name, schema in kinds.facts.items()}
    return {
        **client_names(record),
        **facts,
        "company.id": always,
        "business.id": always,
        "today": Type("date", nullable=False),
    }


def step_names(step: Step, shape: StepShape | None, form: Form | None) -> dict[str, Type]:
    """What one step gives to the conditions of later steps."""
    names: dict[str, Type] = {}
    if shape is None:
        return names
    if shape.fields and form is not None:
        names |= {f"{step.id}.{question.name}": type_of(question.schema) for question in form.fields}
    word = step.options.get(shape.word) if shape.word else None
    if isinstance(word, str):
        values = step.options.get(shape.values)
        names[word] = Type("string", options=tuple(map(str, values)) if isinstance(values, list | tuple) else None)
    return names


def form_names(questions: Iterable[Field], around: Names) -> dict[str, Type]:
    """The bare names of a form, and what is around it. A field hides what has its name outside."""
    own = {question.name: type_of(question.schema) for question in questions}
    kept = {name: type for name, type in around.items() if name.partition(".")[0] not in own}
    return {**kept, **own, "changed": Type("bool", nullable=False)}
