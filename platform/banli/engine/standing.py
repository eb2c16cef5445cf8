"""Judges one answer on its way to another edition: is its question the same, and would it be taken there?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from banli.engine.case import Result
from banli.engine.course import Bound, Course, Standing
from banli.fields.reader import FormReader
from banli.steps import Sight, StepKind

TRUSTED = frozenset(("file", "otp", "captcha"))
"""Outside checks that an answer once passed need not pass again."""


@dataclass(frozen=True)
class Ground:
    """An answer between its old place and its new one. `before` None: it was answered in a step that is no longer there in
    the old flow. `renamed`: it, or what it rests on, is called otherwise now."""

    old: Course
    new: Course
    before: Standing | None
    standing: Standing
    origin: Result
    renamed: bool

    @cached_property
    def same(self) -> bool:
        """Would an equal digest mean equal ground in both editions?"""
        if self.before is None or self.renamed:
            return False
        was, now = self.before.bound, self.standing.bound
        return was.kind.name == now.kind.name and was.uses == now.uses and was.rests_on == now.rests_on

    @cached_property
    def used(self) -> bool:
        """Do the names that both conditions use mean the same?"""
        if self.before is None:
            return False
        shared = self.before.bound.uses & self.standing.bound.uses
        return all(self.before.names.get(name) == self.standing.names.get(name) for name in shared)

    @cached_property
    def unchanged(self) -> bool:
        """Is the question itself defined as it was, and asked in the same situation?"""
        if not self.same or self.before is None or not self.used:
            return False
        was, now = self.before.bound, self.standing.bound
        return was.step == now.step and was.form(self.old.book.forms) == now.form(self.new.book.forms)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer is worth in the new edition. `why` "": it stands. `hidden` are the fields that are no longer asked."""

    data: dict[str, Any]
    why: str = ""
    hidden: tuple[str, ...] = ()
    flags: tuple[str, ...] = field(default=())


def stands(ground: Ground, data: dict[str, Any], records: Sequence[Mapping[str, Any]]) -> Verdict:
    """Judges the answer `data` with its `records`, which have their new names already. Only one that was done is judged: the
    others are to be answered anyway."""
    before, bound = ground.before, ground.standing.bound
    if ground.standing.status == "skipped" or before is None or before.status != "done" or bound.kind.ends:
        return Verdict(data)
    basis = _basis(ground.new, ground.standing)
    if _basis(ground.old, before) != basis:
        return Verdict(data, "texts_changed")
    if not _consented(ground, records):
        return Verdict(data, "texts_changed")
    if ground.unchanged and data == ground.origin.data:
        return Verdict(data)
    if not _readable(bound.kind, basis):
        if not ground.used:
            return Verdict(data, "rests_on_changed")
        return Verdict(data, "" if _settings(before.bound) == _settings(bound) else "settings_changed")
    return _read_again(ground, data)


def fits(reader: FormReader, name: str, value: Any) -> bool:
    """Can a question show this value at all? A list is no text, whatever it says."""
    asked = next((line for line in reader.lines if line.field.name == name), None)
    if asked is None:
        return True
    types = asked.field.schema.get("type")
    known = [types] if isinstance(types, str) else list(types or ())
    if known and not any(isinstance(value, _TYPES.get(one, object)) for one in known):
        return False
    try:
        asked.kind.write(asked.field, value)
    except (AttributeError, KeyError, TypeError, ValueError):
        return False
    return True


_TYPES: Mapping[str, Any] = {
    "string": str, "array": list | tuple, "object": Mapping, "integer": int, "number": int | float, "boolean": bool
}  # fmt: skip


def _basis(course: Course, standing: Standing) -> object:
    bound = standing.bound
    return bound.kind.basis(bound.step, course.book, standing.names)


def _consented(ground: Ground, records: Sequence[Mapping[str, Any]]) -> bool:
    """Are the texts that were consented to with one tick on the page the very texts that stand there now?"""
    given = {str(record["at"]): record.get("digest") for record in records if record.get("kind") == "consent"}
    form, texts = ground.standing.bound.form(ground.new.book.forms), ground.new.book.agreements
    for asked in form.fields if form is not None else ():
        text = texts.get(str(asked.options.get("agreement", "")))
        if asked.name in given and text is not None and text.digest != given[asked.name]:
            return False
    return True


def _readable(kind: StepKind, basis: object) -> bool:
    """Can the client's answer be read again from what was kept of it? Not what a plugin answered, nor a signature, nor that a
    text was read: there the text has to be the same, and it is."""
    return type(kind).answer is not StepKind.answer and (kind.fields or basis is None)


def _settings(bound: Bound) -> dict[str, Any]:
    """A step's settings without the words that people read."""
    words = {path.partition(".")[0] for path, sort in bound.kind.refers.items() if sort == "text" and "." not in path}
    return {key: value for key, value in bound.step.options.items() if key not in words}


def _read_again(ground: Ground, data: dict[str, Any]) -> Verdict:
    """Posts the kept answer to the new step, as the client's browser would."""
    bound, names, book = ground.standing.bound, ground.standing.names, ground.new.book
    sight = Sight(names, data)
    raw = dict(bound.kind.fill(bound.step, book, sight))
    # A tick is never filled in for the client, but it was given.
    raw |= {name: ["true"] for name, value in data.items() if value is True and name not in raw}
    flags = frozenset(ground.origin.flags)
    said = bound.kind.answer(bound.step, book, sight, raw, None, flags)
    if any(awaited.kind not in TRUSTED for awaited in said.awaits):
        same = ground.before is not None and _settings(ground.before.bound) == _settings(bound)
        return Verdict(data, "" if same else "settings_changed")
    if said.awaits:
        said = bound.kind.answer(bound.step, book, sight, raw, {a.at: "ok" for a in said.awaits}, flags)
    once = _judged_once(ground) if bound.kind.fields else frozenset()
    problems = [p for p in said.problems if not (p.code == "required" and p.at in once)]
    if problems:
        return Verdict(data, f"refused: {', '.join(sorted({f'{p.at} {p.code}'.strip() for p in problems}))}")
    if said.problems:
        # Only what is never kept is missing; the rules of the page have not been asked then.
        broken = _rules(book.reader(bound.kind.form(bound.step)), data, names, flags)
        if broken:
            return Verdict(data, f"refused: {', '.join(broken)}")
        hidden = _hidden(book.reader(bound.kind.form(bound.step)), data, names)
        return Verdict({name: value for name, value in data.items() if name not in hidden}, "", tuple(hidden))
    if said.warnings:
        return Verdict(data, f"warned: {', '.join(rule.id for rule in said.warnings)}")
    if any(name in said.data and said.data[name] != value for name, value in data.items()):
        return Verdict(data, "read_otherwise")
    return Verdict(said.data, "", tuple(name for name in data if name not in said.data))


def _judged_once(ground: Ground) -> frozenset[str]:
    """The questions of the new form whose answers are never kept (a sent code), and that the old form asked as well."""
    assert ground.before is not None
    was, now = ground.before.bound, ground.standing.bound
    old, new = was.form(ground.old.book.forms), now.form(ground.new.book.forms)
    if old is None or new is None:
        return frozenset()
    unkept = ground.new.book.reader(new.id).unkept
    asked = {(one.kind, str(one.options.get("to", ""))) for one in old.fields}
    by_name = {one.name for one in old.fields}
    return frozenset(
        one.name for one in new.fields
        if one.name in unkept and (one.name in by_name or (one.kind, str(one.options.get("to", ""))) in asked)
    )  # fmt: skip


def _rules(reader: FormReader, data: Mapping[str, Any], names: Mapping[str, object], flags: frozenset[str]) -> list[str]:
    """The rules of a page that its kept answers break."""
    env = {**names, **reader.unanswered, **data}
    env["changed"] = bool(reader.changed(data, env, computed=False))
    if reader.computing is not None:
        env |= reader.computing(env)
        env["points"] = reader.computing.points(env)
    broken = [rule.id for rule, when in reader.refuse if when.holds(env)]
    return broken + [rule.id for rule, when in reader.warn if rule.id not in flags and when.holds(env)]


def _hidden(reader: FormReader, data: Mapping[str, Any], names: Mapping[str, object]) -> list[str]:
    env = {**names, **reader.unanswered, **data}
    kept = [line for line in reader.lines if line.field.name in data and line.when is not None]
    return [line.field.name for line in kept if line.when is not None and not line.when.holds(env)]
