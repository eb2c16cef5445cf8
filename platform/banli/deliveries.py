"""What happens outside after an approval: actions run as jobs, at least once, with a key that makes repeating safe."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from banli.caseload import Caseload, Held
from banli.definitions.model import Action
from banli.definitions.placeholders import filled
from banli.engine import Decision, commands, run_of
from banli.engine.case import CLIENTS_TURN
from banli.fields.compared import rows_changed
from banli.hooks import ActionKind, Errand, Outcome, Picture, Unavailable
from banli.sayings import answers, nested
from banli.sentences import TEXTS
from banli.store import JobRow
from banli.store.worker import Handler, Later, Refused

SYSTEM = "system"
OUTAGE, STEADY, PAUSE = timedelta(days=3), 12, timedelta(minutes=10)
"""A core system may be away for a weekend. So long its silence is no failure: from that try on it is asked at this pause."""


class Deliveries:
    """The handlers of the job kinds `action`, `notify` and `expire`."""

    def __init__(self, caseload: Caseload) -> None:
        self.caseload = caseload

    @property
    def handlers(self) -> dict[str, Handler]:
        return {"action": self.act, "notify": self.notify, "expire": self.expire}

    async def act(self, job: JobRow) -> Later | Refused | None:
        """Runs an action and tells the case. The outcome and the end of the job are kept in one transaction; between
        the action and that, the action's key makes a second try harmless."""
        held = await self.caseload.find(id=str(job.payload["case"]))
        if held is None or held.case.state != "delivering":
            return None
        delivery = str(job.payload["action"])
        action = next((a for a in held.edition.flow.approved if a.id == run_of(delivery)[0]), None)
        if action is None:
            return None
        kind = self.caseload.plugins.actions.get(action.kind)
        if kind is None:
            return Later("action_missing")
        try:
            errand = await self._errand(held, f"{held.case.number}:{delivery}", action, kind)
            outcome = await kind.run(replace(errand, item=run_of(delivery)[1]))
        except Unavailable as problem:
            outcome = Outcome(Outcome.LATER, problem.code)
        if outcome.state in (Outcome.LATER, Outcome.PENDING):
            await self._tell(held, delivery, f"later:{outcome.code}")
            away = outcome.state == Outcome.LATER and self.caseload.clock() - job.created_at < OUTAGE
            return Later(outcome.code or "later", PAUSE, counts=False) if away and job.attempts >= STEADY else _again(outcome)
        if outcome.state == Outcome.REFUSED and not action.tell:
            await self._tell(held, delivery, f"failed:{outcome.code}")
            return Refused(outcome.code or "refused")
        came = "done" if outcome.state == Outcome.DONE else f"refused:{outcome.code}"
        await self.caseload.keep(held, self._decide(held, delivery, came), finished=job)
        return None

    async def notify(self, job: JobRow) -> Later | Refused | None:
        """Sends a message about something that has happened. Nothing waits for it: what is refused is given up."""
        held = await self.caseload.find(id=str(job.payload["case"]))
        if held is None:
            return None
        moment, wanted = str(job.payload["moment"]), job.payload["action"]
        action = next((a for a in held.edition.flow.notify.get(moment, ()) if a.id == wanted), None)
        if action is None:
            return None
        kind = self.caseload.plugins.actions.get(action.kind)
        if kind is None:
            return Later("action_missing")
        try:
            outcome = await kind.run(await self._errand(held, str(job.payload["key"]), action, kind))
        except Unavailable as problem:
            return Later(problem.code)
        if outcome.state in (Outcome.LATER, Outcome.PENDING):
            return _again(outcome)
        return Refused(outcome.code or "refused") if outcome.state == Outcome.REFUSED else None

    async def expire(self, job: JobRow) -> None:
        """Ends a case that nobody went on with; when somebody did, looks again later."""
        held = await self.caseload.find(id=str(job.payload["case"]))
        if held is None or not held.case.open:
            return
        due = held.case.updated_at + timedelta(days=held.edition.flow.expires_days)
        now = self.caseload.clock()
        if held.case.state in CLIENTS_TURN and due <= now:
            await self.caseload.keep(held, self.caseload.decide(held, commands.Expire(actor=SYSTEM)), finished=job)
            return
        again = due if due > now else now + timedelta(days=1)
        async with self.caseload.store.transaction() as tx:
            await tx.add_job("expire", f"{held.case.id}:expire:{again.isoformat()}", job.payload, held.case.id, again)
            await tx.finish_job(job)

    def _options(self, held: Held, action: Action, kind: ActionKind) -> dict[str, Any]:
        """The action's settings with its texts filled in."""
        texts = [name for name, sort in kind.refers.items() if sort == "text" and name in action.options]
        if not texts:
            return dict(action.options)
        names = self._names(held)
        return {**action.options, **{name: filled(str(action.options[name]), names) for name in texts}}

    def _words(self, held: Held, kind: ActionKind) -> dict[str, str]:
        """The texts by code that the action's kind says."""
        if not kind.says:
            return {}
        names, own = self._names(held), self.caseload.editions.texts_of(held.issue)
        plain = {**TEXTS, **self.caseload.plugins.words}
        return {code: filled(own.get(code) or plain.get(code, ""), names) for code in kind.says}

    def _names(self, held: Held) -> dict[str, Any]:
        """What the texts of an action may say."""
        edition, case = held.edition, held.case
        said = case.rejected if case.state == "rejected" else case.returned
        return {
            **nested({f"client.{name}": value for name, value in case.record.items()}),
            **answers(held.issue, held.position, self.caseload.plugins.fields, str),
            "company": {key: getattr(edition.company, key) for key in ("id", "name", "short_name", "hotline")},
            "business": {"id": edition.business.id, "title": edition.business.title or edition.flow.title},
            "menu": edition.menu,
            "hours": {},  # sentences of fixed pages may name them; here it is no time of day
            "case": {"number": case.number, "reasons": "；".join(said.texts) if said is not None else ""},
        }

    async def _errand(self, held: Held, key: str, action: Action, kind: ActionKind) -> Errand:
        case = held.case
        photos = {
            n for n, s in held.edition.record.schema.get("properties", {}).items() if s.get("contentMediaType") == "image/*"
        }
        pictures: dict[str, Picture] = {}
        for name, value in case.changes.items():
            if name in photos and value:
                found = await self.caseload.store.file(case.id, str(value))
                if found is not None:
                    pictures[name] = Picture(found[1], found[0].media_type)
        changes = {name: value for name, value in case.changes.items() if name not in photos}
        return Errand(
            case.company,
            case.id,
            case.number,
            key,
            dict(case.record),
            changes,
            self._options(held, action, kind),
            pictures,
            {step: result.data for step, result in case.results.items()},
            rows=rows_changed(held.edition.forms.values(), case.record, changes),
            words=self._words(held, kind),
        )

    def _decide(self, held: Held, action: str, outcome: str) -> Decision:
        return self.caseload.decide(held, commands.Delivered(actor=SYSTEM, action=action, outcome=outcome))

    async def _tell(self, held: Held, action: str, outcome: str) -> None:
        """Lets the desk see that it did not work yet; once for each new reason."""
        if held.case.deliveries.get(action) != outcome:
            await self.caseload.keep(held, self._decide(held, action, outcome))


def _again(outcome: Outcome) -> Later:
    """When to ask again. What is still being decided is no failure."""
    if outcome.state == Outcome.PENDING:
        return Later(outcome.code or "pending", timedelta(seconds=outcome.after), counts=False)
    return Later(outcome.code or "later")
