"""The engine: pure decisions over one case. `apply` is its one door."""

from banli.engine import commands
from banli.engine.case import Case, Event, Result, evolve, from_document, replay, to_document
from banli.engine.course import Course, Position, Standing, digest
from banli.engine.decide import apply
from banli.engine.decision import Decision, Moment, Order
from banli.engine.delivering import ended, run_of

__all__ = [
    "Case",
    "Course",
    "Decision",
    "Event",
    "Moment",
    "Order",
    "Position",
    "Result",
    "Standing",
    "apply",
    "commands",
    "digest",
    "ended",
    "evolve",
    "from_document",
    "replay",
    "run_of",
    "to_document",
]
