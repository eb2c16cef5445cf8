"""Two states of a list of rows, side by side: which rows were added, changed and removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from banli.definitions.model import Form
from banli.fields.nested import keyed
from banli.fields.reader import same

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pair:
    """One row before and after. `state` is same, changed, added or removed."""

    state: str
    before: Row | None = field(repr=False)
    after: Row | None = field(repr=False)


def compared(before: object, after: object, key: str = "") -> tuple[Pair, ...]:
    """The rows as they stand now, then those that are gone. Without a key a row is known by all that stands in it, so that
    one that was changed is one removed and one added."""
    old, new = _rows(before), _rows(after)
    pairs: list[Pair] = []
    left = list(old)
    by_key = keyed(old, key) if key else {}
    for row in new:
        known = by_key.get(str(row.get(key, ""))) if key else next((one for one in left if same(row, one)), None)
        if known is None or not any(one is known for one in left):
            pairs.append(Pair("added", None, row))
            continue
        left = [one for one in left if one is not known]
        pairs.append(Pair("same" if same(row, known) else "changed", known, row))
    return (*pairs, *(Pair("removed", row, None) for row in left))


def rows_changed(forms: Iterable[Form], record: Row, changes: Row) -> dict[str, dict[str, list[Any]]]:
    """By name on file of each list that changes: `{"added": [row], "changed": [{"before": row, "after": row}], "removed":
    [row]}`. Only lists whose rows have a key: of others nobody can tell."""
    found: dict[str, dict[str, list[Any]]] = {}
    for form in forms:
        for asked in form.fields:
            name, key = asked.prefill.removeprefix("client."), str(asked.options.get("key", ""))
            if key and name in changes and not asked.read_only:
                pairs = compared(record.get(name), changes[name], key)
                found[name] = {
                    "added": [pair.after for pair in pairs if pair.state == "added"],
                    "changed": [{"before": p.before, "after": p.after} for p in pairs if p.state == "changed"],
                    "removed": [pair.before for pair in pairs if pair.state == "removed"],
                }
    return found


def _rows(value: object) -> Sequence[Row]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list | tuple) else []
