"""What differs between the flows of two editions: steps, stages, review, actions, what a client needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from banli.definitions.differences.model import Strictness
from banli.definitions.differences.notes import CHANGED, RENAMED, Notes, canonical, named, plain
from banli.definitions.differences.sequences import exchanged
from banli.definitions.differences.sides import Side
from banli.definitions.model import Action, Flow, Reason, Step

FLOW = frozenset((
    "id", "title", "summary", "steps", "stages", "login", "needs", "review", "approved", "states", "texts", "expires_days",
    "case", "accounts", "newcomers",
))  # fmt: skip
REVIEW = frozenset(("levels", "reasons", "reject", "lease_minutes"))
STEP = frozenset(("id", "kind", "title", "when", "stage", "rests_on", "options", "reasons"))
ACTION = frozenset(("id", "kind", "options"))


def compare(notes: Notes, old: Side, new: Side, called: Mapping[str, str]) -> None:
    """Takes down what differs between the flows. `called` are the forms that have another id now."""
    was, now = old.flow, new.flow
    for key in ("title", "summary"):
        notes.value("text", "flow", f"'{now.id}'", key, getattr(was, key), getattr(now, key))
    notes.value("flow", "flow", f"'{now.id}'", "login", called.get(was.login, was.login), now.login, "unknown")
    notes.value("flow", "flow", f"'{now.id}'", "for", _whom(was), _whom(now), "unknown")
    days: Strictness = "stricter" if now.expires_days < was.expires_days else "looser"
    notes.value("flow", "flow", f"'{now.id}'", "expires_days", was.expires_days, now.expires_days, days)
    notes.value("flow", "flow", f"'{now.id}'", "case", was.case, now.case, "looser" if was.case else "stricter")
    _accounts(notes, was, now)
    notes.tree("flow", "flow.needs", "needs", was.needs, now.needs)
    _steps(notes, old, new, called)
    words(notes, "stage", "flow.stages", was.stages, now.stages)
    words(notes, "text", "flow.states", was.states, now.states)
    words(notes, "text", "flow.texts", was.texts, now.texts)
    _review(notes, was, now)
    actions(notes, "flow.approved", was.approved, now.approved)
    notes.rest("notice", "flow", f"'{now.id}'", was, now, FLOW)


def _whom(flow: Flow) -> str:
    return "newcomers" if flow.newcomers else "clients"


def _accounts(notes: Notes, old: Flow, new: Flow) -> None:
    was, now = set(old.accounts), set(new.accounts)
    strictness: Strictness = "stricter" if now < was else "looser" if was < now else "unknown"
    if not was or not now:
        strictness = "stricter" if now else "looser"
    notes.value("flow", "flow", "accounts", "accounts", sorted(was), sorted(now), strictness)


def _steps(notes: Notes, old: Side, new: Side, called: Mapping[str, str]) -> None:
    was, now = {s.id: s for s in old.flow.steps}, {s.id: s for s in new.flow.steps}
    gone, fresh = [one for one in was if one not in now], [one for one in now if one not in was]
    names = exchanged(
        gone, fresh, {one: _bare(old, was[one], called) for one in gone}, {one: _bare(new, now[one], {}) for one in fresh}
    )
    for one in gone:
        if one in names:
            notes.note("step", f"flow.steps.{one}", "renamed", "neither", RENAMED, one, names[one], name=_named(was[one]))
        else:
            notes.removed("step", f"flow.steps.{one}", _named(was[one]), "looser", was[one])
    for one in fresh:
        if one not in names.values():
            notes.added("step", f"flow.steps.{one}", _named(now[one]), "stricter", now[one], now[one].when)
    notes.order("step", lambda one: f"flow.steps.{one}", "flow.steps", [names.get(one, one) for one in was], [*now])
    for one, step in was.items():
        if one in now:
            _step(notes, (old, step), (new, now[one]), called)


def _bare(side: Side, step: Step, called: Mapping[str, str]) -> str:
    """The step without its name, and with its form as it is called now."""
    form = side.form_of(step)
    return canonical([plain(replace(step, id="", options={**step.options, "form": ""})), called.get(form, form)])


def _named(step: Step) -> str:
    return f"'{step.id}' ({step.title})" if step.title else f"'{step.id}'"


def _step(notes: Notes, before: tuple[Side, Step], after: tuple[Side, Step], called: Mapping[str, str]) -> None:
    (old_side, old), (new_side, new) = before, after
    path, name = f"flow.steps.{new.id}", _named(new)
    notes.value("step", path, name, "kind", old.kind, new.kind, "unknown")
    notes.value("text", path, name, "title", old.title, new.title)
    notes.value("step", path, name, "stage", old.stage, new.stage)
    notes.when("step", path, name, old.when, new.when)
    _rests(notes, path, name, old, new)
    form = old_side.form_of(old), new_side.form_of(new)
    if called.get(form[0], form[0]) != form[1]:
        notes.note("step", f"{path}.form", "changed", "unknown", CHANGED, *form, name=name, key="form")
    texts = old_side.texts_of(old) | new_side.texts_of(new)
    for key in dict.fromkeys((*old.options, *new.options)):
        if key != "form" or not any(form):
            _setting(notes, path, name, key, old.options.get(key), new.options.get(key), texts)
    _reasons(notes, f"{path}.reasons", old.reasons, new.reasons)
    notes.rest("step", path, name, old, new, STEP)


def _rests(notes: Notes, path: str, name: str, old: Step, new: Step) -> None:
    """What the step rests on; without a word of the author that depends on its kind."""
    was, now = (sorted(one.rests_on) if one.rests_on is not None else None for one in (old, new))
    strictness: Strictness = "unknown"
    if was is not None and now is not None and was != now:
        strictness = "stricter" if set(was) < set(now) else "looser" if set(now) < set(was) else "unknown"
    notes.value("step", path, name, "rests_on", was, now, strictness)


def _setting(notes: Notes, path: str, name: str, key: str, old: Any, new: Any, texts: frozenset[str]) -> None:
    """One setting of a step; words that people read refuse nobody anything."""
    if isinstance(old, dict) and isinstance(new, dict):
        inner = frozenset(text.removeprefix(f"{key}.") for text in texts if text.startswith(f"{key}."))
        for below in dict.fromkeys((*old, *new)):
            _setting(notes, f"{path}.{key}", name, below, old.get(below), new.get(below), inner)
    elif key in texts:
        notes.value("text", path, name, key, old, new)
    elif _codes(old) and _codes(new) and set(old) != set(new):
        was, now = set(old), set(new)
        notes.value("step", path, name, key, old, new, "stricter" if now < was else "looser" if was < now else "unknown")
    else:
        notes.tree("step", f"{path}.{key}", name, old, new)


def _codes(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def words(notes: Notes, part: str, path: str, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    """A map of texts."""
    for key in dict.fromkeys((*old, *new)):
        here = f"{path}.{key}"
        if key not in new:
            notes.removed(part, here, f"'{key}'", "neither", old[key])
        elif key not in old:
            notes.added(part, here, f"'{key}'", "neither", new[key])
        elif old[key] != new[key]:
            notes.note(part, here, "changed", "neither", CHANGED, old[key], new[key], name=f"'{key}'", key="text")
    if part == "stage":
        notes.order(part, lambda one: f"{path}.{one}", path, [*old], [*new])


def _review(notes: Notes, old: Flow, new: Flow) -> None:
    was, now = old.review, new.review
    levels: Strictness = "stricter" if now.levels > was.levels else "looser"
    notes.value("review", "flow.review", "review", "levels", was.levels, now.levels, levels)
    notes.value("review", "flow.review", "review", "lease_minutes", was.lease_minutes, now.lease_minutes)
    for sort in ("reasons", "reject"):
        _reasons(notes, f"flow.review.{sort}", getattr(was, sort), getattr(now, sort))
    notes.rest("review", "flow.review", "review", was, now, REVIEW)


def _reasons(notes: Notes, path: str, old: Sequence[Reason], new: Sequence[Reason]) -> None:
    was, now = {one.id: one for one in old}, {one.id: one for one in new}
    for one, reason in was.items():
        here, name = f"{path}.{one}", f"'{one}'"
        if one not in now:
            notes.removed("reason", here, named(one, reason.text), "neither", reason)
            continue
        notes.value("text", here, name, "text", reason.text, now[one].text)
        notes.value("reason", here, name, "reopen", _targets(reason), _targets(now[one]))
    for one, reason in now.items():
        if one not in was:
            notes.added("reason", f"{path}.{one}", named(one, reason.text), "neither", reason)
    notes.order("reason", lambda one: f"{path}.{one}", path, [*was], [*now])


def _targets(reason: Reason) -> list[str]:
    return sorted(f"{step}.{field}" if field else step for step, fields in reason.reopen.items() for field in fields or ("",))


def actions(notes: Notes, path: str, old: Sequence[Action], new: Sequence[Action]) -> None:
    """What happens outside, in order."""
    was, now = {one.id: one for one in old}, {one.id: one for one in new}
    for one, action in was.items():
        here, name = f"{path}.{one}", f"'{one}'"
        if one not in now:
            notes.removed("action", here, name, "neither", action)
            continue
        notes.value("action", here, name, "kind", action.kind, now[one].kind)
        notes.tree("action", here, name, action.options, now[one].options, "neither")
        notes.rest("action", here, name, action, now[one], ACTION)
    for one, action in now.items():
        if one not in was:
            notes.added("action", f"{path}.{one}", f"'{one}'", "neither", action)
    notes.order("action", lambda one: f"{path}.{one}", path, [*was], [*now])
