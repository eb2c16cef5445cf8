"""Steps that are worth something only after another kind of step: a certificate after whoever gets it was identified."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from banli.definitions.checks.book import Way
from banli.definitions.entries import Entry
from banli.definitions.kinds import StepShape
from banli.definitions.source import Source
from banli.errors import Mistake


def needed(source: Source, steps: Sequence[tuple[Entry, Way, StepShape | None]]) -> Iterator[Mistake]:
    """Those whose needed kind does not come before them. Such a flow can be served, for a trial."""
    for entry, path, shape in steps:
        kind = shape.needs if shape is not None else ""
        before = any(other.word == kind and found is not None and other.index < entry.index for other, _, found in steps)
        if kind and not before:
            what = f"No step '{kind}' comes before '{entry.id}', which rests on it."
            cure = "Put one there, or switch on the plugin that offers it."
            yield source.mistake(path, "rests-on-nothing", what, cure, key=True)
