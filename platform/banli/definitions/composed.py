"""The schemas of the language as they ship, with the settings of the known kinds put in: for the checker and for editors."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from banli.definitions.kinds import Kinds, Properties

SCHEMAS = Path(__file__).parent / "schemas"
OF_FOLDER = {
    "site": "site",
    "client": "client",
    "company": "company",
    "forms": "form",
    "flows": "flow",
    "parts": "part",
    "agreements": "agreement",
    "agreement_lists": "agreement_list",
    "dictionaries": "dictionary",
    "hours": "hours",
    "calendars": "calendar",
    "migrations": "migration",
}
Schema = dict[str, Any]


def compose(name: str, kinds: Kinds) -> Schema:
    """The shipped schema with the settings of the kinds in it. Kinds that nobody knows are left to the cross-checks."""
    schema: Schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    parts = schema.get("$defs", {})
    if name == "site":
        schema["properties"]["plugins"]["items"]["properties"] = {
            plugin: object_of({**parts["plugin"]["properties"], **shape.options}, shape.required)
            for plugin, shape in kinds.plugins.items()
        }
    elif name in ("flow", "part"):
        common = parts["step"]["properties"]
        schema["properties"]["steps"]["items"]["properties"] |= {
            kind: object_of({**common, **shape.options}, shape.required) for kind, shape in kinds.steps.items()
        }
    if name == "flow":
        parts["actions"]["items"]["properties"] = {
            kind: object_of({**parts["action"]["properties"], **shape.options}, shape.required)
            for kind, shape in kinds.actions.items()
        }
    elif name == "form":
        _questions(parts, kinds)
    return schema


def _questions(parts: Schema, kinds: Kinds) -> None:
    """A question takes the settings of any kind here; that they are those of its own kind is checked afterwards."""
    properties = parts["question"]["properties"]
    properties["kind"] = {**properties["kind"], "enum": list(kinds.fields), "x-what": "field-kind"}
    for shape in kinds.fields.values():
        for name, option in shape.options.items():
            option = dict(option)
            if shape.refers.get(name) == "entries":
                option["items"] = {"$ref": "#/$defs/inner"}
            if name in properties and properties[name] != option:
                known = properties[name].get("anyOf", [properties[name]])
                option = {"anyOf": [*known, option], "description": properties[name].get("description", "")}
            properties[name] = option
    parts["question"]["additionalProperties"] = False


def object_of(properties: Properties, required: Iterable[str]) -> Schema:
    schema: Schema = {
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": copy.deepcopy(dict(properties)),
    }
    if required:
        schema["required"] = list(required)
        schema["type"] = "object"
    return schema


def write_schemas(folder: Path, kinds: Kinds) -> list[Path]:
    """Writes the composed schemas for editors, and beside each `company.<name>.json` for the difference of a company."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in (*OF_FOLDER.values(), "scenario"):
        full = compose(name, kinds)
        schemas = {name: full}
        if name not in ("site", "company", "scenario", "migration"):
            schemas[f"company.{name}"] = difference(full)
        for file, schema in schemas.items():
            path = folder / f"{file}.json"
            path.write_text(json.dumps(schema, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
            written.append(path)
    return written


def difference(schema: Schema) -> Schema:
    """The same file as a company writes it: nothing is required, anything can be removed, entries can be put somewhere."""
    loose = _loosen(schema)
    assert isinstance(loose, dict)
    loose["$id"] = f"{schema['$id']}:difference"
    loose.get("properties", {}).pop("locked", None)
    entry = loose.get("$defs", {}).get("entry", {})
    if "note" in loose.get("$defs", {}) and "additionalProperties" in entry:
        # A note or group that is there already is named by its id, as a question is.
        there = [{"$ref": "#/$defs/question"}, {"$ref": "#/$defs/note"}, {"$ref": "#/$defs/group"}]
        entry["additionalProperties"] = {"description": entry["additionalProperties"].get("description", ""), "anyOf": there}
    return loose


_MOVES: Schema = {
    "after": {"type": "string", "description": "Put it after this entry."},
    "before": {"type": "string", "description": "Put it before this entry."},
}
_GONE: Schema = {"description": "Takes it away.", "const": True}
_REMOVE: Schema = {"type": "object", "required": ["remove"], "additionalProperties": False, "properties": {"remove": _GONE}}


def _loosen(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_loosen(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    told = {key: value for key, value in schema.items() if key not in ("required", "minItems", "minProperties")}
    for key, value in told.items():
        if key == "$defs":
            told[key] = {name: _loosen(inner) for name, inner in value.items()}
        elif key not in ("properties", "enum", "const"):
            told[key] = _loosen(value)
    if isinstance(schema.get("properties"), dict):
        told["properties"] = {name: _removable(_loosen(inner)) for name, inner in schema["properties"].items()}
        if "maxProperties" not in schema:  # an entry of a list holds just its word
            text = schema["properties"].get("remove")
            told["properties"] |= {**_MOVES, "remove": {"anyOf": [text, _GONE]} if text else _GONE}
    return told


def _removable(schema: Schema) -> Schema:
    if "$ref" in schema:
        return schema
    return {"description": schema.get("description", ""), "anyOf": [schema, _REMOVE]}
