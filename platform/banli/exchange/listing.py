"""The questions of a form as a flat list for business people: what is asked, when, and where that is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from banli.definitions.entries import entries
from banli.definitions.model import Field, Form, Group, Note, Option, Rule
from banli.definitions.source import Source
from banli.exchange.words import Teller
from banli.i18n import Translator
from banli.sentences import _

KINDS: Mapping[str, str] = {
    "text": _("line of text"), "multiline": _("text of several lines"), "number": _("number"), "date": _("date"),
    "date_range": _("from a day to a day"), "choice": _("choice"), "phone": _("phone number"), "id_number": _("ID number"),
    "email": _("e-mail address"), "postal_code": _("postal code"),
    "bank_card": _("bank card number"), "yes_no": _("yes or no"), "consent": _("consent"),
    "otp": _("code by SMS"), "captcha": _("characters in a picture"), "photo": _("photo"), "group_list": _("list of rows"),
    "object": _("group of questions"),
}  # fmt: skip
SEVERAL = _("choice of several")
_LIMITS: Mapping[str, str] = {
    "minLength": _("at least {n} characters"), "maxLength": _("at most {n} characters"), "minimum": _("at least {n}"),
    "maximum": _("at most {n}"), "exclusiveMinimum": _("more than {n}"), "exclusiveMaximum": _("less than {n}"),
    "minItems": _("at least {n} of them"), "maxItems": _("at most {n} of them"), "pattern": _("written like {n}"),
    "multipleOf": _("a multiple of {n}"),
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One question. `name` is its path in the data, `required` one of "", "yes", "shown" (only while it is shown)."""

    number: int
    group: str
    name: str
    title: str
    kind: str
    required: str
    options: tuple[Option, ...]
    dictionary: str
    limits: tuple[str, ...]
    condition: str
    in_words: str
    on_file: str
    hint: str
    place: str
    depth: int = 0
    pii: bool = False
    read_only: bool = False


@dataclass
class Lister:
    """`record` are the titles of what is on file."""

    form: Form
    source: Source
    translator: Translator
    record: Mapping[str, str] = field(default_factory=dict)

    def rows(self) -> list[Row]:
        found: list[Row] = []
        places = self.source.data.get("layout")
        for entry in self.form.layout:
            group, inner = (entry, entry.entries) if isinstance(entry, Group) else (None, (entry,))
            for one in inner:
                if isinstance(one, Field):
                    found += self._row(one, group, "", {f.name: f for f in self.form.fields}, ("layout",), places)
        return [_numbered(row, number) for number, row in enumerate(found, 1)]

    def rules(self) -> Iterator[tuple[str, Rule, str, str]]:
        """What stops a client (refuse) and what is asked once more (warn), with the condition in words and its place."""
        teller = self.teller({one.name: one for one in self.form.fields})
        for sort, rules in (("refuse", self.form.refuse), ("warn", self.form.warn)):
            for rule in rules:
                way = next((one.path for one in entries(self.source.data.get(sort)) if one.id == rule.id), ())
                yield sort, rule, teller.tell(rule.when), str(self.source.place((sort, *way)))

    def teller(self, fields: Mapping[str, Field]) -> Teller:
        return Teller(self.translator, fields, self.record)

    def _row(
        self,
        asked: Field,
        group: Group | None,
        prefix: str,
        around: Mapping[str, Field],
        way: tuple[Any, ...],
        layout: Any,
        depth: int = 0,
    ) -> list[Row]:
        say, name = self.translator.say, f"{prefix}{asked.name}"
        when = " && ".join(
            f"({one})" if group and group.when and asked.when else one for one in (group.when if group else "", asked.when) if one
        )
        here, settings = _found(layout, way, asked.name)
        row = Row(
            number=0,
            group=say(group.title) if group is not None else "",
            name=name,
            title=say(asked.title),
            kind=self.kind(asked),
            required="" if not asked.required or asked.read_only else "shown" if when else "yes",
            options=tuple(Option(o.code, say(o.text), o.parent, o.exclusive) for o in asked.choices if not o.retired),
            dictionary=asked.dictionary,
            limits=tuple(self.limits(asked)),
            condition=when,
            in_words=self.teller(around).tell(when) if when else "",
            on_file=asked.prefill.removeprefix("client."),
            hint=say(asked.hint) if asked.hint else "",
            place=str(self.source.place(here if here else ("schema", "properties", asked.name), key=True)),
            depth=depth,
            pii=asked.pii,
            read_only=asked.read_only,
        )
        found = [row]
        inner = f"{name}[]." if asked.multiple else f"{name}."
        below = {**around, **{item.name: item for item in asked.items}}
        if asked.kind in ("object", "group_list"):
            for item in asked.items:
                found += self._row(item, None, inner, below, (*here, "entries"), settings.get("entries"), depth + 1)
        return found

    def kind(self, asked: Field) -> str:
        if asked.kind == "choice" and asked.multiple:
            return self.translator.gettext(SEVERAL)
        return self.translator.gettext(KINDS[asked.kind]) if asked.kind in KINDS else asked.kind

    def limits(self, asked: Field) -> Iterator[str]:
        for key, msgid in _LIMITS.items():
            if key in asked.schema:
                yield self.translator.gettext(msgid).format(n=asked.schema[key])


def notes(form: Form) -> Iterator[Note]:
    for entry in form.layout:
        yield from (one for one in (entry.entries if isinstance(entry, Group) else (entry,)) if isinstance(one, Note))


def _found(layout: Any, way: tuple[Any, ...], name: str) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    """Where a layout names a question, and its settings there; () where it does not."""
    for one in entries(layout):
        here = (*way, *one.path)
        if one.word == "group":
            found = _found(one.settings.get("entries"), (*here, "entries"), name)
            if found[0]:
                return found
        elif one.word != "note" and one.id == name:
            return here, one.settings
    return (), {}


def _numbered(row: Row, number: int) -> Row:
    return replace(row, number=number)
