"""What UI schemas of every kind have in common: naming questions, conditions over them, groups with ids of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from banli.exchange import names as naming
from banli.exchange.drafts import Modern
from banli.exchange.fitting import view
from banli.exchange.formulas import Formula, both
from banli.exchange.layouts import Ask, Item, Leaf, Page, Section, asked
from banli.exchange.names import Names
from banli.exchange.told import Pointer, Told, quoted
from banli.exchange.yaml_out import writable

_WIDGETS = {
    "text": ("text",),
    "number": ("updown", "text"),
    "date": ("date", "alt-date"),
    "email": ("email",),
    "yes_no": ("radio", "checkbox", "select"),
    "multiline": ("textarea",),
}
"""Widgets that a kind of question is anyhow."""


@dataclass
class Arranger:
    """`root` is the form's schema with every `$ref` written out. `told` names the UI schema, `schema_told` the schema.
    `unrequire` says that nobody can answer a question."""

    page: Page
    root: dict[str, Any]
    names: Names
    told: Told
    schema_told: Told
    unrequire: Callable[[Leaf], bool]
    ids: set[str] = field(default_factory=set)
    placed: dict[int, tuple[Ask, list[Item]]] = field(default_factory=dict)
    """By question where it stands, and the list that it stands in."""

    def say(self, at: Pointer, code: str, what: str, cure: str = "") -> None:
        self.told.say(at, code, what, cure)

    def text(self, value: Any, at: Pointer) -> str:
        """A text for people: on file as it is, without what would be a placeholder here."""
        if not isinstance(value, str) or not value.strip() or not writable(value):
            return ""
        return Modern({}, self.told).plain(value.strip(), at)

    def section(self, title: str, items: list[Item]) -> Section:
        made = naming.cleaned(title.lower(), "group").lower().strip("_") or "group"
        made = naming.free(made if naming.suits(made) else "group", self.ids | set(self.page.leaves))
        self.ids.add(made)
        return Section(made, title, items)

    def schema(self, value: Any, at: Pointer) -> Any:
        """A schema inside of the UI schema, with the names as they are now."""
        modern = Modern(value if isinstance(value, dict) else {}, self.told.below(at))
        modern.names = self.names
        return value if isinstance(value, bool) else modern.schema()

    def put(self, items: list[Item], path: tuple[str, ...], made: Ask, around: Formula, at: Pointer) -> None:
        """Adds a question where its object already stands, or begins that object here. `around` is the condition of the group
        that it would have stood in."""
        page = self.page
        for name in path[:-1]:
            leaf = page.leaves[name]
            if id(leaf) not in self.placed:
                self.place(items, Ask(leaf, inside=[]))
            holder, where = self.placed[id(leaf)]
            if where is not items:
                self.say(at, "moved", f"Its object '{leaf.name}' stands elsewhere in the layout, so it stands there too.")
                made.when = both(made.when, around)
            if holder.inside is None:
                holder.inside = []
            items, page = holder.inside, leaf.page or Page()
        if id(made.leaf) in self.placed:
            self.say(at, "twice", f"'{made.leaf.name}' stands in the layout already; the second place was left out.")
        else:
            self.place(items, made)

    def place(self, items: list[Item], made: Ask) -> None:
        items.append(made)
        self.placed[id(made.leaf)] = made, items

    def read_only(self, leaf: Leaf, at: Pointer) -> dict[str, Any]:
        cure = "Give it a 'prefill: client.…'."
        self.say(at, "read-only", "Only shown, and nothing on file is named that it shows; nobody is asked for it.", cure)
        self.unrequire(leaf)
        return {"read_only": True}

    def settings_of(self, leaf: Leaf, widget: str, at: Pointer) -> dict[str, Any]:
        """The look that a widget asks for, as far as the kind of question has it."""
        multiple = leaf.schema.get("type") == "array"
        if widget == "textarea" and leaf.kind == "text":
            return {"kind": "multiline"}
        if leaf.kind == "choice" and widget in ("radio", "select", "checkboxes"):
            look = {"radio": "checkboxes" if multiple else "radio"}.get(widget, widget)
            return {"look": "radio" if look == "checkboxes" and not multiple else look}
        if leaf.kind == "choice" and widget == "autocomplete":
            return {"look": "search"}
        if widget not in _WIDGETS.get(leaf.kind, ()):
            self.say(
                at,
                "widget",
                f"A {leaf.kind.replace('_', ' ')} is not drawn as {quoted(widget)} here; it looks as all of its kind do.",
            )
        return {}

    def left_over(self, items: list[Item], page: Page, where: str) -> None:
        """Questions that the UI schema does not name: asked at the end when they are required, else not asked."""
        for leaf in page.leaves.values():
            if id(leaf) in self.placed:
                continue
            if leaf.required:
                self.schema_told.say(
                    leaf.at, "not-arranged", f"{where} does not name it, but it is required; it is asked at the end."
                )
                self.place(items, Ask(leaf))
            else:
                self.schema_told.say(
                    leaf.at, "not-arranged", f"{where} does not name it, so it is not asked.", "Put it into the layout."
                )
        for one in asked(items):
            if one.inside is not None and one.leaf.page is not None:
                self.left_over(one.inside, one.leaf.page, where)

    def subject_schema(self) -> dict[str, Any]:
        return view(self.root)
