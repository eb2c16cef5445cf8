"""Explains a case: every step with its state and why, what waits outside, and whether its story is whole."""

from __future__ import annotations

from collections.abc import Iterator

from banli.caseload import Caseload, Held
from banli.engine import Standing
from banli.engine.course import PASSING


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
        lines.append(f"{here} {standing.id} ({standing.bound.step.kind}): {standing.status}: {_why(held, standing)}")
    if case.returned is not None and case.state == "returned":
        lines.append(f"  returned by {case.returned.by} for: {', '.join(case.returned.reasons)}")
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


def _why(held: Held, standing: Standing) -> str:
    bound, case = standing.bound, held.case
    when = f"when {bound.step.when!r} is true{_values(held, standing)}" if bound.step.when else "always asked"
    if standing.status == "skipped":
        return f"not asked: {bound.step.when!r} is not true{_values(held, standing)}"
    if standing.status == "todo":
        return f"{when}; not answered yet"
    if standing.status == "reopened":
        fields = ", ".join(case.reopened.get(standing.id, ())) or "the whole step"
        return f"reopened by the reviewer: {fields}"
    if standing.status == "stale":
        rests = ", ".join(bound.rests_on) or ", ".join(sorted(bound.uses - PASSING)) or "its definition"
        return f"answered, but what it rests on has changed since ({rests})"
    return f"{when}; answered {case.results[standing.id].at[:16]}"


def _values(held: Held, standing: Standing) -> str:
    found = list(_plain(held, standing))
    return f" ({', '.join(found)})" if found else ""


def _plain(held: Held, standing: Standing) -> Iterator[str]:
    if standing.bound.when is None:
        return
    for name in sorted(standing.bound.when.names):
        value = standing.names.get(name)
        chosen = "." not in name or isinstance(value, bool) or value is None
        yield f"{name} = {value!r}" if chosen else f"{name} = ..."
