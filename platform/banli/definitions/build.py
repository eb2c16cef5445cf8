"""From plain merged data to what is defined: used for fresh YAML and for sealed editions alike."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from banli.definitions.branches import Asking, Property, asking, fixed, is_object, titled
from banli.definitions.entries import Entry as Item
from banli.definitions.entries import entries
from banli.definitions.kinds import Kinds
from banli.definitions.model import (
    Action,
    Agreement,
    AgreementList,
    Company,
    Computed,
    Derived,
    Dictionary,
    Entry,
    Field,
    Flow,
    Form,
    Group,
    Listed,
    MustRead,
    Note,
    Offer,
    Option,
    Reason,
    Record,
    Review,
    Rule,
    Step,
)
from banli.definitions.refs import Resolver, dictionary_of, written
from banli.hours import notices_from

Data = Mapping[str, Any]

FIELD_SETTINGS = frozenset(
    (
        "kind",
        "title",
        "hint",
        "placeholder",
        "prefill",
        "when",
        "read_only",
        "autocomplete",
        "errors",
        "id",
        "after",
        "before",
    )
)
ACTION_SETTINGS = frozenset(("id", "title", "each", "refusal", "waits_for", "when", "optional", "after", "before"))
PAPER = "paper"
"""Where an agreement whose text is a PDF carries what is known of the file: sha256, bytes, pages."""
STEP_SETTINGS = frozenset(("id", "title", "when", "stage", "hours", "rests_on", "optional", "after", "before", "reasons"))


@dataclass(frozen=True)
class Shelf:
    """What forms refer to: raw dictionaries by id, and the raw client.yaml."""

    kinds: Kinds
    dictionaries: Mapping[str, Data] = field(default_factory=dict)
    client: Data = field(default_factory=dict)

    def resolver(self, *, retired: bool = False) -> Resolver:
        return Resolver(self.dictionaries.get, tuple(self.dictionaries), _map(self.client.get("schema")), retired)


def build_form(form_id: str, data: Data, shelf: Shelf) -> Form:
    raw = _map(data.get("schema"))
    schema = shelf.resolver().resolve(raw)
    asked = _Asked(raw, raw, schema, shelf)
    return Form(
        id=form_id,
        title=str(data.get("title", "")),
        schema=schema,
        layout=tuple(asked.layout(data["layout"] if "layout" in data else list(asked.asking.properties))),
        refuse=tuple(_rule(item) for item in entries(data.get("refuse"))),
        warn=tuple(_rule(item) for item in entries(data.get("warn"))),
        help=str(data.get("help", "")),
        computed=tuple(asked.computed(data.get("computed"))),
    )


@dataclass(frozen=True)
class _Asked:
    """The questions over one object schema: a form's, an object's in it, or the rows' of a list. `raw` is the schema as
    written, `root` the one that its `#/…` lead into."""

    raw: Data
    root: Data
    schema: Data
    shelf: Shelf

    @cached_property
    def asking(self) -> Asking:
        return asking(self.schema)

    @property
    def client(self) -> Data:
        return _map(self.shelf.client.get("schema"))

    def layout(self, items: Any) -> Iterator[Entry]:
        for item in entries(items):
            if item.word == "group":
                inner = tuple(e for e in self.layout(item.settings.get("entries")) if not isinstance(e, Group))
                yield Group(item.id, _text(item, "title"), _text(item, "hint"), _text(item, "when"), inner)
            elif item.word == "note":
                yield Note(_text(item, "text"), str(item.settings.get("look", "plain")), _text(item, "when"))
            elif item.id in self.asking.properties:
                yield self.question(self.asking.properties[item.id], item.settings)

    def computed(self, items: Any) -> Iterator[Computed]:
        for item in entries(items):
            raw = {key: value for key, value in item.settings.items() if key not in ("is", "to", "id", "after", "before")}
            schema = self.shelf.resolver().resolve({"properties": {item.id: raw}})["properties"][item.id]
            listed = dictionary_of(raw, self.root, _map(self.shelf.client.get("schema")))
            field = Field(
                name=item.id,
                kind=self.shelf.kinds.default_field(schema) or "text",
                title=str(schema.get("title", item.id)),
                schema=schema,
                read_only=True,
                pii=schema.get("pii") is True,
                choices=self.choices(schema, listed),
                dictionary=listed,
            )
            yield Computed(field, _text(item, "is"), _text(item, "to"))

    def question(self, asked: Property, settings: Data) -> Field:
        name, schema = asked.name, asked.schema
        raw, root = written(self.raw, asked.path, self.root, self.client)
        kind = str(settings.get("kind") or self.shelf.kinds.default_field(schema))
        listed = dictionary_of(raw, root, self.client)
        inside = tuple(self.inside(raw, root, schema, settings)) if self.shelf.kinds.holds(kind) else ()
        items = tuple(one for one in inside if isinstance(one, Field))
        when = str(settings.get("when", ""))
        options = {key: value for key, value in settings.items() if key not in FIELD_SETTINGS}
        return Field(
            name=name,
            kind=kind,
            title=str(settings.get("title", schema.get("title", name))),
            schema=schema,
            required=asked.required,
            when=f"({asked.when}) && ({when})" if asked.when and when else when or asked.when,
            hint=str(settings.get("hint", "")),
            placeholder=str(settings.get("placeholder", "")),
            prefill=str(settings.get("prefill", "")),
            autocomplete=str(settings.get("autocomplete", "")),
            read_only=settings.get("read_only") is True,
            pii=schema.get("pii") is True or any(item.pii for item in items),
            choices=self.choices(schema, listed),
            dictionary=listed,
            errors=dict(settings.get("errors", {})),
            items=items,
            notes=tuple((place, one) for place, one in enumerate(inside) if isinstance(one, Note)),
            options=options,
        )

    def choices(self, schema: Data, listed: str) -> tuple[Option, ...]:
        if listed:
            return build_dictionary(listed, self.shelf.dictionaries.get(listed, {})).items
        inner = _map(schema.get("items")) if schema.get("type") == "array" else schema
        titles = titled(inner)
        if titles is not None:
            return tuple(Option(str(value), text) for value, text in titles)
        return tuple(Option(str(value), str(value)) for value in fixed(inner) if value is not True)

    def inside(self, raw: Data, root: Data, schema: Data, settings: Data) -> Iterator[Field | Note]:
        """The questions of an object, or of one row of a list."""
        if schema.get("type") == "array":
            raw, root = written(raw, ("items",), root, self.client)
            schema = _map(schema.get("items"))
        if not is_object(schema):
            return
        below = _Asked(raw, root, schema, self.shelf)
        wanted = settings.get("entries", list(below.asking.properties))
        yield from (entry for entry in below.layout(wanted) if not isinstance(entry, Group))


def build_flow(flow_id: str, data: Data) -> Flow:
    needs = dict(data.get("needs", {}))
    if "materials" in needs:
        needs["materials"] = dict(needs["materials"])
    review = _map(data.get("review"))
    return Flow(
        id=flow_id,
        title=str(data.get("title", "")),
        summary=str(data.get("summary", "")),
        steps=tuple(_step(item) for item in entries(data.get("steps"))),
        stages=dict(data.get("stages", {})),
        login=str(data.get("login", "")),
        needs=needs,
        review=Review(
            levels=review.get("levels", 1),
            reasons=tuple(_reason(item) for item in entries(review.get("reasons"))),
            reject=tuple(_reason(item) for item in entries(review.get("reject"))),
            lease_minutes=review.get("lease_minutes", 30),
        ),
        approved=_actions(data.get("approved")),
        states=dict(data.get("states", {})),
        texts=dict(data.get("texts", {})),
        expires_days=data.get("expires_days", 30),
        accounts=tuple(str(account) for account in data.get("accounts", ())),
        case=data.get("case") is not False,
        newcomers=data.get("for") == "newcomers",
        notify={str(moment): _actions(items) for moment, items in _map(data.get("notify")).items()},
    )


def _actions(items: Any) -> tuple[Action, ...]:
    return tuple(
        Action(
            item.id,
            item.word,
            _without(item.settings, ACTION_SETTINGS),
            title=_text(item, "title"),
            each=_text(item, "each"),
            tell=item.settings.get("refusal") == "tell",
            waits_for=_text(item, "waits_for"),
            when=_text(item, "when"),
        )
        for item in entries(items)
    )


def _step(item: Item) -> Step:
    told = item.settings
    return Step(
        id=item.id,
        kind=item.word,
        title=str(told.get("title", "")),
        when=str(told.get("when", "")),
        stage=str(told.get("stage", "")),
        rests_on=tuple(told["rests_on"]) if "rests_on" in told else None,
        hours=str(told.get("hours", "")),
        options=_without(told, STEP_SETTINGS),
        reasons=tuple(_reason(item) for item in entries(told.get("reasons"))),
    )


def _reason(item: Item) -> Reason:
    reopen: dict[str, tuple[str, ...]] = {}
    whole: set[str] = set()
    for target in item.settings.get("reopen", ()):
        step, _, name = str(target).partition(".")
        if not name:
            whole.add(step)
        reopen[step] = () if step in whole else (*reopen.get(step, ()), name)
    return Reason(item.id, _text(item, "text"), reopen)


def _rule(item: Item) -> Rule:
    return Rule(item.id, _text(item, "when"), _text(item, "text"), _text(item, "at"))


def build_agreement(agreement_id: str, data: Data) -> Agreement:
    text, paper = str(data.get("text", "")), _map(data.get(PAPER))
    form = str(data.get("format", "markdown"))
    return Agreement(
        id=agreement_id,
        title=str(data.get("title", "")),
        number=str(data.get("number", "")),
        kind=str(data.get("kind", "")),
        text="" if form == "pdf" else text,
        format=form,
        digest=str(paper.get("sha256", "")) if form == "pdf" else hashlib.sha256(text.encode()).hexdigest(),
        pages=paper.get("pages", 0) if form == "pdf" else 0,
    )


def build_list(list_id: str, data: Data) -> AgreementList:
    always = _map(data.get("read"))
    items = (
        Listed(
            item.id,
            str(item.settings.get("agreement", item.id)),
            _text(item, "when"),
            _must_read({**always, **_map(item.settings.get("read"))}),
        )
        for item in entries(data.get("items"))
    )
    return AgreementList(list_id, str(data.get("title", "")), tuple(items))


def _must_read(told: Data) -> MustRead:
    return MustRead(told.get("scroll", "end") == "end", int(told.get("seconds", 0)))


def build_dictionary(dictionary_id: str, data: Data) -> Dictionary:
    options = (
        Option(
            str(item["code"]),
            str(item.get("text", "")),
            str(item.get("parent", "")),
            item.get("exclusive") is True,
            item.get("retired") is True,
        )
        for item in data.get("items", ())
    )
    maps = {str(name): {str(k): str(v) for k, v in codes.items()} for name, codes in _map(data.get("maps")).items()}
    return Dictionary(dictionary_id, str(data.get("title", "")), str(data.get("version", "")), tuple(options), maps)


def build_record(shelf: Shelf) -> Record:
    """The record on file. It knows retired codes: they stand in old records."""
    derived = (
        Derived(name, str(told.get("is", "")), _without(told, ("is",)))
        for name, told in _map(shelf.client.get("derived")).items()
    )
    return Record(shelf.resolver(retired=True).resolve(_map(shelf.client.get("schema"))), tuple(derived))


def build_offer(item: Item) -> Offer:
    told = item.settings
    return Offer(
        id=item.id,
        flow=str(told.get("flow", item.id)),
        hours=str(told.get("hours", "")),
        title=str(told.get("title", "")),
        icon=str(told.get("icon", "")),
    )


def build_company(company_id: str, data: Data) -> Company:
    name = str(data.get("name", company_id))
    return Company(
        id=company_id,
        name=name,
        short_name=str(data.get("short_name", name)),
        hotline=str(data.get("hotline", "")),
        enabled=data.get("enabled", True) is True,
        theme=dict(data.get("theme", {})),
        branches={str(k): str(v) for k, v in dict(data.get("branches", {})).items()},
        businesses=tuple(build_offer(item) for item in entries(data.get("businesses"))),
        texts={str(k): str(v) for k, v in _map(data.get("texts")).items()},
        menu={str(k): str(v) for k, v in _map(data.get("menu")).items()},
        here=_map(data.get("here")),
        notices=notices_from(data.get("notices", ())),
        four_eyes=_map(data.get("publishing")).get("four_eyes") is True,
    )


def _text(item: Item, key: str) -> str:
    return str(item.settings.get(key, ""))


def _map(value: Any) -> Data:
    return value if isinstance(value, Mapping) else {}


def _without(settings: Data, keys: Iterable[str]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if key not in keys}
