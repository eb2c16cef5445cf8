"""Reads a JSON Forms UI schema: layouts, groups, categories, controls, labels and their rules, as a layout of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from banli.exchange.arranging import Arranger
from banli.exchange.conditions import NoCondition, Subject, formula_of, if_there
from banli.exchange.fitting import view
from banli.exchange.formulas import Formula, both, either, known, negate, renamed
from banli.exchange.layouts import Ask, Item, Leaf, Section, Words
from banli.exchange.told import Pointer, quoted

LAYOUTS = ("VerticalLayout", "HorizontalLayout", "Group", "Categorization", "Category")
TYPES = (*LAYOUTS, "Control", "Label", "ListWithDetail")
_RULES = ("SHOW", "HIDE", "ENABLE", "DISABLE")
_KNOWN = frozenset(("type", "elements", "label", "rule", "scope", "text", "options"))
_OPTIONS = frozenset(("format", "multi", "readonly", "readOnly", "placeholder", "detail", "autocomplete"))


def is_json_forms(ui: Any) -> bool:
    return isinstance(ui, Mapping) and ui.get("type") in TYPES and bool({"elements", "scope", "text"} & ui.keys())


class JsonForms:
    """One UI schema over the questions of one object: the form's, or those of a row."""

    def __init__(self, arranger: Arranger) -> None:
        self.a = arranger

    def items(self, ui: Any) -> list[Item]:
        items: list[Item] = []
        self._element(items, ui, (), True, None)
        self.a.left_over(items, self.a.page, "The UI schema")
        return items

    def _element(self, items: list[Item], ui: Any, at: Pointer, when: Formula, group: Formula | None) -> None:
        """`group` is the condition of the group around it, None: there is no group."""
        if not isinstance(ui, Mapping) or ui.get("type") not in TYPES:
            kind = ui.get("type") if isinstance(ui, Mapping) else ui
            self.a.say(at, "unknown-element", f"{quoted(kind)} is no element of a UI schema that is known here; it was left out.")
            return
        for key in ui:
            if key not in _KNOWN:
                self.a.say((*at, key), "unknown-setting", f"{quoted(key)} says nothing here, so it was left out.")
        if "rule" in ui:
            rule = self._rule(ui["rule"], (*at, "rule"))
            if rule is False:
                self.a.say((*at, "rule"), "never-asked", "This rule hides it whatever is answered, so it was left out.")
                return
            when = both(when, rule)
        kind = ui["type"]
        if kind in ("Control", "ListWithDetail"):
            self._control(items, ui, at, when, group)
        elif kind == "Label":
            text = self.a.text(ui.get("text"), (*at, "text"))
            if text:
                items.append(Words(text, when))
        else:
            self._layout(items, ui, str(kind), at, when, group)

    def _layout(
        self, items: list[Item], ui: Mapping[str, Any], kind: str, at: Pointer, when: Formula, group: Formula | None
    ) -> None:
        elements = ui.get("elements")
        title = self.a.text(ui.get("label"), (*at, "label"))
        if kind == "HorizontalLayout":
            self.a.say(at, "one-column", "Pages have one column, for they are read on phones; these stand below each other.")
        elif kind == "Categorization":
            self.a.say(
                at,
                "one-page",
                "A form is one page; each category is a group of it.",
                "For several pages make several forms and a flow.",
            )
        grouped = kind in ("Group", "Category") and bool(title)
        if grouped and group is not None:
            self.a.say(at, "group-in-group", f"A group cannot stand in a group; {quoted(title)} is a line above its questions.")
            items.append(Words(title, when))
            grouped = False
        inner: list[Item] = [] if grouped else items
        if not isinstance(elements, list):
            self.a.say((*at, "elements"), "no-elements", "There is no list of elements here.")
            return
        for index, element in enumerate(elements):
            self._element(inner, element, (*at, "elements", index), True if grouped else when, when if grouped else group)
        if grouped and inner:
            section: Section = self.a.section(title, inner)
            section.when = when
            items.append(section)

    def _control(self, items: list[Item], ui: Mapping[str, Any], at: Pointer, when: Formula, group: Formula | None) -> None:
        path = self._path(ui.get("scope"), (*at, "scope"))
        if path is None:
            return
        if not path:
            self.a.say((*at, "scope"), "unknown-scope", "A control for the whole form says nothing here; it was left out.")
            return
        leaf = self.a.page.find(path)
        if leaf is None:
            self.a.say(
                (*at, "scope"),
                "unknown-scope",
                f"{quoted(ui.get('scope'))} names no question that is asked here; it was left out.",
            )
            return
        prefix = ".".join(path[:-1]) + "." if len(path) > 1 else ""
        # Inside of an object its own questions have bare names.
        here, around = (one if not prefix else renamed(one, prefix) for one in (when, True if group is None else group))
        self.a.put(items, path, Ask(leaf, self._settings(leaf, ui, at), here, self._detail(leaf, ui, at)), around, at)

    def _settings(self, leaf: Leaf, ui: Mapping[str, Any], at: Pointer) -> dict[str, Any]:
        made: dict[str, Any] = {}
        label = ui.get("label")
        if isinstance(label, Mapping):
            label = label.get("text") if label.get("show", True) else False
        if label is False:
            self.a.say(
                (*at, "label"), "no-label", "A question has a title here, for those who cannot see the page; it keeps its own."
            )
        elif text := self.a.text(label, (*at, "label")):
            made["title"] = text
        options = ui.get("options")
        for key, value in (options if isinstance(options, Mapping) else {}).items():
            here = (*at, "options", key)
            if key not in _OPTIONS:
                self.a.say(here, "unknown-option", f"The option {quoted(key)} says nothing here, so it was left out.")
            elif key == "multi" and value is True:
                made |= self.a.settings_of(leaf, "textarea", here)
            elif key == "format" and isinstance(value, str):
                made |= self.a.settings_of(leaf, value, here)
            elif key == "autocomplete" and value is True:
                made |= self.a.settings_of(leaf, "autocomplete", here)
            elif key in ("readonly", "readOnly") and value is True:
                made |= self.a.read_only(leaf, here)
            elif key == "placeholder" and (text := self.a.text(value, here)):
                made["placeholder"] = text
        return made

    def _detail(self, leaf: Leaf, ui: Mapping[str, Any], at: Pointer) -> list[Item] | None:
        """The layout of a row, or of an object, in the options of its control."""
        options = ui.get("options")
        detail = options.get("detail") if isinstance(options, Mapping) else None
        here = (*at, "options", "detail")
        if not isinstance(detail, Mapping) or leaf.page is None:
            if isinstance(detail, str) and detail not in ("GENERATED", "DEFAULT"):
                self.a.say(here, "unknown-option", f"{quoted(detail)} names no layout here; its questions stand in their order.")
            return None
        schema = leaf.schema.get("items", {}) if leaf.schema.get("type") == "array" else leaf.schema
        inner = replace(self.a, page=leaf.page, root=dict(schema), told=self.a.told.below(here))
        items: list[Item] = []
        JsonForms(inner)._element(items, detail, (), True, True)
        return items

    # Scopes and rules

    def _path(self, scope: Any, at: Pointer) -> tuple[str, ...] | None:
        """`#/properties/address/properties/city` as (address, city)."""
        parts = scope.removeprefix("#").split("/")[1:] if isinstance(scope, str) and scope.startswith("#") else None
        if parts is None or len(parts) % 2 or any(word != "properties" for word in parts[::2]):
            self.a.say(at, "unknown-scope", f"{quoted(scope)} is no way to a question; it was left out.", "Write #/properties/….")
            return None
        return tuple(self.a.names(part.replace("~1", "/").replace("~0", "~").replace("%20", " ")) for part in parts[1::2])

    def _rule(self, rule: Any, at: Pointer) -> Formula:
        if not isinstance(rule, Mapping) or rule.get("effect") not in _RULES:
            self.a.say(at, "unknown-rule", "This is no rule: its effect is none of SHOW, HIDE, ENABLE, DISABLE.")
            return True
        try:
            formula = self._condition(rule.get("condition"), (*at, "condition"))
        except NoCondition as reason:
            self.a.say(
                at,
                "condition",
                f"This condition cannot be said here: {reason}. What it stands at is asked always.",
                "Write a 'when'.",
            )
            return True
        if rule["effect"] in ("ENABLE", "DISABLE"):
            self.a.say(
                at, "hidden-not-grey", "A question that cannot be answered is not asked here, where it would have been greyed."
            )
        return formula if rule["effect"] in ("SHOW", "ENABLE") else negate(formula)

    def _condition(self, condition: Any, at: Pointer) -> Formula:
        if not isinstance(condition, Mapping):
            raise NoCondition("it is no condition")
        several = condition.get("conditions")
        if isinstance(several, list) and condition.get("type") in ("AND", "OR"):
            parts = [self._condition(one, (*at, "conditions", index)) for index, one in enumerate(several)]
            return (both if condition["type"] == "AND" else either)(*parts)
        schema = condition.get("schema")
        if schema is None and "expectedValue" in condition:
            schema = {"const": condition["expectedValue"]}
        if not isinstance(schema, Mapping | bool):
            raise NoCondition("it has no schema")
        path = self._path(condition.get("scope"), (*at, "scope"))
        if path is None:
            raise NoCondition("it asks about no question")
        read = self.a.schema(dict(schema) if isinstance(schema, Mapping) else schema, (*at, "schema"))
        subject = Subject("", self.a.subject_schema(), view)
        for name in path:
            subject = subject.part(name)
        if path and self.a.page.find(path) is None:
            raise NoCondition(f"'{'.'.join(path)}' is not asked")
        formula = formula_of(read, subject)
        if not path or known(formula):
            return formula
        return if_there(formula, subject, needed=condition.get("failWhenUndefined") is True)
