"""What authors may write as a condition, what they are told, and what comes out for a client."""

from __future__ import annotations

import os
import time
from dataclasses import astuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from banli.expressions import FUNCTIONS, Condition, Function, Outcome, Scope, Type, compile, restore
from conditions_kit import ANSWERS, CASES, FULL, SCOPE, compiled, conditions, expected, judged

FORM = Scope(
    {
        "section": Type("string", ("identity", "phone", "other")),
        "contact_phone": Type("string"),
        "client.name": Type("string"),
        "client.birth": Type("date"),
        "certificate.valid": Type("bool"),
        "age": Type("int"),
        "amount": Type("double"),
        "tags": Type("list<string>", ("a", "b")),
        "agreed": Type("bool"),
        "extra": Type("map"),
        "rows": Type("list<map>", fields={"age": Type("int"), "ok": Type("bool")}),
        "today": Type("date", nullable=False),
        "city": Type("string", tuple(f"c{number}" for number in range(369))),
    },
    FUNCTIONS,
)

CARELESS = settings(
    deadline=None,
    max_examples=int(os.environ.get("BANLI_EXAMPLES", "100")),
    suppress_health_check=list(HealthCheck),
)


def faults(text: str, wants: str = "bool") -> list[tuple[int, str, str]]:
    found = compile(text, FORM, wants)  # type: ignore[arg-type]
    assert isinstance(found, list), found
    return [(fault.offset, fault.code, fault.message) for fault in found]


def good(text: str, scope: Scope = FORM) -> Condition:
    found = compile(text, scope)
    assert isinstance(found, Condition), found
    return found


def test_every_case_of_the_shared_fixture_has_its_result_on_the_server():
    """The browser runs the same file (tests/browser/test_conditions_in_browser.py)."""
    found = [(case["text"], case["values"], *astuple(compiled(case).evaluate(case["values"]))) for case in CASES]
    assert found == [(case["text"], case["values"], *expected(case).values()) for case in CASES]
    assert len(CASES) >= 170


def test_cel_itself_judges_every_case_of_the_fixture_alike():
    """But for lists that are too long for us: CEL would go on to ten times as many."""
    cases = [case for case in CASES if case.get("error") != "limit"]
    found = [(case["text"], case["values"], judged(compiled(case), case["values"])) for case in cases]
    assert found == [(case["text"], case["values"], expected(case)) for case in cases]


def test_the_code_row_is_shown_for_a_mobile_and_not_for_a_landline():
    """R-086, R-087."""
    row = good('phone_kind(contact_phone) == "mobile"')
    assert [row.holds({"contact_phone": typed}) for typed in ("13800138000", "0371-65951234", "138", None)] == [
        True,
        False,
        False,
        False,
    ]


def test_a_condition_names_the_fields_that_it_rests_on():
    found = good('client.name != null && rows.exists(r, r.age > age) && "x" in extra')
    assert found.names == {"client.name", "rows", "age", "extra"}


def test_the_tree_for_the_browser_is_small_and_plain():
    assert good('section == "phone" && phone_kind(contact_phone) == "mobile"').tree == [
        "&&",
        ["==", ["$", "section", "s"], "phone"],
        ["==", ["phone_kind", ["$", "contact_phone", "s"]], "mobile"],
    ]
    assert good("rows.exists(r, r.age > 1.5)").tree == [
        "exists",
        "r",
        ["$", "rows", [{"age": "i", "ok": "b"}]],
        [">", [".", ["@", "r"], "age"], ["d", 1.5]],
    ]


NOT = "does not belong here."
MISTAKES = [
    ('sectio == "phone"', 0, "unknown-name", "There is no name 'sectio' here. Did you mean 'section'?"),
    (
        'agreed &&\n client.nme == "a"',
        11,
        "unknown-name",
        "There is no name 'client.nme' here. Did you mean 'client.name'?",
    ),
    (
        'client == "a"',
        0,
        "unknown-name",
        "'client' is a group of names, not a name. Take one of client.name, client.birth.",
    ),
    (
        "rows.exists(r, r.agee > 1)",
        16,
        "unknown-name",
        "There is no 'agee' in this group. Did you mean 'age'?",
    ),
    (
        'section == "phon"',
        11,
        "unknown-option",
        "'phon' is not one of the options of 'section': identity, phone, other. Did you mean 'phone'?",
    ),
    (
        '"phon" == section',
        0,
        "unknown-option",
        "'phon' is not one of the options of 'section': identity, phone, other. Did you mean 'phone'?",
    ),
    (
        'section in ["phone", "x"]',
        21,
        "unknown-option",
        "'x' is not one of the options of 'section': identity, phone, other.",
    ),
    ('tags.exists(t, t == "c")', 20, "unknown-option", "'c' is not one of the options of 't': a, b."),
    ('"c" in tags', 0, "unknown-option", "'c' is not one of the options of 'tags': a, b."),
    (
        'phone_kind(contact_phone) == "mobil"',
        29,
        "unknown-option",
        "'mobil' is not one of the options of phone_kind(…): mobile, landline, \"\". Did you mean 'mobile'?",
    ),
    (
        "section == phone_kind(contact_phone)",
        8,
        "unknown-option",
        "These two have no option in common, so they are never equal.",
    ),
    (
        'city == "x9"',
        8,
        "unknown-option",
        "'x9' is not one of the options of 'city': c0, c1, c2, c3, c4, c5, c6, c7, … (369 in all).",
    ),
    (
        'age > "18"',
        4,
        "condition-type",
        "A whole number cannot be compared with a text. Put quotation marks around it, or take them off.",
    ),
    (
        'certificate.valid == "true"',
        18,
        "condition-type",
        "A yes/no cannot be compared with a text. yes/no is written true or false, without quotation marks.",
    ),
    (
        "age",
        0,
        "condition-type",
        "This must give a yes/no, but gives a whole number. Compare it with something.",
    ),
    (
        "extra.a",
        0,
        "condition-type",
        "This must give a yes/no, but gives something of unknown type. Compare it with something.",
    ),
    (
        "agreed && age",
        10,
        "condition-type",
        "There must be a yes/no on a side of &&, not a whole number. Compare it with something.",
    ),
    (
        "!section",
        1,
        "condition-type",
        "There must be a yes/no after !, not a text. Compare it with something.",
    ),
    (
        "amount * 2 > 1.0",
        7,
        "condition-type",
        "* needs two whole or two decimal numbers. Write decimals as 2.0, or double(x).",
    ),
    ("section - 1 == 2", 8, "condition-type", "- does not work with a text and a whole number."),
    ("age < null", 4, "condition-type", "null cannot be compared with <. Only == and != take null."),
    ("today == null", 6, "condition-type", "This can never be null. Ask whether the field itself is null."),
    ("null in tags", 5, "condition-type", "null is never among the items. Write == null."),
    ('client.birth < "2020-1-1"', 15, "condition-type", "'2020-1-1' is not a date. Write it as 2026-01-31."),
    (
        'age_on("2020-02-30", today) > 1',
        7,
        "condition-type",
        "'2020-02-30' is not a date. Write it as 2026-01-31.",
    ),
    (
        'phone_kind(extra.phone) == ""',
        16,
        "condition-type",
        "phone_kind takes a text here, not a value.",
    ),
    ("age_on(today) > 1", 0, "condition-type", "age_on takes 2 (date, date), not 1."),
    ('phone_kind(age) == ""', 11, "condition-type", "phone_kind takes a text here, not a whole number."),
    (
        'tags == "a"',
        5,
        "condition-type",
        'A list of text cannot be compared with a text. Write "item" in list.',
    ),
    (
        'tags.contains("a")',
        0,
        "condition-type",
        'contains works on texts, not on a list of text. Is an item in a list? Write "item" in list.',
    ),
    (
        "age in section",
        4,
        "condition-type",
        'After \'in\' stands a list, not a text. Write a list: ["a", "b"].',
    ),
    ("rows == rows", 5, "condition-type", "A list of group cannot be compared with ==."),
    ("agreed < agreed", 7, "condition-type", "A yes/no cannot be compared with <."),
    (
        'agreed ? "a" : 1',
        7,
        "condition-type",
        "The two sides of : are of different types, text and whole number.",
    ),
    ('[1, "a"] == [1]', 0, "condition-type", "The items of a list are all of one type."),
    ("section.foo == 1", 7, "condition-type", "A text has no part 'foo'."),
    ("section.exists(x, true)", 8, "condition-type", "exists needs a list, not a text."),
    ("size(age) == 1", 0, "condition-type", "size takes a text or a list, not a whole number."),
    (
        "rows.all(r, r.age)",
        13,
        "condition-type",
        "There must be a yes/no in all, not a whole number. Compare it with something.",
    ),
    (
        'phone_knd("1") == ""',
        0,
        "unknown-function",
        "There is no function 'phone_knd'. Did you mean 'phone_kind'?",
    ),
    (
        'contact_phone.phone_kind() == ""',
        14,
        "unknown-function",
        "phone_kind is not called with a dot. Write phone_kind(…).",
    ),
    (
        'contains(section, "a")',
        0,
        "unknown-function",
        "contains is called with a dot. Write text.contains(…).",
    ),
    (
        'contact_phone.matches("1.*")',
        14,
        "condition-unsupported",
        "'matches' is not part of conditions. Patterns belong into the JSON Schema of the field (`pattern`).",
    ),
    (
        'timestamp("x") == 1',
        0,
        "condition-unsupported",
        "'timestamp' is not part of conditions. Dates are texts: compare them with <, or use age_on, "
        "years_between, add_years.",
    ),
    (
        "has(client.name)",
        3,
        "condition-unsupported",
        "has() is not for fields: every field is there, if only as null. Write != null.",
    ),
    (
        '{"a": 1}.a == 1',
        0,
        "condition-unsupported",
        "Conditions have no maps '{…}'. Use a list [...], or compare the fields one by one.",
    ),
    (
        "age == 1u",
        7,
        "condition-unsupported",
        "Unsigned numbers are not part of conditions. Drop the letter beside it.",
    ),
    (
        'section == b"a"',
        11,
        "condition-unsupported",
        "Bytes are not part of conditions. Drop the letter beside it.",
    ),
    (".age == 1", 0, "condition-unsupported", "A name does not begin with a dot: '.age'. Write age."),
    (
        'tags.map(t, t == "a", t + t) == []',
        5,
        "condition-unsupported",
        "map takes a variable and one expression. Use .filter(x, …).map(x, …).",
    ),
    (
        "rows.exists(r, tags.all(t, true))",
        20,
        "condition-too-deep",
        "A loop inside a loop (all) is not part of conditions. Chain them: list.filter(x, …).exists(x, …).",
    ),
    (
        "rows.exists(age, true)",
        5,
        "condition-syntax",
        "The loop variable 'age' would hide a field. Take another letter.",
    ),
    ("", 0, "condition-syntax", "The condition is empty."),
    ('section = "phone"', 8, "condition-syntax", f"'=' {NOT} Write ==."),
    ("agreed and age > 1", 7, "condition-syntax", f"'and' {NOT} Write &&."),
    ("age > 1 & agreed", 8, "condition-syntax", f"'&' {NOT} Write &&."),
    ("age <> 1", 5, "condition-syntax", f"'>' {NOT} Write != for 'is not'."),
    ("（age > 1)", 0, "condition-syntax", f"'（' {NOT} Write (."),
    ("section == “phone”", 11, "condition-syntax", f"'“' {NOT} Write \"."),
    ("section == 手机", 11, "condition-syntax", f"'手机' {NOT} Texts stand in quotation marks."),
    (
        '"𠮷𠮷" == section ==',
        18,
        "condition-syntax",
        "The condition ends too early. Is a value or a bracket missing?",
    ),
    (
        'section == "phone',
        11,
        "condition-syntax",
        'The text that begins with " does not end. Close it with the same quotation mark.',
    ),
    ("package == 1", 0, "condition-syntax", "'package' is a reserved word in conditions. Rename the field."),
    ("age == 99999999999999999999", 7, "condition-syntax", "This whole number is too large."),
    ("amount < 1e999", 9, "condition-unsupported", "This number is too large."),
    (
        "age == 1" + " " * 2000,
        0,
        "condition-too-long",
        "A condition has at most 2000 characters; this one has 2008. Split it, or keep the codes in a dictionary.",
    ),
    (
        "(" * 40 + "agreed" + ")" * 40,
        0,
        "condition-too-deep",
        "The condition is too deeply nested, or too long a chain. Split it.",
    ),
]


@pytest.mark.parametrize(("text", "offset", "code", "message"), MISTAKES, ids=[mistake[0][:40] for mistake in MISTAKES])
def test_an_author_is_told_what_is_wrong_and_where(text, offset, code, message):
    assert faults(text) == [(offset, code, message)]


def test_all_mistakes_are_told_at_once_in_the_order_of_the_text():
    assert [fault[:2] for fault in faults('sectio == "a" || age > "1" || section == "b"')] == [
        (0, "unknown-name"),
        (21, "condition-type"),
        (41, "unknown-option"),
    ]


def test_scores_and_derived_texts_ask_for_their_own_type():
    assert faults('"a"', "double") == [(0, "condition-type", "This must give a decimal number, but gives a text.")]
    score = compile("agreed == true ? 2 : 1", FORM, "double")
    assert isinstance(score, Condition)
    assert score.evaluate({"agreed": True}) == Outcome(2.0)


HOSTILE = [
    "(" * 1000 + "1" + ")" * 999,
    "!" * 1999 + "agreed",
    "-" * 1990 + "age > 1",
    "age" + ".a" * 900,
    "[" * 1000 + "]" * 1000,
    "agreed ? agreed : " * 100 + "agreed",
    "1" + " + 1" * 400 + " > 1",
    "agreed" + " || agreed" * 190,
    "tags" + "[0]" * 600,
    "agreed && agreed || " * 90 + "agreed",
    '"' * 1999,
    "}{)(" * 500,
    "age" + " < age" * 300,
    "f(" * 900 + ")" * 900,
    "tags" + ".map(x, x)" * 150 + " == []",
    "{" * 1000,
    "_" * 1999,
    "1" * 1999,
    "1." * 900,
    "\n" * 1000 + "x = 1",
    '"\ud800" == section',
    "age\0 == 1",
    "\ufeffage == 1",
    "agreed //" + "x" * 1900,
    "'\\",
    "a.`b`",
    "tags.?a",
    "[?age]",
    "tags.exists(x, " * 60 + "true" + ")" * 60,
    "age" + " == null" * 240,
    "‮agreed",
    "/*" * 900,
    "\\u0061ge == 1",
    "tags.all(x, y, true)",
    "cel.bind(a, 1, a)",
    "Foo{a: 1}",
    "b'\\xff' == b''",
    "has(rows)",
    "has(1)",
    "'a'.exists(a, a)",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_answered_quickly_and_never_with_an_exception(text):
    start = time.process_time()
    found = compile(text, FORM)
    if isinstance(found, Condition):
        found.evaluate({"agreed": True, "age": 2, "tags": ["a"] * 1000})
    assert time.process_time() - start < 0.5
    assert isinstance(found, Condition) or found


@CARELESS
@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(
            [
                "age",
                "tags",
                ".",
                "(",
                ")",
                "[",
                "]",
                "exists",
                "x",
                ",",
                "==",
                "&&",
                "||",
                "!",
                "-",
                "'",
                '"',
                "1",
                "1.5",
                "null",
                "?",
                ":",
                "in",
                "size",
                "has",
                "client",
                "name",
                "map",
                "{",
                "}",
                " ",
                "\n",
                "张",
                "`",
                "u",
                "b",
                "\\",
                "//",
            ]
        ),
        max_size=25,
    ).map("".join)
)
def test_no_text_at_all_raises(text):
    found = compile(text, FORM)
    if isinstance(found, list):
        assert all(0 <= fault.offset <= len(text) and fault.what for fault in found) and found
    else:
        assert found.evaluate({}).error in (None, "unanswered", "arithmetic", "missing", "function", "type")


@CARELESS
@given(conditions(), FULL)
def test_what_the_checker_accepts_the_engine_can_run_once_all_is_answered(text, values):
    """Our types and those of CEL agree: no operator ever meets a value that it does not know."""
    found = good(text, SCOPE)
    outcome = found.evaluate(values)
    assert outcome.error in (None, "arithmetic", "missing", "function"), (text, values)
    assert restore(found.sealed()).evaluate(values) == outcome


@CARELESS
@given(conditions(), ANSWERS)
def test_any_condition_over_any_answers_comes_out_as_cel_would_have_it(text, values):
    found = good(text, SCOPE)
    outcome = found.evaluate(values)
    assert (outcome.error is None) == isinstance(outcome.value, bool)
    assert judged(found, values) == {"value": outcome.value, "error": outcome.error}


def test_endless_answers_are_refused_instead_of_computed():
    assert good('tags.all(t, t == "a")').evaluate({"tags": ["a"] * 100_000}) == Outcome(None, "limit")
    assert good("extra.a == 1").evaluate({"extra": {str(number): 1 for number in range(2000)}}) == Outcome(None, "limit")
    deep: dict[str, object] = {}
    for _ in range(5000):
        deep = {"a": deep}
    assert good("extra.a.a == 1").evaluate({"extra": deep}) == Outcome(False)


def test_an_error_tells_nothing_of_what_a_client_has_typed():
    def careless(text: str) -> str:
        raise ValueError(f"cannot read {text}")

    scope = Scope(
        {"name": Type("string"), "extra": Type("map")},
        FUNCTIONS.plus({"read": Function(("string",), "string", careless)}),
    )
    assert good('read(name) == "x"', scope).evaluate({"name": "张三"}) == Outcome(None, "function")
    assert good("extra[name] == 1", scope).evaluate({"name": "张三", "extra": {}}) == Outcome(None, "missing")


def test_only_outcomes_of_choices_are_remembered_and_never_what_people_type():
    choice = good('section == "phone" && agreed')
    for value in ("phone", "张三", 5, ["phone"], None, "other"):
        choice.evaluate({"section": value, "agreed": True})
    assert set(choice._memo or ()) == {(True, "phone"), (True, None), (True, "other")}
    assert good('contact_phone == "1"')._memo is None
    assert good("client.birth < today")._memo is None
    place = good("agreed && city != null")
    for number in range(369):
        for agreed in (True, False):
            place.evaluate({"city": f"c{number}", "agreed": agreed})
    assert len(place._memo or ()) == 512


def test_a_number_is_not_taken_for_a_yes_though_python_thinks_them_equal():
    agreed = good("agreed")
    assert [agreed.evaluate({"agreed": value}).value for value in (True, 1, 1.0, False, 0, True)] == [
        True,
        None,
        None,
        False,
        None,
        True,
    ]


def test_a_plugin_brings_a_function_and_the_page_knows_that_the_browser_has_no_twin():
    scope = Scope({"n": Type("int")}, FUNCTIONS.plus({"is_even": Function(("int",), "bool", lambda n: n % 2 == 0)}))
    found = good("is_even(n)", scope)
    assert (found.holds({"n": 4}), found.holds({"n": 3}), found.in_browser) == (True, False, False)
    assert good('phone_kind("1") == ""', scope).in_browser
    assert restore(found.sealed(), scope.functions).holds({"n": 4})
    for name, function in {
        "size": Function((), "int", int),
        "matches": Function((), "bool", bool),
        "a b": Function((), "int", int),
        "odd": Function(("map",), "int", int),
        "phone_kind": FUNCTIONS["phone_kind"],
    }.items():
        with pytest.raises(ValueError, match=name):
            FUNCTIONS.plus({name: function})


def test_a_name_cannot_be_a_group_of_names_as_well():
    with pytest.raises(ValueError, match="'client' is both"):
        Scope({"client": Type("string"), "client.name": Type("string")}, FUNCTIONS)
