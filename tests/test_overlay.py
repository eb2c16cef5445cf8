"""What a company changes in the base, and that every value still knows which file and line it came from."""

from __future__ import annotations

from banli.definitions.overlay import merge
from banli.definitions.source import Source, read

BASE = """
title: 其他信息
schema:
  required: [a, b]
  properties:
    a: {title: 甲, type: string}
    b: {title: 乙, type: string}
layout:
  - a: {hint: 一, when: b != null}
  - group:
      id: more
      title: 更多
      entries:
        - b
        - c: {hint: 三}
  - note: {text: 提示}
  - note: {id: tip, text: 小提示}
locked: [layout.c.hint, schema.properties.b]
"""
STEPS = """
steps:
  - form: {id: phone, title: 电话, stage: data}
  - agreements: {list: change}
  - submit: {text: 完成}
"""


def over(own: str, base: str = BASE) -> Source:
    return merge(read("base.yaml", base.encode()), read("own.yaml", own.encode()))


def layout(own: str) -> object:
    source = over(own)
    assert source.mistakes == ()
    return source.data["layout"]


def said(own: str, base: str = BASE) -> list[str]:
    return [str(mistake) for mistake in over(own, base).mistakes]


REST = [{"note": {"text": "提示"}}, {"note": {"id": "tip", "text": "小提示"}}]
MORE = {"group": {"id": "more", "title": "更多", "entries": ["b", {"c": {"hint": "三"}}]}}


def test_maps_merge_and_other_lists_replace() -> None:
    source = over("title: 资料\nschema:\n  required: [a]\n  properties:\n    a: {title: 新甲}\n    d: {type: string}\n")
    assert source.mistakes == ()
    assert source.data["title"] == "资料"
    assert source.data["schema"] == {
        "required": ["a"],
        "properties": {
            "a": {"title": "新甲", "type": "string"},
            "b": {"title": "乙", "type": "string"},
            "d": {"type": "string"},
        },
    }


def test_one_text_and_several_may_replace_each_other() -> None:
    """Where the shape of the file lets both stand, such as the windows of a day."""
    base = "title: 时间\nwindows: {mon-fri: 08:30-20:00, sat: [09:00-11:00, 13:00-15:00]}\n"
    source = over("windows: {mon-fri: [08:30-11:30, 13:00-21:00], sat: 09:00-12:00}\n", base)
    assert source.mistakes == ()
    assert source.data["windows"] == {"mon-fri": ["08:30-11:30", "13:00-21:00"], "sat": "09:00-12:00"}
    assert said("windows: 08:30-20:00\n", base) != []


def test_a_new_entry_comes_last_or_where_the_company_wants_it() -> None:
    a = {"a": {"hint": "一", "when": "b != null"}}
    assert layout("layout: [x]") == [a, MORE, *REST, "x"]
    assert layout("layout: [{x: {after: a, hint: 四}}]") == [a, {"x": {"hint": "四"}}, MORE, *REST]
    assert layout("layout: [{x: {before: a}}]") == [{"x": {}}, a, MORE, *REST]
    assert layout("layout: [{x: {before: tip}}]") == [a, MORE, REST[0], {"x": {}}, REST[1]]


def test_an_entry_inside_a_group_is_found_moved_and_taken_away_by_its_id_alone() -> None:
    a = {"a": {"hint": "一", "when": "b != null"}}
    inside = layout("layout: [{x: {after: b}}, {a: {remove: true}}]")
    assert inside == [{"group": {"id": "more", "title": "更多", "entries": ["b", {"x": {}}, {"c": {"hint": "三"}}]}}, *REST]
    assert layout("layout: [{c: {placeholder: 填, before: a}}]") == [
        {"c": {"hint": "三", "placeholder": "填"}},
        a,
        {"group": {"id": "more", "title": "更多", "entries": ["b"]}},
        *REST,
    ]
    assert layout("layout: [{group: {id: more, title: 其他, entries: [{b: {remove: true}}, d]}}]") == [
        a,
        {"group": {"id": "more", "title": "其他", "entries": [{"c": {"hint": "三"}}, "d"]}},
        *REST,
    ]


def test_a_key_of_an_entry_can_be_taken_away() -> None:
    assert layout("layout: [{a: {when: {remove: true}}}, {tip: {remove: true}}]") == [{"a": {"hint": "一"}}, MORE, REST[0]]


def test_a_step_is_named_by_its_id_with_or_without_its_kind() -> None:
    for own in ("- form: {id: phone, title: 新}", "- phone: {title: 新}"):
        source = over(f"steps:\n  {own}\n", STEPS)
        assert source.mistakes == ()
        assert source.data["steps"][0] == {"form": {"id": "phone", "title": "新", "stage": "data"}}


def test_a_step_of_another_kind_under_the_same_id_replaces_the_whole_step() -> None:
    source = over("steps:\n  - photos: {id: phone, form: cards}\n", STEPS)
    assert source.data["steps"][0] == {"photos": {"id": "phone", "form": "cards"}}


def test_items_of_a_dictionary_merge_by_code() -> None:
    base = "items:\n  - {code: a, text: 甲}\n  - {code: none, text: 无}\n"
    own = "items:\n  - {code: b, text: 乙, before: none}\n  - {code: a, retired: true}\n"
    assert over(own, base).data == {
        "items": [{"code": "a", "text": "甲", "retired": True}, {"code": "b", "text": "乙"}, {"code": "none", "text": "无"}]
    }


def test_what_is_locked_stays_as_the_base_has_it() -> None:
    untouched = read("base.yaml", BASE.encode()).data
    for own in (
        "layout: [{c: {hint: 四}}]",
        "layout: [{c: {remove: true}}]",
        "layout: [{group: {id: more, entries: [{c: {hint: 四}}]}}]",
        "schema: {properties: {b: {title: 新}}}",
        "schema: {remove: true}",
    ):
        source = over(own)
        assert (source.data, [m.code for m in source.mistakes]) == (untouched, ["locked"])
    assert said("layout:\n  - c: {hint: 四}\n") == [
        "own.yaml:2:9: locked: 'layout.c.hint' is locked in base.yaml:18:10. Leave it as the base has it."
    ]


def test_a_locked_question_keeps_what_it_asks_and_may_be_worded_anew() -> None:
    """R-056, C-33: a lock guards a captcha or a consent, not the words around it."""
    base = BASE.replace("layout.c.hint", "layout.a")
    free = over("layout:\n  - a: {hint: 别的, placeholder: 请填, errors: {required: 请填甲}}\n", base)
    assert free.mistakes == ()
    assert free.data["layout"][0] == {"a": {"hint": "别的", "when": "b != null", "placeholder": "请填", "errors": {"required": "请填甲"}}}
    for own in ("when: c != null", "kind: multiline", "remove: true", "read_only: true"):
        assert [m.code for m in over(f"layout:\n  - a: {{{own}}}\n", base).mistakes] == ["locked"], own


def test_a_locked_question_cannot_go_with_its_group() -> None:
    source = over("layout: [{group: {id: more, remove: true}}]")
    assert [m.code for m in source.mistakes] == ["locked"]
    assert MORE in source.data["layout"]


def test_every_value_of_the_merged_file_knows_where_it_was_written() -> None:
    source = over("layout:\n  - x: {after: a, hint: 四}\n  - c: {placeholder: 填}\n")
    assert str(source.place(("layout", 0, "a", "hint"))) == "base.yaml:9:15"
    assert str(source.place(("layout", 1, "x", "hint"))) == "own.yaml:2:25"
    assert str(source.place(("layout", 1, "x"), key=True)) == "own.yaml:2:5"
    assert str(source.place(("layout", 2, "group", "entries", 1, "c", "placeholder"))) == "own.yaml:3:22"
    assert str(source.place(("layout", 2, "group", "entries", 1, "c", "hint"))) == "base.yaml:15:21"
    assert str(source.place(("title",))) == "base.yaml:2:8"


def test_an_overlay_without_places_merges_to_the_same_data() -> None:
    base, own = read("base.yaml", BASE.encode()), read("own.yaml", b"layout: [{x: {after: b}}, {c: {placeholder: y}}]")
    assert merge(Source("base.yaml", base.data), Source("own.yaml", own.data)).data == merge(base, own).data


def test_neither_the_base_nor_the_company_s_own_data_is_touched() -> None:
    base, own = read("base.yaml", BASE.encode()), read("own.yaml", b"layout: [{x: {after: b}}, {a: {remove: true}}]")
    merge(base, own)
    assert base.data == read("base.yaml", BASE.encode()).data
    assert own.data == {"layout": [{"x": {"after": "b"}}, {"a": {"remove": True}}]}
