"""Reads a uiSchema of react-jsonschema-form: orders, widgets, titles and helps, nested as the schema is, as a layout of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from banli.exchange.arranging import Arranger
from banli.exchange.layouts import Ask, Item, Leaf, Page
from banli.exchange.told import Pointer, quoted

_SILENT = frozenset(("order", "options", "rootFieldId", "globalOptions"))
_LOOKS = frozenset(
    ("classNames", "style", "inline", "field", "filePreview", "semantic", "chakra", "copyable", "duplicateKeySuffixSeparator")
)


class Rjsf:
    def __init__(self, arranger: Arranger) -> None:
        self.a = arranger

    def items(self, ui: Mapping[str, Any]) -> list[Item]:
        self._whole(ui, ())
        return self._page(self.a.page, ui, ())

    def _whole(self, ui: Mapping[str, Any], at: Pointer) -> None:
        """What is said of the form, or of a row, as a whole."""
        for key in _options(ui):
            if key not in _SILENT:
                self.a.say(
                    (*at, f"ui:{key}"), "unknown-setting", f"{quoted(key)} says nothing of the whole here; it was left out."
                )

    def _page(self, page: Page, ui: Mapping[str, Any], at: Pointer) -> list[Item]:
        known = {self.a.names(name): name for name in ui if not name.startswith("ui:") and name != "items"}
        for new, name in known.items():
            if name in _LOOKS and new not in page.leaves:
                self.a.say((*at, name), "looks", f"How things look is the theme's; {quoted(name)} was left out.")
            elif new not in page.leaves:
                self.a.say((*at, name), "unknown-question", f"{quoted(name)} is no question that is asked here; it was left out.")
        items: list[Item] = []
        for name in self._order(page, ui, at):
            leaf = page.leaves[name]
            old = known.get(name, name)
            inner = ui.get(old, {})
            if not isinstance(inner, Mapping):
                self.a.say((*at, old), "bad-value", "This is no map of settings, so it was left out.")
                inner = {}
            self._ask(items, leaf, inner, (*at, old))
        return items

    def _order(self, page: Page, ui: Mapping[str, Any], at: Pointer) -> list[str]:
        told = _options(ui).get("order")
        if not isinstance(told, list):
            return list(page.leaves)
        named = [self.a.names(name) if isinstance(name, str) and name != "*" else "*" for name in told]
        for index, name in enumerate(named):
            if name != "*" and name not in page.leaves:
                self.a.say(
                    (*at, "ui:order", index), "unknown-question", f"{quoted(told[index])} is no question that is asked here."
                )
        rest = [name for name in page.leaves if name not in named]
        if "*" not in named and rest:
            named.append("*")
            self.a.say((*at, "ui:order"), "not-arranged", f"{', '.join(rest)[:80]}: not in this order, so asked at its end.")
        found: list[str] = []
        for name in named:
            found += rest if name == "*" else [name] if name in page.leaves else []
        return list(dict.fromkeys(found))

    def _ask(self, items: list[Item], leaf: Leaf, ui: Mapping[str, Any], at: Pointer) -> None:
        options = _options(ui)
        if options.get("widget") == "hidden":
            if leaf.required:
                self.a.say((*at, "ui:widget"), "hidden", "It is hidden but required; a page asks what it needs, so it is asked.")
            else:
                self.a.say((*at, "ui:widget"), "hidden", "It is hidden, so it is not asked.")
                return
        settings: dict[str, Any] = {}
        helps = [leaf.settings.get("hint", "")]
        for key, value in options.items():
            here = (*at, f"ui:{key}")
            if key == "widget":
                settings |= self._widget(leaf, value, here)
            elif key in ("title", "placeholder") and (text := self.a.text(value, here)):
                settings[key] = text
            elif key == "description" and (text := self.a.text(value, here)):
                helps[0] = text
            elif key == "help" and (text := self.a.text(value, here)):
                helps.append(text)
            elif key in ("readonly", "disabled"):
                if value is True:
                    settings |= self.a.read_only(leaf, here)
            elif key == "autocomplete" and isinstance(value, str) and value:
                settings["autocomplete"] = value
            elif key == "rows" and isinstance(value, int) and 2 <= value <= 30 and options.get("widget") == "textarea":
                settings["rows"] = value
            elif key == "addButtonText" and leaf.kind == "group_list" and (text := self.a.text(value, here)):
                settings["add"] = text
            elif key == "enumNames":
                self.a.say(here, "titles", "Titles of options stand in the schema here.", "Write oneOf: [{const, title}] there.")
            elif key in _LOOKS:
                self.a.say(here, "looks", f"How things look is the theme's; {quoted(key)} was left out.")
            elif key not in _SILENT:
                self.a.say(here, "unknown-setting", f"{quoted(key)} says nothing here, so it was left out.")
        hint = " ".join(text for text in helps if text)
        if hint and hint != leaf.settings.get("hint"):
            settings["hint"] = hint
        self.a.place(items, Ask(leaf, settings, True, self._inside(leaf, ui, at)))

    def _inside(self, leaf: Leaf, ui: Mapping[str, Any], at: Pointer) -> list[Item] | None:
        rows = leaf.schema.get("type") == "array"
        below = ui.get("items") if rows else ui
        if leaf.page is None:
            for name in ui:
                if not name.startswith("ui:") and name not in _LOOKS and not (rows and name == "items"):
                    self.a.say(
                        (*at, name), "unknown-question", f"{quoted(name)} is no question that is asked here; it was left out."
                    )
            return None
        if not isinstance(below, Mapping):
            return None
        if rows:
            self._whole(below, (*at, "items"))
        return self._page(leaf.page, below, (*at, "items") if rows else at)

    def _widget(self, leaf: Leaf, value: Any, at: Pointer) -> dict[str, Any]:
        if value == "hidden":
            return {}
        if not isinstance(value, str):
            self.a.say(at, "widget", "A widget of one's own is a program; it was left out.", "A plugin can add a kind of field.")
            return {}
        return self.a.settings_of(leaf, value, at)


def _options(ui: Mapping[str, Any]) -> dict[str, Any]:
    """`ui:widget` and `ui:options: {widget}` say the same."""
    inner = ui.get("ui:options")
    found = dict(inner) if isinstance(inner, Mapping) else {}
    return {str(key): value for key, value in found.items()} | {
        key.removeprefix("ui:"): value for key, value in ui.items() if key.startswith("ui:") and key != "ui:options"
    }
