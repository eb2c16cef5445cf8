"""What the layers above hand down: the kinds of fields, steps and actions, the plugins, and what they let conditions say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from banli.expressions import FUNCTIONS, Functions

Properties = Mapping[str, Any]
"""JSON Schemas of settings by name: the `properties` of an object that takes no others."""

Refers = Mapping[str, str]
"""What settings name, so that the checker can follow: by the dotted path of a setting, one of REFERENCES."""

REFERENCES = frozenset(
    (
        "form",
        "agreement_list",
        "agreement",
        "field",
        "phone",
        "email",
        "group",
        "step",
        "flow",
        "inquiry",
        "signer",
        "photo",
        "hours",
        "dictionary",
        "condition",
        "name",
        "text",
        "entries",
    )
)
"""`field` and `group` are of the form that the same settings name (in a form: of that form); `phone` is such a field or
`client.x` (of an action: `step.field` or `client.x`), `email` of an action likewise; `condition` is CEL, `name` is what
conditions know by then (`client.branch`), `text` is shown to people, `entries` is a layout."""


@dataclass(frozen=True, slots=True)
class FieldShape:
    """A kind of field. `accepts` says whether a schema gets this kind when the layout names none; the first one wins.

    `types` are the JSON types that its answers can have. `in_rows` says whether the rows of a list can ask it.
    """

    name: str
    options: Properties = field(default_factory=dict)
    accepts: Callable[[Mapping[str, Any]], bool] = lambda schema: False
    required: tuple[str, ...] = ()
    refers: Refers = field(default_factory=dict)
    types: tuple[str, ...] = ()
    in_rows: bool = True


@dataclass(frozen=True, slots=True)
class StepShape:
    """A kind of step. `fields`: the answers of its form are names for later conditions (`step.field`).

    `word` names the setting that gives conditions a new name, `values` the setting with that name's values; where the setting
    that `many` names is given, the name is a list of them. `ends` marks
    the kind that closes the client's part. `asks` names the setting with an inquiry, whose answers are names. `cases` says
    in which flows it can stand: `with` a case, `without` one, `both`; with one of the settings `asking` only where there is one.
    A `staffed` one has `reasons`, and one that `needs` another kind stands after a step of it.
    A setting that refers to a form and is not required defaults to the step's id.
    """

    name: str
    options: Properties = field(default_factory=dict)
    required: tuple[str, ...] = ()
    refers: Refers = field(default_factory=dict)
    fields: bool = False
    word: str = ""
    values: str = ""
    ends: bool = False
    asks: str = ""
    cases: str = "with"
    asking: tuple[str, ...] = ()
    staffed: bool = False
    needs: str = ""
    many: str = ""

    def form(self, step_id: str, settings: Mapping[str, Any]) -> str:
        """The id of the form that such a step asks, or ""."""
        name = next((path for path, kind in self.refers.items() if kind == "form"), "")
        if not name:
            return ""
        given = settings.get(name)
        return given if isinstance(given, str) else "" if name in self.required else step_id


@dataclass(frozen=True, slots=True)
class ActionShape:
    name: str
    options: Properties = field(default_factory=dict)
    required: tuple[str, ...] = ()
    refers: Refers = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InquiryShape:
    """What can be asked of another system, with the JSON Schemas of its answers by name."""

    name: str
    options: Properties = field(default_factory=dict)
    required: tuple[str, ...] = ()
    answers: Properties = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PluginShape:
    """An installed plugin and its settings in site.yaml."""

    name: str
    options: Properties = field(default_factory=dict)
    required: tuple[str, ...] = ()
    refers: Refers = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ThemeShape:
    """The design tokens of a theme: their kinds (color, length, text), their values by day and by night, and which of them
    is read on which: words, ground."""

    name: str
    tokens: Mapping[str, str]
    light: Mapping[str, str] = field(default_factory=dict)
    dark: Mapping[str, str] = field(default_factory=dict)
    pairs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Kinds:
    """All that definitions can name but do not define. `facts` are names for conditions with their JSON Schemas, `codes` those
    of the plugins' own problems. `themes` are the installed themes with their design tokens; None: not checked. `environment`
    is where the site runs: it changes looks and words, never what is found wrong.
    """

    fields: Mapping[str, FieldShape] = field(default_factory=dict)
    steps: Mapping[str, StepShape] = field(default_factory=dict)
    actions: Mapping[str, ActionShape] = field(default_factory=dict)
    inquiries: Mapping[str, InquiryShape] = field(default_factory=dict)
    signers: Mapping[str, str] = field(default_factory=dict)
    """By name the kind of step that each needs before it, or ""."""
    plugins: Mapping[str, PluginShape] = field(default_factory=dict)
    functions: Functions = field(default_factory=lambda: FUNCTIONS)
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)
    themes: Mapping[str, ThemeShape] | None = None
    environment: str = ""

    def holds(self, kind: str) -> bool:
        """Does this kind of question hold others (an object, a list of rows)?"""
        shape = self.fields.get(kind)
        return shape is not None and "entries" in shape.refers.values()

    def default_field(self, schema: Mapping[str, Any]) -> str:
        """The kind of a question whose layout names none, or "" when no kind takes such a schema."""
        return next((name for name, shape in self.fields.items() if shape.accepts(schema)), "")

    def fingerprint(self) -> str:
        """Changes whenever what can be written in definitions changes."""
        shapes = (self.fields, self.steps, self.actions, self.plugins, self.inquiries, self.themes or {})
        told = [
            [[_parts(shape) for shape in kind.values()] for kind in shapes],
            self.signers,
            [[name, f.arguments, f.result, sorted(f.options or ())] for name, f in sorted(self.functions.items())],
            self.facts,
            sorted(self.codes),
        ]
        return hashlib.sha256(json.dumps(told, sort_keys=True, default=_plain).encode()).hexdigest()


def _parts(shape: Any) -> list[Any]:
    """All that is said of a kind, but what only a program can say."""
    return [getattr(shape, part.name) for part in fields(shape) if part.name != "accepts"]


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)
