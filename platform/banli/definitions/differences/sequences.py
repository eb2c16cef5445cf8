"""Which entries of a list have changed their place: as few as possible, and the same ones when asked the other way round."""

from __future__ import annotations

from collections.abc import Sequence

MOST = 300
"""Longer lists are only told to be in another order: who moved is not worth the time."""


def moved(old: Sequence[str], new: Sequence[str]) -> tuple[str, ...] | None:
    """The ids, in the new order, that stand elsewhere among the ids that both lists have. None: too many to tell which."""
    shared = set(old) & set(new)
    before = [one for one in dict.fromkeys(old) if one in shared]
    after = [one for one in dict.fromkeys(new) if one in shared]
    before, after = _trimmed(before, after)
    if not before:
        return ()
    if len(before) > MOST:
        return None
    stayed = set(_longest(before, after))
    return tuple(one for one in after if one not in stayed)


def _trimmed(before: list[str], after: list[str]) -> tuple[list[str], list[str]]:
    """Without the common beginning and end."""
    first = next((i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b), len(before))
    before, after = before[first:], after[first:]
    while before and before[-1] == after[-1]:
        before, after = before[:-1], after[:-1]
    return before, after


def _longest(before: list[str], after: list[str]) -> tuple[str, ...]:
    """The longest run of ids that is in order in both lists. Among equally long ones the first by alphabet is taken, so that
    asking with the lists exchanged gives the same."""
    place = {one: index for index, one in enumerate(after)}
    best: list[tuple[str, ...]] = []
    for index, one in enumerate(before):
        ends = (best[i] for i in range(index) if place[before[i]] < place[one])
        best.append((*min(ends, key=lambda run: (-len(run), run), default=()), one))
    return min(best, key=lambda run: (-len(run), run))


def exchanged(gone: Sequence[str], fresh: Sequence[str], alike: dict[str, object], also: dict[str, object]) -> dict[str, str]:
    """Which of the gone ids is now called by which of the fresh ones: where one of each is alike and no other is."""
    found: dict[str, str] = {}
    for one in gone:
        same = [other for other in fresh if also[other] == alike[one]]
        back = [other for other in gone if alike[other] == alike[one]]
        if len(same) == 1 and len(back) == 1:
            found[one] = same[0]
    return found
