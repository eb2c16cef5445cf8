"""Conditions for tests: the shared fixture with its scope, and random conditions with random answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cel_expr_python import cel
from hypothesis import strategies as st

from banli.expressions import FUNCTIONS, Condition, Function, Scope, Type, compile
from banli.expressions.values import DEEPEST, reader

FIXTURE = json.loads((Path(__file__).parent / "fixtures" / "conditions.json").read_text("utf-8"))
CASES: list[dict[str, Any]] = FIXTURE["cases"]


def type_of(plain: str | dict[str, Any]) -> Type:
    if isinstance(plain, str):
        return Type(plain)
    fields = {name: type_of(field) for name, field in plain["fields"].items()} if "fields" in plain else None
    return Type(plain["kind"], plain.get("options"), fields, plain.get("nullable", True))


SCOPE = Scope({name: type_of(plain) for name, plain in FIXTURE["types"].items()}, FUNCTIONS)


def compiled(case: dict[str, Any]) -> Condition:
    condition = compile(case["text"], SCOPE, case.get("wants", "bool"))
    assert isinstance(condition, Condition), (case["text"], condition)
    return condition


def expected(case: dict[str, Any]) -> dict[str, Any]:
    return {"value": case.get("result"), "error": case.get("error")}


def judged(condition: Condition, values: dict[str, Any]) -> dict[str, Any]:
    """What CEL itself makes of a condition over sound values, with its errors as codes of ours."""
    data: dict[str, Any] = {}
    for name, type in condition.types.items():
        *groups, last = name.split(".")
        group = data
        for word in groups:
            group = group.setdefault(word, {})
        value = values.get(name)
        group[last] = None if value is None else reader(type)(value, DEEPEST)
    try:
        result = _CEL.compile(condition.text, disable_check=True).eval(data=data)
    except RuntimeError as error:
        return {"value": None, "error": "limit" if "budget" in str(error) else str(error)}
    found = result.value()
    if result.type() != cel.Type.ERROR:
        plain = result.plain_value()
        return {"value": plain, "error": "unanswered" if plain is None else None}
    for sign, code in _ERRORS.items():
        if sign in found:
            return {"value": None, "error": code}
    return {"value": None, "error": "unanswered" if "null_type" in found or _has_null(data) else "type"}


_ERRORS = {
    "function failed": "function",
    "by zero": "arithmetic",
    "overflow": "arithmetic",
    "not found in map": "missing",
    "Index error: index=": "missing",
}


def _has_null(data: Any) -> bool:
    if isinstance(data, (dict, list)):
        return any(map(_has_null, data.values() if isinstance(data, dict) else data))
    return data is None


def _declared(name: str, function: Function) -> cel.FunctionDecl:
    def call(*arguments: object) -> object:
        try:
            return function.call(*arguments)
        except Exception:
            raise ValueError("function failed") from None

    kinds = {"string": cel.Type.STRING, "date": cel.Type.STRING, "int": cel.Type.INT, "bool": cel.Type.BOOL}
    return cel.FunctionDecl(
        name,
        [cel.Overload(name + "_1", kinds[function.result], [kinds[each] for each in function.arguments], False, call)],
    )


_CEL = cel.NewEnv(functions=[_declared(name, function) for name, function in FUNCTIONS.items()])


# Random conditions, well typed by construction. `names` maps a kind to the expressions at hand for it.

NAMES = {
    "string": ["s", "t", "client.name", "who.name", "rows[0].name", "tags[n]"],
    "int": ["n", "k", "who.age", "ns[0]"],
    "double": ["x", "y", "rows[1].share"],
    "bool": ["b", "c", "certificate.valid", "rows[0].ok"],
    "date": ["day", "today"],
}
LISTS = {
    "string": ["tags", "rows.map(r, r.name)", '["a", "张"]'],
    "int": ["ns", "[1, n, k]"],
    "double": ["xs", "[1.0, x]"],
    "bool": ["bs"],
}
TEXTS = [
    "",
    "a",
    "ab",
    "b",
    "张三",
    "𠮷",
    "\uffee",
    "13800138000",
    "0371-65951234",
    "410101199508130033",
    "11010519491231002x",
]
DATES = ["1995-08-13", "2008-02-29", "2024-02-29", "2026-11-23", "9999-12-31", "1000-01-01"]
NUMBERS = [0, 1, 2, 3, 7, -1, -7, 18, 1000, 9007199254740991, -9007199254740991]
DECIMALS = [0.0, 1.0, 1.5, -0.5, 0.1, 0.2, 100.0, 1e300, 9007199254740992.0]

Draw = Any


@st.composite
def conditions(draw: Draw) -> str:
    return _bool(draw, NAMES, 3, loops=True)


def _pick(draw: Draw, *choices: Any) -> Any:
    return draw(st.sampled_from(choices))


def _bool(draw: Draw, names: dict[str, list[str]], depth: int, loops: bool) -> str:
    if depth == 0:
        return _pick(draw, "true", "false", *names["bool"])
    form = draw(st.integers(0, 11))

    def of(kind: str) -> str:
        return _of(kind, draw, names, depth - 1)

    def yes() -> str:
        return _bool(draw, names, depth - 1, loops)

    kind = _pick(draw, "string", "int", "double", "bool", "date")
    match form:
        case 0 | 1:
            return f"({yes()} {_pick(draw, '&&', '||')} {yes()})"
        case 2:
            return f"!({yes()})"
        case 3:
            return f"({yes()} ? {yes()} : {yes()})"
        case 4:
            nullable = [name for name in names[kind] if name != "today"]
            return f"({_pick(draw, *nullable)} {_pick(draw, '==', '!=')} null)"
        case 5:
            return f"({of(kind)} {_pick(draw, '==', '!=')} {of(kind)})"
        case 6:
            ordered = _pick(draw, "string", "int", "double", "date")
            return f"({of(ordered)} {_pick(draw, '<', '<=', '>', '>=')} {of(ordered)})"
        case 7:
            return f"({of('int')} {_pick(draw, '<', '<=', '==', '!=', '>', '>=')} {of('double')})"
        case 8:
            return f"({of('string')}).{_pick(draw, 'contains', 'startsWith', 'endsWith')}({of('string')})"
        case 9:
            listed = _pick(draw, *LISTS)
            flat = [text for text in LISTS[listed] if loops or ".map(" not in text]
            return f"({of(listed)} in {_pick(draw, *flat)})"
        case 10 if loops:
            listed = _pick(draw, *LISTS)
            inner = {**names, listed: [*names[listed], "v", "v"]}
            body = _bool(draw, inner, depth - 1, loops=False)
            macro = _pick(draw, "exists", "all", "exists_one", "filter")
            return f"{_pick(draw, *LISTS[listed])}.{macro}(v, {body})" + (".size() > 0" if macro == "filter" else "")
        case _:
            return f'(id_sex({of("string")}) == "male")'


def _of(kind: str, draw: Draw, names: dict[str, list[str]], depth: int) -> str:
    if depth <= 0 or draw(st.booleans()):
        literals = {
            "string": TEXTS,
            "int": NUMBERS,
            "double": DECIMALS,
            "bool": [True, False],
            "date": DATES,
        }[kind]
        return _pick(draw, *names[kind], *(json.dumps(each, ensure_ascii=False) for each in literals))

    def of(other: str) -> str:
        return _of(other, draw, names, depth - 1)

    match kind:
        case "string":
            forms = [
                lambda: f"({of('string')} + {of('string')})",
                lambda: f'("" + phone_kind({of("string")}))',
                lambda: f"id_birth_date({of('string')})",
                lambda: f"({of('bool')} ? {of('string')} : {of('string')})",
            ]
        case "int":
            forms = [
                lambda: f"({of('int')} {_pick(draw, '+', '-', '*', '/', '%')} {of('int')})",
                lambda: f"(-{of('int')})",
                lambda: f"size({of('string')})",
                lambda: f"age_on({of('date')}, {of('date')})",
                lambda: f"years_between({of('date')}, {of('date')})",
            ]
        case "double":
            forms = [
                lambda: f"({of('double')} {_pick(draw, '+', '-', '*', '/')} {of('double')})",
                lambda: f"double({of('int')})",
            ]
        case "bool":
            forms = [lambda: _bool(draw, names, depth, loops=False)]
        case _:
            forms = [lambda: f"add_years({of('date')}, {of('int')})"]
    return _pick(draw, *forms)()


def _or_null(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(values, values, values, st.none())


_TEXT = st.sampled_from(TEXTS) | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=4)
_NUMBER = st.sampled_from(NUMBERS) | st.integers(-20, 20)
_DECIMAL = st.sampled_from(DECIMALS) | st.floats(allow_nan=False, allow_infinity=False)
_ROW = {"name": _TEXT, "age": _NUMBER, "ok": st.booleans(), "share": _DECIMAL}
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "s": _TEXT,
    "t": _TEXT,
    "client.name": _TEXT,
    "n": _NUMBER,
    "k": _NUMBER,
    "x": _DECIMAL,
    "y": _DECIMAL,
    "b": st.booleans(),
    "c": st.booleans(),
    "certificate.valid": st.booleans(),
    "day": st.sampled_from(DATES),
    "today": st.just("2026-11-23"),
}
FULL = st.fixed_dictionaries(
    {
        **_VALUES,
        "who": st.fixed_dictionaries({"name": _TEXT, "age": _NUMBER}),
        "tags": st.lists(_TEXT, max_size=3),
        "ns": st.lists(_NUMBER, max_size=3),
        "xs": st.lists(_DECIMAL, max_size=3),
        "bs": st.lists(st.booleans(), max_size=3),
        "rows": st.lists(st.fixed_dictionaries(_ROW), max_size=3),
    }
)
_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | _DECIMAL | _TEXT,
    lambda part: st.lists(part, max_size=2) | st.dictionaries(st.sampled_from(["name", "age", "z"]), part),
)
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        **{name: _or_null(values) for name, values in _VALUES.items()},
        "who": st.fixed_dictionaries({}, optional={"name": _or_null(_TEXT), "age": _or_null(_NUMBER)}) | _ANY,
        "tags": st.lists(_or_null(_TEXT), max_size=3) | _ANY,
        "ns": st.lists(_or_null(_NUMBER), max_size=3) | _ANY,
        "xs": st.lists(_or_null(_DECIMAL), max_size=3),
        "bs": st.lists(_or_null(st.booleans()), max_size=3),
        "rows": st.lists(
            st.fixed_dictionaries({}, optional={name: _or_null(of) for name, of in _ROW.items()}) | _ANY,
            max_size=3,
        ),
    },
)
