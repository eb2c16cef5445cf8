"""What an author writes in YAML is read as plain data, with the place of every value beside it."""

from __future__ import annotations

from banli.definitions.source import LARGEST, Source, read
from banli.errors import Place


def say(raw: str | bytes) -> list[str]:
    return [str(mistake) for mistake in read("a.yaml", raw if isinstance(raw, bytes) else raw.encode()).mistakes]


def data(text: str) -> object:
    source = read("a.yaml", text.encode())
    assert source.mistakes == ()
    return source.data


def test_words_dates_and_codes_stay_the_text_that_the_author_wrote() -> None:
    assert data(
        "a: no\nb: 2026-01-31\nc: 007\nd: 12:30\ne: 1_000\nf: +1\ng: 0x1F\nh: off\ni: 410101199508130033\nj: .5\nk: 1e3"
    ) == {
        "a": "no", "b": "2026-01-31", "c": "007", "d": "12:30", "e": "1_000", "f": "+1", "g": "0x1F", "h": "off",
        "i": "410101199508130033", "j": ".5", "k": "1e3"}  # fmt: skip


def test_numbers_true_false_and_nothing_are_what_they_look_like() -> None:
    assert data("a: 8001\nb: -2.50\nc: true\nd: false\ne:\nf: ~\ng: null\nh: '8001'\ni: 0") == {
        "a": 8001, "b": -2.5, "c": True, "d": False, "e": None, "f": None, "g": None, "h": "8001", "i": 0}  # fmt: skip


def test_every_key_is_text() -> None:
    assert data("8001: a\nyes: b\ntrue: c\n2026-01-01: d\n'': e") == {
        "8001": "a",
        "yes": "b",
        "true": "c",
        "2026-01-01": "d",
        "": "e",
    }


def test_long_texts_keep_their_lines() -> None:
    assert data("a: |\n  一\n  二\nb: >-\n  x\n  y\n") == {"a": "一\n二\n", "b": "x y"}


def test_each_value_and_each_key_has_its_place() -> None:
    source = read("a.yaml", "标题: 甲\nsteps:\n  - form: {id: b, when: c}\n  - submit\n".encode())
    places = [
        source.place(path) for path in ((), ("标题",), ("steps",), ("steps", 0), ("steps", 0, "form", "when"), ("steps", 1))
    ]
    assert places == [Place("a.yaml", *at) for at in ((1, 1), (1, 5), (3, 3), (3, 5), (3, 25), (4, 5))]
    assert source.place(("steps", 0, "form", "when"), key=True) == Place("a.yaml", 3, 19)
    assert source.place(("steps", 0, "form", "nothing", "there")) == Place("a.yaml", 3, 11)


def test_a_source_from_the_cache_still_knows_its_file() -> None:
    assert str(Source("a.yaml", {"a": 1}).mistake(("a",), "code", "What.", "Cure.")) == "a.yaml: code: What. Cure."


def test_several_keys_given_twice_are_all_told() -> None:
    assert say("a: 1\nb: 2\na: 3\nb: {c: 1, c: 2}\n") == [
        "a.yaml:3:1: duplicate-key: 'a' is given twice, first in line 1. Keep one.",
        "a.yaml:4:1: duplicate-key: 'b' is given twice, first in line 2. Keep one.",
        "a.yaml:4:11: duplicate-key: 'c' is given twice, first in line 4. Keep one.",
    ]


def test_a_file_of_a_megabyte_and_more_is_not_even_parsed() -> None:
    assert say(b"a: " + b"x" * LARGEST) == ["a.yaml: too-large: The file has 1,000,003 bytes, over 1,000,000. Split it."]


def test_deep_nesting_is_refused_before_it_costs_anything() -> None:
    assert say("a: " + "[" * 100_000) == ["a.yaml:1:43: too-deep: This is nested over 40 levels deep. Make it flatter."]
    assert say("\n".join("  " * n + "a:" for n in range(60))) == [
        "a.yaml:41:81: too-deep: This is nested over 40 levels deep. Make it flatter."
    ]


def test_an_alias_bomb_is_refused_at_its_first_anchor() -> None:
    bomb = "a: &a [x]\n" + "\n".join(f"b{n}: &b{n} [*a, *a]" for n in range(50))
    assert say(bomb) == ["a.yaml:1:4: anchor: The anchor '&a' is refused. Write the value wherever it is needed."]


def test_python_objects_cannot_be_smuggled_in() -> None:
    assert say("a: !!python/object/apply:os.system [ls]") == [
        "a.yaml:1:4: tag: 'tag:yaml.org,2002:python/object/apply:os.system' is read as a YAML tag, which is refused. "
        "Put a text that starts with '!' in quotes."
    ]
    assert say('a: !!binary "aGk="')[0].startswith("a.yaml:1:4: tag:")


def test_half_a_file_never_gives_data() -> None:
    whole = "title: 甲\nschema:\n  type: object\n  properties:\n    a: {title: '乙', pattern: \"x\"}\n".encode()
    for end in range(len(whole)):
        source = read("a.yaml", whole[:end])
        assert source.data is None or isinstance(source.data, dict)
        assert (source.data is None) == bool(source.mistakes)
