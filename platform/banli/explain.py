"""Explains a case: every step with its state and why, what waits outside, and whether its story is whole."""

from __future__ import annotations

from banli.caseload import Caseload
from banli.engine.telling import why


async def explain(caseload: Caseload, number: str) -> list[str] | None:
    """Lines for a terminal; None when there is no such case. No personal data: values of conditions are shown only
    where they are choices or yes and no."""
    held = await caseload.find(number=number)
    if held is None:
        return None
    case, flow = held.case, held.edition.flow
    lines = [
        f"case {case.number}: {case.business} of {case.company}, {case.state} ({flow.states.get(case.state, case.state)})",
        f"  revision {case.revision}, edition {case.edition[:12]}, begun {case.created_at:%Y-%m-%d %H:%M} UTC",
    ]
    current = held.position.current
    for standing in held.position.steps:
        here = "->" if current is not None and standing.id == current.id and case.state in ("open", "returned") else "  "
        lines.append(f"{here} {standing.id} ({standing.bound.step.kind}): {standing.status}: {why(case, standing)}")
    if (said := case.correction) is not None:
        how = f"sent back from {said.step}" if said.step else "returned"
        lines.append(f"  {how} by {said.by} for: {', '.join(said.reasons)}")
    if case.reviewer:
        lines.append(f"  held by {case.reviewer} until {case.lease_until}")
    lines += [f"  delivery {action}: {outcome}" for action, outcome in case.deliveries.items()]
    for job in await caseload.store.jobs_of(case.id):
        error = f", last: {job.last_error}" if job.last_error else ""
        lines.append(f"  job {job.kind}: {job.state}, tried {job.attempts} times, next {job.run_at:%Y-%m-%d %H:%M:%S} UTC{error}")
    broken = await caseload.store.verify_chain(case.id)
    events = await caseload.store.events(case.id)
    lines.append(f"  {len(events)} events, chain {'whole' if not broken else f'BROKEN at {broken}'}")
    return lines
