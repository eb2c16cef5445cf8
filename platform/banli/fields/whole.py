"""What a schema says beyond single answers (if/then, dependentRequired, oneOf …): checked at once, told at the questions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from banli.definitions.branches import fixed
from banli.errors import Problem
from banli.fields.checks import ANNOTATIONS, stock_validator

_SAID_ELSEWHERE = ANNOTATIONS | {"properties", "required", "type"}
_LIMITS = {
    "minLength": ("too_short", "least"), "maxLength": ("too_long", "most"), "minimum": ("too_small", "least"),
    "maximum": ("too_large", "most"), "exclusiveMinimum": ("too_small", "least"), "exclusiveMaximum": ("too_large", "most"),
    "minItems": ("too_few", "least"), "maxItems": ("too_many", "most"), "minProperties": ("fill_more", "least"),
}  # fmt: skip
_CODES = {"pattern": "pattern", "format": "format", "uniqueItems": "twice", "enum": "choice", "contains": "choice"}


class Whole:
    """The schema of an object without what its questions say one by one."""

    def __init__(self, schema: Mapping[str, Any], asked: Mapping[str, Mapping[str, str]]) -> None:
        """`asked` are the questions by name, each with its author's sentences by code."""
        self.asked = asked
        rest = {key: value for key, value in schema.items() if key not in _SAID_ELSEWHERE}
        # Its questions have been checked; that they are there is what is left to say of them.
        names = dict.fromkeys(schema.get("properties", {}), True)
        self.schema = {"type": "object", "properties": names, **rest}
        self.validator = stock_validator(self.schema)

    def problems(self, values: Mapping[str, Any], silent: Callable[[str], bool]) -> list[Problem]:
        """What is wrong with these answers together. `silent` are questions that cannot be answered now: nobody is told to."""
        if self.validator.is_valid(values):
            return []
        found: dict[tuple[str, str], Problem] = {}
        for error in self.validator.iter_errors(values):
            for problem in self._told(error, values):
                if problem.code != "required" or not silent(problem.at):
                    found.setdefault((problem.at, problem.code), self._placed(problem))
        return list(found.values())

    def _placed(self, problem: Problem) -> Problem:
        """At its question with its author's sentence; at the top where the page has no such question."""
        name = problem.at.partition(".")[0]
        if not name:
            return problem
        if name not in self.asked:
            return Problem("", "schema")
        return Problem(problem.at, problem.code, problem.params, self.asked[name].get(problem.code, ""))

    def _told(self, error: Any, values: Mapping[str, Any]) -> Iterator[Problem]:
        kind, at = error.kind, _at(error.instance_path)
        if kind.name == "required":
            yield Problem(_joined(at, str(kind.property)), "required")
        elif kind.name in ("anyOf", "oneOf"):
            yield from self._branches(kind, at, error.schema_path, values)
        elif kind.name in ("additionalProperties", "unevaluatedProperties"):
            yield from (Problem(_joined(at, str(name)), "not_here") for name in kind.unexpected)
        elif kind.name == "falseSchema":
            yield Problem(at, "not_here" if at else "schema")
        elif kind.name in _LIMITS:
            code, word = _LIMITS[kind.name]
            yield Problem(at, code, {word: kind.limit})
        elif kind.name == "multipleOf":
            yield Problem(at, "multiple_of", {"of": kind.multiple_of})
        elif kind.name in ("const", "constant"):
            yield Problem(at, "const" if kind.expected_value is True else "choice" if at else "schema")
        else:
            yield Problem(at, _CODES.get(kind.name, "schema") if at else "schema")

    def _branches(self, kind: Any, at: str, path: Iterable[Any], values: Mapping[str, Any]) -> Iterator[Problem]:
        """None of several, or more than one. Where the answers say which was meant, that one's mistakes are told."""
        context = kind.context
        if any(not branch for branch in context):
            yield from self._too_many(_walk(self.schema, path), at, _walk(values, at.split(".") if at else []))
            return
        if all(branch and all(e.kind.name == "required" for e in branch) for branch in context):
            names = [_joined(at, str(e.kind.property)) for branch in context for e in branch]
            code = "required" if len(set(names)) == 1 else "fill_one"
            yield from (Problem(name, code) for name in dict.fromkeys(names))
            return
        meant = [branch for branch in context if not any(_decides(error) for error in branch)]
        if len(meant) == 1:
            for error in meant[0]:
                yield from self._told(error, values)
            return
        yield Problem(at, "schema")

    def _too_many(self, branches: Any, at: str, values: Any) -> Iterator[Problem]:
        """Several branches hold: the answer that would tell them apart is missing, or there are answers of several."""
        branches = [one for one in branches if isinstance(one, Mapping)] if isinstance(branches, list) else []
        values = values if isinstance(values, Mapping) else {}
        told = [{name for name, inner in one.get("properties", {}).items() if fixed(inner)} for one in branches]
        common = set.intersection(*told) if told else set()
        missing = sorted(name for name in common if name not in values)
        named = dict.fromkeys(str(name) for one in branches for name in one.get("required", ()) if name in values)
        if missing:
            yield Problem(_joined(at, missing[0]), "required")
        elif len(named) > 1:
            yield from (Problem(_joined(at, name), "only_one") for name in named)
        else:
            yield Problem(at, "schema")


def has_more(schema: Mapping[str, Any]) -> bool:
    """Does an object's schema say more than its properties and which of them are required? Closing a plain object is no
    more: only what is asked is kept."""
    return bool(set(schema) - _SAID_ELSEWHERE - {"additionalProperties", "unevaluatedProperties"})


def _decides(error: Any) -> bool:
    """Does this mistake tell that the branch was not meant at all?"""
    return error.kind.name in ("const", "constant", "enum", "type", "falseSchema")


def _at(path: Any) -> str:
    """The question that a mistake is about. Inside of a list it is the list: its options have no place of their own."""
    found: list[str] = []
    for step in path:
        if isinstance(step, int):
            break
        found.append(str(step))
    return ".".join(found)


def _walk(value: Any, path: Iterable[Any]) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _joined(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name
