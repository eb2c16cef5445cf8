"""The JSON Schemas that ship say the same as the checker, to any validator and any editor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from banli.definitions.build import PAPER
from banli.definitions.composed import OF_FOLDER, SCHEMAS, compose, difference, write_schemas
from banli.definitions.library import Library
from banli.definitions.overlay import merge
from banli.definitions.source import read
from definition_kinds import KINDS
from test_check import BROKEN, CASES, SITE, lay

EXAMPLE = Path(__file__).parents[1] / "definitions"
SHAPE = ("unknown-key", "missing-key", "wrong-type", "not-one-of", "bad-form", "empty", "two-keys", "twice", "out-of-range",
         "not-here", "wrong-value", "unknown-field-kind")  # fmt: skip
NOT_BY_SHAPE = {
    "plugin_without_option", "consent_without_agreement", "overlay_wrong_type", "bad_keyword_value", "duplicate_key",
    "scenario_answers_no_map", "scenario_clock", "scenario_delivery", "scenario_of_other_companies", "scenario_time", "agreement_pdf_with_text",
}  # fmt: skip
BROKEN_IN_SHAPE = [
    case for case in CASES
    if case.is_file() and case.stem not in NOT_BY_SHAPE
    and any(f": {code}: " in line for line in case.read_text(encoding="utf-8").splitlines()[:1] for code in SHAPE)
]  # fmt: skip


def validator(name: str) -> Any:
    return jsonschema.Draft202012Validator(compose(name, KINDS))


@pytest.mark.parametrize("name", sorted({*OF_FOLDER.values(), "scenario"}))
def test_every_schema_is_valid_closed_and_describes_each_of_its_keys(name: str) -> None:
    schema = compose(name, KINDS)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator.check_schema(difference(schema))
    assert schema["additionalProperties"] is False
    missing = [path for path, inner in properties(schema) if not inner.get("description") and "$ref" not in inner]
    assert missing == []


def properties(schema: Any, path: str = "") -> Any:
    if isinstance(schema, dict):
        for key, inner in schema.get("properties", {}).items():
            if isinstance(inner, dict) and not path.endswith(("/items", "/entry", "/inner")):
                yield f"{path}/{key}", inner
        for key, inner in schema.items():
            if key not in ("enum", "const", "default", "examples"):
                yield from properties(inner, f"{path}/{key}")
    elif isinstance(schema, list):
        for inner in schema:
            yield from properties(inner, path)


@pytest.mark.parametrize("folder", [EXAMPLE, SITE], ids=["example", "small"])
def test_a_stock_validator_accepts_every_file_of_a_correct_site(folder: Path) -> None:
    library = Library.read(folder, KINDS)
    wrong = []
    for company in ("", *library.company_ids):
        for kind, name in OF_FOLDER.items():
            check = validator(name)
            for _, source in library.view(company).all(kind):
                wrong += [f"{source.file}: {error.message}" for error in check.iter_errors(written(source.data))]
    assert wrong == []


def written(data: dict) -> dict:
    """As its author wrote it: the facts about an agreement's PDF are put in when it is read."""
    return {key: value for key, value in data.items() if key != PAPER}


@pytest.mark.parametrize("folder", [EXAMPLE, SITE], ids=["example", "small"])
def test_a_stock_validator_accepts_what_a_company_writes_as_a_difference(folder: Path) -> None:
    library = Library.read(folder, KINDS)
    wrong = []
    for (owner, kind, _), source in library.sources.items():
        if owner and kind != "company":
            check = jsonschema.Draft202012Validator(difference(compose(OF_FOLDER[kind], KINDS)))
            wrong += [f"{source.file}: {error.message}" for error in check.iter_errors(written(source.data))]
    assert wrong == []


@pytest.mark.parametrize("case", BROKEN_IN_SHAPE, ids=lambda path: path.stem)
def test_a_stock_validator_refuses_what_is_broken_in_shape(case: Path, tmp_path: Path) -> None:
    expected = lay(case, tmp_path / "definitions")
    path = tmp_path / expected[0].partition(":")[0]
    source = read("x", path.read_bytes())
    if "scenarios" in path.parts:
        assert list(validator("scenario").iter_errors(source.data))
        return
    base = tmp_path / "definitions" / Path(*path.relative_to(tmp_path).parts[3:])
    if "companies" in path.parts and path.name != "company.yaml":
        source = merge(read("x", base.read_bytes()), source)
    folder = (
        "company" if path.name == "company.yaml" else path.stem if path.parent.name == "definitions" else path.parent.name
    )
    assert list(validator(OF_FOLDER[folder]).iter_errors(source.data))


def test_there_are_enough_files_that_are_broken_in_shape() -> None:
    assert len(BROKEN_IN_SHAPE) >= 20
    assert {case.stem for case in BROKEN.iterdir()} > {case.stem for case in BROKEN_IN_SHAPE}


def test_an_editor_gets_the_schemas_with_the_settings_of_all_kinds(tmp_path: Path) -> None:
    written = write_schemas(tmp_path, KINDS)
    assert {path.name for path in written} >= {"form.json", "company.form.json", "flow.json", "site.json", "scenario.json"}
    question = json.loads((tmp_path / "form.json").read_text(encoding="utf-8"))["$defs"]["question"]
    assert {"kind", "prefill", "to", "within", "long_term", "entries", "agreement"} <= set(question["properties"])
    steps = json.loads((tmp_path / "flow.json").read_text(encoding="utf-8"))["properties"]["steps"]["items"]["properties"]
    assert set(steps) == {*KINDS.steps, "use"}


def test_every_file_of_the_example_site_names_a_schema_that_is_there() -> None:
    for path in EXAMPLE.rglob("*.yaml"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        if first.startswith("# yaml-language-server: $schema="):
            target = (path.parent / first.partition("=")[2]).resolve()
            assert target.parent == SCHEMAS.resolve(), path
            assert target.is_file(), path
