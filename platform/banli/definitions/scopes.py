"""The names that conditions can use, with their types, taken from the JSON Schemas that define them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from banli.definitions.branches import asking, is_object, shown, titled
from banli.definitions.kinds import Kinds, StepShape
from banli.definitions.model import Field, Form, Record, Step
from banli.expressions import Type

Names = Mapping[str, Type]
_KINDS = {"string": "string", "integer": "int", "number": "double", "boolean": "bool", "object": "map", "array": "list<dyn>"}


def type_of(schema: Mapping[str, Any]) -> Type:
    """The type of what such a schema accepts."""
    schema = shown(schema)
    told = schema.get("type")
    if isinstance(told, list):
        told = next((name for name in told if name != "null"), "")
    if "const" in schema and told is None:
        told = {bool: "boolean", int: "integer", float: "number", str: "string"}.get(type(schema["const"]), "")
    choices = schema.get("enum")
    if choices is None and (titles := titled(schema)) is not None:
        choices = [value for value, _ in titles]
    if choices is None and isinstance(schema.get("const"), str):
        choices = [schema["const"]]
    if choices is not None and all(isinstance(choice, str) for choice in choices):
        return Type("string", options=tuple(choices))
    if told == "array":
        items = schema.get("items")
        if not isinstance(items, Mapping):
            return Type("list<dyn>")
        item = type_of(items)
        return Type("list<dyn>") if item.is_list else Type(f"list<{item.kind}>", item.options, item.fields)
    if is_object(schema):
        inner = asking(schema).properties
        return Type("map", fields={name: type_of(one.schema) for name, one in inner.items()} if inner else None)
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


def step_names(step: Step, shape: StepShape | None, form: Form | None, kinds: Kinds | None = None) -> dict[str, Type]:
    """What one step gives to the conditions of later steps."""
    names: dict[str, Type] = {}
    if shape is None:
        return names
    if shape.fields and form is not None:
        names |= {f"{step.id}.{question.name}": type_of(question.schema) for question in form.shown}
    inquiry = kinds.inquiries.get(str(step.options.get(shape.asks))) if shape.asks and kinds is not None else None
    if inquiry is not None:
        names |= {f"{step.id}.{name}": type_of(schema) for name, schema in inquiry.answers.items()}
    word = step.options.get(shape.word) if shape.word else None
    if isinstance(word, str):
        values = step.options.get(shape.values)
        kind = "list<string>" if shape.many and shape.many in step.options else "string"
        names[word] = Type(kind, options=tuple(map(str, values)) if isinstance(values, list | tuple) else None)
    return names


def form_names(questions: Iterable[Field], around: Names) -> dict[str, Type]:
    """The bare names of a form, and what is around it. A field hides what has its name outside."""
    own = {question.name: type_of(question.schema) for question in questions}
    kept = {name: type for name, type in around.items() if name.partition(".")[0] not in own}
    return {**kept, **own, "changed": Type("bool", nullable=False)}


def inside_names(question: Field, names: Names) -> dict[str, Type]:
    """The names inside an object or a row of a list: its own questions, then those around it but for itself (its answer is
    only being given)."""
    around = {name: type for name, type in names.items() if name.partition(".")[0] != question.name}
    return form_names(question.items, around)


def rule_names(form: Form, names: Names, upto: int | None = None) -> dict[str, Type]:
    """What the rules of a form know beyond its questions: the points of its answers and what is computed from them.
    A computed value knows those before it (`upto`: how many)."""
    found = dict(names)
    if any(question.options.get("points") for question in form.fields):
        found["points"] = Type("int", nullable=False)
    for one in form.computed[:upto]:
        found = {name: type for name, type in found.items() if name.partition(".")[0] != one.field.name}
        found[one.field.name] = type_of(one.field.schema)
    return found
