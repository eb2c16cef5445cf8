"""Collects all that one business of one company needs, as plain data whose meaning does not rest on the order of keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from banli.definitions.edition import LANGUAGE, settings_at
from banli.definitions.entries import entries, questions
from banli.definitions.kinds import Kinds
from banli.definitions.refs import dictionary_of
from banli.errors import DefinitionError, Mistake, Place, did_you_mean

Data = Mapping[str, Any]


class Shelves(Protocol):
    """What one company gets, by folder and id."""

    @property
    def kinds(self) -> Kinds: ...
    def data(self, folder: str, name: str) -> Data: ...
    def ids(self, folder: str) -> tuple[str, ...]: ...


def collect(view: Shelves, company: str, business: str) -> dict[str, Any]:
    """The bundle of a business. The library is known to be free of mistakes, so every name in it leads somewhere."""
    firm, site, client = view.data("company", company), view.data("site", "site"), view.data("client", "client")
    offers = {offer.id: offer.settings for offer in entries(firm.get("businesses"))}
    if business not in offers:
        raise DefinitionError(
            [
                Mistake(
                    Place(f"companies/{company}/company.yaml"),
                    "unknown-business",
                    f"Company {company} offers no business '{business}'.",
                    did_you_mean(business, offers),
                )
            ]
        )
    offer = {**offers[business], "id": business, "flow": offers[business].get("flow", business)}
    flow = _flow(view, offer["flow"], firm)
    forms = {name: _form(view.data("forms", name)) for name in forms_of(flow, view.kinds)}
    lists = sorted({name for _, _, name in named(flow, view.kinds, "agreement_list")})
    agreements = {
        str(item.settings.get("agreement", item.id))
        for name in lists
        for item in entries(view.data("agreement_lists", name).get("items"))
    }
    agreements |= {name for _, _, name in named(flow, view.kinds, "agreement")}
    for form in forms.values():
        agreements |= agreements_of(form, view.kinds)
    asked = [offer.get("hours"), *(step.settings.get("hours") for step in entries(flow.get("steps")))]
    hours = list(dict.fromkeys(name for name in asked if isinstance(name, str) and name))
    calendars = {view.data("hours", name).get("calendar", "china") for name in hours}
    return {
        "language": LANGUAGE,
        "company": _company(company, firm),
        "business": offer,
        "flow": {**flow, "id": offer["flow"]},
        "forms": forms,
        "client": _plain(client),
        "lists": {name: _plain(view.data("agreement_lists", name)) for name in lists},
        "agreements": {name: _plain(view.data("agreements", name)) for name in sorted(agreements)},
        "dictionaries": {name: _plain(view.data("dictionaries", name)) for name in _dictionaries(forms.values(), client)},
        "hours": {name: _plain(view.data("hours", name)) for name in hours},
        "calendars": {name: _plain(view.data("calendars", name)) for name in sorted(c for c in calendars if c)},
        "menu": {**site.get("menu", {}), **firm.get("menu", {})},
        "texts": {**site.get("texts", {}), **firm.get("texts", {})},
        "languages": [str(language) for language in site.get("languages", ["zh_CN"])],
    }


def named(flow: Data, kinds: Kinds, wanted: str) -> Iterator[tuple[int, tuple[str | int, ...], str]]:
    """The names of one sort among the settings of a flow's steps: position of the step, path in its settings, name."""
    for step in entries(flow.get("steps")):
        shape = kinds.steps.get(step.word)
        for path, kind in (shape.refers if shape is not None else {}).items():
            if kind == wanted:
                for way, value in settings_at(step.settings, path):
                    if isinstance(value, str):
                        yield step.index, way, value


def forms_of(flow: Data, kinds: Kinds) -> list[str]:
    """The ids of the forms that a flow asks or shows, the login form first."""
    names = [flow["login"]] if isinstance(flow.get("login"), str) else []
    for step in entries(flow.get("steps")):
        shape = kinds.steps.get(step.word)
        name = shape.form(step.id, step.settings) if shape is not None else ""
        if name:
            names.append(name)
    return list(dict.fromkeys(names))


def agreements_of(form: Data, kinds: Kinds) -> set[str]:
    """The agreements that a form's questions open."""
    paths = {path for shape in kinds.fields.values() for path, kind in shape.refers.items() if kind == "agreement"}
    found = set()
    for item, _ in questions(form.get("layout")):
        for path in paths:
            found |= {value for _, value in settings_at(item.settings, path) if isinstance(value, str)}
    return found


def _flow(view: Shelves, name: str, firm: Data) -> dict[str, Any]:
    """The flow without the optional steps and messages that no active plugin offers or the company does without. Order that
    matters is written as pairs."""
    flow = _plain(view.data("flows", name))
    steps, without = flow.get("steps", []), frozenset(firm.get("without", ()))
    offered = [kind for kind in view.kinds.steps if kind not in without]
    gone = {s.index for s in entries(steps) if s.settings.get("optional") is True and s.word not in offered}
    flow["steps"] = [step for index, step in enumerate(steps) if index not in gone]
    if "notify" in flow:
        flow["notify"] = {moment: _offered(items, view.kinds) for moment, items in flow["notify"].items()}
    if "stages" in flow:
        flow["stages"] = [[key, text] for key, text in flow["stages"].items()]
    materials = flow.get("needs", {}).get("materials")
    if isinstance(materials, Mapping):
        flow["needs"] = {**flow["needs"], "materials": [[key, text] for key, text in materials.items()]}
    return flow


def _offered(items: list[Any], kinds: Kinds) -> list[Any]:
    gone = {a.index for a in entries(items) if a.settings.get("optional") is True and a.word not in kinds.actions}
    return [item for index, item in enumerate(items) if index not in gone]


def _form(data: Data) -> dict[str, Any]:
    form = _plain(data)
    if "layout" not in form:
        form["layout"] = list(form.get("schema", {}).get("properties", {}))
    return form


def _company(company: str, data: Data) -> dict[str, Any]:
    """What of a company a client reads, and how it publishes. Theme and menu are not part of an edition."""
    kept = {key: data[key] for key in ("name", "short_name", "hotline", "publishing") if key in data}
    return {"id": company, **kept, "branches": [[str(key), text] for key, text in data.get("branches", {}).items()]}


def _plain(data: Data) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key != "locked"}


def _dictionaries(forms: Iterable[Data], client: Data) -> list[str]:
    schemas = (client.get("schema", {}), *(form.get("schema", {}) for form in forms))
    return sorted({name for schema in schemas for name in lists_in(schema, client)})


def lists_in(schema: Any, client: Data) -> set[str]:
    """The code lists that a schema names, also by what is on file."""
    return set(_listed(schema, schema, client.get("schema", {})))


def _listed(schema: Any, root: Data, client: Data) -> Iterator[str]:
    """The code lists named anywhere in a schema."""
    if isinstance(schema, list):
        for item in schema:
            yield from _listed(item, root, client)
    elif isinstance(schema, Mapping):
        if isinstance(schema.get("$ref"), str):
            name = dictionary_of(schema, root, client)
            if name:
                yield name
        for value in schema.values():
            yield from _listed(value, root, client)
