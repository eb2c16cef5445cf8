"""A JSON Schema from elsewhere becomes a form: what is kept, what is told, and that both accept the same answers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from banli.cli import main
from banli.definitions.source import read
from banli.exchange import Imported, import_form, read_json
from banli.sites import bundled
from exchange_kit import answers, judged, page_of, small_trial

FIXTURES = Path(__file__).parent / "fixtures" / "exchange"
TRIAL = small_trial()
unhurried = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))


def imported(schema: Any, ui: Any = None) -> Imported:
    return import_form(schema, ui, "trial", TRIAL)


def data(made: Imported) -> dict[str, Any]:
    assert made.wrong == ()
    return read("forms/trial.yaml", made.text.encode()).data


def codes(made: Imported) -> list[str]:
    return [f"{mistake.place.file} {mistake.code}" for mistake in made.told]


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def test_a_schema_of_draft_7_becomes_a_form_that_an_author_could_have_written() -> None:
    """Chinese titles stay, missing ones come from the names; descriptions are hints; parts stay parts; the rest is told."""
    schema, wrong = read_json("a.json", (FIXTURES / "account-opening.schema.json").read_bytes())
    assert wrong is None
    made = import_form(schema, None, "account_opening", TRIAL, ("a.json", ""))
    assert (
        made.text
        == """\
title: 开户资料
help: 请如实填写
schema:
  type: object
  required: [fullName, mobile_phone, residence, kind]
  properties:
    fullName: {title: 姓名, type: string, minLength: 2}
    mobile_phone: {title: Mobile phone, type: string, pattern: '^1[0-9]{10}$'}
    residence: {$ref: '#/$defs/address'}
    office: {$ref: '#/$defs/address'}
    kind: {title: 客户类型, type: string, oneOf: [{const: person, title: 个人}, {const: firm, title: 机构}]}
    income: {title: Income, type: [number, 'null'], minimum: 0}
    newsletter: {title: Newsletter, type: boolean, default: false}
    cards:
      title: Cards
      type: array
      minItems: 1
      maxItems: 3
      items:
        type: object
        required: [bank]
        properties:
          bank: {title: Bank, type: string, enum: [icbc, boc]}
          number: {title: Number, type: string, pattern: '^[0-9]{16,19}$'}
    note_field: {title: Note, type: string, maxLength: 200}
    attachments: {title: Attachments, type: array, items: {type: string}}
    manager: {title: Manager, $ref: '#/$defs/person'}
  if: {properties: {kind: {const: firm}}, required: [kind]}
  then:
    properties: {licence: {title: 营业执照号, type: string}}
    required: [licence]
  else: {properties: {birthday: {title: 生日, type: string, format: date}}}
  dependentRequired: {newsletter: [mobile_phone]}
  $defs:
    address:
      title: 地址
      type: object
      required: [city]
      properties:
        city: {title: 城市, type: string}
        street: {title: Street, type: string}
    person:
      type: object
      properties:
        name: {title: Name, type: string}
        boss: {title: Boss, type: string}
layout:
  - fullName: {hint: 与身份证一致}
  - mobile_phone
  - residence: {entries: [city, street]}
  - office: {entries: [city, street]}
  - kind
  - income
  - newsletter
  - cards: {entries: [bank, number]}
  - note_field
  - manager: {entries: [name, boss]}
  - licence
  - birthday
"""
    )
    assert codes(made) == [
        "a.json#/properties/mobile-phone renamed",
        "a.json#/properties/note renamed",
        "a.json#/properties/note/x-internal unknown-keyword",
        "a.json#/properties/attachments/items/format unknown-format",
        "a.json#/definitions/person/properties/boss/$ref ref-circle",
        "a.json#/definitions/unused not-used",
        "a.json#/definitions/person/properties/boss no-type",
        "a.json#/properties/newsletter/default default",
        "a.json#/properties/attachments not-asked",
        "a.json#/properties/attachments not-required",
    ]


UNSHOWN: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a name that is a word of the language": (of(group={"type": "string"}), ["schema#/properties/group renamed"]),
    "a Chinese name": (of(姓名={"title": "姓名", "type": "string"}), ["schema#/properties/姓名 renamed"]),
    "a list of texts": (
        {**of(a={"type": "string"}, tags={"type": "array", "items": {"type": "string"}}), "required": ["tags"]},
        ["schema#/properties/tags not-asked", "schema#/properties/tags not-required"],
    ),
    "a tuple": (
        of(a={"type": "string"}, pair={"type": "array", "items": [{"type": "string"}, {"type": "number"}]}),
        ["schema#/properties/pair not-asked"],
    ),
    "names that are patterns": (
        {**of(a={"type": "string"}), "patternProperties": {"^x": {"type": "string"}}}, ["schema#/patternProperties cannot-show"],
    ),
    "names that nobody knows": (
        {**of(a={"type": "string"}), "additionalProperties": {"type": "string"}}, ["schema#/additionalProperties cannot-show"],
    ),
    "alternatives that nothing tells apart": (
        {"type": "object", "oneOf": [of(a={"title": "A", "type": "string"}), of(b={"title": "B", "type": "number"})]},
        ["schema#/oneOf alternatives"],
    ),
    "a part of another document": (of(a={"$ref": "other.json#/x", "type": "string"}), ["schema#/properties/a/$ref outside-ref"]),
    "a reference to nothing": (of(a={"$ref": "#/$defs/b", "type": "string"}), ["schema#/properties/a/$ref unknown-ref"]),
    "a number that is too long": (
        of(a={"type": "number", "maximum": 1e300}), ["schema#/properties/a/maximum unwritable"],
    ),
    "several types": (of(a={"type": ["string", "integer"]}), ["schema#/properties/a/type several-types"]),
    "no type at all": (of(a={"title": "A"}), ["schema#/properties/a no-type"]),
    "a pattern of another language": (of(a={"type": "string", "pattern": "\\p{Han}(?<x>a)"}), ["schema#/properties/a/pattern bad-pattern"]),
    "braces that would be filled in": (of(a={"type": "string", "title": "{{ client.name }}"}), ["schema#/properties/a/title placeholder"]),
    "only shown": (
        {**of(a={"type": "string", "readOnly": True}, b={"type": "string"}), "required": ["a"]}, ["schema#/properties/a/readOnly read-only"],
    ),
    "a condition that has no words": (
        {**of(a={"type": "string"}), "if": of(a={"pattern": "^[a-c]+$"}), "then": of(b={"title": "B", "type": "string"})},
        ["schema#/if condition"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNSHOWN)
def test_what_cannot_be_shown_is_told_with_its_place_and_never_dropped_in_silence(name: str) -> None:
    schema, told = UNSHOWN[name]
    made = imported(schema)
    assert made.wrong == ()
    assert codes(made) == told
    assert all(str(mistake).count(": ") >= 2 for mistake in made.told)


def test_a_condition_beyond_const_becomes_a_when() -> None:
    """What only a branch declares is asked while its condition holds; the branch goes on checking it."""
    made = data(
        imported(
            {
                **of(code={"title": "Code", "type": "string"}),
                "if": {**of(code={"pattern": "^AB"}), "required": ["code"]},
                "then": {**of(depth={"title": "Depth", "type": "number"}), "required": ["depth"]},
                "else": of(width={"title": "Width", "type": "number"}),
            }
        )
    )
    assert made["layout"] == [
        "code",
        {"width": {"when": 'code == null || !(code.startsWith("AB"))'}},
        {"depth": {"when": 'code != null && code.startsWith("AB")'}},
    ]
    assert made["schema"]["then"] == {
        "type": "object",
        "properties": {"depth": {"title": "Depth", "type": "number"}},
        "required": ["depth"],
    }


@pytest.mark.parametrize(
    "root", [[], "text", True, {"type": "array", "items": {}}, {"type": "object"}, {"properties": {"a": False}}, None]
)
def test_what_is_no_form_at_all_is_refused_with_a_sentence(root: Any) -> None:
    made = imported(root)
    assert (made.text, [mistake.code for mistake in made.wrong]) == ("", ["cannot-show"])


def test_references_that_unfold_without_end_are_refused_before_they_do() -> None:
    """Ten parts that each name the next one ten times would be ten thousand million questions."""
    parts = {f"p{n}": of(**{f"q{i}": {"$ref": f"#/$defs/p{n + 1}"} for i in range(10)}) for n in range(10)}
    made = imported({**of(a={"$ref": "#/$defs/p0"}), "$defs": {**parts, "p10": {"type": "string"}}})
    assert [mistake.code for mistake in made.wrong] == ["too-large"]


@pytest.mark.parametrize(
    "raw, code",
    [
        (b"{", "not-json"), (b'{"a": 1, "a": 2}', "duplicate-key"), (b'{"a": NaN}', "not-json"), (b"\xff", "not-utf8"),
        (b"[" * 90 + b"]" * 90, "too-deep"), (b"[" * 100_000, "too-deep"), (b" " * 1_000_001, "too-large"), (b"", "not-json"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_why(raw: bytes, code: str) -> None:
    found, mistake = read_json("x.json", raw)
    assert found is None
    assert mistake is not None
    assert mistake.code == code
    assert str(mistake).startswith("x.json")


# What both accept

NAMES = ("a", "b", "c", "d")
plain = st.sampled_from([
    {"type": "string"}, {"type": "string", "minLength": 2}, {"type": "string", "maxLength": 3, "pattern": "^[a-z1-9]"},
    {"type": "string", "format": "date"}, {"type": "integer", "minimum": 1, "maximum": 10}, {"type": "number", "exclusiveMinimum": 0},
    {"enum": ["x", "y", "z"]}, {"type": "boolean"}, {"type": "array", "items": {"enum": ["x", "y", "z"]}, "minItems": 2},
    {"oneOf": [{"const": "x", "title": "X"}, {"const": "y"}]}, {"$ref": "#/$defs/code"}, {"$ref": "#/definitions/place"},
    {"allOf": [{"$ref": "#/$defs/code"}], "title": "T"}, {"type": "string", "not": {"const": "ab"}}, {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    {"type": "array", "items": {"type": "object", "required": ["k"], "properties": {"k": {"enum": ["x", "y"]}, "n": {"type": "integer"}}}, "maxItems": 2},
])  # fmt: skip
tests_ = st.sampled_from([
    {"const": "x"}, {"enum": ["x", "y"]}, {"minimum": 3}, {"minLength": 2}, {"pattern": "^a"}, {"const": True}, {"contains": {"const": "x"}},
    {"not": {"const": "x"}},
])  # fmt: skip


@st.composite
def schemas(draw: st.DrawFn) -> dict[str, Any]:
    """Object schemas of constructs that people use, over four names."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=4, unique=True))
    schema: dict[str, Any] = of(**{name: draw(plain) for name in names[:-1]})
    schema["required"] = draw(st.lists(st.sampled_from(names[:-1]), unique=True))
    schema["$defs"] = {"code": {"type": "string", "enum": ["x", "y", "ab"]}}
    schema["definitions"] = {
        "place": {**of(city={"type": "string", "minLength": 2}, floor={"type": "integer"}), "required": ["city"]}
    }
    first, last = names[0], names[-1]
    match draw(st.integers(0, 6)):
        case 0:
            condition = {**of(**{first: draw(tests_)}), **draw(st.sampled_from([{}, {"required": [first]}]))}
            schema |= {"if": condition, "then": {**of(**{last: draw(plain)}), "required": draw(st.sampled_from([[], [last]]))}}
        case 1:
            schema["dependentRequired"] = {first: names[1:-1]}
        case 2:
            schema["dependentSchemas"] = {first: of(**{last: draw(plain)})}
        case 3:
            branches = [{**of(kind={"const": word}, **{last: draw(plain)}), "required": ["kind", last]} for word in ("p", "q")]
            schema["oneOf"] = branches
        case 4:
            schema["anyOf"] = [{"required": [name]} for name in names[:-1]]
        case 5:
            schema["allOf"] = [{**of(**{last: draw(plain)}), "required": [last]}, {"minProperties": 1}]
        case _:
            schema["properties"]["home"] = {
                **of(zip={"type": "string", "format": "cn-postal-code"}, kind=draw(plain)),
                "required": ["zip"],
            }
    return schema


@unhurried
@given(st.data())
def test_the_form_accepts_what_the_schema_accepts(chosen: st.DataObject) -> None:
    """Whatever a page can show and answer: our server on the imported form, a stock validator on the schema as it came."""
    schema = chosen.draw(schemas())
    made = imported(schema)
    page = page_of(data(made), TRIAL)
    if any(mistake.code == "cannot-show" or mistake.code.startswith("checker-") for mistake in made.told):
        return  # something was left out, and told
    for _ in range(4):
        values = chosen.draw(answers(page.form.schema))
        server, stock = judged(page, schema, values, frozenset())
        assert bool(server) == bool(stock), (made.text, values, server, stock)


# Whatever comes

junk = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
    st.sampled_from(["string", "object", "array", "#", "#/$defs/a", "#/properties/a", "date", "{{ x }}", "\ud800", "a: b"]),
)  # fmt: skip
words = st.sampled_from(["a", "b", "first-name", "note", "in", "姓名", "", "$ref", "properties", "client"])
keys = st.sampled_from([
    "type", "properties", "required", "items", "enum", "const", "$ref", "$defs", "allOf", "anyOf", "oneOf", "not", "if", "then", "else",
    "dependencies", "dependentSchemas", "additionalProperties", "patternProperties", "title", "default", "format", "pattern", "minLength",
    "maximum", "multipleOf", "prefixItems", "readOnly", "pii", "$id", "$anchor", "x-y", "ui:order", "ui:widget", "scope", "elements", "rule",
])  # fmt: skip
any_json = st.recursive(
    junk,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys | words, inner | st.lists(words, max_size=2), max_size=5),
    max_leaves=20,
)
like_schemas = st.dictionaries(words, any_json | plain, max_size=4).flatmap(
    lambda properties: st.dictionaries(keys, any_json, max_size=3).map(
        lambda more: {**more, "type": "object", "properties": properties}
    )
)


@settings(unhurried, max_examples=150)
@given(like_schemas | any_json, st.none() | any_json)
def test_whatever_comes_there_is_a_form_that_checks_clean_or_a_sentence_with_a_place(schema: Any, ui: Any) -> None:
    made = imported(schema, ui)
    assert all(str(mistake).startswith(("schema#", "ui#")) for mistake in made.told)
    assert all("\n" not in str(mistake) for mistake in made.told)
    if made.wrong:
        assert made.text == ""
    else:
        assert TRIAL.mistakes("trial", made.text)[1] == []


# The command


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("BANLI_VAR", str(tmp_path / "var"))
    site = tmp_path / "site"
    for folder in ("definitions", "themes"):
        shutil.copytree(bundled() / folder, site / folder)

    def call(*words: str):
        return CliRunner().invoke(main, [*words, "--site", str(site)], catch_exceptions=False)

    call.forms = site / "definitions"
    return call


SCHEMA = str(FIXTURES / "account-opening.schema.json")


def test_the_command_writes_a_form_that_checks_clean_but_for_its_translations(run) -> None:
    found = run("import", "json-schema", SCHEMA)
    target = run.forms / "forms/account_opening.yaml"
    assert found.exit_code == 0
    assert found.stdout == f"wrote {target}\n"
    assert "account-opening.schema.json#/properties/note: renamed: 'note' cannot be the name of a question" in found.stderr
    assert "definitions/forms/account_opening.yaml: translation: 11 texts need a translation" in found.stderr
    checked = run("check")
    assert [line.split(": ")[1] for line in checked.stdout.splitlines() if "account_opening" in line] == ["translation"]
    again = run("import", "json-schema", SCHEMA)
    assert (again.exit_code, "exists already" in again.stderr) == (1, True)
    assert run("import", "json-schema", SCHEMA, "--force").exit_code == 0


def test_a_strict_import_writes_nothing_when_anything_is_not_as_it_was(run) -> None:
    found = run("import", "json-schema", SCHEMA, "--strict", "--name", "strict")
    assert (found.exit_code, "10 things are not as they were. Nothing was written." in found.stderr) == (1, True)
    assert not (run.forms / "forms/strict.yaml").exists()


def test_a_form_of_one_company_stands_in_its_folder(run) -> None:
    assert run("import", "json-schema", SCHEMA, "--company", "8002", "--title", "开户").exit_code == 0
    assert (run.forms / "companies/8002/forms/account_opening.yaml").read_text().startswith("title: 开户\n")
    assert run("import", "json-schema", SCHEMA, "--company", "8009").exit_code == 1
    taken = run("import", "json-schema", SCHEMA, "--company", "8002", "--name", "other_info")
    assert (taken.exit_code, "All companies have a form 'other_info'." in taken.stderr) == (1, True)


def test_a_form_can_be_looked_at_before_it_is_written(run, tmp_path: Path) -> None:
    shown = run("import", "json-schema", SCHEMA, "--stdout")
    assert shown.stdout.startswith("title: 开户资料\n")
    assert not (run.forms / "forms/account_opening.yaml").exists()
    broken = tmp_path / "broken.json"
    broken.write_text("{'a': 1}")
    found = run("import", "json-schema", str(broken))
    assert (found.exit_code, found.stderr.startswith("Error: broken.json:1:2: not-json: ")) == (1, True)
    broken.write_text(json.dumps({"type": "array"}))
    found = run("import", "json-schema", str(broken))
    assert (found.exit_code, found.stderr) == (
        1, "broken.json#: cannot-show: No form can be made of this: it describes no object with properties.\nError: Nothing was written.\n",
    )  # fmt: skip
    assert run("import", "json-schema", SCHEMA, "--name", "Not-A-Name").exit_code == 1
