"""Where a flow leads: one submit at its end, and stages that follow each other."""

from __future__ import annotations

from collections.abc import Iterator

from banli.definitions.checks.book import unknown
from banli.definitions.checks.caseless import Steps
from banli.definitions.kinds import Kinds
from banli.definitions.source import Source
from banli.errors import Mistake


def check(source: Source, steps: Steps, kinds: Kinds) -> Iterator[Mistake]:
    """One step submits the case, always, and nothing stands after it."""
    ends = [(position, path) for position, (_, path, shape) in enumerate(steps) if shape is not None and shape.ends]
    if not ends:
        if any(shape.ends for shape in kinds.steps.values()):
            yield source.mistake(
                ("steps",),
                "no-submit",
                "No step submits the case.",
                "End the steps with '- submit: {text: …}'.",
                key=True,
            )
        return
    for _, path in ends[1:]:
        yield source.mistake(path, "second-submit", "The case is submitted twice.", "Keep one submit, at the end.", key=True)
    for entry, path, shape in steps[ends[0][0] + 1 :]:
        if shape is None or not shape.ends:
            yield source.mistake(
                path,
                "after-submit",
                f"'{entry.id}' stands after the submit, so nobody gets there.",
                "Move it before the submit.",
                key=True,
            )
    entry, path, _ = steps[ends[0][0]]
    if "when" in entry.settings:
        yield source.mistake(
            (*path, "when"),
            "submit-when",
            "The submit has a condition, so a case may never be submitted.",
            "Delete the condition.",
            key=True,
        )


def stages(source: Source, steps: Steps) -> Iterator[Mistake]:
    """The stages of a bar follow each other as its steps do."""
    listed = list(source.data.get("stages", {}))
    furthest, used, lost = 0, set(), False
    for entry, path, _ in steps:
        name = entry.settings.get("stage")
        if not isinstance(name, str):
            continue
        here = (*path, "stage")
        if name not in listed:
            yield unknown(source, here, "unknown-stage", f"There is no stage '{name}'.", name, listed)
            lost = True
            continue
        used.add(name)
        if listed.index(name) < furthest:
            yield source.mistake(
                here,
                "stage-order",
                f"The stage '{name}' is over: a step before this one is in '{listed[furthest]}'.",
                "Order the steps as their stages.",
            )
        furthest = max(furthest, listed.index(name))
    for name in listed:
        if name not in used and not lost:
            yield source.mistake(("stages", name), "unused-stage", f"No step is in the stage '{name}'.", "Delete it.", key=True)
