"""Makes a form of a JSON Schema, with a UI schema of JSON Forms or rjsf if there is one: the story of `banli import`."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from banli.definitions.checks.texts import read_texts
from banli.errors import Mistake, Place
from banli.exchange import names as naming
from banli.exchange.arranging import Arranger
from banli.exchange.conditions import NoCondition
from banli.exchange.drafts import MAPS, ONE, SEVERAL, Modern, TooLarge
from banli.exchange.fitting import Fitting
from banli.exchange.json_forms import JsonForms, is_json_forms
from banli.exchange.layouts import Item, entries, plain
from banli.exchange.rjsf import Rjsf
from banli.exchange.told import Told
from banli.exchange.trial import Trial, Way, way_of
from banli.exchange.yaml_out import writable, written

ROUNDS = 60


@dataclass(frozen=True)
class Imported:
    """`text` is the file, or "" where nothing could be made of it. `told` is what was left out, renamed or taken otherwise;
    `wrong` is why there is no file. `untranslated` are texts that the site needs in its other languages."""

    name: str
    text: str
    told: tuple[Mistake, ...] = ()
    wrong: tuple[Mistake, ...] = ()
    untranslated: tuple[str, ...] = ()


def import_form(
    schema: Any, ui: Any, name: str, trial: Trial, labels: tuple[str, str] = ("schema", "ui"), title: str = ""
) -> Imported:
    """The form `name` of a JSON Schema (data, as read) and perhaps a UI schema, tried on a site's definitions."""
    told = Told(labels[0])
    try:
        data = _form(schema, ui, name, trial, told, labels[1], title)
        text, wrong = _tried(data, name, trial, told)
    except TooLarge:
        return _nothing(name, told, "too-large", "With its references written out this is larger than any form.")
    except NoCondition as reason:
        return _nothing(name, told, "cannot-show", f"No form can be made of this: {reason}.")
    if wrong:
        return Imported(name, "", tuple(told.mistakes), tuple(wrong))
    other = len(trial.library.site.get("languages", ())) > 1
    texts = tuple(dict.fromkeys(found for _, found in read_texts(data))) if other else ()
    return Imported(name, text, tuple(told.mistakes), (), texts)


def _nothing(name: str, told: Told, code: str, what: str) -> Imported:
    return Imported(name, "", tuple(told.mistakes), (Mistake(Place(f"{told.label}#"), code, what),))


def _form(schema: Any, ui: Any, name: str, trial: Trial, told: Told, ui_label: str, title: str) -> dict[str, Any]:
    modern = Modern(schema, told)
    root = modern.schema()
    if not isinstance(schema, Mapping) or root.get("type", "object") != "object":
        raise NoCondition("it describes no object with properties")
    for _ in range(20):  # a file whose root is a reference to one of its parts
        ref = str(root.get("$ref", ""))
        if not ref.startswith("#/$defs/"):
            break
        below = modern.defs[ref.removeprefix("#/$defs/")]
        root = {**(copy.deepcopy(below) if isinstance(below, Mapping) else {}), **{k: v for k, v in root.items() if k != "$ref"}}
    heading = title or str(root.get("title", "")).strip() or naming.titled(name)
    help_ = root.get("description")
    root = {key: value for key, value in root.items() if key not in ("title", "description", "default", "examples", "type")}
    fitting = Fitting(modern, root, trial.kinds, trial.resolve)
    resolved = fitting.fit()
    page = fitting.page(resolved)
    if not page.leaves:
        raise NoCondition("there is nothing in it that can be asked")
    items = plain(page)
    if ui is not None:
        arranger = Arranger(
            page, resolved, modern.names, told.of(ui_label), told, lambda leaf: fitting.unrequire(leaf.owner, leaf.name)
        )
        items = _arranged(arranger, ui)
    made = _without_descriptions(fitting.schema)
    if not made["$defs"]:
        del made["$defs"]
    made["required"] = made.get("required", [])
    order = ("type", "required", "properties")
    made = {key: made[key] for key in order if made.get(key)} | {key: value for key, value in made.items() if key not in order}
    made.setdefault("properties", {})
    help_text = {"help": help_.strip()} if isinstance(help_, str) and help_.strip() else {}
    return {"title": heading, **help_text, "schema": made, "layout": entries(items)}


def _arranged(arranger: Arranger, ui: Any) -> list[Item]:
    if is_json_forms(ui):
        return JsonForms(arranger).items(ui)
    if isinstance(ui, Mapping):
        return Rjsf(arranger).items(ui)
    arranger.say(
        (), "no-ui-schema", "This is no UI schema, so it was left out.", "Give one of JSON Forms, or a uiSchema of rjsf."
    )
    return plain(arranger.page)


def _without_descriptions(schema: Any) -> Any:
    """Descriptions are hints now, in the layout."""
    if not isinstance(schema, dict):
        return schema
    made: dict[str, Any] = {"title": schema["title"]} if isinstance(schema.get("title"), str) and "const" not in schema else {}
    for key, value in schema.items():
        if key == "description":
            continue
        if key in (*MAPS, "$defs"):
            made[key] = {name: _without_descriptions(inner) for name, inner in value.items()}
        elif key in ONE:
            made[key] = _without_descriptions(value)
        elif key in SEVERAL:
            made[key] = [_without_descriptions(inner) for inner in value]
        else:
            made[key] = value
    return made


def _tried(data: dict[str, Any], name: str, trial: Trial, told: Told) -> tuple[str, list[Mistake]]:
    """The file's text once the checker has nothing against it. What it refuses is left out and told with its words."""
    wrong: list[Mistake] = []
    for _ in range(ROUNDS):
        if not writable(data):
            raise NoCondition("it is nested too deep, or holds what our files cannot")
        text = written(data)
        source, wrong = trial.mistakes(name, text)
        own = [(way_of(source, mistake), mistake) for mistake in wrong if mistake.place.file == source.file and source.spot]
        if not wrong:
            return text, []
        if not any(_left_out(data, way, mistake, told) for way, mistake in own):
            break
    return "", wrong


def _left_out(data: dict[str, Any], way: Way, mistake: Mistake, told: Told) -> bool:
    """Takes away what a mistake is about: a setting or a question of the layout, a property or a keyword of the schema."""
    depth = next((len(way) - n for n, step in enumerate(reversed(way)) if _takes(data, way[: len(way) - n])), 0)
    if depth == 0:
        return False
    cut = way[:depth]
    owner = _at(data, cut[:-1])
    gone = owner.pop(cut[-1])
    if cut[0] == "layout" and isinstance(cut[-1], int):
        name = gone if isinstance(gone, str) else next(iter(gone), "")
        schema = data["schema"]
        if name in schema.get("required", ()) and len(cut) == 2:
            schema["required"] = [one for one in schema["required"] if one != name]
    what = "It was left out."
    if cut[0] == "schema" and cut[-1] == "if":
        what = "The condition and what it brings were left out."
        for key in ("then", "else"):
            owner.pop(key, None)
    told.say(cut, f"checker-{mistake.code}", f"{mistake.what} {what}", mistake.cure)
    return True


def _takes(data: dict[str, Any], way: Way) -> bool:
    """Can the file do without what stands here?"""
    if len(way) < 2 or way in (("schema", "type"), ("schema", "properties"), ("schema", "$defs")):
        return False
    if way[-1] in ("properties", "$defs", "items", "entries") or (way[0] == "layout" and len(way) == 3):
        return False
    owner = _at(data, way[:-1])
    return (isinstance(owner, dict) and way[-1] in owner) or (
        isinstance(owner, list) and isinstance(way[-1], int) and way[-1] < len(owner)
    )


def _at(data: Any, way: Way) -> Any:
    for step in way:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data
