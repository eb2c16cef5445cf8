"""Semantic differences between two editions of a business: what was added, removed, moved, made stricter or looser."""

from __future__ import annotations

from banli.definitions.differences import flows, forms, things
from banli.definitions.differences.model import Change, Differences, Strictness, What
from banli.definitions.differences.notes import CHANGED, Notes, same
from banli.definitions.differences.sides import Side
from banli.definitions.edition import Bundle
from banli.definitions.kinds import Kinds

__all__ = ["Change", "Differences", "Strictness", "What", "difference"]


def difference(old: Bundle, new: Bundle, kinds: Kinds) -> Differences:
    """What changes for clients and staff from one sealed bundle to another. Neither needs to be one that could still be
    opened: kinds that are gone are compared by their settings."""
    was, now = Side(old, kinds), Side(new, kinds)
    if was.hash == now.hash:
        return Differences(was.hash, now.hash)
    notes = Notes()
    called = forms.renamed(was, now)
    flows.compare(notes, was, now, called)
    forms.compare(notes, was, now, called)
    things.compare(notes, was, now)
    if not notes.changes:
        # Something that nobody sees, such as a setting that says its own default.
        for key in dict.fromkeys((*old, *new)):
            if not same(old.get(key), new.get(key)):
                notes.note("other", key, "changed", "neither", CHANGED, name=f"'{key}'", key=key)
    return Differences(was.hash, now.hash, tuple(notes.changes))
