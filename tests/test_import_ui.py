"""UI schemas of JSON Forms and of react-jsonschema-form become layouts of ours; what they ask beyond that is told."""

from __future__ import annotations

from typing import Any

import pytest

from banli.definitions.source import read
from banli.exchange import import_form
from exchange_kit import page_of, post, small_trial

TRIAL = small_trial()
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["name", "vegetarian"],
    "properties": {
        "name": {"title": "Name", "type": "string"},
        "vegetarian": {"title": "Vegetarian", "type": "boolean"},
        "nation": {"title": "Nation", "type": "string", "enum": ["CN", "DE", "Other"]},
        "home": {
            "title": "Home",
            "type": "object",
            "required": ["city"],
            "properties": {"city": {"title": "City", "type": "string"}, "floor": {"title": "Floor", "type": "integer"}},
        },
        "remarks": {"title": "Remarks", "type": "string", "description": "Anything else"},
        "cards": {
            "title": "Cards",
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "bank": {"title": "Bank", "enum": ["icbc", "boc"]},
                    "branch": {"title": "Branch", "type": "string"},
                },
            },
        },
        "secret": {"title": "Secret", "type": "string"},
    },
}


def control(scope: str, **more: Any) -> dict[str, Any]:
    return {"type": "Control", "scope": "#/properties/" + scope.replace("/", "/properties/"), **more}


def rule(effect: str, scope: str, schema: Any, **more: Any) -> dict[str, Any]:
    scope = "#/properties/" + scope.replace("/", "/properties/")
    return {"effect": effect, "condition": {"scope": scope, "schema": schema, **more}}


def arranged(ui: Any) -> tuple[list[Any], list[str]]:
    made = import_form(SCHEMA, ui, "trial", TRIAL)
    assert made.wrong == ()
    told = [f"{mistake.place.file} {mistake.code}" for mistake in made.told]
    return read("forms/trial.yaml", made.text.encode()).data["layout"], told


def test_a_json_forms_layout_becomes_groups_notes_and_questions() -> None:
    ui = {
        "type": "VerticalLayout",
        "elements": [
            {"type": "HorizontalLayout", "elements": [control("name", label="姓名"), control("nation", options={"format": "radio"})]},
            {"type": "Label", "text": "About your home"},
            {"type": "Group", "label": "Home", "elements": [control("home/city"), control("home/floor", options={"placeholder": "1"})]},
            {"type": "Categorization", "elements": [
                {"type": "Category", "label": "Other", "elements": [control("remarks", options={"multi": True}), control("vegetarian")]},
            ]},
            control("cards", options={"detail": {"type": "VerticalLayout", "elements": [control("branch"), control("bank")]}}),
            control("nothing"),
            {"type": "MyOwn"},
        ],
    }  # fmt: skip
    layout, told = arranged(ui)
    assert layout == [
        {"name": {"title": "姓名"}},
        {"nation": {"look": "radio"}},
        {"note": {"text": "About your home"}},
        {
            "group": {
                "id": "home_2",
                "title": "Home",
                "entries": [{"home": {"entries": ["city", {"floor": {"placeholder": "1"}}]}}],
            }
        },
        {
            "group": {
                "id": "other",
                "title": "Other",
                "entries": [{"remarks": {"hint": "Anything else", "kind": "multiline"}}, "vegetarian"],
            }
        },
        {"cards": {"entries": ["branch", "bank"]}},
    ]
    assert told == [
        "ui#/elements/0 one-column", "ui#/elements/3 one-page", "ui#/elements/5/scope unknown-scope", "ui#/elements/6 unknown-element",
        "schema#/properties/secret not-arranged",
    ]  # fmt: skip


RULES: list[tuple[dict[str, Any], str]] = [
    (rule("SHOW", "nation", {"const": "CN"}), 'nation == "CN"'),
    (rule("HIDE", "nation", {"const": "CN"}), 'nation != "CN"'),
    (rule("HIDE", "nation", {"enum": ["CN", "DE"]}), '!(nation in ["CN", "DE"])'),
    (rule("SHOW", "vegetarian", {"const": True}), "vegetarian == true"),
    (rule("SHOW", "home/floor", {"minimum": 3}), "home.floor == null || home.floor >= 3"),
    (rule("SHOW", "home/floor", {"minimum": 3}, failWhenUndefined=True), "home.floor != null && home.floor >= 3"),
    (rule("HIDE", "home/floor", {"exclusiveMaximum": 0}), "home.floor != null && home.floor >= 0"),
    (rule("SHOW", "name", {"pattern": "^(a|b)$"}), 'name in ["a", "b"]'),
    (rule("SHOW", "name", {"not": {"const": "x"}}), 'name != "x"'),
    (rule("SHOW", "name", {"anyOf": [{"const": "x"}, {"const": "y"}]}), 'name == "x" || name == "y"'),
    (
        {"effect": "SHOW", "condition": {"scope": "#", "schema": {"properties": {"nation": {"const": "CN"}}, "required": ["name", "nation"]}}},
        'name != null && nation == "CN"',
    ),
    (
        {"effect": "SHOW", "condition": {"type": "OR", "conditions": [
            rule("", "nation", {"const": "DE"})["condition"],
            {"type": "LEAF", "scope": "#/properties/vegetarian", "expectedValue": True},
        ]}},
        'nation == "DE" || vegetarian == true',
    ),
]  # fmt: skip


@pytest.mark.parametrize("given, when", RULES, ids=[when for _, when in RULES])
def test_a_rule_of_json_forms_is_a_when(given: dict[str, Any], when: str) -> None:
    ui = {
        "type": "VerticalLayout",
        "elements": [control("name"), control("nation"), control("vegetarian"), control("home"), control("remarks", rule=given)],
    }
    layout, _ = arranged(ui)
    assert layout[-1] == {"remarks": {"hint": "Anything else", "when": when}}


def test_a_rule_that_greys_out_hides_and_says_so() -> None:
    layout, told = arranged(
        {
            "type": "VerticalLayout",
            "elements": [
                control("vegetarian"),
                control("name"),
                control("remarks", rule=rule("DISABLE", "vegetarian", {"const": True})),
            ],
        }
    )
    assert layout[-1] == {"remarks": {"hint": "Anything else", "when": "vegetarian != true"}}
    assert "ui#/elements/2/rule hidden-not-grey" in told


def test_a_question_pulled_out_of_its_group_keeps_the_condition_of_the_group() -> None:
    """The parts of an object stand together here; inside of it its own questions have bare names."""
    ui = {
        "type": "VerticalLayout",
        "elements": [
            control("name"), control("vegetarian"), control("home/floor"),
            {"type": "Group", "label": "More", "rule": rule("SHOW", "vegetarian", {"const": True}), "elements": [
                control("home/city", rule=rule("SHOW", "home/floor", {"minimum": 2})), control("remarks"),
            ]},
        ],
    }  # fmt: skip
    layout, told = arranged(ui)
    assert layout[2:] == [
        {"home": {"entries": ["floor", {"city": {"when": "(floor == null || floor >= 2) && vegetarian == true"}}]}},
        {
            "group": {
                "id": "more",
                "title": "More",
                "when": "vegetarian == true",
                "entries": [{"remarks": {"hint": "Anything else"}}],
            }
        },
    ]
    assert "ui#/elements/3/elements/0 moved" in told


def test_the_page_asks_as_the_rule_says() -> None:
    ui = {
        "type": "VerticalLayout",
        "elements": [
            control("name"),
            control("vegetarian"),
            control("remarks", rule=rule("SHOW", "vegetarian", {"const": True})),
        ],
    }
    made = import_form(SCHEMA, ui, "trial", TRIAL)
    page = page_of(read("forms/trial.yaml", made.text.encode()).data, TRIAL)
    hidden = [sorted(post(page, {"name": "a", "vegetarian": yes, "remarks": "b"}).hidden) for yes in (True, False)]
    assert hidden == [[], ["remarks"]]


def test_a_ui_schema_of_rjsf_orders_words_and_looks() -> None:
    ui = {
        "ui:order": ["vegetarian", "*", "name"],
        "ui:submitButtonOptions": {"norender": True},
        "name": {"ui:title": "姓名", "ui:placeholder": "As on the card", "ui:autocomplete": "name", "ui:classNames": "wide"},
        "nation": {"ui:widget": "radio", "ui:help": "Where you live"},
        "home": {"ui:order": ["floor", "city"], "city": {"ui:options": {"title": "Town", "widget": "MyMap"}}},
        "remarks": {"ui:widget": "textarea", "ui:options": {"rows": 5}, "ui:help": "At most a page"},
        "cards": {"ui:options": {"addButtonText": "One more"}, "items": {"branch": {"ui:widget": "hidden"}}},
        "secret": {"ui:widget": "hidden"},
        "nobody": {},
    }
    layout, told = arranged(ui)
    assert layout == [
        "vegetarian",
        {"nation": {"look": "radio", "hint": "Where you live"}},
        {"home": {"entries": ["floor", {"city": {"title": "Town"}}]}},
        {"remarks": {"hint": "Anything else At most a page", "rows": 5, "kind": "multiline"}},
        {"cards": {"add": "One more", "entries": ["bank"]}},
        {"name": {"title": "姓名", "placeholder": "As on the card", "autocomplete": "name"}},
    ]
    assert told == [
        "ui#/ui:submitButtonOptions unknown-setting", "ui#/nobody unknown-question", "ui#/home/city/ui:widget widget", "ui#/cards/items/branch/ui:widget hidden",
        "ui#/secret/ui:widget hidden", "ui#/name/ui:classNames looks",
    ]  # fmt: skip


def test_nobody_is_held_to_a_question_that_is_only_shown() -> None:
    made = import_form(SCHEMA, {"name": {"ui:readonly": True}}, "trial", TRIAL)
    form = read("forms/trial.yaml", made.text.encode()).data
    assert form["schema"]["required"] == ["vegetarian"]
    assert form["layout"][0] == {"name": {"read_only": True}}
    assert [mistake.code for mistake in made.told] == ["read-only"]


@pytest.mark.parametrize("ui", [[], "x", 3, {"type": "VerticalLayout", "elements": 3}, {"type": "Control", "scope": 7}])
def test_what_is_no_ui_schema_is_told_and_the_form_is_made(ui: Any) -> None:
    layout, told = arranged(ui)
    assert told != []
    assert "name" in str(layout)
