"""Puts into words why a step stands as it does. For those who look after cases and for those who write definitions."""

from __future__ import annotations

from collections.abc import Iterator

from banli.engine.case import Case
from banli.engine.course import PASSING, Standing


def why(case: Case, standing: Standing) -> str:
    """Why the step stands so. No personal data: values of conditions are shown only where they are choices or yes and no."""
    bound = standing.bound
    when = f"when {bound.step.when!r} is true{_values(standing)}" if bound.step.when else "always asked"
    if standing.status == "skipped":
        return f"not asked: {bound.step.when!r} is not true{_values(standing)}"
    if standing.status == "todo":
        return f"{when}; not answered yet"
    if standing.status == "reopened":
        fields = ", ".join(case.reopened.get(standing.id, ())) or "the whole step"
        return f"reopened by the reviewer: {fields}"
    if standing.status == "stale":
        rests = ", ".join(bound.rests_on) or ", ".join(sorted(bound.uses - PASSING)) or "its definition"
        return f"answered, but what it rests on has changed since ({rests})"
    return f"{when}; answered {case.results[standing.id].at[:16]}"


def _values(standing: Standing) -> str:
    found = list(_plain(standing))
    return f" ({', '.join(found)})" if found else ""


def _plain(standing: Standing) -> Iterator[str]:
    if standing.bound.when is None:
        return
    for name in sorted(standing.bound.when.names):
        value = standing.names.get(name)
        chosen = "." not in name or isinstance(value, bool) or value is None
        yield f"{name} = {value!r}" if chosen else f"{name} = ..."
