"""What stories have touched of a business at a company: steps, both branches of conditions, rules, reasons, options, actions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from banli.definitions.edition import offers, settings_at, step_conditions
from banli.definitions.kinds import Kinds
from banli.definitions.model import Field, Group, Listed
from banli.editions import Issue
from banli.engine import Case, Decision, Standing, commands
from banli.fields import Raw
from banli.scenarios.playing import Happened, Looked
from banli.scenarios.posting import around, form_of
from banli.steps import Notice

SORTS = ("steps", "branches", "rules", "reasons", "options", "actions")
Mark = tuple[str, str]
"""One thing that a story can touch: its sort, and its name as an author knows it."""


@dataclass
class Coverage:
    """Listens to the plays. `seen` holds by company and business what was touched."""

    kinds: Kinds
    seen: dict[tuple[str, str], set[Mark]] = field(default_factory=dict)

    def heard(self, happened: Happened | Looked) -> None:
        if isinstance(happened, Looked):
            self._looked(happened)
            return
        play, decision = happened.play, happened.decision
        issue = play.issue
        seen = self.seen.setdefault((play.company, issue.edition.business.id), set())
        before, command = happened.position, happened.command
        if isinstance(command, commands.Answer | commands.CalledBack) and before is not None:
            standing = before.step(command.step)
            if standing is None:
                return
            seen |= {("rules", f"{_form(standing)}: {problem.code}") for problem in decision.problems}
            seen |= {("rules", f"{_form(standing)}: {rule.id}") for rule in decision.warnings}
            seen |= set(_unmet(standing, decision))
            if any(problem.code == "stops_here" for problem in decision.problems):
                seen |= {("steps", standing.id), ("branches", _when(standing, True))}
            if any(event.kind == "answered" and event.data["step"] == standing.id for event in decision.events):
                seen |= set(self._answered(issue, decision.case, standing))
                if isinstance(command, commands.Answer):
                    seen |= set(_inside_of(issue, standing, command.raw))
                seen |= {
                    ("branches", _when(earlier, False))
                    for earlier in before.steps[: before.steps.index(standing)]
                    if earlier.status == "skipped"
                }
        seen |= {("actions", f"{order.moment}: {order.action.id}") for order in decision.orders if order.moment}
        for event in decision.events:
            if event.kind == "again":
                seen.add(("options", f"{event.data['step']}: again"))
            elif event.kind in ("returned", "rejected"):
                seen |= {("reasons", f"{_VERBS[event.kind]} {reason}") for reason in event.data["reasons"]}
            elif event.kind == "sent_back":
                seen |= {("reasons", f"{event.data['step']}: {reason}") for reason in event.data["reasons"]}
            elif event.kind == "submitted":
                seen |= {("steps", step.id) for step in issue.edition.flow.steps if issue_ends(issue, step.id)}
                position = issue.course.position(decision.case, play.facts, play.moment.today)
                seen |= {("branches", _when(one, False)) for one in position.steps if one.status == "skipped"}
            elif event.kind == "delivery" and event.data["outcome"] == "done":
                seen.add(("actions", event.data["action"].partition("[")[0]))

    def _looked(self, looked: Looked) -> None:
        """What a look at a page of a flow that keeps nothing has touched."""
        issue, standing = looked.play.issue, looked.standing
        seen = self.seen.setdefault((looked.play.company, issue.edition.business.id), set())
        seen.add(("steps", standing.id))
        seen |= {("branches", _when(one, one.status != "skipped")) for one in looked.position.steps if one.bound.step.when}
        seen |= set(_listed(issue, standing, standing.names))

    def _answered(self, issue: Issue, case: Case, standing: Standing) -> Iterator[Mark]:
        """What an accepted answer has touched."""
        step, kind, book = standing.bound.step, standing.bound.kind, issue.book
        data = case.results[step.id].data if step.id in case.results else {}
        names = {**standing.names, **kind.names(step, data)} if kind.asks else standing.names
        yield "steps", step.id
        if step.when:
            yield "branches", _when(standing, True)
        for text in step_conditions(step, self.kinds):
            yield "branches", _branch(f"step {step.id}: {text}", book.condition(f"step {step.id}", text).holds(names))
        yield from _listed(issue, standing, names)
        if kind.word and kind.word in step.options:
            yield "options", f"{step.id}: {data.get(str(step.options[kind.word]))}"
        reader = form_of(standing, book)
        if reader is not None:
            known = {**around(standing, book), **dict.fromkeys(reader.order), **data}
            for name, text in _shown_when(issue, reader.form.id):
                holds = book.condition(f"form {reader.form.id}", text).holds(known)
                yield "branches", _branch(f"form {reader.form.id}, {name}: {text}", holds)

    def of(self, issue: Issue) -> dict[str, tuple[list[str], list[str]]]:
        """By sort what was touched of the business and what was not, in the order of the definitions.

        A form that several businesses of a company share is one form: its rules and branches are touched by whichever story
        comes to them. Some make sense in one of the businesses only, such as those that compare with what is on file.
        """
        company = issue.edition.company.id
        seen = self.seen.get((company, issue.edition.business.id), set()) | {
            mark for (other, _), marks in self.seen.items() if other == company for mark in marks if mark[1].startswith(_FORM)
        }
        told: dict[str, tuple[list[str], list[str]]] = {sort: ([], []) for sort in SORTS}
        for sort, name in dict.fromkeys(self.all(issue)):
            told[sort][0 if (sort, name) in seen else 1].append(name)
        return told

    def all(self, issue: Issue) -> Iterator[Mark]:
        """Everything of a business that a story can touch."""
        edition = issue.edition
        for bound in issue.course.steps:
            step, kind = bound.step, bound.kind
            standing = Standing(bound, "todo", {}, ())
            yield "steps", step.id
            texts = [f"step {step.id}: {text}" for text in step_conditions(step, self.kinds)]
            texts += [f"step {step.id}, when: {step.when}"] if step.when else []
            texts += [f"list {name}, {row.id}: {row.when}" for name in _lists(issue, standing) for row in _rows(issue, name)]
            yield from (("reasons", f"{step.id}: {reason.id}") for reason in step.reasons)
            if kind.word and kind.word in step.options:
                yield from (("options", f"{step.id}: {option}") for option in step.options[kind.values])
            if isinstance(kind, Notice) and step.options.get("again"):
                yield "options", f"{step.id}: again"
            reader = form_of(standing, issue.book)
            if reader is not None:
                form = reader.form
                texts += [f"form {form.id}, {name}: {text}" for name, text in _shown_when(issue, form.id)]
                texts += [f"form {form.id}, {name}: {text}" for name, text in _inside_when(form.fields)]
                yield from (("rules", f"form {form.id}: {rule.id}") for rule in (*form.refuse, *form.warn))
            for text in texts:
                yield "branches", _branch(text, True)
                yield "branches", _branch(text, False)
        review = edition.flow.review
        yield from (("reasons", f"return {reason.id}") for reason in review.reasons)
        yield from (("reasons", f"reject {reason.id}") for reason in review.reject)
        yield from (("actions", action.id) for action in edition.flow.approved)
        for moment, actions in edition.flow.notify.items():
            yield from (("actions", f"{moment}: {action.id}") for action in actions)


_FORM = "form "
_VERBS: Mapping[str, str] = {"returned": "return", "rejected": "reject"}


def _branch(text: str, holds: bool) -> str:
    return f"{text} {'is' if holds else 'is not'} true"


def _when(standing: Standing, holds: bool) -> str:
    return _branch(f"step {standing.id}, when: {standing.bound.step.when}", holds)


def _form(standing: Standing) -> str:
    return f"form {standing.bound.kind.form(standing.bound.step)}"


def _unmet(standing: Standing, decision: Decision) -> Iterator[Mark]:
    """The preconditions of an inquiry that were not met."""
    step = standing.bound.step
    failed = {problem.at for problem in decision.problems if problem.code == "must"}
    for one in step.options.get("must", ()) if standing.bound.kind.asks else ():
        if one["code"] in failed:
            yield "branches", _branch(f"step {step.id}: {one['when']}", False)


def issue_ends(issue: Issue, step: str) -> bool:
    """Is this the step that closes the client's part?"""
    return any(bound.kind.ends for bound in issue.course.steps if bound.step.id == step)


def _lists(issue: Issue, standing: Standing) -> list[str]:
    """The agreement lists that the step names."""
    bound = standing.bound
    wanted = [option for option, sort in bound.kind.refers.items() if sort == "agreement_list"]
    names = [str(name) for option in wanted for _, name in settings_at(bound.step.options, option)]
    return [name for name in names if name in issue.edition.lists]


def _rows(issue: Issue, listed: str) -> list[Listed]:
    """The rows with conditions; but those that ask for answers where nothing is answered: they can never apply there."""
    rows, owner = issue.edition.lists[listed].items, f"list {listed}"
    return [row for row in rows if row.when and issue.book.condition(owner, row.when).text == row.when]


def _listed(issue: Issue, standing: Standing, names: Mapping[str, object]) -> Iterator[Mark]:
    """The branches of the agreement lists that the step shows."""
    for name in _lists(issue, standing):
        for row in _rows(issue, name):
            holds = issue.book.condition(f"list {name}", row.when).holds(names)
            yield "branches", _branch(f"list {name}, {row.id}: {row.when}", holds)


def _shown_when(issue: Issue, form: str) -> Iterator[tuple[str, str]]:
    """What a form shows only sometimes, by name, with its condition."""
    for place, entry in enumerate(issue.edition.forms[form].layout):
        inner = entry.entries if isinstance(entry, Group) else ()
        for name, one in ((_name(entry, place), entry), *((_name(one, place), one) for place, one in enumerate(inner))):
            if one.when:
                yield name, one.when
            if isinstance(one, Field):
                yield from ((f"{name}={code}", text) for code, text in offers(one).items())


def _inside_when(questions: Sequence[Field], at: str = "") -> Iterator[tuple[str, str]]:
    """The same of what is inside of objects and rows, by the way to it: `cards.branch`."""
    for question in questions:
        here = f"{at}{question.name}."
        for place, entry in enumerate(question.inside):
            if entry.when:
                yield here + _name(entry, place), entry.when
        yield from _inside_when(question.items, here)


def _inside_of(issue: Issue, standing: Standing, raw: Raw) -> Iterator[Mark]:
    """The branches that were taken inside of the objects and rows of an accepted page."""
    reader = form_of(standing, issue.book)
    if reader is None or not any(question.items for question in reader.form.fields):
        return
    for prefix, names in reader.read(raw, around(standing, issue.book)).inside.items():
        way = [part for part in prefix.split(".") if not part.isdigit()]
        questions, found = reader.form.fields, None
        for name in way:
            found = next(question for question in questions if question.name == name)
            questions = found.items
        for place, entry in enumerate(found.inside if found is not None else ()):
            if entry.when:
                holds = issue.book.condition(f"form {reader.form.id}.{'.'.join(way)}", entry.when).holds(names)
                yield "branches", _branch(f"form {reader.form.id}, {'.'.join((*way, _name(entry, place)))}: {entry.when}", holds)


def _name(entry: object, place: int) -> str:
    return str(getattr(entry, "name", "") or getattr(entry, "id", "") or f"note {place + 1}")
