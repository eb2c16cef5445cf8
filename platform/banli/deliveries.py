"""What happens outside after an approval: actions run as jobs, at least once, with a key that makes repeating safe."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from banli.caseload import Caseload, Held
from banli.engine import Decision, commands
from banli.engine.case import CLIENTS_TURN
from banli.hooks import Errand, Outcome, Picture, Unavailable
from banli.store import JobRow
from banli.store.worker import Handler, Later, Refused

SYSTEM = "system"


class Deliveries:
    """The handlers of the job kinds `action` and `expire`."""

    def __init__(self, caseload: Caseload) -> None:
        self.caseload = caseload

    @property
    def handlers(self) -> dict[str, Handler]:
        return {"action": self.act, "expire": self.expire}

    async def act(self, job: JobRow) -> Later | Refused | None:
        """Runs an action and tells the case. The outcome and the end of the job are kept in one transaction; between
        the action and that, the action's key makes a second try harmless."""
        held = await self.caseload.find(id=str(job.payload["case"]))
        if held is None or held.case.state != "delivering":
            return None
        action = next((a for a in held.edition.flow.approved if a.id == job.payload["action"]), None)
        if action is None:
            return None
        kind = self.caseload.plugins.actions.get(action.kind)
        if kind is None:
            return Later("action_missing")
        try:
            outcome = await kind.run(await self._errand(held, job, dict(action.options)))
        except Unavailable as problem:
            outcome = Outcome(Outcome.LATER, problem.code)
        if outcome.state == Outcome.LATER:
            await self._tell(held, action.id, f"later:{outcome.code}")
            return Later(outcome.code or "later")
        if outcome.state == Outcome.REFUSED:
            await self._tell(held, action.id, f"failed:{outcome.code}")
            return Refused(outcome.code or "refused")
        await self.caseload.keep(held, self._decide(held, action.id, "done"), finished=job)
        return None

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

    async def _errand(self, held: Held, job: JobRow, options: dict[str, Any]) -> Errand:
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
            f"{case.number}:{job.payload['action']}",
            dict(case.record),
            changes,
            options,
            pictures,
        )

    def _decide(self, held: Held, action: str, outcome: str) -> Decision:
        return self.caseload.decide(held, commands.Delivered(actor=SYSTEM, action=action, outcome=outcome))

    async def _tell(self, held: Held, action: str, outcome: str) -> None:
        """Lets the desk see that it did not work yet; once for each new reason."""
        if held.case.deliveries.get(action) != outcome:
            await self.caseload.keep(held, self._decide(held, action, outcome))
