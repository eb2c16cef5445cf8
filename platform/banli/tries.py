"""How often on one day a client may give an answer that the rules of a page judge: what is known is not to be guessed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from banli.definitions.model import Form
from banli.engine import Decision, Standing
from banli.limits import Limit

TRIES_USED_UP = "tries_used_up"
DAY = timedelta(days=1)


def limit_of(standing: Standing) -> Limit | None:
    """The limit that the step sets (`tries`), or None: as often as wanted. The day begins with the first try."""
    most = standing.bound.step.options.get("tries")
    return Limit("tries", int(most), DAY, TRIES_USED_UP) if most else None


def judged(standing: Standing, forms: Mapping[str, Form], decision: Decision) -> bool:
    """Have the rules of the page looked at this answer? Right ones count like wrong ones, or else who posts many at once
    learns which of them was right. What is missing or misspelt has not been looked at."""
    if decision.events or decision.warnings:
        return True
    form = standing.bound.form(forms)
    rules = {rule.id for rule in form.refuse} if form is not None else set()
    return bool(decision.problems) and all(problem.code in rules for problem in decision.problems)
