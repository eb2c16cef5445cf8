"""A case as a reviewer reads it: what changes, on which texts it rests, what happened, what is still to be delivered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from banli.caseload import Held
from banli.definitions.model import Field, Form, Reason
from banli.doors import login_form
from banli.editions import Issue
from banli.engine import Case, Standing, ended, run_of
from banli.engine.decide import NOTHING_CORRECTED
from banli.fields.base import Say
from banli.fields.compared import compared
from banli.fields.groups import COLON, COMMA, GroupList
from banli.filed import is_photo, record_fields
from banli.leaflets import Choice, Delivery, Flag, Happening, Item, Lines, Proof, Row, Seen, Shot, Text
from banli.steps import Agreements, Inquiry
from banli.steps.kinds import FormStep
from banli.steps.readings import DIFFERS, NOT_ON_FILE, alike, as_answer, meant
from banli.store import EventRow, JobRow
from banli.views import View


@dataclass(frozen=True)
class Reader:
    """Reads one case for somebody. `full` False hides what is personal; `say` translates the definitions' texts."""

    held: Held = field(repr=False)
    full: bool
    say: Say

    @property
    def case(self) -> Case:
        return self.held.case

    @property
    def issue(self) -> Issue:
        return self.held.issue

    @property
    def newcomer(self) -> bool:
        """Is nothing on file of whoever began this case? What they said when logging in is then as new as all else."""
        return self.held.edition.flow.newcomers

    def rows(self) -> tuple[Row, ...]:
        """Every value of the record, the changed ones first, in the order in which the pages ask them."""
        found = [self._row(question) for question in record_fields(self.issue) if not is_photo(question)]
        rows = [row for row in found if row.changed or row.before]
        return tuple(sorted(rows, key=lambda row: not row.changed))

    def answers(self) -> tuple[Row, ...]:
        """What was answered and is no part of the record on file."""
        rows = []
        for _, question, value in self._answered():
            if not question.prefill and question.kind != "consent" and not is_photo(question) and value is not None:
                lines = self._lines(question, value)
                rows.append(Row(question.name, self.say(question.title), (), lines, True, self._hides(question)))
        return (*rows, *self._computed(), *self._checked())

    def _checked(self) -> Iterator[Row]:
        """What other systems have said to be so, or the client could not have gone on."""
        for standing in self._standing():
            kind, step = standing.bound.kind, standing.bound.step
            if isinstance(kind, Inquiry) and kind.must(step):
                said = tuple(self.say(one["text"]) for one in kind.must(step))
                yield Row(standing.id, self._page(standing), (), said, True, False)

    def _computed(self) -> Iterator[Row]:
        """What was computed of the answers for people to read (it has a title) and changes nothing on file."""
        for standing, form in self._asked():
            for one in form.computed:
                value = self.case.results[standing.id].data.get(one.field.name)
                if not one.to and one.field.title != one.field.name and value is not None:
                    lines = self._lines(one.field, value)
                    yield Row(one.field.name, self.say(one.field.title), (), lines, True, self._hides(one.field))

    def shots(self, views: Mapping[str, View] | None = None) -> tuple[Shot, ...]:
        """The photos, the changed ones first. `views` are the case's, by file."""
        views = views or {}
        shots = []
        for question in record_fields(self.issue):
            if is_photo(question):
                before = "" if self.newcomer else str(self.case.record.get(question.name) or "")
                after = str(self.case.changes.get(question.name, before) or "")
                shots.append(Shot(question.name, self.say(question.title), before, after, views.get(after)))
        for _, question, value in self._answered():
            if not question.prefill and is_photo(question) and value:
                shots.append(Shot(question.name, self.say(question.title), "", str(value), views.get(str(value))))
        return tuple(sorted((shot for shot in shots if shot.before or shot.after), key=lambda shot: not shot.changed))

    def flags(self) -> tuple[Flag, ...]:
        found = []
        for standing, form in self._asked():
            for rule in form.warn:
                if rule.id in self.case.results[standing.id].flags:
                    titles = {question.name: question.title for question in form.fields}
                    found.append(Flag(self.say(titles.get(rule.at, form.title)), self.say(rule.text)))
            if NOTHING_CORRECTED.id in self.case.results[standing.id].flags:
                found.append(Flag(self.say(form.title), "", unchanged=True))
        return tuple(found)

    def seen(self) -> tuple[Seen, ...]:
        """What was read on the photos that were taken, beside what was typed or is on file; what differs comes first."""
        questions = {question.name: question for question in record_fields(self.issue)}
        flags = {flag for standing in self._standing() for flag in self.case.results[standing.id].flags}
        found = []
        for standing in self._standing():
            for told in self.case.results[standing.id].records:
                for name, (text, certain) in told.get("what", {}).items() if told.get("kind") == "read" else ():
                    question = questions[name.removeprefix("client.")]
                    photo = self._question(standing, told["at"])
                    found.append(self._seen(question, photo, text, certain=certain is True, flags=flags))
        return tuple(sorted(found, key=lambda one: ("differs", "doubtful", "missing", "same").index(one.state)))

    def _seen(self, question: Field, photo: str, text: str, *, certain: bool, flags: set[str]) -> Seen:
        value, now = meant(text), self.case.changes.get(question.name, self.case.record.get(question.name))
        state = "missing" if now is None else "same" if alike(now, value) else "differs" if certain else "doubtful"
        answer = as_answer(question, text) or text
        kind = question.kind if isinstance(answer, Mapping) else "text"
        read = self._lines(replace(question, kind=kind), answer)
        confirmed = not flags.isdisjoint({f"{DIFFERS}.{question.name}", f"{NOT_ON_FILE}.{question.name}"})
        return Seen(self.say(question.title), photo, read, self._lines(question, now), state, confirmed)

    def texts(self, events: Sequence[EventRow]) -> tuple[Text, ...]:
        """All that was agreed to: when signing in, on the pages, on the list that was signed."""
        agreements = self.held.edition.agreements
        found = []
        for event in events:
            if event.kind == "started":
                for one in event.data.get("consents", ()):
                    found.append(self._text(one, agreements, "", event.at))
        for standing in self._standing():
            result = self.case.results[standing.id]
            listed = result.data.get("agreements", ()) if isinstance(standing.bound.kind, Agreements) else ()
            ticked = [record for record in result.records if record.get("kind") == "consent"]
            signed = result.data.get("signatures", ()) if listed else ()
            papers = {one["row"]: f"{standing.id}.{one['row']}" for one in signed if one.get("pdf")}
            for one in (*ticked, *listed):
                text = self._text(one, agreements, self._page(standing), datetime.fromisoformat(result.at))
                found.append(replace(text, paper=papers.get(one.get("id", ""), "")))
        return tuple(found)

    def proofs(self) -> tuple[Proof, ...]:
        found = self._proof_at_login() if self.newcomer else []
        for standing in self._standing():
            for record in self.case.results[standing.id].records:
                if record.get("kind") == "otp":
                    found.append(self._proof(self._question(standing, record["at"]), record["to"], self._page(standing)))
        return tuple(found)

    def _proof(self, title: str, number: object, where: str) -> Proof:
        phone, question = self.issue.book.fields.kind("phone"), Field("to", "phone", "", {})
        shown = phone.show(question, number, self.say) if self.full else phone.mask(question, number)
        return Proof(title, " ".join(shown), where)

    def _proof_at_login(self) -> list[Proof]:
        """The number to which a newcomer had the code sent with which they logged in."""
        asked = {question.name: question for question in login_form(self.issue).fields}
        to = next((asked.get(str(one.options.get("to"))) for one in asked.values() if one.kind == "otp"), None)
        number = self.case.record.get(to.prefill.removeprefix("client.")) if to is not None else None
        return [self._proof(self.say(to.title), number, "")] if to is not None and number else []

    def story(self, events: Sequence[EventRow], names: Mapping[str, str]) -> tuple[Happening, ...]:
        return tuple(self._happening(event, names) for event in events)

    def deliveries(self, jobs: Sequence[JobRow]) -> tuple[Delivery, ...]:
        found = []
        kinds = {action.id: action.kind for action in self.held.edition.flow.approved}
        for delivery, told in self.case.deliveries.items():
            kind = kinds.get(run_of(delivery)[0], "")
            found.append(_delivery(delivery, kind, told, last_job(jobs, delivery)))
        return tuple(found)

    def reasons(self) -> tuple[Choice, ...]:
        """The reasons to return it: those that open something on this client's way."""
        return tuple(found for found in self._choices(self.held.edition.flow.review.reasons) if found.pages)

    def whys(self, reasons: Sequence[Reason]) -> tuple[Choice, ...]:
        """Reasons to send the client back from a step: those that open nothing only have them come again."""
        own = {reason.id for reason in reasons if not reason.reopen}
        return tuple(found for found in self._choices(reasons) if found.pages or found.id in own)

    def _choices(self, reasons: Sequence[Reason]) -> list[Choice]:
        position, found = self.held.position, []
        for reason in reasons:
            pages = []
            for step_id, fields in reason.reopen.items():
                standing = position.step(step_id)
                if standing is not None and standing.status != "skipped":
                    asked = [self._question(standing, name) for name in fields]
                    pages.append(self._page(standing) + (self.say(COLON) + self._together(asked) if asked else ""))
            found.append(Choice(reason.id, self.say(reason.text), tuple(pages)))
        return found

    def rejections(self) -> tuple[Choice, ...]:
        return tuple(Choice(r.id, self.say(r.text)) for r in self.held.edition.flow.review.reject)

    def _row(self, question: Field) -> Row:
        on_file = self.case.record.get(question.name)
        after = self.case.changes.get(question.name, on_file)
        changed = after is not None if self.newcomer else question.name in self.case.changes
        before = None if self.newcomer else on_file
        hides = self._hides(question) and (before is not None or after is not None)
        old, new = self._lines(question, before), self._lines(question, after)
        items = self._items(question, before, after) if changed and question.items and question.multiple else ()
        return Row(question.name, self.say(question.title), old, new, changed, hides, items)

    def _items(self, question: Field, before: Any, after: Any) -> tuple[Item, ...]:
        pairs = compared(before, after, str(question.options.get("key", "")))
        return tuple(Item(p.state, self._row_lines(question, p.before), self._row_lines(question, p.after)) for p in pairs)

    def _row_lines(self, question: Field, row: Mapping[str, Any] | None) -> Lines:
        kind = self.issue.book.fields.kind(question.kind)
        if row is None or not isinstance(kind, GroupList):
            return ()
        told = kind.covered(question, row) if self._hides(question) else kind.shown(question, row, self.say)
        return tuple(self.say(asked.title) + self.say(COLON) + self._together(lines) for asked, lines in told)

    def _lines(self, question: Field, value: Any) -> Lines:
        kind = self.issue.book.fields.kind(question.kind)
        return tuple(kind.mask(question, value) if self._hides(question) else kind.show(question, value, self.say))

    def _together(self, parts: Iterable[str]) -> str:
        return self.say(COMMA).join(parts)

    def _hides(self, question: Field) -> bool:
        return question.pii and not self.full

    def _standing(self) -> Iterator[Standing]:
        """The steps that apply and have a result."""
        yield from (s for s in self.held.position.applicable if s.id in self.case.results)

    def _asked(self) -> Iterator[tuple[Standing, Form]]:
        for standing in self._standing():
            if isinstance(standing.bound.kind, FormStep):
                yield standing, self.held.edition.forms[standing.bound.kind.form(standing.bound.step)]

    def _answered(self) -> Iterator[tuple[Standing, Field, Any]]:
        for standing, form in self._asked():
            data = self.case.results[standing.id].data
            yield from ((standing, question, data.get(question.name)) for question in form.fields)

    def _page(self, standing: Standing) -> str:
        return self.say(standing.bound.title(self.held.edition.forms) or standing.id)

    def _question(self, standing: Standing, name: str) -> str:
        form = standing.bound.form(self.held.edition.forms)
        titles = {question.name: question.title for question in form.fields} if form is not None else {}
        return self.say(titles.get(name, name))

    def _text(self, one: Mapping[str, Any], agreements: Mapping[str, Any], where: str, at: datetime) -> Text:
        known = agreements.get(one.get("agreement", ""))
        title = one.get("title") or (known.title if known is not None else one.get("agreement", ""))
        return Text(self.say(str(title)), str(one["number"]), str(one["digest"]), where, at)

    def _happening(self, event: EventRow, names: Mapping[str, str]) -> Happening:
        staff = event.actor.startswith("staff:")
        who = names.get(event.actor, "") if staff else event.actor
        return Happening(event.at, event.kind, who, staff, self._words(event))

    def _words(self, event: EventRow) -> dict[str, Any]:
        data = event.data
        match event.kind:
            case "answered":
                standing = self.held.position.step(data["step"])
                return {"page": self._page(standing) if standing is not None else data["step"]}
            case "again":
                found = [self.held.position.step(step) for step in data["steps"]]
                return {"page": self._together(self._page(standing) for standing in found if standing is not None)}
            case "approved":
                return {"level": data["level"], "final": data["final"]}
            case "returned" | "sent_back" | "rejected":
                standing = self.held.position.step(data.get("step", ""))
                texts = tuple(self.say(text) for text in data["texts"])
                return {
                    "reasons": texts, "remark": data.get("remark", ""),
                    "step": self._page(standing) if standing is not None else data.get("step", ""),
                }  # fmt: skip
            case "delivery":
                state, _, code = str(data["outcome"]).partition(":")
                return {"action": data["action"], "state": state, "code": code}
            case "claimed":
                return {"until": datetime.fromisoformat(data["lease_until"])}
            case kind if "." in kind:
                return dict(data)
            case _:
                return {}


def last_job(jobs: Sequence[JobRow], action: str) -> JobRow | None:
    """The newest job for this action; earlier ones were given up."""
    mine = [job for job in jobs if job.kind == "action" and _action(job) == action]
    return mine[-1] if mine else None


def _action(job: JobRow) -> str:
    """From the key (`number:action:revision`): a job that is done keeps no payload."""
    return job.key.split(":", 1)[-1].rpartition(":")[0]


def _delivery(action: str, kind: str, told: str, job: JobRow | None) -> Delivery:
    state, _, code = told.partition(":")
    if not ended(told) and job is not None and job.state == "failed":
        state, code = "failed", job.last_error or code
    elif state == "waiting" and job is not None and job.last_error:
        state, code = "later", job.last_error
    waits = job is not None and job.state == "ready" and state == "later"
    return Delivery(action, kind, state, code, job.attempts if job is not None else 0, job.run_at if waits and job else None)
