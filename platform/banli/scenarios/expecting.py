"""Compares what a story expects with what has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from banli import sayings
from banli.definitions.placeholders import filled, texts_in
from banli.fields.reader import same
from banli.scenarios.playing import Play, Wrong
from banli.scenarios.posting import form_of, hides, written
from banli.scenarios.story import Deed
from banli.scenarios.walking import present
from banli.steps import Agreements, Overview, PapersStep

REFUSALS = frozenset(("problems", "refused", "warnings"))


def expect(play: Play, deed: Deed) -> None:
    """Raises `Wrong` at the first thing that is otherwise."""
    if not REFUSALS & deed.value.keys():
        play.accepted()
    for key, wanted in deed.value.items():
        if key not in REFUSALS:
            _LOOKS[key](play, Deed(key, wanted, (*deed.path, key), play.scenario.source.place((*deed.path, key), key=True)))
    if REFUSALS & deed.value.keys():
        _refusal(play, deed)


def _refusal(play: Play, deed: Deed) -> None:
    """All that the last deed was refused for, and nothing else. From here on it is known."""
    wanted: set[str] = set()
    for at, codes in deed.value.get("problems", {}).items():
        wanted |= {f"{at}: {code}" for code in _list(codes)}
    wanted |= {f"the whole page: {code}" for code in _list(deed.value.get("refused", []))}
    wanted |= {f"to be confirmed: {name}" for name in deed.value.get("warnings", ())}
    came = set(play.refusal.told) if play.refusal is not None else set()
    if wanted != came:
        _wrong(deed, "a refusal", ", ".join(sorted(wanted)), ", ".join(sorted(came)) or "nothing was refused")
    play.known = True


def _wrong(deed: Deed, what: str, wanted: str, came: str) -> None:
    raise Wrong(deed.place, f"Expected {what}: {wanted or 'none'}. Came: {came or 'none'}.")


def _list(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value


def _equal(deed: Deed, what: str, came: object) -> None:
    if deed.value != came:
        _wrong(deed, what, _said(deed.value), _said(came))


def _said(value: object) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value) if value != "" else "none"


def _step(play: Play, deed: Deed) -> None:
    _equal(deed, "the page", play.page)


def _steps(play: Play, deed: Deed) -> None:
    play.begun(deed)
    _equal(deed, "the steps", [standing.id for standing in play.position().applicable])


def _state(play: Play, deed: Deed) -> None:
    _equal(deed, "the state", play.begun(deed).state)


def _reopened(play: Play, deed: Deed) -> None:
    came = [f"{step}.{name}" if name else step for step, names in play.begun(deed).reopened.items() for name in names or ("",)]
    if sorted(deed.value) != sorted(came):
        _wrong(deed, "to be reopened", _said(deed.value), _said(came))


def _changes(play: Play, deed: Deed) -> None:
    case = play.begun(deed)
    changes = case.changes if case.submitted_at is not None else play.course.changes(play.position(), case)
    _all_same(deed, "the changes", changes)


def _all_same(deed: Deed, what: str, came: Mapping[str, Any]) -> None:
    for name in sorted({*deed.value, *came}):
        if name not in came:
            _wrong(deed, f"{what} to name '{name}'", str(deed.value[name]), "it is not named")
        if name not in deed.value:
            _wrong(deed, f"{what} not to name '{name}'", "", str(came[name]))
        if not same(deed.value[name], came[name]):
            _wrong(deed, f"{what}, '{name}'", str(deed.value[name]), str(came[name]))


def _shows(play: Play, deed: Deed) -> None:
    standing, raw = present(play, deed, {})
    reader = form_of(standing, play.book)
    lines = {line.field.name: line for line in reader.lines} if reader is not None else {}
    kind, on_file = standing.bound.kind, dict[str, str]()
    if isinstance(kind, Overview):
        on_file = {field.name: field.prefill for field in play.book.forms[kind.form(standing.bound.step)].fields}
    for name, value in deed.value.items():
        if name in on_file:
            if not same(value, held := standing.names.get(on_file[name])):
                _wrong(deed, f"'{name}' to show", str(value), _said(held))
            continue
        wanted = written(lines[name].kind, lines[name].field, value) if name in lines else {name: [str(value)]}
        came = {key: list(texts) for key, texts in raw.items() if (key == name or key.startswith(f"{name}.")) and any(texts)}
        if wanted != came:
            _wrong(deed, f"'{name}' to show", str(value), _said([text for texts in came.values() for text in texts]))


def _asks(play: Play, deed: Deed) -> None:
    standing, raw = present(play, deed, {})
    reader = form_of(standing, play.book)
    hidden = hides(standing, play.book, reader, raw) if reader is not None else frozenset()
    asked = {line.field.name for line in reader.lines if not line.field.read_only} - hidden if reader is not None else set()
    for name in deed.value:
        if (name in asked) != (deed.word == "asks"):
            raise Wrong(deed.place, f"'{name}' is {'not ' if name not in asked else ''}asked on this page.")


def _agreements(play: Play, deed: Deed) -> None:
    standing, _ = present(play, deed, {})
    kind, step = standing.bound.kind, standing.bound.step
    came: list[str] = []
    if isinstance(kind, Agreements):
        came = [row for row, _ in kind.rows(step, play.book, standing.names)]
        if deed.word == "unread":
            sight = play.course.sight(play.begun(deed), standing)
            came = [row for row in came if row not in kind.read_already(step, play.book, sight)]
    elif isinstance(kind, PapersStep):
        came = list(kind.listed(step, play.book, standing.names))
    _equal(deed, "the agreements" if deed.word == "agreements" else "to be unread", came)


def _deliveries(play: Play, deed: Deed) -> None:
    came = play.begun(deed).deliveries
    for name, wanted in deed.value.items():
        if came.get(name) != wanted:
            _wrong(deed, f"of '{name}'", str(wanted), came.get(name, "there is no such delivery"))


def _knows(play: Play, deed: Deed) -> None:
    play.begun(deed)
    names = play.position().names
    for name, wanted in deed.value.items():
        if not same(wanted, names.get(name)):
            _wrong(deed, f"'{name}' to be", str(wanted), _said(names.get(name)))


def _notified(play: Play, deed: Deed) -> None:
    _equal(deed, "messages", play.notified)


def _text(play: Play, deed: Deed) -> None:
    read = list(texts(play))
    for wanted in _list(deed.value):
        if not any(wanted in text for text in read):
            _wrong(deed, "to be read", wanted, " | ".join(read))


def texts(play: Play) -> Iterator[str]:
    """What the client reads now, as its authors wrote it: refusals, the page's own texts, why the case came back."""
    edition, case = play.issue.edition, play.case
    names: dict[str, Any] = {
        "company": {"id": edition.company.id, "name": edition.company.name, "short_name": edition.company.short_name,
                    "hotline": edition.company.hotline},
        "business": {"id": edition.business.id, "title": edition.business.title or edition.flow.title},
        "menu": dict(edition.menu),
        "client": dict(case.record) if case is not None else {},
    }  # fmt: skip
    found: list[str] = []
    if play.refusal is not None:
        found += [problem.text or edition.texts.get(problem.code, "") for problem in play.refusal.problems]
        found += [rule.text for rule in play.refusal.warnings]
    if case is not None:
        position = play.position()
        names |= sayings.answers(play.issue, position, play.fields, str)
        said = case.rejected if case.state == "rejected" else case.correction
        found += [*said.texts, said.remark] if said is not None else []
        standing = position.step(play.page) if play.page else None
        if standing is None and case.state == "submitted":
            standing = next((one for one in position.steps if one.bound.kind.ends), None)
        if standing is not None:
            found += [standing.bound.step.title, *texts_in(standing.bound.step.options)]
            if isinstance(kind := standing.bound.kind, PapersStep):
                found += [text.title for text in kind.listed(standing.bound.step, play.book, standing.names).values()]
    yield from (filled(text, names) for text in found if text)


_LOOKS: Mapping[str, Callable[[Play, Deed], None]] = {
    "step": _step,
    "steps": _steps,
    "state": _state,
    "reopened": _reopened,
    "changes": _changes,
    "shows": _shows,
    "asks": _asks,
    "hides": _asks,
    "agreements": _agreements,
    "unread": _agreements,
    "deliveries": _deliveries,
    "knows": _knows,
    "notified": _notified,
    "text": _text,
}
