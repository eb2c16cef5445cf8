"""What was read on photos goes on: into the fields of later pages, and against what was typed and what is on file (R-082).

Nothing here overrides an answer. What was read for certain stands in a field that nobody has answered yet, in the place of what
is on file; what is doubtful only where nothing is on file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from banli.china.validity import is_long_term
from banli.china.variants import folded
from banli.definitions.model import Field, Rule
from banli.fields.reader import Verdicts, same

READ = "read "
"""Before the name on file it gives the name of what was read (`read client.id_validity`), before that of a photo question its
verdict. No condition can say a name with a space."""
DIFFERS, NOT_ON_FILE = "read_differs", "read_not_on_file"
"""What the ids of the warnings begin with; they are the codes of their sentences, too."""
ENDLESS = ".."
_RANGE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}/([0-9]{4}-[0-9]{2}-[0-9]{2}|\.\.)")


@dataclass(frozen=True, slots=True)
class Differs(Rule):
    """A warning that something else was read on a photo than what was typed, or is on file. `name` is what it would be on
    file, `read` as it would be answered."""

    name: str = ""
    read: Any = None

    @property
    def code(self) -> str:
        return self.id.partition(".")[0]


def records(fields: Sequence[Field], values: Mapping[str, Any], verdicts: Verdicts | None) -> Iterator[dict[str, Any]]:
    """What was read on the photos of a page, as it is kept with its answer: `what` by the name on file that it is."""
    for asked in fields:
        found = (verdicts or {}).get(READ + asked.name)
        if isinstance(found, Mapping) and found and values.get(asked.name):
            yield {"kind": "read", "at": asked.name, "what": {name: list(one) for name, one in found.items()}}


def names(kept: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """The names that such records give to later steps."""
    return {READ + name: tuple(one) for record in kept if record.get("kind") == "read" for name, one in record["what"].items()}


def basis(fields: Sequence[Field], around: Mapping[str, object]) -> object:
    """What an answer to these questions was compared with: when it changes, they are asked again."""
    found = [[asked.prefill, *one] for asked in fields if not asked.read_only and (one := read_before(asked, around)) is not None]
    return found or None


def shown(asked: Field, around: Mapping[str, object], on_file: Any) -> Any:
    """What stands in a field that nobody has answered yet."""
    found = None if asked.read_only else read_before(asked, around)
    if found is None:
        return on_file
    text, certain = found
    value = as_answer(asked, text)
    return on_file if value is None or not (certain or on_file is None) else value


def differing(
    fields: Sequence[Field], values: Mapping[str, Any], around: Mapping[str, object], hidden: frozenset[str]
) -> Iterator[Differs]:
    """Answers of a page that are not what was read for certain on photos of earlier pages."""
    for asked in fields:
        found = read_before(asked, around)
        if found is None or asked.read_only or asked.name in hidden:
            continue
        value, answer = as_answer(asked, found[0]), values.get(asked.name)
        if found[1] and value is not None and answer is not None and not alike(answer, value):
            yield Differs(f"{DIFFERS}.{asked.name}", "", "", asked.name, asked.prefill, value)


def contrary(kept: Sequence[Mapping[str, Any]], around: Mapping[str, object], asked: frozenset[str]) -> Iterator[Differs]:
    """What was read for certain on the photos of this page and is not what is on file. What a page of the flow asks (`asked`) is
    compared there, with what is typed."""
    for told in kept:
        for name, (text, certain) in told.get("what", {}).items():
            value, on_file = meant(text), around.get(name)
            if certain and name not in asked and on_file is not None and not alike(on_file, value):
                yield Differs(f"{NOT_ON_FILE}.{name.removeprefix('client.')}", "", "", told["at"], name, value)


def as_answer(asked: Field, text: str) -> Any:
    """What was read, as this question would be answered; None where it could not be."""
    value = meant(text)
    if isinstance(value, dict):
        far = asked.options.get("long_term")
        return None if asked.schema.get("type") != "object" else {**value, "to": far} if far and _endless(value) else value
    return value if asked.schema.get("type") == "string" and not asked.choices else None


def meant(text: str) -> Any:
    """A text, or a range of days as forms keep it."""
    if not _RANGE.fullmatch(text):
        return text
    begins, _, ends = text.partition("/")
    return {"from": begins, "long_term": True} if ends == ENDLESS else {"from": begins, "to": ends}


def alike(one: Any, other: Any) -> bool:
    """Is this the same, however it is written?"""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        if _endless(one) or _endless(other):
            return bool(_endless(one) and _endless(other) and one.get("from") == other.get("from"))
        return same(one, other)
    if isinstance(one, str) and isinstance(other, str):
        return folded(one).upper() == folded(other).upper()
    return same(one, other)


def _endless(value: Mapping[str, Any]) -> bool:
    """Whatever date stands for 「长期」 in the system that it comes from."""
    try:
        return value.get("long_term") is True or is_long_term(date.fromisoformat(str(value.get("to"))))
    except ValueError:
        return False


def read_before(asked: Field, around: Mapping[str, object]) -> tuple[str, bool] | None:
    """What was read of it on photos of earlier pages: the text, and whether it is certain."""
    found = around.get(READ + asked.prefill) if asked.prefill else None
    return (str(found[0]), found[1] is True) if isinstance(found, tuple) else None
