"""How each kind of question reads what people type, and how it shows, masks and posts again what is kept."""

from __future__ import annotations

import time
from typing import Any

import pytest

from banli.errors import Problem
from banli.fields import Fields
from banli.fields.checks import compile_checks
from small_flows import Field, Option, book, form, posted, question

TEXT = {"type": "string"}
RANGE = {
    "type": "object",
    "required": ["from", "to"],
    "additionalProperties": False,
    "properties": {
        "from": {"type": "string", "format": "date"},
        "to": {"type": "string", "format": "date"},
        "long_term": {"type": "boolean"},
    },
}
FAR = {"long_term": "2099-12-31", "long_term_text": "长期"}
BANKS = (Option("icbc", "工商银行"), Option("boc", "中国银行"), Option("old", "旧银行", retired=True))
PHOTO = {"type": "string", "contentMediaType": "image/*", "maxLength": 100}

CARDS = question(
    "cards",
    {
        "type": "array",
        "minItems": 1,
        "maxItems": 3,
        "items": {
            "type": "object",
            "required": ["bank", "number"],
            "properties": {
                "bank": {"enum": ["icbc", "boc"]},
                "number": {"type": "string", "pattern": r"^\d{4,6}$"},
                "since": {"type": "string", "format": "date"},
            },
        },
    },
    items=(
        question("bank", {"enum": ["icbc", "boc"]}, choices=BANKS, required=True),
        question("number", {"type": "string", "pattern": r"^\d{4,6}$"}, required=True),
        question("since", {"type": "string", "format": "date"}),
    ),
)


def say(text: str) -> str:
    return text


def read(field: Field, *texts: str, **parts: str | list[str]) -> Any:
    """The value that is read from these texts (or from parts of the field), or the codes of what is wrong."""
    raw = posted({field.name: list(texts)} if texts else {f"{field.name}__{part}": value for part, value in parts.items()})
    return value_of(field, raw)


def value_of(field: Field, raw: dict[str, list[str]]) -> Any:
    problems: list[Problem] = []
    value = Fields().kind(field.kind).parser(field)(raw, problems)
    assert value is None or not problems
    return [(problem.at, problem.code) for problem in problems] or value


def wrong(code: str, at: str = "f") -> list[tuple[str, str]]:
    return [(at, code)]


# Each kind: what is typed, what is kept, what is shown, what is shown to eyes that need not know

KEPT = [
    (question("f", TEXT), "  金水区 花园路1号 ", "金水区 花园路1号", ["金水区 花园路1号"], ["金********"]),
    (question("f", TEXT, kind="multiline"), "一\r\n二\r三", "一\n二\n三", ["一", "二", "三"], ["*", "*", "*"]),
    (question("f", {"type": "number"}), "１２，３４５．５０", 12345.5, ["12345.5"], ["1******"]),
    (question("f", {"type": "number"}), "0.0000001", 1e-07, ["0.0000001"], ["0********"]),
    (question("f", {"type": "integer"}), "-7", -7, ["-7"], ["-*"]),
    (question("f", {"type": "integer"}, options={"unit": "万元"}), "50", 50, ["50 万元"], ["5*"]),
    (question("f", {"type": "string", "format": "date"}), "２０２６年1月５日", "2026-01-05", ["2026-01-05"], ["***"]),
    (question("f", {"enum": ["icbc", "boc", "old"]}, choices=BANKS), "boc", "boc", ["中国银行"], ["***"]),
    (question("f", {"enum": [1, 2]}), "2", 2, ["<2>"], ["***"]),
    (question("f", {"type": "boolean"}, options={"yes": "是", "no": "否"}), "false", False, ["否"], ["***"]),
    (question("f", {"type": "boolean"}, options={"yes": "有"}), "false", False, ["No"], ["***"]),
    (question("f", {"type": "boolean"}), "true", True, ["Yes"], ["***"]),
    (
        question("f", {"type": "string", "format": "cn-phone"}),
        "138 0013 8000",
        "13800138000",
        ["13800138000"],
        ["138****8000"],
    ),
    (
        question("f", {"type": "string", "format": "cn-phone"}),
        "（021）63212345转801",
        "021-63212345-801",
        ["021-63212345-801"],
        ["021-****2345-***"],
    ),
    (
        question("f", {"type": "string", "format": "cn-id-number"}),
        "１１０１０５１９４９１２３１００２ｘ",
        "11010519491231002X",
        ["11010519491231002X"],
        ["1101**********002X"],
    ),
    (
        question("f", {"type": "string", "format": "email"}),
        "zhang.san＠example．com",
        "zhang.san@example.com",
        ["zhang.san@example.com"],
        ["z********@example.com"],
    ),
    (question("f", {"type": "string", "format": "cn-postal-code"}), "４５００ ００", "450000", ["450000"], ["4*****"]),
    (
        question("f", {"type": "string", "format": "cn-bank-card"}),
        "６２２２ 0200-0000 0000 018",
        "6222020000000000018",
        ["6222 0200 0000 0000 018"],
        ["6222***********0018"],
    ),
    (question("f", PHOTO), "file-1", "file-1", [], []),
]


@pytest.mark.parametrize(("field", "typed", "kept", "shown", "masked"), KEPT, ids=[f"{k[0].kind}-{k[1][:9]}" for k in KEPT])
def test_each_kind_reads_what_people_type_and_shows_it_again(field, typed, kept, shown, masked):
    """R-084 for phones; full-width digits and letters as Chinese keyboards give them."""
    kind = Fields().kind(field.kind)
    value = read(field, typed)
    assert (value, type(value)) == (kept, type(kept))
    assert kind.show(field, value, say) == shown
    assert kind.mask(field, value) == masked
    assert value_of(field, kind.write(field, value)) == kept
    assert [value_of(field, raw) for raw in ({}, {"f": []}, {"f": [""]})] == [None, None, None]
    assert field.kind == "choice" or read(field, " \u3000 ") is None
    assert (kind.show(field, None, say), kind.mask(field, None), kind.write(field, None)) == ([], [], {})


REFUSED = [
    (question("f", {"type": "string", "minLength": 2, "maxLength": 3}), ["一"], "too_short"),
    (question("f", {"type": "string", "minLength": 2, "maxLength": 3}), ["一二三四"], "too_long"),
    (question("f", {"type": "string", "pattern": r"^\d{6}$"}), ["１２３４５６"], "pattern"),
    (question("f", TEXT), ["a\nb"], "characters"),
    (question("f", {"type": "number"}), ["1e5"], "number"),
    (question("f", {"type": "number"}), ["1" * 16], "number"),
    (question("f", {"type": "number"}), ["nan"], "number"),
    (question("f", {"type": "number", "minimum": 1}), ["0"], "too_small"),
    (question("f", {"type": "number", "exclusiveMaximum": 1}), ["1"], "too_large"),
    (question("f", {"type": "integer"}), ["1.5"], "type"),
    (question("f", {"type": "number", "multipleOf": 0.01}), ["0.015"], "multiple_of"),
    (question("f", {"type": "string", "format": "date"}), ["2026-02-29"], "format"),
    (question("f", {"type": "string", "format": "date"}), ["2026111"], "format"),
    (question("f", {"enum": ["icbc", "boc", "old"]}, choices=BANKS), ["old"], "choice"),
    (question("f", {"enum": ["icbc", "boc"], "not": {"const": "boc"}}, choices=BANKS), ["boc"], "choice"),
    (question("f", {"type": "boolean"}), ["maybe"], "choice"),
    (question("f", {"const": True}), ["on"], "const"),
    (question("f", {"type": "string", "format": "cn-mobile"}), ["0371-65951234"], "format"),
    (question("f", {"type": "string", "format": "cn-landline"}), ["13800138000"], "format"),
    (question("f", {"type": "string", "format": "cn-phone"}), ["95588"], "phone_short_code"),
    (question("f", {"type": "string", "format": "cn-id-number"}), ["110105194912310021"], "id_checksum"),
    (question("f", {"type": "string", "format": "email"}), ["zhang.san"], "format"),
    (question("f", {"type": "string", "format": "cn-postal-code"}), ["45000"], "format"),
    (question("f", {"type": "string", "format": "cn-bank-card"}), ["62220200001"], "format"),
    (question("f", PHOTO), ["x" * 101], "too_long"),
]


@pytest.mark.parametrize(("field", "texts", "code"), REFUSED, ids=[f"{r[0].kind}-{r[2]}-{r[1][0][:9]}" for r in REFUSED])
def test_each_kind_says_what_is_wrong(field, texts, code):
    assert read(field, *texts) == wrong(code)


def test_the_sentence_of_the_author_goes_with_the_code_and_nothing_that_was_typed():
    field = question("f", {"type": "string", "format": "cn-postal-code"}, errors={"format": "邮政编码为6位数字"})
    problems: list[Problem] = []
    Fields().kind("postal_code").parser(field)({"f": ["45000"]}, problems)
    assert problems == [Problem("f", "format", {"format": "cn-postal-code"}, "邮政编码为6位数字")]


@pytest.mark.parametrize("kind", ["text", "multiline", "email", "otp", "captcha", "photo"])
@pytest.mark.parametrize(
    "sign", ["\x00", "\x1b", "\x85", "\u200b", "\u202e", "\u2066", "\u2028", "\ufeff", "\ud800", "\U000e0041"]
)
def test_control_and_direction_characters_are_refused(kind, sign):
    """They make one text look like another. (Where no text is meant, invisible ones are just left out.)"""
    field = question("f", {"type": "string", "maxLength": 40}, kind=kind)
    refused = read(field, f"gnp{sign}.exe")
    invisible = "\u200b\u202e\u2066\ufeff\U000e0041"
    left_out = sign in {"email": invisible, "otp": invisible + "\x85\u2028", "captcha": invisible + "\x85\u2028"}.get(
        kind, ""
    )
    assert refused == ("gnp.exe" if left_out else wrong("characters"))


def test_rare_characters_and_joined_emoji_are_texts_like_any_other():
    for text in ("𠮷野家", "〇", "\ue863", "👩\u200d🚀", "a\tb"):
        assert read(question("f", TEXT), text) == text


@pytest.mark.parametrize("kind", sorted(Fields().kinds))
def test_a_huge_text_costs_no_more_than_its_length(kind):
    schema = RANGE if kind == "date_range" else TEXT if kind != "group_list" else CARDS.schema
    field = CARDS if kind == "group_list" else question("f", schema, kind=kind, choices=BANKS)
    began = time.process_time()
    for piece in ("1", "１", "-", "a@", "\u200b", " 1"):
        huge = piece * (200_000 // len(piece))
        raw = {"f": [huge], "f.from": [huge], "f.to": [huge], "cards.0.number": [huge], f"cards.{huge}.number": ["1"]}
        value_of(field, raw)
    assert time.process_time() - began < 3


def test_a_code_and_a_captcha_are_understood_in_full_width_and_never_kept():
    fields = (
        question(
            "code",
            {"type": "string", "pattern": r"^\d{6}$"},
            kind="otp",
            required=True,
            options={"to": "client.phone", "purpose": "login"},
        ),
        question("drawn", TEXT, kind="captcha", required=True),
    )
    reading = (
        book([form("page", *fields)])
        .reader("page")
        .read(posted({"code": "１２３ ４５６", "drawn": "ａＢ 3d"}), {"client.phone": "13800138000"})
    )
    assert [(a.at, a.kind, a.answer, a.to, a.purpose) for a in reading.awaits] == [
        ("code", "otp", "123456", "13800138000", "login"),
        ("drawn", "captcha", "aB3d", "", "drawn"),
    ]
    assert (reading.values, reading.problems) == ({}, ())


def test_a_digit_as_text_is_not_the_number():
    assert [compile_checks({"enum": [1, "a"]}, "f", {})(value) is None for value in (1, 1.0, "a", "1", True)] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_a_consent_is_read_back_as_a_word_and_never_ticked_again():
    """R-023"""
    field, kind = question("f", {"const": True}), Fields().kind("consent")
    assert (field.kind, read(field, "true"), kind.write(field, True)) == ("consent", True, {})
    assert (kind.show(field, True, say), kind.mask(field, True)) == (["Agreed"], ["***"])
    assert (kind.show(field, None, say), kind.mask(field, None)) == ([], [])


# Choices


def several(**schema: Any) -> Field:
    options = (
        Option("none", "无", exclusive=True),
        Option("bank", "银行"),
        Option("court", "法院"),
        Option("old", "旧", retired=True),
    )
    return question("f", {"type": "array", "items": {"enum": ["none", "bank", "court", "old"]}, **schema}, choices=options)


def test_several_choices_are_kept_in_the_order_of_the_options():
    assert read(several(), "court", "bank", "court", "") == ["bank", "court"]
    kind, field = Fields().kind("choice"), several()
    assert kind.show(field, ["bank", "old", "gone"], say) == ["银行", "旧", "gone"]
    assert kind.mask(field, ["bank"]) == ["***"]
    assert kind.write(field, ["bank", "court"]) == {"f": ["bank", "court"]}


def test_an_option_that_excludes_the_others_stands_alone():
    """R-098"""
    assert read(several(), "none") == ["none"]
    assert read(several(), "none", "bank") == wrong("exclusive")


def test_too_few_too_many_retired_and_unknown_choices_are_refused():
    assert read(several(minItems=2), "bank") == wrong("too_few")
    assert read(several(maxItems=1), "bank", "court") == wrong("too_many")
    assert read(several(), "bank", "old") == wrong("choice")
    assert read(several(), "bank", "<script>") == wrong("choice")


def test_few_options_are_buttons_many_are_a_list_and_several_are_boxes():
    choice = Fields().kind("choice")
    looks = [
        choice.look(question("f", {"enum": [str(n) for n in range(9)]})),  # type: ignore[attr-defined]
        choice.look(question("f", {"enum": [str(n) for n in range(10)]})),  # type: ignore[attr-defined]
        choice.look(several()),  # type: ignore[attr-defined]
        choice.look(question("f", {"enum": ["a"]}, options={"look": "search"})),  # type: ignore[attr-defined]
        choice.look(question("f", {"enum": ["a"]}, options={"within": "g"})),  # type: ignore[attr-defined]
    ]
    assert looks == ["radio", "select", "checkboxes", "search", "select"]


def test_a_consent_is_never_ticked_beforehand():
    field = question("f", {"const": True}, options={"agreement": "privacy"})
    assert read(field, "true") is True
    assert Fields().kind("consent").write(field, True) == {}


# Date ranges


def test_a_range_is_kept_as_two_days():
    field = question("f", RANGE)
    kind = Fields().kind("date_range")
    value = read(field, **{"from": "2016/1/5", "to": "20260105"})
    assert value == {"from": "2016-01-05", "to": "2026-01-05"}
    assert kind.show(field, value, say) == ["2016-01-05 - 2026-01-05"]
    assert kind.mask(field, value) == ["2016*******************"]
    assert kind.write(field, value) == {"f.from": ["2016-01-05"], "f.to": ["2026-01-05"]}


def test_ticking_long_term_sets_the_end():
    """R-077"""
    field = question("f", RANGE, options=FAR)
    long_term = {"from": "2016-01-05", "to": "2099-12-31", "long_term": True}
    for end in ({}, {"to": "2026-01-05"}, {"to": "nonsense"}):
        assert read(field, **{"from": "2016-01-05", "long_term": "true"}, **end) == long_term


def test_the_long_term_on_file_is_ticked_and_shown_as_words():
    """R-078, also where only the date is on file."""
    field, kind = question("f", RANGE, options=FAR), Fields().kind("date_range")
    on_file = {"from": "2016-01-05", "to": "2099-12-31"}
    assert kind.write(field, on_file) == {"f.from": ["2016-01-05"], "f.to": ["2099-12-31"], "f.long_term": ["true"]}
    assert kind.show(field, on_file, say) == ["2016-01-05 - 长期"]


def test_typing_the_far_end_is_ticking_long_term_and_without_the_tick_the_end_is_required():
    """R-079"""
    field = question("f", RANGE, options=FAR)
    assert read(field, **{"from": "2016-01-05", "to": "2099/12/31"}) == {
        "from": "2016-01-05",
        "to": "2099-12-31",
        "long_term": True,
    }
    assert read(field, **{"from": "2016-01-05", "to": "2026-01-05"})["long_term"] is False
    assert read(field, **{"from": "2016-01-05", "to": ""}) == wrong("required", "f.to")


def test_each_end_of_a_range_has_its_own_problem():
    """R-081"""
    field = question("f", RANGE, options=FAR)
    assert read(field, **{"from": "2016-13-05", "to": "x"}) == [("f.from", "date"), ("f.to", "date")]
    assert read(field, **{"from": "2026-01-06", "to": "2026-01-05"}) == wrong("order", "f.to")
    assert read(field, long_term="true") == wrong("required", "f.from")
    assert read(field, **{"from": "", "to": " "}) is None


# Rows


def test_rows_are_read_by_their_numbers_and_gaps_close_up():
    value = read(
        CARDS, **{"0__bank": "icbc", "0__number": "6222", "7__bank": "boc", "7__number": "123456", "7__since": "2020/1/1"}
    )
    assert value == [{"bank": "icbc", "number": "6222"}, {"bank": "boc", "number": "123456", "since": "2020-01-01"}]
    kind = Fields().kind("group_list")
    raw = kind.write(CARDS, value)
    assert raw == {
        "cards.0.bank": ["icbc"],
        "cards.0.number": ["6222"],
        "cards.1.bank": ["boc"],
        "cards.1.number": ["123456"],
        "cards.1.since": ["2020-01-01"],
    }
    assert value_of(CARDS, raw) == value
    assert kind.show(CARDS, value, say) == ["工商银行 / 6222", "中国银行 / 123456 / 2020-01-01"]
    assert kind.mask(CARDS, value) == ["*** / 6***", "*** / 1***** / ***"]


def test_every_problem_of_every_row_is_told_at_its_place():
    value = read(CARDS, **{"0__bank": "old", "0__number": "12", "2__number": "6222", "2__since": "x"})
    assert value == [
        ("cards.0.bank", "choice"),
        ("cards.0.number", "pattern"),
        ("cards.2.bank", "required"),
        ("cards.2.since", "format"),
    ]


def test_a_field_is_missed_even_when_one_with_a_longer_name_is_wrong():
    rows = {"type": "array", "items": {"type": "object", "properties": {"no_2": {"type": "integer"}, "no": TEXT}}}
    field = question("cards", rows, items=(question("no_2", {"type": "integer"}), question("no", TEXT, required=True)))
    assert read(field, **{"0__no_2": "x"}) == [("cards.0.no_2", "number"), ("cards.0.no", "required")]


def test_too_many_rows_are_refused_and_strange_numbers_are_no_rows():
    four = {f"{n}__bank": "icbc" for n in range(4)} | {f"{n}__number": "6222" for n in range(4)}
    assert read(CARDS, **four) == wrong("too_many", "cards")
    assert read(CARDS, **{f"{n}__bank": "icbc" for n in range(101)}) == wrong("too_many", "cards")
    for number in ("007", "-1", "1e3", "１", "99999", "", "x"):
        assert read(CARDS, **{f"{number}__bank": "icbc"}) is None


def test_the_most_particular_kind_takes_a_schema():
    kinds = Fields().kinds.values()
    schemas: dict[str, dict[str, Any]] = {
        "photo": PHOTO,
        "consent": {"const": True},
        "choice": {"type": "string", "enum": ["a"]},
        "yes_no": {"type": "boolean"},
        "date_range": RANGE,
        "date": {"type": "string", "format": "date"},
        "phone": {"type": "string", "format": "cn-mobile"},
        "id_number": {"type": "string", "format": "cn-id-number"},
        "email": {"type": "string", "format": "email"},
        "postal_code": {"type": "string", "format": "cn-postal-code"},
        "bank_card": {"type": "string", "format": "cn-bank-card"},
        "number": {"type": "integer"},
        "text": TEXT,
        "group_list": CARDS.schema,  # type: ignore[dict-item]
    }
    assert {name: next(k.name for k in kinds if k.accepts(schema)) for name, schema in schemas.items()} == {
        n: n for n in schemas
    }
