"""The built-in kinds as the checker gets them, for tests of the language."""

from __future__ import annotations

from banli.definitions.kinds import ActionShape, FieldShape, Kinds, PluginShape, StepShape
from banli.fields import Fields
from banli.steps.kinds import Agreements, FormStep, Overview, Photos, Submit

FIELD_REFERS = {
    "choice": {"within": "field", "empty": "text"},
    "otp": {"to": "phone", "button": "text"},
    "consent": {"agreement": "agreement"},
    "group_list": {"entries": "entries", "add": "text", "remove": "text"},
    "yes_no": {"yes": "text", "no": "text"},
    "date_range": {"long_term_text": "text"},
    "photo": {"side": "text", "button": "text"},
    "number": {"unit": "text"},
}
STEPS = (
    StepShape("form", FormStep.options, (), {"form": "form"}, fields=True),
    StepShape("overview", Overview.options, Overview.required, {"form": "form", "edit": "group"}, word="as", values="edit"),
    StepShape("photos", Photos.options, (), {
        "form": "form", "clear.fields": "field", "clear.when": "condition", "rules.when": "condition",
        "rules.title": "text", "rules.text": "text", "rules.button": "text",
    }, fields=True),
    StepShape("agreements", Agreements.options, Agreements.required, {
        "list": "agreement_list", "heading": "text", "tick": "text", "button": "text",
    }),
    StepShape("submit", Submit.options, Submit.required, {"text": "text", "button": "text"}, ends=True),
)
FIELDS = {
    name: FieldShape(name, kind.options, kind.accepts, refers=FIELD_REFERS.get(name, {}))
    for name, kind in Fields().kinds.items()
}
COLORS = ("brand", "on_brand", "accent", "page", "surface", "text", "muted", "line", "danger", "success", "warning")
KINDS = Kinds(
    fields=FIELDS,
    steps={shape.name: shape for shape in STEPS},
    actions={"directory.update": ActionShape("directory.update", {"fields": {"enum": ["changed", "all"]}}, ("fields",))},
    plugins={
        "banli_captcha": PluginShape("banli_captcha"),
        "banli_otp": PluginShape("banli_otp", {"gateway": {"enum": ["outbox", "cmpp"]}}, ("gateway",)),
        "banli_directory": PluginShape("banli_directory", {"system": {"enum": ["simulator"]}}, ("system",)),
    },
    themes={"plain": {**dict.fromkeys(COLORS, "color"), "radius": "length"}},
)
