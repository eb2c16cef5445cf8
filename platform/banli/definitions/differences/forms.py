"""What differs between the forms of two editions: questions, limits, rules, groups and texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from banli.definitions.differences import strictness
from banli.definitions.differences.model import Strictness
from banli.definitions.differences.notes import CHANGED, FROM_TO, RENAMED, Notes, canonical, named, plain
from banli.definitions.differences.sequences import exchanged
from banli.definitions.differences.sides import Side
from banli.definitions.model import Field, Form, Group, Note, Option, Rule

WORDS = ("title", "hint", "placeholder", "autocomplete")
SHOWN = frozenset(("kind", "when", "prefill", "read_only", "choices", "dictionary", "errors", "items", "inside", "options"))
FIELD = frozenset((*WORDS, *SHOWN, "name", "schema", "required", "pii"))
FORM = frozenset(("id", "title", "schema", "layout", "refuse", "warn", "help"))


def renamed(old: Side, new: Side) -> dict[str, str]:
    """Forms that differ by their id alone."""
    gone = [one for one in old.forms if one not in new.forms]
    fresh = [one for one in new.forms if one not in old.forms]
    bare = [{name: canonical(plain(replace(form, id=""))) for name, form in side.forms.items()} for side in (old, new)]
    return exchanged(gone, fresh, dict(bare[0]), dict(bare[1]))


def compare(notes: Notes, old: Side, new: Side, called: Mapping[str, str]) -> None:
    """Takes down what differs. `called` are the forms that have another id now."""
    wandered = dict(_wanderers(old, new, called))
    for (was, name), now in wandered.items():
        notes.note("field", f"forms/{was}.{name}", "moved", "neither", FROM_TO, was, now, name=f"'{name}'")
    for name, form in old.forms.items():
        other = called.get(name, name)
        if other not in new.forms:
            notes.removed("form", f"forms/{name}", named(name, form.title), "neither", form.title)
        elif other != name:
            notes.note("form", f"forms/{name}", "renamed", "neither", RENAMED, name, other, name=f"'{name}'")
    for name, form in new.forms.items():
        if name in old.forms:
            _form(notes, name, (old, old.forms[name]), (new, form), wandered)
        elif name not in called.values():
            notes.added("form", f"forms/{name}", named(name, form.title), "neither", form.title)


def _wanderers(old: Side, new: Side, called: Mapping[str, str]) -> Iterator[tuple[tuple[str, str], str]]:
    """Questions that another form asks now: gone from one, new in exactly one other."""
    back = {now: was for was, now in called.items()}
    gone = list(_alone(old, new, called))
    fresh = list(_alone(new, old, back))
    for was, field in gone:
        to = [form for form, other in fresh if other.name == field.name]
        came = [form for form, other in gone if other.name == field.name]
        if len(to) == 1 and len(came) == 1:
            yield (was, field.name), to[0]


def _alone(one: Side, other: Side, called: Mapping[str, str]) -> Iterator[tuple[str, Field]]:
    """The questions that the same form of the other side does not ask."""
    for form in one.forms.values():
        same = other.forms.get(called.get(form.id, form.id))
        there = {field.name for field in same.fields} if same is not None else set()
        yield from ((form.id, field) for field in form.fields if field.name not in there)


def _form(
    notes: Notes, name: str, before: tuple[Side, Form], after: tuple[Side, Form], wandered: Mapping[tuple[str, str], str]
) -> None:
    (old_side, old), (new_side, new) = before, after
    path, shown = f"forms/{name}", f"'{name}'"
    notes.value("form", path, shown, "title", old.title, new.title)
    notes.value("form", path, shown, "help", old.help, new.help)
    was, now = {f.name: f for f in old.fields}, {f.name: f for f in new.fields}
    left = {field for form, field in wandered if form == name}
    came = {field for (_, field), form in wandered.items() if form == name}
    called = _renamed(path, notes, old, new, left | came)
    skip = left | came | set(called) | set(called.values())
    # Nobody is asked for a property without a question; what becomes of a question is told below.
    asked = set(was) & set(now)
    strictness.compare(notes, path, shown, _only(old_side.schemas[name], asked), _only(new_side.schemas[name], asked))
    for one, before_ in was.items():
        if one in now:
            question(notes, f"{path}.{one}", before_, now[one])
        elif one not in skip:
            notes.removed("field", f"{path}.{one}", _named(before_), "looser" if before_.required else "neither", before_)
    for one, after_ in now.items():
        if one not in was and one not in skip:
            must: Strictness = "stricter" if after_.required else "neither"
            notes.added("field", f"{path}.{one}", _named(after_), must, after_, after_.when, must=after_.required)
    _layout(notes, path, old, new, called)
    rules(notes, path, {r.id: ("refuse", r) for r in old.refuse} | {r.id: ("warn", r) for r in old.warn},
          {r.id: ("refuse", r) for r in new.refuse} | {r.id: ("warn", r) for r in new.warn})  # fmt: skip
    notes.rest("computed", path, shown, old, new, FORM)


def _renamed(path: str, notes: Notes, old: Form, new: Form, skip: set[str]) -> dict[str, str]:
    """Questions of one form that differ by their name alone."""
    names = [{f.name for f in form.fields} for form in (old, new)]
    gone = [f for f in old.fields if f.name not in names[1] and f.name not in skip]
    fresh = [f for f in new.fields if f.name not in names[0] and f.name not in skip]
    bare = [{f.name: canonical(plain(replace(f, name=""))) for f in some} for some in (gone, fresh)]
    called = exchanged([f.name for f in gone], [f.name for f in fresh], dict(bare[0]), dict(bare[1]))
    for was, now in called.items():
        notes.note("field", f"{path}.{was}", "renamed", "neither", RENAMED, was, now, name=f"'{was}'")
    return called


def _only(schema: strictness.Schema, names: set[str]) -> strictness.Schema:
    """The schema with these of its properties."""
    kept = {key: value for key, value in schema.get("properties", {}).items() if key in names}
    return {**schema, "properties": kept, "required": [one for one in schema.get("required", ()) if one in names]}


def _named(field: Field) -> str:
    return named(field.name, field.title)


def question(notes: Notes, path: str, old: Field, new: Field) -> None:
    """What differs in how a question is asked. Its schema was compared with its form's."""
    name = _named(new)
    for key in WORDS:
        notes.value("text", path, name, key, getattr(old, key), getattr(new, key))
    for key in dict.fromkeys((*old.errors, *new.errors)):
        notes.value("text", f"{path}.errors", name, key, old.errors.get(key), new.errors.get(key))
    notes.when("field", path, name, old.when, new.when)
    notes.value("field", path, name, "kind", old.kind, new.kind, "unknown")
    notes.value("field", path, name, "prefill", old.prefill, new.prefill, "unknown")
    notes.value("field", path, name, "read_only", old.read_only, new.read_only, "unknown")
    notes.value("field", path, name, "dictionary", old.dictionary, new.dictionary, "unknown")
    if not old.dictionary and not new.dictionary:
        _choices(notes, path, name, old.choices, new.choices)
    notes.tree("field", f"{path}.options", name, old.options, new.options)
    was, now = {f.name: f for f in old.items}, {f.name: f for f in new.items}
    below = f"{path}[]" if new.multiple else path
    for one in was:
        if one in now:
            question(notes, f"{below}.{one}", was[one], now[one])
    notes.order("field", lambda one: f"{below}.{one}", below, [*was], [*now])
    notes.rest("field", path, name, old, new, FIELD)


def _choices(notes: Notes, path: str, name: str, old: Sequence[Option], new: Sequence[Option]) -> None:
    """Texts and order of what can be chosen. Which codes there are, the schema says."""
    was, now = {o.code: o for o in old}, {o.code: o for o in new}
    for code in was:
        if code in now:
            notes.value("text", f"{path}.{code}", f"'{code}'", "text", was[code].text, now[code].text)
    if [code for code in was if code in now] != [code for code in now if code in was]:
        notes.order("option", lambda one: f"{path}.{one}", path, [*was], [*now])


def _layout(notes: Notes, path: str, old: Form, new: Form, called: Mapping[str, str]) -> None:
    """Order and groups of the questions, and the notes between them."""
    homes = [{f.name: group for group, f in _homes(form)} for form in (old, new)]
    before = [called.get(f.name, f.name) for f in old.fields]
    notes.order("field", lambda one: f"{path}.{one}", path, before, [f.name for f in new.fields])
    for name, group in homes[0].items():
        if homes[1].get(name, group) != group:
            notes.note("field", f"{path}.{name}", "moved", "neither", FROM_TO, group, homes[1][name], name=f"'{name}'")
    groups = [{e.id: e for e in form.layout if isinstance(e, Group)} for form in (old, new)]
    for one, heading in groups[0].items():
        here, name, other = f"{path}.{one}", f"'{one}'", groups[1].get(one)
        if other is None:
            notes.removed("group", here, named(one, heading.title), "neither", heading.title)
            continue
        notes.value("text", here, name, "title", heading.title, other.title)
        notes.value("text", here, name, "hint", heading.hint, other.hint)
        notes.when("group", here, name, heading.when, other.when)
    for one, heading in groups[1].items():
        if one not in groups[0]:
            notes.added("group", f"{path}.{one}", named(one, heading.title), "neither", heading.title)
    _notes(notes, path, list(_texts(old)), list(_texts(new)))


def _homes(form: Form) -> Iterator[tuple[str, Field]]:
    for entry in form.layout:
        inner = entry.entries if isinstance(entry, Group) else (entry,)
        yield from ((entry.id if isinstance(entry, Group) else "", one) for one in inner if isinstance(one, Field))


def _texts(form: Form) -> Iterator[Note]:
    for entry in form.layout:
        inner = entry.entries if isinstance(entry, Group) else (entry,)
        yield from (one for one in inner if isinstance(one, Note))


def _notes(notes: Notes, path: str, old: list[Note], new: list[Note]) -> None:
    """Notes have no names: the same ones are set aside, the rest are compared as they come."""
    was = [one for one in old if one not in new]
    now = [one for one in new if one not in old]
    for place, (before, after) in enumerate(zip(was, now, strict=False), 1):
        notes.note("note", f"{path}.note.{place}", "changed", "neither", CHANGED, before, after, name=str(place), key="text")
    for place, one in enumerate(was[len(now) :], len(now) + 1):
        notes.removed("note", f"{path}.note.{place}", str(place), "neither", one)
    for place, one in enumerate(now[len(was) :], len(was) + 1):
        notes.added("note", f"{path}.note.{place}", str(place), "neither", one)


def rules(notes: Notes, path: str, old: Mapping[str, tuple[str, Rule]], new: Mapping[str, tuple[str, Rule]]) -> None:
    """Rules that refuse or warn. A new one stops or asks somebody whom nothing stopped before."""
    for one, (sort, rule) in old.items():
        here, name = f"{path}.{sort}.{one}", f"'{one}'"
        if one not in new:
            notes.removed("rule", here, name, "looser", rule)
            continue
        now, after = new[one]
        here = f"{path}.rules.{one}"
        notes.value("rule", here, name, "effect", sort, now, "stricter" if now == "refuse" else "looser")
        notes.when("rule", here, name, rule.when, after.when)
        notes.value("text", here, name, "text", rule.text, after.text)
        notes.value("rule", here, name, "at", rule.at, after.at)
    for one, (sort, rule) in new.items():
        if one not in old:
            notes.added("rule", f"{path}.{sort}.{one}", named(one, rule.text), "stricter", rule, rule.when)
